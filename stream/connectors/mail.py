"""Mail: a first message is a ticket, an answer to it is a comment on that ticket."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from stream.connectors.contract import Answer, Payload, PayloadError, answer
from stream.connectors.values import filled, instant, mapping, text, texts, ticket_event

CLOCKS = timedelta(days=1)
"""Difference between a message's own date and that of the server from which on its own clock is taken to be wrong."""


@dataclass(frozen=True, slots=True)
class _Seen:
    """What is remembered of a message: the message that it answers, who wrote it and to whom, as hashes."""

    parent: str | None
    sender: str
    to: frozenset[str]


class MailThreads:
    """Which message begins the thread of each message. Only messages that were added are known."""

    def __init__(self) -> None:
        self._seen: dict[str, _Seen] = {}
        self._waiting: dict[str, list[str]] = {}

    def add(self, payload: Payload) -> None:
        """Take note of a message; all of a mailbox are added before its first events are made, because its order is any."""
        number = message_key(payload)
        to = frozenset(_digest(address) for address in texts(payload.get("to")))
        self._waiting[number] = [
            _digest(parent) for parent in texts(payload.get("parents")) if _digest(parent) != number
        ]
        self._seen.setdefault(number, _Seen(None, _digest(text(payload.get("from"))), to))

    def first_of(self, number: str) -> str:
        """Return the message with which the thread of a message begins, as far as it is known."""
        passed = {number}
        while (
            parent := next(
                (one for one in self._waiting.get(number, ()) if one in self._seen and one not in passed), None
            )
        ) is not None:
            passed.add(parent)
            number = parent
        return number

    def role(self, payload: Payload, first: str) -> str | None:
        """Return who wrote an answer: the requester, or an agent at the address to which the requester had written."""
        known = self._seen.get(first)
        sender = _digest(text(payload.get("from")))
        if known is None or not text(payload.get("from")):
            return None
        if sender == known.sender:
            return "requester"
        return "agent" if sender in known.to else None


class Mail:
    """Reads messages as `stream.files.mail_message.mail_payload` decodes them."""

    name = "mail"

    def __init__(self, threads: MailThreads | None = None) -> None:
        self._threads = MailThreads() if threads is None else threads

    def events(self, payload: Payload) -> Answer:
        """Return the event of one message; see `Connector`."""
        return answer(payload, self._read)

    def elements(self, payload: Payload) -> Iterator[Payload]:
        """Yield the message: it is never a page."""
        yield payload

    def _read(self, payload: Payload) -> Iterator[dict[str, Any]]:
        number = message_key(payload)
        time = _time(payload)
        title, body = text(payload.get("subject")), text(payload.get("body"))
        if not title.strip() and not body.strip() and not text(payload.get("from")):
            raise PayloadError(
                "received a message without sender, subject and text; valid is a mail with its header fields"
            )
        first = self._threads.first_of(number)
        if first != number:
            if body.strip():
                data = filled(
                    body=body, author_role=self._threads.role(payload, first), mail=dict(mapping(payload.get("mail")))
                )
                yield ticket_event("/mail", first, "comment.added", time, data=data, key=number)
            return
        names = texts_of(payload.get("attachments"))
        data = filled(
            channel="email", requester=text(payload.get("from")), language=text(payload.get("language")),
            priority=text(payload.get("priority")), mail=dict(mapping(payload.get("mail"))), custom=filled(attachments=names),
        )  # fmt: skip
        yield ticket_event("/mail", number, "ticket.created", time, data={"title": title, "body": body, **data})


def message_key(payload: Payload) -> str:
    """Return what identifies a message: a digest of its Message-ID, which holds names and hosts, or of all that it says."""
    own = text(payload.get("message_id"))
    return _digest(
        own or repr([text(payload.get(name)) for name in ("from", "subject", "body")] + [str(payload.get("date"))])
    )


def texts_of(value: object) -> list[str]:
    """Return the names of attachments, which may hold spaces."""
    return [item for item in value if isinstance(item, str) and item] if isinstance(value, list) else []


def _digest(value: str) -> str:
    return f"m-{hashlib.sha256(value.strip().lower().encode('utf-8', 'replace')).hexdigest()[:20]}"


def _time(payload: Mapping[str, Any]) -> datetime:
    own, server = _datetime(payload.get("date")), _datetime(payload.get("received"))
    if own is not None and (server is None or abs(own - server) < CLOCKS):
        return own
    if server is not None:
        return server
    raise PayloadError(
        "received a message without a date that can be read; valid is a field Date or Received with a time"
    )


def _datetime(value: object) -> datetime | None:
    return instant(value.isoformat()) if isinstance(value, datetime) else instant(value)
