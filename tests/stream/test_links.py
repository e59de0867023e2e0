"""Links between tickets: from every way in which systems write them to the events, and from events to the store."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from models.event import TicketEvent, TicketLinkKind
from store.database import open_database
from store.schema import metadata, ticket_links, tickets
from store.ticket_links import LinkChange, links_in_force, write_links
from stream.admission_rules import AdmissionRules
from stream.connectors.jira import Jira
from stream.connectors.links import changed_links, issue_links, kind_of, problem_links, row_links
from stream.connectors.zendesk import Zendesk
from stream.raw import Raw
from stream.validation import admit
from tests.stream.test_processing import made, process, rows

NOW = datetime(2026, 11, 29, tzinfo=UTC)
TIME = "2026-11-20T08:00:00Z"
KEY = b"k" * 32


def _links(events) -> list[tuple[str, str, str, bool]]:
    return [
        (event["subject"], one["kind"], one["ticket"], one.get("removed", False))
        for event in events
        for one in event["data"].get("links", ())
    ]


CHANGED = {"type": "zen:event-type:ticket.problem_link_changed", "time": TIME, "detail": {"id": "7"}}
AUDIT = {"ticket_id": 7, "created_at": TIME}
ZENDESK = [
    ({"id": 7, "created_at": TIME, "subject": "x", "problem_id": 5}, [("7", "problem", "5", False)]),
    ({"id": 7, "created_at": TIME, "subject": "x", "problem_id": None}, []),
    ({"id": 7, "created_at": TIME, "subject": "x", "problem_id": 7}, []),
    (
        {**CHANGED, "event": {"current": "9", "previous": "5"}},
        [("7", "problem", "5", True), ("7", "problem", "9", False)],
    ),
    (
        {**CHANGED, "event": {"current": None, "previous": "5"}},
        [("7", "problem", "5", True)],
    ),
    (
        {**AUDIT, "events": [{"type": "Change", "field_name": "problem_id", "value": "9", "previous_value": None}]},
        [("7", "problem", "9", False)],
    ),
    (
        {"ticket_id": 7, "timestamp": 1763625600, "child_events": [{"event_type": "Change", "problem_id": 9, "previous_value": 5}]},
        [("7", "problem", "5", True), ("7", "problem", "9", False)],
    ),
    (
        {**AUDIT, "events": [{"type": "Create", "field_name": "problem_id", "value": "9"}]},
        [("7", "problem", "9", False)],
    ),
]  # fmt: skip


@pytest.mark.parametrize(("payload", "found"), ZENDESK)
def test_zendesk_names_the_problem_of_an_incident(payload, found):
    """By export, webhook and audit; a ticket is not its own problem."""
    assert _links(Zendesk().events(payload)) == found


def test_a_link_that_is_read_again_is_the_same_event():
    """Every export of a ticket has its link: it is stored once, also where the ticket was changed meanwhile."""
    ticket = {"id": 7, "created_at": TIME, "subject": "x", "problem_id": 5, "updated_at": TIME}
    later = {**ticket, "updated_at": "2026-11-25T08:00:00Z"}
    ids = [[event["id"] for event in Zendesk().events(one) if event["data"].get("links")] for one in (ticket, later)]
    assert ids[0] == ids[1]


def _issue(*links, **fields) -> dict:
    return {
        "key": "SUP-7",
        "fields": {"created": TIME, "updated": TIME, "summary": "x", "issuelinks": list(links), **fields},
    }


def _type(name: str, inward: str, outward: str, **issue) -> dict:
    return {"type": {"name": name, "inward": inward, "outward": outward}, **issue}


CAUSED = ("Problem/Incident", "is caused by", "causes")
JIRA = [
    (_type(*CAUSED, inwardIssue={"key": "PAY-1"}), ("problem", "PAY-1")),
    (_type(*CAUSED, outwardIssue={"key": "PAY-1"}), ("incident", "PAY-1")),
    (_type("Duplicate", "is duplicated by", "duplicates", outwardIssue={"key": "SUP-1"}), ("duplicate", "SUP-1")),
    (_type("Relates", "relates to", "relates to", outwardIssue={"key": "SUP-1"}), ("relates", "SUP-1")),
    (_type("Blocks", "is blocked by", "blocks", inwardIssue={"key": "SUP-1"}), ("relates", "SUP-1")),
    (_type("Problem/Vorfall", "wird verursacht durch", "verursacht", inwardIssue={"key": "PAY-1"}), ("problem", "PAY-1")),
    (_type("Problem/Vorfall", "wird verursacht durch", "verursacht", outwardIssue={"key": "PAY-1"}), ("incident", "PAY-1")),
]  # fmt: skip


@pytest.mark.parametrize(("item", "found"), JIRA)
def test_jira_says_by_its_phrase_what_the_other_issue_is(item, found):
    """The direction of a link decides which of the two is the problem."""
    assert _links(Jira().events(_issue(item))) == [("SUP-7", *found, False)]


@pytest.mark.parametrize("name", ["jira:issue_created", "jira:issue_updated"])
def test_a_webhook_of_jira_has_the_links_of_its_issue(name):
    """Links are made after an issue was created: a later webhook names them."""
    payload = {"webhookEvent": name, "timestamp": 1763625600000, "issue": _issue(JIRA[0][0])}
    assert _links(Jira().events(payload)) == [("SUP-7", "problem", "PAY-1", False)]


def test_the_changelog_of_jira_makes_links_and_takes_them_away():
    """The phrase holds the other issue's key, in the language of the site."""
    made = {
        "field": "Link",
        "to": "PAY-1",
        "toString": "This issue is caused by PAY-1",
        "from": None,
        "fromString": None,
    }
    gone = {
        "field": "Link",
        "from": "PAY-1",
        "fromString": "Dieser Vorgang wird verursacht durch PAY-1",
        "to": None,
        "toString": None,
    }
    payload = {
        "webhookEvent": "jira:issue_updated", "timestamp": 1763625600000, "issue": _issue(), "changelog": {"items": [made, gone]},
    }  # fmt: skip
    # Of items of one field, the last one of a change holds.
    assert _links(Jira().events(payload)) == [("SUP-7", "problem", "PAY-1", True)]
    assert [one["kind"] for one in changed_links(made)] == ["problem"]


