"""What was known when: corrections of counts, the course of every episode, and what spikes were judged with.

Revision 0004, after 0003.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Create them; of epochs that were mined before they say nothing."""
    op.create_table(
        "corrections",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("epoch", sa.BigInteger(), nullable=False),
        sa.Column(
            "cells",
            sa.LargeBinary(),
            nullable=False,
            comment="what the epoch changed in counts of other epochs' buckets: zlib of int32 (theme, segment, bucket, n)",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_corrections")),
    )
    with op.batch_alter_table("corrections", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_corrections_epoch"), ["epoch"], unique=False)
    op.create_table(
        "courses",
        sa.Column("spike_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column(
            "epoch",
            sa.BigInteger(),
            autoincrement=False,
            nullable=False,
            comment="at whose end the episode stood so",
        ),
        sa.Column("theme_id", sa.Integer(), nullable=False),
        sa.Column("segment", sa.Text(), nullable=False),
        sa.Column("end", sa.BigInteger(), nullable=True),
        sa.Column("observed", sa.Integer(), nullable=False),
        sa.Column("expected", sa.Float(), nullable=False),
        sa.Column("severity", sa.Float(), nullable=False),
        sa.Column("gate", sa.String(length=32), nullable=True),
        sa.PrimaryKeyConstraint("spike_id", "epoch", name=op.f("pk_courses")),
    )
    op.create_table(
        "frames",
        sa.Column("epoch", sa.BigInteger(), autoincrement=False, nullable=False, comment="from which on it holds"),
        sa.Column(
            "value",
            sa.Text(),
            nullable=False,
            comment="settings, flags and resolved plans that spikes were judged with",
        ),
        sa.PrimaryKeyConstraint("epoch", name=op.f("pk_frames")),
    )


def downgrade() -> None:
    """Drop them."""
    op.drop_table("frames")
    op.drop_table("courses")
    with op.batch_alter_table("corrections", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_corrections_epoch"))
    op.drop_table("corrections")
