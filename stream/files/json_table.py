"""JSON objects of nobody's system as a table: the keys are its columns, so that a mapping or a guess reads them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

from models.redaction import excerpt
from stream.errors import SourceTruncated
from stream.files.compression import BROKEN
from stream.files.encoding import detect
from stream.files.json_decode import FALLBACK
from stream.files.json_values import JsonRecord, json_records
from stream.files.opening import Content
from stream.files.table import Cell, CellValue, TableLayout, TableRow
from stream.raw import RefusalReason, RefusedEvent

LEVELS = 3
"""Levels of nested objects whose keys become columns, as `customer.address.country`; deeper ones are kept as text."""

SEEN = 200
"""Objects from whose keys the columns are taken."""


OF_PAGES = frozenset({
    "total", "count", "size", "page", "pages", "per_page", "page_size", "limit", "offset", "start", "next", "previous", "next_page",
    "previous_page", "has_more", "cursor", "next_cursor", "end_of_stream", "islast", "total_count", "object", "type", "status",
})  # fmt: skip
"""What pages say of themselves; an object that says anything else is a record that has a list."""


class JsonTable:
    """The objects of a JSON file as rows; see `stream.files.table.TableReader`. The number of a row is that of its object."""

    def __init__(self, content: Content, *, encoding: str | None = None, complete_lines_only: bool = False) -> None:
        self._content = content
        self._encoding = detect(content, encoding)
        self._complete_lines_only = complete_lines_only
        self.layout = TableLayout("json", encoding=str(self._encoding))
        self._sample = self._first_rows()
        self.columns: Sequence[str] = list(dict.fromkeys(name for row in self._sample for name in row))
        self.repeated = frozenset(name for row in self._sample for name, cell in row.items() if isinstance(cell, list))

    def sample(self, most: int = SEEN) -> list[Mapping[str, Cell]]:
        """Return up to `most` of the first rows."""
        return list(self._sample[:most])

    def rows(self) -> Iterator[TableRow]:
        """Yield every row. Raises `SourceTruncated` where compressed data ends early."""
        number = 0
        try:
            for record in self._records():
                for element in _elements(record.value):
                    number += 1
                    yield TableRow(number, self._cells(record, element))
        except BROKEN as error:
            raise SourceTruncated(self._content.path, number) from error

    def read_share(self) -> float | None:
        """Share of the input that was read so far, in [0, 1]; None where that is unknown."""
        return self._content.read_share()

    def close(self) -> None:
        """Close the file; standard input stays open."""
        self._content.close()

    def _records(self) -> Iterator[JsonRecord]:
        return json_records(
            self._content.stream(), encoding=self._encoding.name, fallback=self._encoding.fallback or FALLBACK,
            complete_lines_only=self._complete_lines_only,
        )  # fmt: skip

    def _first_rows(self) -> list[Mapping[str, Cell]]:
        import io

        head = json_records(io.BytesIO(self._content.head), encoding=self._encoding.name, complete_lines_only=True)
        objects = (one for record in head for one in _elements(record.value) if isinstance(one, Mapping))
        return [dict(_flat(one, "", LEVELS)) for one in islice(objects, SEEN)]

    def _cells(self, record: JsonRecord, element: Any) -> Mapping[str, Cell] | RefusedEvent:
        if isinstance(element, RefusedEvent):
            return element
        if isinstance(element, Mapping):
            cells = dict(_flat(element, "", LEVELS))
            return {name: cells.get(name) for name in (*self.columns, *cells)}
        detail = f"received JSON of type {type(element).__name__} on line {record.line}; valid are objects"
        return RefusedEvent(RefusalReason.NOT_JSON, detail, excerpt(json.dumps(element)))


def _elements(value: Any) -> Iterator[Any]:
    """Yield the objects of a page, which is an object with one list of objects and what pages say of themselves; else the value."""
    if isinstance(value, Mapping):
        lists = [item for item in value.values() if isinstance(item, list) and item and isinstance(item[0], Mapping)]
        others = {
            str(name).lower()
            for name, item in value.items()
            if item is not None and not isinstance(item, list | Mapping)
        }
        if len(lists) == 1 and others <= OF_PAGES:
            yield from lists[0]
            return
    yield value


def _flat(value: Mapping[str, Any], prefix: str, levels: int) -> Iterator[tuple[str, Cell]]:
    for name, item in value.items():
        if isinstance(item, Mapping) and levels > 1:
            yield from _flat(item, f"{prefix}{name}.", levels - 1)
        else:
            yield f"{prefix}{name}", _cell(item)


def _cell(item: Any) -> Cell:
    if isinstance(item, list) and all(not isinstance(one, Mapping | list) for one in item):
        return [_scalar(one) for one in item if one not in (None, "")]
    return _scalar(item)


def _scalar(item: Any) -> CellValue:
    return item if item is None or isinstance(item, str | int | float | bool) else json.dumps(item, ensure_ascii=False)
