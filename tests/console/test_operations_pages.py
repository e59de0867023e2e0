"""The pages of operations: what they show, what their buttons do, and that each action is noted."""

import threading
from datetime import timedelta

import pytest
from sqlalchemy import insert, update

from alerts.channels.trial import ChannelTrial
from alerts.ownership import Audience, Ownership
from console.app import create_app
from console.notification import NotificationParts
from console.operations import OperationFailed, OperationsParts, RetryResult
from console.settings import ConsoleSettings
from models.access import AccessScope, Permission, Person
from models.check_result import CheckResult
from pipelines.settings import MiningSettings
from store.audit import list_audit
from store.channel_states import read_channel_states
from store.database import reading
from store.flow_runs import begin_run, end_run
from store.outbox import backlog
from store.schema import outbox, quarantine
from tests.console.conftest import Client, console_parts, wall_clock
from tests.console.seed import END, HOSTILE

GOOD = CheckResult("database", good=True, found="answers")
BAD = CheckResult("model", good=False, found=HOSTILE, remedy="install it")


class Collaborators:
    """What the console is handed, with a note of each call and answers that a test sets."""

    def __init__(self) -> None:
        self.orders: list[object] = []
        self.result: RetryResult | Exception = RetryResult(
            2, 1, ("a.csv: 2 records read and taken out of quarantine.",)
        )
        self.problem: str | None = None
        self.go = threading.Event()
        self.go.set()

    def retry(self, order):
        """Take an order."""
        self.orders.append(order)
        assert self.go.wait(20)
        if isinstance(self.result, Exception):
            raise self.result
        return self.result

    def propose(self, path, how):
        """Give a mapping, unless the file is gone."""
        if "gone" in path:
            raise OperationFailed("the file is gone; ingest it again where it is now")
        return f'# {path} {how}\n[columns]\nsubject = "Ticket"\n'

    def test(self, name):
        """Answer a test message."""
        return ChannelTrial(name, self.problem, {})

    def parts(self) -> OperationsParts:
        """Return them as the console takes them."""
        return OperationsParts(
            checks=lambda: [GOOD, BAD], retry_quarantine=self.retry, propose_mapping=self.propose,
            channels={"file": "file", "hook/a": "webhook"}, test_channel=self.test,
        )  # fmt: skip


@pytest.fixture
def helpers() -> Collaborators:
    """Return the collaborators."""
    return Collaborators()


def console(engine, **given):
    """Make the console with its collaborators."""
    owners = Ownership((Audience(name="everyone", channels=("file", "hook/a")),))
    parts = console_parts(notification=NotificationParts(ownership=owners), **given)
    return Client(
        create_app(engine, clock=wall_clock, settings=ConsoleSettings(port=0), mining=MiningSettings(), parts=parts)
    )


@pytest.fixture
def desk(engine, helpers) -> Client:
    """Return a client of a console that can do everything, on a database with refused records and messages."""
    with engine.begin() as connection:
        connection.execute(insert(quarantine), [
            {"stream": stream, "partition": 0, "position": n, "reason": reason, "detail": f"wrong: {HOSTILE}",
             "excerpt": f"excerpt {n} {HOSTILE}", "refused_at": END, "reading": {"mapping": None}}
            for n, (stream, reason) in enumerate([
                ("/data/a.csv", "invalid_event"), ("/data/a.csv", "invalid_event"), ("/data/gone.csv", "not_json"),
                ("groundswell.tickets", "not_json"),
            ])
        ])  # fmt: skip
        blank = {"kind": "alert", "audience": "everyone", "payload": {"a": 1}, "attempts": 3, "sequence": None}
        connection.execute(insert(outbox), [
            {**blank, "key": "alert:1", "state": "failed", "problem": f"refused {HOSTILE}"},
            {**blank, "key": "alert:2", "state": "failed", "problem": None},
            {**blank, "key": "alert:3", "state": "waiting", "problem": None},
        ])  # fmt: skip
        end_run(connection, begin_run(connection, "apply_retention", END), END + timedelta(seconds=4), HOSTILE)
        begin_run(connection, "send_outbox", END)
    return console(engine, operations=helpers.parts())


