from datetime import UTC, datetime, timedelta

import pytest

from alerts.channels.base import ChannelAbilities
from alerts.errors import DeliveryRecoverable, MessageGone
from alerts.outbox import deliver, deliver_all
from alerts.ownership import Audience, Ownership
from alerts.settings import AlertSettings
from store.database import open_database, upgrade
from store.living_messages import LivingMessage, read_living, write_living
from store.outbox import backlog, enqueue
from tests.harness.memory_channel import MemoryChannel

NOON = datetime(2026, 11, 29, 12, tzinfo=UTC)
SETTINGS = AlertSettings(delivery_tries=1)
LIVING = ChannelAbilities(updates=True, threads=True)


@pytest.fixture
def engine(sqlite_url):
    """An empty database."""
    engine = open_database(sqlite_url)
    upgrade(engine)
    yield engine
    engine.dispose()


def put(engine, revision, news, incident=7, audience="everyone"):
    """Enqueue one row about an incident."""
    payload = {
        "incident_id": incident,
        "revision": revision,
        "news": news,
        "title": "Pix pending",
        "reason": f"r{revision}",
    }
    with engine.begin() as connection:
        enqueue(
            connection, key=f"incident:{incident}:{revision}:{audience}", kind="incident", audience=audience,
            payload=payload, sequence=f"incident:{incident}:{audience}",
        )  # fmt: skip


def run(engine, *channels, now=NOON, once=False, settings=SETTINGS):
    """Deliver what is due at `now`, once or until nothing is."""
    send = deliver if once else deliver_all
    ownership = Ownership((Audience("everyone", channels=tuple(one.name for one in channels)),))
    return send(engine, {one.name: one for one in channels}, ownership, clock=lambda: now, settings=settings)


def revisions(messages):
    """Revisions of messages, in order."""
    return [message.revision for message in messages]


def stored(engine, channel="chat"):
    """The living message of the incident."""
    with engine.connect() as connection:
        return read_living(connection, "incident:7", "everyone", channel)


def states(engine):
    """Outbox rows by state."""
    with engine.connect() as connection:
        return backlog(connection)


def test_an_update_edits_the_first_message(engine):
    """What is no news changes the message that is there and adds none."""
    chat = MemoryChannel("chat", abilities=LIVING)
    put(engine, 1, "opened")
    run(engine, chat)
    put(engine, 2, None)
    run(engine, chat)
    assert revisions(chat.messages) == [1]
    assert [(number, message.revision) for number, message in chat.edits] == [(1, 2)]
    assert stored(engine) == LivingMessage("incident:7", "everyone", "chat", {"number": 1}, 2)


def test_news_follows_in_the_thread_and_refreshes_the_first(engine):
    """News is posted under the first message, which shows the new state, too; both are once."""
    chat = MemoryChannel("chat", abilities=LIVING)
    put(engine, 1, "opened")
    put(engine, 2, "escalated")
    run(engine, chat)
    assert [(message.revision, message.thread) for message in chat.messages] == [(1, None), (2, {"number": 1})]
    assert [(number, message.revision) for number, message in chat.edits] == [(1, 2)]


def test_a_channel_that_cannot_edit_skips_updates(engine):
    """An update is nothing to a channel that only posts; the row is done."""
    post = MemoryChannel("post")
    for revision, news in ((1, "opened"), (2, None), (3, "ended")):
        put(engine, revision, news)
        run(engine, post)
    assert revisions(post.messages) == [1, 3]
    assert [message.thread for message in post.messages] == [None, None]
    assert states(engine) == {"sent": 3}


def test_updates_that_waited_are_sent_as_one(engine):
    """Of updates that come together, as after quiet hours, only the last one is sent, and news never gets lost."""
    chat = MemoryChannel("chat", abilities=LIVING)
    for revision, news in ((1, "opened"), (2, None), (3, None), (4, "escalated"), (5, None), (6, None)):
        put(engine, revision, news)
    run(engine, chat)
    assert revisions(chat.messages) == [1, 4]
    assert [message.revision for _, message in chat.edits] == [4, 6]
    assert states(engine) == {"sent": 6}


