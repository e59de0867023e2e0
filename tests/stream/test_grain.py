"""Coarse times: which sources have them, and where their events are placed."""

import random
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.embedding import HashingEmbedder
from models.event import TicketEvent
from models.spikes.settings import SpikeSettings
from stream.ordering.grain import Grain, WrittenTimes, coarse_sentence, grain_of, placement
from stream.ordering.spool import Spool, microseconds
from stream.processing import Processor
from stream.raw import Raw
from tests.stream.test_order import KEY, record

NOW = datetime(2026, 12, 24, tzinfo=UTC)
START = datetime(2026, 11, 1, tzinfo=UTC)


def spooled(spool: Spool, times: list[datetime]) -> dict[str, WrittenTimes]:
    """Spool one ticket for each time."""
    processor = Processor(HashingEmbedder(), KEY, lambda: NOW)
    for number, time in enumerate(times):
        event = processor.admit(Raw(number, record(number, time)), NOW)
        assert isinstance(event, TicketEvent)
        spool.add(0, number, event)
    return spool.written_times()


def grain(times: list[datetime], known: Grain | None = None) -> Grain:
    """The grain of one source with these times."""
    with Spool() as spool:
        return grain_of(spooled(spool, times)["/desk"], known)


def days(zone: str, count: int = 60) -> list[datetime]:
    """Midnights of a zone, over a change from summer to winter time."""
    return [datetime(2026, 10, 1, tzinfo=ZoneInfo(zone)) + timedelta(days=n) for n in range(count)]


@pytest.mark.parametrize(
    "zone", ["UTC", "Europe/Berlin", "Europe/London", "America/Sao_Paulo", "Asia/Kolkata", "Pacific/Auckland"]
)
def test_days_are_recognised_in_any_zone(zone):
    """Midnights of a zone are days, whatever their distance from midnight UTC, and over the end of summer time."""
    assert grain(days(zone)) is Grain.DAY


def test_one_time_of_many_tickets_is_no_grain():
    """Tickets that were imported in one go, all at eight o'clock, keep that time; those of one day at midnight are of that day."""
    assert grain([START + timedelta(hours=8)] * 100) is Grain.SECOND
    assert grain([START + timedelta(hours=8)] * 50 + [START + timedelta(hours=9)] * 50) is Grain.SECOND
    assert grain([START] * 100) is Grain.DAY


def test_full_hours_are_recognised():
    """Full hours of a zone, also of one that is half an hour apart, are hours; one odd minute among them shows that they are not."""
    hours = [START + timedelta(hours=5 * n) for n in range(30)]
    assert grain(hours) is Grain.HOUR
    assert grain([one + timedelta(minutes=30) for one in hours]) is Grain.HOUR
    assert grain([*hours, START + timedelta(minutes=7)]) is Grain.SECOND


def test_ordinary_times_are_not_coarse():
    """Times of the clock, and a job that writes one ticket a day at an odd minute, have a grain of seconds."""
    chance = random.Random(1)
    assert grain([START + timedelta(seconds=chance.randrange(86_400 * 20)) for _ in range(200)]) is Grain.SECOND
    assert grain([START + timedelta(days=n, hours=6, minutes=7) for n in range(40)]) is Grain.SECOND


def test_a_small_file_counts_by_what_is_known_of_its_source():
    """Nineteen days are too few, unless the source wrote days before; one odd time is enough against it."""
    few = days("UTC", 19)
    assert grain(few) is Grain.SECOND
    assert grain(few, Grain.DAY) is Grain.DAY
    assert grain(few, Grain.HOUR) is Grain.HOUR
    assert grain([*few, START + timedelta(seconds=1)], Grain.DAY) is Grain.SECOND


def test_tickets_of_a_day_are_spread_over_it():
    """A thousand tickets of one day are uniform over its hours, in the same places each time, and keep what was written."""
    found = []
    for _ in range(2):
        with Spool() as spool:
            written = spooled(spool, [START] * 1_000)["/desk"]
            spool.move("/desk", placement("/desk", Grain.DAY, written, microseconds(NOW)))
            found.append([one.event for one in spool.ordered()])
    assert found[0] == found[1]
    hours = np.bincount([event.time.hour for event in found[0]], minlength=24)
    assert all(event.time.date() == START.date() for event in found[0])
    assert hours.min() > 20
    assert hours.max() < 70
    assert found[0][0].data.custom["time_as_written"] == START.isoformat()


@given(ticket=st.text(), share=st.floats(0, 1, exclude_max=True))
def test_what_is_not_over_is_placed_before_now(ticket, share):
    """A ticket of today is placed between its midnight and now; a time that is not at the grain stays."""
    midnight = microseconds(START)
    now = midnight + int(share * 86_400_000_000)
    place = placement("/desk", Grain.DAY, WrittenTimes(50, 3, (0,), (0,)), now)
    assert midnight <= place(midnight, ticket) <= now
    assert place(midnight + 7, ticket) == midnight + 7


def test_events_of_one_ticket_stay_together():
    """A ticket that was opened and solved on one day is solved no earlier than it was opened."""
    processor = Processor(HashingEmbedder(), KEY, lambda: NOW)
    with Spool() as spool:
        for number in range(40):
            for kind in ("ticket.solved", "ticket.created"):
                spool.add(0, number, processor.admit(Raw(number, record(number, START, kind)), NOW))
        spool.move("/desk", placement("/desk", Grain.DAY, spool.written_times()["/desk"], microseconds(NOW)))
        events = [one.event for one in spool.ordered()]
    opened = set()
    for event in events:
        opened |= {event.subject} if event.type == "ticket.created" else set()
        assert event.subject in opened


def test_the_sentence_says_what_can_be_watched():
    """One sentence for all coarse sources; none where there is none."""
    assert coarse_sentence({"/desk": Grain.SECOND}) is None
    found = coarse_sentence({"/a": Grain.DAY, "/b": Grain.HOUR})
    assert found is not None
    assert "/a writes days" in found
    assert "/b writes full hours" in found


def test_windows_are_multiples_of_the_grain():
    """Dates are tested by whole days, full hours by whole hours, and exact times by the windows that are set."""
    fine = SpikeSettings()
    assert fine.at_grain(1) is fine
    day = fine.at_grain(86_400)
    assert day.window_buckets == (288,)
    assert day.calm_buckets == (288, 576)
    assert (day.guard_hours, day.rearm_hours) == (24, 48)
    hour = fine.at_grain(3_600)
    assert hour.window_buckets == (12, 24, 36, 72)
    assert hour.guard_hours == fine.guard_hours
