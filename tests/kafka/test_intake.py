"""The intake on both databases, without a broker: whatever fails, each message has its effect once."""

from collections import Counter
from datetime import UTC, datetime, timedelta

import orjson
import pytest
from sqlalchemy import event as hooks
from sqlalchemy import func, select
from sqlalchemy.exc import DataError, OperationalError
from structlog.testing import capture_logs

from models.embedding import HashingEmbedder
from store.database import open_database, reading, upgrade
from store.epochs import MinerRow, write_miner
from store.offsets import read_offsets
from store.schema import events, quarantine, tickets
from stream.kafka.frontier import REPLAYING
from stream.kafka.headers import HeaderMark, mark_message
from stream.kafka.intake import Arrived, Intake
from stream.processing import Processor

NOW = datetime(2026, 12, 1, tzinfo=UTC)
EPOCH = timedelta(minutes=5)
TOPIC = "groundswell.tickets"


class Kept:
    """Dead letters that are kept; fails as often as asked."""

    def __init__(self, failures=0):
        self.letters = []
        self.failures = failures

    def send(self, topic, refused):
        """Keep them, or fail."""
        if self.failures:
            self.failures -= 1
            raise OSError(111, "Connection refused")
        self.letters += [(topic, raw.partition, raw.position, refusal.reason.value) for raw, refusal in refused]


class Seen:
    """A follower that remembers."""

    def __init__(self):
        self.failures, self.gaps = Counter(), []

    def stored(self, topic, outcome, messages):
        """Nothing to keep: the answer says it."""

    def failed(self, topic, error, attempt):
        """Count it."""
        self.failures[type(error).__name__] += 1

    def gap(self, topic, partition, expected, found):
        """Keep it."""
        self.gaps.append((partition, expected, found))


@pytest.fixture
def engine(database_url):
    """Return an empty database at head."""
    engine = open_database(database_url)
    upgrade(engine)
    yield engine
    engine.dispose()


@pytest.fixture
def follower():
    """Return a follower that remembers."""
    return Seen()


@pytest.fixture
def letters():
    """Return dead letters that are kept."""
    return Kept()


@pytest.fixture(autouse=True)
def waits(monkeypatch):
    """Return the waits between attempts, in seconds, none of which is waited."""
    waited = []
    monkeypatch.setattr("time.sleep", waited.append)
    return waited


@pytest.fixture
def intake(engine, follower, letters):
    """Return an intake."""
    return Intake(engine, Processor(HashingEmbedder(), b"k", lambda: NOW), letters, epoch=EPOCH, follower=follower)


def message(offset, *, partition=0, number=None, minute=0, kind="ticket.created", data=None):
    """A ticket event in binary mode."""
    number = offset if number is None else number
    headers = {
        "specversion": "1.0", "id": f"e{number}", "source": "/s", "type": kind,
        "time": f"2026-11-20T08:{minute:02}:00Z", "subject": f"T{number}",
    }  # fmt: skip
    value = orjson.dumps({"title": f"coins {number}"} if data is None else data)
    return Arrived(partition, offset, [(f"ce_{name}", text.encode()) for name, text in headers.items()], value)


def mark(offset, which, partition=0):
    """A replay's mark."""
    sent = mark_message(which)
    return Arrived(partition, offset, sent.headers, sent.value)


def row(engine, partition=0):
    """A partition's row of offsets."""
    with reading(engine) as connection:
        return {one["partition"]: one for one in read_offsets(connection, [TOPIC])}[partition]


def count(engine, table):
    """Number of rows."""
    with reading(engine) as connection:
        return connection.execute(select(func.count()).select_from(table)).scalar_one()


def test_rows_and_offsets_come_together(engine, intake):
    """A batch over two partitions stores its events, its offsets and each partition's newest time."""
    outcome = intake.take(TOPIC, [message(0, minute=9), message(1, minute=4), message(7, partition=2, minute=5)])
    assert (outcome.stored, outcome.tickets, count(engine, events), count(engine, tickets)) == (3, 3, 3, 3)
    assert (row(engine)["position"], row(engine)["newest"].minute) == (2, 9)
    assert (row(engine, 2)["position"], row(engine, 2)["newest"].minute) == (8, 5)


def test_a_redelivered_batch_has_no_effect(engine, intake):
    """After a kill Kafka delivers again: nothing is stored twice, and a row of offsets never moves back."""
    intake.take(TOPIC, [message(n) for n in range(4)])
    again = intake.take(TOPIC, [message(n) for n in range(2)])
    assert (again.stored, again.repeated, row(engine)["position"], row(engine)["lines"]) == (0, 2, 4, 4)


def test_poison_goes_to_quarantine_and_to_the_dead_letters(engine, intake, letters):
    """A record that is no event is set aside with its reason; its neighbours are stored."""
    outcome = intake.take(TOPIC, [message(0), message(1, kind="ticket.exploded"), message(2)])
    assert (outcome.stored, dict(outcome.refused), count(engine, quarantine)) == (2, {"unknown_type": 1}, 1)
    assert letters.letters == [(TOPIC, 0, 1, "unknown_type")]


def test_a_database_that_is_away_is_waited_for(engine, intake, follower, waits):
    """A batch is tried in place until the database is back, with growing waits, and then stored once."""
    failing = iter([True] * 9 + [False] * 99)

    @hooks.listens_for(engine, "commit")
    def refuse(_connection):
        if next(failing):
            raise OperationalError("COMMIT", {}, Exception("gone"))

    intake.take(TOPIC, [message(0)])
    assert (count(engine, events), follower.failures["OperationalError"]) == (1, 9)
    assert all(0.2 * 2**number <= wait <= 0.2 * 2**number + 1.0 for number, wait in enumerate(waits[:5]))
    assert waits[-1] == 10.0


