"""What people decide, as it is kept."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine, func, insert, select, update

from models.theme import KnownIssue
from store import schema
from store.database import open_database, upgrade
from store.decisions import (
    append_decision,
    carry_decisions,
    clear_known_issue,
    due_decisions,
    flag_known_issue,
    mark_applied,
    pending_decisions,
    read_decision,
    undo_decision,
)
from store.errors import ThemeUnknown

AT = datetime(2026, 11, 20, 12, tzinfo=UTC)


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    """Return a database with theme 1, and theme 3 merged into 2 merged into 1."""
    opened = open_database(database_url)
    upgrade(opened)
    with opened.begin() as connection:
        for theme_id, into in ((1, None), (2, 1), (3, 2)):
            connection.execute(
                insert(schema.themes).values(
                    id=theme_id,
                    name="a",
                    keywords=[],
                    state="live",
                    status="new",
                    size=0,
                    born_epoch=0,
                    named_size=0,
                    merged_into=into,
                )
            )
    yield opened
    opened.dispose()


def _flag(engine: Engine, theme_id: int, title: str = "Late webhook", at: datetime = AT) -> int:
    with engine.begin() as connection:
        issue = KnownIssue(title=title, jira="PAY-1")
        decided = flag_known_issue(connection, theme_id, issue, actor="ada", at=at)
    return decided.decision_id


def test_a_decision_is_pending_until_an_epoch_applies_it(engine: Engine) -> None:
    """It is listed under its theme with all that was said, and gone once applied."""
    _flag(engine, 1)
    with engine.begin() as connection:
        (waiting,) = pending_decisions(connection)[1]
        assert (waiting.kind, waiting.actor, waiting.at) == ("known_issue", "ada", AT)
        assert waiting.payload == {"title": "Late webhook", "jira": "PAY-1", "workaround": None}
        connection.execute(update(schema.decisions).values(applied_epoch=7))
        assert pending_decisions(connection) == {}


def test_decisions_are_listed_in_the_order_they_were_made(engine: Engine) -> None:
    """A flag, its end and another flag stay three, oldest first."""
    _flag(engine, 1)
    with engine.begin() as connection:
        clear_known_issue(connection, 1, actor="ada", at=AT)
    _flag(engine, 1)
    with engine.connect() as connection:
        kinds = [decision.kind for decision in pending_decisions(connection)[1]]
    assert kinds == ["known_issue", "clear_known_issue", "known_issue"]


def test_the_same_decision_twice_is_one(engine: Engine) -> None:
    """A form that is sent twice says one thing, with one audit row; another title is another decision."""
    assert _flag(engine, 1) == _flag(engine, 1, at=AT + timedelta(seconds=3))
    with engine.connect() as connection:
        assert connection.execute(select(func.count()).select_from(schema.audit)).scalar() == 1
    assert _flag(engine, 1, title="Other") != _flag(engine, 1)


def test_every_decision_has_an_audit_row(engine: Engine) -> None:
    """Who decided what on which theme, and when, is kept in the same transaction."""
    decision_id = _flag(engine, 3)
    with engine.connect() as connection:
        row = connection.execute(select(schema.audit)).one()
    assert (row.at, row.actor, row.action, row.subject) == (AT, "ada", "known_issue", "theme 1")
    assert (row.detail["decision"], row.detail["asked_of"]) == (decision_id, 3)


def test_a_decision_about_a_merged_theme_is_about_the_surviving_one(engine: Engine) -> None:
    """Merges are followed to their end."""
    _flag(engine, 3)
    with engine.connect() as connection:
        assert list(pending_decisions(connection)) == [1]


def test_an_unknown_theme_is_refused_and_nothing_is_kept(engine: Engine) -> None:
    """A decision about a theme that does not exist leaves no row, nor an audit row."""
    with pytest.raises(ThemeUnknown, match="received theme 99"), engine.begin() as connection:
        append_decision(connection, 99, "rename", {"name": "x"}, actor="ada", at=AT)
    with engine.connect() as connection:
        assert connection.execute(select(func.count()).select_from(schema.decisions)).scalar() == 0
        assert connection.execute(select(func.count()).select_from(schema.audit)).scalar() == 0


def test_a_pending_decision_is_withdrawn_and_not_applied(engine: Engine) -> None:
    """Undone while pending, it is due in no epoch; the audit log has both lines."""
    decision_id = _flag(engine, 1)
    with engine.begin() as connection:
        assert undo_decision(connection, decision_id, actor="bob", at=AT).state == "undone"
        assert undo_decision(connection, decision_id, actor="bob", at=AT).decision_id == decision_id
        assert due_decisions(connection, 9) == []
        assert connection.execute(select(func.count()).select_from(schema.audit)).scalar() == 2


def test_carried_decisions_keep_their_numbers_and_are_due_in_their_epochs(engine: Engine) -> None:
    """A replay gets them one by one as its epochs come; what is decided next gets a number that is free."""
    said = {"at": "2026-11-20T12:00:00Z", "actor": "ada", "kind": "rename", "theme_id": 9, "payload": {"name": "x"}}
    rows = [{**said, "id": 5, "applied_epoch": 7}, {**said, "id": 6, "applied_epoch": None}]
    with engine.begin() as connection:
        assert carry_decisions(connection, rows) == 1
        assert due_decisions(connection, 6) == []
        (due,) = due_decisions(connection, 7)
        assert (due.decision_id, due.due_epoch) == (5, 7)
        mark_applied(connection, 5, 7, {"refused": "no such theme"})
        assert read_decision(connection, 5).state == "refused"
    assert _flag(engine, 1) == 6
