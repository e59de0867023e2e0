"""The fields of a row: the cells of their columns, with the values as events have them."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, time
from typing import Any

from models.event import TicketData
from stream.connectors.contract import Payload
from stream.connectors.exports.export_system import ExportSystem
from stream.tables.cells import cell_text, cell_texts, is_blank
from stream.tables.field_names import ENVELOPE
from stream.tables.headers import ROLES, plain
from stream.tables.mapping import ColumnMapping, column_rules
from stream.tables.times import TimeColumn
from stream.tables.values import channel_of, csat_of, direction_of, flag_of, role_of, tag_separator, tags_of

ReadField = Callable[[Payload], Any]
"""Reads one field of a row; None or an empty value where the row has none."""

WHOLE = re.compile(r"\d{1,18}\.0")
"""A number that a spreadsheet or a data frame made of an id."""

IDENTITIES = ("subject", "requester")
LONGEST_JOINED = 64
REMEMBERED = 4096
"""Different values of a field whose conversions are kept: a channel or a group is one of a few."""

TIMES = ("time", "updated_at", "solved_at", "comments")


class RowFields:
    """Reads the fields of the rows of one table, by the columns that a complete mapping names."""

    def __init__(self, system: ExportSystem, mapping: ColumnMapping, sample: Sequence[Payload]) -> None:
        self._theirs = system.values
        self._values = mapping.values
        self.columns = mapping.columns
        self._constants = {name: value for name, value in mapping.constants.items() if name not in ENVELOPE}
        self._fixed = {name: str(mapping.constants[name]) for name in ENVELOPE if name in mapping.constants}
        self._times = {name: TimeColumn(column_rules(mapping, name)) for name in TIMES}
        self._separator = mapping.tag_separator or tag_separator(
            [text for row in sample for column in self.columns.get("tags", ()) for text in cell_texts(row.get(column))]
        )
        self._readers = [
            (name, self._reader(name, columns))
            for name, columns in self.columns.items()
            if name in TicketData.model_fields
        ]

    def data(self, row: Payload) -> dict[str, Any]:
        """Return the attributes of the ticket that the row has."""
        data = dict(self._constants)
        for name, read in self._readers:
            value = read(row)
            if value is not None and value not in ("", [], {}):
                data[name] = value
        # What an agent began is not demand, whatever channel it took.
        if "direction" not in data and (channel := self._channel(row)) and "outbound" in channel.lower():
            data["direction"] = "outbound"
        return data

    def _channel(self, row: Payload) -> str:
        columns = self.columns.get("channel")
        return cell_text(row.get(columns[0])) if columns else ""

    def subject(self, row: Payload) -> str:
        """Return the ticket's id; of several columns, their values joined, or a digest of them where they are longer than an id."""
        columns = self.columns.get("subject", ())
        if "subject" in self._fixed or len(columns) < 2:
            return self.text("subject", row)
        parts = [cell_text(row.get(column)) for column in columns]
        if not any(parts):
            return ""
        joined = "-".join(parts)
        if len(joined) <= LONGEST_JOINED and not any(" " in part or "@" in part for part in parts):
            return joined
        return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:24]

    def text(self, name: str, row: Payload) -> str:
        """Return the first value among the columns of a field; "" where there is none."""
        if name in self._fixed:
            return self._fixed[name]
        for column in self.columns.get(name, ()):
            if text := cell_text(row.get(column)):
                return "" if is_blank(text) else self.replaced(name, text)
        return ""

    def time(self, name: str, row: Payload) -> datetime | None:
        """Return the time of a field, None where it has none. Raises `TimeUnreadable`."""
        if name in self._fixed:
            return self.instant(name, self._fixed[name])
        columns = self.columns.get(name, ())
        if name == "time" and len(columns) > 1:
            joined = " ".join(_day_or_clock(row.get(column)) for column in columns).strip()
            return self.instant(name, joined) if joined else None
        for column in columns:
            value = row.get(column)
            if isinstance(value, list):
                value = next(iter(cell_texts(value)), None)
            if value is None or (isinstance(value, str) and is_blank(value.strip())):
                continue
            return self.instant(name, self.replaced(name, value) if isinstance(value, str) else value)
        return None

    def instant(self, name: str, value: object) -> datetime:
        """Read a value as a time of a field. Raises `TimeUnreadable`."""
        return self._times[name].read(value)

    def replaced(self, name: str, text: str) -> str:
        """Replace a value by what the mapping says, or else the system."""
        own = self._values.get(name)
        if own and text in own:
            return own[text]
        if name in IDENTITIES and WHOLE.fullmatch(text):
            return text[:-2]
        theirs = self._theirs.get(name)
        return theirs.get("_".join(text.lower().split()), text) if theirs else text

    def _reader(self, name: str, columns: Sequence[str]) -> ReadField:
        if name == "tags":
            return self._remembering_tags(columns)
        if name == "custom":
            return lambda row: {column: text for column in columns if not is_blank(text := cell_text(row.get(column)))}
        if name == "body" and len(columns) > 1:
            return lambda row: "\n".join(text for column in columns if (text := cell_text(row.get(column))))
        if name in ("title", "body") and len(columns) == 1:
            return lambda row: cell_text(row.get(columns[0]))
        return self._remembering(name, columns)

    def _remembering(self, name: str, columns: Sequence[str]) -> ReadField:
        known: dict[str, Any] = {}
        convert = self._conversion(name)

        def read(row: Payload) -> Any:
            for column in columns:
                text = cell_text(row.get(column))
                if text in known:
                    return known[text]
                if not is_blank(text):
                    value = convert(self.replaced(name, text))
                    if len(known) < REMEMBERED:
                        known[text] = value
                    return value
            return None

        return read

    def _conversion(self, name: str) -> Callable[[str], Any]:
        header = next(iter(self.columns.get("author_role", ())), "")
        yes, no = ROLES.get(plain(header), ("requester", "agent"))
        conversions: Mapping[str, Callable[[str], Any]] = {
            "channel": channel_of, "csat": csat_of, "escalated": flag_of, "priority": str.lower, "direction": direction_of,
            "author_role": lambda text: role_of(text, true=yes, false=no),
        }  # fmt: skip
        return conversions.get(name, str)

    def _remembering_tags(self, columns: Sequence[str]) -> ReadField:
        known: dict[tuple[str, ...], list[str]] = {}

        def read(row: Payload) -> Any:
            texts = tuple([text for column in columns for text in cell_texts(row.get(column))])
            if texts not in known:
                tags = [self.replaced("tags", tag) for tag in tags_of(texts, self._separator)] if texts else []
                if len(known) >= REMEMBERED:
                    return tags
                known[texts] = tags
            return known[texts].copy()

        return read


def _day_or_clock(value: object) -> str:
    # A spreadsheet's column of dates holds midnights.
    if isinstance(value, datetime) and value.time() == time():
        return value.date().isoformat()
    text = cell_text(value)
    return "" if is_blank(text) else text
