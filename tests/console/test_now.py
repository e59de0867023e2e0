"""The first page: one glance says whether something needs a person."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from fastapi import FastAPI
from sqlalchemy import Engine, insert, update

from console.app import create_app
from console.settings import ConsoleSettings
from models.access import AccessScope, Person, Role, permissions_of
from models.alert import AlertKind
from models.incidents.incident import Incident, IncidentState
from models.incidents.signals import IncidentSignal
from models.segment import EVERYTHING, Segment
from pipelines.settings import MiningSettings
from store import schema
from store.incidents import write_incidents
from tests.console.conftest import Client, console_parts, wall_clock
from tests.console.seed import END, HOSTILE, LAUNCH_END

BRAZIL = Segment.of({"region": "BR"})
EVERYWHERE = EVERYTHING


def signal(
    theme_id: int, *, segment: Segment = EVERYWHERE, spike_id: int | None = None, **given: Any
) -> IncidentSignal:
    """Make a signal of a spike that lasts."""
    values = {
        "kind": AlertKind.SPIKE,
        "start": END - timedelta(hours=3),
        "observed": 41,
        "expected": 6.0,
        "severity": 9.0,
    }
    return IncidentSignal(theme_id=theme_id, segment=segment, spike_id=spike_id, **{**values, **given})


def incident(incident_id: int, one: IncidentSignal, **given: Any) -> Incident:
    """Make an incident of one signal."""
    values = {"audience": "payments-live", "opened_at": one.start, "start": one.start, "severity": one.severity}
    return Incident(
        incident_id=incident_id, theme_id=one.theme_id, segment=one.segment, signals=(one,), **{**values, **given}
    )


@pytest.fixture
def incidents(engine: Engine) -> None:
    """Store two open incidents, one that a person acknowledged, and one that ended."""
    over = signal(7, start=END - timedelta(hours=9), end=END - timedelta(hours=2), observed=30, expected=11.0)
    with engine.begin() as connection:
        write_incidents(connection, [
            incident(1, signal(3, segment=BRAZIL, spike_id=2)),
            incident(2, signal(1, spike_id=1, severity=20.0)),
            incident(3, signal(12, severity=50.0)),
            incident(4, over, state=IncidentState.ENDED, end=over.end),
        ])  # fmt: skip
        number = 100
        for incident_id, state in ((1, "open"), (2, "open"), (3, "acknowledged")):
            connection.execute(insert(schema.alerts), [{
                "id": number + incident_id, "kind": "spike", "theme_id": 1, "state": state, "audience": "all", "opened_at": END,
                "reason": "", "incident_id": incident_id,
            }])  # fmt: skip


def at(engine: Engine, time: datetime) -> Client:
    """Return a client of a console whose clock stands at a time."""
    settings = ConsoleSettings(port=0, refresh_seconds=0.05)
    app = create_app(engine, clock=lambda: time, settings=settings, mining=MiningSettings(), parts=console_parts())
    return Client(app)


def headline(page: str) -> str:
    """Return the first heading."""
    return re.search(r"<h1[^>]*>(.*?)</h1>", page)[1]


def section(page: str, name: str) -> str:
    """Return one section of the page."""
    return page[page.index(f'id="{name}"') :].split("</section>", maxsplit=1)[0]


@pytest.mark.usefixtures("incidents")
def test_the_first_sentence_counts_what_needs_a_person(client: Client) -> None:
    """Two incidents and the launch outside its plan are counted, the acknowledged one is noted; red is for what signals."""
    page = client.get("/").text
    assert headline(page) == "2 incidents and 1 launch need a person"
    assert '<h1 class="t-act">' in page
    assert "1 incident is acknowledged." in page


@pytest.mark.usefixtures("incidents")
def test_each_open_incident_says_what_where_since_when_why_and_who(client: Client, engine: Engine) -> None:
    """Those that wait come first, the most severe before the others; each with figures, owner and the cause, once."""
    page = section(client.get("/").text, "incidents")
    assert [int(number) for number in re.findall(r'id="incident-(\d+)"', page)] == [2, 1, 3]
    first, second, third = page.split("<article")[1:]
    with engine.connect() as connection:
        verdict = connection.execute(schema.spikes.select().where(schema.spikes.c.id == 1)).one().verdict
    assert first.count(verdict) == 1
    for part in (
        "LIVE coins charged twice",
        "everywhere",
        "nobody has it yet",
        "<b>41</b> tickets where 6 were expected",
    ):
        assert part in " ".join(first.split())
    assert "Fri 20 Nov 12:40" in first
    assert "3 h" in first
    assert "payments-live" in first
    assert "BR</span>" in second
    assert "acknowledged" in third
    assert HOSTILE not in third


@pytest.mark.usefixtures("incidents")
def test_what_ended_today_is_listed(client: Client) -> None:
    """An incident that ended two hours ago is listed with its times and figures."""
    page = section(client.get("/").text, "ended")
    assert "Voucher code refused" in page
    assert "30 tickets, 11 expected" in page


def test_the_biggest_of_the_week_is_on_the_first_page(client: Client) -> None:
    """The themes with the most beyond what was expected, and those with the most tickets, each with a link; no ratio is red."""
    page = section(client.get("/").text, "week")
    excess, volume = page.split("Most tickets")
    assert re.findall(r'href="/themes/(\d+)"', excess)[0] == "1"
    assert re.findall(r'href="/themes/(\d+)"', volume)[0] == "6"
    assert "1,200 tickets where 979 were expected" in excess
    assert "new this week" in excess
    assert "hot" not in volume.replace('<span class="tag hot">signals</span>', "")


def test_running_launches_have_a_verdict(client: Client) -> None:
    """The launch under way is named with a plain verdict and its first reason; one of next week is not."""
    page = section(client.get("/").text, "launches")
    assert "LIVE coins winter launch" in page
    assert "outside plan" in page
    assert "Cyber week" not in page


def test_old_data_is_not_live(engine: Engine) -> None:
    """A week after the newest ticket the page says so first, and no page claims to be live."""
    client = at(engine, END + timedelta(days=7))
    page = client.get("/").text
    assert headline(page) == "No fresh data: newest ticket 7 days ago"
    assert '<h1 class="t-old">' in page
    for path in ("/", "/themes", "/themes/1", "/incidents", "/known-issues", "/launches"):
        text = client.get(path).text
        assert 'data-fresh="late"' in text
        assert "Newest ticket 7 days ago" in text
    assert 'data-fresh="live"' in at(engine, wall_clock()).get("/themes").text


def test_recorded_data_says_when_it_ends(engine: Engine) -> None:
    """A database of files that were read to their ends is recorded data, whatever the wall clock says."""
    with engine.begin() as connection:
        connection.execute(insert(schema.offsets), [{
            "stream": "launch-day.jsonl", "partition": 0, "position": 1, "lines": 1, "fingerprint": "", "newest": END, "ended": True,
        }])  # fmt: skip
    page = at(engine, END + timedelta(days=90)).get("/").text
    assert "This is recorded data that ends" in page
    assert 'data-fresh="recorded"' in page
    assert "ecorded data that ends Fri 20 Nov" in page


def test_the_mark_changes_once_data_is_old(engine: Engine) -> None:
    """Open pages hear that their data is no longer fresh, although nothing was mined."""
    marks = [
        re.search(r'data-mark="([^"]+)"', at(engine, time).get("/").text)[1]
        for time in (wall_clock(), END + timedelta(days=7))
    ]
    assert marks[0] != marks[1]


def test_an_empty_database_says_what_to_do(tmp_path) -> None:
    """Before the first ticket the page says how one comes in."""
    from store.database import open_database, upgrade

    engine = open_database(f"sqlite:///{tmp_path / 'empty.db'}")
    upgrade(engine)
    page = at(engine, END).get("/").text
    assert headline(page) == "No ticket has come in yet"
    assert "groundswell ingest FILE" in page
    engine.dispose()


@pytest.mark.usefixtures("incidents")
def test_the_json_says_the_same(client: Client) -> None:
    """The interface has the page's sentence, incidents, launches, week and sources."""
    found = client.get("/api/now").json()
    assert found["headline"]["sentence"] == "2 incidents and 1 launch need a person"
    assert [(one["id"], one["state"]) for one in found["incidents"]["first"]] == [
        (2, "open"),
        (1, "open"),
        (3, "acknowledged"),
    ]
    assert [one["id"] for one in found["ended"]["first"]] == [4]
    assert found["launches"][0]["verdict"] == "outside plan"
    assert found["week"]["by_excess"][0]["id"] == 1
    assert found["freshness"]["sources"][0]["state"] == "live"


