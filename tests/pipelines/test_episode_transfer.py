"""Episodes follow their tickets: what a birth does to the spike that told of its first tickets."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from sqlalchemy import Connection

from models.bucket import bucket_of
from models.segment import EVERYTHING, Segment
from models.spikes import SeriesKey
from pipelines.context import EpochWindow
from pipelines.epoch.episode_transfer import follow_tickets, later_holders, rising_themes, transfer_episodes
from pipelines.epoch.spikes import known_episodes
from pipelines.settings import MiningSettings
from pipelines.state import MinerState, PastAlert, restore
from store.alerts import Alert, insert_alert
from store.epochs import MinerRow
from store.journal import write_corrections
from store.listings import list_alerts
from store.spikes import StoredSpike, read_spikes, write_spikes
from tests.pipelines.chain import open_new

START = datetime(2026, 11, 20, 10, tzinfo=UTC)
NOW = START + timedelta(hours=2)
BUCKET = bucket_of(START) + 3
NEIGHBOUR, NEWBORN, OTHER = 1, 2, 3


@pytest.fixture
def connection(sqlite_url: str) -> Iterator[Connection]:
    """Return a connection to an empty database at head."""
    engine = open_new(sqlite_url)
    with engine.begin() as opened:
        yield opened
    engine.dispose()


def spike(number: int, theme: int, end: datetime | None = None, kind: str = "spike") -> StoredSpike:
    """An episode of everything in a theme."""
    return StoredSpike(
        spike_id=number, theme_id=theme, segment=Segment(), kind=kind, start=START, end=end, detected_at=NOW, observed=9,
        expected=1.0, ratio=9.0, p_value=0.1, q_value=0.1, severity=3.0, now_observed=9, launch_id=None, gate=None, evidence=(),
        verdict="", note=None, state={"theme_ids": [theme]},
    )  # fmt: skip


def remember(connection: Connection, left: int, *spikes: StoredSpike) -> MinerState:
    """Memory in which the neighbour has so many tickets left, after the epoch's moves."""
    memory = restore(connection, MinerRow(), MiningSettings(), "none", NOW)
    memory.segments[EVERYTHING.key] = 1
    memory.spikes.update({one.spike_id: one for one in spikes})
    for _ in range(left):
        memory.counts.add(BUCKET, SeriesKey(NEIGHBOUR, EVERYTHING))
    return memory


def moved(*to: tuple[int, int], bucket: int = BUCKET) -> list[np.ndarray]:
    """Changes of counts in which the neighbour's tickets go to other themes, so many each."""
    rows = [(NEIGHBOUR, 1, bucket, -sum(n for _, n in to)), *((theme, 1, bucket, n) for theme, n in to if theme)]
    return [np.array(rows, dtype=np.int64)]


def test_a_spike_goes_to_the_theme_that_took_most_of_its_tickets(connection: Connection) -> None:
    """Seven of nine tickets went to a newborn theme: the rise is that theme's."""
    memory = remember(connection, 2, spike(1, NEIGHBOUR))
    assert transfer_episodes(memory, moved((NEWBORN, 7)), NOW) == {1: (NEIGHBOUR, NEWBORN)}
    assert (memory.spikes[1].theme_id, memory.spikes[1].end) == (NEWBORN, None)
    assert memory.spikes[1].state["theme_ids"] == [NEWBORN]


def test_what_stays_behind_is_no_other_rise(connection: Connection) -> None:
    """The lender had an episode until its tickets went, wherever they go later; severity holds back another one there."""
    memory = remember(connection, 2, spike(1, NEIGHBOUR))
    transfer_episodes(memory, moved((NEWBORN, 7)), NOW)
    transfer_episodes(memory, [np.array([(NEWBORN, 1, BUCKET, -7), (OTHER, 1, BUCKET, 7)])], NOW + timedelta(minutes=5))
    lent, own = known_episodes(memory)
    assert (own.theme_id, own.end) == (OTHER, None)
    assert (lent.theme_id, lent.start, lent.end, lent.severity) == (NEIGHBOUR, bucket_of(START), bucket_of(NOW), 3.0)


def test_a_given_spike_follows_its_own_tickets_on(connection: Connection) -> None:
    """Of a theme that holds many others by now, the spike's own nine tickets count: most of them go on to another one."""
    memory = remember(connection, 0, spike(1, NEIGHBOUR))
    for _ in range(40):
        memory.counts.add(BUCKET, SeriesKey(NEWBORN, EVERYTHING))
    transfer_episodes(memory, moved((NEWBORN, 9)), NOW)
    transfer_episodes(memory, [np.array([(NEWBORN, 1, BUCKET, -6), (OTHER, 1, BUCKET, 6)])], NOW)
    assert memory.spikes[1].theme_id == OTHER


