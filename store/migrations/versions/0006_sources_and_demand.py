"""What is known of sources, demand, macros, received webhooks, cursors of pulled systems and the reading of refused records.

Revision 0006, after 0005.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from store.types import Json, UtcTime

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

NOT_DEMAND = sa.text("demand != 'customer'")
SUSPECTED = sa.text("suspected IS NOT NULL")


def upgrade() -> None:
    with op.batch_alter_table("tickets") as batch:
        batch.add_column(
            sa.Column(
                "demand",
                sa.String(16),
                nullable=False,
                server_default="customer",
                comment="what wrote it: only `customer` is demand; replies of machines, spam and agents' messages are kept apart",
            )
        )
        batch.add_column(
            sa.Column(
                "demand_rule",
                sa.String(16),
                comment="what that is founded on; NULL where no rule says that it is not demand",
            )
        )
        batch.add_column(
            sa.Column(
                "suspected",
                sa.String(16),
                comment="kind that its wording suggests, and that it is once the wording is repeated",
            )
        )
        batch.add_column(
            sa.Column(
                "skeleton",
                sa.String(32),
                comment="keyed hash of its text without numbers; NULL once the text is erased",
            )
        )
    op.create_index(
        "ix_tickets_not_demand",
        "tickets",
        ["demand", "time"],
        postgresql_where=NOT_DEMAND,
        sqlite_where=NOT_DEMAND,
    )
    op.create_index("ix_tickets_requester_skeleton", "tickets", ["requester", "skeleton", "time"])
    op.create_index(
        "ix_tickets_suspected",
        "tickets",
        ["skeleton", "time"],
        postgresql_where=SUSPECTED,
        sqlite_where=SUSPECTED,
    )
    op.create_table(
        "source_profiles",
        sa.Column("source", sa.String(256), nullable=False),
        sa.Column(
            "grain", sa.Integer, nullable=False, comment="seconds: 1, 3600 or 86400, the finest step of its times"
        ),
        sa.Column(
            "zone",
            sa.String(64),
            nullable=True,
            comment="IANA zone of its times where they have none of their own",
        ),
        sa.Column("skew", sa.Float, nullable=False, comment="seconds that its clock is ahead of ours"),
        sa.PrimaryKeyConstraint("source", name=op.f("pk_source_profiles")),
    )
    op.create_table(
        "macros",
        sa.Column("beginning", sa.String(256), nullable=False, comment="start of the sentence, in lower case"),
        sa.Column("tickets", sa.Integer, nullable=False, comment="tickets that it was found in when it was learned"),
        sa.Column("learned_at", UtcTime, nullable=False, comment="wall clock"),
        sa.PrimaryKeyConstraint("beginning", name=op.f("pk_macros")),
    )
    op.create_table(
        "inbox",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), autoincrement=True, nullable=False),
        sa.Column("system", sa.String(64), nullable=False),
        sa.Column("delivery_id", sa.String(256), nullable=False, comment="the sender's own; a repeat has the same"),
        sa.Column("received_at", UtcTime, nullable=False, comment="wall clock"),
        sa.Column("events", Json, nullable=False, comment="redacted events, ready to be stored"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inbox")),
        sa.UniqueConstraint("system", "delivery_id", name=op.f("uq_inbox_system_delivery_id")),
    )
    op.create_table(
        "cursors",
        sa.Column("system", sa.String(64), nullable=False),
        sa.Column("site", sa.String(256), nullable=False),
        sa.Column("cursor", sa.Text, nullable=False),
        sa.Column("updated_at", UtcTime, nullable=False, comment="wall clock"),
        sa.PrimaryKeyConstraint("system", "site", name=op.f("pk_cursors")),
    )
    op.create_table(
        "guessed_settings",
        sa.Column(
            "name",
            sa.String(128),
            nullable=False,
            comment="a setting that was not given when tickets first came in",
        ),
        sa.Column("value", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False, comment="one sentence"),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_guessed_settings")),
    )
    with op.batch_alter_table("quarantine") as batch:
        batch.add_column(
            sa.Column("refused_at", UtcTime, nullable=True, comment="wall clock of the last attempt; NULL: not known")
        )
        batch.add_column(
            sa.Column(
                "reading",
                Json,
                nullable=True,
                comment="how its file was read: mapping, format, encoding, content; NULL: not known",
            )
        )
        batch.add_column(
            sa.Column(
                "element",
                sa.Integer,
                nullable=False,
                server_default="0",
                comment="number among the refused ones of one position: a page of JSON holds many",
            )
        )
        batch.drop_constraint(op.f("uq_quarantine_stream_partition_position"), type_="unique")
        batch.create_unique_constraint(
            op.f("uq_quarantine_stream_partition_position_element"), ["stream", "partition", "position", "element"]
        )


def downgrade() -> None:
    op.execute("DELETE FROM quarantine WHERE element > 0")
    with op.batch_alter_table("quarantine") as batch:
        batch.drop_constraint(op.f("uq_quarantine_stream_partition_position_element"), type_="unique")
        batch.create_unique_constraint(
            op.f("uq_quarantine_stream_partition_position"), ["stream", "partition", "position"]
        )
        batch.drop_column("element")
        batch.drop_column("reading")
        batch.drop_column("refused_at")
    for table in ("guessed_settings", "cursors", "inbox", "macros", "source_profiles"):
        op.drop_table(table)
    for index in ("ix_tickets_suspected", "ix_tickets_requester_skeleton", "ix_tickets_not_demand"):
        op.drop_index(index, "tickets")
    with op.batch_alter_table("tickets") as batch:
        for column in ("skeleton", "suspected", "demand_rule", "demand"):
            batch.drop_column(column)
