"""The topics: their names, how they are made, and what differs where they exist already."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from models.event import ChangeEvent, Event, LaunchEvent
from stream.kafka.client import client_options
from stream.kafka.errors import KafkaUnreachable, TopicsMissing
from stream.kafka.settings import StreamSettings, TopicSettings

DAY_MS = 86_400_000
_ASKED, _PAUSE_SECONDS = 50, 0.1
_OF_COMPACTION = frozenset(("cleanup.policy", "max.compaction.lag.ms", "min.cleanable.dirty.ratio"))


@dataclass(frozen=True, slots=True)
class Topics:
    """Names of the topics under one prefix."""

    prefix: str = "groundswell"

    @property
    def tickets(self) -> str:
        """Ticket events."""
        return f"{self.prefix}.tickets"

    @property
    def launches(self) -> str:
        """Launch plans."""
        return f"{self.prefix}.launches"

    @property
    def changes(self) -> str:
        """Change records."""
        return f"{self.prefix}.changes"

    @property
    def alerts(self) -> str:
        """Alerts, out."""
        return f"{self.prefix}.alerts"

    @property
    def themes(self) -> str:
        """Themes as they now are, out; compacted."""
        return f"{self.prefix}.themes"

    @property
    def deadletters(self) -> str:
        """What could not be taken, with its reason."""
        return f"{self.prefix}.deadletters"

    @property
    def incoming(self) -> tuple[str, str, str]:
        """What workers read."""
        return self.tickets, self.launches, self.changes

    def of(self, event: Event) -> str:
        """Return the topic that an event belongs to."""
        if isinstance(event, LaunchEvent):
            return self.launches
        return self.changes if isinstance(event, ChangeEvent) else self.tickets


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic as it is meant to be; `configs` are Kafka's own names and texts."""

    name: str
    partitions: int
    replication: int
    configs: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class TopicState:
    """What `topics create` did about a topic: made it, or found it with `differences`, one sentence each.

    altered: the settings that it changed, so that erasures reach the topic; they are no differences any more.
    """

    topic: Topic
    created: bool
    differences: tuple[str, ...] = ()
    altered: tuple[str, ...] = ()


def wanted_topics(settings: TopicSettings) -> list[Topic]:
    """List the six topics that the settings ask for.

    Plans and changes are few, and one partition keeps their order; the workers share the ticket topic.
    """
    names = Topics(settings.prefix)
    kept = {"retention.ms": str(round(settings.retention.total_seconds() * 1000)), "cleanup.policy": "delete"}
    plans = {"retention.ms": "-1", "cleanup.policy": "delete"}
    compacted = {"cleanup.policy": "compact"}
    # An erasure replaces a dead letter by a tombstone; what it replaces is gone within the day, also in the newest segment.
    erasable = kept | {
        "cleanup.policy": "compact,delete",
        "max.compaction.lag.ms": str(DAY_MS),
        "min.cleanable.dirty.ratio": "0.01",
    }
    return [
        Topic(names.tickets, settings.partitions, settings.replication, kept),
        Topic(names.launches, 1, settings.replication, plans),
        Topic(names.changes, 1, settings.replication, plans),
        Topic(names.alerts, 1, settings.replication, kept),
        Topic(names.themes, 1, settings.replication, compacted),
        Topic(names.deadletters, 1, settings.replication, erasable),
    ]


@contextmanager
def admin_client(settings: StreamSettings) -> Iterator[Any]:
    """Make a kafka-python admin client. Raises `KafkaUnreachable` where no broker answers."""
    from kafka import KafkaAdminClient
    from kafka.errors import KafkaError

    try:
        admin = KafkaAdminClient(**client_options(settings), bootstrap_timeout_ms=10_000)
    except (KafkaError, OSError) as error:
        raise KafkaUnreachable(settings.brokers, type(error).__name__) from error
    try:
        yield admin
    finally:
        admin.close()


