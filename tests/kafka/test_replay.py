"""A replay, with a producer that keeps what it is given."""

import re
from datetime import UTC, datetime, timedelta

import orjson
import pytest

from stream.admission_rules import AdmissionRules
from stream.kafka.deadletters import KafkaDeadLetters
from stream.kafka.headers import HeaderMark
from stream.kafka.replay import Pace, Replay
from stream.kafka.topics import Topics
from stream.raw import Raw
from stream.requester import seal_requester

START = datetime(2026, 11, 20, 8, tzinfo=UTC)
TOPICS = Topics("groundswell")


class Future:
    """What a producer answers: `get` notes that somebody waited."""

    def __init__(self, place, waited):
        self._place, self._waited = place, waited

    def get(self, timeout):
        """Note it."""
        self._waited.append(self._place)

    def add_errback(self, call):
        """Nothing fails."""


class Producer:
    """A producer that keeps what it is given."""

    def __init__(self):
        self.sent, self.waited = [], []

    def send(self, topic, *, value, key, headers, partition=None):
        """Keep it."""
        self.sent.append((topic, partition, key, dict(headers), value))
        return Future(len(self.sent) - 1, self.waited)

    def flush(self, timeout):
        """All is there."""


class Lines:
    """A source of events in memory."""

    stream = "memory"

    def __init__(self, *contents):
        self._contents = contents

    def records(self):
        """Each of them."""
        for place, content in enumerate(self._contents):
            yield Raw(place, content)

    def read_share(self):
        """Unknown."""

    def close(self):
        """Nothing is open."""


def ticket(number, minutes=0, **data):
    """A ticket event."""
    return {
        "specversion": "1.0", "id": f"e{number}", "source": "/s", "type": "ticket.created", "subject": f"T{number}",
        "time": (START + timedelta(minutes=minutes)).isoformat(), "data": {"title": "coins", **data},
    }  # fmt: skip


CHANGE = {**ticket(9), "type": "change.recorded", "subject": "C-1", "data": {"kind": "release", "title": "5.1.0"}}


@pytest.fixture
def producer():
    """Return a producer that keeps what it is given."""
    return Producer()


def run(producer, *contents, stop=lambda: False):
    """Replay events through the producer to two ticket partitions."""
    now = START + timedelta(days=1)
    letters = KafkaDeadLetters(TOPICS.deadletters, lambda: producer)
    replay = Replay(
        producer,
        letters,
        TOPICS,
        2,
        rules=AdmissionRules.of(b"k"),
        clock=lambda: now,
        pace=Pace(0, lambda: now, lambda _: None),
    )
    return replay.run(Lines(*contents), stop=stop)


def marks(producer):
    """The marks that were sent: type and partition."""
    return [(headers["ce_type"].decode(), partition) for _, partition, key, headers, _ in producer.sent if key is None]


def test_marks_stand_around_the_events(producer):
    """Every ticket partition is marked when a replay begins and when it has ended."""
    done = run(producer, ticket(1), ticket(2))
    assert done.sent == 2
    assert marks(producer) == [
        (HeaderMark.STARTED, 0),
        (HeaderMark.STARTED, 1),
        (HeaderMark.ENDED, 0),
        (HeaderMark.ENDED, 1),
    ]
    assert [key for _, _, key, _, _ in producer.sent if key] == [b"T1", b"T2"]


def test_a_replay_that_is_stopped_ends_nothing(producer):
    """After Ctrl-C the partitions wait for the rest: no epoch is closed on half a file."""
    done = run(producer, ticket(1), ticket(2), stop=lambda: len(producer.sent) > 2)
    assert (done.stopped, done.sent) == (True, 1)
    assert marks(producer) == [(HeaderMark.STARTED, 0), (HeaderMark.STARTED, 1)]


def test_a_change_is_there_before_the_tickets_after_it(producer):
    """Plans and changes are confirmed one by one; tickets are not waited for."""
    run(producer, ticket(1), CHANGE, ticket(2))
    assert [producer.sent[place][0] for place in producer.waited] == [TOPICS.changes]


def test_nothing_sensitive_is_sent(producer):
    """Text is redacted before it is written to Kafka, and requesters go as hashes."""
    run(producer, ticket(1, body="card 4111 1111 1111 1111", requester="ann@example.org"), ticket(2, requester="u-1"))
    values = [value for _, _, key, _, value in producer.sent if key]
    assert b"4111" not in values[0]
    assert b"ann@" not in values[0]
    assert re.fullmatch("requester-hash:[0-9a-f]{32}", orjson.loads(values[0])["requester"])
    assert orjson.loads(values[1])["requester"] == seal_requester("u-1", b"k")


def test_what_is_no_event_goes_to_the_dead_letters(producer):
    """A refused line is reported with its reason and its place in the file, and the others are sent."""
    done = run(producer, b"rubbish", ticket(1))
    assert (done.sent, dict(done.refused)) == (1, {"not_json": 1})
    topic, _, key, _, value = next(one for one in producer.sent if one[0] == TOPICS.deadletters)
    assert (topic, key, orjson.loads(value)["reason"]) == (TOPICS.deadletters, b"memory-0-0", "not_json")


class Watch:
    """A clock that goes on only while somebody sleeps."""

    def __init__(self):
        self.now = START

    def __call__(self):
        """The time."""
        return self.now

    def sleep(self, seconds):
        """Let it pass."""
        self.now += timedelta(seconds=seconds)


def test_event_time_passes_at_the_speed_that_was_asked_for():
    """At speed 60 an hour of events takes a minute, whether it goes to Kafka or is mined here."""
    watch = Watch()
    pace = Pace(60, watch, watch.sleep)
    times = []
    for minutes in (0, 30, 20, 60):
        pace.hold(START + timedelta(minutes=minutes))
        times.append((watch.now - START).total_seconds())
    assert times == [0, 30, 30, 60]


def test_speed_nought_never_waits():
    """As fast as it goes."""
    watch = Watch()
    Pace(0, watch, watch.sleep).hold(START + timedelta(days=3))
    assert watch.now == START
