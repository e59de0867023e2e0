"""The actions of a theme's page on a database that was mined: previewed, made at once, and undone in one step."""

import re
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from fastapi import FastAPI
from sqlalchemy import update

from console.app import create_app
from console.parts import ConsoleParts
from console.settings import ConsoleSettings
from models.access import Permission, Person, local_person
from pipelines.miner import Miner
from store import schema
from store.audit import list_audit
from store.database import reading
from tests.console.conftest import Client, Someone
from tests.pipelines.chain import NOW
from tests.pipelines.office import RULES, Office, check_counts, store_events

LATER = NOW + timedelta(hours=1)
"""The leases of the story have run out by then."""


@pytest.fixture(scope="module")
def learned(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a database file that is mined to the fifth day of the story."""
    folder = tmp_path_factory.mktemp("learned")
    store_events(f"sqlite:///{folder / 'stored.db'}", folder)
    office = Office.copy(folder / "stored.db", folder / "mined.db").until(days=5)
    office.restart()
    office.engine.dispose()
    return folder / "mined.db"


@pytest.fixture
def office(learned: Path, tmp_path: Path) -> Iterator[Office]:
    """Return a copy of the mined database, which nothing mines."""
    opened = Office.copy(learned, tmp_path / "office.db")
    yield opened
    opened.engine.dispose()


def clock() -> datetime:
    """Return the time of decisions."""
    return LATER


@pytest.fixture
def app_of(office: Office) -> Callable[[Person], FastAPI]:
    """Return what makes the console for a person."""

    def made(person: Person) -> FastAPI:
        return create_app(
            office.engine, clock=clock, settings=ConsoleSettings(port=0, refresh_seconds=0.05), mining=RULES.mining,
            parts=ConsoleParts(sign_in=Someone(person)),
        )  # fmt: skip

    return made


@pytest.fixture
def app(app_of: Callable[[Person], FastAPI]) -> FastAPI:
    """Return the console of a specialist."""
    return app_of(local_person("ada"))


@pytest.fixture
def desk(app: FastAPI) -> Client:
    """Return a client of it."""
    return Client(app, token=None)


def made(desk: Client, theme: int, ask: dict[str, object], why: str = "") -> str:
    """Look at a decision and make it; returns the page that says what came of it."""
    preview = desk.get(f"/themes/{theme}/decide", params=ask)
    assert preview.status_code == 200, preview.text[-3000:]
    seen = re.search(r'name="seen" value="([0-9a-f]{64})"', preview.text)
    assert seen, preview.text[-3000:]
    answer = desk.post(f"/themes/{theme}/decide", data={**ask, "seen": seen[1], "why": why})
    assert answer.status_code == 200, answer.text[-3000:]
    return answer.text


def undone(desk: Client, page: str) -> str:
    """Press the button of a page that undoes its decision."""
    found = re.search(r'action="(/decisions/\d+/undo)"', page)
    assert found, page[-3000:]
    return desk.post(found[1]).text


def test_a_merge_by_name_with_both_themes_side_by_side(desk: Client, office: Office):
    """The other theme is found by words of its name; the button says how many tickets go where; the undo is one press."""
    one, other = office.pair()
    into, brought = office.theme(one).name, office.members(other)
    offered = desk.get(f"/themes/{other}/decide", params={"kind": "merge", "q": into.split()[0]})
    assert f'name="into" value="{one}"' in offered.text
    preview = desk.get(f"/themes/{other}/decide", params={"kind": "merge", "into": one})
    assert preview.text.count('<section class="side"') == 2
    assert preview.text.count("<blockquote>") == 8
    assert f"Merge {len(brought)} tickets into “{into}”" in preview.text
    page = made(desk, other, {"kind": "merge", "into": one}, "one problem")
    assert "Applied:" in page
    assert "one problem" in page
    assert (office.theme(other).state, office.members(other)) == ("merged", set())
    assert 'action="/decisions/1/undo"' in desk.get(f"/themes/{one}").text
    assert "Applied:" in undone(desk, page)
    assert office.members(other) == brought
    check_counts(office.engine)
    with reading(office.engine) as connection:
        seen = [(row["actor"], row["action"]) for row in list_audit(connection)]
    assert ("ada", "merge") in seen
    assert ("ada", "undo") in seen
    assert ("ada", "looked at text") in seen


def test_a_split_shows_both_halves_and_takes_picks(desk: Client, office: Office):
    """Proposed halves are shown with sizes and quotes; tickets can be ticked on several pages of a list, too."""
    one, _ = office.pair()
    halves = desk.get(f"/themes/{one}/decide", params={"kind": "split"}).text
    assert halves.count('<section class="side"') == 2
    assert "would leave: " in halves
    picked = sorted(office.members(one))[:3]
    listed = desk.get(f"/themes/{one}/decide", params={"kind": "pick", "ticket": picked}).text
    assert all(f'value="{ticket}"' in listed for ticket in picked)
    searched = desk.get(
        f"/themes/{one}/decide", params={"kind": "pick", "ticket": picked, "words": "nothing like it"}
    ).text
    assert "3 tickets of other pages are ticked" in searched
    page = made(desk, one, {"kind": "split", "ticket": picked, "name": "Three"})
    assert "Applied:" in page
    parts = [row for row in office.lineage("split") if row.reason == "decided"]
    assert office.theme(parts[-1].other_id).name == "Three"
    assert office.members(parts[-1].other_id) == set(picked)
    assert "Applied:" in undone(desk, page)
    assert set(picked) <= office.members(one)


@pytest.mark.parametrize("kind", ["move", "pin"])
def test_tickets_are_moved_to_a_theme_that_is_found_by_name(desk: Client, office: Office, kind: str):
    """Picked tickets go to the theme that a search by name offers; undone, they are back."""
    one, other = office.pair()
    picked = sorted(office.members(one))[:2]
    offered = desk.get(
        f"/themes/{one}/decide", params={"kind": kind, "ticket": picked, "q": office.theme(other).name}
    ).text
    assert f'name="to" value="{other}"' in offered
    page = made(desk, one, {"kind": kind, "ticket": picked, "to": other})
    assert "Applied:" in page
    assert set(picked) <= office.members(other)
    undone(desk, page)
    assert set(picked) <= office.members(one)


def test_tickets_are_taken_out_of_all_themes(desk: Client, office: Office):
    """A move may also lead to no theme."""
    one, _ = office.pair()
    picked = sorted(office.members(one))[:1]
    assert "Applied:" in made(desk, one, {"kind": "move", "ticket": picked, "to": "none"})
    assert office.themes_of_tickets()[picked[0]] is None


def test_a_theme_is_flagged_joined_and_cleared(desk: Client, office: Office):
    """A new known issue, an existing one that is found by its title, and the end of the flag."""
    one, other = office.pair()
    flagged = made(
        desk, one, {"kind": "known_issue", "title": "Coins do not arrive", "jira": "PAY-7", "workaround": "Wait."}
    )
    assert "Applied:" in flagged
    assert office.theme(one).known_issue["jira"] == "PAY-7"
    offered = desk.get(f"/themes/{other}/decide", params={"kind": "known_issue", "q": "coins arrive"}).text
    assert 'name="issue" value="1"' in offered
    assert "Applied:" in made(desk, other, {"kind": "known_issue", "issue": 1})
    assert office.theme(other).known_issue["issue"] == 1
    cleared = made(desk, other, {"kind": "clear_known_issue"})
    assert office.theme(other).known_issue is None
    undone(desk, cleared)
    assert office.theme(other).known_issue["issue"] == 1


@pytest.mark.parametrize(
    ("ask", "column", "value"),
    [
        ({"kind": "rename", "name": "Money back"}, "name", "Money back"),
        ({"kind": "archive"}, "status", "archived"),
        ({"kind": "resolve"}, "status", "resolved"),
        ({"kind": "assign", "owner": "Grace"}, "owner", "Grace"),
    ],
)
def test_the_other_actions_and_their_undo(
    desk: Client, office: Office, ask: dict[str, object], column: str, value: str
):
    """Each takes effect when it is made, and leaves no trace on the theme when it is undone."""
    one, _ = office.pair()
    before = getattr(office.theme(one), column)
    page = made(desk, one, ask)
    assert "Applied:" in page
    assert getattr(office.theme(one), column) == value
    undone(desk, page)
    assert getattr(office.theme(one), column) == before


def test_an_owner_that_was_assigned_stays(desk: Client, office: Office):
    """A theme that outgrows its name is named and owned anew; the owner that a person chose is kept."""
    one, _ = office.pair()
    made(desk, one, {"kind": "assign", "owner": "Grace"})
    with office.engine.begin() as connection:
        connection.execute(update(schema.themes).where(schema.themes.c.id == one).values(named_size=1))
        # The office's clock is behind that of the console.
        connection.execute(update(schema.leases).values(expires_at=NOW))
    office.restart()
    office.until(days=7)
    assert (office.theme(one).owner, office.theme(one).owner_pinned) == ("Grace", True)


def test_the_page_names_the_miner_that_it_waits_for(desk: Client, office: Office):
    """While another process mines, the decision waits for it by name, and the page says so until it is applied."""
    one, _ = office.pair()
    miner = Miner(office.engine, RULES, clock, "far:1")
    miner.hold()
    page = made(desk, one, {"kind": "rename", "name": "Money"})
    assert "Waiting for the miner at far:1" in page or "It is being applied now." in page
    assert miner.decide() == [1]
    assert "Applied:" in desk.get("/decisions/1").text
    miner.release()


def test_what_rests_on_a_decision_is_named_where_it_cannot_be_undone(desk: Client, office: Office):
    """An undo that later decisions forbid says which they are."""
    one, _ = office.pair()
    made(desk, one, {"kind": "rename", "name": "First"})
    made(desk, one, {"kind": "rename", "name": "Second"})
    answer = desk.post("/decisions/1/undo")
    assert answer.status_code == 422
    assert "decision 2 (rename) rests on it" in answer.text
    assert desk.get("/decisions/99").status_code == 404


def test_the_same_as_json(desk: Client, office: Office):
    """A dry run with its seal, the decision, the list and the undo; what is not possible is refused in one sentence."""
    one, other = office.pair()
    path = f"/api/themes/{other}/decisions"
    body = {"kind": "merge", "into": one, "why": "one problem"}
    preview = desk.post(path, json={**body, "dry_run": True})
    assert (preview.status_code, preview.json()["tickets"]) == (200, len(office.members(other)))
    assert desk.get(path).json() == []
    assert desk.post(path, json={**body, "seen": "0" * 64}).status_code == 409
    answer = desk.post(path, json={**body, "seen": preview.json()["seal"]})
    assert (answer.status_code, answer.json()["state"], answer.json()["effect"]) == (201, "applied", "It is applied.")
    number = answer.json()["id"]
    assert [row["id"] for row in desk.get(path).json()] == [number]
    back = desk.post(f"/api/decisions/{number}/undo")
    assert (back.status_code, back.json()["kind"], back.json()["state"]) == (201, "undo", "applied")
    assert desk.get(f"/api/decisions/{number}").json()["state"] == "undone"
    for wrong in (
        {"kind": "merge", "into": other},
        {"kind": "explode"},
        {"kind": "rename"},
        {"kind": "merge", "into": 10**30},
    ):
        assert desk.post(path, json=wrong).status_code == 422
    described = desk.get("/api/openapi.json").json()
    assert "/api/themes/{theme_id}/decisions" in described["paths"]
    assert described["components"]["schemas"]["AskedDecision"]["properties"]["kind"]


@pytest.mark.parametrize("as_json", [False, True])
def test_a_preview_that_quotes_tickets_is_a_look_at_them(desk: Client, office: Office, *, as_json: bool):
    """The audit log says who was shown examples of what a decision would move, on the page and as JSON."""
    one, other = office.pair()
    if as_json:
        desk.post(f"/api/themes/{other}/decisions", json={"kind": "merge", "into": one, "dry_run": True})
    else:
        desk.get(f"/themes/{other}/decide", params={"kind": "merge", "into": one})
    with reading(office.engine) as connection:
        looks = [row for row in list_audit(connection) if row["action"] == "looked at text"]
    assert [row["subject"] for row in looks] == [f"decision about theme {other}"]


def test_who_may_only_look_decides_nothing(app_of: Callable[[Person], FastAPI], office: Office):
    """Each route that decides refuses a person without the permission, and the page offers no action."""
    viewer = Client(app_of(Person(name="eve", permissions=frozenset({Permission.LOOK}))), token=None)
    one, _ = office.pair()
    assert "?kind=merge" not in viewer.get(f"/themes/{one}").text
    assert viewer.get(f"/themes/{one}/decide", params={"kind": "archive"}).status_code == 403
    assert viewer.post(f"/themes/{one}/decide", data={"kind": "archive"}).status_code == 403
    assert viewer.post("/decisions/1/undo").status_code == 403
    assert viewer.post(f"/api/themes/{one}/decisions", json={"kind": "archive"}).status_code == 403
    assert viewer.post("/api/decisions/1/undo").status_code == 403
