"""Refreshing how tickets were handled: rows equal a fold of all events, whatever was refreshed before."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import delete, update

from pipelines.handling.refresh import is_stale, refresh
from store.database import open_database, reading, upgrade
from store.schema import assignments, events, ticket_handling, tickets
from tests.pipelines.handling_desk import NOW, START, HandlingDesk


@pytest.fixture
def desk(database_url: str) -> Iterator[HandlingDesk]:
    """Return a desk on an empty database."""
    engine = open_database(database_url)
    upgrade(engine)
    yield HandlingDesk(engine)
    engine.dispose()


def test_a_ticket_gets_a_row_once_its_epoch_is_closed(desk):
    """A ticket gets a row once its epoch is closed."""
    desk.create("T-1", 1, vendor="acme")
    desk.add("T-1", "comment.added", 1, 5, author_role="agent")
    desk.add("T-1", "ticket.solved", None, 50)
    desk.close(2)
    assert refresh(desk.engine, NOW).tickets == 1
    row = desk.rows()["T-1"]
    assert (row["first_reply_at"], row["resolved_at"]) == (START + timedelta(minutes=5), None)
    assert (row["theme_id"], row["source"], row["region"], row["created_by"], row["vendor"]) == (
        7,
        "/desk",
        "IN",
        "ai",
        "acme",
    )


def test_a_later_event_replaces_the_row_and_nothing_else_is_folded(desk):
    """A later event replaces the row and nothing else is folded."""
    desk.create("T-1", 1)
    desk.create("T-2", 1)
    desk.close(3)
    refresh(desk.engine, NOW)
    desk.add("T-1", "ticket.solved", 3, 50)
    desk.close(4)
    assert refresh(desk.engine, NOW).tickets == 1
    assert desk.rows()["T-1"]["resolved_at"] == START + timedelta(minutes=50)


def test_a_refresh_without_a_closed_epoch_does_nothing(desk):
    """A refresh without a closed epoch does nothing."""
    assert refresh(desk.engine, NOW).tickets == 0
    desk.create("T-1", 1)
    desk.close(2)
    with reading(desk.engine) as connection:
        assert is_stale(connection)
    refresh(desk.engine, NOW)
    with reading(desk.engine) as connection:
        assert not is_stale(connection)
    assert refresh(desk.engine, NOW).tickets == 0


def test_a_ticket_that_moved_to_another_theme_is_counted_there(desk):
    """A ticket that moved to another theme is counted there."""
    desk.create("T-1", 1)
    desk.close(5)
    refresh(desk.engine, NOW)
    with desk.engine.begin() as connection:
        connection.execute(update(assignments).values(theme_id=9, epoch=5))
    desk.close(6)
    refresh(desk.engine, NOW)
    assert desk.rows()["T-1"]["theme_id"] == 9


def test_a_decision_between_two_epochs_is_seen_though_it_bears_the_last_closed_one(desk):
    """A decision between two epochs is seen though it bears the last closed one."""
    desk.create("T-1", 1)
    desk.close(5)
    refresh(desk.engine, NOW)
    with desk.engine.begin() as connection:
        connection.execute(update(assignments).values(theme_id=9, epoch=4))
    desk.close(6)
    refresh(desk.engine, NOW)
    assert desk.rows()["T-1"]["theme_id"] == 9


def test_what_no_customer_wrote_has_no_row_and_loses_the_one_it_had(desk):
    """What no customer wrote has no row and loses the one it had."""
    desk.create("T-1", 1, demand="bot_reply")
    desk.create("T-2", 1)
    desk.close(2)
    refresh(desk.engine, NOW)
    assert desk.rows().keys() == {"T-2"}
    with desk.engine.begin() as connection:
        connection.execute(update(tickets).where(tickets.c.id == "T-2").values(demand="spam"))
    desk.add("T-2", "ticket.updated", 2, 9)
    desk.close(3)
    refresh(desk.engine, NOW)
    assert desk.rows() == {}


def test_answers_are_kept_when_the_text_of_comments_is_deleted(desk):
    """Answers are kept when the text of comments is deleted."""
    desk.create("T-1", 1)
    desk.add("T-1", "comment.added", 1, 5, author_role="agent")
    desk.close(2)
    refresh(desk.engine, NOW)
    with desk.engine.begin() as connection:
        connection.execute(update(events).where(events.c.type == "comment.added").values(data=None))
    desk.add("T-1", "ticket.solved", 2, 60)
    desk.close(3)
    refresh(desk.engine, NOW)
    row = desk.rows()["T-1"]
    assert (row["first_reply_at"], row["replies"], row["resolved_at"]) == (
        START + timedelta(minutes=5), 1, START + timedelta(minutes=60),
    )  # fmt: skip


def test_rows_made_bit_by_bit_equal_rows_made_anew(desk):
    """Rows made bit by bit equal rows made anew."""
    for epoch in range(1, 6):
        desk.create(f"T-{epoch}", epoch, epoch)
        for ticket in range(1, epoch + 1):
            kind = ("ticket.solved", "ticket.reopened", "ticket.escalated", "ticket.reassigned")[(epoch + ticket) % 4]
            desk.add(f"T-{ticket}", kind, epoch, 10 * epoch + ticket, **({"vendor": "acme"} if "reass" in kind else {}))
        desk.close(epoch + 1)
        refresh(desk.engine, NOW)
    bit_by_bit = desk.rows()
    assert len(bit_by_bit) == 5
    assert refresh(desk.engine, NOW, anew=True).tickets == 5
    assert desk.rows() == bit_by_bit


def test_a_refresh_that_was_stopped_half_way_is_finished_by_the_next(desk):
    """A refresh that was stopped half way is finished by the next."""
    desk.create("T-1", 1)
    desk.create("T-2", 1)
    desk.close(2)
    refresh(desk.engine, NOW)
    whole = desk.rows()
    with desk.engine.begin() as connection:
        connection.execute(delete(ticket_handling).where(ticket_handling.c.ticket_id == "T-2"))
    refresh(desk.engine, NOW, anew=True)
    assert desk.rows() == whole
