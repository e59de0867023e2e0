"""Counting promises: each is decided once, in the period in which it was missed or its clock stopped."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from models.service_levels.levels import ServiceLevels
from models.service_levels.policy import ServicePolicy, ServiceTarget
from pipelines.handling.refresh import refresh
from store.database import open_database, reading, upgrade
from store.service_levels import count_promises, read_at_risk
from tests.pipelines.handling_desk import NOW, START, HandlingDesk

HOUR = timedelta(hours=1)
LEVELS = ServiceLevels([ServicePolicy(name="all", targets={ServiceTarget.RESOLUTION: 4 * HOUR})], {}, "all 4h")
STATED = {
    "name": "Time to resolution",
    "completed": [{"start": "2026-11-20T08:00:00Z", "stop": "2026-11-20T11:00:00Z", "breached": True}],
}


@pytest.fixture
def desk(database_url: str) -> Iterator[HandlingDesk]:
    """Return a desk with a ticket in time, a late one, an open one that is late, one that is due soon, a paused and a merged one."""
    engine = open_database(database_url)
    upgrade(engine)
    desk = HandlingDesk(engine)
    for number in range(1, 7):
        desk.create(f"T-{number}", 1, region="BR" if number % 2 else "IN")
    desk.create("T-7", 1, 8 * 60, custom={"sla": [STATED]})
    desk.add("T-1", "ticket.solved", 1, 120)
    desk.add("T-2", "ticket.solved", 1, 600)
    desk.add("T-4", "ticket.updated", 1, 60, waits_for="requester")
    desk.add("T-5", "ticket.merged", 1, 30, into="T-1")
    desk.close(2)
    refresh(engine, NOW, LEVELS)
    yield desk
    engine.dispose()


def counted(desk, start, end, known, filters=None, by=None):
    """Count by hours after the start; return {(policy, target, group): (kept, missed)}."""
    with reading(desk.engine) as connection:
        rows = count_promises(
            connection, START + start * HOUR, START + end * HOUR, START + known * HOUR, filters or {}, by
        )
    return {(row["policy"], row["target"], row.get("group")): (row["kept"], row["missed"]) for row in rows}


def test_promises_are_counted_when_they_are_decided(desk):
    """Promises are counted when they are decided."""
    stated = {("Time to resolution", "stated", None): (0, 1)}
    assert counted(desk, 0, 24, 10) == {("all", "resolution", None): (1, 3), **stated}
    assert counted(desk, 0, 4, 10) == {("all", "resolution", None): (1, 0), **stated}
    assert counted(desk, 4, 24, 10) == {("all", "resolution", None): (0, 3)}


def test_an_open_promise_is_not_missed_before_it_is_due(desk):
    """An open promise is not missed before it is due."""
    assert counted(desk, 0, 24, 3)[("all", "resolution", None)] == (1, 1)


def test_promises_are_counted_by_a_dimension_and_filtered(desk):
    """Promises are counted by a dimension and filtered."""
    by_region = counted(desk, 0, 24, 10, by="region")
    assert by_region[("all", "resolution", "BR")] == (1, 1)
    assert by_region[("all", "resolution", "IN")] == (0, 2)
    assert counted(desk, 0, 24, 10, {"region": "BR"}) == {("all", "resolution", None): (1, 1)}


def test_what_is_due_soon_is_listed_and_what_is_paused_is_not(desk):
    """What is due soon is listed and what is paused is not."""
    with reading(desk.engine) as connection:
        rows = read_at_risk(connection, START + 10 * HOUR, START + 13 * HOUR, {}, 10)
    assert [(row["ticket_id"], row["due_at"]) for row in rows] == [("T-7", START + 12 * HOUR)]


def test_other_service_levels_make_all_promises_again(desk):
    """Other service levels make all promises again."""
    other = ServiceLevels([ServicePolicy(name="all", targets={ServiceTarget.RESOLUTION: 12 * HOUR})], {}, "all 12h")
    assert refresh(desk.engine, NOW, other).tickets == 7
    assert counted(desk, 0, 24, 10)[("all", "resolution", None)] == (2, 0)
    assert refresh(desk.engine, NOW, other).tickets == 0
