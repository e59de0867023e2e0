"""Dead letters of erased tickets and requesters, on a real broker."""

import time
from pathlib import Path

import pytest

from groundswell.erasure.dead_letters import DeadLetterTopic, LetterTargets
from stream.kafka.deadletters import KafkaDeadLetters, make_producer
from stream.kafka.settings import StreamSettings
from stream.kafka.topics import Topics, admin_client, create_topics
from stream.raw import Raw, RefusalReason, RefusedEvent
from tests.erasure.desk import ANA, Desk, story
from tests.harness.kafka import Broker

pytestmark = [pytest.mark.kafka, pytest.mark.long]


def test_dead_letters_of_the_erased_are_replaced_by_tombstones(broker: Broker, postgres_url: str, tmp_path: Path):
    """Letters of a requester, of their tickets, and unreadable ones that name a ticket are replaced, once; all others stay.

    The check of the proof finds a letter that was written afterwards.
    """
    prefix = f"erased-{time.monotonic_ns()}"
    settings = StreamSettings.model_validate({"brokers": broker.address, "topics": {"prefix": prefix}})
    create_topics(settings)
    desk, topic = Desk(postgres_url, tmp_path), DeadLetterTopic(settings)
    desk.send(*story())
    hashed = desk.subjects.requester(ANA).requesters[0]
    letters = KafkaDeadLetters(Topics(prefix).deadletters, lambda: make_producer(settings))
    refused = [
        RefusedEvent(RefusalReason.INVALID, "zenobia", "zenobia", "T-1", None),
        RefusedEvent(RefusalReason.INVALID, "zenobia", "zenobia", None, hashed),
        RefusedEvent(RefusalReason.NOT_JSON, "torn", '{"subject": "T-2", "body": "zenobia'),
        RefusedEvent(RefusalReason.INVALID, "parcel", "parcel of T-3", "T-3", None),
        RefusedEvent(RefusalReason.NOT_JSON, "torn", '{"subject": "T-33", "body": "parcel'),
    ]
    letters.send("desk", [(Raw(at, b""), one) for at, one in enumerate(refused)])
    everything = LetterTargets(frozenset(), frozenset(), frozenset(f"desk-0-{at}" for at in range(len(refused))))
    assert len(topic.find(everything)) == 5
    (proof,) = desk.eraser(topic).erase([desk.subjects.requester(ANA)])
    assert proof["removed"]["dead_letters"] == 3
    assert [key for _, key in topic.find(everything)] == [b"desk-0-3", b"desk-0-4"]
    assert desk.verify([proof], topic)[0].clean
    (again,) = desk.eraser(topic).erase([desk.subjects.requester(ANA)])
    assert "dead_letters" not in again["removed"]
    letters.send("desk", [(Raw(9, b""), refused[0])])
    assert desk.verify([proof], topic)[0].remains == {"dead_letters": 1}
    letters.close()
    desk.engine.dispose()


def test_the_topic_of_dead_letters_is_compacted(broker: Broker):
    """`topics create` makes the topic so that tombstones work, and lets Kafka compact one that was made before, once."""
    prefix = f"kept-{time.monotonic_ns()}"
    settings = StreamSettings.model_validate({"brokers": broker.address, "topics": {"prefix": prefix}})
    name = Topics(prefix).deadletters
    with admin_client(settings) as admin:
        admin.create_topics(
            {name: {"num_partitions": 1, "replication_factor": 1, "configs": {"cleanup.policy": "delete"}}}
        )
        admin.wait_for_topics([name])
    (state,) = [one for one in create_topics(settings) if one.topic.name == name]
    assert state.altered == (
        "cleanup.policy=compact,delete",
        "max.compaction.lag.ms=86400000",
        "min.cleanable.dirty.ratio=0.01",
    )
    assert not any("cleanup.policy" in text for text in state.differences)
    assert DeadLetterTopic(settings).compacts()
    (state,) = [one for one in create_topics(settings) if one.topic.name == name]
    assert (state.created, state.altered) == (False, ())
    fresh = StreamSettings.model_validate({"brokers": broker.address, "topics": {"prefix": f"{prefix}-b"}})
    assert all(one.differences == () for one in create_topics(fresh))
    assert DeadLetterTopic(fresh).compacts()