@pytest.mark.parametrize(
    ("system", "row", "found"),
    [
        ("jira", {"Inward issue link (Problem/Incident)": "PAY-1"}, [("problem", "PAY-1")]),
        ("jira", {"Outward issue link (Problem/Incident)": ["SUP-1", "SUP-2"]}, [("incident", "SUP-1"), ("incident", "SUP-2")]),
        (
            "jira", {"Inward issue link (Duplicate)": "SUP-3", "Outward issue link (Blocks)": "SUP-4"},
            [("duplicate", "SUP-3"), ("relates", "SUP-4")],
        ),
        ("jira", {"Outward issue link (Blocks)": "see 4111 1111 1111 1111"}, []),
        ("zendesk", {"Problem ID": "5"}, [("problem", "5")]),
        ("zendesk", {"Problem ID": "5.0"}, [("problem", "5")]),
        ("zendesk", {"Problem ID": "-"}, []),
        ("csv", {"Problem ID": "5"}, []),
    ],
)  # fmt: skip
def test_columns_of_exports_name_links(system, row, found):
    """Columns of links are known by their names in the exports of Jira and Zendesk only."""
    assert [(one["kind"], one["ticket"]) for one in row_links(system, row)] == found


NAMES = st.sampled_from(["type", "inwardIssue", "outwardIssue", "key", "name", "inward", "id"])
SHAPES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda one: st.lists(one, max_size=3) | st.dictionaries(NAMES, one, max_size=4),
    max_leaves=12,
)


@given(SHAPES)
def test_whatever_a_link_holds_it_is_read_or_left_out(value):
    """No shape of a link breaks the reader."""
    for found in (issue_links({"issuelinks": value}), issue_links({"issuelinks": [value]}), problem_links(value)):
        assert all(set(one) <= {"kind", "ticket", "removed"} for one in found)
    assert isinstance(kind_of(str(value), str(value), inward=None), TicketLinkKind)


def _event(links, subject: str = "7") -> dict:
    return {
        "specversion": "1.0", "id": "e-1", "source": "/zendesk", "type": "ticket.updated", "time": TIME, "subject": subject,
        "data": {"links": links},
    }  # fmt: skip


def _admitted(links) -> TicketEvent:
    found = admit(Raw(0, _event(links)), NOW, AdmissionRules.of(KEY))
    assert isinstance(found, TicketEvent), found
    return found


