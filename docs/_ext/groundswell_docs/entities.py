"""The entity diagram, generated from `store/schema/`, so that it is true by construction.

A line is solid where the database has a foreign key, and dashed where only a column's name refers to another table: most
references are kept by the miner's transaction and not by the database.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from groundswell_docs.svg import ACCENT, FAINT, INK, MONO, arrow_head, box, drawing, path, text

if TYPE_CHECKING:
    from sqlalchemy import MetaData, Table

NAMED_OTHERWISE = {
    "change_id": "changes", "from_theme": "themes", "launch_id": "launches", "merged_into": "themes", "nearest": "themes",
    "other_id": "themes", "subject": "tickets", "to_theme": "themes",
}  # fmt: skip
"""Columns that refer to a table by another name than `<table>_id`; where the column belongs to the table itself, to none."""

WIDTH, ROW, HEAD, GAP = 200.0, 15.0, 22.0, 14.0
COLUMNS = (0.0, 310.0, 620.0)
"""Left edges of the three columns: tables that refer, tables that are referred to, tables that refer."""


@dataclass(frozen=True, slots=True)
class Reference:
    """A column that names a row of another table; `enforced` where the database has a foreign key."""

    table: str
    column: str
    target: str
    enforced: bool


def references(metadata: MetaData) -> list[Reference]:
    """List the references between tables: foreign keys, and columns that are named after a table."""
    found = []
    for table in metadata.tables.values():
        for column in table.columns:
            keys = {key.column.table.name for key in column.foreign_keys}
            target = next(iter(keys), None) or _by_name(column.name, metadata)
            if target and target != table.name and not (column.name == "subject" and table.name != "events"):
                found.append(Reference(table.name, column.name, target, enforced=bool(keys)))
    return found


def entity_diagram(metadata: MetaData | None = None) -> str:
    """Draw the tables, with their keys and references, as SVG; by default those of the store."""
    if metadata is None:
        from store.schema import metadata as of_store

        metadata = of_store
    links = references(metadata)
    columns = _columns(metadata, links)
    places = _places(metadata, links, columns)
    height = max(y + _height(metadata.tables[name], links) for name, (_, y) in places.items()) + 10
    lines = [_line(link, places, metadata, links) for link in links]
    tables = [_table(metadata.tables[name], links, *place) for name, place in places.items()]
    return drawing(
        COLUMNS[2] + WIDTH + 10, height, "Tables of the database and the references between them",
        arrow_head("gs-refers"), *lines, *tables,
    )  # fmt: skip


def _by_name(column: str, metadata: MetaData) -> str | None:
    named = NAMED_OTHERWISE.get(column) or (f"{column.removesuffix('_id')}s" if column.endswith("_id") else None)
    return named if named in metadata.tables else None


def _columns(metadata: MetaData, links: Sequence[Reference]) -> tuple[list[str], list[str], list[str]]:
    """Put tables that others refer to in the middle, most referred to first, and the others on both sides, balanced."""
    often = {name: sum(link.target == name for link in links) for name in metadata.tables}
    middle = sorted((name for name in metadata.tables if often[name]), key=lambda name: (-often[name], name))
    rank = {name: index for index, name in enumerate(middle)}
    outer = [name for name in metadata.tables if not often[name]]

    def order(name: str) -> tuple[float, str]:
        targets = [rank[link.target] for link in links if link.table == name]
        return (sum(targets) / len(targets) if targets else len(middle), name)

    left: list[str] = []
    right: list[str] = []
    for name in sorted(outer, key=order):
        shorter = min((left, right), key=lambda side: sum(_height(metadata.tables[one], links) + GAP for one in side))
        shorter.append(name)
    return left, middle, right


def _places(
    metadata: MetaData, links: Sequence[Reference], columns: Sequence[Sequence[str]]
) -> dict[str, tuple[float, float]]:
    heights = [sum(_height(metadata.tables[name], links) + GAP for name in names) for names in columns]
    places = {}
    for x, names, height in zip(COLUMNS, columns, heights, strict=True):
        y = 5.0
        # The middle column is the shortest: it is spread over the height of the others.
        room = max(0.0, (max(heights) - height) / max(1, len(names)))
        for name in names:
            places[name] = (x + 5, y)
            y += _height(metadata.tables[name], links) + GAP + room
    return places


def _shown(table: Table, links: Sequence[Reference]) -> list[str]:
    referring = {link.column for link in links if link.table == table.name}
    return [column.name for column in table.columns if column.primary_key or column.name in referring]


def _height(table: Table, links: Sequence[Reference]) -> float:
    shown = len(_shown(table, links))
    return HEAD + ROW * (shown + (shown < len(table.columns))) + 6


def _table(table: Table, links: Sequence[Reference], x: float, y: float) -> str:
    shown = _shown(table, links)
    parts = [box(x, y, WIDTH, _height(table, links)), text(x + 8, y + 16, table.name, size=13, fill=ACCENT, style=MONO)]
    for index, name in enumerate(shown):
        key = table.columns[name].primary_key
        parts.append(
            text(x + 8, y + HEAD + ROW * index + 11, ("* " if key else "  ") + name, size=11, fill=INK, style=MONO)
        )
    hidden = len(table.columns) - len(shown)
    if hidden:
        words = f"{hidden} more column{'s' if hidden > 1 else ''}"
        parts.append(text(x + 8, y + HEAD + ROW * len(shown) + 11, words, size=10.5, fill=FAINT))
    return "".join(parts)


def _line(
    link: Reference, places: Mapping[str, tuple[float, float]], metadata: MetaData, links: Sequence[Reference]
) -> str:
    (x, y), (to_x, to_y) = places[link.table], places[link.target]
    y += HEAD + ROW * _shown(metadata.tables[link.table], links).index(link.column) + 7
    to_y += 12
    if x == to_x:  # both in the middle: around the right-hand side
        x, to_x, bend = x + WIDTH, to_x + WIDTH, 45.0
        curve = f"M{x:g} {y:g}C{x + bend:g} {y:g} {to_x + bend:g} {to_y:g} {to_x:g} {to_y:g}"
    elif x < to_x:
        x += WIDTH
        curve = f"M{x:g} {y:g}C{x + 60:g} {y:g} {to_x - 60:g} {to_y:g} {to_x:g} {to_y:g}"
    else:
        to_x += WIDTH
        curve = f"M{x:g} {y:g}C{x - 60:g} {y:g} {to_x + 60:g} {to_y:g} {to_x:g} {to_y:g}"
    return path(curve, dashed=not link.enforced, marker="gs-refers")
