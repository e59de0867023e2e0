"""`groundswell replay`: a file's events once more, at the speed that is asked for."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from groundswell.commands.options import Database
from groundswell.terminal import say


class ReplayTarget(StrEnum):
    """Where a replay goes."""

    here = "here"
    kafka = "kafka"


def replay(
    path: Annotated[
        str, typer.Argument(metavar="PATH", help="File of events (JSON lines or CSV); - is standard input.")
    ],
    speed: Annotated[
        float,
        typer.Option(
            "--speed", min=0, help="Event time passes so many times as fast as the clock; 0: as fast as it goes."
        ),
    ] = 0.0,
    to: Annotated[
        ReplayTarget, typer.Option("--to", help="Mine it in this process, or send it to the topics.")
    ] = ReplayTarget.here,
    mapping: Annotated[
        Path | None, typer.Option("--mapping", metavar="FILE", help="Which column of a CSV file is which field (TOML).")
    ] = None,
    database: Database = None,
) -> None:
    """Replay a file: here by the times of its events, to Kafka in the order of the file.

    Sending it twice has no effect twice; what is invalid goes to the dead letters.
    """
    if to is ReplayTarget.kafka:
        _to_kafka(path, speed, mapping)
        return
    _here(path, speed, mapping, database)


def _here(path: str, speed: float, mapping: Path | None, database: str | None) -> None:
    from time import sleep

    from groundswell.commands.ingest import open_options
    from groundswell.session import now, open_session
    from groundswell.terminal_ingest import ingest_sources
    from stream.kafka.replay import Pace
    from stream.opening import open_source

    source = open_source(path, open_options(mapping=mapping))
    code = ingest_sources(open_session(database, create=True), [source], hold=Pace(speed, now, sleep).hold)
    if code:
        raise typer.Exit(code)


def _to_kafka(path: str, speed: float, mapping: Path | None) -> None:
    from time import sleep

    from kafka.errors import KafkaError

    from groundswell.commands.ingest import open_options
    from groundswell.session import admission_rules, now
    from groundswell.settings import Settings
    from groundswell.terminal_ingest import INTERRUPTED, StopRequest
    from stream.kafka.deadletters import KafkaDeadLetters, make_producer
    from stream.kafka.errors import KafkaUnreachable
    from stream.kafka.replay import Pace, Replay
    from stream.kafka.topics import Topics, partitions_of
    from stream.opening import open_source

    given = Settings()
    settings = given.stream
    topics = Topics(settings.topics.prefix)
    key = settings.key()
    source = open_source(path, open_options(mapping=mapping))
    partitions = partitions_of(settings, topics.incoming)[topics.tickets]
    producer = make_producer(settings)
    try:
        run = Replay(
            producer, KafkaDeadLetters(topics.deadletters, lambda: producer), topics, partitions,
            rules=admission_rules(given, key), clock=now, pace=Pace(speed, now, sleep),
        )  # fmt: skip
        with StopRequest() as stop:
            done = run.run(source, stop=stop)
    except KafkaError as error:
        raise KafkaUnreachable(
            settings.brokers, f"{type(error).__name__}; what was not sent is sent by the same command"
        ) from error
    finally:
        source.close()
        producer.close(timeout=10)
    refused = ", ".join(f"{number:,} {reason}" for reason, number in sorted(done.refused.items()))
    parts = [f"{done.sent:,} events sent"] + (
        [f"refused and sent to {topics.deadletters}: {refused}"] if refused else []
    )
    start = "Stopped; the topics wait for the rest, so run it again. " if done.stopped else ""
    say(start + "; ".join(parts) + ".", err=True)
    if done.stopped:
        raise typer.Exit(INTERRUPTED)
