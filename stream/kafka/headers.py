"""CloudEvents on Kafka: binary mode there and back, and the marks that a replay leaves in a partition.

CloudEvents 1.0, Kafka Protocol Binding: in binary mode each attribute is a header `ce_<name>` and the value is the data
alone; in structured mode the content type is `application/cloudevents+json` and the value is the entire event.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import orjson

from models.event import Event
from models.redaction import excerpt
from models.times import rfc3339
from stream.raw import RefusalReason, RefusedEvent
from stream.validation import MAX_BYTES, too_large

ATTRIBUTES = ("specversion", "id", "source", "type", "time", "subject")
CONTENT_TYPE = "content-type"
JSON = b"application/json"
PREFIX = "ce_"

Headers = Sequence[tuple[str, bytes]]


class HeaderMark(StrEnum):
    """What a replay says about a partition, as the type of a message without an event."""

    STARTED = "stream.started"
    ENDED = "stream.ended"


@dataclass(frozen=True, slots=True)
class KafkaMessage:
    """What is sent: an event, or a mark."""

    key: bytes | None
    value: bytes
    headers: Headers


def event_message(event: Event, data: Mapping[str, Any]) -> KafkaMessage:
    """Make the message of an event in binary mode, with the ticket's (or launch's, or change's) id as its key."""
    attributes = {
        "specversion": event.specversion, "id": event.id, "source": event.source, "type": str(event.type),
        "time": rfc3339(event.time), "subject": event.subject,
    }  # fmt: skip
    headers = [(PREFIX + name, attributes[name].encode()) for name in ATTRIBUTES]
    return KafkaMessage(event.subject.encode(), orjson.dumps(dict(data)), [*headers, (CONTENT_TYPE, JSON)])


def mark_message(mark: HeaderMark) -> KafkaMessage:
    """Make a mark; it has no id, because it concerns only the partition that it is in."""
    return KafkaMessage(None, b"", [(PREFIX + "specversion", b"1.0"), (PREFIX + "type", mark.value.encode())])


def content_of(headers: Headers, value: bytes | None) -> bytes | Mapping[str, Any] | RefusedEvent | HeaderMark:
    """Read what a message contains: an event (decoded, or as the bytes of structured mode), a refusal, or a mark."""
    given = dict(headers)
    try:
        attributes = {name: given[PREFIX + name].decode() for name in ATTRIBUTES if PREFIX + name in given}
    except UnicodeDecodeError:
        return RefusedEvent(
            RefusalReason.NOT_JSON, "received a CloudEvents header that is not UTF-8; valid are UTF-8 headers", ""
        )
    if attributes.get("type") in set(HeaderMark):
        return HeaderMark(attributes["type"])
    if value is None:
        return RefusedEvent(
            RefusalReason.INVALID,
            "received a message without a value; valid are events; delete a ticket by ticket.deleted",
            "",
        )
    return _binary(attributes, value) if attributes else value


def _binary(attributes: Mapping[str, str], value: bytes) -> Mapping[str, Any] | RefusedEvent:
    if len(value) > MAX_BYTES:
        return RefusedEvent(RefusalReason.TOO_LARGE, too_large(len(value)), excerpt(value))
    try:
        data = orjson.loads(value) if value else {}
    except orjson.JSONDecodeError as error:
        detail = f"received data that is not JSON ({error.msg} at character {error.pos}); valid is one JSON object"
        return RefusedEvent(RefusalReason.NOT_JSON, detail, excerpt(value))
    return {**attributes, "data": data}
