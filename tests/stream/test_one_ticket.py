"""The same ticket by webhook, export, event bus and table: one ticket, counted once, in any order of arrival."""

import json
from collections.abc import Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, delete, select

from models.embedding import HashingEmbedder
from pipelines.ticket_lifecycle import TicketLifecycle, fold_events
from store.database import open_database, reading, upgrade
from store.epochs import TakenEvent
from store.records import seen_events
from store.schema import events, quarantine, tickets, tombstones, vectors
from stream.arrival import Arrival
from stream.connectors.contract import convert
from stream.connectors.jira import Jira
from stream.connectors.zendesk import Zendesk
from stream.opening import OpenOptions, open_source
from stream.processing import Processor
from stream.raw import Raw, RefusedEvent

GOLDEN = Path(__file__).parent / "golden"
NOW = datetime(2026, 12, 24, tzinfo=UTC)

ZENDESK = (
    "webhook-2022-11-06-created", "webhook-2022-11-06-comment_by_agent", "webhook-2022-11-06-solved", "webhook-2022-11-06-reopened",
    "webhook-2022-11-06-csat_received", "export-v2-one_ticket", "export-v2-raw_ticket", "export-v2-export_line_with_comments",
    "export-v2-ticket_events_page", "export-v2-ticket_metrics_page", "eventbridge-1.0-created", "eventbridge-1.0-comment",
)  # fmt: skip
ZENDESK_RETRACTIONS = {
    "merged": "webhook-2022-11-06-merged", "soft_deleted": "webhook-2022-11-06-soft_deleted",
    "spam": "webhook-2022-11-06-marked_as_spam",
    "permanently_deleted": "eventbridge-1.0-permanently_deleted", "comment_redacted": "webhook-2022-11-06-comment_redacted",
    "undeleted": "webhook-2022-11-06-undeleted",
}  # fmt: skip
JIRA = (
    "webhook-cloud-issue_created", "webhook-cloud-comment_created", "webhook-cloud-commented_as_update", "webhook-cloud-issue_solved",
    "webhook-cloud-issue_reopened", "webhook-cloud-issue_created_by_email", "automation-issue_and_comment", "servicedesk-sla",
)  # fmt: skip


def converted(system: str, name: str, minutes: int = 0) -> list[dict]:
    """The events of a golden payload, `minutes` later than they were."""
    payload = json.loads((GOLDEN / system / f"{name}.json").read_text(encoding="utf-8"))["payload"]
    found = list(convert({"zendesk": Zendesk(), "jira": Jira()}[system], payload))
    assert not any(isinstance(one, RefusedEvent) for one in found)
    moved = timedelta(minutes=minutes)
    return [
        {
            **one,
            "time": (datetime.fromisoformat(one["time"]) + moved).isoformat(),
            "id": f"{one['id']}+{minutes}" if minutes else one["id"],
        }
        for one in found
    ]


@pytest.fixture(scope="module")
def table() -> list[dict]:
    """Return the events of the ticket's row in Zendesk's list of tickets, read without a mapping."""
    with closing(open_source(str(GOLDEN.parent / "cases" / "zendesk-list.csv"), OpenOptions())) as source:
        found = [raw.content for raw in source.records()]
    assert [one["type"] for one in found] == ["ticket.created", "ticket.solved", "ticket.rated"]
    return found


@pytest.fixture(scope="module")
def engine(tmp_path_factory) -> Engine:
    """Return a database that each example empties."""
    opened = open_database(f"sqlite:///{tmp_path_factory.mktemp('one') / 'ticket.db'}")
    upgrade(opened)
    return opened


def arrive(engine: Engine, batches: Sequence[Sequence[dict]]) -> None:
    """Process the batches in an empty database."""
    with engine.begin() as connection:
        for table in (events, vectors, tickets, tombstones, quarantine):
            connection.execute(delete(table))
    processor = Processor(HashingEmbedder(), b"k" * 32, lambda: NOW)
    arrival = Arrival(epoch=timedelta(minutes=5), lateness=timedelta(minutes=3), newest={"a": None}, first_open=None)
    for batch in batches:
        raws = [Raw(number, event) for number, event in enumerate(batch, 1)]
        with reading(engine) as connection:
            prepared = processor.prepare("a", raws, lambda keys: seen_events(connection, keys))
        assert prepared.refused == []
        with engine.begin() as connection:
            processor.record(connection, prepared, arrival)


