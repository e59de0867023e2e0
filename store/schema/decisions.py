"""What people decided, what is rebuilt, the audit log, and who may mine."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, String, Table, Text

from store.encryption import SealedJson
from store.schema.base import Id, metadata, row_of
from store.types import Json, UtcTime

decisions = Table(
    "decisions",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("at", UtcTime, nullable=False, comment="wall clock"),
    Column("actor", String(128), nullable=False),
    Column("kind", String(32), nullable=False),
    Column("theme_id", Integer, nullable=False),
    Column("payload", Json, nullable=False),
    Column("applied_epoch", BigInteger, nullable=True, index=True),
    Column("why", Text, nullable=True, comment="redacted"),
    Column("due_epoch", BigInteger, nullable=True, comment="epoch that applies it, in a replay; NULL: the next one"),
    Column(
        "undone_by",
        BigInteger,
        row_of("decisions.id"),
        nullable=True,
        comment="the decision that undid it; its own id: withdrawn while pending",
    ),
    Column("outcome", Json, nullable=True, comment="what applying it did, or why it was refused"),
)

decision_tickets = Table(
    "decision_tickets",
    metadata,
    Column("decision_id", BigInteger, row_of("decisions.id"), primary_key=True),
    Column("ticket_id", String(256), primary_key=True),
    Column("from_theme", Integer, nullable=True, comment="NULL: unthemed"),
    Column("to_theme", Integer, nullable=True, comment="NULL: unthemed"),
)
Index("ix_decision_tickets_ticket_id", decision_tickets.c.ticket_id)

rebuilds = Table(
    "rebuilds",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("at", UtcTime, nullable=False, comment="wall clock"),
    Column("actor", String(128), nullable=False),
    Column("model", String(128), nullable=False, comment="whose vectors were grouped"),
    Column(
        "metric",
        String(64),
        row_of("metrics.version"),
        nullable=True,
        comment="the learned metric that they were compared in",
    ),
    Column("state", String(16), nullable=False, comment="ready, asked, switched, discarded"),
    Column("next_epoch", BigInteger, nullable=False, comment="first epoch that was open when it was made"),
    Column("report", SealedJson, nullable=False),
)

rebuilt = Table(
    "rebuilt",
    metadata,
    Column("rebuild_id", BigInteger, row_of("rebuilds.id"), primary_key=True),
    Column("ticket_id", String(256), primary_key=True),
    Column("from_theme", Integer, nullable=True, comment="its theme when the rebuild was made"),
    Column("to_theme", Integer, nullable=True, comment="NULL: unthemed; negative: a theme that would be born"),
)

metrics = Table(
    "metrics",
    metadata,
    Column("version", String(64), primary_key=True),
    Column("model", String(128), nullable=False),
    Column("at", UtcTime, nullable=False, comment="wall clock"),
    Column("labels", Integer, nullable=False, comment="labelled tickets that it was learned from"),
    Column("state", LargeBinary, nullable=False),
)

audit = Table(
    "audit",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("at", UtcTime, nullable=False, comment="wall clock"),
    Column("actor", String(128), nullable=False),
    Column("action", String(64), nullable=False),
    Column("subject", String(256), nullable=False),
    Column("detail", Json, nullable=False),
)
Index("ix_audit_at", audit.c.at)
Index("ix_audit_actor", audit.c.actor, audit.c.at)
Index("ix_audit_action", audit.c.action, audit.c.at)
Index("ix_audit_subject", audit.c.subject, audit.c.at)

leases = Table(
    "leases",
    metadata,
    Column("name", String(32), primary_key=True),
    Column("holder", String(128), nullable=False),
    Column("token", BigInteger, nullable=False, comment="fencing token: grows with every holder"),
    Column("expires_at", UtcTime, nullable=False, comment="wall clock"),
)
