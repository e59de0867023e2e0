"""What is kept, and what was removed: redaction, retention, erasures, and the size of the database."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, select

from models.redaction import SensitiveKind
from models.times import rfc3339
from store.database_size import database_bytes
from store.retention.kinds import RetentionKind
from store.retention.register import Retained, read_retained
from store.schema import erasures, tickets

SAMPLE = 1_000
"""Tickets whose placeholders are counted, the newest ones."""

_PLACEHOLDER = re.compile(r"\[({})\]".format("|".join(kind.value for kind in SensitiveKind)))


@dataclass(frozen=True, slots=True)
class RedactionCounts:
    """Placeholders in the newest tickets by kind, the most frequent first; `tickets` were looked at and `redacted` of them have one."""

    tickets: int
    redacted: int
    kinds: tuple[tuple[str, int], ...]

    def as_json(self) -> dict[str, Any]:
        """Write it as the API gives it."""
        return {"tickets": self.tickets, "redacted": self.redacted, "kinds": dict(self.kinds)}


@dataclass(frozen=True, slots=True)
class ErasureTotals:
    """How many erasures there were, how many of them have no proof yet, and the wall clock of the last one."""

    total: int
    unfinished: int
    last_at: datetime | None

    def as_json(self) -> dict[str, Any]:
        """Write it as the API gives it."""
        return {"total": self.total, "unfinished": self.unfinished, "last_at": rfc3339(self.last_at)}


@dataclass(frozen=True, slots=True)
class StorageStatus:
    """What is kept and what was removed. `retained` has only kinds of which something was removed."""

    bytes: int
    redaction: RedactionCounts
    retained: Mapping[RetentionKind, Retained]
    erasures: ErasureTotals

    def as_json(self) -> dict[str, Any]:
        """Write it as the API gives it."""
        return {
            "database_bytes": self.bytes, "redaction": self.redaction.as_json(), "erasures": self.erasures.as_json(),
            "retention": {
                kind.value: {"since": rfc3339(one.since), "applied_at": rfc3339(one.applied_at)}
                for kind, one in self.retained.items()
            },
        }  # fmt: skip


def read_storage_status(connection: Connection) -> StorageStatus:
    """Read what is kept, in queries whose cost does not grow with the tickets."""
    return StorageStatus(
        bytes=database_bytes(connection),
        redaction=count_placeholders(connection),
        retained=read_retained(connection),
        erasures=_erasures(connection),
    )


def count_placeholders(connection: Connection) -> RedactionCounts:
    """Count the placeholders of redaction in the texts of the newest `SAMPLE` tickets; each ticket counts a kind once."""
    query = select(tickets.c.title, tickets.c.body).order_by(tickets.c.time.desc()).limit(SAMPLE)
    looked, redacted, kinds = 0, 0, Counter[str]()
    for title, body in connection.execute(query):
        found = set(_PLACEHOLDER.findall(f"{title}\n{body}"))
        kinds.update(found)
        looked, redacted = looked + 1, redacted + bool(found)
    return RedactionCounts(looked, redacted, tuple(sorted(kinds.items(), key=lambda one: (-one[1], one[0]))))


def _erasures(connection: Connection) -> ErasureTotals:
    query = select(func.count(), func.count(erasures.c.proof), func.max(erasures.c.at)).select_from(erasures)
    total, proved, last_at = connection.execute(query).one()
    return ErasureTotals(total, total - proved, last_at)
