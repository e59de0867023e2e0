"""Reviews of launches: how volume answered them.

Revision 0003, after 0002.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "reviews",
        sa.Column("launch_id", sa.String(length=256), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("start", sa.BigInteger(), nullable=False),
        sa.Column("end", sa.BigInteger(), nullable=False),
        sa.Column("segment", sa.Text(), nullable=False, comment="where it was looked at: the scope, or everything"),
        sa.Column("until", sa.BigInteger(), nullable=False, comment="end of the epoch that looked back at it"),
        sa.Column("planned", sa.Text(), nullable=False, comment="ids of the themes that its plan named"),
        sa.Column("planned_all", sa.Boolean(), nullable=False),
        sa.Column(
            "seen",
            sa.Text(),
            nullable=False,
            comment="by theme (0: all tickets) and phase of the launch: tickets, and what was usual",
        ),
        sa.PrimaryKeyConstraint("launch_id", name=op.f("pk_reviews")),
    )


def downgrade() -> None:
    """Drop it."""
    op.drop_table("reviews")