def noted(engine) -> list[tuple[str, str, str]]:
    """Return who did what to what, the newest first, without looks."""
    with reading(engine) as connection:
        lines = list_audit(connection)
    return [(one["actor"], one["action"], one["subject"]) for one in lines if one["action"] != "looked at text"]


def test_the_page_shows_the_state_of_everything(desk):
    """Findings, lag, throughput, quarantine, channels, flows and what is kept are on one page, and nothing hostile acts."""
    desk.post("/operations/checks")
    page = desk.get("/operations")
    assert page.status_code == 200
    for said in (
        "1 check failed", "install it", "Mined up to", "Newest ticket event", "in each of the last 24 hours", "invalid event",
        "Retry 2 records", "2 messages given up", "Send 2 messages again", "apply retention", "runs, or was killed",
        "How long each kind of data is kept", "395 d", "Pause hook/a", "Send a test message to file",
    ):  # fmt: skip
        assert said in page.text, said
    assert HOSTILE not in page.text
    assert "style=" not in page.text


def test_a_console_without_collaborators_shows_no_button_that_does_nothing(engine):
    """What is not available is not offered, and asking for it says which command does it."""
    bare = console(engine)
    page = bare.get("/operations").text
    assert "Examine the installation again" not in page
    assert "Send a test message" not in page
    with engine.begin() as connection:
        connection.execute(
            insert(quarantine).values(stream="/a", partition=0, position=1, reason="not_json", detail="a", excerpt="b")
        )
    assert '<button class="quiet">Retry' not in bare.get("/operations/quarantine").text
    for path in ("/operations/checks", "/operations/quarantine/retry", "/operations/channels/file/test"):
        done = bare.post(path, data={})
        assert done.status_code == 409
        assert "groundswell" in done.text


def test_records_of_a_reason_are_retried(desk, engine, helpers):
    """The button reads them again, the page says what became of it, and the log has the person's name."""
    page = desk.post("/operations/quarantine/retry", data={"reason": "invalid_event"})
    assert "console asked at" in page.text
    assert "retry 2 records of invalid event: 2 records stored, 1 still refused" in page.text
    assert "taken out of quarantine" in page.text
    [order] = helpers.orders
    assert (order.reason, order.record_id, order.stream, order.mapping) == ("invalid_event", None, None, None)
    assert noted(engine)[0] == ("console", "retried quarantine", "refused records: invalid_event")


def test_one_retry_at_a_time(desk, helpers, monkeypatch):
    """While records are read again the page says so, and a second wish is refused with a sentence."""
    monkeypatch.setattr("console.operations.service.PATIENCE", 0.0)
    helpers.go.clear()
    page = desk.post("/operations/quarantine/retry", data={"reason": "not_json"})
    assert "this goes on" in page.text
    second = desk.post("/operations/quarantine/retry", data={"reason": "not_json"})
    assert (second.status_code, len(helpers.orders)) == (409, 1)
    assert "being read again already" in second.text
    helpers.go.set()


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (OperationFailed("the database is being mined by host-a; stop it, and try again"), "being mined by host-a"),
        (ValueError("my card 4111 1111 1111 1111"), "a way that nobody expected (ValueError)"),
    ],
)
def test_a_failed_retry_is_one_sentence(desk, helpers, error, said):
    """A failure of a collaborator is shown as its sentence; of an error that nobody expected only its kind."""
    helpers.result = error
    page = desk.post("/operations/quarantine/retry", data={"reason": "not_json"})
    assert said in page.text
    assert "4111" not in page.text


