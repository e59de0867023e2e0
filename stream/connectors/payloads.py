"""Records of a file as raw events: each value goes through its system's connector, each message through its thread."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, BinaryIO

from stream.connectors.chat_rows import joined_conversations
from stream.connectors.contract import Connector, convert, refusal
from stream.connectors.mail import Mail, MailThreads
from stream.files.json_values import JsonRecord
from stream.files.mail_message import mail_payload
from stream.files.mailbox import mailbox_records
from stream.raw import Raw, RefusalReason, RefusedEvent
from stream.validation import MAX_BYTES, too_large


def json_raws(records: Iterable[JsonRecord], connector: Connector) -> Iterator[Raw]:
    """Yield the events of JSON values, each at the number of its value. A refused value or element is one refusal."""
    for record in joined_conversations(records) if connector.name == "chat" else records:
        value = record.value
        if isinstance(value, RefusedEvent):
            yield Raw(record.number, value)
        elif not isinstance(value, Mapping):
            detail = f"received JSON of type {type(value).__name__} on line {record.line}; valid are objects"
            yield Raw(record.number, refusal(detail, value, RefusalReason.NOT_JSON))
        elif record.size > MAX_BYTES and "specversion" in value:
            yield Raw(record.number, refusal(too_large(record.size), value, RefusalReason.TOO_LARGE))
        else:
            for one in convert(connector, value):
                yield Raw(record.number, _bounded(one, value) if record.size > MAX_BYTES or not record.size else one)


def _bounded(one: dict[str, Any] | RefusedEvent, value: object) -> dict[str, Any] | RefusedEvent:
    """Refuse an event whose text is larger than an event may be; the payload that it came of may be."""
    if isinstance(one, RefusedEvent):
        return one
    data = one.get("data")
    texts = data.values() if isinstance(data, Mapping) else ()
    size = sum(len(text.encode("utf-8", "replace")) for text in texts if isinstance(text, str))
    return one if size <= MAX_BYTES else refusal(too_large(size), value, RefusalReason.TOO_LARGE)


def mail_raws(stream: Callable[[], BinaryIO], *, twice: bool) -> Iterator[Raw]:
    """Yield the events of a mailbox or of one message.

    `stream` returns its bytes from the beginning. With `twice` it is read a first time for its threads, because a mailbox may hold
    an answer before the message that it answers; what can be read once only has its answers after their messages, or as tickets.
    """
    threads = MailThreads()
    for record in mailbox_records(stream()) if twice else ():
        threads.add(mail_payload(record.content))
    connector = Mail(threads)
    for record in mailbox_records(stream()):
        payload = mail_payload(record.content)
        threads.add(payload)
        for one in convert(connector, payload):
            yield Raw(record.number, one)
