import json
import random
import threading
from collections import Counter
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from alerts.channels.base import ChannelAbilities, Message
from alerts.channels.http import HttpSender
from alerts.channels.relay import AppriseChannel
from alerts.channels.slack import SlackChannel, make_client
from alerts.channels.webhook import WebhookChannel, WebhookSigner
from alerts.deadline import DeadlinePassed, within
from alerts.errors import DeliveryFinal, DeliveryRecoverable
from alerts.outbox import deliver, deliver_all
from alerts.ownership import Audience, Ownership
from alerts.settings import AlertSettings
from store.channel_states import hold_channel, read_channel_states, resume_channel
from store.database import open_database, upgrade
from store.living_messages import read_living
from store.outbox import backlog, claim, enqueue, read_unfinished, renew, try_at_once
from tests.harness.memory_channel import MemoryChannel
from tests.harness.ports import free_ports
from tests.harness.receivers import HANGS, LONG, HttpReply, http_receiver

NOON = datetime(2026, 11, 29, 12, tzinfo=UTC)
assert httpx  # imported here, so that no attempt has to wait for it
SETTINGS = AlertSettings(delivery_lease=timedelta(seconds=20))
"""Five seconds for each channel and message."""


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self):
        self.now = NOON

    def __call__(self):
        """Return the time."""
        return self.now


@pytest.fixture
def clock():
    """A clock for both sides."""
    return Clock()


@pytest.fixture
def engine(sqlite_url):
    """An empty database."""
    engine = open_database(sqlite_url)
    upgrade(engine)
    yield engine
    engine.dispose()


def put(engine, revision, incident=7, news="escalated"):
    """Enqueue one row about an incident."""
    payload = {
        "incident_id": incident,
        "revision": revision,
        "news": news,
        "title": f"i{incident}",
        "reason": f"r{revision}",
    }
    with engine.begin() as connection:
        enqueue(
            connection, key=f"incident:{incident}:{revision}:everyone", kind="incident", audience="everyone",
            payload=payload, sequence=f"incident:{incident}:everyone",
        )  # fmt: skip


def hook(receiver, clock, name="hook", timeout=LONG):
    """A webhook to a receiver."""
    http = HttpSender(name, timeout, clock, reads=False)
    return WebhookChannel(name, receiver.url, WebhookSigner((b"s",)), http, clock)


def run(engine, clock, *channels, settings=SETTINGS):
    """Deliver all that is due."""
    ownership = Ownership((Audience("everyone", channels=tuple(one.name for one in channels)),))
    return deliver_all(engine, {one.name: one for one in channels}, ownership, clock=clock, settings=settings)


def keys(receiver):
    """The keys that came, in order."""
    return [body["key"] for body in receiver.bodies()]


def states(engine):
    """Outbox rows by state."""
    with engine.connect() as connection:
        return backlog(connection)


def state(engine, name="hook"):
    """The state of a channel."""
    with engine.connect() as connection:
        return read_channel_states(connection)[name]


def test_a_channel_that_says_when_pauses_and_others_go_on(engine, clock):
    """After 429 nothing is sent to that channel until the time that it named, and everything to the others."""
    other = MemoryChannel("other")
    for incident in (1, 2, 3):
        put(engine, 1, incident)
    with http_receiver(HttpReply(429, b"", {"retry-after": "600"}), HttpReply()) as receiver:
        channel = hook(receiver, clock)
        assert run(engine, clock, channel, other).retried == 3
        assert (len(receiver.requests), len(other.messages)) == (1, 3)
        assert state(engine).paused_until == NOON + timedelta(seconds=600)
        clock.now += timedelta(seconds=599)
        put(engine, 1, 4)
        run(engine, clock, channel, other)
        assert (len(receiver.requests), len(other.messages)) == (1, 4)
        clock.now += timedelta(seconds=1)
        run(engine, clock, channel, other)
        clock.now += timedelta(seconds=1)
        run(engine, clock, channel, other)
    assert Counter(keys(receiver)[1:]) == {f"incident:{number}:1:everyone": 1 for number in (1, 2, 3, 4)}
    assert (states(engine), state(engine).failures, len(other.messages)) == ({"sent": 4}, 0, 4)