def test_a_record_is_looked_at_and_its_mapping_mended(desk, engine, helpers):
    """Its page shows the redacted record and the mapping; retrying takes the mended text for all records of the file."""
    listed = desk.get("/operations/quarantine?reason=invalid_event")
    assert "Refused: invalid event" in listed.text
    one = desk.get("/operations/quarantine/2")
    assert one.status_code == 200
    assert "subject = &#34;Ticket&#34;" in one.text
    assert "Retry 2 records of this file with this mapping" in one.text
    assert HOSTILE not in one.text
    desk.post("/operations/quarantine/retry", data={"stream": "/data/a.csv", "mapping": "[columns]\r\nsubject = 'T'"})
    assert (helpers.orders[0].stream, helpers.orders[0].mapping) == ("/data/a.csv", "[columns]\r\nsubject = 'T'")
    with reading(engine) as connection:
        looks = [one for one in list_audit(connection) if one["action"] == "looked at text"]
    assert {one["subject"] for one in looks} == {"quarantine invalid_event", "quarantine", "refused record 2"}


def test_what_cannot_be_mended_says_why(desk):
    """A file that is gone has no mapping, and what came by Kafka is sent again by its sender."""
    assert "the file is gone; ingest it again" in desk.get("/operations/quarantine/3").text
    kafka = desk.get("/operations/quarantine/4").text
    assert "cannot be read again from here" in kafka
    assert "<textarea" not in kafka


@pytest.mark.parametrize("number", [99, 0, -3, 2**63, 2**80])
def test_a_record_that_is_gone_is_not_found(desk, number):
    """The sentence says that it may have been read again meanwhile."""
    for path in (f"/operations/quarantine/{number}", f"/api/quarantine/{number}"):
        gone = desk.get(path)
        assert gone.status_code == 404
        assert "is not in quarantine" in gone.text
    nothing = desk.post("/operations/quarantine/retry", data={"reason": "no_such_reason"})
    assert (nothing.status_code, "any more" in nothing.text) == (409, True)


def test_records_are_shown_in_pages(desk, engine):
    """The next page continues after the last record of the one before."""
    with engine.begin() as connection:
        connection.execute(insert(quarantine), [
            {"stream": "/data/b.csv", "partition": 0, "position": n, "reason": "no_fields", "detail": "a", "excerpt": f"row-{n}"}
            for n in range(30)
        ])  # fmt: skip
    first = desk.get("/operations/quarantine?reason=no_fields").text
    assert ("row-29" in first, "row-4<" in first) == (True, False)
    older = first.split("Older records")[0].rsplit('href="', 1)[1].split('"')[0].replace("&amp;", "&")
    second = desk.get(older).text
    assert ("row-4<" in second, "row-29" in second, "Older records" in second) == (True, False, False)


def test_given_up_messages_are_sent_again(desk, engine):
    """One row, or all of a channel: they wait again, and how many is said."""
    one = desk.post("/operations/outbox/retry", data={"row": "1"})
    assert "1 message will be sent again" in one.text
    assert "1 message will be" in desk.post("/operations/outbox/retry", data={"channel": "hook/a"}).text
    assert "0 messages will be" in desk.post("/operations/outbox/retry", data={}).text
    with reading(engine) as connection:
        assert backlog(connection) == {"waiting": 3}
    assert noted(engine)[:3] == [
        ("console", "retried messages", "outbox"),
        ("console", "retried messages", "channel hook/a"),
        ("console", "retried messages", "message 1"),
    ]


def test_a_channel_is_paused_and_resumed(desk, engine):
    """While it is paused the page says until when and by whom; resumed, what waits is due at once."""
    page = desk.post("/operations/channels/file/pause", data={"hours": "4"})
    assert "by console" in page.text
    assert "Send to file again now" in page.text
    with engine.begin() as connection:
        assert read_channel_states(connection)["file"].held_until == wall_clock() + timedelta(hours=4)
        connection.execute(update(outbox).values(claimed_until=END + timedelta(hours=9)))
    assert "Pause file" in desk.post("/operations/channels/file/resume").text
    with reading(engine) as connection:
        assert read_channel_states(connection)["file"].held_until is None
        assert connection.execute(outbox.select().where(outbox.c.key == "alert:3")).one().claimed_until is None
    assert [one[1:] for one in noted(engine)] == [
        ("resumed channel", "channel file"),
        ("paused channel", "channel file"),
    ]


