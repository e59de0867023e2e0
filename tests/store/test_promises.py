"""Promises at a moment: what is due next, and what was missed and kept, of all tickets or of those that a condition chooses."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from models.epochs import epoch_of
from models.segment import EVERYTHING, Segment
from models.service_levels.levels import ServiceLevels
from models.service_levels.policy import ServicePolicy, ServiceTarget
from pipelines.handling.refresh import refresh
from store.database import open_database, reading, upgrade
from store.promises import (
    SOON,
    PromisePeriod,
    of_audience,
    promises_by_theme,
    read_handled_until,
    read_promises,
    within_segment,
)
from store.service_levels import count_promises, read_at_risk
from tests.pipelines.handling_desk import NOW, START, HandlingDesk

HOUR = timedelta(hours=1)
LEVELS = ServiceLevels([ServicePolicy(name="all", targets={ServiceTarget.RESOLUTION: 4 * HOUR})], {}, "all 4h")
KNOWN = START + 10 * HOUR
EPOCH = epoch_of(KNOWN, 300.0)
PERIOD = PromisePeriod(START, START + 24 * HOUR, KNOWN)


@pytest.fixture
def desk(database_url: str) -> Iterator[HandlingDesk]:
    """Return a desk with a ticket in time, three late ones, two that are due soon, a paused one and a merged one."""
    engine = open_database(database_url)
    upgrade(engine)
    desk = HandlingDesk(engine)
    for number in range(1, 5):
        desk.create(f"T-{number}", EPOCH - 1, region="BR" if number % 2 else "IN", vendor="acme")
    desk.add("T-1", "ticket.solved", EPOCH - 1, 120)
    desk.add("T-2", "ticket.solved", EPOCH - 1, 600)
    desk.create("T-5", EPOCH - 1, 7 * 60, theme=8, region="BR")
    desk.create("T-6", EPOCH - 1, 6 * 60 + 30, vendor="acme")
    desk.create("T-7", EPOCH - 1, 7 * 60)
    desk.add("T-7", "ticket.updated", EPOCH - 1, 7 * 60 + 1, waits_for="requester")
    desk.create("T-8", EPOCH - 1, 7 * 60)
    desk.add("T-8", "ticket.merged", EPOCH - 1, 7 * 60 + 1, into="T-1")
    desk.close(EPOCH)
    refresh(engine, NOW, LEVELS)
    yield desk
    engine.dispose()


def test_promises_are_known_until_the_end_of_the_epochs_that_a_refresh_saw(desk):
    """What an epoch took after the refresh is not known yet; before the first refresh nothing is."""
    desk.close(EPOCH + 12)
    with reading(desk.engine) as connection:
        assert read_handled_until(connection) == KNOWN
    refresh(desk.engine, NOW, LEVELS)
    with reading(desk.engine) as connection:
        assert read_handled_until(connection) == KNOWN + HOUR


def test_before_the_first_refresh_nothing_is_known(sqlite_url):
    """A database without a refresh has no promises."""
    engine = open_database(sqlite_url)
    upgrade(engine)
    with reading(engine) as connection:
        assert read_handled_until(connection) is None
    engine.dispose()


def test_what_is_due_and_decided_is_what_the_commands_list(desk):
    """The next promises are those of `kpis at-risk`, and the decided ones those of `kpis sla`."""
    with reading(desk.engine) as connection:
        state = read_promises(connection, PERIOD)
        listed = read_at_risk(connection, KNOWN, KNOWN + SOON, {}, 100)
        (counted,) = count_promises(connection, PERIOD.start, PERIOD.end, KNOWN, {}, None)
    assert [one.ticket_id for one in state.due] == ["T-6", "T-5"] == [row["ticket_id"] for row in listed]
    assert [one.due_at for one in state.due] == [row["due_at"] for row in listed]
    assert (state.kept, state.missed) == (1, 3) == (counted["kept"], counted["missed"])
    assert state.missed_tickets == ("T-2", "T-3", "T-4")
    assert state.as_of == KNOWN


@pytest.mark.parametrize(
    ("where", "due", "missed"),
    [
        (of_audience({"vendor": {"acme"}}, ()), ["T-6"], 3),
        (of_audience({"vendor": {"acme"}, "region": {"BR", "US"}}, ()), [], 1),
        (of_audience({}, [8]), ["T-5"], 0),
        (of_audience({"vendor": {"acme"}}, [8]), ["T-6", "T-5"], 3),
        (of_audience({}, ()), [], 0),
        (within_segment(Segment.of({"region": "BR"})), ["T-5"], 1),
        (within_segment(EVERYTHING), ["T-6", "T-5"], 3),
    ],
)  # fmt: skip
def test_a_condition_chooses_the_tickets_by_their_creation_and_theme(desk, where, due, missed):
    """An audience has the tickets that its values hold for, and those of its themes; a scope those inside it."""
    with reading(desk.engine) as connection:
        state = read_promises(connection, PERIOD, where)
    assert ([one.ticket_id for one in state.due], state.missed) == (due, missed)


def test_themes_without_promises_are_left_out(desk):
    """Each theme has the promises of its own tickets."""
    with reading(desk.engine) as connection:
        found = promises_by_theme(connection, PERIOD, [7, 8, 9])
    assert {theme: (len(one.due), one.missed) for theme, one in found.items()} == {7: (1, 3), 8: (1, 0)}


def test_nothing_is_due_in_a_period_that_is_long_over(desk):
    """What was due then is not kept, and what is due now concerns nobody who reads about that period."""
    with reading(desk.engine) as connection:
        state = read_promises(connection, PromisePeriod(START - 20 * HOUR, KNOWN - 24 * HOUR, KNOWN))
        assert not state.any
        assert read_promises(connection, PromisePeriod(START, KNOWN - 23 * HOUR, KNOWN)).due