def test_a_channel_that_a_person_paused_gets_nothing_until_then(engine, clock):
    """Others go on; a success elsewhere does not end the pause, and once it is resumed what waited is sent once."""
    other = MemoryChannel("other")
    with engine.begin() as connection:
        hold_channel(connection, "hook", NOON + timedelta(hours=4), "ann")
    put(engine, 1)
    with http_receiver(HttpReply()) as receiver:
        channel = hook(receiver, clock)
        run(engine, clock, channel, other)
        clock.now += timedelta(hours=1)
        run(engine, clock, channel, other)
        assert (len(receiver.requests), len(other.messages)) == (0, 1)
        assert (state(engine).held_by, state(engine).resumes_at(clock.now)) == ("ann", NOON + timedelta(hours=4))
        with engine.begin() as connection:
            resume_channel(connection, "hook")
            assert try_at_once(connection) == 1
        run(engine, clock, channel, other)
    assert (len(receiver.requests), len(other.messages)) == (1, 1)
    assert (state(engine).held_by, state(engine).resumes_at(clock.now)) == (None, None)


@pytest.mark.parametrize("bad", [HttpReply(500), HttpReply(drop="unread"), HANGS], ids=["500", "drops", "hangs"])
def test_what_passes_soon_is_tried_again_in_the_same_attempt(engine, clock, bad):
    """A receiver that recognizes repetitions gets the message again at once, under the same key; the row needs one attempt."""
    put(engine, 1)
    # The second answer comes at once, and is waited for as long as the first one, which may not come at all.
    timeout = timedelta(seconds=4) if bad is HANGS else LONG
    with http_receiver(bad, HttpReply()) as receiver:
        assert run(engine, clock, hook(receiver, clock, timeout=timeout)).sent == 1
    assert len({one["headers"]["idempotency-key"] for one in receiver.requests}) == 1
    assert len(receiver.requests) == 2


def test_what_slack_may_have_taken_is_not_posted_again_at_once(engine, clock):
    """Slack shows a repetition: an answer that was lost costs one attempt of the row and not three posts."""
    put(engine, 1)
    with http_receiver(
        HttpReply(drop="unread"), HttpReply.of_json({"ok": True, "channel": "C", "ts": "1"})
    ) as receiver:
        channel = SlackChannel("chat", lambda: make_client("t", receiver.url, LONG), "C", clock)
        assert run(engine, clock, channel).retried == 1
        assert len(receiver.requests) == 1
        clock.now += timedelta(minutes=1)
        assert run(engine, clock, channel).sent == 1
    assert len(receiver.requests) == 2


def test_an_answer_that_drips_in_ends_with_the_share_of_the_lease(engine, clock):
    """A refusal that comes byte by byte holds up nobody: the other channel is served, and the row waits."""
    put(engine, 1)
    other = MemoryChannel("other")
    settings = SETTINGS.model_copy(update={"delivery_lease": timedelta(seconds=2)})
    with http_receiver(HttpReply(500, b"x" * 500, drip=0.05)) as receiver:
        done = run(engine, clock, hook(receiver, clock), other, settings=settings)
    assert (done.retried, len(other.messages)) == (1, 1)
    assert "did not answer within 0.5 s" in done.problems[0]


def test_a_call_that_is_late_is_left_alone():
    """Its result comes too late for anybody; an error in time is raised."""
    ended = threading.Event()
    with pytest.raises(DeadlinePassed):
        within(0.05, ended.wait)
    ended.set()
    with pytest.raises(ZeroDivisionError):
        within(LONG.total_seconds(), lambda: 1 / 0)