def limited() -> Person:
    """Make a person who sees the tickets of Brazil."""
    return Person(name="vendor", permissions=permissions_of(Role.VIEWER), scope=AccessScope.of({"region": ["BR"]}))


@pytest.mark.usefixtures("incidents")
def test_a_limited_person_sees_what_is_inside_the_scope(client_of: Callable[[Person], Client], engine: Engine) -> None:
    """Only the incident inside the scope is there, themes are counted from its tickets, and launches are not shown."""
    with engine.begin() as connection:
        connection.execute(update(schema.tickets).values(region="US"))
        connection.execute(
            update(schema.tickets)
            .where(schema.tickets.c.id.in_(
                schema.assignments.select().with_only_columns(schema.assignments.c.ticket_id).where(schema.assignments.c.theme_id == 3)
            ))
            .values(region="BR", counted=True)
        )  # fmt: skip
    client = client_of(limited())
    page = client.get("/").text
    assert headline(page) == "1 incident needs a person"
    assert re.findall(r'id="incident-(\d+)"', page) == ["1"]
    assert "LIVE coins" not in page
    assert 'id="launches"' not in page
    assert set(re.findall(r'href="/themes/(\d+)"', section(page, "week"))) == {"3"}
    found = client.get("/api/now").json()
    assert [one["id"] for one in found["incidents"]["first"]] == [1]
    assert found["launches"] == []
    assert found["freshness"]["sources"] == []
    assert [one["expected"] for one in found["week"]["by_volume"]] == [None]