def test_a_stop_ends_the_attempts(engine, letters, follower, waits):
    """Where a stop is asked for while the database is away, its failure is raised and nothing is stored."""
    asked = iter([False, False, True])
    processor = Processor(HashingEmbedder(), b"k", lambda: NOW)
    intake = Intake(engine, processor, letters, epoch=EPOCH, follower=follower, stop=lambda: next(asked))

    @hooks.listens_for(engine, "commit")
    def refuse(_connection):
        raise OperationalError("COMMIT", {}, Exception("gone"))

    with pytest.raises(OperationalError):
        intake.take(TOPIC, [message(0)])
    assert (len(waits), follower.failures["OperationalError"]) == (2, 3)


def test_an_interruption_is_not_tried_again(engine, intake, waits):
    """A second Ctrl-C ends the process at once, also between two attempts."""

    @hooks.listens_for(engine, "commit")
    def interrupt(_connection):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        intake.take(TOPIC, [message(0)])
    assert waits == []


def test_nothing_of_a_ticket_is_logged_by_the_attempts(engine, intake):
    """What a database says of a failure quotes the ticket; only the follower reports it, by its kind."""
    failing = iter([True] + [False] * 99)

    @hooks.listens_for(engine, "commit")
    def refuse(_connection):
        if next(failing):
            raise OperationalError("COMMIT", {"title": "coins 0"}, Exception("gone"))

    with capture_logs() as logs:
        intake.take(TOPIC, [message(0)])
    assert logs == []


def test_an_answer_that_is_lost_after_the_commit_changes_nothing(engine, intake):
    """Where the commit took effect and the process never heard of it, the second attempt finds the rows there."""
    commit, lost = engine.dialect.do_commit, iter([True] + [False] * 99)

    def losing(connection):
        commit(connection)
        if next(lost):
            raise OperationalError("COMMIT", {}, Exception("lost"))

    engine.dialect.do_commit = losing
    outcome = intake.take(TOPIC, [message(0), message(1)])
    assert (outcome.stored, outcome.repeated, count(engine, events)) == (0, 2, 2)


def test_dead_letters_are_sent_before_the_commit(engine, follower):
    """A broker that is away holds the batch: no refusal is stored that was not reported."""
    letters = Kept(failures=2)
    processor = Processor(HashingEmbedder(), b"k", lambda: NOW)
    intake = Intake(engine, processor, letters, epoch=EPOCH, follower=follower)
    intake.take(TOPIC, [message(0, kind="nothing")])
    assert (follower.failures["ConnectionRefusedError"], len(letters.letters), count(engine, quarantine)) == (2, 1, 1)


def test_a_value_that_the_database_refuses_is_set_aside_alone(engine, intake):
    """The batch is taken one by one; the record that cannot be stored goes to quarantine, the others are stored."""

    @hooks.listens_for(engine, "before_cursor_execute")
    def refuse(_connection, _cursor, statement, parameters, *_):
        if "INSERT INTO events" in statement and "e1" in repr(parameters):
            raise DataError(statement, {}, Exception("out of range"))

    outcome = intake.take(TOPIC, [message(n) for n in range(3)])
    assert (outcome.stored, dict(outcome.refused), row(engine)["position"]) == (2, {"unstorable": 1}, 3)


def test_an_event_of_a_closed_epoch_is_late(engine, intake):
    """It is kept, and the first open epoch takes it."""
    with engine.begin() as connection:
        write_miner(connection, MinerRow(next_epoch=int(datetime(2026, 11, 20, 9, tzinfo=UTC).timestamp() // 300)))
    assert intake.take(TOPIC, [message(0)]).late == 1
    with reading(engine) as connection:
        found = connection.execute(select(events)).one()
    assert (found.late, found.epoch * 300) == (True, datetime(2026, 11, 20, 9, tzinfo=UTC).timestamp())


def test_marks_are_kept_with_the_offsets(engine, intake):
    """A replay's begin and end are part of the partition's row, and an event after the end opens it again."""
    intake.take(TOPIC, [mark(0, HeaderMark.STARTED)])
    assert (row(engine)["fingerprint"], row(engine)["ended"]) == (REPLAYING, False)
    intake.take(TOPIC, [message(1), mark(2, HeaderMark.ENDED)])
    assert (row(engine)["fingerprint"], row(engine)["ended"], row(engine)["position"]) == ("", True, 3)
    intake.take(TOPIC, [message(3)])
    assert not row(engine)["ended"]


def test_a_gap_is_reported(intake, follower):
    """Messages that were passed over are noticed by their offsets."""
    intake.take(TOPIC, [message(0)])
    intake.take(TOPIC, [message(5)])
    assert follower.gaps == [(0, 1, 5)]


def test_a_nested_monster_is_refused(intake):
    """Data nested deeper than any reader goes neither stops the stream nor its neighbours."""
    deep = Arrived(0, 0, message(0).headers, b'{"custom":' + b'{"a":' * 900 + b"1" + b"}" * 901)
    outcome = intake.take(TOPIC, [deep, message(1)])
    assert outcome.stored + sum(outcome.refused.values()) == 2
