"""Episode transfer: a spike follows its tickets into the theme that they went to."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from sqlalchemy import Connection

from models.bucket import bucket_of
from models.segment import EVERYTHING
from models.spike import SpikeKind
from models.spikes import SeriesKey
from pipelines.epoch.alerts import past_alerts
from pipelines.epoch.episode_transfer import follow_tickets, later_holders, rising_themes, transfer_episodes
from pipelines.state import MinerState, restore
from store.alerts import Alert, alerted_spikes, insert_alert
from store.counts import write_segments
from store.epochs import MinerRow
from store.journal import write_corrections
from store.listings import list_alerts
from store.spikes import SpikeState, StoredSpike, read_spikes, write_spikes
from tests.pipelines.chain import make_rules, open_new
from tests.pipelines.making import make_context, make_spike, make_window

START = datetime(2026, 11, 20, 10, tzinfo=UTC)
NOW = START + timedelta(hours=2)
BUCKET = bucket_of(START) + 3
FIRST, BORN, OTHER = 1, 2, 3
RULES = make_rules()


@pytest.fixture
def connection(sqlite_url: str) -> Iterator[Connection]:
    """Return a connection to an empty database at head."""
    engine = open_new(sqlite_url)
    with engine.begin() as opened:
        yield opened
    engine.dispose()


def spike(number: int, theme: int, end: datetime | None = None, kind: SpikeKind = SpikeKind.SPIKE) -> StoredSpike:
    """An episode of everything in a theme."""
    return make_spike(number, theme, START, end, kind=kind, detected_at=NOW, state=SpikeState(theme_ids=(theme,)))


def make_state(connection: Connection, left: int, *spikes: StoredSpike) -> MinerState:
    """A state in which the first theme has so many tickets left, after the epoch's moves."""
    write_segments(connection, {EVERYTHING.key: 1})
    state = restore(connection, MinerRow(), RULES.mining, "none", NOW)
    state.episodes.put(*spikes)
    for _ in range(left):
        state.counts.add(BUCKET, SeriesKey(FIRST, EVERYTHING))
    return state


def moved(*to: tuple[int, int], bucket: int = BUCKET) -> list[np.ndarray]:
    """Changes of counts in which tickets of the first theme go to other themes, so many each."""
    rows = [(FIRST, 1, bucket, -sum(n for _, n in to)), *((theme, 1, bucket, n) for theme, n in to if theme)]
    return [np.array(rows, dtype=np.int64)]


def test_a_spike_goes_to_the_theme_that_took_most_of_its_tickets(connection: Connection) -> None:
    """Seven of nine tickets went to a theme that was just born: the rise is that theme's."""
    state = make_state(connection, 2, spike(1, FIRST))
    assert transfer_episodes(state, moved((BORN, 7)), NOW) == {1: (FIRST, BORN)}
    assert (state.episodes[1].theme_id, state.episodes[1].end) == (BORN, None)
    assert state.episodes[1].state.theme_ids == (BORN,)


def test_what_stays_behind_is_no_other_rise(connection: Connection) -> None:
    """The first theme had an episode until its tickets left, wherever they go later; its severity withholds another one there."""
    state = make_state(connection, 2, spike(1, FIRST))
    transfer_episodes(state, moved((BORN, 7)), NOW)
    transfer_episodes(state, [np.array([(BORN, 1, BUCKET, -7), (OTHER, 1, BUCKET, 7)])], NOW + timedelta(minutes=5))
    before, own = state.episodes.as_detected()
    assert (own.theme_id, own.end) == (OTHER, None)
    assert (before.theme_id, before.start, before.end, before.severity) == (
        FIRST,
        bucket_of(START),
        bucket_of(NOW),
        3.0,
    )


def test_a_transferred_spike_is_transferred_again_with_its_own_tickets(connection: Connection) -> None:
    """Of a theme that has many others by now, the spike's own nine tickets count: most of them move to another theme."""
    state = make_state(connection, 0, spike(1, FIRST))
    for _ in range(40):
        state.counts.add(BUCKET, SeriesKey(BORN, EVERYTHING))
    transfer_episodes(state, moved((BORN, 9)), NOW)
    transfer_episodes(state, [np.array([(BORN, 1, BUCKET, -6), (OTHER, 1, BUCKET, 6)])], NOW)
    assert state.episodes[1].theme_id == OTHER