def create_topics(settings: StreamSettings) -> list[TopicState]:
    """Make the topics that are not there, and say what differs of the others. Running it again does nothing.

    Of a topic that is there, only one thing is changed: dead letters are compacted, without which an erasure cannot reach them. A topic
    of an older version, or one that a broker made by itself, is not.
    """
    from kafka.errors import KafkaError, TopicAlreadyExistsError

    wanted = wanted_topics(settings.topics)
    with admin_client(settings) as admin:
        there = set(admin.list_topics())
        absent = [topic for topic in wanted if topic.name not in there]
        if absent:
            try:
                admin.create_topics({topic.name: _options(topic) for topic in absent})
            except TopicAlreadyExistsError:
                pass  # Somebody else ran the same command at the same time.
            except KafkaError as error:
                raise KafkaUnreachable(settings.brokers, str(error)) from error
            admin.wait_for_topics([topic.name for topic in absent])
        made = {topic.name for topic in absent}
        altered = _compacted(admin, wanted[-1]) if wanted[-1].name not in made else ()
        return [
            TopicState(
                topic, topic.name in made, tuple(_differences(admin, topic)), altered if topic is wanted[-1] else ()
            )
            for topic in wanted
        ]


def _compacted(admin: Any, topic: Topic) -> tuple[str, ...]:
    """Let Kafka compact the topic of dead letters, if it does not; returns the settings that were changed.

    Raises `KafkaUnreachable` where the broker refuses it, as without the right to alter topics.
    """
    from kafka.admin import ConfigResource, ConfigResourceType
    from kafka.errors import KafkaError

    if is_compacted(admin, topic.name):
        return ()
    wanted = {name: value for name, value in topic.configs.items() if name in _OF_COMPACTION}
    resource = ConfigResource(ConfigResourceType.TOPIC, topic.name, configs=wanted)
    try:
        admin.alter_configs([resource])
    except KafkaError as error:
        raise KafkaUnreachable(admin.config["bootstrap_servers"], str(error)) from error
    # Brokers learn of a change one after the other.
    for _ in range(_ASKED):
        if is_compacted(admin, topic.name):
            break
        time.sleep(_PAUSE_SECONDS)
    return tuple(f"{name}={value}" for name, value in sorted(wanted.items()))


def standings(admin: Any, settings: TopicSettings) -> Iterator[TopicState | None]:
    """Compare each wanted topic with the broker's, making none; None for one that does not exist."""
    there = set(admin.list_topics())
    for topic in wanted_topics(settings):
        yield (
            TopicState(topic, created=False, differences=tuple(_differences(admin, topic)))
            if topic.name in there
            else None
        )


def is_compacted(admin: Any, name: str) -> bool:
    """Return whether Kafka drops a message once a newer one has its key."""
    from kafka.admin import ConfigResource, ConfigResourceType

    if name not in set(admin.list_topics()):
        return True
    resource = ConfigResource(ConfigResourceType.TOPIC, name)
    known = admin.describe_configs([resource], config_filter="all")["topic"][name]
    return "compact" in str(known.get("cleanup.policy", {}).get("value")).split(",")


def partitions_of(settings: StreamSettings, names: tuple[str, ...]) -> dict[str, int]:
    """Count the partitions of each topic. Raises `TopicsMissing` where one is not there."""
    with admin_client(settings) as admin:
        found = {one["name"]: one for one in admin.describe_topics(list(names))}
    absent = [name for name in names if found.get(name, {"error_code": 3})["error_code"]]
    if absent:
        raise TopicsMissing(absent)
    return {name: len(found[name]["partitions"]) for name in names}


def _options(topic: Topic) -> dict[str, Any]:
    return {"num_partitions": topic.partitions, "replication_factor": topic.replication, "configs": topic.configs}


def _differences(admin: Any, topic: Topic) -> Iterator[str]:
    from kafka.admin import ConfigResource, ConfigResourceType

    described = admin.describe_topics([topic.name])[0]["partitions"]
    if len(described) != topic.partitions:
        advice = (
            "add some with Kafka's own tools"
            if len(described) < topic.partitions
            else "Kafka cannot take partitions away"
        )
        yield f"{topic.name} has {len(described)} partitions, the settings ask for {topic.partitions}; {advice}, or change the setting"
    copies = {len(one["replica_nodes"]) for one in described}
    if copies != {topic.replication}:
        yield f"{topic.name} is kept in {max(copies)} copies, the settings ask for {topic.replication}"
    resource = ConfigResource(ConfigResourceType.TOPIC, topic.name)
    known = admin.describe_configs([resource], config_filter="all")["topic"][topic.name]
    for name, value in sorted(topic.configs.items()):
        actual = known.get(name, {}).get("value")
        if set(str(actual).split(",")) != set(value.split(",")):
            yield f"{topic.name} has {name}={actual}, the settings ask for {value}"
