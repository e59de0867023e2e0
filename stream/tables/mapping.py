"""A mapping file: which column of a table is which field of a ticket event."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from models.redaction import listed, quoted
from stream.errors import MappingInvalid
from stream.tables.field_names import FIELDS, SEVERAL
from stream.tables.headers import is_utc
from stream.tables.time_format import FormatUnknown, compiled
from stream.tables.times import TimeRules, ZoneChange

TIME_KEYS = ("zone", "format", "dayfirst", "zone_change")


@dataclass(frozen=True, slots=True)
class ColumnMapping:
    """How a row becomes events.

    `columns` maps a field to the headers of its columns, `values` a field to replacements of its values, `constants` a field to
    a fixed value. `times` says how times are read. `tag_separator` is what is between tags in a cell; None: found by the values.
    `zoned` says that the zone of times without one was set, not assumed.
    """

    name: str = "default"
    columns: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    constants: Mapping[str, Any] = field(default_factory=dict)
    values: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    times: TimeRules = field(default_factory=TimeRules)
    tag_separator: str | None = None
    zoned: bool = False

    @classmethod
    def read(cls, path: Path) -> ColumnMapping:
        """Read a mapping file (TOML). Raises `MappingInvalid`, naming what does not fit."""
        name = str(path)
        try:
            content = tomllib.loads(path.read_text(encoding="utf-8-sig"))
        except OSError as error:
            raise MappingInvalid(name, f"cannot be read ({error.strerror})") from error
        except UnicodeDecodeError as error:
            raise MappingInvalid(name, "is not UTF-8 text; save it in UTF-8") from error
        except tomllib.TOMLDecodeError as error:
            raise MappingInvalid(name, f"is not TOML ({error})") from error
        return cls.parsed(name, content)

    @classmethod
    def parsed(cls, name: str, content: Mapping[str, Any]) -> ColumnMapping:
        """Make a mapping of a decoded file. Raises `MappingInvalid`."""
        tables = ("columns", "constants", "values", "time", "tags")
        if unknown := sorted(content.keys() - set(tables)):
            raise MappingInvalid(name, f"has the table {quoted(unknown[0])}; valid are {', '.join(tables)}")
        _check_shape(name, content)
        time = content.get("time", {})
        return cls(
            name,
            {one: (got,) if isinstance(got, str) else tuple(got) for one, got in content.get("columns", {}).items()},
            content.get("constants", {}),
            content.get("values", {}),
            _rules(name, time),
            content.get("tags", {}).get("separator"),
            zoned="zone" in time,
        )

    def in_zone(self, zone: ZoneInfo) -> ColumnMapping:
        """Return the mapping with the zone of times that carry none, unless the mapping file names one."""
        return self if self.zoned else replace(self, times=replace(self.times, zone=zone), zoned=True)

    def check(self, header: Sequence[str]) -> None:
        """Raise `MappingInvalid` where the mapping names a column that the table does not have."""
        for name, columns in self.columns.items():
            for column in columns:
                if column not in header:
                    raise MappingInvalid(
                        self.name,
                        f"takes {name} from the column {quoted(column)}, which the file does not have; it has {listed(header)}",
                    )


def column_rules(mapping: ColumnMapping, field: str) -> TimeRules:
    """Return how the times of a field are read: in UTC where the header of its column says so."""
    columns = mapping.columns.get(field, ())
    return replace(mapping.times, zone=UTC) if columns and all(map(is_utc, columns)) else mapping.times


def zone_named(name: str) -> ZoneInfo:
    """Return a zone of the IANA database. Raises ValueError with a sentence where it has no such zone."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError(f"names the zone {quoted(name)}, which is not in the IANA database") from error


def _rules(path: str, time: Mapping[str, Any]) -> TimeRules:
    form = time.get("format", ())
    formats = (form,) if isinstance(form, str) else tuple(form)
    change = time.get("zone_change")
    try:
        for one in formats:
            compiled(one)
        zone = zone_named(time.get("zone", "UTC"))
    except FormatUnknown as error:
        raise MappingInvalid(path, f"has a format in [time] that cannot be used: {error}") from error
    except ValueError as error:
        raise MappingInvalid(path, str(error)) from error
    return TimeRules(zone, formats, time.get("dayfirst"), ZoneChange(change) if change else None)


def _check_shape(path: str, content: Mapping[str, Any]) -> None:
    for table, found in content.items():
        if not isinstance(found, dict):
            raise MappingInvalid(path, f"gives {table} a value; valid is a table, [{table}]")
        if table in ("columns", "constants", "values") and (wrong := sorted(found.keys() - set(FIELDS))):
            raise MappingInvalid(
                path, f"names the field {quoted(wrong[0])} in [{table}]; valid are {', '.join(FIELDS)}"
            )
        if table in ("time", "tags") and (wrong := sorted(found.keys() - set(_KEYS[table]))):
            raise MappingInvalid(path, f"names {quoted(wrong[0])} in [{table}]; valid are {', '.join(_KEYS[table])}")
        for name, value in found.items():
            if table != "constants" and not _fits(table, name, value):
                raise MappingInvalid(
                    path, f"gives {name} in [{table}] the value {quoted(value)}; valid is {_wanted(table, name)}"
                )


_KEYS = {"time": TIME_KEYS, "tags": ("separator",)}


def _fits(table: str, name: str, value: object) -> bool:
    if table == "values":
        return isinstance(value, dict) and all(isinstance(one, str) for one in value.values())
    if name == "dayfirst":
        return isinstance(value, bool)
    if name == "zone_change":
        return value in tuple(ZoneChange)
    several = (table == "columns" and name in SEVERAL) or name == "format"
    return isinstance(value, str) or (
        several and isinstance(value, list) and all(isinstance(one, str) for one in value)
    )


def _wanted(table: str, name: str) -> str:
    if table == "values":
        return "a table of texts"
    if name == "zone_change":
        return " or ".join(f'"{one}"' for one in ZoneChange)
    return "true or false" if name == "dayfirst" else "a text"