def test_a_known_issue_that_regressed_is_listed(client: Client, engine: Engine) -> None:
    """A known issue whose volume came back is named, with a link."""
    with engine.begin() as connection:
        connection.execute(insert(schema.known_issues), [{
            "id": 9, "title": "Refunds are returned", "state": "regressed", "opened_at": END - timedelta(days=3), "updated_at": END,
        }])  # fmt: skip
    page = section(client.get("/").text, "issues")
    assert 'href="/known-issues/9"' in page
    assert "regressed" in page


def test_many_incidents_are_few_statements(app: FastAPI, client: Client, engine: Engine) -> None:
    """A hundred open incidents are read by as many statements as one, and the page links to the list of all."""
    from sqlalchemy import event

    counted = []
    for number in (1, 100):
        with engine.begin() as connection:
            write_incidents(connection, [incident(10 + one, signal(1 + one % 12, spike_id=1)) for one in range(number)])
        statements: list[str] = []

        def note(*words: Any, kept: list[str] = statements) -> None:
            kept.append(words[2])

        client.get("/")
        event.listen(engine, "before_cursor_execute", note)
        page = client.get("/").text
        event.remove(engine, "before_cursor_execute", note)
        counted.append(len(statements))
    assert counted[0] == counted[1] < 40
    assert "Show all 100 open incidents" in page


def test_a_launch_that_is_over_is_not_under_way(engine: Engine) -> None:
    """Under way is what the event time is inside of."""
    with engine.begin() as connection:
        connection.execute(update(schema.launches).values(end=LAUNCH_END - timedelta(hours=6)))
    assert "No launch is under way." in at(engine, wall_clock()).get("/").text
