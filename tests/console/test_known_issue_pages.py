"""The pages and the API of known issues: what agents need, with hostile texts inert."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import Engine, insert, select

from console.app import create_app
from console.settings import ConsoleSettings
from models.known_issues import AttachmentWay, IssueState
from models.theme import ThemeStatus
from pipelines.settings import MiningSettings
from store import schema
from store.database import reading
from store.decisions import read_decisions
from store.known_issue_records import known_issue
from store.known_issues import (
    Attachment,
    IssueEvent,
    StoredIssue,
    attach,
    write_issue,
    write_issue_event,
    write_members,
)
from store.transitions import StatusChange, write_transitions
from tests.console.conftest import Client, console_parts, wall_clock
from tests.console.seed import END, HOSTILE

SOP = "1. Ask for the order number.\n2. Do not refund twice."


@pytest.fixture(scope="module")
def client(seeded_file, tmp_path_factory) -> Iterator[tuple[Client, Engine]]:
    """Return the console of the seeded day with two known issues, one of them hostile and closed."""
    from store.database import open_database

    copy = tmp_path_factory.mktemp("known") / "groundswell.db"
    copy.write_bytes(seeded_file.read_bytes())
    engine = open_database(f"sqlite:///{copy}")
    with engine.begin() as connection:
        _write(connection)
    app = create_app(
        engine, clock=wall_clock, settings=ConsoleSettings(port=0), mining=MiningSettings(), parts=console_parts()
    )
    yield Client(app), engine
    engine.dispose()


def _write(connection) -> None:
    opened = END - timedelta(days=1)
    write_issue(connection, StoredIssue(
        issue_id=70, title="Coins are charged twice", state=IssueState.IDENTIFIED, owner="payments-live", jira="PAY-77",
        workaround="Wait ten minutes.", sop=SOP, fix_version="38.2.0", fix_expected_at=END, opened_at=opened, updated_at=END,
    ))  # fmt: skip
    write_issue(connection, StoredIssue(
        issue_id=71, title=HOSTILE, state=IssueState.CLOSED, owner=HOSTILE, jira="javascript:alert(1)", workaround=HOSTILE, sop=HOSTILE,
        fix_version=HOSTILE, opened_at=opened, updated_at=END,
    ))  # fmt: skip
    write_members(connection, [(70, 1, opened, None), (71, 12, opened, None)])
    member = select(schema.assignments.c.ticket_id).where(schema.assignments.c.theme_id == 1).limit(2)
    tickets = list(connection.execute(member).scalars())
    attach(connection, [
        Attachment(70, tickets[0], 0.87, AttachmentWay.THEME, END), Attachment(70, tickets[1], 1.0, AttachmentWay.LINK, END),
        Attachment(71, tickets[0], 1.0, AttachmentWay.PERSON, END),
    ])  # fmt: skip
    connection.execute(insert(schema.ticket_links).values(
        ticket_id=tickets[1], other_id="PAY-90", kind="problem", source="/jira", epoch=1,
    ))  # fmt: skip
    write_issue_event(
        connection, IssueEvent(1, 70, opened, "ada", None, IssueState.IDENTIFIED, "theme 1 became a known issue")
    )
    write_issue_event(connection, IssueEvent(2, 71, opened, HOSTILE, None, IssueState.CLOSED, HOSTILE))
    write_transitions(connection, [
        StatusChange(1, 1, opened, ThemeStatus.NEW, ThemeStatus.ESCALATING, None, "its volume rises"),
        StatusChange(2, 1, END, ThemeStatus.ESCALATING, ThemeStatus.KNOWN, HOSTILE, HOSTILE),
    ])  # fmt: skip


def test_the_page_has_what_agents_need(client) -> None:
    """State, workaround, text for agents, attached tickets with quote and confidence, linked keys and history are on it."""
    page = client[0].get("/known-issues/70").text
    for text in (
        "Coins are charged twice", "identified", "payments-live", "PAY-77", "38.2.0", "Wait ten minutes.", "Do not refund twice.",
        "confidence 87 %", "by link, confidence 100 %", "PAY-90", "theme 1 became a known issue", "by ada",
    ):  # fmt: skip
        assert text in page, text
    assert page.count("<blockquote>") == 2
    assert "No text of this ticket is kept." not in page


def test_the_list_leaves_closed_ones_out(client) -> None:
    """The closed one is on the list that asks for it."""
    assert "Coins are charged twice" in client[0].get("/known-issues").text
    assert "#71" not in client[0].get("/known-issues").text
    assert "#71" in client[0].get("/known-issues?state=closed").text


def test_hostile_texts_of_known_issues_are_inert(client) -> None:
    """Every text that people type is shown as characters, and no address that is none is linked."""
    for path in ("/known-issues?state=closed", "/known-issues/71", "/themes/1"):
        page = client[0].get(path).text
        assert "<script>window.hostile" not in page
        assert "<img src=x" not in page
        assert 'href="javascript' not in page


def test_the_api_has_the_same_as_the_command_line(client) -> None:
    """List and description have the keys of the command line; an unknown number is answered with 404 and one sentence."""
    api, engine = client
    listed = api.get("/api/known-issues").json()
    assert [(row["id"], len(row["pending"])) for row in listed] == [(70, 0), (1, 1)]
    assert [row["id"] for row in api.get("/api/known-issues?closed=true").json()] == [70, 71, 1]
    with reading(engine) as connection:
        shown = api.get("/api/known-issues/70").json()
        assert known_issue(connection, 70).as_full_json().items() <= shown.items()
    missing = api.get("/api/known-issues/999")
    assert missing.status_code == 404
    assert missing.json()["error"].startswith("Received known issue 999, which does not exist")


def test_a_themes_page_and_api_list_its_transitions(client) -> None:
    """The newest change comes first on the page, and the API has them in the order in which they happened."""
    api, _ = client
    page = api.get("/themes/1").text
    assert "its volume rises" in page
    found = api.get("/api/themes/1").json()["transitions"]
    assert [(one["from"], one["to"]) for one in found] == [("new", "escalating"), ("escalating", "known")]


def test_a_ticket_is_detached_by_a_form(client) -> None:
    """The form appends a decision, which takes effect at once; a ticket that is not stored is refused."""
    api, engine = client
    ticket = api.get("/api/known-issues/70").json()["tickets"][0]["id"]
    answer = api.post("/known-issues/70/detach", data={"ticket": ticket})
    assert answer.status_code == 200
    assert ticket not in [one["id"] for one in api.get("/api/known-issues/70").json()["tickets"]]
    with reading(engine) as connection:
        assert read_decisions(connection)[-1].payload == {"issue": 70, "members": [ticket]}
    refused = api.post("/known-issues/70/detach", data={"ticket": "4111 1111 1111 1111"})
    assert refused.status_code == 422
    assert "4111" not in refused.text
    assert api.post("/known-issues/999/detach", data={"ticket": ticket}).status_code == 404