@pytest.mark.parametrize(
    ("left", "changes"),
    [
        (6, moved((BORN, 3))),
        (2, moved((BORN, 3), (OTHER, 3))),
        (0, moved((0, 9))),
        (9, moved((BORN, 9), bucket=bucket_of(START) - 1)),
    ],
    ids=["fewer than half", "to two themes", "taken back", "of before the spike"],
)
def test_a_spike_stays_with_its_tickets(connection: Connection, left: int, changes: list[np.ndarray]) -> None:
    """Tickets that leave for several themes or none, or never were the spike's, transfer no spike."""
    state = make_state(connection, left, spike(1, FIRST))
    assert transfer_episodes(state, changes, NOW) == {}
    assert state.episodes[1] == spike(1, FIRST)


def test_a_theme_has_one_open_spike(connection: Connection) -> None:
    """Where the other theme has an open spike, that one continues, and the transferred one ends and says so."""
    state = make_state(connection, 0, spike(1, FIRST), spike(2, BORN))
    transfer_episodes(state, moved((BORN, 9)), NOW)
    assert (state.episodes[1].theme_id, state.episodes[1].end) == (BORN, NOW)
    assert state.episodes[1].note == "its tickets went to another theme, and it goes on as spike 2"
    assert state.episodes[2] == spike(2, BORN)


def test_spikes_that_are_over_follow_for_a_week(connection: Connection) -> None:
    """A spike of this morning follows its tickets, one of last month does not; missing volume never does."""
    over = START + timedelta(hours=1)
    state = make_state(
        connection, 0, spike(1, FIRST, over), spike(2, FIRST, NOW - timedelta(days=30)),
        spike(3, FIRST, over, SpikeKind.MISSING_VOLUME),
    )  # fmt: skip
    assert transfer_episodes(state, moved((BORN, 9)), NOW).keys() == {1}
    assert (state.episodes[1].theme_id, state.episodes[1].end) == (BORN, over)


def test_alerts_are_transferred_with_the_spike_and_are_read_back(connection: Connection) -> None:
    """The alert is about the new theme from then on, which so was alerted already; the state is what was written."""
    state = make_state(connection, 0, spike(1, FIRST))
    write_spikes(connection, [state.episodes[1]])
    insert_alert(connection, Alert(1, "spike", FIRST, "everyone", NOW, "nine tickets", spike_id=1))
    insert_alert(connection, Alert(2, "new_theme", FIRST, "everyone", START, "new"))
    epoch = bucket_of(NOW) - 1
    write_corrections(connection, epoch, [tuple(row) for row in moved((BORN, 9))[0].tolist()])
    write_corrections(connection, epoch + 1, [tuple(row) for row in moved((OTHER, 9))[0].tolist()])
    follow_tickets(make_context(connection, state, make_window(NOW), RULES))
    assert read_spikes(connection) == [state.episodes[1]]
    assert [(row["kind"], row["theme_id"]) for row in list_alerts(connection)] == [
        ("spike", BORN), ("new_theme", FIRST),
    ]  # fmt: skip
    assert [one.spike_id for one in past_alerts(connection, BORN)] == [1]
    assert [one.spike_id for one in past_alerts(connection, FIRST)] == [None]
    assert alerted_spikes(connection, [1, 2]) == {1}


def test_rising_themes_are_checked_each_quarter_of_an_hour_for_a_day(connection: Connection) -> None:
    """Open episodes of themes count, since their start; not what is over, missing, of all tickets, or older than a day."""
    state = make_state(
        connection, 0, spike(1, FIRST), spike(2, BORN, NOW), spike(3, OTHER, None, SpikeKind.MISSING_VOLUME), spike(4, 0),
        spike(5, 9).with_(start=NOW - timedelta(hours=25)), spike(6, 8, None, SpikeKind.LAUNCH_EXCESS),
    )  # fmt: skip
    said = {}
    for minutes in range(0, 60, 5):
        end = NOW + timedelta(minutes=minutes)
        said[minutes] = rising_themes(state, make_window(end))
    asked = {minutes: one for minutes, one in said.items() if one}
    assert asked == {minutes: {FIRST: START, 8: START} for minutes in (0, 15, 30, 45)}


def test_later_holders_are_the_themes_that_took_the_tickets_in_turn() -> None:
    """A theme that took tickets of the time counts, and one that took them on; not one that took others, or gave some."""
    on = np.array([(BORN, 1, BUCKET, -3), (OTHER, 1, BUCKET, 3)], dtype=np.int64)
    later = np.array([(FIRST, 1, BUCKET + 50, -2), (8, 1, BUCKET + 50, 2), (9, 1, BUCKET, -2), (7, 2, BUCKET, 2)])
    changes = [*moved((BORN, 7)), on, later]
    assert later_holders([FIRST], changes, 1, BUCKET, BUCKET + 10) == {BORN, OTHER}
    assert later_holders([FIRST], [on], 1, BUCKET, BUCKET + 10) == set()
