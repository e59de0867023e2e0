"""The form that plans a launch, and the same as JSON."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from fastapi import FastAPI
from sqlalchemy import Engine, func, select, update

from console.app import create_app
from console.parts import ConsoleParts
from console.settings import ConsoleSettings
from models.access import Person, Role, permissions_of
from pipelines.settings import MiningSettings
from store.audit import list_audit
from store.database import reading
from store.plans import newest_revision, read_launches
from store.schema import changes, launches
from tests.console.conftest import Client, Someone, console_parts, wall_clock
from tests.console.planning_desk import TestingDesk
from tests.console.seed import END, HOSTILE, LAUNCH_ID

START = datetime(2026, 11, 27, 11, tzinfo=UTC)
FORM = {
    "title": "Double day",
    "kind": "sale",
    "start": "2026-11-27T11:00",
    "end": "2026-11-27T23:00",
    "tolerance": "25",
    "dimension": ["region", ""],
    "value": ["BR", ""],
    "means": ["theme", "all", "about"],
    "text": ["pix", "", ""],
    "lift": ["4", "1.5", ""],
}
PLAN = {
    "title": "Double day",
    "kind": "sale",
    "start": "2026-11-27T11:00:00Z",
    "end": "2026-11-27T23:00:00Z",
    "scope": {"region": "BR"},
    "tolerance": 0.25,
    "expected": [{"theme": "pix", "lift": 4}, {"all": True, "lift": 1.5}],
}


@pytest.fixture
def app(engine: Engine) -> FastAPI:
    """Return the console of the seeded database, which writes plans."""
    parts = console_parts(planning=TestingDesk(engine, wall_clock))
    settings = ConsoleSettings(port=0, refresh_seconds=0.05)
    return create_app(engine, clock=wall_clock, settings=settings, mining=MiningSettings(), parts=parts)


@pytest.fixture
def client_in(engine: Engine) -> Callable[[str], Client]:
    """Return what makes a client of an admin who lives in a time zone."""

    def living_in(zone: str) -> Client:
        person = Person(name="ops", permissions=permissions_of(Role.ADMIN), role=Role.ADMIN, time_zone=zone)
        parts = ConsoleParts(sign_in=Someone(person), planning=TestingDesk(engine, wall_clock))
        settings = ConsoleSettings(port=0, refresh_seconds=0.05)
        return Client(
            create_app(engine, clock=wall_clock, settings=settings, mining=MiningSettings(), parts=parts), token=None
        )

    return living_in


def send(client: Client, path: str, **changes: Any) -> Any:
    """Send the form."""
    headers = {"sec-fetch-site": "same-origin"}
    return client.post(path, data={**FORM, **changes}, headers=headers)


def test_a_plan_is_previewed_and_written(client: Client, engine: Engine):
    """The preview names the theme that was meant and its usual tickets, writes nothing, and then the plan is on record."""
    page = send(client, "/launches/new", action="preview")
    assert page.status_code == 200
    assert "Pix payment confirmed but order unpaid" in page.text
    assert "tickets expected in the scope" in page.text
    assert "all that no line names" in page.text
    with reading(engine) as connection:
        before = connection.execute(select(func.count()).select_from(launches)).scalar_one()
    page = send(client, "/launches/new", action="save")
    assert str(page.url).endswith("/launches/double-day-2026-11-27")
    assert "Double day" in page.text
    with reading(engine) as connection:
        row = newest_revision(connection, "launch", "double-day-2026-11-27", None)
        assert row is not None
        assert connection.execute(select(func.count()).select_from(launches)).scalar_one() == before + 1
        noted = list_audit(connection)[0]
    assert (row.kind, row.scope, row.tolerance, row.start) == ("sale", {"region": "BR"}, 0.25, START)
    assert [(line["theme"], line["all"], line["lift"]) for line in row.expected] == [(3, False, 4.0), (None, True, 1.5)]
    # The data are five minutes behind the clock: the next epoch knows the plan.
    assert row.time == END
    assert (noted["action"], noted["subject"]) == ("launch added", "launch double-day-2026-11-27")
    assert str(send(client, "/launches/new", action="save").url).endswith("/launches/double-day-2026-11-27")


def test_a_plan_is_revised_in_the_form_that_it_is_shown_in(client: Client, engine: Engine):
    """What the form shows of a stored plan, sent unchanged, changes nothing; a changed field is a revision with a fresh id."""
    send(client, "/launches/new", action="save")
    path = "/launches/double-day-2026-11-27/edit"
    page = client.get(path).text
    for shown in ('value="2026-11-27T11:00"', 'value="25"', 'value="#3"', 'value="BR"', "Revise this plan"):
        assert shown in page
    same = send(client, path, text=["#3", "", ""], action="save")
    assert same.status_code == 200
    send(client, path, text=["#3", "", ""], lift=["6", "1.5", ""], action="save")
    with reading(engine) as connection:
        rows = connection.execute(select(launches).where(launches.c.subject == "double-day-2026-11-27")).all()
        (found,) = [one for one in read_launches(connection) if one.launch_id == "double-day-2026-11-27"]
    assert len({row.id for row in rows}) == len(rows) == 2
    assert [line.lift for line in found.lifts] == [6.0, 1.5]


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"dimension": ["regoin", ""]}, "which is none that a scope can have; the nearest is region"),
        ({"value": ["BRA", ""]}, "which no ticket has had; the nearest is BR"),
        ({"value": ["", ""]}, "without a value in the scope"),
        ({"text": ["Pyout to bank acount pending", "", ""]}, "the nearest is #2 Payout to bank account pending"),
        ({"text": ["", "", ""]}, "received a lift without what it lifts"),
        ({"lift": ["many", "1.5", ""]}, "where a number belongs"),
        ({"end": ""}, "received no time"),
        ({"end": "2026-11-26T23:00"}, "not after its start"),
        ({"title": ""}, "received no title"),
        ({"means": ["like", "all", "about"], "text": ["live-coins", "", ""]}, f"the nearest is {LAUNCH_ID}"),
    ],
)
def test_what_is_wrong_is_said_in_the_form(client: Client, engine: Engine, changes: dict[str, Any], says: str):
    """The form comes back as it was written, with a sentence for each thing that is wrong, and nothing is stored."""
    page = send(client, "/launches/new", action="save", **changes)
    assert page.status_code == 422
    assert says in page.text
    assert 'value="Double day"' in page.text or changes.get("title") == ""
    with reading(engine) as connection:
        assert newest_revision(connection, "launch", "double-day-2026-11-27", None) is None


def test_times_are_those_of_the_viewer(client_in: Callable[[str], Client], engine: Engine):
    """What is typed in São Paulo is stored in UTC, and shown in São Paulo again."""
    client = client_in("America/Sao_Paulo")
    send(client, "/launches/new", start="2026-11-27T08:00", end="2026-11-27T20:00", action="save")
    with reading(engine) as connection:
        row = newest_revision(connection, "launch", "double-day-2026-11-27", None)
    assert row is not None
    assert row.start == START
    page = client.get("/launches/double-day-2026-11-27/edit").text
    assert 'value="2026-11-27T08:00"' in page
    assert "Times are in America/Sao_Paulo" in page


def test_a_plan_that_comes_too_late_is_warned_of(client: Client):
    """The window has begun in the data: the preview says from when on the plan holds."""
    page = send(client, "/launches/preview", start="2026-11-20T12:00", end="2026-11-20T20:00")
    assert 'title="Fri 20 Nov 2026 15:40 UTC">Fri 20 Nov 15:40</time> on' in page.text
    assert "<form" not in page.text
    page = send(client, "/launches/preview", start="2026-11-19T12:00", end="2026-11-19T20:00")
    assert "This plan can no longer take effect" in page.text


def test_a_launch_is_cancelled_and_planned_again(client: Client, engine: Engine):
    """A cancelled launch is shown as that and expected no more; one that is over cannot be cancelled."""
    send(client, "/launches/new", action="save")
    headers = {"sec-fetch-site": "same-origin"}
    page = client.post("/launches/double-day-2026-11-27/cancel", headers=headers).text
    assert "This launch is cancelled" in page
    assert "cancelled" in client.get("/launches").text
    with reading(engine) as connection:
        assert "double-day-2026-11-27" not in [one.launch_id for one in read_launches(connection)]
    assert client.post("/launches/double-day-2026-11-27/cancel", headers=headers).status_code == 409
    send(client, "/launches/double-day-2026-11-27/edit", text=["#3", "", ""], action="save")
    assert "This launch is cancelled" not in client.get("/launches/double-day-2026-11-27").text


def test_the_same_as_json(client: Client, engine: Engine):
    """A program plans, previews, revises, follows and cancels with the sentences of the form."""
    preview = client.post("/api/launches/preview", json=PLAN).json()
    assert preview["lines"][0]["themes"][0] == {
        "theme_id": 3, "name": "Pix payment confirmed but order unpaid", "usual": preview["lines"][0]["usual"], "lift": 4.0,
        "lifted": True,
    }  # fmt: skip
    assert preview["low"] < preview["expected"] < preview["high"]
    made = client.post("/api/launches", json={**PLAN, "id": "double"})
    assert (made.status_code, made.json()["id"], made.json()["state"]) == (201, "double", "added")
    changed = client.put("/api/launches/double", json={**PLAN, "title": "Double week"}).json()
    assert changed["state"] == "revised"
    shown = client.get("/api/launches/double/monitor").json()
    assert (shown["title"], shown["state"], shown["verdict"]) == ("Double week", "planned", "not begun")
    assert client.post("/api/launches/double/cancel").json() == {"id": "double", "state": "cancelled"}
    assert client.get("/api/launches/double/monitor").json()["state"] == "cancelled"
    wrong = client.post("/api/launches", json={**PLAN, "scope": {"region": "BRA"}})
    assert wrong.status_code == 422
    assert wrong.json()["faults"] == [
        {"field": "scope", "sentence": "received region 'BRA' in the scope, which no ticket has had; the nearest is BR"}
    ]
    allowed = client.post("/api/launches", json={**PLAN, "scope": {"region": "MX"}, "allow_unknown": True})
    assert allowed.status_code == 201
    for path, status in (("/api/launches/none/monitor", 404), ("/launches/none/edit", 404)):
        assert client.get(path).status_code == status
    assert client.put("/api/launches/none", json=PLAN).status_code == 422
    assert client.post("/api/launches/none/cancel").status_code == 409


def test_hostile_words_are_shown_as_words(client: Client):
    """A title, a value, a text and a launch's id that would be markup are escaped wherever they are shown."""
    changes = {
        "title": HOSTILE, "value": [HOSTILE, ""], "allow_unknown": "yes", "means": ["about", "all", "about"],
        "text": [HOSTILE, "", ""],
    }  # fmt: skip
    pages = [
        send(client, "/launches/new", action="preview", **changes),
        send(client, "/launches/new", action="save", **changes),
        client.get("/launches"),
        client.get("/launches/new", params={"like": HOSTILE}),
    ]
    made = str(pages[1].url).rpartition("/")[2]
    pages += [client.get(f"/launches/{made}{tail}") for tail in ("", "?wall=1", "/edit")]
    for page in pages:
        assert page.status_code in (200, 422)
        assert "<script>window" not in page.text
        assert "<img src=x" not in page.text
    assert "<script" not in pages[2].text.partition("<main")[2]