def outcome(engine: Engine) -> tuple[int, TicketLifecycle, tuple]:
    """How many tickets there are, what their events make of the one, and which creation it has."""
    with reading(engine) as connection:
        found = connection.execute(select(tickets)).all()
        query = select(events).where(events.c.type.not_in(["ticket.created", "comment.added", "ticket.updated"]))
        rows = connection.execute(query.order_by(events.c.time, events.c.source, events.c.id)).all()
    taken = [TakenEvent(row.source, row.id, row.type, row.subject, row.time, False, row.data) for row in rows]  # noqa: FBT003
    (ticket,) = found
    return len(found), fold_events(taken), (ticket.id, ticket.event_id, ticket.time)


@st.composite
def arrivals(draw, ways: Sequence[Sequence[dict]], needed: int):
    """The events of some ways by which a ticket comes, some of them twice, in any order and cut into batches."""
    chosen = [*ways[:needed], *draw(st.lists(st.sampled_from(ways), max_size=12))]
    shuffled = draw(st.permutations([event for way in chosen for event in way]))
    cuts = sorted(draw(st.lists(st.integers(0, len(shuffled)), max_size=4)))
    return [shuffled[begin:end] for begin, end in zip([0, *cuts], [*cuts, len(shuffled)], strict=True) if end > begin]


@pytest.mark.parametrize(
    "retractions",
    [(), *((name,) for name in ZENDESK_RETRACTIONS), ("soft_deleted", "undeleted"), ("spam", "undeleted")],
)
@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(data=st.data())
def test_a_zendesk_ticket_is_one_in_any_order(engine, table, retractions, data):
    """Ways (a table among them), repeats and retractions in any order leave one ticket, counted as in order of time."""
    lost = [
        converted("zendesk", ZENDESK_RETRACTIONS[name], minutes=60 * (number + 1))
        for number, name in enumerate(retractions)
    ]
    ways = [
        converted("zendesk", "export-v2-raw_ticket"),
        *lost,
        table,
        *(converted("zendesk", name) for name in ZENDESK),
    ]
    batches = data.draw(arrivals(ways, 1 + len(lost)))
    arrive(engine, batches)
    number, found, creation = outcome(engine)
    in_order = sorted(
        (event for batch in batches for event in batch), key=lambda event: (event["time"], event["source"], event["id"])
    )
    arrive(engine, [in_order])
    assert (number, found, creation) == outcome(engine)
    assert creation[1] == "5158:ticket.created"
    gone = {"merged", "soft_deleted", "spam", "permanently_deleted"} & set(retractions)
    assert found.counted is (not gone or retractions == ("soft_deleted", "undeleted"))


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(data=st.data(), deleted=st.booleans())
def test_a_jira_issue_is_one_in_any_order(engine, data, deleted):
    """The same issue by several webhooks, by rules and by the interface is one ticket; its comment, sent twice, is one event."""
    ways = [
        converted("jira", "webhook-cloud-issue_created"),
        *([converted("jira", "webhook-cloud-issue_deleted", 600)] if deleted else []),
    ]
    needed = len(ways)
    ways += [converted("jira", name) for name in JIRA]
    arrive(engine, data.draw(arrivals(ways, needed)))
    number, found, creation = outcome(engine)
    assert (number, found.counted, creation[:2]) == (1, not deleted, ("PAY-1", "PAY-1:ticket.created"))
    with reading(engine) as connection:
        comments = connection.execute(select(events.c.id).where(events.c.type == "comment.added")).scalars().all()
    assert len(comments) == len(set(comments))
    assert set(comments) <= {"PAY-1:comment.added:10000", "PAY-1:comment.added:10004"}


def test_enumerations_and_identities_are_the_same_by_webhook_and_export():
    """Upper and lower case, text and integer: both ways give the same creation, field by field."""
    (hook,) = converted("zendesk", "webhook-2022-11-06-created")
    (export,) = converted("zendesk", "export-v2-raw_ticket")
    same = ("title", "body", "channel", "priority", "tags", "team", "requester")
    assert {name: hook["data"][name] for name in same} == {name: export["data"][name] for name in same}
    assert (hook["id"], hook["source"], hook["time"], hook["subject"]) == (
        export["id"],
        export["source"],
        export["time"],
        export["subject"],
    )
