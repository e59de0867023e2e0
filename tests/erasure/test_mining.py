"""Erasures while the miner runs: what was decided stays, and the miner, running or restarted, forgets what was erased."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event, func, select

from models.embedding import HashingEmbedder
from pipelines.miner import Miner
from store.epochs import read_miner
from store.schema import assignments, counts, events, segments, themes, tickets, tombstones
from tests.erasure.desk import Desk, line
from tests.pipelines.chain import make_rules

RULES = make_rules(epoch=timedelta(minutes=5), learning=timedelta(days=3), gather_pool=40)
PROBLEMS = ("the refund of my parcel is missing", "the login code never comes", "the camera stays black all day")


def desk_with_themes(desk: Desk) -> Miner:
    """Store tickets of three problems, mine them, and return the miner, which still runs."""
    lines = [
        line(f"e{n}", "ticket.created", f"T-{n}", n, title=PROBLEMS[n % 3], body=f"{PROBLEMS[n % 3]}, number {n}",
             requester=f"person{n % 20}@example.com", region="DE")
        for n in range(180)
    ]  # fmt: skip
    desk.send(*lines)
    miner = Miner(desk.engine, RULES, desk.clock, holder="running", make_embedder=HashingEmbedder)
    mine(desk, miner, 12 * 4)
    return miner


def mine(desk: Desk, miner: Miner, epochs: int) -> None:
    """Mine so many more epochs."""
    first = desk.read(read_miner).next_epoch or desk.read(
        lambda c: c.execute(select(func.min(events.c.epoch))).scalar_one()
    )
    list(miner.mine_until(first + epochs))


def remembered(miner: Miner, ids: set[str]) -> int:
    """Return how many of the tickets others are compared with."""
    assert miner._state is not None
    return sum(row.ticket_id in ids for row in miner._state.index.tickets())


def decided(desk: Desk) -> dict[str, Any]:
    """Themes, counts and assignments, as people see them."""
    shown = (assignments.c.ticket_id, assignments.c.theme_id, assignments.c.how, assignments.c.confidence)
    return {
        "counts": desk.rows(counts), "segments": desk.rows(segments), "themes": desk.rows(themes),
        "assignments": desk.read(lambda c: c.execute(select(*shown).order_by(shown[0])).all()),
        "counted": desk.read(lambda c: c.execute(select(tickets.c.id, tickets.c.counted).order_by(tickets.c.id)).all()),
    }  # fmt: skip


def test_an_erasure_changes_nothing_that_was_decided(sqlite_desk: Desk):
    """Counts, themes, their sizes and members are the same before and after, and after the next epochs."""
    desk = sqlite_desk
    miner = desk_with_themes(desk)
    before = decided(desk)
    assert len(before["themes"]) >= 2
    desk.erase(*(desk.subjects.requester(f"person{n}@example.com") for n in range(5)))
    assert decided(desk) == before
    mine(desk, miner, 3)
    after = decided(desk)
    assert {name: after[name] for name in ("counts", "assignments", "counted")} == {
        name: before[name] for name in ("counts", "assignments", "counted")
    }


@pytest.mark.parametrize("restarted", ["", "restarted"])
def test_the_miner_forgets_the_vectors(sqlite_desk: Desk, restarted: str):
    """From the next epoch on, no ticket is compared with an erased one, whether the miner kept running or was started again."""
    desk = sqlite_desk
    miner = desk_with_themes(desk)
    (proof,) = desk.erase(desk.subjects.requester("person3@example.com"))
    erased = {f"T-{n}" for n in range(180) if n % 20 == 3}
    assert remembered(miner, erased) == len(erased)
    if restarted:
        miner.release()
        miner = Miner(desk.engine, RULES, desk.clock, holder="restarted", make_embedder=HashingEmbedder)
    mine(desk, miner, 12)
    assert remembered(miner, erased) == 0
    assert remembered(miner, {"T-4", "T-5"}) == 2
    assert all(row["mined_epoch"] is not None for row in desk.rows(tombstones))
    assert desk.verify([proof])[0].clean


def test_a_ticket_that_was_erased_before_it_was_mined_is_counted(sqlite_desk: Desk):
    """It belongs to no theme, and every count of all tickets is what it would have been."""
    desk = sqlite_desk
    miner = desk_with_themes(desk)
    desk.send(
        line(
            "n1", "ticket.created", "T-n1", 500, title=PROBLEMS[0], body="one", requester="new@example.com", region="FR"
        )
    )
    desk.erase(desk.subjects.requester("new@example.com"))
    mine(desk, miner, 12 * 9)
    (row,) = [one for one in desk.rows(assignments) if one["ticket_id"] == "T-n1"]
    (ticket,) = [one for one in desk.rows(tickets) if one["id"] == "T-n1"]
    assert (row["theme_id"], ticket["counted"], ticket["title"]) == (None, True, "")


LARGE = ("tickets", "events", "vectors", "assignments", "tombstones", "erased_tickets", "erasures", "quotations")
"""Tables that grow with tickets, or with erasures."""


def test_an_erasure_reads_no_table_as_a_whole(sqlite_desk: Desk):
    """Whatever grows with tickets is read by an index, so that an erasure costs the same in a large database."""
    desk = sqlite_desk
    desk_with_themes(desk)
    subject, statements = desk.subjects.requester("person3@example.com"), []

    def note(_connection: Any, _cursor: Any, statement: str, values: Any, *_: Any) -> None:
        statements.append((statement, values[0] if isinstance(values, list) else values))

    event.listen(desk.engine, "after_cursor_execute", note)
    (proof,) = desk.erase(subject)
    event.remove(desk.engine, "after_cursor_execute", note)
    assert proof["removed"]["tickets"] == 9
    plans = [
        row[3]
        for statement, values in statements
        if statement.startswith(("SELECT", "UPDATE", "DELETE"))
        for row in desk.read(lambda c, s=statement, v=values: c.exec_driver_sql(f"EXPLAIN QUERY PLAN {s}", v).all())
    ]
    scanned = [plan for plan in plans if plan.startswith("SCAN ") and plan.split()[1] in LARGE]
    by_order = [plan for plan in scanned if "USING INDEX ix_tickets_mined_epoch" in plan]
    assert (scanned, len(plans) > 20) == (by_order, True)
