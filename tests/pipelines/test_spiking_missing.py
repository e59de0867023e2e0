"""Missing volume from the counts to the alert: a channel of all tickets that falls silent while the other goes on."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Connection

from alerts.ownership import read_ownership
from alerts.settings import AlertSettings
from models.bucket import bucket_of
from models.segment import EVERYTHING, Segment
from models.spikes import SeriesKey
from pipelines.memory import Memory, restore
from pipelines.moment import Moment
from pipelines.settings import MiningSettings
from pipelines.spiking import detect
from pipelines.telling import tell
from store.epochs import MinerRow
from store.listings import list_alerts, list_spikes
from tests.pipelines.chain import open_new

START = datetime(2026, 11, 2, tzinfo=UTC)
SILENT = START + timedelta(days=16)
PHONE, CHAT = Segment.of({"channel": "phone"}), Segment.of({"channel": "im_chat"})
EPOCH = timedelta(hours=1)


@pytest.fixture
def connection(sqlite_url: str) -> Iterator[Connection]:
    """Return a connection to an empty database at head."""
    engine = open_new(sqlite_url)
    with engine.begin() as opened:
        yield opened
    engine.dispose()


def remember(connection: Connection) -> Memory:
    """Memory with two tickets an hour by telephone until it falls silent, and four by chat throughout."""
    memory = restore(connection, MinerRow(None, None, {}), MiningSettings(), "none", START)
    memory.record_start = START
    for minute in range(0, 20 * 24 * 60, 15):
        time = START + timedelta(minutes=minute)
        segment = PHONE if minute % 30 == 0 else CHAT
        if segment == CHAT or time < SILENT:
            memory.counts.add(bucket_of(time), SeriesKey(0, EVERYTHING))
            memory.counts.add(bucket_of(time), SeriesKey(0, segment))
    return memory


def test_silent_channel_becomes_a_spike_row_and_one_alert_and_closes(connection: Connection) -> None:
    """One row and one alert of kind `missing_volume`, in the channel's segment; it closes when tickets come again."""
    memory = remember(connection)
    back = SILENT + timedelta(hours=20)
    for minute in range(0, 48 * 60, 30):
        time = back + timedelta(minutes=minute)
        memory.counts.add(bucket_of(time), SeriesKey(0, PHONE))
        memory.counts.add(bucket_of(time), SeriesKey(0, EVERYTHING))
    for number in range(36):
        end = SILENT + (number + 1) * EPOCH
        moment = Moment(number, end, end + timedelta(minutes=3), (), "none", EPOCH)
        found = detect(connection, memory, moment, MiningSettings())
        tell(connection, memory, moment, (), found, read_ownership(None), AlertSettings(), 1.0)
    (spike,) = list_spikes(connection)
    assert (spike["theme_id"], spike["kind"], spike["segment"]) == (0, "missing_volume", {"channel": "phone"})
    assert spike["gate"] is None
    assert (spike["causes"], spike["verdict"]) == ([], "Volume is missing; there is no excess to explain.")
    assert spike["end"] is not None
    assert spike["ratio"] < 0.3
    (alert,) = list_alerts(connection)
    assert (alert["kind"], alert["spike_id"]) == ("missing_volume", spike["id"])
    assert alert["reason"].startswith("only ")
