"""Missing volume from the counts to the alert: a channel of all tickets that falls silent while the other goes on."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Connection, insert

from alerts.ownership_file import read_ownership
from alerts.settings import AlertSettings
from models.bucket import bucket_of
from models.segment import EVERYTHING, Segment
from models.source_silence import segment_of_source
from models.spikes import SeriesKey
from pipelines.epoch.alerts import decide_alerts
from pipelines.epoch.spikes import detect_spikes
from pipelines.rules import Rules
from pipelines.settings import MiningSettings
from pipelines.state import MinerState, restore
from store.epochs import MinerRow
from store.listings import list_alerts, list_spikes
from store.schema import changes, events, tickets
from tests.pipelines.chain import open_new
from tests.pipelines.making import make_context, make_window

START = datetime(2026, 11, 2, tzinfo=UTC)
SILENT = START + timedelta(days=16)
PHONE, CHAT = Segment.of({"channel": "phone"}), Segment.of({"channel": "im_chat"})
EPOCH = timedelta(hours=1)
RULES = Rules(mining=MiningSettings(), alerts=AlertSettings(), ownership=read_ownership(None), model="none")


@pytest.fixture
def connection(sqlite_url: str) -> Iterator[Connection]:
    """Return a connection to an empty database at head."""
    engine = open_new(sqlite_url)
    with engine.begin() as opened:
        yield opened
    engine.dispose()


def kept(number: int, time: datetime, segment: Segment) -> dict:
    """A ticket's row."""
    return {
        "id": f"T-{number:05d}", "source": "/desk", "event_id": f"e-{number}", "time": time, "mined_epoch": 1, "title": "",
        "body": "", "counted": True, "status": "new", "region": "US" if number % 3 else "BR", **segment.as_dict(),
    }  # fmt: skip


def record(connection: Connection, subject: str, kind: str, time: datetime, scope: Segment) -> None:
    """Record a change."""
    row = {"source": "/ops", "subject": subject, "id": subject, "time": time, "kind": kind, "title": f"The {subject}"}
    connection.execute(insert(changes), {**row, "scope": scope.as_dict(), "url": None})


def make_state(connection: Connection) -> MinerState:
    """A state with two tickets an hour by telephone until it falls silent, and four by chat throughout."""
    state = restore(connection, MinerRow(None, None, {}), RULES.mining, "none", START)
    state.record_start = START
    rows = []
    for minute in range(0, 20 * 24 * 60, 15):
        time = START + timedelta(minutes=minute)
        segment = PHONE if minute % 30 == 0 else CHAT
        if segment == CHAT or time < SILENT:
            state.counts.add(bucket_of(time), SeriesKey(0, EVERYTHING))
            state.counts.add(bucket_of(time), SeriesKey(0, segment))
            rows.append(kept(len(rows), time, segment))
    connection.execute(insert(tickets), rows)
    return state


def mine(connection: Connection, state: MinerState, first: int, last: int) -> list[dict]:
    """Detect and decide alerts hour by hour since the silence began; returns the spikes that there are then."""
    for number in range(first, last):
        end = SILENT + (number + 1) * EPOCH
        window = make_window(end, length=EPOCH, number=number, detected_at=end + timedelta(minutes=3))
        context = make_context(connection, state, window, RULES)
        decide_alerts(context, (), detect_spikes(context))
    return list_spikes(connection)


def test_silent_channel_becomes_a_spike_row_and_one_alert_and_closes(connection: Connection) -> None:
    """One row and one alert of kind `missing_volume`, in the channel's segment; it closes when tickets come again."""
    state = make_state(connection)
    back = SILENT + timedelta(hours=20)
    for minute in range(0, 48 * 60, 30):
        time = back + timedelta(minutes=minute)
        state.counts.add(bucket_of(time), SeriesKey(0, PHONE))
        state.counts.add(bucket_of(time), SeriesKey(0, EVERYTHING))
    (spike,) = mine(connection, state, 0, 36)
    assert (spike["theme_id"], spike["kind"], spike["segment"]) == (0, "missing_volume", {"channel": "phone"})
    assert spike["gate"] is None
    (cause,) = spike["causes"]
    assert (cause["kind"], cause["segment"], cause["change_id"]) == ("segment", {"channel": "phone"}, None)
    assert spike["verdict"] == "What is missing is in channel phone."
    assert spike["end"] is not None
    assert spike["ratio"] < 0.3
    (alert,) = list_alerts(connection)
    assert (alert["kind"], alert["spike_id"]) == ("missing_volume", spike["id"])
    assert alert["reason"].startswith("only ")


