"""What was erased, and what is no longer kept."""

from __future__ import annotations

from sqlalchemy import Column, Index, String, Table

from store.schema.base import metadata
from store.types import Json, UtcTime

requester_tombstones = Table(
    "requester_tombstones",
    metadata,
    Column("requester", String(64), primary_key=True, comment="keyed hash"),
    Column("time", UtcTime, nullable=False, comment="text of the requester's tickets older than this is never stored"),
)

erasures = Table(
    "erasures",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("at", UtcTime, nullable=False, comment="wall clock; text older than this is never stored"),
    Column("actor", String(128), nullable=False),
    Column("scope", String(16), nullable=False, comment="ticket or requester"),
    Column("subject", String(64), nullable=False, comment="keyed hash of what was erased"),
    Column("proof", Json, nullable=True, comment="signed: what was removed from where; NULL: it was not finished yet"),
)
Index("ix_erasures_subject", erasures.c.subject)

erased_tickets = Table(
    "erased_tickets",
    metadata,
    Column("erasure_id", String(64), primary_key=True),
    Column("ticket_id", String(256), primary_key=True),
)

quotations = Table(
    "quotations",
    metadata,
    Column("ticket_id", String(256), primary_key=True),
    Column("kind", String(16), primary_key=True, comment="what quotes its text: digest, rebuild"),
    Column("key", String(512), primary_key=True, comment="outbox key of the digest, number of the rebuild"),
)

retained = Table(
    "retained",
    metadata,
    Column("kind", String(16), primary_key=True, comment="kind of data: text, vectors, events, …"),
    Column("since", UtcTime, nullable=False, comment="what is older was removed and is not stored again"),
    Column("applied_at", UtcTime, nullable=False, comment="wall clock"),
)

encryption_keys = Table(
    "encryption_keys",
    metadata,
    Column("id", String(16), primary_key=True, comment="name of a key that ticket text is encrypted with, not the key"),
    Column("since", UtcTime, nullable=False, comment="wall clock of its first use"),
)

requester_keys = Table(
    "requester_keys",
    metadata,
    Column(
        "fingerprint", String(64), primary_key=True, comment="of the key that requesters are hashed with, not the key"
    ),
    Column("since", UtcTime, nullable=False, comment="wall clock of its first use"),
)