def test_a_row_is_given_up_with_its_reason(engine, clock):
    """After the last attempt the row is dead, says why, and does not stop later ones."""
    put(engine, 1)
    put(engine, 2)
    settings = SETTINGS.model_copy(update={"delivery_attempts": 3, "delivery_tries": 1})
    with http_receiver(*[HttpReply(401, b"who are you")] * 3, HttpReply()) as receiver:
        channel = hook(receiver, clock)
        for _ in range(8):
            run(engine, clock, channel, settings=settings)
            clock.now += timedelta(hours=1)
    assert keys(receiver) == ["incident:7:1:everyone"] * 3 + ["incident:7:2:everyone"]
    assert states(engine) == {"failed": 1, "sent": 1}
    with engine.connect() as connection:
        [dead] = read_unfinished(connection)
    assert (
        dead.problem
        == "channel hook: the receiver answered 401 Unauthorized: who are you; check the address and the secret of the channel"
    )


def test_a_message_that_fails_again_and_again_delays_no_other(engine, clock):
    """A receiver that breaks at one message gets the others while that one is tried again and again."""
    for incident in range(1, 6):
        put(engine, 1, incident)

    def decide(request):
        return HttpReply(500) if json.loads(request["body"])["data"]["incident_id"] == 1 else HttpReply()

    with http_receiver(decide=decide) as receiver:
        channel = hook(receiver, clock)
        for _ in range(4):
            run(engine, clock, channel, settings=SETTINGS.model_copy(update={"delivery_tries": 1}))
            clock.now += timedelta(minutes=5)
    assert Counter(key for key in keys(receiver) if ":1:1:" not in key) == {
        f"incident:{number}:1:everyone": 1 for number in range(2, 6)
    }
    assert states(engine) == {"sent": 4, "waiting": 1}


def test_a_row_that_cannot_be_written_does_not_stop_the_round(engine, clock, monkeypatch):
    """A defect in one message or one channel costs that one only."""
    put(engine, 1, 1)
    put(engine, 1, 2)

    class Broken(MemoryChannel):
        def send(self, message):
            if message.subject == "incident:1":
                raise KeyError("boom")
            return super().send(message)

    broken = Broken("broken")
    done = run(engine, clock, broken)
    assert done.retried == 1
    assert "in a way that nobody expected (KeyError)" in done.problems[0]
    clock.now += timedelta(minutes=1)
    monkeypatch.setattr("alerts.messages.compose.render_page", lambda *_: 1 / 0)
    put(engine, 1, 3)
    done = run(engine, clock, MemoryChannel("other"))
    assert done.failed == 3
    assert "cannot be written (ZeroDivisionError)" in done.problems[0]


def test_a_sender_that_lost_its_claim_sends_nothing_more(engine, clock):
    """A sender that slept longer than its lease leaves the row to whoever has it now."""
    put(engine, 1)
    first = MemoryChannel("first")
    second = MemoryChannel("second")

    class Slow(MemoryChannel):
        def send(self, message):
            reference = super().send(message)
            clock.now += timedelta(minutes=5)
            assert len(claim(engine, now=clock.now, lease=timedelta(minutes=1))) == 1
            return reference

    slow = Slow("slow")
    done = run(engine, clock, first, slow, second)
    assert (done.skipped, len(first.messages), len(slow.messages), len(second.messages)) == (1, 1, 1, 0)
    assert states(engine) == {"claimed": 1}
    with engine.connect() as connection:
        # What is out is known, so that the other sender does not send it again.
        assert read_living(connection, "incident:7", "everyone", "slow") is not None


def test_a_sender_that_dies_each_time_is_stopped_in_the_end(engine, clock):
    """A message that kills its sender is given up after twice the number of attempts."""
    put(engine, 1)
    settings = SETTINGS.model_copy(update={"delivery_attempts": 2})
    for _ in range(4):
        [begun] = claim(engine, now=clock.now, lease=timedelta(seconds=1))
        clock.now += timedelta(seconds=1)
        assert renew(engine, begun, clock.now, begins=True)
    memory = MemoryChannel("memory")
    assert run(engine, clock, memory, settings=settings).failed == 1
    assert (memory.messages, states(engine)) == ([], {"failed": 1})


