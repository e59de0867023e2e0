"""Pulls from servers that behave as Zendesk's and Jira's documentation says: nothing lost, nothing twice."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest
import stamina
from sqlalchemy import func, select

from groundswell.pulling import PullRun
from models.embedding import HashingEmbedder
from pipelines.miner import Miner
from store.cursors import read_cursor
from store.database import open_database, reading, upgrade
from store.schema import events, quarantine, tickets
from stream.connectors.jira import Jira
from stream.connectors.zendesk import Zendesk
from stream.processing import Processor
from stream.pull.client import PullClient, PullPace, make_auth
from stream.pull.errors import (
    PullAddressInvalid,
    PullError,
    PullRefused,
    PullUnanswered,
    PullUnauthorized,
    PullUnconfigured,
)
from stream.pull.jira import JiraPull
from stream.pull.page import PulledPage
from stream.pull.settings import JiraPullSettings, ZendeskPullSettings
from stream.pull.zendesk import ZendeskPull
from tests.groundswell.front import front_door
from tests.harness.helpdesks import FakeJira, FakeZendesk, HelpdeskServer, running
from tests.pipelines.chain import KEY, make_rules

START = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)


class Clock:
    """A clock that tests move; waiting moves it, too."""

    def __init__(self):
        self.now = START + timedelta(days=2)
        self.waits = []

    def __call__(self):
        """Return the time."""
        return self.now

    def wait(self, seconds):
        """Wait without time passing outside."""
        self.waits.append(seconds)
        self.now += timedelta(seconds=seconds)


@pytest.fixture
def clock():
    """Return a clock two days after the first ticket."""
    return Clock()


@pytest.fixture(autouse=True)
def _no_waits():
    """Let attempts follow each other at once."""
    with stamina.set_testing(True, attempts=4):
        yield


@pytest.fixture
def engine(sqlite_url):
    """Return an empty database."""
    opened = open_database(sqlite_url)
    upgrade(opened)
    yield opened
    opened.dispose()


@pytest.fixture
def zendesk(clock):
    """Return an account with ten tickets, and its server."""
    desk = FakeZendesk(clock)
    for number in range(1, 11):
        desk.change(number, START + timedelta(minutes=number))
    with running(HelpdeskServer(desk.answer, "ana@example.com/token:secret-token")) as server:
        server.desk = desk
        yield server


@pytest.fixture
def jira(clock):
    """Return a site with ten issues, and its server."""
    desk = FakeJira(clock)
    for number in range(1, 11):
        desk.change(number, START + timedelta(minutes=7 * number))
    with running(HelpdeskServer(desk.answer, "secret-token")) as server:
        server.desk = desk
        yield server


def pace(clock, requests=1000):
    """Return a pace without waits between requests."""
    return PullPace(requests, 4, timedelta(seconds=10), clock, clock.wait)


def zendesk_pull(server, clock, requests=1000, **given):
    """Return the reader of the account."""
    given = {"token": "secret-token", **given}
    settings = ZendeskPullSettings(url=server.url + "/", email="ana@example.com", **given)
    return ZendeskPull(settings, pace(clock, requests))


def jira_pull(server, clock, **given):
    """Return the reader of the site."""
    return JiraPull(JiraPullSettings(url=server.url, token="secret-token", **given), pace(clock))


def pull(engine, clock, system, connector, **given):
    """Pull once, into the database."""
    rules = make_rules(epoch=timedelta(minutes=30))
    embedder = HashingEmbedder()
    run = PullRun(engine, Processor(embedder, KEY, clock), Miner(engine, rules, clock), rules, clock=clock, batch=4)
    try:
        return run.pull(system, connector, **{"since": None, "default_since": START - timedelta(days=1), **given})
    finally:
        system.close()


def subjects(engine, kind="ticket.created"):
    """List the tickets that have an event of a kind, each as often as it has one."""
    with reading(engine) as connection:
        query = select(events.c.subject).where(events.c.type == kind)
        return sorted(connection.execute(query).scalars(), key=lambda one: (len(one), one))


TEN = [str(number) for number in range(1, 11)]
TEN_ISSUES = [f"PAY-{number}" for number in range(1, 11)]


def test_tickets_are_pulled_and_mined(engine, clock, zendesk):
    """All pages are read, stored once, and mined up to the clock."""
    done = pull(engine, clock, zendesk_pull(zendesk, clock), Zendesk())
    assert subjects(engine) == TEN
    assert done.outcome.late == 0
    with reading(engine) as connection:
        assert connection.execute(select(func.count()).where(tickets.c.counted)).scalar_one() == 10
    assert all(asked["include"] == "metric_sets" for path, asked in zendesk.requests if "cursor" in path)


def test_the_next_pull_begins_where_the_last_one_ended(engine, clock, zendesk):
    """The last cursor is used again; what is new comes, and nothing is asked for from the beginning."""
    pull(engine, clock, zendesk_pull(zendesk, clock), Zendesk())
    zendesk.requests.clear()
    again = pull(engine, clock, zendesk_pull(zendesk, clock), Zendesk())
    assert again.outcome.stored == 0
    assert len(zendesk.requests) == 2
    assert all("cursor" in asked or "ticket_events" in path for path, asked in zendesk.requests)
    zendesk.desk.change(11, clock() - timedelta(minutes=2))
    zendesk.desk.comment(3, 500, clock() - timedelta(minutes=2), "it still does not work")
    later = pull(engine, clock, zendesk_pull(zendesk, clock), Zendesk())
    assert later.outcome.late == 0
    assert subjects(engine) == [*TEN, "11"]
    assert subjects(engine, "comment.added") == ["3"]


def test_what_is_withheld_comes_with_the_next_pull(engine, clock, zendesk):
    """A ticket that was changed in the last minute is not lost."""
    zendesk.desk.change(11, clock() - timedelta(seconds=30))
    pull(engine, clock, zendesk_pull(zendesk, clock), Zendesk())
    assert subjects(engine) == TEN
    clock.now += timedelta(minutes=5)
    done = pull(engine, clock, zendesk_pull(zendesk, clock), Zendesk())
    assert subjects(engine) == [*TEN, "11"]
    assert done.outcome.late == 0


def test_items_that_change_while_pages_are_read_come_once(engine, clock, zendesk):
    """A ticket that moves to the end meanwhile is repeated in the answers, and stored once."""
    changed = iter([2, 5, 1, 1, 9])

    def change():
        if (number := next(changed, None)) is not None:
            zendesk.desk.change(number, clock() - timedelta(minutes=2) + timedelta(seconds=number))

    zendesk.before = change
    pull(engine, clock, zendesk_pull(zendesk, clock), Zendesk())
    assert subjects(engine) == TEN


@pytest.mark.parametrize("pages", [1, 2, 3, 4, 5])
def test_a_pull_that_ends_in_the_middle_is_continued(engine, clock, zendesk, pages):
    """After a failure at any page the next pull reads only what is missing."""
    good = zendesk._answer
    answered = []

    def failing(path, asked):
        if len(answered) >= pages:
            return 500, {}, {}
        answered.append(path)
        return good(path, asked)

    zendesk._answer = failing
    with suppress(PullUnanswered):
        pull(engine, clock, zendesk_pull(zendesk, clock), Zendesk())
    assert len(subjects(engine)) == min(3 * pages, 10)
    zendesk._answer = good
    zendesk.requests.clear()
    pull(engine, clock, zendesk_pull(zendesk, clock), Zendesk())
    assert subjects(engine) == TEN
    assert sum("tickets/cursor" in path for path, _ in zendesk.requests) <= max(1, 4 - pages)


def test_the_cursor_is_stored_with_the_events(engine, clock, zendesk, monkeypatch):
    """A process that is killed between two statements of a page has stored neither its events nor its cursor."""
    import groundswell.pulling

    written = groundswell.pulling.write_cursor
    calls = []

    def killed(*given):
        calls.append(given)
        if len(calls) == 2:
            raise KeyboardInterrupt
        written(*given)

    monkeypatch.setattr(groundswell.pulling, "write_cursor", killed)
    with pytest.raises(KeyboardInterrupt):
        pull(engine, clock, zendesk_pull(zendesk, clock), Zendesk())
    assert len(subjects(engine)) == 3
    monkeypatch.setattr(groundswell.pulling, "write_cursor", written)
    pull(engine, clock, zendesk_pull(zendesk, clock), Zendesk())
    assert subjects(engine) == TEN


def test_a_stop_ends_after_a_page(engine, clock, zendesk):
    """What was read is stored with its cursor; nothing is mined yet, so that what follows is not late."""
    done = pull(engine, clock, zendesk_pull(zendesk, clock), Zendesk(), stop=lambda: True)
    assert (done.stopped, done.pages, done.epochs) == (True, 1, 0)
    assert pull(engine, clock, zendesk_pull(zendesk, clock), Zendesk()).outcome.late == 0
    assert subjects(engine) == TEN


def test_since_begins_again(engine, clock, zendesk):
    """A time that is asked for goes before the cursor, and stores nothing twice."""
    pull(engine, clock, zendesk_pull(zendesk, clock), Zendesk())
    done = pull(engine, clock, zendesk_pull(zendesk, clock), Zendesk(), since=START + timedelta(minutes=6))
    assert done.outcome.stored == 0
    assert done.outcome.repeated >= 5


@pytest.mark.parametrize(
    "fault",
    [
        (429, {"retry-after": "0"}, {}), (503, {}, {}), (500, {}, b"<html>"), (200, {}, b"{cut"), (200, {}, []),
        (429, {"retry-after": "Sun, 22 Nov 2026 07:59:00 GMT"}, {}), (429, {"retry-after": "soon"}, {}),
    ],
)  # fmt: skip
def test_passing_failures_are_tried_again(engine, clock, zendesk, fault):
    """Pressure, server errors and broken answers cost an attempt, and no ticket."""
    zendesk.faults.extend([fault, fault])
    pull(engine, clock, zendesk_pull(zendesk, clock), Zendesk())
    assert subjects(engine) == TEN


def test_a_wait_that_is_asked_for_is_kept(clock, zendesk, monkeypatch):
    """`Retry-After` in seconds and as a date decides how long to wait."""
    from stream.pull.client import _again, _retry_after

    assert _retry_after("17", clock()) == 17
    assert _retry_after("Sun, 22 Nov 2026 08:00:30 GMT", clock()) == 30
    assert _retry_after("999999", clock()) == 3600
    assert _retry_after("", clock()) is None
    assert _again(PullUnanswered("site", "/", "status 429", 17.0)) == 17.0
    assert _again(PullUnanswered("site", "/", "status 500")) is True
    assert _again(PullUnauthorized("zendesk", "site", 401)) is False


@pytest.mark.parametrize("status", [401, 403])
def test_an_expired_token_is_one_sentence(engine, clock, zendesk, status):
    """It names the setting, quotes no token, and is not tried again."""
    zendesk.faults.append((status, {}, {"error": "invalid_token"}))
    with pytest.raises(PullUnauthorized) as refused:
        pull(engine, clock, zendesk_pull(zendesk, clock), Zendesk())
    assert "GROUNDSWELL_PULL__ZENDESK__TOKEN" in str(refused.value)
    assert "secret-token" not in str(refused.value)
    assert len(zendesk.requests) == 1


def test_a_wrong_token_is_refused_by_the_server(engine, clock, zendesk):
    """The token is sent as Zendesk documents it: user/token and the token, in basic authentication."""
    with pytest.raises(PullUnauthorized):
        pull(engine, clock, zendesk_pull(zendesk, clock, token="another"), Zendesk())


def test_another_refusal_is_not_tried_again(engine, clock, zendesk):
    """A 4xx that repetition cannot change ends the pull."""
    zendesk.faults.append((422, {}, {"error": "start_time is too recent"}))
    with pytest.raises(PullRefused, match="422"):
        pull(engine, clock, zendesk_pull(zendesk, clock), Zendesk())
    assert len(zendesk.requests) == 1


def test_a_server_that_is_gone_is_one_sentence(clock):
    """After the last attempt the sentence says how to go on."""
    client = PullClient("zendesk", "http://127.0.0.1:9", make_auth("", "t"), pace(clock))
    with pytest.raises(PullUnanswered, match=r"did not answer /x .*the same command continues"):
        client.get("/x", {})
    client.close()


@pytest.mark.parametrize("missing", ["url", "token"])
@pytest.mark.parametrize("kind", ["zendesk", "jira"])
def test_a_missing_setting_is_named(clock, missing, kind):
    """It names the setting, in both spellings."""
    given = {"url": "https://acme.example", "token": "t"}
    del given[missing]
    settings, system = (ZendeskPullSettings, ZendeskPull) if kind == "zendesk" else (JiraPullSettings, JiraPull)
    with pytest.raises(PullUnconfigured, match=f"GROUNDSWELL_PULL__{kind.upper()}__{missing.upper()}"):
        system(settings(**given), pace(clock))


def test_requests_keep_the_rate(engine, clock, zendesk):
    """Of three requests a minute the fourth waits until the first is a minute ago."""
    pull(engine, clock, zendesk_pull(zendesk, clock, requests=3), Zendesk())
    assert len(zendesk.requests) == 5
    assert clock.waits == [60.0]


def test_a_record_that_is_refused_costs_no_other(engine, clock, zendesk):
    """It goes to quarantine once, however often its page is read."""
    zendesk.desk.change(5, START + timedelta(hours=1), created_at="yesterday")
    zendesk.desk.change(6, START + timedelta(hours=1), created_at=None)
    for _ in range(2):
        pull(engine, clock, zendesk_pull(zendesk, clock), Zendesk(), since=START)
    assert subjects(engine) == [one for one in TEN if one not in ("5", "6")]
    with reading(engine) as connection:
        assert connection.execute(select(func.count()).select_from(quarantine)).scalar_one() == 2


def test_an_answer_without_what_is_documented_is_no_end(engine, clock, zendesk):
    """An answer that has no tickets, or no new cursor, is a failure and not the end of the export."""
    zendesk.faults.append((200, {}, {"users": []}))
    with pytest.raises(PullUnanswered, match="no tickets"):
        pull(engine, clock, zendesk_pull(zendesk, clock), Zendesk())
    zendesk.faults.append((200, {}, {"tickets": [], "end_of_stream": False, "after_cursor": None}))
    with pytest.raises(PullUnanswered, match="no new cursor"):
        pull(engine, clock, zendesk_pull(zendesk, clock), Zendesk())


def test_more_events_than_a_page_in_one_second(engine, clock, zendesk):
    """The export by time ends, though it cannot go on by time."""
    at = START + timedelta(hours=1)
    for number in range(1500):
        zendesk.desk.comment(1, number, at if number < 1200 else at + timedelta(minutes=1), f"comment {number}")
    pull(engine, clock, zendesk_pull(zendesk, clock), Zendesk())
    assert len(subjects(engine, "comment.added")) == 1300


@pytest.mark.parametrize("api", ["cloud", "server"])
def test_issues_are_pulled(engine, clock, jira, api):
    """All issues come once, by token and by number; the next pull reads from the newest update on."""
    done = pull(engine, clock, jira_pull(jira, clock, api=api, jql="project = PAY"), Jira())
    assert subjects(engine) == TEN_ISSUES
    assert done.outcome.late == 0
    assert all(asked["jql"].startswith("(project = PAY) AND updated >= ") for _, asked in jira.requests)
    jira.desk.change(11, clock() - timedelta(minutes=3))
    jira.requests.clear()
    again = pull(engine, clock, jira_pull(jira, clock, api=api), Jira())
    assert again.outcome.stored == 1
    assert subjects(engine) == [*TEN_ISSUES, "PAY-11"]


@pytest.mark.parametrize("api", ["cloud", "server"])
def test_issues_that_move_while_pages_are_read_are_not_passed_over(engine, clock, jira, api):
    """An issue that is updated moves to the end and those after it move up: none is missing afterwards."""
    changed = iter([1, 2, 4, 7, 3, 1])

    def change():
        if (number := next(changed, None)) is not None:
            jira.desk.change(number, clock() - timedelta(seconds=number))

    jira.before = change
    pull(engine, clock, jira_pull(jira, clock, api=api), Jira())
    assert subjects(engine) == TEN_ISSUES


def test_all_comments_of_an_issue_are_read(engine, clock, jira):
    """A search shows some of many comments; the others are asked for."""
    for number in range(5):
        jira.desk.comment(4, 100 + number, START + timedelta(hours=2, minutes=number), f"comment {number}")
    pull(engine, clock, jira_pull(jira, clock), Jira())
    assert subjects(engine, "comment.added") == ["PAY-4"] * 5


def test_service_levels_are_read_where_they_are_asked_for(engine, clock, jira):
    """An issue that is no request of a service desk has none, which is no failure."""
    cycle = {"startTime": {"iso8601": "2026-11-20T09:00:00+0000"}, "breached": True}
    jira.desk.levels["PAY-2"] = {"id": "1", "name": "Time to resolution", "completedCycles": [cycle]}
    pull(engine, clock, jira_pull(jira, clock, service_levels=True), Jira())
    assert subjects(engine, "ticket.updated") == ["PAY-2"]


def test_a_pull_of_jira_that_ends_in_the_middle_is_continued(engine, clock, jira):
    """The newest update that was stored is where the next pull begins."""
    good = jira._answer
    answered = []

    def failing(path, asked):
        answered.append(path)
        return good(path, asked) if len(answered) <= 2 else (502, {}, {})

    jira._answer = failing
    with pytest.raises(PullError):
        pull(engine, clock, jira_pull(jira, clock), Jira())
    with reading(engine) as connection:
        assert read_cursor(connection, "jira", jira.url) is not None
    jira._answer = good
    pull(engine, clock, jira_pull(jira, clock), Jira())
    assert subjects(engine) == TEN_ISSUES


def test_the_command(zendesk, clock, tmp_path, monkeypatch, capfd):
    """`groundswell pull zendesk` stores and mines; a token that is not accepted is one sentence and exit code 1."""
    run = front_door(monkeypatch, capfd)
    monkeypatch.chdir(tmp_path)
    environment = {
        "GROUNDSWELL_DATA": str(tmp_path / "data"), "GROUNDSWELL_EMBEDDING__MODEL": "hashing",
        "GROUNDSWELL_PULL__ZENDESK__URL": zendesk.url, "GROUNDSWELL_PULL__ZENDESK__EMAIL": "ana@example.com",
        "GROUNDSWELL_PULL__ZENDESK__TOKEN": "secret-token",
    }  # fmt: skip
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    done = run("pull", "zendesk", "--since", "2026-11-19")
    assert done.code == 0
    assert "10 events stored (10 tickets) from 5 pages" in done.err
    monkeypatch.setenv("GROUNDSWELL_PULL__ZENDESK__TOKEN", "expired")
    refused = run("pull", "zendesk")
    assert refused.code == 1
    assert "does not accept the user and token" in refused.err
    assert "expired" not in refused.err.replace("wrong, expired or", "")
    assert run("pull", "jira").code == 1


@pytest.mark.parametrize("first", ["webhook", "pull"])
def test_a_ticket_by_webhook_and_by_pull_is_one(engine, clock, zendesk, first):
    """Its creation has one identity, whichever way came first."""
    created = zendesk.desk.tickets[1]["created_at"]
    webhook = {
        "type": "zen:event-type:ticket.created", "id": "w", "time": created, "subject": "zen:ticket:1", "event": {},
        "detail": {"id": "1", "subject": "Problem 1", "description": "My card 1 was declined", "status": "NEW",
                   "created_at": created, "updated_at": created, "via": {"channel": "email"}},
    }  # fmt: skip

    class OneDelivery:
        """A webhook's payload as a page."""

        system, site = "zendesk", "webhook"

        def pages(self, cursor, since):
            """Yield it."""
            yield PulledPage([webhook], "-")

        def close(self):
            """Close nothing."""

    ways = [OneDelivery(), zendesk_pull(zendesk, clock)]
    for system in ways if first == "webhook" else reversed(ways):
        pull(engine, clock, system, Zendesk())
    assert subjects(engine) == TEN
    with reading(engine) as connection:
        assert connection.execute(select(func.count()).select_from(tickets)).scalar_one() == 10


@pytest.mark.parametrize("address", ["notaurl", "ftp://desk.example", ""])
def test_an_address_that_is_none_is_refused_at_once(clock, address):
    """It is not tried again: no wait makes an address of it."""
    with pytest.raises(PullAddressInvalid, match="begins with https://"):
        PullClient("zendesk", address, make_auth("", "t"), pace(clock))
