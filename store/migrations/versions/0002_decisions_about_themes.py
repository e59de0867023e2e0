"""Decisions about themes: what they did, who said why, what they rest on; rebuilds beside the live themes.

Revision 0002, after 0001.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Create them."""
    with op.batch_alter_table("themes", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column(
                "name_pinned",
                sa.Boolean(),
                server_default=sa.false(),
                nullable=False,
                comment="a person gave the name: it is never changed automatically",
            )
        )
    with op.batch_alter_table("decisions", schema=None) as batch_op:
        batch_op.add_column(sa.Column("why", sa.Text(), nullable=True, comment="redacted"))
        batch_op.add_column(
            sa.Column(
                "due_epoch",
                sa.BigInteger(),
                nullable=True,
                comment="epoch that applies it, in a replay; NULL: the next one",
            )
        )
        batch_op.add_column(
            sa.Column(
                "undone_by",
                sa.BigInteger(),
                nullable=True,
                comment="the decision that undid it; its own id: withdrawn while pending",
            )
        )
        batch_op.add_column(
            sa.Column("outcome", sa.Text(), nullable=True, comment="what applying it did, or why it was refused")
        )
    op.create_table(
        "decision_tickets",
        sa.Column("decision_id", sa.BigInteger(), nullable=False),
        sa.Column("ticket_id", sa.String(length=256), nullable=False),
        sa.Column("from_theme", sa.Integer(), nullable=True, comment="NULL: unthemed"),
        sa.Column("to_theme", sa.Integer(), nullable=True, comment="NULL: unthemed"),
        sa.PrimaryKeyConstraint("decision_id", "ticket_id", name=op.f("pk_decision_tickets")),
    )
    with op.batch_alter_table("decision_tickets", schema=None) as batch_op:
        batch_op.create_index("ix_decision_tickets_ticket_id", ["ticket_id"], unique=False)
    op.create_table(
        "rebuilds",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False, comment="wall clock"),
        sa.Column("actor", sa.String(length=128), nullable=False),
        sa.Column("model", sa.String(length=128), nullable=False, comment="whose vectors were grouped"),
        sa.Column(
            "metric", sa.String(length=64), nullable=True, comment="the learned metric that they were compared in"
        ),
        sa.Column("state", sa.String(length=16), nullable=False, comment="ready, asked, switched, discarded"),
        sa.Column("next_epoch", sa.BigInteger(), nullable=False, comment="first epoch that was open when it was made"),
        sa.Column("report", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rebuilds")),
    )
    op.create_table(
        "rebuilt",
        sa.Column("rebuild_id", sa.BigInteger(), nullable=False),
        sa.Column("ticket_id", sa.String(length=256), nullable=False),
        sa.Column("from_theme", sa.Integer(), nullable=True, comment="its theme when the rebuild was made"),
        sa.Column(
            "to_theme", sa.Integer(), nullable=True, comment="NULL: unthemed; negative: a theme that would be born"
        ),
        sa.PrimaryKeyConstraint("rebuild_id", "ticket_id", name=op.f("pk_rebuilt")),
    )
    op.create_table(
        "metrics",
        sa.Column("version", sa.String(length=64), nullable=False),
        sa.Column("model", sa.String(length=128), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False, comment="wall clock"),
        sa.Column("labels", sa.Integer(), nullable=False, comment="labelled tickets that it was learned from"),
        sa.Column("state", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("version", name=op.f("pk_metrics")),
    )


def downgrade() -> None:
    """Drop them; decisions of the kinds that came with them go too, for nothing older can apply them."""
    op.drop_table("metrics")
    op.drop_table("rebuilt")
    op.drop_table("rebuilds")
    with op.batch_alter_table("decision_tickets", schema=None) as batch_op:
        batch_op.drop_index("ix_decision_tickets_ticket_id")
    op.drop_table("decision_tickets")
    op.execute("DELETE FROM decisions WHERE kind NOT IN ('known_issue', 'clear_known_issue')")
    with op.batch_alter_table("decisions", schema=None) as batch_op:
        for name in ("outcome", "undone_by", "due_epoch", "why"):
            batch_op.drop_column(name)
    with op.batch_alter_table("themes", schema=None) as batch_op:
        batch_op.drop_column("name_pinned")