def test_a_linked_ticket_is_named_as_the_ticket_itself_is():
    """What an identity must not contain is replaced by the same hash in a link and as a subject."""
    hostile = "4111111111111111"
    link = _admitted([{"kind": "problem", "ticket": hostile}]).data.links[0]
    itself = admit(Raw(0, _event([], subject=hostile)), NOW, AdmissionRules.of(KEY))
    assert isinstance(itself, TicketEvent)
    assert link.ticket == itself.subject
    assert hostile not in link.ticket
    address = _admitted([{"kind": "relates", "ticket": "ana@example.com"}]).data.links[0]
    assert "example" not in address.ticket


def test_what_a_link_has_in_addition_is_left_out():
    """Only what the other ticket is, and which one it is, are kept."""
    found = _admitted([{"kind": "problem", "ticket": 5, "note": "4111111111111111"}])
    assert [(one.kind, one.ticket) for one in found.data.links] == [(TicketLinkKind.PROBLEM, "5")]
    assert "4111111111111111" not in found.model_dump_json()


@pytest.mark.parametrize(
    "links",
    [
        "https://example.com/4111111111111111", ["https://example.com/4111111111111111"], {"self": "4111111111111111"},
        [{"kind": "no kind", "ticket": "4111111111111111"}], [{"kind": "problem", "ticket": {"a": "4111111111111111"}}],
        [{"kind": "problem", "ticket": "x" * 300 + " 4111111111111111"}],
    ],
)  # fmt: skip
def test_links_that_are_none_are_kept_redacted_and_refuse_nothing(links):
    """Other systems call web addresses links: they are custom values, and no card number in them is stored."""
    found = _admitted(links)
    assert found.data.links == ()
    assert "4111111111111111" not in found.model_dump_json()


@pytest.fixture(scope="module")
def connection():
    """Return a connection to an empty database."""
    engine = open_database("sqlite://")
    metadata.create_all(engine)
    with engine.connect() as opened:
        yield opened
    engine.dispose()


def _change(epoch: int, *, removed: bool) -> LinkChange:
    return LinkChange(ticket_id="7", other_id="5", kind="problem", source="/z", epoch=epoch, removed=removed)


@given(st.permutations([(1, False), (3, True), (5, False), (8, True)]), st.integers(1, 4))
def test_links_do_not_depend_on_the_order_of_arrival(connection, changes, batches):
    """After all changes have arrived, the last one holds: here the link was taken away in epoch 8."""
    with connection.begin() as transaction:
        for at in range(batches):
            write_links(connection, [_change(epoch, removed=removed) for epoch, removed in changes[at::batches]])
        assert links_in_force(connection, ["5"], 9) == []
        write_links(connection, [_change(10, removed=False)])
        assert links_in_force(connection, ["7"], 10) == [("7", "5", "problem")]
        assert len(connection.execute(select(ticket_links)).all()) == 1
        transaction.rollback()


def test_links_of_events_are_stored_under_the_names_of_their_tickets():
    """What a batch says of links is stored with it, and the hostile id of a ticket is the same in its link."""
    engine = open_database("sqlite://")
    metadata.create_all(engine)
    card = "4111111111111111"
    process(
        engine,
        made("e-1", "ticket.created", subject="9", title="Pix fails"),
        made("e-2", "ticket.created", 1, subject=card, title="Pix fails, too"),
        made("e-3", "ticket.updated", 6, subject="8", links=[{"kind": "problem", "ticket": "9"}]),
        made(
            "e-4",
            "ticket.updated",
            7,
            subject="8",
            links=[{"kind": "relates", "ticket": card}, {"kind": "problem", "ticket": "8"}],
        ),
        made("e-5", "ticket.updated", 12, subject="8", links=[{"kind": "problem", "ticket": "9", "removed": True}]),
    )
    found = {(row.kind, row.other_id): (row.epoch, row.ended_epoch) for row in rows(engine, ticket_links)}
    hashed = next(row.id for row in rows(engine, tickets) if row.id != "9")
    epoch = found["relates", hashed][0]
    assert found == {("problem", "9"): (epoch, epoch + 1), ("relates", hashed): (epoch, None)}
    assert card not in str(rows(engine, ticket_links))
    engine.dispose()