def test_a_stale_revision_never_overwrites_a_newer_one(engine):
    """A row that comes late, as one that was retried by hand, neither edits nor posts over what is shown."""
    chat = MemoryChannel("chat", abilities=LIVING)
    with engine.begin() as connection:
        write_living(connection, LivingMessage("incident:7", "everyone", "chat", {"number": 9}, 5), NOON)
        write_living(connection, LivingMessage("incident:7", "everyone", "chat", {"number": 1}, 4), NOON)
    put(engine, 3, "escalated")
    put(engine, 5, "ended")
    run(engine, chat)
    assert (chat.messages, chat.edits) == ([], [])
    assert stored(engine).reference == {"number": 9}
    assert states(engine) == {"sent": 2}


def test_a_message_that_somebody_deleted_comes_back_with_news_only(engine):
    """An edit of a message that is gone is no failure; the next news is posted as a first message."""
    chat = MemoryChannel("chat", abilities=LIVING)
    put(engine, 1, "opened")
    run(engine, chat)
    chat._failures = [MessageGone("chat", "gone"), MessageGone("chat", "gone")]
    put(engine, 2, None)
    run(engine, chat)
    assert (revisions(chat.messages), states(engine)) == ([1], {"sent": 2})
    put(engine, 3, "escalated")
    run(engine, chat)
    assert [(message.revision, message.thread) for message in chat.messages] == [(1, None), (3, None)]
    put(engine, 4, None)
    run(engine, chat)
    assert [(number, message.revision) for number, message in chat.edits] == [(2, 4)]


def test_rows_of_one_incident_stay_in_order_while_a_channel_is_down(engine):
    """A later row waits for an earlier one of its incident in that channel; other incidents and channels go on."""
    down = MemoryChannel("down", failures=(DeliveryRecoverable("down", "busy"),))
    up = MemoryChannel("up")
    put(engine, 1, "opened")
    put(engine, 2, "escalated")
    put(engine, 1, "opened", incident=8)
    run(engine, down, up)
    assert [message.key for message in up.messages] == [
        "incident:7:1:everyone", "incident:8:1:everyone", "incident:7:2:everyone",
    ]  # fmt: skip
    assert down.messages == []
    for minutes in (5, 6):
        run(engine, down, up, now=NOON + timedelta(minutes=minutes))
    sevens = [message.revision for message in down.messages if message.subject == "incident:7"]
    assert sevens == [1, 2]
    assert len(down.messages) == len(up.messages) == 3


def test_a_dead_row_does_not_block_its_incident(engine):
    """Once an earlier row is given up, the next one is sent, as a first message of its own."""
    chat = MemoryChannel("chat", failures=(DeliveryRecoverable("chat", "busy"),), abilities=LIVING)
    put(engine, 1, "opened")
    put(engine, 2, "escalated")
    settings = SETTINGS.model_copy(update={"delivery_attempts": 1})
    assert run(engine, chat, settings=settings, once=True).failed == 1
    run(engine, chat, now=NOON + timedelta(minutes=1), settings=settings)
    assert [(message.revision, message.thread) for message in chat.messages] == [(2, None)]
    assert states(engine) == {"failed": 1, "sent": 1}


def test_each_audience_and_channel_has_its_own_living_message(engine):
    """Two audiences that share a channel have a message each."""
    chat = MemoryChannel("chat", abilities=LIVING)
    ownership = Ownership((Audience("ops", channels=("chat",)), Audience("everyone", channels=("chat",))))
    for audience in ("ops", "everyone"):
        put(engine, 1, "opened", audience=audience)
        put(engine, 2, None, audience=audience)
    deliver_all(engine, {"chat": chat}, ownership, clock=lambda: NOON, settings=SETTINGS)
    assert sorted((message.audience, message.revision) for message in chat.messages) == [("everyone", 1), ("ops", 1)]
    assert sorted((number, message.audience) for number, message in chat.edits) == sorted(
        (number, message.audience) for number, message in enumerate(chat.messages, 1)
    )
