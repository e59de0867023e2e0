"""Whether a source still sends is judged by its own rhythm."""

from datetime import UTC, datetime, timedelta

import pytest

from models.freshness import (
    EarlierWait,
    FreshnessState,
    SourceRhythm,
    SourceState,
    judge_freshness,
)

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def rhythm(
    newest: datetime = NOON, *, wait: timedelta = MINUTE, gap: timedelta = MINUTE, source: str = "desk"
) -> SourceRhythm:
    """Make a source that always took the same time until its next ticket."""
    return SourceRhythm(source, newest, tuple(EarlierWait(days, wait, gap) for days in (1, 2, 3, 7, 14)))


def state_of(one: SourceRhythm, at: datetime) -> SourceState:
    """Judge one source."""
    return judge_freshness([one], at, recorded=False, mined_until=at).sources[0].state


def test_a_busy_source_is_late_after_minutes():
    """A source with a ticket a minute is live for a quarter of an hour, and late after it."""
    assert state_of(rhythm(), NOON + 14 * MINUTE) is SourceState.LIVE
    assert state_of(rhythm(), NOON + 16 * MINUTE) is SourceState.LATE


def test_an_office_that_closes_at_night_is_not_late_in_the_morning():
    """Where no ticket came at night before, none is missed at night; an hour after opening one is."""
    office = rhythm(NOON + 6 * HOUR, wait=14 * HOUR, gap=4 * MINUTE)
    assert state_of(office, NOON + 20 * HOUR) is SourceState.LIVE
    assert state_of(office, NOON + 21 * HOUR) is SourceState.LATE


def test_the_same_day_of_earlier_weeks_is_compared_with_first():
    """A weekend is not usual on a Tuesday: other days count only where fewer than two weeks are known."""
    weekend = EarlierWait(4, 62 * HOUR, MINUTE)
    weeks = tuple(EarlierWait(days, 14 * HOUR, MINUTE) for days in (7, 14))
    assert SourceRhythm("desk", NOON, (weekend, *weeks)).usual_silence == 14 * HOUR + 10 * MINUTE
    assert SourceRhythm("desk", NOON, (weekend, weeks[0])).usual_silence == 62 * HOUR + 10 * MINUTE


def test_a_source_with_few_tickets_is_given_more_time():
    """A source with a ticket every six hours may be silent for days, but never for more than three."""
    assert rhythm(wait=9 * HOUR, gap=HOUR).usual_silence == 19 * HOUR
    assert rhythm(wait=9 * HOUR, gap=12 * HOUR).usual_silence == 3 * DAY


def test_a_source_without_a_past_is_given_a_day():
    """Of a new source nothing is known."""
    new = SourceRhythm("desk", NOON)
    assert (state_of(new, NOON + 23 * HOUR), state_of(new, NOON + 25 * HOUR)) == (SourceState.LIVE, SourceState.LATE)


def test_coarse_times_are_allowed_for():
    """A source that writes only days has its newest ticket at the start of its day."""
    coarse = SourceRhythm("desk", NOON, (EarlierWait(7, MINUTE, MINUTE), EarlierWait(14, MINUTE, MINUTE)), grain=DAY)
    assert coarse.usual_silence == DAY + 15 * MINUTE


def test_a_week_of_silence_is_never_live():
    """Whatever the rhythm, a newest ticket of a week ago is not of now; the source is still expected."""
    found = judge_freshness([rhythm(wait=9 * DAY, gap=9 * DAY)], NOON + 7 * DAY, recorded=False, mined_until=NOON)
    assert (found.state, found.is_live, found.age) == (FreshnessState.LATE, False, 7 * DAY)


def test_recorded_data_is_called_so():
    """Files that were read to their ends are no source that is late, unless they are of this hour."""
    assert judge_freshness([rhythm()], NOON + DAY, recorded=True, mined_until=NOON).state is FreshnessState.RECORDED
    assert judge_freshness([rhythm()], NOON + MINUTE, recorded=True, mined_until=NOON).state is FreshnessState.LIVE


def test_one_live_source_is_enough_and_the_late_ones_are_named():
    """The pages are of now where one source is; a source that was given up long ago is not late."""
    sources = [rhythm(NOON), rhythm(NOON - DAY, source="mail"), rhythm(NOON - 60 * DAY, source="old")]
    found = judge_freshness(sources, NOON, recorded=False, mined_until=NOON)
    assert found.is_live
    assert [(one.source, one.state) for one in found.sources] == [
        ("desk", SourceState.LIVE),
        ("mail", SourceState.LATE),
        ("old", SourceState.GONE),
    ]
    assert [one.source for one in found.late] == ["mail"]


def test_without_a_live_source_even_an_old_one_is_late():
    """A source that is silent for months cannot be distinguished from one that is given up where nothing else comes."""
    found = judge_freshness([rhythm(NOON - 60 * DAY)], NOON, recorded=False, mined_until=NOON)
    assert (found.state, found.sources[0].state) == (FreshnessState.LATE, SourceState.LATE)


@pytest.mark.parametrize("mined_until", [None, NOON - 2 * HOUR])
def test_tickets_that_are_not_mined_are_not_shown_as_live(mined_until: datetime | None):
    """Tickets come in, but the pages show what was mined."""
    assert judge_freshness([rhythm()], NOON, recorded=False, mined_until=mined_until).state is FreshnessState.BEHIND


def test_without_tickets_there_is_nothing_to_be_fresh():
    """An empty database is neither live nor late."""
    found = judge_freshness([], NOON, recorded=False, mined_until=None)
    assert (found.state, found.newest, found.age, found.late) == (FreshnessState.EMPTY, None, None, ())
