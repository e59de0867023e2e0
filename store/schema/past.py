"""What was known when: corrections, courses of spikes, and the frames of epochs."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Float, Integer, LargeBinary, String, Table

from store.schema.base import Id, metadata, row_of
from store.types import Json, UtcTime

corrections = Table(
    "corrections",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("epoch", BigInteger, nullable=False, index=True),
    Column(
        "cells",
        LargeBinary,
        nullable=False,
        comment="what the epoch changed in counts of other epochs' buckets: zlib of int32 (theme, segment, bucket, n)",
    ),
)

courses = Table(
    "courses",
    metadata,
    Column("spike_id", Integer, row_of("spikes.id"), primary_key=True, autoincrement=False),
    Column("epoch", BigInteger, primary_key=True, autoincrement=False, comment="at whose end the episode stood so"),
    Column("theme_id", Integer, nullable=False),
    Column("segment", Json, nullable=False),
    Column("end", UtcTime),
    Column("observed", Integer, nullable=False),
    Column("expected", Float, nullable=False),
    Column("severity", Float, nullable=False),
    Column("gate", String(32)),
)

frames = Table(
    "frames",
    metadata,
    Column("epoch", BigInteger, primary_key=True, autoincrement=False, comment="from which on it holds"),
    Column("value", Json, nullable=False, comment="settings, flags and resolved plans that spikes were judged with"),
)