@pytest.mark.parametrize("hours", ["0", "169", "x", "", "1e9"])
def test_a_pause_that_is_not_valid_is_refused(desk, hours):
    """Between an hour and a week."""
    assert desk.post("/operations/channels/file/pause", data={"hours": hours}).status_code == 422


def test_a_channel_is_tested(desk, engine, helpers):
    """The page says whether the message was taken, and if not, why."""
    assert "it was taken" in desk.post("/operations/channels/file/test").text
    helpers.problem = f"the receiver answered 503 {HOSTILE}"
    page = desk.post("/operations/channels/file/test").text
    assert "it was not taken: the receiver answered 503" in page
    assert HOSTILE not in page
    assert noted(engine)[0] == ("console", "tested channel", "channel file")


def test_an_unknown_channel_is_named_with_the_valid_ones(desk):
    """Also where its name tries to be something else."""
    for action in ("test", "resume"):
        refused = desk.post(f"/operations/channels/no%3Cb%3E/{action}")
        assert refused.status_code == 404
        assert "valid are file, hook/a" in refused.text
        assert "<b>" not in refused.text


def test_the_same_is_done_by_the_api(desk, engine, helpers):
    """A route exists for each page and each action."""
    found = desk.get("/api/operations").json()
    assert found["quarantine"] == {"invalid_event": 2, "not_json": 2}
    assert found["outbox"] == {"failed": 2, "waiting": 1}
    assert [one["flow"] for one in found["flows"]] == ["apply_retention", "send_outbox"]
    assert len(found["intake"]["hours"]) == 24
    assert found["kept_for_seconds"]["audit"] == 730 * 86_400
    assert [one["id"] for one in desk.get("/api/quarantine?reason=not_json").json()] == [4, 3]
    assert desk.get("/api/quarantine/2").json()["stream"] == "/data/a.csv"
    assert desk.get("/api/quarantine/retry").json() is None
    asked = desk.post("/api/quarantine/retry", json={"record": 2})
    assert (asked.status_code, asked.json()["result"]["settled"]) == (202, 2)
    assert helpers.orders[0].record_id == 2
    assert desk.get("/api/quarantine/retry").json()["what"] == "retry 1 record"
    assert [one["what"] for one in desk.post("/api/operations/checks").json()["result"]] == ["database", "model"]
    assert desk.get("/api/operations/checks").json()["by"] == "console"
    assert desk.post("/api/outbox/retry", json={"channel": "file"}).json() == {"revived": 2}
    assert desk.post("/api/channels/file/pause", json={"hours": 1}).json()["until"] == "2026-11-20T16:45:00Z"
    assert {one["channel"]: one["held_by"] for one in desk.get("/api/channels").json()}["file"] == "console"
    assert desk.post("/api/channels/file/resume").json() == {"until": None}
    assert desk.post("/api/channels/file/test").json()["ok"] is True
    assert desk.get("/api/flow-runs?flow=apply_retention").json()[0]["outcome"] == "failed"


@pytest.mark.parametrize(
    "path", ["/operations", "/operations/quarantine", "/operations/quarantine/1", "/api/operations"]
)
def test_only_those_who_may_see_it(client_of, path):
    """A person without the permission, and one with a limited scope, is refused."""
    looks = Person(name="viewer", permissions=frozenset({Permission.LOOK}))
    vendor = Person(name="vendor", permissions=frozenset(Permission), scope=AccessScope.of({"vendor": ["acme"]}))
    assert [client_of(one).get(path).status_code for one in (looks, vendor)] == [403, 403]