def test_a_silent_source_is_one_alert_in_plain_words_and_has_no_causes(connection: Connection) -> None:
    """A source that falls silent is incomplete data: one row and one alert that say so, also after a restart in between."""
    state = make_state(connection)
    segment = segment_of_source("/zendesk/acme")
    for minute in range(0, 20 * 24 * 60, 5):
        time = START + timedelta(minutes=minute)
        if not SILENT <= time < SILENT + timedelta(hours=6):
            state.counts.add(bucket_of(time), SeriesKey(0, EVERYTHING))
            state.counts.add(bucket_of(time), SeriesKey(0, segment))
    (spike,) = [one for one in mine(connection, state, 0, 3) if "source" in one["segment"]]
    assert (spike["theme_id"], spike["kind"], spike["causes"]) == (0, "missing_volume", [])
    assert spike["verdict"] == "incomplete data: zendesk/acme has sent nothing since 00:00 UTC; usual gap 5 minutes"
    (alert,) = [one for one in list_alerts(connection) if one["spike_id"] == spike["id"]]
    assert alert["reason"].startswith("incomplete data: zendesk/acme has sent nothing since 00:00 UTC; usual gap ")
    state.episodes = restore(connection, MinerRow(None, None, {}), RULES.mining, "none", START).episodes
    (spike,) = [one for one in mine(connection, state, 3, 9) if "source" in one["segment"]]
    assert spike["end"] == "2026-11-18T06:00:00Z"
    assert spike["verdict"].endswith("until 06:00 UTC 72 tickets were expected, and none came in afterwards")


def test_a_source_that_sends_no_tickets_but_other_events_is_not_silent(connection: Connection) -> None:
    """After its last ticket an export goes on with tickets that are solved: its data are complete."""
    state = make_state(connection)
    segment = segment_of_source("/zendesk/acme")
    for minute in range(0, 16 * 24 * 60, 5):
        state.counts.add(bucket_of(START + timedelta(minutes=minute)), SeriesKey(0, segment))
    solved = SILENT + timedelta(minutes=20)
    connection.execute(insert(events), {
        "source": "/zendesk/acme", "id": "e-solved", "type": "ticket.solved", "subject": "T-1", "time": solved, "epoch": 0,
        "mined_epoch": 0, "late": False, "data": {},
    })  # fmt: skip
    assert not [one for one in mine(connection, state, 0, 3) if "source" in one["segment"]]


def test_a_silent_channel_is_explained_by_its_segment_and_its_change(connection: Connection) -> None:
    """The release that took the hotline away is the cause, decoys are not; one that is recorded late is found all the same."""
    state = make_state(connection)
    record(connection, "redesign", "release", SILENT - timedelta(hours=1), EVERYTHING)
    record(connection, "chat-limits", "config", SILENT - timedelta(minutes=10), CHAT)
    record(connection, "phones-are-down", "incident", SILENT + timedelta(hours=4), PHONE)
    (spike,) = mine(connection, state, 0, 16)
    assert [(cause["kind"], cause["segment"]) for cause in spike["causes"]] == [("segment", {"channel": "phone"})]
    record(connection, "hotline-moved", "release", SILENT - timedelta(minutes=15), PHONE)
    (spike,) = mine(connection, state, 16, 18)
    segment, release = spike["causes"]
    assert (release["kind"], release["change_id"]) == ("change", "hotline-moved")
    assert release["contribution"] == 1.0
    assert segment["reason"].startswith("Phone: 0 tickets where ")
    # The last telephone ticket came at 23:30, fifteen minutes before the release: the next one was not due before midnight.
    assert segment["reason"].endswith(
        "explains 100 % of what is missing, began about when release The hotline-moved was recorded."
    )
    assert spike["verdict"].startswith("What is missing is in channel phone. Release The hotline-moved was recorded ")
    assert spike["end"] is None
