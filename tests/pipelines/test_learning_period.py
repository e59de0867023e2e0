"""The learning period of detection: what is found in it is kept, and alerted only once it is over."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Connection, insert

from alerts.ownership_file import read_ownership
from alerts.settings import AlertSettings
from models.alert import Gate
from models.bucket import bucket_of
from models.segment import EVERYTHING
from models.spikes import SeriesKey
from models.spikes.settings import SpikeSettings
from models.theme import ALL_TICKETS
from pipelines.epoch.alerts import decide_alerts
from pipelines.epoch.spikes import detect_spikes
from pipelines.rules import Rules
from pipelines.settings import MiningSettings
from pipelines.state import MinerState, restore
from store.epochs import MinerRow
from store.listings import list_alerts
from store.schema import tickets
from store.spikes import StoredSpike, read_spikes
from tests.pipelines.chain import open_new
from tests.pipelines.making import make_context, make_window

START = datetime(2026, 11, 2, tzinfo=UTC)
LEARNED = START + timedelta(days=5)
EPOCH = timedelta(hours=1)
RULES = Rules(
    mining=MiningSettings(spikes=SpikeSettings(learning_hours=120)),
    alerts=AlertSettings(learning_period=timedelta(days=5)),
    ownership=read_ownership(None),
    model="none",
)


@pytest.fixture
def connection(sqlite_url: str) -> Iterator[Connection]:
    """Return a connection to an empty database at head."""
    engine = open_new(sqlite_url)
    with engine.begin() as opened:
        yield opened
    engine.dispose()


def make_state(connection: Connection, rise: datetime) -> MinerState:
    """A state with six tickets an hour for a week, and 40 an hour for half a day from the rise on."""
    state = restore(connection, MinerRow(), RULES.mining, "none", START)
    state.record_start = START
    rows = []
    for hour in range(7 * 24):
        time = START + timedelta(hours=hour)
        n = 40 if rise <= time < rise + timedelta(hours=12) else 6
        for at in range(n):
            created = time + timedelta(seconds=3600 * at / n)
            state.counts.add(bucket_of(created), SeriesKey(ALL_TICKETS, EVERYTHING))
            rows.append({
                "id": f"T-{len(rows):05d}", "source": "/desk", "event_id": f"e-{len(rows)}", "time": created, "mined_epoch": 1,
                "title": "", "body": "", "counted": True, "status": "new",
            })  # fmt: skip
    connection.execute(insert(tickets), rows)
    return state


def mine(connection: Connection, state: MinerState, until: datetime) -> list[StoredSpike]:
    """Detect and decide alerts hour by hour for the six hours before a time; returns the spikes that there are then."""
    for hours in range(-6, 1):
        context = make_context(connection, state, make_window(until + hours * EPOCH, length=EPOCH), RULES)
        decide_alerts(context, (), detect_spikes(context))
    return read_spikes(connection)


def test_all_tickets_together_do_not_alert_in_the_learning_period(connection: Connection):
    """A rise of all tickets is kept with the gate of the learning period, and nobody is alerted."""
    rise = LEARNED - timedelta(days=1)
    state = make_state(connection, rise)
    (spike,) = mine(connection, state, rise + timedelta(hours=6))
    assert (spike.theme_id, spike.gate) == (ALL_TICKETS, Gate.LEARNING_PERIOD_LASTS)
    assert state.episodes[spike.spike_id] == spike
    assert list_alerts(connection) == []


def test_a_rise_that_lasts_longer_than_the_learning_period_alerts_after_it(connection: Connection):
    """The alert is opened in the first epoch after the learning period, and the spike counts as detected then."""
    rise = LEARNED - timedelta(hours=3)
    state = make_state(connection, rise)
    (spike,) = mine(connection, state, LEARNED)
    assert spike.gate is Gate.LEARNING_PERIOD_LASTS
    (alerted,) = mine(connection, state, LEARNED + 7 * EPOCH)
    (alert,) = list_alerts(connection)
    assert alert["spike_id"] == spike.spike_id
    assert alerted.gate is None
    assert alerted.detected_at == LEARNED + EPOCH
