"""Bands: the expected tickets of a theme in an hour, written when the hour began."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection

from store.schema import bands
from store.upsert import upsert


def write_bands(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert bands, or replace those of the same theme and hour."""
    upsert(connection, bands, rows, ["theme_id", "hour"])
