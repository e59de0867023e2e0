"""Living messages: which message of a channel shows a subject, and up to which revision."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from store.schema import living_messages
from store.upsert import upsert


@dataclass(frozen=True, slots=True)
class LivingMessage:
    """The first message about a subject in a channel. `reference` is how the channel finds it; `revision` the newest that it shows."""

    subject: str
    audience: str
    channel: str
    reference: Mapping[str, Any]
    revision: int


def read_living(connection: Connection, subject: str, audience: str, channel: str) -> LivingMessage | None:
    """Read the living message of a subject; None where none was sent."""
    one = (
        (living_messages.c.subject == subject)
        & (living_messages.c.audience == audience)
        & (living_messages.c.channel == channel)
    )
    row = connection.execute(select(living_messages).where(one)).one_or_none()
    return None if row is None else LivingMessage(subject, audience, channel, row.reference, row.revision)


def write_living(connection: Connection, living: LivingMessage, at: datetime) -> None:
    """Write a living message at `at` (wall clock), unless the stored one shows the same revision or a newer one."""
    row = {
        "subject": living.subject, "audience": living.audience, "channel": living.channel,
        "reference": dict(living.reference), "revision": living.revision, "sent_at": at,
    }  # fmt: skip
    key = ("subject", "audience", "channel")
    upsert(connection, living_messages, [row], key, where=living_messages.c.revision < living.revision)
