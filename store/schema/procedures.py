"""Procedures with their versions and links."""

from __future__ import annotations

from sqlalchemy import Column, Date, ForeignKey, Index, Integer, String, Table, Text

from store.schema.base import metadata
from store.types import UtcTime

sops = Table(
    "sops",
    metadata,
    Column("slug", String(80), primary_key=True, comment="name of the procedure in addresses and commands"),
    Column("version", Integer, nullable=False, comment="number of its newest version"),
    Column("created_at", UtcTime, nullable=False, comment="wall clock"),
)

sop_versions = Table(
    "sop_versions",
    metadata,
    Column("slug", String(80), ForeignKey("sops.slug"), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False, comment="1: the first version"),
    Column("title", Text, nullable=False, comment="redacted"),
    Column("body", Text, nullable=False, comment="Markdown, redacted"),
    Column("tree", Text, nullable=False, comment="decision tree in YAML, redacted; empty: none"),
    Column("owner", String(128), nullable=False, comment="who keeps it right: a person, team or audience"),
    Column("review_on", Date, comment="first day on which its review is overdue; NULL: it needs none"),
    Column("note", Text, nullable=False, comment="why the version was written, redacted"),
    Column("author", String(128), nullable=False, comment="user name of who wrote the version"),
    Column("at", UtcTime, nullable=False, comment="wall clock"),
)

sop_links = Table(
    "sop_links",
    metadata,
    Column("slug", String(80), ForeignKey("sops.slug"), primary_key=True),
    Column("kind", String(16), primary_key=True, comment="what it is for: theme or known_issue"),
    Column("target", Integer, primary_key=True, autoincrement=False, comment="number of the theme or known issue"),
    Column("actor", String(128), nullable=False, comment="user name of who linked it"),
    Column("at", UtcTime, nullable=False, comment="wall clock"),
)
Index("ix_sop_links_kind", sop_links.c.kind, sop_links.c.target)
