"""Label sets with their versions, queues of cases, the labels that people gave them, and what was decided about these."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from store.schema.base import Id, metadata
from store.types import Json, UtcTime

label_sets = Table(
    "label_sets",
    metadata,
    Column("name", String(32), primary_key=True, comment="name of the label set in commands"),
    Column("version", Integer, nullable=False, comment="number of its newest version"),
    Column("created_at", UtcTime, nullable=False, comment="wall clock"),
)

label_set_versions = Table(
    "label_set_versions",
    metadata,
    Column("name", String(32), ForeignKey("label_sets.name"), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False, comment="1: the first version"),
    Column("definition", Json, nullable=False, comment="title, and questions with their values, redacted"),
    Column("author", String(128), nullable=False, comment="user name of who wrote the version"),
    Column("at", UtcTime, nullable=False, comment="wall clock"),
)

label_queues = Table(
    "label_queues",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("title", String(128), nullable=False, comment="redacted"),
    Column("kind", String(16), nullable=False, comment="how its cases were chosen"),
    Column("set_name", String(32), nullable=False, comment="label set whose questions are asked"),
    Column("set_version", Integer, nullable=False),
    Column("questions", Json, nullable=False, comment="names of the questions of the set that are asked"),
    Column("theme_id", Integer, comment="for the kind theme"),
    Column("baseline", Boolean, nullable=False, comment="for the kind ai_handled: half of the cases of persons"),
    Column("per_case", Integer, nullable=False, comment="labellers that a case gets; 0: each labeller"),
    Column("seed", BigInteger, nullable=False, comment="the same seed chooses the same cases"),
    Column("scope", Json, nullable=False, comment="part of all tickets that it was drawn from; empty: everything"),
    Column("since", UtcTime, comment="tickets created from then on; NULL: from the first"),
    Column("until", UtcTime, comment="tickets created before; NULL: up to the last"),
    Column("labellers", Json, comment="names of those who may label it; NULL: whoever may label"),
    Column("candidates", Integer, nullable=False, comment="tickets that it was drawn from"),
    Column("author", String(128), nullable=False, comment="user name of who drew it"),
    Column("at", UtcTime, nullable=False, comment="wall clock"),
    Column("closed_at", UtcTime, comment="wall clock; NULL: it is open"),
    ForeignKeyConstraint(["set_name", "set_version"], ["label_set_versions.name", "label_set_versions.number"]),
)

label_cases = Table(
    "label_cases",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("queue_id", BigInteger, ForeignKey("label_queues.id"), nullable=False),
    Column("position", Integer, nullable=False, comment="1: the case that is labelled first"),
    Column("ticket_id", String(256), nullable=False, index=True),
    Column("theme_id", Integer, comment="theme of the ticket when it was drawn; NULL: unthemed"),
    Column("confidence", Float, nullable=False, comment="confidence of that theme, 0 to 1"),
    Column("handled_by", String(128), comment="who handled it when it was drawn: ai, human or vendor"),
    Column("stratum", String(64), comment="stratum of the draw; NULL: it was not chosen by chance"),
    Column("probability", Float, comment="with which it was chosen; NULL: it was not chosen by chance"),
    Column("closed_at", UtcTime, comment="when it had all its labels, wall clock; NULL: it wants more"),
    UniqueConstraint("queue_id", "position"),
    UniqueConstraint("queue_id", "ticket_id"),
)

label_claims = Table(
    "label_claims",
    metadata,
    Column("case_id", BigInteger, ForeignKey("label_cases.id"), primary_key=True),
    Column("labeller", String(128), primary_key=True),
    Column("state", String(16), nullable=False, comment="taken, labelled or skipped"),
    Column("taken_at", UtcTime, nullable=False, comment="wall clock"),
    Column("until", UtcTime, nullable=False, comment="until then nobody else gets its place, wall clock"),
    Column("reason", Text, comment="why it was skipped, redacted; NULL: it was not, or nothing was said"),
)
Index("ix_label_claims_labeller", label_claims.c.labeller, label_claims.c.state)

labels = Table(
    "labels",
    metadata,
    Column("case_id", BigInteger, ForeignKey("label_cases.id"), primary_key=True),
    Column("labeller", String(128), primary_key=True),
    Column("question", String(32), primary_key=True),
    Column("value", String(64), nullable=False, comment="a value of the label set, or the number of a theme"),
    Column("seconds", Float, comment="its share of the time that the case took; NULL: not known"),
    Column("blind", Boolean, nullable=False, comment="whether the labeller could not see what others said"),
    Column("at", UtcTime, nullable=False, comment="wall clock"),
)

label_adjudications = Table(
    "label_adjudications",
    metadata,
    Column("case_id", BigInteger, ForeignKey("label_cases.id"), primary_key=True),
    Column("question", String(32), primary_key=True),
    Column("value", String(64), nullable=False, comment="wins over all labels"),
    Column("note", Text, nullable=False, comment="why, redacted"),
    Column("actor", String(128), nullable=False, comment="user name of who adjudicated"),
    Column("at", UtcTime, nullable=False, comment="wall clock"),
)

label_gold = Table(
    "label_gold",
    metadata,
    Column("set_name", String(32), ForeignKey("label_sets.name"), primary_key=True),
    Column("ticket_id", String(256), primary_key=True),
    Column("question", String(32), primary_key=True),
    Column("value", String(64), nullable=False, comment="what labellers are compared with"),
    Column("note", Text, nullable=False, comment="why, shown to a labeller who said otherwise, redacted"),
    Column("author", String(128), nullable=False, comment="user name of who gave it"),
    Column("at", UtcTime, nullable=False, comment="wall clock"),
)
Index("ix_label_gold_ticket_id", label_gold.c.ticket_id)
