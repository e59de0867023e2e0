"""Clock skew of live sources: estimated from arrivals, allowed for, and stored."""

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine

from models.embedding import HashingEmbedder
from models.event import TicketEvent
from store.database import open_database, reading, upgrade
from store.sources import SourceProfile, read_profiles, write_grains, write_skews
from stream.clock_skew import FEWEST, FURTHEST, ClockSkew
from stream.processing import Processor
from stream.raw import Raw, RefusalReason, RefusedEvent
from tests.stream.test_order import KEY, record

NOW = datetime(2026, 12, 24, tzinfo=UTC)


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    """Return an empty database at head."""
    opened = open_database(database_url)
    upgrade(opened)
    yield opened
    opened.dispose()


def fed(skew: timedelta, count: int = 200, delay: float = 30, seed: int = 1) -> ClockSkew:
    """Estimate from arrivals of a source with this skew, whose delays are exponential with a mean of so many seconds."""
    found, chance = ClockSkew({}), random.Random(seed)
    for _ in range(count):
        found.saw("/desk", skew - timedelta(seconds=chance.expovariate(1 / delay)))
    return found


@pytest.mark.parametrize("minutes", [0.0, 5, 120, 540])
def test_a_clock_that_is_ahead_is_estimated(minutes):
    """The estimate is within half a minute of the skew, from minutes to the nine hours of a wrong zone."""
    found = fed(timedelta(minutes=minutes)).of("/desk")
    assert abs(found - timedelta(minutes=minutes)) < timedelta(seconds=30)


def test_a_few_wrong_dates_are_no_skew():
    """Three dates far ahead among ninety do not move the estimate, nor does one among the first ten."""
    skew = fed(timedelta(0), 90)
    for _ in range(3):
        skew.saw("/desk", timedelta(hours=9))
    assert skew.of("/desk") < timedelta(seconds=30)
    few = fed(timedelta(0), FEWEST - 1)
    few.saw("/desk", timedelta(hours=9))
    assert few.of("/desk") < timedelta(seconds=30)


def test_a_backlog_shows_nothing():
    """Events that are days old when they arrive leave the estimate as it is."""
    skew = fed(timedelta(hours=2))
    before = skew.of("/desk")
    for hours in range(2_000):
        skew.saw("/desk", -timedelta(hours=hours + 2))
    assert skew.of("/desk") == before


@given(st.lists(st.floats(-1e7, 1e7), max_size=60))
def test_the_estimate_is_bounded(leads):
    """Whatever arrives, a clock is estimated as neither behind nor further ahead than the zones are."""
    skew = ClockSkew({})
    for lead in leads:
        skew.saw("/desk", timedelta(seconds=lead))
    assert timedelta(0) <= skew.of("/desk") <= FURTHEST


def processor(skew: ClockSkew | None) -> Processor:
    """Compose a processor of live events."""
    return Processor(HashingEmbedder(), KEY, lambda: NOW, skew=skew)


def test_events_of_a_skewed_clock_are_taken_within_the_bound():
    """A source two hours ahead is taken once that is known; one wrong date of it is still refused, and one of another source."""
    live = processor(fed(timedelta(hours=2)))
    assert isinstance(live.admit(Raw(1, record(1, NOW + timedelta(hours=2))), NOW), TicketEvent)
    for time in (timedelta(hours=4), timedelta(days=30)):
        refused = live.admit(Raw(1, record(1, NOW + time)), NOW)
        assert isinstance(refused, RefusedEvent)
        assert refused.reason is RefusalReason.FUTURE
    unknown = processor(ClockSkew({})).admit(Raw(1, record(1, NOW + timedelta(hours=2))), NOW)
    assert isinstance(unknown, RefusedEvent)


def test_a_source_is_learned_from_what_is_refused():
    """The first events of a source nine hours ahead are refused by name; after ten of them it is known and taken."""
    live = processor(ClockSkew({}))
    found = [live.admit(Raw(n, record(n, NOW + timedelta(hours=9))), NOW) for n in range(FEWEST + 5)]
    assert [isinstance(one, TicketEvent) for one in found] == [False] * (FEWEST - 1) + [True] * 6


def test_no_live_event_moves_the_watermark_past_the_clock():
    """The newest time of a partition is at most the clock's; without a clock to compare, as in a replay, it is the event's."""
    batch = [Raw(1, record(1, NOW + timedelta(minutes=40)))]
    assert processor(ClockSkew({})).prepare("tickets", batch, lambda _: set()).newest == {0: NOW}
    assert processor(None).prepare("tickets", batch, lambda _: set()).newest == {0: NOW + timedelta(minutes=40)}


def test_only_what_changed_is_stored(engine: Engine):
    """Estimates are stored when they differ by a minute; a source keeps its grain, and a restarted worker its estimate."""
    skew = fed(timedelta(hours=2))
    with engine.begin() as connection:
        write_grains(connection, {"/desk": 86_400})
        write_skews(connection, skew.unstored())
    skew.stored(skew.unstored())
    assert skew.unstored() == {}
    with reading(engine) as connection:
        profile = read_profiles(connection)["/desk"]
    assert profile == SourceProfile(86_400, None, pytest.approx(7_200, abs=30))
    assert ClockSkew({"/desk": profile.skew}).of("/desk") > timedelta(minutes=119)
