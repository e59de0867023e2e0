"""The demo's labels: queues that two people labelled, disagreements, and what was decided of them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from sqlalchemy import Engine, select

from groundswell.demo.labels import (
    ADJUDICATOR,
    AUDITED,
    CALIBRATED,
    JUDGED,
    LABELLERS,
    UNCERTAIN,
    LabelledTickets,
    write_labels,
)
from models.access import Person, Role, local_person, permissions_of
from models.labelling.queue import QueueKind
from pipelines.labelling.adjudicate import list_disputes, list_gold
from pipelines.labelling.case import list_queues, next_case
from store.database import open_database, reading, upgrade
from store.schema import assignments, labels, themes, tickets
from store.themes import write_assignments

START = datetime(2026, 11, 21, 9, tzinfo=UTC)
CHIEF = Person(name=ADJUDICATOR, permissions=permissions_of(Role.SPECIALIST))
ISSUES = ("payment_stuck_pending", "refund_not_arrived", "unauthorised_purchase", "other")


@pytest.fixture
def labelled(sqlite_url: str) -> Engine:
    """A database with 400 tickets of four issues, labelled."""
    engine = open_database(sqlite_url)
    upgrade(engine)
    issues = {f"T-{number}": ISSUES[number % len(ISSUES)] for number in range(400)}
    known = LabelledTickets(issues, {issue: number for number, issue in enumerate(ISSUES[:3], 1)}, START)
    with engine.begin() as connection:
        connection.execute(themes.insert(), [_theme(number) for number in (1, 2, 3)])
        connection.execute(tickets.insert(), [_ticket(name) for name in issues])
        write_assignments(connection, [_assigned(name, known.themes.get(issue)) for name, issue in issues.items()])
        write_labels(connection, known, 7)
    return engine


def test_each_queue_has_its_cases_and_labels(labelled: Engine) -> None:
    """Audit, AI-handled cases and calibration are labelled by those who should; two queues wait."""
    with reading(labelled) as connection:
        queues = {one.queue.kind: one for one in list_queues(connection, CHIEF)}
    assert {kind: (one.cases, one.closed) for kind, one in queues.items()} == {
        QueueKind.AUDIT: (AUDITED, AUDITED),
        QueueKind.AI_HANDLED: (JUDGED, JUDGED),
        QueueKind.CALIBRATION: (CALIBRATED, CALIBRATED),
        QueueKind.UNCERTAIN: (UNCERTAIN, 0),
        QueueKind.THEME: (UNCERTAIN, 0),
    }


def test_labellers_disagree_on_some_and_most_is_settled_by_agreement(labelled: Engine) -> None:
    """Fewer than half of the audited cases have a dispute; some were decided and are gold, others wait for a decision."""
    with reading(labelled) as connection:
        disputes, gold = list_disputes(connection, CHIEF), list_gold(connection, CHIEF)
        rows = connection.execute(select(labels)).all()
    assert 5 < len(disputes) < AUDITED / 2
    assert len({one.ticket_id for one in gold}) == CALIBRATED
    assert {row.labeller for row in rows} == set(LABELLERS)
    assert all(row.at >= START and row.seconds > 0 for row in rows)


def test_whoever_looks_may_label_the_cases_that_wait(labelled: Engine) -> None:
    """The user of the console gets a case of the queue without labels."""
    with labelled.begin() as connection:
        waiting = next(one for one in list_queues(connection, CHIEF) if one.queue.kind is QueueKind.UNCERTAIN)
        assert next_case(connection, waiting.queue.queue_id, local_person("you"), START) is not None


def test_the_same_seed_gives_the_same_labels(labelled: Engine, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Labels do not depend on the run."""
    other = open_database(f"sqlite:///{tmp_path_factory.mktemp('other') / 'other.db'}")
    upgrade(other)
    issues = {f"T-{number}": ISSUES[number % len(ISSUES)] for number in range(400)}
    known = LabelledTickets(issues, {issue: number for number, issue in enumerate(ISSUES[:3], 1)}, START)
    with reading(labelled) as connection:
        copied = {
            table: [row._asdict() for row in connection.execute(select(table))]
            for table in (themes, tickets, assignments)
        }
        expected = [tuple(row) for row in connection.execute(select(labels).order_by(labels.c.case_id))]
    with other.begin() as connection:
        for table, rows in copied.items():
            connection.execute(table.insert(), rows)
        write_labels(connection, known, 7)
        assert [tuple(row) for row in connection.execute(select(labels).order_by(labels.c.case_id))] == expected


def _theme(number: int) -> dict[str, object]:
    return {
        "id": number, "name": f"Theme {number}", "keywords": [], "state": "live", "status": "ongoing", "size": 100,
        "born_epoch": 1, "named_size": 1,
    }  # fmt: skip


def _ticket(name: str) -> dict[str, object]:
    return {
        "id": name, "source": "/zendesk/acme", "event_id": f"e-{name}", "time": datetime(2026, 11, 20, tzinfo=UTC), "mined_epoch": 1,
        "title": "Payment", "body": "It is pending.", "counted": True, "status": "solved", "demand": "customer",
        "handled_by": "ai" if int(name[2:]) % 3 else "human",
    }  # fmt: skip


def _assigned(name: str, theme: int | None) -> dict[str, object]:
    return {
        "ticket_id": name, "theme_id": theme, "epoch": 1, "how": "vote", "confidence": 0.5, "nearest": theme, "remembered": True,
    }  # fmt: skip
