"""How themes are arranged for people."""

from __future__ import annotations

from sqlalchemy import Column, Float, Integer, Table, Text

from store.schema.base import metadata
from store.types import UtcTime

theme_layout = Table(
    "theme_layout",
    metadata,
    Column("theme_id", Integer, primary_key=True, autoincrement=False),
    Column("x", Float, nullable=False, comment="position on the map, -1 to 1"),
    Column("y", Float, nullable=False, comment="position on the map, -1 to 1"),
    Column("family_id", Integer, comment="number of the family, kept from one layout to the next; NULL: in none"),
    Column("family_name", Text),
    Column("at", UtcTime, nullable=False, comment="event time of the layout"),
)
