from datetime import UTC, datetime, timedelta

import pytest

from alerts.errors import DeliveryFinal, DeliveryRecoverable
from alerts.outbox import deliver
from alerts.ownership import Audience, Ownership, QuietHours
from alerts.settings import AlertSettings
from store.database import open_database, upgrade
from store.outbox import backlog, claim, enqueue
from tests.harness.memory_channel import MemoryChannel

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
SETTINGS = AlertSettings()
PAYLOAD = {"kind": "new_theme", "theme_name": "Pix *pending*", "reason": "42 tickets in <b>"}
BOTH = Ownership((Audience("everyone", channels=("one", "two")),))


@pytest.fixture
def engine(sqlite_url):
    """A database with one alert in its outbox."""
    engine = open_database(sqlite_url)
    upgrade(engine)
    with engine.begin() as connection:
        enqueue(
            connection,
            key="alert 1",
            kind="alert",
            audience="everyone",
            payload=PAYLOAD,
        )
    yield engine
    engine.dispose()


def run(engine, ownership, now, *channels, settings=SETTINGS):
    """Deliver once at `now`."""
    return deliver(
        engine,
        {channel.name: channel for channel in channels},
        ownership,
        clock=lambda: now,
        settings=settings,
    )


def states(engine):
    """Outbox rows by state."""
    with engine.connect() as connection:
        return backlog(connection)


def test_a_message_goes_to_every_channel_once(engine):
    """One round sends to all channels of the audience, escaped, and the next round sends nothing."""
    one, two = MemoryChannel("one"), MemoryChannel("two")
    assert run(engine, BOTH, NOON, one, two).sent == 1
    assert run(engine, BOTH, NOON, one, two).sent == 0
    assert [message.text for message in one.messages + two.messages] == [
        "**new theme: Pix \\*pending\\*** – 42 tickets in &lt;b&gt;\n"
    ] * 2
    assert states(engine) == {"sent": 1}


def test_a_channel_that_is_down_is_tried_again_alone(engine):
    """After a recoverable failure only the channel that failed sees it again, after a wait that doubles."""
    one = MemoryChannel("one")
    two = MemoryChannel("two", failures=(DeliveryRecoverable("two", "busy"), DeliveryRecoverable("two", "busy")))
    first = run(engine, BOTH, NOON, one, two)
    assert (first.retried, first.problems) == (1, ("alert 1: channel two: busy",))
    assert run(engine, BOTH, NOON + timedelta(seconds=29), one, two).retried == 0
    assert run(engine, BOTH, NOON + timedelta(seconds=30), one, two).retried == 1
    assert run(engine, BOTH, NOON + timedelta(seconds=89), one, two).sent == 0
    assert run(engine, BOTH, NOON + timedelta(seconds=90), one, two).sent == 1
    assert (len(one.messages), len(two.messages)) == (1, 1)


def test_a_channel_may_ask_for_a_longer_wait(engine):
    """A wait that the channel names is kept where it is the longer one."""
    one = MemoryChannel("one")
    two = MemoryChannel("two", failures=(DeliveryRecoverable("two", "slow down", timedelta(minutes=10)),))
    run(engine, BOTH, NOON, one, two)
    assert claim(engine, now=NOON + timedelta(minutes=9), lease=timedelta(minutes=1)) == []
    assert run(engine, BOTH, NOON + timedelta(minutes=10), one, two).sent == 1


def test_a_final_failure_ends_a_row(engine):
    """What is refused for good is marked as failed, said once, and never tried again."""
    one = MemoryChannel("one")
    two = MemoryChannel("two", failures=(DeliveryFinal("two", "no such chat"),))
    assert run(engine, BOTH, NOON, one, two).problems == ("alert 1: channel two: no such chat",)
    assert states(engine) == {"failed": 1}
    assert run(engine, BOTH, NOON + timedelta(days=1), one, two).sent == 0
    assert len(one.messages) == 1


def test_an_unknown_channel_is_named(engine):
    """A channel that this process does not have fails the row with a sentence that names both."""
    done = run(engine, BOTH, NOON, MemoryChannel("one"))
    assert done.failed == 1
    assert "received a notification for the channel 'two'; this process has one" in done.problems[0]


def test_attempts_are_bounded(engine):
    """A channel that stays down is given up after the set number of attempts."""
    settings = AlertSettings(delivery_attempts=2)
    one = MemoryChannel("one", failures=tuple(DeliveryRecoverable("one", "down") for _ in range(9)))
    two = MemoryChannel("two")
    assert run(engine, BOTH, NOON, one, two, settings=settings).retried == 1
    assert run(engine, BOTH, NOON + timedelta(hours=1), one, two, settings=settings).failed == 1
    assert states(engine) == {"failed": 1}


def test_nothing_is_sent_in_quiet_hours(engine):
    """A notification waits for the end of its audience's quiet hours and is then sent."""
    hours = QuietHours(datetime(2026, 1, 1, 11).time(), datetime(2026, 1, 1, 13).time())  # noqa: DTZ001 - a time of day
    quiet = Ownership((Audience("everyone", channels=("one",), quiet_hours=hours),))
    one = MemoryChannel("one")
    assert run(engine, quiet, NOON, one).sent == 0
    assert states(engine) == {"waiting": 1}
    assert run(engine, quiet, NOON + timedelta(hours=1), one).sent == 1
