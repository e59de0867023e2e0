"""Epochs of event time, and times as text."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.epochs import epoch_end, epoch_of, epoch_start, last_before, last_ended
from models.times import parse_rfc3339, rfc3339

times = st.datetimes(datetime(2000, 1, 1), datetime(2200, 1, 1)).map(lambda time: time.replace(tzinfo=UTC))  # noqa: DTZ001
lengths = st.sampled_from([300.0, 3600.0, 86_400.0])


@given(time=times, seconds=lengths)
def test_an_epoch_holds_its_instants(time: datetime, seconds: float):
    """An epoch begins at or before its instants and ends after them, and the next one begins where it ends."""
    epoch = epoch_of(time, seconds)
    assert epoch_start(epoch, seconds) <= time < epoch_end(epoch, seconds) == epoch_start(epoch + 1, seconds)
    assert last_ended(time, seconds) == epoch - 1


def test_an_epoch_begins_at_its_first_instant():
    """The edge between two epochs belongs to the later one, and is not in the last epoch before it."""
    edge = datetime(2026, 11, 20, 8, 5, tzinfo=UTC)
    epoch = epoch_of(edge, 300)
    assert epoch_start(epoch, 300) == edge
    assert last_before(edge, 300) == epoch - 1
    assert last_before(edge + timedelta(microseconds=1), 300) == epoch


@given(time=times, hours=st.integers(-12, 14))
def test_a_time_as_text_is_the_same_instant(time: datetime, hours: int):
    """Whatever the zone, the text is in UTC and is read as the same instant, to the microsecond."""
    text = rfc3339(time.astimezone(timezone(timedelta(hours=hours))))
    assert text == rfc3339(time)
    assert text.endswith("Z")
    assert parse_rfc3339(text) == parse_rfc3339(time.isoformat()) == time


def test_no_time_is_no_text():
    """None stays None, and an empty text is no time."""
    assert rfc3339(None) is None
    assert parse_rfc3339(None) is None
    assert parse_rfc3339("") is None


def test_a_text_without_a_zone_is_refused():
    """Nobody could say which instant it is."""
    with pytest.raises(ValueError, match="without a zone"):
        parse_rfc3339("2026-11-20T08:00:00")
