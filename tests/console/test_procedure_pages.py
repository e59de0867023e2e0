"""Procedures on the console: listed, shown as steps, revised with a preview, linked; the API does the same."""

from collections.abc import Callable

import pytest
from fastapi import FastAPI
from sqlalchemy import Engine, insert

from console.app import create_app
from console.settings import ConsoleSettings
from models.access import AccessScope, Permission, Person
from pipelines.settings import MiningSettings
from store import schema
from store.database import reading
from store.sop_links import sops_named
from store.sops import read_sop
from tests.console.conftest import Client, console_parts, wall_clock

HEADERS = {"sec-fetch-site": "same-origin"}
PAGE = "/procedures/refund-missing"
FORM = {
    "title": "A refund is missing", "owner": "payments", "review_on": "2027-05-01", "body": "Say when.", "based_on": "2",
    "tree": "start: a\nnodes: {a: {outcome: Wait.}}", "note": "shorter",
}  # fmt: skip


@pytest.fixture
def recorded() -> list[list[str]]:
    """Return what the console asked to record as changes."""
    return []


@pytest.fixture
def app(engine: Engine, recorded: list[list[str]]) -> FastAPI:
    """Return the console with what records changes of procedures."""
    parts = console_parts(procedure_changes=lambda slugs: recorded.append(list(slugs)))
    return create_app(engine, clock=wall_clock, settings=ConsoleSettings(port=0), mining=MiningSettings(), parts=parts)


def send(client: Client, path: str, form: dict[str, str]):
    """Send a form from our own page, without following."""
    return client.send("POST", path, data=form, headers=HEADERS, follow_redirects=False)


def test_the_list_begins_with_what_is_overdue(client: Client) -> None:
    """A procedure whose review is due says so; its themes are named."""
    text = client.get("/procedures").text
    assert "1 procedure overdue for review." in text
    assert f'<a href="{PAGE}">A refund is missing</a>' in text
    assert '<a href="/themes/1">' in text


def test_a_procedure_is_shown_as_steps_with_its_versions(client: Client) -> None:
    """The tree is numbered steps with links, Markdown is text with headings, old versions say that they are old."""
    text = client.get(PAGE).text
    assert '<li>yes: go to <a href="#step-2">step 2</a></li>' in text
    assert "<h3>Be exact</h3>" in text
    assert "<ins>+Never ask for a card number.</ins>" in text
    old = client.get(f"{PAGE}?version=1").text
    assert "This is an old version" in old
    assert "Never ask for a card number" not in old.split("</main>")[0].split('id="history"')[0]
    assert client.get(f"{PAGE}?version=9").status_code == 404
    assert client.get("/procedures/none").status_code == 404


def test_theme_alert_and_known_issue_name_their_procedures(client: Client, engine: Engine) -> None:
    """A theme's page and its alerts link its procedures; a known issue also those that its text for agents names."""
    link = f'<a href="{PAGE}">A refund is missing</a>'
    assert link in client.get("/themes/1").text
    assert link not in client.get("/themes/3").text
    with engine.begin() as connection:
        theme = connection.execute(schema.alerts.select().order_by(schema.alerts.c.id)).first()
        assert theme is not None
        row = {"slug": "refund-missing", "kind": "known_issue", "target": 70, "actor": "ada", "at": wall_clock()}
        connection.execute(insert(schema.sop_links).values(row))
        issue = {"state": "identified", "opened_at": wall_clock(), "updated_at": wall_clock()}
        connection.execute(insert(schema.known_issues), [
            {"id": 70, "title": "Linked", "sop": None, **issue},
            {"id": 71, "title": "Named", "sop": "Follow refund-missing, then wait.", **issue},
            {"id": 72, "title": "Neither", "sop": "Follow refund-missing-2.", **issue},
        ])  # fmt: skip
    assert [link in client.get(f"/known-issues/{one}").text for one in (70, 71, 72)] == [True, True, False]
    alerts = [(row.id, row.theme_id) for row in _rows(engine, schema.alerts)]
    assert {link in client.get(f"/alerts/{alert}").text for alert, theme in alerts if theme == 1} <= {True}
    with reading(engine) as connection:
        assert sops_named(connection, "refund missing") == []


def _rows(engine: Engine, table):
    with reading(engine) as connection:
        return list(connection.execute(table.select()))


