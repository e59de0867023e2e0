"""A mapping file: which column of a CSV file is which field of a ticket event."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from models.event import TicketData
from stream.errors import MappingInvalid

ENVELOPE = ("id", "source", "type", "time", "subject")
FIELDS = (*ENVELOPE, *TicketData.model_fields)


@dataclass(frozen=True, slots=True)
class ColumnMapping:
    """How a row becomes an event.

    `columns` maps a field of the event to a column's header, `values` a field to replacements of its values, `constants` a field
    to a fixed value. `time_format` is a `strptime` format (default: RFC 3339), `zone` the zone of times that carry none.
    """

    name: str = "default"
    columns: Mapping[str, str] = field(default_factory=dict)
    constants: Mapping[str, Any] = field(default_factory=dict)
    values: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    time_format: str | None = None
    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("UTC"))

    @classmethod
    def read(cls, path: Path) -> ColumnMapping:
        """Read a mapping file (TOML). Raises `MappingInvalid`, naming what does not fit."""
        try:
            content = tomllib.loads(path.read_text(encoding="utf-8"))
        except OSError as error:
            raise MappingInvalid(str(path), f"cannot be read ({error.strerror})") from error
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise MappingInvalid(str(path), f"is not TOML ({error})") from error
        if unknown := sorted(content.keys() - {"columns", "constants", "values", "time"}):
            raise MappingInvalid(str(path), f"has the table {unknown[0]!r}; valid are columns, constants, values, time")
        _check_shape(str(path), content)
        for table in ("columns", "constants", "values"):
            if wrong := sorted(content.get(table, {}).keys() - set(FIELDS)):
                raise MappingInvalid(
                    str(path), f"names the field {wrong[0]!r} in [{table}]; valid are {', '.join(FIELDS)}"
                )
        time = content.get("time", {})
        try:
            zone = ZoneInfo(time.get("zone", "UTC"))
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise MappingInvalid(
                str(path), f"names the zone {time.get('zone')!r}, which is not in the IANA database"
            ) from error
        return cls(
            str(path),
            content.get("columns", {}),
            content.get("constants", {}),
            content.get("values", {}),
            time.get("format"),
            zone,
        )

    def fitted(self, header: list[str]) -> ColumnMapping:
        """Complete the mapping with the columns that are named like fields. Raises `MappingInvalid` where a column is missing."""
        for name, column in self.columns.items():
            if column not in header:
                raise MappingInvalid(
                    self.name,
                    f"takes {name} from the column {column!r}, which the file does not have; it has {', '.join(header)}",
                )
        columns = {name: name for name in FIELDS if name in header and name not in self.constants} | dict(self.columns)
        given = columns.keys() | self.constants.keys()
        if missing := [name for name in ("subject", "time") if name not in given]:
            raise MappingInvalid(
                self.name, f"says for no column that it is the {missing[0]}; the file has {', '.join(header)}"
            )
        if not given & {"title", "body"}:
            raise MappingInvalid(
                self.name, f"says for no column that it is the title or the body; the file has {', '.join(header)}"
            )
        return ColumnMapping(self.name, columns, self.constants, self.values, self.time_format, self.zone)

    def event(self, row: Mapping[str, str]) -> dict[str, Any]:
        """Make a CloudEvent of one row. Raises ValueError with a sentence where a value cannot be read."""
        got = {name: self._value(name, row.get(column) or "") for name, column in self.columns.items()}
        got = {name: value for name, value in got.items() if value is not None} | dict(self.constants)
        subject = got.get("subject", "")
        kind = got.get("type", "ticket.created")
        data = {name: value for name, value in got.items() if name not in ENVELOPE}
        if kind == "ticket.created":
            data.setdefault("body", "")
        return {
            "specversion": "1.0",
            "id": got.get("id", f"{subject}:{kind}"),
            "source": got.get("source", "/csv"),
            "type": kind,
            "time": got.get("time", ""),
            "subject": subject,
            "data": data,
        }

    def _value(self, name: str, text: str) -> Any:
        text = text.strip()
        if not text:
            return None
        text = self.values.get(name, {}).get(text, text)
        if name == "time":
            return self._time(text)
        return _parted(name, text)

    def _time(self, text: str) -> str:
        try:
            # A time without a zone gets the mapping's own below.
            time = datetime.strptime(text, self.time_format) if self.time_format else datetime.fromisoformat(text)  # noqa: DTZ007
        except ValueError as error:
            wanted = (
                f"the format {self.time_format}" if self.time_format else "RFC 3339, for example 2026-11-20T08:00:00Z"
            )
            raise ValueError(
                f"received the time {text[:40]!r}; valid is {wanted}; set [time] format in the mapping"
            ) from error
        return (time if time.tzinfo else time.replace(tzinfo=self.zone)).isoformat()


def _parted(name: str, text: str) -> Any:
    if name == "tags":
        return [tag.strip() for tag in text.replace(";", ",").split(",") if tag.strip()]
    if name == "custom":
        return {"custom": text}
    return text


def _check_shape(path: str, content: Mapping[str, Any]) -> None:
    for table, found in content.items():
        if not isinstance(found, dict):
            raise MappingInvalid(path, f"gives {table} a value; valid is a table, [{table}]")
        for name, value in found.items():
            if table in ("columns", "time") and not isinstance(value, str):
                raise MappingInvalid(path, f"gives {name} in [{table}] the value {value!r}; valid is a text")
            if table == "values" and not (
                isinstance(value, dict) and all(isinstance(one, str) for one in value.values())
            ):
                raise MappingInvalid(path, f"gives {name} in [values] the value {value!r}; valid is a table of texts")
        if table == "time" and (wrong := sorted(found.keys() - {"zone", "format"})):
            raise MappingInvalid(path, f"names {wrong[0]!r} in [time]; valid are zone, format")
