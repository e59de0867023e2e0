"""People, their sessions and tokens; families and positions of themes; runs of flows, and the audit log by its columns.

Revision 0009, after 0008.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from store.types import Json, UtcTime

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

Id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TABLES = (
    "saved_views",
    "digest_themes",
    "flow_runs",
    "theme_layout",
    "sign_in_attempts",
    "api_tokens",
    "sessions",
    "invitations",
    "people",
)
AUDITED = ("actor", "action", "subject")


def upgrade() -> None:
    op.create_table(
        "people",
        sa.Column(
            "name", sa.String(128), nullable=False, comment="how the person signs in and is named in the audit log"
        ),
        sa.Column("role", sa.String(16), nullable=False),
        sa.Column("scope", Json, nullable=False, comment="allowed values by dimension; empty: everything"),
        sa.Column(
            "password", sa.String(256), nullable=True, comment="argon2 hash; NULL: signs in elsewhere, or not yet"
        ),
        sa.Column("subject", sa.String(512), nullable=True, comment="issuer and subject of OpenID Connect"),
        sa.Column("time_zone", sa.String(64), nullable=True),
        sa.Column("created_at", UtcTime, nullable=False, comment="wall clock"),
        sa.Column("disabled_at", UtcTime, nullable=True, comment="wall clock"),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_people")),
        sa.UniqueConstraint("subject", name=op.f("uq_people_subject")),
    )
    op.create_table(
        "invitations",
        sa.Column("token_hash", sa.String(64), nullable=False),
        sa.Column("person", sa.String(128), nullable=False),
        sa.Column("created_at", UtcTime, nullable=False, comment="wall clock"),
        sa.Column("expires_at", UtcTime, nullable=False, comment="wall clock"),
        sa.Column("used_at", UtcTime, nullable=True, comment="wall clock"),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_invitations")),
    )
    op.create_table(
        "sessions",
        sa.Column("token_hash", sa.String(64), nullable=False),
        sa.Column("person", sa.String(128), nullable=False),
        sa.Column("created_at", UtcTime, nullable=False, comment="wall clock"),
        sa.Column("seen_at", UtcTime, nullable=False, comment="wall clock, to the minute"),
        sa.Column("expires_at", UtcTime, nullable=False, comment="wall clock"),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_sessions")),
    )
    op.create_index("ix_sessions_person", "sessions", ["person"])
    op.create_table(
        "api_tokens",
        sa.Column("id", Id, autoincrement=True, nullable=False),
        sa.Column("token_hash", sa.String(64), nullable=False),
        sa.Column("label", sa.String(128), nullable=False),
        sa.Column("person", sa.String(128), nullable=False, comment="who made it"),
        sa.Column("permissions", Json, nullable=False),
        sa.Column("scope", Json, nullable=False, comment="allowed values by dimension; empty: everything"),
        sa.Column("created_at", UtcTime, nullable=False, comment="wall clock"),
        sa.Column("expires_at", UtcTime, nullable=False, comment="wall clock"),
        sa.Column("revoked_at", UtcTime, nullable=True, comment="wall clock"),
        sa.Column("used_at", UtcTime, nullable=True, comment="wall clock, to the minute"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_tokens")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_api_tokens_token_hash")),
    )
    op.create_table(
        "sign_in_attempts",
        sa.Column("id", Id, autoincrement=True, nullable=False),
        sa.Column("key", sa.String(64), nullable=False, comment="keyed hash of a name or an address"),
        sa.Column("at", UtcTime, nullable=False, comment="wall clock"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_in_attempts")),
    )
    op.create_index("ix_sign_in_attempts_key", "sign_in_attempts", ["key", "at"])
    op.create_table(
        "saved_views",
        sa.Column("id", Id, autoincrement=True, nullable=False),
        sa.Column("person", sa.String(128), nullable=False, comment="who saved it, and sees it"),
        sa.Column("name", sa.String(100), nullable=False, comment="redacted"),
        sa.Column(
            "query",
            sa.Text(),
            nullable=False,
            comment="query of the board's address: filters, order and grouping, redacted",
        ),
        sa.Column("saved_at", UtcTime, nullable=False, comment="wall clock"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_saved_views")),
        sa.UniqueConstraint("person", "name", name=op.f("uq_saved_views_person_name")),
    )
    op.create_table(
        "theme_layout",
        sa.Column("theme_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("x", sa.Float(), nullable=False, comment="position on the map, -1 to 1"),
        sa.Column("y", sa.Float(), nullable=False, comment="position on the map, -1 to 1"),
        sa.Column(
            "family_id",
            sa.Integer(),
            nullable=True,
            comment="number of the family, kept from one layout to the next; NULL: in none",
        ),
        sa.Column("family_name", sa.Text(), nullable=True),
        sa.Column("at", UtcTime, nullable=False, comment="event time of the layout"),
        sa.PrimaryKeyConstraint("theme_id", name=op.f("pk_theme_layout")),
    )
    op.create_table(
        "flow_runs",
        sa.Column("id", Id, autoincrement=True, nullable=False),
        sa.Column("flow", sa.String(64), nullable=False),
        sa.Column("started_at", UtcTime, nullable=False, comment="wall clock"),
        sa.Column("ended_at", UtcTime, nullable=True, comment="wall clock; NULL: it runs, or its process was killed"),
        sa.Column("outcome", sa.String(16), nullable=True, comment="completed, failed; NULL: it has not ended"),
        sa.Column("problem", sa.Text(), nullable=True, comment="why it failed, redacted"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_flow_runs")),
    )
    op.create_index("ix_flow_runs_flow", "flow_runs", ["flow", "id"])
    with op.batch_alter_table("channel_states") as batch:
        batch.add_column(
            sa.Column(
                "held_until",
                UtcTime,
                nullable=True,
                comment="wall clock until which a person paused it; NULL: nobody did",
            )
        )
        batch.add_column(sa.Column("held_by", sa.String(128), nullable=True, comment="who paused it"))
    op.create_index("ix_quarantine_reason", "quarantine", ["reason", "id"])
    op.create_index("ix_tickets_source", "tickets", ["source", "time"])
    op.create_table(
        "digest_themes",
        sa.Column(
            "theme_id", sa.Integer(), autoincrement=False, nullable=False, comment="an item of the digest is about it"
        ),
        sa.Column("audience", sa.String(128), nullable=False),
        sa.Column("start", UtcTime, nullable=False),
        sa.Column("end", UtcTime, nullable=False),
        sa.PrimaryKeyConstraint("theme_id", "audience", "start", "end", name=op.f("pk_digest_themes")),
    )
    op.create_index("ix_audit_at", "audit", ["at"])
    op.create_index(
        "ix_tickets_attributes",
        "tickets",
        ["time", "counted", "business_line", "region", "vendor", "product", "user_type", "channel", "id"],
    )
    for name in AUDITED:
        op.create_index(f"ix_audit_{name}", "audit", [name, "at"])
    with op.batch_alter_table("themes") as batch:
        batch.add_column(
            sa.Column(
                "owner_pinned",
                sa.Boolean(),
                nullable=False,
                server_default=sa.false(),
                comment="a person assigned the owner: the ownership file does not change it",
            )
        )
    with op.batch_alter_table("launches") as batch:
        batch.add_column(
            sa.Column(
                "cancelled",
                sa.Boolean(),
                nullable=False,
                server_default=sa.false(),
                comment="with this revision it is as if it had never been planned",
            )
        )


def downgrade() -> None:
    with op.batch_alter_table("themes") as batch:
        batch.drop_column("owner_pinned")
    with op.batch_alter_table("launches") as batch:
        batch.drop_column("cancelled")
    with op.batch_alter_table("channel_states") as batch:
        batch.drop_column("held_by")
        batch.drop_column("held_until")
    op.drop_index("ix_quarantine_reason", "quarantine")
    op.drop_index("ix_tickets_source", "tickets")
    op.drop_index("ix_tickets_attributes", "tickets")
    for name in ("at", *AUDITED):
        op.drop_index(f"ix_audit_{name}", "audit")
    for name in TABLES:
        op.drop_table(name)
