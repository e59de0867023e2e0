"""The windows of a miner's saved index: of the tickets that the model reads, and of each other language."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection

from store.tickets import Vector, read_remembered


class SavedWindow(NamedTuple):
    """A window as the miner's row holds it: its language (None: what the model reads), its newest tickets, its exemplars."""

    language: str | None
    remembered: int
    kept: tuple[str, ...]


def saved_windows(index: Mapping[str, Any]) -> list[SavedWindow]:
    """List the windows of a saved index, the one of the tickets that the model reads first."""
    states = [(None, index), *sorted(index.get("languages", {}).items())]
    return [SavedWindow(language, one["remembered"], tuple(one.get("kept", ()))) for language, one in states]


def read_windows(
    connection: Connection, model: str, index: Mapping[str, Any]
) -> Iterator[tuple[str, int | None, datetime, Vector, str | None]]:
    """Read the tickets of all windows of a saved index, as `read_remembered` does for one."""
    for one in saved_windows(index):
        yield from read_remembered(connection, model, one.remembered, one.kept, one.language)
