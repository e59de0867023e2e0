"""Who may look: people, sessions, tokens and their views."""

from __future__ import annotations

from sqlalchemy import Column, Index, String, Table, Text, UniqueConstraint

from store.schema.base import Id, metadata
from store.types import Json, UtcTime

people = Table(
    "people",
    metadata,
    Column("name", String(128), primary_key=True, comment="how the person signs in and is named in the audit log"),
    Column("role", String(16), nullable=False),
    Column("scope", Json, nullable=False, comment="allowed values by dimension; empty: everything"),
    Column("password", String(256), comment="argon2 hash; NULL: signs in elsewhere, or not yet"),
    Column("subject", String(512), unique=True, comment="issuer and subject of OpenID Connect"),
    Column("time_zone", String(64)),
    Column("created_at", UtcTime, nullable=False, comment="wall clock"),
    Column("disabled_at", UtcTime, comment="wall clock"),
)

invitations = Table(
    "invitations",
    metadata,
    Column("token_hash", String(64), primary_key=True),
    Column("person", String(128), nullable=False),
    Column("created_at", UtcTime, nullable=False, comment="wall clock"),
    Column("expires_at", UtcTime, nullable=False, comment="wall clock"),
    Column("used_at", UtcTime, comment="wall clock"),
)

sessions = Table(
    "sessions",
    metadata,
    Column("token_hash", String(64), primary_key=True),
    Column("person", String(128), nullable=False, index=True),
    Column("created_at", UtcTime, nullable=False, comment="wall clock"),
    Column("seen_at", UtcTime, nullable=False, comment="wall clock, to the minute"),
    Column("expires_at", UtcTime, nullable=False, comment="wall clock"),
)

api_tokens = Table(
    "api_tokens",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("token_hash", String(64), nullable=False, unique=True),
    Column("label", String(128), nullable=False),
    Column("person", String(128), nullable=False, comment="who made it"),
    Column("permissions", Json, nullable=False),
    Column("scope", Json, nullable=False, comment="allowed values by dimension; empty: everything"),
    Column("created_at", UtcTime, nullable=False, comment="wall clock"),
    Column("expires_at", UtcTime, nullable=False, comment="wall clock"),
    Column("revoked_at", UtcTime, comment="wall clock"),
    Column("used_at", UtcTime, comment="wall clock, to the minute"),
)

sign_in_attempts = Table(
    "sign_in_attempts",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("key", String(64), nullable=False, comment="keyed hash of a name or an address"),
    Column("at", UtcTime, nullable=False, comment="wall clock"),
)
Index("ix_sign_in_attempts_key", sign_in_attempts.c.key, sign_in_attempts.c.at)

saved_views = Table(
    "saved_views",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("person", String(128), nullable=False, comment="who saved it, and sees it"),
    Column("name", String(100), nullable=False, comment="redacted"),
    Column(
        "query", Text, nullable=False, comment="query of the board's address: filters, order and grouping, redacted"
    ),
    Column("saved_at", UtcTime, nullable=False, comment="wall clock"),
    UniqueConstraint("person", "name"),
)
