"""Secrets that are planted in all that comes in are found in no topic, no table of PostgreSQL, no log and no metric."""

from __future__ import annotations

import urllib.request
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import orjson
import pytest
from sqlalchemy import inspect, select

from groundswell.health import Stalls
from groundswell.metrics import Metrics
from groundswell.receiving import Given, kafka_receiver
from groundswell.settings import Settings
from models.embedding import HashingEmbedder
from store.schema import themes
from stream.connectors.jira import Jira
from stream.connectors.zendesk import Zendesk
from stream.kafka.client import client_options
from stream.kafka.deadletters import make_producer
from stream.opening import OpenOptions, open_source
from stream.receive.settings import WebhookSystem
from tests.harness.canaries import Canaries
from tests.harness.canary_files import damaged, events, write_files
from tests.harness.canary_requests import NOW as SENT_AT
from tests.harness.canary_requests import SECRET, deliveries
from tests.harness.children import PATIENCE_SECONDS
from tests.harness.scaled import KEY, Scaled
from tests.harness.webhooks import AppClient
from tests.pipelines.chain import NOW, make_rules

pytestmark = [pytest.mark.kafka, pytest.mark.postgres, pytest.mark.long]

REPLAYED = ("events.jsonl", "zendesk.jsonl", "zendesk-export.csv", "table-16.csv", "inbox.mbox")
FOREIGN = "x-sent-by-the-test"
"""Header of messages that another producer than ours wrote unredacted: they are in the topic, and nothing of them anywhere else."""


def test_no_canary_is_in_topics_and_tables(broker, postgres_url, tmp_path):
    """Replays, webhooks and messages of other producers: neither what our producers write nor what the worker stores has a canary."""
    canaries = Canaries(20261130)
    scaled = Scaled(tmp_path, broker.address, postgres_url, make_rules(), now=NOW)
    try:
        process = scaled.start()
        for path, *_ in write_files(tmp_path / "in", canaries):
            if path.rpartition("/")[2] in REPLAYED:
                with closing(open_source(path, OpenOptions())) as source:
                    scaled.replay(source)
        _receive(scaled, canaries)
        _send(scaled, canaries)
        scaled.wait(scaled.stored, PATIENCE_SECONDS, "the end of storing")
        started = next(line for line in scaled.log(1) if line["event"] == "started")
        shown = [(path, _get(f"{started['health']}{path}")) for path in ("/metrics", "/readyz")]
        scaled.wait(lambda: _named(scaled), PATIENCE_SECONDS, "a theme")
        scaled.stop([process])
        found = [*_messages(scaled), *_cells(scaled), *shown, ("the log", (tmp_path / "log-1.txt").read_bytes())]
    finally:
        scaled.close()
    assert len(canaries) > 1_000
    contents = b"\n".join(content for _, content in found)
    assert contents.count(b"[CARD]") > 100
    hits = canaries.found_in(contents)
    assert [(name, one) for name, content in found if hits for one in canaries.found_in(content)] == []


def _named(scaled: Scaled) -> bool:
    with scaled.engine.connect() as connection:
        return connection.execute(select(themes.c.id)).first() is not None


def _receive(scaled: Scaled, canaries: Canaries) -> None:
    receive = {f"{name}_secret": SECRET for name in ("zendesk", "jira", "github", "shared")}
    settings = Settings(
        data=scaled.folder,
        stream={**scaled.stream.model_dump(), "requester_key": KEY.decode()},
        receive={**receive, "to": "kafka"},
    )
    connectors = {WebhookSystem.ZENDESK: Zendesk(), WebhookSystem.JIRA: Jira()}
    parts = Given(settings, lambda: SENT_AT, Metrics(), Stalls(), HashingEmbedder, connectors)
    with kafka_receiver(parts) as app:
        client = AppClient(app)
        answers = [
            client.post(one.path, content=one.body, headers=one.headers).status_code for one in deliveries(canaries)
        ]
    assert answers.count(202) > 100


def _send(scaled: Scaled, canaries: Canaries) -> None:
    """Send messages as producers of others may: with canaries in keys, headers and values, in both modes of CloudEvents."""
    producer = make_producer(scaled.stream)
    foreign = (FOREIGN, b"1")
    for content in damaged(canaries):
        if len(content) < 500_000:
            producer.send(scaled.topics.tickets, key=canaries.card("a key").encode(), value=content, headers=[foreign])
    for number, one in enumerate(events(canaries.plant, canaries.card)):
        key = canaries.card("a key").encode()
        structured = [("content-type", b"application/cloudevents+json"), foreign]
        producer.send(
            scaled.topics.tickets, key=key, value=orjson.dumps({**one, "id": f"s-{number}"}), headers=structured
        )
        headers = [
            (f"ce_{name}", str(one[name]).encode()) for name in ("specversion", "source", "type", "time", "subject")
        ]
        headers += [("ce_id", f"b-{number}".encode()), ("ce_note", canaries.card("an attribute").encode())]
        headers += [("x-note", canaries.plant("a header").encode()), foreign]
        producer.send(scaled.topics.tickets, key=key, value=orjson.dumps(one["data"]), headers=headers)
    producer.close(timeout=30)


def _messages(scaled: Scaled) -> Iterator[tuple[str, bytes]]:
    """Yield key, value and headers of all messages of all topics, but of those that the test itself sent."""
    from kafka import KafkaConsumer, TopicPartition

    consumer = KafkaConsumer(**client_options(scaled.stream), enable_auto_commit=False, group_id=None)
    topics = [*scaled.topics.incoming, scaled.topics.alerts, scaled.topics.themes, scaled.topics.deadletters]
    parts = [TopicPartition(topic, number) for topic in topics for number in consumer.partitions_for_topic(topic)]
    consumer.assign(parts)
    consumer.seek_to_beginning(*parts)
    ends = consumer.end_offsets(parts)
    while any(consumer.position(part) < ends[part] for part in parts):
        for records in consumer.poll(timeout_ms=1000).values():
            yield from ((record.topic, _bytes(record)) for record in records if FOREIGN not in dict(record.headers))
    consumer.close(autocommit=False)


def _bytes(record: Any) -> bytes:
    return b"\n".join(
        [
            record.key or b"",
            record.value or b"",
            *(b"%s: %s" % (name.encode(), value) for name, value in record.headers),
        ]
    )


def _cells(scaled: Scaled) -> Iterator[tuple[str, bytes]]:
    """Yield every table of the database as PostgreSQL writes its rows as text, as a dump does."""
    with scaled.engine.connect() as connection:
        for table in inspect(connection).get_table_names():
            rows = connection.exec_driver_sql(f'SELECT "{table}"::text FROM "{table}"').scalars()  # noqa: S608 (of the catalogue)
            yield table, "\n".join(rows).encode()


def _get(url: str) -> bytes:
    with urllib.request.urlopen(url, timeout=PATIENCE_SECONDS) as answer:  # noqa: S310 (our own process)
        return answer.read()
