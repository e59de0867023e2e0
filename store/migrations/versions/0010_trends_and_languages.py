"""Trends: rises of days and weeks; languages of tickets that the embedding model does not read, and the themes of these.

Revision 0010, after 0009.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from store.types import Json, UtcTime

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "trends",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("theme_id", sa.Integer(), nullable=False, comment="0: all tickets"),
        sa.Column("segment", Json, nullable=False),
        sa.Column("start", UtcTime, nullable=False, comment="edge of a day, UTC"),
        sa.Column("end", UtcTime, nullable=True, comment="edge of a day, UTC; NULL: it lasts"),
        sa.Column("detected_at", UtcTime, nullable=False),
        sa.Column("days", sa.Integer(), nullable=False, comment="length of the window that showed it"),
        sa.Column("observed", sa.Integer(), nullable=False, comment="tickets since its start"),
        sa.Column("expected", sa.Float(), nullable=False),
        sa.Column("p_value", sa.Float(), nullable=False),
        sa.Column("gate", sa.String(32), nullable=True, comment="why digests do not report it; NULL: they do"),
        sa.Column("outcome", sa.String(16), nullable=True, comment="why it ended; NULL: it lasts"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_trends")),
    )
    op.create_index("ix_trends_theme_id", "trends", ["theme_id"])
    op.add_column(
        "vectors",
        sa.Column(
            "language",
            sa.String(16),
            nullable=True,
            comment="language of the ticket where the model does not read it: the vector is of the words; NULL for one of the model",
        ),
    )
    op.add_column(
        "themes",
        sa.Column(
            "language",
            sa.String(16),
            nullable=True,
            comment="language of its tickets where the model does not read it; NULL for other themes",
        ),
    )
    op.add_column(
        "themes",
        sa.Column(
            "several_problems",
            sa.Boolean(),
            nullable=False,
            server_default=sa.false(),
            comment="its tickets have only the language in common: it is no problem, and is not alerted as one",
        ),
    )


def downgrade() -> None:
    with op.batch_alter_table("themes") as batch:
        batch.drop_column("several_problems")
        batch.drop_column("language")
    with op.batch_alter_table("vectors") as batch:
        batch.drop_column("language")
    op.drop_index("ix_trends_theme_id", "trends")
    op.drop_table("trends")
