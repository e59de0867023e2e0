"""What ran by schedule."""

from __future__ import annotations

from sqlalchemy import Column, Index, String, Table, Text

from store.schema.base import Id, metadata
from store.types import UtcTime

flow_runs = Table(
    "flow_runs",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("flow", String(64), nullable=False),
    Column("started_at", UtcTime, nullable=False, comment="wall clock"),
    Column("ended_at", UtcTime, nullable=True, comment="wall clock; NULL: it runs, or its process was killed"),
    Column("outcome", String(16), nullable=True, comment="completed, failed; NULL: it has not ended"),
    Column("problem", Text, nullable=True, comment="why it failed, redacted"),
)
Index("ix_flow_runs_flow", flow_runs.c.flow, flow_runs.c.id)