@pytest.mark.parametrize(
    ("left", "changes"),
    [
        (6, moved((NEWBORN, 3))),
        (2, moved((NEWBORN, 3), (OTHER, 3))),
        (0, moved((0, 9))),
        (9, moved((NEWBORN, 9), bucket=bucket_of(START) - 1)),
    ],
    ids=["fewer than half", "to two themes", "taken back", "of before the spike"],
)
def test_a_spike_stays_where_its_tickets_do(connection: Connection, left: int, changes: list[np.ndarray]) -> None:
    """What leaves without going to one theme, or never was the spike's, moves no spike."""
    memory = remember(connection, left, spike(1, NEIGHBOUR))
    assert transfer_episodes(memory, changes, NOW) == {}
    assert memory.spikes[1] == spike(1, NEIGHBOUR)


def test_a_theme_has_one_open_spike(connection: Connection) -> None:
    """Where the heir has an open spike that one goes on, and the given one is over and says so."""
    memory = remember(connection, 0, spike(1, NEIGHBOUR), spike(2, NEWBORN))
    transfer_episodes(memory, moved((NEWBORN, 9)), NOW)
    assert (memory.spikes[1].theme_id, memory.spikes[1].end) == (NEWBORN, NOW)
    assert memory.spikes[1].note == "its tickets went to another theme, and it goes on as spike 2"
    assert memory.spikes[2] == spike(2, NEWBORN)


def test_spikes_that_are_over_follow_for_a_week(connection: Connection) -> None:
    """A spike of this morning follows its tickets, one of last month does not; missing volume never does."""
    over = START + timedelta(hours=1)
    memory = remember(
        connection, 0, spike(1, NEIGHBOUR, over), spike(2, NEIGHBOUR, NOW - timedelta(days=30)),
        spike(3, NEIGHBOUR, over, "missing_volume"),
    )  # fmt: skip
    assert transfer_episodes(memory, moved((NEWBORN, 9)), NOW).keys() == {1}
    assert (memory.spikes[1].theme_id, memory.spikes[1].end) == (NEWBORN, over)


def test_alerts_go_with_the_spike_and_are_read_back(connection: Connection) -> None:
    """The alert is about the newborn theme from then on, which so was told already; what was written is what is remembered."""
    memory = remember(connection, 0, spike(1, NEIGHBOUR))
    write_spikes(connection, [memory.spikes[1]])
    insert_alert(connection, Alert(1, "spike", NEIGHBOUR, "everyone", NOW, "nine tickets", spike_id=1))
    insert_alert(connection, Alert(2, "new_theme", NEIGHBOUR, "everyone", START, "new"))
    told = [PastAlert(row["kind"], NOW, row["spike_id"]) for row in list_alerts(connection)]
    memory.past[NEIGHBOUR] = told
    epoch = bucket_of(NOW) - 1
    write_corrections(connection, epoch, [tuple(row) for row in moved((NEWBORN, 9))[0].tolist()])
    write_corrections(connection, epoch + 1, [tuple(row) for row in moved((OTHER, 9))[0].tolist()])
    moment = EpochWindow(epoch, NOW, NOW, (), "none", timedelta(minutes=5))
    follow_tickets(connection, memory, moment)
    assert read_spikes(connection) == [memory.spikes[1]]
    assert [(row["kind"], row["theme_id"]) for row in list_alerts(connection)] == [
        ("spike", NEWBORN), ("new_theme", NEIGHBOUR),
    ]  # fmt: skip
    assert [one.spike_id for one in memory.past[NEWBORN]] == [1]
    assert [one.spike_id for one in memory.past[NEIGHBOUR]] == [None]


def test_rising_themes_are_asked_about_each_quarter_of_an_hour_for_a_day(connection: Connection) -> None:
    """Open episodes of themes count, since their start; not what is over, missing, of all tickets, or older than a day."""
    memory = remember(
        connection, 0, spike(1, NEIGHBOUR), spike(2, NEWBORN, NOW), spike(3, OTHER, None, "missing_volume"), spike(4, 0),
        spike(5, 9).with_(start=NOW - timedelta(hours=25)), spike(6, 8, None, "launch_excess"),
    )  # fmt: skip
    said = {}
    for minutes in range(0, 60, 5):
        end = NOW + timedelta(minutes=minutes)
        said[minutes] = rising_themes(
            memory, EpochWindow(bucket_of(end) - 1, end, end, (), "none", timedelta(minutes=5))
        )
    asked = {minutes: one for minutes, one in said.items() if one}
    assert asked == {minutes: {NEIGHBOUR: START, 8: START} for minutes in (0, 15, 30, 45)}


def test_later_heirs_are_those_that_took_the_tickets_in_turn() -> None:
    """A theme that took tickets of the time counts, and one that took them on; not one that took others, or gave some."""
    on = np.array([(NEWBORN, 1, BUCKET, -3), (OTHER, 1, BUCKET, 3)], dtype=np.int64)
    later = np.array([(NEIGHBOUR, 1, BUCKET + 50, -2), (8, 1, BUCKET + 50, 2), (9, 1, BUCKET, -2), (7, 2, BUCKET, 2)])
    changes = [*moved((NEWBORN, 7)), on, later]
    assert later_holders([NEIGHBOUR], changes, 1, BUCKET, BUCKET + 10) == {NEWBORN, OTHER}
    assert later_holders([NEIGHBOUR], [on], 1, BUCKET, BUCKET + 10) == set()
