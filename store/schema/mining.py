"""What was mined: themes, who belongs to them, counts, spikes, causes and trends."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Float, Index, Integer, String, Table, Text, false

from store.schema.base import metadata, row_of
from store.types import Json, UtcTime

miner = Table(
    "miner",
    metadata,
    Column("name", String(32), primary_key=True),
    Column("next_epoch", BigInteger, nullable=True, comment="first epoch that is still open"),
    Column("first_epoch", BigInteger, nullable=True),
    Column("state", Json, nullable=False, comment="counters and calibrations that no row holds"),
)

themes = Table(
    "themes",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("name", Text, nullable=False),
    Column("keywords", Json, nullable=False),
    Column("state", String(16), nullable=False),
    Column("status", String(16), nullable=False),
    Column("size", Integer, nullable=False),
    Column("first_seen", UtcTime),
    Column("last_seen", UtcTime),
    Column("born_epoch", BigInteger, nullable=False),
    Column(
        "language",
        String(16),
        comment="language of its tickets where the model does not read it; NULL for other themes",
    ),
    Column(
        "several_problems",
        Boolean,
        nullable=False,
        default=False,
        server_default=false(),
        comment="its tickets have only the language in common: it is no problem, and is not alerted as one",
    ),
    Column("named_size", Integer, nullable=False, comment="size when it was last named"),
    Column("merged_into", Integer, row_of("themes.id")),
    Column("known_issue", Json),
    Column("disposition", Json, comment="what a person made of it: archived until it escalates, or resolved"),
    Column("owner", String(128)),
    Column(
        "name_pinned",
        Boolean,
        nullable=False,
        default=False,
        server_default=false(),
        comment="a person gave the name: it is never changed automatically",
    ),
    Column(
        "owner_pinned",
        Boolean,
        nullable=False,
        default=False,
        server_default=false(),
        comment="a person assigned the owner: the ownership file does not change it",
    ),
)

lineage = Table(
    "lineage",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("epoch", BigInteger, nullable=False, index=True),
    Column("kind", String(16), nullable=False),
    Column("theme_id", Integer, row_of("themes.id"), nullable=False, index=True),
    Column("other_id", Integer, row_of("themes.id")),
    Column("tickets", Integer, nullable=False),
    Column("reason", Text, nullable=False),
    Column("figures", Json, nullable=False),
)

assignments = Table(
    "assignments",
    metadata,
    Column("ticket_id", String(256), primary_key=True),
    Column("theme_id", Integer, nullable=True, comment="NULL: unthemed"),
    Column("epoch", BigInteger, nullable=False, comment="epoch of the latest assignment"),
    Column("how", String(16), nullable=False),
    Column("confidence", Float, nullable=False),
    Column("nearest", Integer, comment="nearest theme, also of an unthemed ticket"),
    Column(
        "remembered",
        Boolean,
        nullable=False,
        comment="whether its vector may draw others: not once retracted or erased",
    ),
)

Index("ix_assignments_theme_id", assignments.c.theme_id, assignments.c.epoch)
Index("ix_assignments_epoch", assignments.c.epoch)

segments = Table(
    "segments",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("key", String(1024), nullable=False, unique=True),
)

counts = Table(
    "counts",
    metadata,
    Column("theme_id", Integer, primary_key=True, comment="0: all tickets"),
    Column("segment_id", Integer, primary_key=True),
    Column("bucket", Integer, primary_key=True),
    Column("n", Integer, nullable=False),
)
Index("ix_counts_bucket", counts.c.bucket)

bands = Table(
    "bands",
    metadata,
    Column("theme_id", Integer, primary_key=True, comment="0: all tickets"),
    Column("hour", Integer, primary_key=True, comment="hours since 1970"),
    Column("mean", Float, nullable=False, comment="tickets expected in the hour, said when the hour began"),
    Column("low", Float, nullable=False),
    Column("high", Float, nullable=False),
    Column("launch_id", String(256), comment="the launch whose envelope it is"),
)

Index(
    "ix_bands_launch_id",
    bands.c.launch_id,
    bands.c.theme_id,
    postgresql_where=bands.c.launch_id.is_not(None),
    sqlite_where=bands.c.launch_id.is_not(None),
)

reviews = Table(
    "reviews",
    metadata,
    Column("launch_id", String(256), primary_key=True),
    Column("kind", String(16), nullable=False),
    Column("start", UtcTime, nullable=False),
    Column("end", UtcTime, nullable=False),
    Column("segment", Json, nullable=False, comment="where it was looked at: the scope, or everything"),
    Column("until", UtcTime, nullable=False, comment="end of the epoch that looked back at it"),
    Column("planned", Json, nullable=False, comment="ids of the themes that its plan named"),
    Column("planned_all", Boolean, nullable=False),
    Column(
        "seen",
        Json,
        nullable=False,
        comment="by theme (0: all tickets) and phase of the launch: tickets, and what was usual",
    ),
)

spikes = Table(
    "spikes",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("theme_id", Integer, nullable=False, index=True),
    Column("segment", Json, nullable=False),
    Column("kind", String(16), nullable=False),
    Column("start", UtcTime, nullable=False),
    Column("end", UtcTime),
    Column("detected_at", UtcTime, nullable=False),
    Column("observed", Integer, nullable=False),
    Column("expected", Float, nullable=False),
    Column("ratio", Float, nullable=False),
    Column("p_value", Float, nullable=False),
    Column("q_value", Float, nullable=False),
    Column("severity", Float, nullable=False),
    Column("now_observed", Integer, nullable=False),
    Column("launch_id", String(256)),
    Column("gate", String(32)),
    Column("incident_id", Integer, index=True, comment="the event that it is a sign of; NULL: none yet"),
    Column("evidence", Json, nullable=False),
    Column("verdict", Text, nullable=False, comment="what explains it, or that nothing does, in a sentence"),
    Column("note", Text),
    Column("state", Json, nullable=False, comment="what the detector needs to go on"),
)
Index("ix_spikes_open", spikes.c.theme_id, postgresql_where=spikes.c.end.is_(None), sqlite_where=spikes.c.end.is_(None))

causes = Table(
    "causes",
    metadata,
    Column("spike_id", Integer, row_of("spikes.id"), primary_key=True),
    Column("rank", Integer, primary_key=True),
    Column("kind", String(16), nullable=False),
    Column("segment", Json),
    Column("change_id", String(256)),
    Column("contribution", Float, nullable=False),
    Column("relative_risk", Float),
    Column("interval", Json),
    Column("score", Float, nullable=False),
    Column("reason", Text, nullable=False),
)

trends = Table(
    "trends",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("theme_id", Integer, nullable=False, index=True, comment="0: all tickets"),
    Column("segment", Json, nullable=False),
    Column("start", UtcTime, nullable=False, comment="edge of a day, UTC"),
    Column("end", UtcTime, comment="edge of a day, UTC; NULL: it lasts"),
    Column("detected_at", UtcTime, nullable=False),
    Column("days", Integer, nullable=False, comment="length of the window that showed it"),
    Column("observed", Integer, nullable=False, comment="tickets since its start"),
    Column("expected", Float, nullable=False),
    Column("p_value", Float, nullable=False),
    Column("gate", String(32), comment="why digests do not report it; NULL: they do"),
    Column("outcome", String(16), comment="why it ended; NULL: it lasts"),
)