def test_hostile_words_that_are_stored_are_shown_as_words(client: Client, engine: Engine):
    """What came into the database by another way is escaped, too."""
    with engine.begin() as connection:
        hostile = {"title": HOSTILE, "scope": {"region": HOSTILE}, "expected": [{"about": HOSTILE, "lift": 2.0}]}
        connection.execute(update(launches).values(**hostile))
        connection.execute(update(changes).values(title=HOSTILE, scope={}))
    for path in ("/launches", f"/launches/{LAUNCH_ID}", f"/launches/{LAUNCH_ID}?wall=1", f"/launches/{LAUNCH_ID}/edit"):
        page = client.get(path).text
        assert "&lt;script&gt;window.hostile" in page
        assert "<script>window" not in page
        assert "<img src=x" not in page


def test_a_card_number_in_a_plan_is_not_shown_again(client: Client, engine: Engine):
    """What people type is redacted before it is shown or stored."""
    title = "Sale 4111 1111 1111 1111"
    assert "4111" not in send(client, "/launches/new", title=title, action="preview").text
    assert "4111" not in send(client, "/launches/new", title=title, action="save").text
    with reading(engine) as connection:
        assert not any("4111" in one.title for one in read_launches(connection))


def test_who_may_plan(client_of: Callable[[Person], Client]):
    """A viewer follows a launch and is offered no plan; without a desk the form says what to use instead."""
    viewer = client_of(Person(name="eve", permissions=permissions_of(Role.VIEWER), role=Role.VIEWER))
    assert viewer.get("/launches/new").status_code == 403
    assert "Change the plan" not in viewer.get(f"/launches/{LAUNCH_ID}").text
    assert "Plan a launch" not in viewer.get("/launches").text
    ops = client_of(Person(name="ops", permissions=permissions_of(Role.OPS), role=Role.OPS))
    assert "groundswell launches add" in ops.get("/launches/new").text
    assert ops.get("/launches/new").text.split("<main")[1].count("<form") == 1