@pytest.mark.parametrize("seed", range(2))
def test_whatever_receivers_do_each_message_comes_in_order(engine, clock, seed):
    """With answers at random, every message comes to every channel, once by its key, and those of an incident in their order."""
    rng = random.Random(seed)
    bad = [
        HttpReply(500),
        HttpReply(429, b"", {"retry-after": "90"}),
        HttpReply(drop="unread"),
        HttpReply(503),
        HttpReply(403),
    ]
    expected = []
    for revision in range(1, 4):
        for incident in range(1, 4):
            put(engine, revision, incident)
            expected.append(f"incident:{incident}:{revision}:everyone")
    taken = {"one": [], "two": []}

    def deciding(name):
        def decide(request):
            reply = HttpReply() if rng.random() < 0.6 else rng.choice(bad)
            if reply.status == 200:  # also where the answer is lost
                taken[name].append(json.loads(request["body"])["key"])
            return reply

        return decide

    settings = SETTINGS.model_copy(update={"delivery_tries": 1})
    with http_receiver(decide=deciding("one")) as one, http_receiver(decide=deciding("two")) as two:
        channels = [hook(one, clock, "one"), hook(two, clock, "two")]
        for _ in range(200):
            run(engine, clock, *channels, settings=settings)
            if states(engine) == {"sent": len(expected)}:
                break
            clock.now += timedelta(minutes=20)
    assert states(engine) == {"sent": len(expected)}
    for came in taken.values():
        once = list(dict.fromkeys(came))
        assert sorted(once) == sorted(expected)
        for incident in range(1, 4):
            own = [key for key in once if key.startswith(f"incident:{incident}:")]
            assert own == [key for key in expected if key.startswith(f"incident:{incident}:")]


def test_two_senders_at_once_send_each_message_once(database_url):
    """Two senders on one database share the rows: every channel gets each message once."""
    engines = [open_database(database_url) for _ in range(2)]
    upgrade(engines[0])
    for revision in (1, 2, 3):
        for incident in range(1, 9):
            put(engines[0], revision, incident)
    living = ChannelAbilities(updates=True, threads=True)
    channels = [MemoryChannel("one", abilities=living), MemoryChannel("two")]
    ownership = Ownership((Audience("everyone", channels=("one", "two")),))
    by_name = {one.name: one for one in channels}
    barrier, errors = threading.Barrier(2), []

    def send(engine):
        try:
            barrier.wait()
            for _ in range(60):
                deliver(engine, by_name, ownership, clock=lambda: NOON, settings=SETTINGS, limit=3)
        except Exception as error:  # noqa: BLE001 - shown below: a thread's exception is lost
            errors.append(error)

    threads = [threading.Thread(target=send, args=(engine,)) for engine in engines]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=LONG.total_seconds())
    assert errors == []
    assert states(engines[0]) == {"sent": 24}
    for engine in engines:
        engine.dispose()
    for channel in channels:
        came = sorted((message.subject, at, message.revision) for at, message in enumerate(channel.messages))
        assert [revision for _, _, revision in came] == [1, 2, 3] * 8


def test_apprise_reaches_a_service_and_its_answer_is_classified():
    """A service that Apprise knows gets the plain text; what it refuses is final, what it cannot do now waits."""
    with http_receiver(HttpReply(), HttpReply(400), HttpReply(503), HttpReply(403)) as receiver:
        address = receiver.url.replace("http://", "json://")
        channel = AppriseChannel("svc", lambda _: address, LONG)
        message = Message("k", "alert", "ops", "**x**", title="New: <!channel>", plain="New: <!channel>\n")
        assert channel.send(message) == {"service": "JSON"}
        with pytest.raises(DeliveryFinal, match="400"):
            channel.send(message)
        with pytest.raises(DeliveryRecoverable, match="503") as down:
            channel.send(message)
        with pytest.raises(DeliveryRecoverable, match="403") as mended:
            channel.send(message)
    assert (down.value.transient, mended.value.transient) == (True, False)
    body = json.loads(receiver.requests[0]["body"])
    assert (body["title"], body["message"]) == ("New: <!channel>", "New: <!channel>")
    gone = AppriseChannel("svc", lambda _: f"json://127.0.0.1:{free_ports(1)[0]}", LONG)
    with pytest.raises(DeliveryRecoverable, match="cannot be reached"):
        gone.send(message)