def test_a_procedure_is_previewed_and_revised(client: Client, engine: Engine, recorded: list[list[str]]) -> None:
    """A preview stores nothing; saving writes a version under the person's name and records the change."""
    shown = send(client, f"{PAGE}/edit", {**FORM, "action": "preview"})
    assert shown.status_code == 200
    assert "Nothing is stored yet." in shown.text
    assert "<strong>Outcome:</strong> Wait." in shown.text
    with reading(engine) as connection:
        assert read_sop(connection, "refund-missing").newest.number == 2
    assert recorded == []
    assert send(client, f"{PAGE}/edit", {**FORM, "action": "save"}).headers["location"] == PAGE
    with reading(engine) as connection:
        newest = read_sop(connection, "refund-missing").newest
    assert (newest.number, newest.author, newest.note) == (3, "console", "shorter")
    assert recorded == [["refund-missing"]]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"based_on": "1"}, "version 2 is the newest"),
        ({"tree": "start: a\nnodes: {a: {do: x, next: b}}"}, "leads to “b”, which is missing"),
        ({"owner": ""}, "owner of 0 characters"),
        ({"review_on": "soon"}, "review date that is none"),
        ({"body": "4242 4242 4242 4242", "tree": "start: ["}, "cannot be read as YAML"),
    ],
)
def test_what_cannot_be_taken_stays_in_the_form(client: Client, change: dict[str, str], says: str) -> None:
    """The form is shown again with what was sent, redacted, and the reason."""
    answer = send(client, f"{PAGE}/edit", {**FORM, **change})
    assert answer.status_code == 422
    assert says in answer.text
    assert "4242" not in answer.text
    assert "shorter" in answer.text


def test_themes_are_linked_and_unlinked(client: Client, engine: Engine, recorded: list[list[str]]) -> None:
    """Links are made and taken away on the page; an unknown theme is refused there."""
    assert send(client, f"{PAGE}/links", {"kind": "theme", "target": "3"}).status_code == 303
    send(client, f"{PAGE}/links", {"kind": "theme", "target": "1", "action": "unlink"})
    with reading(engine) as connection:
        assert read_sop(connection, "refund-missing").themes == (3,)
    refused = send(client, f"{PAGE}/links", {"kind": "theme", "target": "99999"})
    assert (refused.status_code, "99999" in refused.text) == (422, True)
    assert recorded == [["refund-missing"], ["refund-missing"]]


def test_the_api_does_what_the_pages_do(client: Client) -> None:
    """Procedures are listed, described, added and revised as JSON."""
    (row,) = client.get("/api/procedures").json()
    assert (row["id"], row["overdue"], row["themes"]) == ("refund-missing", True, [1])
    assert client.get("/api/procedures/refund-missing").json()["steps"].startswith("1. Does the ledger")
    assert [one["version"] for one in client.get("/api/procedures/refund-missing/versions").json()] == [2, 1]
    body = {"slug": "refund-late", "title": "Late", "owner": "payments", "body": "Wait."}
    done = client.send("POST", "/api/procedures", json=body, headers=HEADERS)
    assert (done.status_code, done.json()) == (201, {"id": "refund-late", "version": 1, "state": "added"})
    assert client.send("POST", "/api/procedures", json=body, headers=HEADERS).status_code == 409
    stale = client.send("PUT", "/api/procedures/refund-missing", json={**body, "based_on": 1}, headers=HEADERS)
    assert stale.status_code == 409
    assert client.send("PUT", "/api/procedures/none", json={**body, "based_on": 1}, headers=HEADERS).status_code == 404
    wrong = client.send("POST", "/api/procedures", json={**body, "slug": "New One"}, headers=HEADERS)
    assert wrong.status_code == 422


def test_a_limited_scope_sees_procedures_of_its_themes(client_of: Callable[[Person], Client], engine: Engine) -> None:
    """Who sees a part of the tickets sees procedures for themes in it and those for nothing in particular, and changes none."""
    with engine.begin() as connection:
        vendor = connection.execute(schema.assignments.select().where(schema.assignments.c.theme_id == 1)).first()
        assert vendor is not None
        region = connection.execute(schema.tickets.select().where(schema.tickets.c.id == vendor.ticket_id)).one().region
    permissions = frozenset({Permission.LOOK, Permission.DECIDE})
    inside = client_of(Person(name="vera", permissions=permissions, scope=AccessScope.of({"region": [region]})))
    outside = client_of(Person(name="otto", permissions=permissions, scope=AccessScope.of({"region": ["none"]})))
    assert inside.get(PAGE).status_code == 200
    assert "/edit" not in inside.get(PAGE).text
    assert outside.get(PAGE).status_code == 404
    assert PAGE not in outside.get("/procedures").text
    assert outside.get("/api/procedures").json() == []
    assert send(inside, f"{PAGE}/edit", FORM).status_code == 403
