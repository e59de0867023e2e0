"""Labels: sets of questions with versions, queues of cases, and what people said of a case; more sums of handling by day.

A digest and a business review of the same week can both be kept.

Revision 0012, after 0011.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

from store.types import Json, UtcTime

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

TABLES = (
    "label_sets", "label_set_versions", "label_queues", "label_cases", "label_claims", "labels", "label_adjudications", "label_gold",
)  # fmt: skip

SUMS = (
    (
        "ai_handed_over",
        sa.Integer,
        "of ai_begun, those that a person handled or answered; by the day of creation, as the next seven",
    ),
    ("ai_escalated", sa.Integer, "of ai_begun, those that were escalated"),
    ("ai_reopened", sa.Integer, "of ai_alone, those that were reopened"),
    ("replies", sa.Integer, "public answers to these tickets"),
    ("human_replies", sa.Integer, "public answers of persons"),
    ("transfers", sa.Integer, "changes of handler, vendor or team"),
    ("handled", sa.Integer, "tickets that are solved now"),
    (
        "handled_seconds",
        sa.BigInteger,
        "of these, the time in which they were open and waited neither for the requester nor for a third party",
    ),
)


def upgrade() -> None:
    _add_sets()
    _add_queues()
    _add_labels()
    _add_sums()
    _add_reviews()


def _add_reviews() -> None:
    """A business review is stored in addition to the digest of the same week and audience."""
    column: sa.Column[bool] = sa.Column(
        "review",
        sa.Boolean(),
        nullable=False,
        server_default=sa.false(),
        comment="a business review, which a week has in addition to its digest",
    )
    with op.batch_alter_table("digests", schema=None) as batch_op:
        batch_op.add_column(column)
        _describe_kinds(batch_op, "daily, weekly, launch_day, review")
    _key_digests(["audience", "start", "end", "review"])


def _describe_kinds(batch_op: Any, kinds: str) -> None:
    batch_op.alter_column(
        "kind", existing_type=sa.String(16), existing_nullable=False, existing_server_default="daily", comment=kinds
    )


def _key_digests(columns: list[str]) -> None:
    with op.batch_alter_table("digests", schema=None) as batch_op:
        batch_op.drop_constraint("pk_digests", type_="primary")
        batch_op.create_primary_key("pk_digests", columns)


def _add_sets() -> None:
    op.create_table(
        "label_sets",
        sa.Column("name", sa.String(32), nullable=False, comment="name of the label set in commands"),
        sa.Column("version", sa.Integer(), nullable=False, comment="number of its newest version"),
        sa.Column("created_at", UtcTime, nullable=False, comment="wall clock"),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_label_sets")),
    )
    op.create_table(
        "label_set_versions",
        sa.Column("name", sa.String(32), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False, comment="1: the first version"),
        sa.Column("definition", Json, nullable=False, comment="title, and questions with their values, redacted"),
        sa.Column("author", sa.String(128), nullable=False, comment="user name of who wrote the version"),
        sa.Column("at", UtcTime, nullable=False, comment="wall clock"),
        sa.PrimaryKeyConstraint("name", "number", name=op.f("pk_label_set_versions")),
        sa.ForeignKeyConstraint(["name"], ["label_sets.name"], name=op.f("fk_label_set_versions_name")),
    )


def _add_queues() -> None:
    op.create_table(
        "label_queues",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), autoincrement=True, nullable=False),
        sa.Column("title", sa.String(128), nullable=False, comment="redacted"),
        sa.Column("kind", sa.String(16), nullable=False, comment="how its cases were chosen"),
        sa.Column("set_name", sa.String(32), nullable=False, comment="label set whose questions are asked"),
        sa.Column("set_version", sa.Integer(), nullable=False),
        sa.Column("questions", Json, nullable=False, comment="names of the questions of the set that are asked"),
        sa.Column("theme_id", sa.Integer(), nullable=True, comment="for the kind theme"),
        sa.Column(
            "baseline", sa.Boolean(), nullable=False, comment="for the kind ai_handled: half of the cases of persons"
        ),
        sa.Column("per_case", sa.Integer(), nullable=False, comment="labellers that a case gets; 0: each labeller"),
        sa.Column("seed", sa.BigInteger(), nullable=False, comment="the same seed chooses the same cases"),
        sa.Column(
            "scope", Json, nullable=False, comment="part of all tickets that it was drawn from; empty: everything"
        ),
        sa.Column("since", UtcTime, nullable=True, comment="tickets created from then on; NULL: from the first"),
        sa.Column("until", UtcTime, nullable=True, comment="tickets created before; NULL: up to the last"),
        sa.Column("labellers", Json, nullable=True, comment="names of those who may label it; NULL: whoever may label"),
        sa.Column("candidates", sa.Integer(), nullable=False, comment="tickets that it was drawn from"),
        sa.Column("author", sa.String(128), nullable=False, comment="user name of who drew it"),
        sa.Column("at", UtcTime, nullable=False, comment="wall clock"),
        sa.Column("closed_at", UtcTime, nullable=True, comment="wall clock; NULL: it is open"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_label_queues")),
        sa.ForeignKeyConstraint(
            ["set_name", "set_version"],
            ["label_set_versions.name", "label_set_versions.number"],
            name=op.f("fk_label_queues_set_name_set_version"),
        ),
    )
    op.create_table(
        "label_cases",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), autoincrement=True, nullable=False),
        sa.Column("queue_id", sa.BigInteger(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False, comment="1: the case that is labelled first"),
        sa.Column("ticket_id", sa.String(256), nullable=False),
        sa.Column(
            "theme_id", sa.Integer(), nullable=True, comment="theme of the ticket when it was drawn; NULL: unthemed"
        ),
        sa.Column("confidence", sa.Float(), nullable=False, comment="confidence of that theme, 0 to 1"),
        sa.Column(
            "handled_by", sa.String(128), nullable=True, comment="who handled it when it was drawn: ai, human or vendor"
        ),
        sa.Column(
            "stratum", sa.String(64), nullable=True, comment="stratum of the draw; NULL: it was not chosen by chance"
        ),
        sa.Column(
            "probability",
            sa.Float(),
            nullable=True,
            comment="with which it was chosen; NULL: it was not chosen by chance",
        ),
        sa.Column(
            "closed_at", UtcTime, nullable=True, comment="when it had all its labels, wall clock; NULL: it wants more"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_label_cases")),
        sa.ForeignKeyConstraint(["queue_id"], ["label_queues.id"], name=op.f("fk_label_cases_queue_id")),
        sa.UniqueConstraint("queue_id", "position", name=op.f("uq_label_cases_queue_id_position")),
        sa.UniqueConstraint("queue_id", "ticket_id", name=op.f("uq_label_cases_queue_id_ticket_id")),
    )
    op.create_index("ix_label_cases_ticket_id", "label_cases", ["ticket_id"])
    op.create_table(
        "label_claims",
        sa.Column("case_id", sa.BigInteger(), nullable=False),
        sa.Column("labeller", sa.String(128), nullable=False),
        sa.Column("state", sa.String(16), nullable=False, comment="taken, labelled or skipped"),
        sa.Column("taken_at", UtcTime, nullable=False, comment="wall clock"),
        sa.Column("until", UtcTime, nullable=False, comment="until then nobody else gets its place, wall clock"),
        sa.Column(
            "reason",
            sa.Text(),
            nullable=True,
            comment="why it was skipped, redacted; NULL: it was not, or nothing was said",
        ),
        sa.PrimaryKeyConstraint("case_id", "labeller", name=op.f("pk_label_claims")),
        sa.ForeignKeyConstraint(["case_id"], ["label_cases.id"], name=op.f("fk_label_claims_case_id")),
    )
    op.create_index("ix_label_claims_labeller", "label_claims", ["labeller", "state"])


def _add_labels() -> None:
    op.create_table(
        "labels",
        sa.Column("case_id", sa.BigInteger(), nullable=False),
        sa.Column("labeller", sa.String(128), nullable=False),
        sa.Column("question", sa.String(32), nullable=False),
        sa.Column("value", sa.String(64), nullable=False, comment="a value of the label set, or the number of a theme"),
        sa.Column(
            "seconds", sa.Float(), nullable=True, comment="its share of the time that the case took; NULL: not known"
        ),
        sa.Column("blind", sa.Boolean(), nullable=False, comment="whether the labeller could not see what others said"),
        sa.Column("at", UtcTime, nullable=False, comment="wall clock"),
        sa.PrimaryKeyConstraint("case_id", "labeller", "question", name=op.f("pk_labels")),
        sa.ForeignKeyConstraint(["case_id"], ["label_cases.id"], name=op.f("fk_labels_case_id")),
    )
    op.create_table(
        "label_adjudications",
        sa.Column("case_id", sa.BigInteger(), nullable=False),
        sa.Column("question", sa.String(32), nullable=False),
        sa.Column("value", sa.String(64), nullable=False, comment="wins over all labels"),
        sa.Column("note", sa.Text(), nullable=False, comment="why, redacted"),
        sa.Column("actor", sa.String(128), nullable=False, comment="user name of who adjudicated"),
        sa.Column("at", UtcTime, nullable=False, comment="wall clock"),
        sa.PrimaryKeyConstraint("case_id", "question", name=op.f("pk_label_adjudications")),
        sa.ForeignKeyConstraint(["case_id"], ["label_cases.id"], name=op.f("fk_label_adjudications_case_id")),
    )
    op.create_table(
        "label_gold",
        sa.Column("set_name", sa.String(32), nullable=False),
        sa.Column("ticket_id", sa.String(256), nullable=False),
        sa.Column("question", sa.String(32), nullable=False),
        sa.Column("value", sa.String(64), nullable=False, comment="what labellers are compared with"),
        sa.Column("note", sa.Text(), nullable=False, comment="why, shown to a labeller who said otherwise, redacted"),
        sa.Column("author", sa.String(128), nullable=False, comment="user name of who gave it"),
        sa.Column("at", UtcTime, nullable=False, comment="wall clock"),
        sa.PrimaryKeyConstraint("set_name", "ticket_id", "question", name=op.f("pk_label_gold")),
        sa.ForeignKeyConstraint(["set_name"], ["label_sets.name"], name=op.f("fk_label_gold_set_name")),
    )
    op.create_index("ix_label_gold_ticket_id", "label_gold", ["ticket_id"])


def _add_sums() -> None:
    """Add columns to the daily sums, which the next refresh counts anew."""
    for name, kind, comment in SUMS:
        op.add_column("handling_cells", sa.Column(name, kind(), nullable=False, server_default="0", comment=comment))


def downgrade() -> None:
    op.execute(sa.text("DELETE FROM digests WHERE review"))
    _key_digests(["audience", "start", "end"])
    with op.batch_alter_table("digests", schema=None) as batch_op:
        batch_op.drop_column("review")
        _describe_kinds(batch_op, "daily, weekly, launch_day")
    for name in reversed(TABLES):
        op.drop_table(name)
    for name, _, _ in reversed(SUMS):
        op.drop_column("handling_cells", name)