def test_the_wall_screen_has_no_navigation(client: Client):
    """The verdict, the figures and the chart, nothing to click, and the same live region as any page."""
    page = client.get(f"/launches/{LAUNCH_ID}?wall=1").text
    assert "<nav" not in page
    assert "Outside plan" in page
    assert "data-live" in page
    assert 'id="live"' in page
    ordinary = client.get(f"/launches/{LAUNCH_ID}").text
    # The script of all pages reads from these how fresh the tickets are.
    read = re.compile(r'id="clock" data-live (data-mark="[^"]*" data-fresh="[^"]*" data-said="[^"]*")')
    assert read.findall(page) == read.findall(ordinary) != []
    assert "<a " not in page


def test_the_monitor_says_its_verdict_first(client: Client):
    """The verdict comes before all figures; bars are quarters of an hour; changes and side effects are there."""
    page = client.get(f"/launches/{LAUNCH_ID}").text
    order = [
        page.index(text)
        for text in ("Outside plan", "The detector signals that", "Volume in the scope", "Planned themes")
    ]
    assert order == sorted(order)
    assert "Tickets in the scope by 15 min" in page
    assert "Changes since shortly before" in page
    assert page.count('class="hit"') >= 48
    assert wall_clock() - END == timedelta(minutes=5)


def test_a_tolerance_is_refused_in_percent(client: Client) -> None:
    """The field is in percent, and so is what is valid."""
    sent = {"title": "T", "start": "2026-11-21T10:00", "end": "2026-11-21T12:00", "tolerance": "-5"}
    page = send(client, "/launches/preview", **sent)
    assert "received &#39;-5&#39;; valid are 0 to 500 percent" in page.text
