"""The first sentence says whether something needs a person, and never that all is well where nobody can know."""

from datetime import UTC, datetime, timedelta

import pytest

from models.formats import ago
from models.freshness import EarlierWait, Freshness, SourceRhythm, judge_freshness
from models.headline import Tone, freshness_text, headline_of

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
LIVE = timedelta(minutes=2)


def fresh(age: timedelta = LIVE, *, recorded: bool = False, mined: timedelta = timedelta(0)) -> Freshness:
    """Judge a source with a ticket a minute whose newest one is so old."""
    newest = NOON - age
    rhythm = SourceRhythm("desk", newest, tuple(EarlierWait(days, LIVE, LIVE) for days in (1, 7, 14)))
    return judge_freshness([rhythm], NOON, recorded=recorded, mined_until=newest - mined)


@pytest.mark.parametrize(
    ("waiting", "launches", "sentence", "tone"),
    [
        (0, 0, "Nothing needs a person", Tone.CALM),
        (1, 0, "1 incident needs a person", Tone.ACT),
        (2, 0, "2 incidents need a person", Tone.ACT),
        (0, 1, "1 launch needs a person", Tone.ACT),
        (1, 2, "1 incident and 2 launches need a person", Tone.ACT),
    ],
)
def test_the_sentence_counts_what_waits(waiting: int, launches: int, sentence: str, tone: Tone):
    """What is open is named, in the right number."""
    found = headline_of(fresh(), waiting=waiting, acknowledged=0, launches=launches)
    assert (found.sentence, found.tone, found.notes) == (sentence, tone, ())


def test_what_is_looked_after_needs_nobody_else():
    """Acknowledged incidents are a note."""
    found = headline_of(fresh(), waiting=0, acknowledged=2)
    assert (found.sentence, found.notes) == ("Nothing needs a person", ("2 incidents are acknowledged.",))


def test_without_fresh_data_nobody_can_know():
    """A week without tickets is said first, and is not red: the detector signals nothing of it."""
    found = headline_of(fresh(timedelta(days=7)), waiting=0, acknowledged=0)
    assert (found.tone, found.sentence) == (Tone.OLD, "No fresh data: newest ticket 7 days ago")
    assert found.notes == ("Nothing needed a person when the newest mined ticket came.",)
    found = headline_of(fresh(timedelta(days=7)), waiting=2, acknowledged=1)
    assert found.notes == (
        "2 incidents needed a person when the newest mined ticket came.",
        "1 incident is acknowledged.",
    )


def test_mining_that_is_behind_is_said():
    """Tickets come in, and what is shown is of three hours ago."""
    found = headline_of(fresh(mined=timedelta(hours=3)), waiting=0, acknowledged=0)
    assert found.sentence == "Mining is behind: the newest ticket that was looked at came 3 hours ago"
    assert freshness_text(fresh(mined=timedelta(hours=3))) == "mining is behind"


def test_recorded_data_is_judged_as_it_was():
    """A demo's incidents need a person as on its launch day."""
    found = headline_of(fresh(timedelta(days=90), recorded=True), waiting=3, acknowledged=0)
    assert (found.tone, found.sentence) == (Tone.ACT, "3 incidents need a person")


def test_nothing_came_in_yet():
    """An empty database is not calm."""
    empty = judge_freshness([], NOON, recorded=False, mined_until=None)
    assert headline_of(empty, waiting=0, acknowledged=0).sentence == "No ticket has come in yet"
    assert freshness_text(empty) == "no ticket yet"


@pytest.mark.parametrize(
    ("length", "text"),
    [
        (timedelta(seconds=59), "just now"),
        (timedelta(minutes=1), "1 minute ago"),
        (timedelta(minutes=59), "59 minutes ago"),
        (timedelta(minutes=61), "1 hour ago"),
        (timedelta(hours=47), "47 hours ago"),
        (timedelta(days=7, hours=5), "7 days ago"),
    ],
)
def test_ages_are_written_in_their_greatest_unit(length: timedelta, text: str):
    """Two days are days, less are hours."""
    assert ago(length) == text
