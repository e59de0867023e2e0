"""What people wrote about themes and tickets: quotations of erased texts are removed from it.

These tables grow with what people do and not with tickets, so each row is looked at.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy import Column, Connection, Table, or_, select, update

from store.erasure.passages import Passages
from store.schema import (
    audit,
    changes,
    decisions,
    known_issue_events,
    known_issues,
    launches,
    macros,
    rebuilds,
    silences,
    sop_versions,
    spikes,
    theme_transitions,
    themes,
)

NOTES: Mapping[Table, tuple[str, ...]] = {
    decisions: ("why", "payload", "outcome"),
    audit: ("detail",),
    spikes: ("note",),
    themes: ("known_issue",),
    known_issues: ("title", "jira", "workaround", "sop"),
    known_issue_events: ("reason",),
    theme_transitions: ("reason",),
    silences: ("reason", "matchers"),
    launches: ("title", "expected"),
    changes: ("title",),
    sop_versions: ("title", "body", "tree", "note"),
    rebuilds: ("report",),
}
"""Columns that hold what a person typed, or what was copied from it."""


def remove_passages(connection: Connection, passages: Passages) -> dict[str, int]:
    """Remove quotations from what people wrote; returns the number of rows changed of each table that had any."""
    changed: dict[str, int] = {}
    if not passages:
        return changed
    for table in NOTES:
        for keys, values in list(_quoting(connection, table, passages)):
            where = [table.c[name] == value for name, value in keys.items()]
            connection.execute(update(table).where(*where).values(values))
            changed[str(table.name)] = changed.get(str(table.name), 0) + 1
    return changed


def quoted_macros(connection: Connection, texts: str) -> list[str]:
    """Return the learned macros that occur in some texts in lower case."""
    return [one for one in connection.execute(select(macros.c.beginning)).scalars() if one in texts]


def _quoting(
    connection: Connection, table: Table, passages: Passages
) -> Iterator[tuple[Mapping[str, Any], dict[str, Any]]]:
    keys: list[Column[Any]] = list(table.primary_key.columns)
    columns = [table.c[name] for name in NOTES[table]]
    query = select(*keys, *columns).where(or_(*(column.is_not(None) for column in columns)))
    for row in connection.execute(query).mappings():
        values = {
            str(column.name): found
            for column in columns
            if (found := passages.removed_from_value(row[column])) != row[column]
        }
        if values:
            yield {str(key.name): row[key] for key in keys}, values
