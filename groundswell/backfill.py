"""Backfill as the command line runs it."""

from __future__ import annotations

import sys
from datetime import UTC, datetime

from groundswell.requester_keys import confirm_key
from groundswell.session import admission_rules, make_embedder, now, open_session
from groundswell.terminal_ingest import INTERRUPTED, StopRequest
from store.database import reading
from store.offsets import read_offsets
from store.requester_keys import RequesterKeyKind
from stream.kafka.backfill import backfill, read_until
from stream.kafka.deadletters import KafkaDeadLetters, make_producer
from stream.kafka.intake import Intake
from stream.kafka.offsets import committed_offsets
from stream.kafka.topics import Topics, partitions_of
from stream.processing import BatchOutcome, Processor


class StderrFollower:
    """A follower that reports obstacles on stderr."""

    def stored(self, topic: str, outcome: BatchOutcome, messages: int) -> None:
        """A batch was committed: the closing sentence counts it."""

    def failed(self, topic: str, error: Exception, attempt: int) -> None:
        """An attempt failed."""
        sys.stderr.write(
            f"groundswell: {topic} cannot be stored ({type(error).__name__}), attempt {attempt}; trying again\n"
        )

    def gap(self, topic: str, partition: int, expected: int, found: int) -> None:
        """A later part is read first; the workers store the rest."""


def run_backfill(database: str | None, since: datetime | None) -> int:
    """Read all incoming topics again from `since` to the position of the store or the group; returns the exit code."""
    session = open_session(database)
    settings = session.settings.stream
    names = Topics(settings.topics.prefix)
    key = settings.key()
    confirm_key(session.settings, session.engine, RequesterKeyKind.SETTING, key, now)
    partitions_of(settings, names.incoming)
    with reading(session.engine) as connection:
        stored = {
            (row["stream"], row["partition"]): row["position"] for row in read_offsets(connection, names.incoming)
        }
    until = read_until(stored, committed_offsets(settings, names.incoming))
    letters = KafkaDeadLetters(names.deadletters, lambda: make_producer(settings))
    given = session.settings
    rules = admission_rules(given, key, session.engine)
    processor = Processor(make_embedder(given), key, now, given.embedding.macros, rules)
    aware = since.replace(tzinfo=UTC) if since is not None and since.tzinfo is None else since
    with StopRequest() as stop:
        intake = Intake(
            session.engine,
            processor,
            letters,
            epoch=session.settings.mining.epoch,
            follower=StderrFollower(),
            stop=stop,
        )
        done = backfill(settings, intake, until, since=aware, stop=stop)
    letters.close()
    found = done.outcome
    sys.stderr.write(
        f"{done.messages:,} messages read again: {found.stored:,} were missing and are stored, "
        f"{found.repeated:,} were there, {sum(found.refused.values()):,} are quarantined.\n"
    )
    return INTERRUPTED if stop() else 0
