"""How tickets were handled: one row per ticket, one for each time that it was solved, and sums of them by day.

Revision 0011, after 0010.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from store.types import Json, UtcTime

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_assignments_epoch", "assignments", ["epoch"])
    op.create_table(
        "ticket_handling",
        sa.Column("ticket_id", sa.String(256), nullable=False),
        sa.Column("theme_id", sa.Integer(), nullable=True, comment="theme of the ticket; NULL: unthemed"),
        sa.Column("source", sa.String(256), nullable=False),
        sa.Column("business_line", sa.String(128), nullable=True),
        sa.Column("user_type", sa.String(128), nullable=True),
        sa.Column("product", sa.String(128), nullable=True),
        sa.Column("payment_method", sa.String(128), nullable=True),
        sa.Column("region", sa.String(128), nullable=True),
        sa.Column("platform", sa.String(128), nullable=True),
        sa.Column("channel", sa.String(128), nullable=True),
        sa.Column("language", sa.String(128), nullable=True),
        sa.Column("priority", sa.String(128), nullable=True, comment="the latest"),
        sa.Column("created_by", sa.String(128), nullable=True, comment="who handled it first: ai, human or vendor"),
        sa.Column("handled_by", sa.String(128), nullable=True, comment="who handled it last: ai, human or vendor"),
        sa.Column("vendor", sa.String(128), nullable=True, comment="vendor that handled it last"),
        sa.Column("team", sa.String(128), nullable=True, comment="team that handled it last"),
        sa.Column("resolved_by", sa.String(128), nullable=True, comment="who handled it when it was solved first"),
        sa.Column("created_at", UtcTime, nullable=False),
        sa.Column("removed_at", UtcTime, nullable=True, comment="merged, deleted or spam; NULL: it counts"),
        sa.Column("first_reply_at", UtcTime, nullable=True, comment="first public answer"),
        sa.Column("first_human_reply_at", UtcTime, nullable=True),
        sa.Column("first_resolved_at", UtcTime, nullable=True),
        sa.Column("first_reopened_at", UtcTime, nullable=True),
        sa.Column("resolved_at", UtcTime, nullable=True, comment="solved last; NULL: it is open"),
        sa.Column("escalated_at", UtcTime, nullable=True, comment="escalated first; NULL: never"),
        sa.Column("rated_at", UtcTime, nullable=True),
        sa.Column("csat", sa.Integer(), nullable=True, comment="1 to 5"),
        sa.Column("reopens", sa.Integer(), nullable=False),
        sa.Column("replies", sa.Integer(), nullable=False, comment="public answers"),
        sa.Column("human_replies", sa.Integer(), nullable=False, comment="public answers of persons"),
        sa.Column("replies_before_resolution", sa.Integer(), nullable=False),
        sa.Column("messages", sa.Integer(), nullable=False, comment="what the requester wrote after the creation"),
        sa.Column("transfers", sa.Integer(), nullable=False, comment="changes of handler, vendor or team"),
        sa.Column(
            "had_human", sa.Boolean(), nullable=False, comment="whether a person handled or answered it at any time"
        ),
        sa.Column("requester_wait", sa.Float(), nullable=False, comment="seconds that it waited for the requester"),
        sa.Column("third_party_wait", sa.Float(), nullable=False, comment="seconds that it waited for a third party"),
        sa.PrimaryKeyConstraint("ticket_id", name=op.f("pk_ticket_handling")),
    )
    op.create_index("ix_ticket_handling_created_at", "ticket_handling", ["created_at"])
    op.create_index("ix_ticket_handling_theme_id", "ticket_handling", ["theme_id", "created_at"])
    op.create_index("ix_ticket_handling_first_resolved_at", "ticket_handling", ["first_resolved_at"])
    op.create_table(
        "ticket_resolutions",
        sa.Column("ticket_id", sa.String(256), nullable=False),
        sa.Column(
            "number", sa.Integer(), autoincrement=False, nullable=False, comment="1: the first time that it was solved"
        ),
        sa.Column("resolved_at", UtcTime, nullable=False),
        sa.Column("reopened_at", UtcTime, nullable=True, comment="NULL: it is solved since"),
        sa.PrimaryKeyConstraint("ticket_id", "number", name=op.f("pk_ticket_resolutions")),
    )
    op.create_index("ix_ticket_resolutions_resolved_at", "ticket_resolutions", ["resolved_at"])
    op.create_table(
        "sla_cycles",
        sa.Column("ticket_id", sa.String(256), nullable=False),
        sa.Column(
            "policy", sa.String(128), nullable=False, comment="name of the policy, or of the source's own service level"
        ),
        sa.Column(
            "target",
            sa.String(16),
            nullable=False,
            comment="first_reply, next_reply, resolution; stated: by the source",
        ),
        sa.Column(
            "number", sa.Integer(), autoincrement=False, nullable=False, comment="1: the first promise of this target"
        ),
        sa.Column("started_at", UtcTime, nullable=False),
        sa.Column("stopped_at", UtcTime, nullable=True, comment="NULL: it is open"),
        sa.Column(
            "due_at",
            UtcTime,
            nullable=True,
            comment="when an open one is missed as things are; NULL: stopped, missed or paused",
        ),
        sa.Column(
            "breached_at", UtcTime, nullable=True, comment="when it was missed; NULL: it was not, or `due_at` decides"
        ),
        sa.Column("elapsed", sa.Float(), nullable=False, comment="seconds of the policy's time that have run"),
        sa.PrimaryKeyConstraint("ticket_id", "policy", "target", "number", name=op.f("pk_sla_cycles")),
    )
    op.create_index("ix_sla_cycles_due_at", "sla_cycles", ["due_at"])
    op.create_index("ix_sla_cycles_breached_at", "sla_cycles", ["breached_at"])
    op.create_index("ix_sla_cycles_stopped_at", "sla_cycles", ["stopped_at"])
    _add_procedures()
    _create_cells()


def _add_procedures() -> None:
    op.add_column(
        "changes",
        sa.Column(
            "themes", Json(), nullable=True, comment="numbers of the themes that it concerns; NULL: it may concern any"
        ),
    )
    op.create_table(
        "sops",
        sa.Column("slug", sa.String(80), nullable=False, comment="name of the procedure in addresses and commands"),
        sa.Column("version", sa.Integer(), nullable=False, comment="number of its newest version"),
        sa.Column("created_at", UtcTime, nullable=False, comment="wall clock"),
        sa.PrimaryKeyConstraint("slug", name=op.f("pk_sops")),
    )
    op.create_table(
        "sop_versions",
        sa.Column("slug", sa.String(80), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False, comment="1: the first version"),
        sa.Column("title", sa.Text(), nullable=False, comment="redacted"),
        sa.Column("body", sa.Text(), nullable=False, comment="Markdown, redacted"),
        sa.Column("tree", sa.Text(), nullable=False, comment="decision tree in YAML, redacted; empty: none"),
        sa.Column("owner", sa.String(128), nullable=False, comment="who keeps it right: a person, team or audience"),
        sa.Column(
            "review_on",
            sa.Date(),
            nullable=True,
            comment="first day on which its review is overdue; NULL: it needs none",
        ),
        sa.Column("note", sa.Text(), nullable=False, comment="why the version was written, redacted"),
        sa.Column("author", sa.String(128), nullable=False, comment="user name of who wrote the version"),
        sa.Column("at", UtcTime, nullable=False, comment="wall clock"),
        sa.ForeignKeyConstraint(["slug"], ["sops.slug"], name=op.f("fk_sop_versions_slug")),
        sa.PrimaryKeyConstraint("slug", "number", name=op.f("pk_sop_versions")),
    )
    op.create_table(
        "sop_links",
        sa.Column("slug", sa.String(80), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False, comment="what it is for: theme or known_issue"),
        sa.Column(
            "target", sa.Integer(), autoincrement=False, nullable=False, comment="number of the theme or known issue"
        ),
        sa.Column("actor", sa.String(128), nullable=False, comment="user name of who linked it"),
        sa.Column("at", UtcTime, nullable=False, comment="wall clock"),
        sa.ForeignKeyConstraint(["slug"], ["sops.slug"], name=op.f("fk_sop_links_slug")),
        sa.PrimaryKeyConstraint("slug", "kind", "target", name=op.f("pk_sop_links")),
    )
    op.create_index("ix_sop_links_kind", "sop_links", ["kind", "target"])


def _create_cells() -> None:
    op.create_table(
        "handling_groups",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False, comment="digest of the other columns"),
        sa.Column(
            "dimension", sa.String(32), nullable=False, comment="a column of ticket_handling; empty: all tickets"
        ),
        sa.Column("value", sa.String(256), nullable=False, comment="its value; empty: tickets without one"),
        sa.Column("filter_dimension", sa.String(32), nullable=False, comment="a second column; empty: there is none"),
        sa.Column("filter_value", sa.String(256), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_handling_groups")),
    )
    op.create_index("ix_handling_groups_value", "handling_groups", ["dimension", "filter_dimension", "value"])
    op.create_index(
        "ix_handling_groups_filter_value", "handling_groups", ["dimension", "filter_dimension", "filter_value"]
    )
    op.create_table(
        "handling_cells",
        sa.Column("group_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("day", sa.Integer(), autoincrement=False, nullable=False, comment="days since 1970, UTC"),
        sa.Column("created", sa.Integer(), nullable=False, comment="by the day of creation, as the next five"),
        sa.Column("escalated", sa.Integer(), nullable=False),
        sa.Column("transferred", sa.Integer(), nullable=False),
        sa.Column("ai_begun", sa.Integer(), nullable=False, comment="AI handled them first"),
        sa.Column("ai_decided", sa.Integer(), nullable=False, comment="of these, solved or taken by a person"),
        sa.Column("ai_alone", sa.Integer(), nullable=False, comment="of these, solved by AI without a person"),
        sa.Column(
            "resolved", sa.Integer(), nullable=False, comment="by the day of the first solution, as the next two"
        ),
        sa.Column("reopened", sa.Integer(), nullable=False),
        sa.Column("one_touch", sa.Integer(), nullable=False),
        sa.Column("rated", sa.Integer(), nullable=False, comment="by the day of the rating"),
        sa.Column("satisfied", sa.Integer(), nullable=False, comment="ratings of 4 and 5"),
        sa.Column("opened", sa.Integer(), nullable=False, comment="came into the backlog: created or reopened"),
        sa.Column("closed", sa.Integer(), nullable=False, comment="left the backlog: solved or removed"),
        sa.Column(
            "first_reply_kept",
            sa.Integer(),
            nullable=False,
            comment="promises by the day of decision, as the next seven",
        ),
        sa.Column("first_reply_missed", sa.Integer(), nullable=False),
        sa.Column("next_reply_kept", sa.Integer(), nullable=False),
        sa.Column("next_reply_missed", sa.Integer(), nullable=False),
        sa.Column("resolution_kept", sa.Integer(), nullable=False),
        sa.Column("resolution_missed", sa.Integer(), nullable=False),
        sa.Column("stated_kept", sa.Integer(), nullable=False),
        sa.Column("stated_missed", sa.Integer(), nullable=False),
        sa.Column(
            "durations",
            sa.LargeBinary(),
            nullable=True,
            comment="histograms of durations by the day of creation, see models/metrics/histogram.py",
        ),
        sa.PrimaryKeyConstraint("group_id", "day", name=op.f("pk_handling_cells")),
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    op.drop_table("handling_cells")
    op.drop_table("handling_groups")
    op.drop_table("sop_links")
    op.drop_table("sop_versions")
    op.drop_table("sops")
    op.drop_column("changes", "themes")
    op.drop_table("sla_cycles")
    op.drop_table("ticket_resolutions")
    op.drop_table("ticket_handling")
    op.drop_index("ix_assignments_epoch", table_name="assignments")
