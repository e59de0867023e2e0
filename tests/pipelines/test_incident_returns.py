"""A burst that returns every eight hours, from the counts to the messages."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Connection, insert, select

from alerts.ownership_file import read_ownership
from alerts.settings import AlertSettings
from models.alert import Gate
from models.bucket import bucket_of
from models.segment import EVERYTHING
from models.spikes import SeriesKey
from models.spikes.settings import SpikeSettings
from pipelines.epoch.alerts import decide_alerts
from pipelines.epoch.incidents import settle_incidents
from pipelines.epoch.spikes import detect_spikes
from pipelines.rules import Rules
from pipelines.settings import MiningSettings
from pipelines.state import MinerState, restore
from pipelines.state.themes import ThemeRecord
from store.epochs import MinerRow
from store.listings import list_spikes
from store.schema import assignments, decided_signals, outbox, tickets
from store.themes import write_themes
from tests.pipelines.chain import open_new
from tests.pipelines.making import make_context, make_window

START = datetime(2026, 10, 26, tzinfo=UTC)
FIRST = START + timedelta(days=9)
EVERY, LASTS = timedelta(hours=8), timedelta(minutes=15)
EPOCH = timedelta(minutes=15)
RULES = Rules(
    mining=MiningSettings(spikes=SpikeSettings(learning_hours=120)),
    alerts=AlertSettings(learning_period=timedelta(days=5)),
    ownership=read_ownership(None),
    model="none",
)
THEME = 1


@pytest.fixture
def connection(sqlite_url: str) -> Iterator[Connection]:
    """Return a connection to an empty database at head."""
    engine = open_new(sqlite_url)
    with engine.begin() as opened:
        yield opened
    engine.dispose()


def make_state(connection: Connection, bursts: int, *, size: int = 16) -> MinerState:
    """A theme with a ticket every hour, and bursts of a quarter of an hour."""
    state = restore(connection, MinerRow(), RULES.mining, "none", START)
    state.record_start = START
    state.counts.number_new([EVERYTHING])
    record = ThemeRecord(theme_id=THEME, name="payouts", first_seen=START, last_seen=START, size=100)
    state.themes.add(record)
    write_themes(connection, [record.as_row()])
    times = [START + timedelta(hours=hour, minutes=hour % 60) for hour in range(11 * 24)]
    times += [FIRST + number * EVERY + LASTS * at / size for number in range(bursts) for at in range(size)]
    for time in times:
        for theme in (0, THEME):
            state.counts.add(bucket_of(time), SeriesKey(theme, EVERYTHING))
    rows = [
        {
            "id": f"T-{number:05d}", "source": "/desk", "event_id": f"e-{number}", "time": time, "mined_epoch": 1, "title": "",
            "body": "", "counted": True, "status": "new",
        }
        for number, time in enumerate(times)
    ]  # fmt: skip
    connection.execute(insert(tickets), rows)
    placed = {"theme_id": THEME, "epoch": 1, "how": "vote", "confidence": 1.0, "remembered": True}
    connection.execute(insert(assignments), [{"ticket_id": row["id"], **placed} for row in rows])
    return state


def mine(connection: Connection, state: MinerState, start: datetime, end: datetime) -> None:
    """Detect, decide and settle epoch by epoch between two times."""
    while start < end:
        start += EPOCH
        context = make_context(connection, state, make_window(start, length=EPOCH), RULES)
        decide_alerts(context, (), detect_spikes(context))
        settle_incidents(context)


def sent(connection: Connection) -> list[tuple[str, str | None, str]]:
    """The messages about incidents: (incident, news, what it says)."""
    rows = connection.execute(select(outbox.c.key, outbox.c.payload).order_by(outbox.c.id))
    return [(key.split(":")[1], payload["news"], payload["reason"]) for key, payload in rows if payload["news"]]


def test_a_burst_that_returns_is_sent_at_once_and_is_one_incident(connection: Connection) -> None:
    """The second burst and the third are reported in the epoch in which they come, each as the same incident that is back."""
    state = make_state(connection, 3)
    mine(connection, state, FIRST - timedelta(hours=1), FIRST + EVERY)
    assert [(number, news) for number, news, _ in sent(connection)] == [("1", "opened"), ("1", "ended")]
    mine(connection, state, FIRST + EVERY, FIRST + EVERY + EPOCH)
    assert sent(connection)[-1][:2] == ("1", "returned")
    assert sent(connection)[-1][2].startswith("back: 2nd time since 4 Nov; ")
    mine(connection, state, FIRST + EVERY + EPOCH, FIRST + 2 * EVERY + EPOCH)
    assert sent(connection)[-1][2].startswith("back: 3rd time since 4 Nov, every 8 h; ")
    mine(connection, state, FIRST + 2 * EVERY + EPOCH, FIRST + 3 * EVERY)
    news = [news for _, news, _ in sent(connection)]
    assert news == ["opened", "ended", "returned", "ended", "returned", "ended"]
    # The detector's own spikes of these bursts, which it finds later, belong to the incident, and are no news.
    assert {row["incident_id"] for row in list_spikes(connection)} == {1}


def test_nothing_is_opened_for_what_is_calm_already(connection: Connection) -> None:
    """A burst that is judged for the first time four hours later is kept as a spike, with the reason why nobody was notified."""
    state = make_state(connection, 1)
    for minute in range(0, 20, 5):
        context = make_context(connection, state, make_window(FIRST + timedelta(minutes=minute)), RULES)
        found = detect_spikes(context)
    context = make_context(connection, state, make_window(FIRST + timedelta(hours=4)), RULES)
    state.episodes.put(*(state.episodes[one.spike_id].with_(expected=4.2) for one in found))
    decide_alerts(context, (), [state.episodes[one.spike_id] for one in found])
    settle_incidents(context)
    assert sent(connection) == []
    assert connection.execute(select(decided_signals.c.gate)).scalars().all() == [Gate.CALM_AGAIN.value]
    assert [row["gate"] for row in list_spikes(connection)] == [None]
