"""What a reader hands on: one record as it came, with where it came from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from models.event import Event


class RefusalReason(StrEnum):
    """Why a record went to quarantine."""

    TOO_LARGE = "too_large"
    NOT_JSON = "not_json"
    UNKNOWN_TYPE = "unknown_type"
    INVALID = "invalid_event"
    FUTURE = "in_the_future"
    OUT_OF_LINE = "time_out_of_line"
    CARD = "card_in_identity"
    UNMAPPED = "unmapped_row"
    AMBIGUOUS_TIME = "ambiguous_time"
    UNCLOSED_QUOTE = "unclosed_quote"
    UNSTORABLE = "unstorable"


@dataclass(frozen=True, slots=True)
class RefusedEvent:
    """A record that cannot be an event: `detail` is one sentence, `excerpt` the start of it; both are redacted.

    `subject` is the ticket that it is about and `requester` the hash of who wrote it, as far as it is readable: an erasure finds the
    record by them.
    """

    reason: RefusalReason
    detail: str
    excerpt: str = ""
    subject: str | None = None
    requester: str | None = None


@dataclass(frozen=True, slots=True)
class Raw:
    """One record of a stream.

    `content` is the bytes of a structured CloudEvent, an event already decoded (from CSV, from message headers), one already
    admitted (from the inbox), or the reader's own refusal. `position` is the record's own; `partition` is 0 for a file.
    """

    position: int
    content: bytes | Mapping[str, Any] | Event | RefusedEvent
    partition: int = 0


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a stream was read: what is stored with the rows that came of it.

    Of a topic's partition, `position` is the next offset. Of a file, `position` and `lines` count the events that are stored, in
    order of time, and `fingerprint` is of its content. `newest` is the newest ticket event time so far, `ended` says that the
    end was reached and mined.
    """

    stream: str
    partition: int = 0
    position: int = 0
    lines: int = 0
    fingerprint: str = ""
    newest: datetime | None = None
    ended: bool = False
