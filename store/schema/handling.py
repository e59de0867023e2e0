"""How tickets were handled: a row per ticket, its solutions and service levels, and sums of them."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Float, Index, Integer, LargeBinary, String, Table

from store.schema.base import metadata
from store.types import UtcTime

ticket_handling = Table(
    "ticket_handling",
    metadata,
    Column("ticket_id", String(256), primary_key=True),
    Column("theme_id", Integer, comment="theme of the ticket; NULL: unthemed"),
    Column("source", String(256), nullable=False),
    Column("business_line", String(128)),
    Column("user_type", String(128)),
    Column("product", String(128)),
    Column("payment_method", String(128)),
    Column("region", String(128)),
    Column("platform", String(128)),
    Column("channel", String(128)),
    Column("language", String(128)),
    Column("priority", String(128), comment="the latest"),
    Column("created_by", String(128), comment="who handled it first: ai, human or vendor"),
    Column("handled_by", String(128), comment="who handled it last: ai, human or vendor"),
    Column("vendor", String(128), comment="vendor that handled it last"),
    Column("team", String(128), comment="team that handled it last"),
    Column("resolved_by", String(128), comment="who handled it when it was solved first"),
    Column("created_at", UtcTime, nullable=False),
    Column("removed_at", UtcTime, comment="merged, deleted or spam; NULL: it counts"),
    Column("first_reply_at", UtcTime, comment="first public answer"),
    Column("first_human_reply_at", UtcTime),
    Column("first_resolved_at", UtcTime),
    Column("first_reopened_at", UtcTime),
    Column("resolved_at", UtcTime, comment="solved last; NULL: it is open"),
    Column("escalated_at", UtcTime, comment="escalated first; NULL: never"),
    Column("rated_at", UtcTime),
    Column("csat", Integer, comment="1 to 5"),
    Column("reopens", Integer, nullable=False),
    Column("replies", Integer, nullable=False, comment="public answers"),
    Column("human_replies", Integer, nullable=False, comment="public answers of persons"),
    Column("replies_before_resolution", Integer, nullable=False),
    Column("messages", Integer, nullable=False, comment="what the requester wrote after the creation"),
    Column("transfers", Integer, nullable=False, comment="changes of handler, vendor or team"),
    Column("had_human", Boolean, nullable=False, comment="whether a person handled or answered it at any time"),
    Column("requester_wait", Float, nullable=False, comment="seconds that it waited for the requester"),
    Column("third_party_wait", Float, nullable=False, comment="seconds that it waited for a third party"),
)
Index("ix_ticket_handling_created_at", ticket_handling.c.created_at)
Index("ix_ticket_handling_theme_id", ticket_handling.c.theme_id, ticket_handling.c.created_at)
Index("ix_ticket_handling_first_resolved_at", ticket_handling.c.first_resolved_at)

ticket_resolutions = Table(
    "ticket_resolutions",
    metadata,
    Column("ticket_id", String(256), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False, comment="1: the first time that it was solved"),
    Column("resolved_at", UtcTime, nullable=False),
    Column("reopened_at", UtcTime, comment="NULL: it is solved since"),
)
Index("ix_ticket_resolutions_resolved_at", ticket_resolutions.c.resolved_at)

sla_cycles = Table(
    "sla_cycles",
    metadata,
    Column("ticket_id", String(256), primary_key=True),
    Column("policy", String(128), primary_key=True, comment="name of the policy, or of the source's own service level"),
    Column(
        "target", String(16), primary_key=True, comment="first_reply, next_reply, resolution; stated: by the source"
    ),
    Column("number", Integer, primary_key=True, autoincrement=False, comment="1: the first promise of this target"),
    Column("started_at", UtcTime, nullable=False),
    Column("stopped_at", UtcTime, comment="NULL: it is open"),
    Column("due_at", UtcTime, comment="when an open one is missed as things are; NULL: stopped, missed or paused"),
    Column("breached_at", UtcTime, comment="when it was missed; NULL: it was not, or `due_at` decides"),
    Column("elapsed", Float, nullable=False, comment="seconds of the policy's time that have run"),
)
Index("ix_sla_cycles_due_at", sla_cycles.c.due_at)
Index("ix_sla_cycles_breached_at", sla_cycles.c.breached_at)
Index("ix_sla_cycles_stopped_at", sla_cycles.c.stopped_at)

handling_groups = Table(
    "handling_groups",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False, comment="digest of the other columns"),
    Column("dimension", String(32), nullable=False, comment="a column of ticket_handling; empty: all tickets"),
    Column("value", String(256), nullable=False, comment="its value; empty: tickets without one"),
    Column("filter_dimension", String(32), nullable=False, comment="a second column; empty: there is none"),
    Column("filter_value", String(256), nullable=False),
)
Index(
    "ix_handling_groups_value", handling_groups.c.dimension, handling_groups.c.filter_dimension, handling_groups.c.value
)
Index(
    "ix_handling_groups_filter_value",
    handling_groups.c.dimension,
    handling_groups.c.filter_dimension,
    handling_groups.c.filter_value,
)

handling_cells = Table(
    "handling_cells",
    metadata,
    Column("group_id", BigInteger, primary_key=True, autoincrement=False),
    Column("day", Integer, primary_key=True, autoincrement=False, comment="days since 1970, UTC"),
    Column("created", Integer, nullable=False, comment="by the day of creation, as the next five"),
    Column("escalated", Integer, nullable=False),
    Column("transferred", Integer, nullable=False),
    Column("ai_begun", Integer, nullable=False, comment="AI handled them first"),
    Column("ai_decided", Integer, nullable=False, comment="of these, solved or taken by a person"),
    Column("ai_alone", Integer, nullable=False, comment="of these, solved by AI without a person"),
    Column("resolved", Integer, nullable=False, comment="by the day of the first solution, as the next two"),
    Column("reopened", Integer, nullable=False),
    Column("one_touch", Integer, nullable=False),
    Column("rated", Integer, nullable=False, comment="by the day of the rating"),
    Column("satisfied", Integer, nullable=False, comment="ratings of 4 and 5"),
    Column("opened", Integer, nullable=False, comment="came into the backlog: created or reopened"),
    Column("closed", Integer, nullable=False, comment="left the backlog: solved or removed"),
    Column("first_reply_kept", Integer, nullable=False, comment="promises by the day of decision, as the next seven"),
    Column("first_reply_missed", Integer, nullable=False),
    Column("next_reply_kept", Integer, nullable=False),
    Column("next_reply_missed", Integer, nullable=False),
    Column("resolution_kept", Integer, nullable=False),
    Column("resolution_missed", Integer, nullable=False),
    Column("stated_kept", Integer, nullable=False),
    Column("stated_missed", Integer, nullable=False),
    Column(
        "ai_handed_over",
        Integer,
        nullable=False,
        server_default="0",
        comment="of ai_begun, those that a person handled or answered; by the day of creation, as the next seven",
    ),
    Column(
        "ai_escalated", Integer, nullable=False, server_default="0", comment="of ai_begun, those that were escalated"
    ),
    Column("ai_reopened", Integer, nullable=False, server_default="0", comment="of ai_alone, those that were reopened"),
    Column("replies", Integer, nullable=False, server_default="0", comment="public answers to these tickets"),
    Column("human_replies", Integer, nullable=False, server_default="0", comment="public answers of persons"),
    Column("transfers", Integer, nullable=False, server_default="0", comment="changes of handler, vendor or team"),
    Column("handled", Integer, nullable=False, server_default="0", comment="tickets that are solved now"),
    Column(
        "handled_seconds",
        BigInteger,
        nullable=False,
        server_default="0",
        comment="of these, the time in which they were open and waited neither for the requester nor for a third party",
    ),
    Column(
        "durations",
        LargeBinary,
        comment="histograms of durations by the day of creation, see models/metrics/histogram.py",
    ),
    sqlite_with_rowid=False,
)
