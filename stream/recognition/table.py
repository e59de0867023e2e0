"""Which system wrote a table, and which of its columns is which field."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta, timezone

from models.redaction import listed, quoted
from stream.connectors.exports.export_system import ExportSystem
from stream.connectors.exports.row_fields import RowFields
from stream.connectors.exports.rows import TableConnector
from stream.connectors.exports.systems import system_of
from stream.tables.cells import cell_texts, is_blank
from stream.tables.columns import ColumnGuess, guess_columns, not_sure
from stream.tables.mapping import ColumnMapping, zone_named
from stream.tables.mapping_text import mapping_text
from stream.tables.times import DayOrderUnknown, TimeColumn, TimeUnit, TimeUnreadable, day_orders, grain_of

SampleRows = Sequence[Mapping[str, object]]
TIME_FIELDS = ("time", "updated_at", "solved_at")
NAMES = {"subject": "ticket", "body": "text", "solved_at": "solved", "updated_at": "last change"}


@dataclass(frozen=True, slots=True)
class RecognizedTable:
    """What a table was taken for.

    `mapping` names the columns of every field that was found. `missing` are the fields that a ticket needs and that are not
    sure, with the columns that each may be. `order` is the question whether day or month is first, where no value answers it.
    """

    path: str
    system: ExportSystem
    mapping: ColumnMapping
    guesses: Sequence[ColumnGuess]
    missing: Mapping[str, Sequence[str]]
    order: str | None
    sample: SampleRows

    def connector(self) -> TableConnector:
        """Return what makes events of the table's rows."""
        return TableConnector(self.system, self.mapping, self.sample)

    def question(self) -> str | None:
        """Return the sentence that asks for what is not sure; None where everything is."""
        if not self.missing:
            return self.order
        asked = [
            f"which column is the {_ASKED[field]} ({' or '.join(map(quoted, columns)) if columns else 'none looks like it'})"
            for field, columns in self.missing.items()
        ]
        return f"it is not clear {' and '.join(asked)}; the file has {listed(column.column for column in self.guesses)}"

    def as_toml(self) -> str:
        """Write the mapping as a commented TOML file."""
        name = self.path if self.system.name == "csv" else f"{self.path}, an export of {self.system.name.capitalize()}"
        return mapping_text(self.path, name, self.mapping, self.guesses, self.missing, self.order)

    def sentence(self) -> str:
        """Say in a few lines what each column was taken for."""
        by_field = [
            f"{NAMES.get(field, field)} = {listed(columns)}"
            for field, columns in self.mapping.columns.items()
            if field != "custom"
        ]
        kept = listed(self.mapping.columns.get("custom", ()))
        dropped = listed(one.column for one in self.guesses if not one.field)
        parts = ["; ".join(by_field)]
        parts += [f"kept as they are: {kept}"] if kept else []
        parts += [f"not kept (people, and what says nothing about the ticket): {dropped}"] if dropped else []
        return "\n".join(f"  {part}" for part in [*parts, *self._about_times()])

    def grain(self) -> TimeUnit | None:
        """Return the unit of the tickets' times, None where the sample is too small to say."""
        return grain_of(self._instants(self.mapping))

    def _about_times(self) -> Iterator[str]:
        if self.grain() is TimeUnit.DAY:
            yield "times: dates without a time of day"
        if not self.mapping.zoned and self.has_local_times():
            yield "times carry no zone and are read as UTC; --zone sets another one, for example --zone Europe/Berlin"

    def has_local_times(self) -> bool:
        """Return whether a time in the sample carries no zone."""
        far = replace(self.mapping, times=replace(self.mapping.times, zone=timezone(timedelta(hours=11))))
        here = replace(self.mapping, times=replace(self.mapping.times, zone=UTC))
        return any(one != other for one, other in zip(self._instants(here), self._instants(far), strict=True))

    def _instants(self, mapping: ColumnMapping) -> list[datetime]:
        fields = RowFields(self.system, mapping, self.sample)
        found = []
        for row in self.sample:
            try:
                time = fields.time("time", row)
            except TimeUnreadable:
                continue
            found += [time] if time is not None else []
        return found


_ZONE_IN_HEADER = re.compile(r"[(\[]([A-Za-z]+(?:/[A-Za-z0-9_+\-]+)+|UTC|GMT)[)\]]")
_ASKED = {"subject": "ticket's id", "time": "time", "body": "text"}


def recognize_table(
    path: str, header: Sequence[str], sample: SampleRows, mapping: ColumnMapping, more: Iterable[Mapping[str, object]]
) -> RecognizedTable:
    """Recognise a table by its header and by rows of it.

    `mapping` is the user's own, or an empty one; what it says is taken, and only the rest is guessed. `more` are all rows of the
    table: they are read only while the sample does not show whether the day or the month of its times is first.
    Raises `MappingInvalid` where the mapping names a column that is not there.
    """
    mapping.check(header)
    system, _ = system_of(header)
    given = {**dict.fromkeys(mapping.constants, ()), **mapping.columns}
    guess = guess_columns(header, sample, given=given, system=system.columns)
    columns = guess.columns()
    columns |= {name: tuple(mapping.columns[name]) for name in ("custom", "subject") if name in mapping.columns}
    complete = replace(mapping, columns={name: found for name, found in columns.items() if found})
    complete, order = _with_order(_in_zone_of_header(complete), sample, more)
    missing = not_sure(guess, list(given))
    return RecognizedTable(path, system, complete, guess.guesses, missing, order, sample)


def _in_zone_of_header(mapping: ColumnMapping) -> ColumnMapping:
    """Take the zone that a column of times names in its header, as in `Created at (America/New_York)`, where none is given."""
    for column in mapping.columns.get("time", ()):
        if found := _ZONE_IN_HEADER.search(column):
            with suppress(ValueError):
                return mapping.in_zone(zone_named(found[1]))
    return mapping


def _with_order(
    mapping: ColumnMapping, sample: SampleRows, more: Iterable[Mapping[str, object]]
) -> tuple[ColumnMapping, str | None]:
    columns = [column for field in TIME_FIELDS for column in mapping.columns.get(field, ())]
    rules = mapping.times.settled(_texts(sample, columns))
    question = None if rules.day_first is not None else _ambiguous(replace(mapping, times=rules), sample)
    if question and not day_orders(_texts(sample, columns)):
        # One row with a day above 12 is enough, wherever in the file it is.
        rules = rules.settled(_until_shown(more, columns))
        question = None if rules.day_first is not None else question
    return replace(mapping, times=rules), question


def _until_shown(rows: Iterable[Mapping[str, object]], columns: Sequence[str]) -> Iterator[str]:
    for row in rows:
        for text in _texts([row], columns):
            if day_orders([text]):
                yield text
                return


def _ambiguous(mapping: ColumnMapping, sample: SampleRows) -> str | None:
    column = TimeColumn(mapping.times)
    for value in _values(sample, mapping.columns.get("time", ())):
        try:
            column.read(value)
        except DayOrderUnknown as error:
            return str(error)
        except TimeUnreadable:
            continue
    return None


def _values(rows: SampleRows, columns: Sequence[str]) -> Iterator[object]:
    for row in rows:
        for column in columns:
            value = row.get(column)
            for one in value if isinstance(value, list) else (value,):
                if one is not None and not (isinstance(one, str) and is_blank(one.strip())):
                    yield one


def _texts(rows: Iterable[Mapping[str, object]], columns: Sequence[str]) -> Iterator[str]:
    return (text for row in rows for column in columns for text in cell_texts(row.get(column)))
