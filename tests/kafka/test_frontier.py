"""Up to where the miner may close epochs."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from stream.kafka.frontier import Partition, caught_up, frontier

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
EPOCH, LATENESS = timedelta(minutes=5), timedelta(minutes=3)


def at(hour, minute=0):
    """A time of the day."""
    return datetime(2026, 11, 20, hour, minute, tzinfo=UTC)


def until(*partitions):
    """The frontier as a time; None where nothing may close."""
    found = frontier(partitions, epoch=EPOCH, lateness=LATENESS, now=NOW)
    return None if found is None else datetime.fromtimestamp(found * 300, UTC)


def test_the_slowest_lagging_partition_decides():
    """A partition that has more at the broker is waited for, at its newest event less the lateness."""
    assert until(Partition(5, 9, at(10)), Partition(5, 9, at(11))) == at(9, 55)


def test_an_idle_partition_holds_nothing_back():
    """A partition that is stored to its end is not waited for, however old its newest event is."""
    assert until(Partition(9, 9, at(1)), Partition(5, 9, at(11))) == at(10, 55)


def test_a_lagging_partition_is_never_let_go():
    """A partition of which nothing is stored yet stops everything."""
    assert until(Partition(0, 1), Partition(9, 9, at(11))) is None


def test_the_clock_goes_on_where_all_is_stored():
    """With nothing left to read the clock less the lateness closes epochs, so that silence is noticed."""
    assert until(Partition(9, 9, at(1)), Partition(0, 0)) == at(11, 55)


def test_nothing_closes_before_the_first_event():
    """An empty deployment does not mine the hours before its first event."""
    assert until(Partition(0, 0), Partition(0, 0)) is None


def test_a_replay_holds_the_clock():
    """While a replay writes, a partition that is stored to its end is waited for: its next event may be in the producer."""
    assert until(Partition(9, 9, at(1), replaying=True), Partition(9, 9, at(11), replaying=True)) == at(0, 55)


def test_the_end_closes_everything():
    """Where every partition has ended, the epoch of the newest event closes too."""
    assert until(Partition(9, 9, at(10), ended=True), Partition(2, 2, None, ended=True)) == at(10, 5)


def test_an_ended_partition_is_not_waited_for():
    """One that has ended leaves the decision to the others."""
    assert until(Partition(9, 9, at(1), ended=True), Partition(5, 9, at(11))) == at(10, 55)


def test_new_messages_after_an_end_open_it_again():
    """A partition that has more after its mark has not ended."""
    assert until(Partition(9, 12, at(10), ended=True), Partition(2, 2, at(9), ended=True)) == at(9, 55)


part = st.builds(
    lambda position, lag, newest, ended, replaying: Partition(
        position, position + lag, NOW - timedelta(minutes=newest) if newest else None, ended, replaying
    ),
    st.integers(0, 50), st.integers(0, 3), st.integers(0, 2000), st.booleans(), st.booleans(),
)  # fmt: skip


@given(st.lists(part, min_size=1, max_size=5))
def test_no_event_that_is_waited_for_can_be_late(partitions):
    """Whatever a lagging or replaying partition brings next, at most the lateness behind its newest, its epoch is open."""
    found = frontier(partitions, epoch=EPOCH, lateness=LATENESS, now=NOW)
    for one in partitions:
        waited = not one.caught_up or (one.replaying and not one.ended)
        if found is not None and waited:
            assert one.newest is not None
            assert (one.newest - LATENESS).timestamp() // 300 >= found


def test_plans_are_read_to_their_ends():
    """One message of a plan that is not stored yet holds the epochs open."""
    assert caught_up({("l", 0): 3}, {("l", 0): 3, ("c", 0): 0})
    assert not caught_up({("l", 0): 3}, {("l", 0): 4})
    assert not caught_up({}, {("c", 0): 1})
