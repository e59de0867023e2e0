"""The watermark as events arrive."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from stream.arrival import Arrival

START = datetime(2026, 11, 20, tzinfo=UTC)
EPOCH, LATENESS = timedelta(minutes=5), timedelta(minutes=3)
moments = st.integers(0, 6 * 3600).map(lambda seconds: START + timedelta(seconds=seconds))
arrivals = st.lists(st.tuples(st.sampled_from(["a", "b"]), moments), max_size=60)


def make(newest=None, first_open=None) -> Arrival:
    """Follow two streams."""
    return Arrival(epoch=EPOCH, lateness=LATENESS, newest=newest or {"a": None, "b": None}, first_open=first_open)


def follow(arrival: Arrival, seen) -> list[tuple[int, bool]]:
    """Place each event, then take note of it, as the processor does."""
    placed = []
    for stream, time in seen:
        placed.append(arrival.place(time))
        arrival.saw(stream, time)
    return placed


@given(arrivals)
def test_the_watermark_never_moves_back(seen):
    """Whatever arrives in whatever order, the first open epoch only grows."""
    arrival = make()
    reached = []
    for stream, time in seen:
        arrival.saw(stream, time)
        reached.append(arrival.first_open() or 0)
    assert reached == sorted(reached)


@given(arrivals)
def test_no_event_goes_into_a_closed_epoch(seen):
    """An event goes into its own epoch while that is open, else into the first open one, and is marked late."""
    arrival = make()
    for stream, time in seen:
        epoch, late = arrival.place(time)
        own = int(time.timestamp() // 300)
        first = arrival.first_open()
        assert late == (first is not None and own < first)
        assert epoch == (first if late else own)
        arrival.saw(stream, time)


@given(arrivals, st.integers(0, 60))
def test_an_epoch_depends_on_the_order_of_arrival_alone(seen, cut):
    """A run that stopped after any event and went on from what it stored places the rest as one that did not stop."""
    complete = follow(make(), seen)
    first = make()
    before = follow(first, seen[:cut])
    resumed = make({name: first.newest(name) for name in ("a", "b")}, first.first_open())
    assert before + follow(resumed, seen[cut:]) == complete


@given(arrivals, st.lists(st.sampled_from(["leave a", "leave b"]), max_size=2, unique=True))
def test_closing_everything_leaves_nothing_open(seen, left):
    """After the end of the input no event is in or behind an open epoch."""
    arrival = make()
    placed = follow(arrival, seen)
    for one in left:
        arrival.leave(one.split()[1])
    after = arrival.all_closed()
    assert after is None if not seen else all(epoch < after for epoch, _ in placed)


def test_a_stream_that_showed_nothing_holds_the_watermark():
    """Until each open stream has shown an event nothing closes; one that ended is waited for no longer."""
    arrival = make()
    arrival.saw("a", START)
    assert arrival.first_open() is None
    arrival.leave("b")
    assert arrival.first_open() == int((START - LATENESS).timestamp() // 300)
