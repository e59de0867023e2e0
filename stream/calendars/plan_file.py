"""Files of launches: a calendar as iCalendar, CSV, JSON or JSON lines."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import orjson

from models.redaction import quoted
from stream.calendars.icalendar_file import is_calendar, read_calendar
from stream.calendars.planned_row import PlannedRow, parse_number, parse_scope, when
from stream.errors import PlanUnreadable

COLUMNS = (
    "id", "title", "kind", "start", "end", "scope", "tolerance", "theme", "about", "like", "lift", "yearly_until",
)  # fmt: skip
"""Columns of a CSV file. Rows of one id are lines of one plan; a row with a lift and nothing that it lifts means all."""

_MOST_YEARS = 50


def read_launch_file(path: Path, timezone: str = "UTC", *, around: datetime) -> list[PlannedRow]:
    """Read the launches of a file: iCalendar by its content, `.csv`, `.json` (one array) or `.jsonl` by its name.

    An object is a launch event, or a launch alone: its `id` and what an event has in `data`. A time without a zone, or a day,
    is of `timezone`; a start that is a day, without an end, is that day. `yearly_until` repeats it each year up to that one,
    as `ID-2027`, for what returns at the same date. A repeated entry of an iCalendar file gives its occurrences from a year before
    to two years after `around`.

    Raises `PlanUnreadable` where the file or one of its rows cannot be read: then nothing of it is.
    """
    try:
        raw = path.read_bytes()
        content = raw.decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise PlanUnreadable(
            path.name, f"it cannot be read ({error})", "name a UTF-8 file: .ics, .csv, .json or .jsonl"
        ) from error
    zone = ZoneInfo(timezone)
    if is_calendar(raw):
        rows: Iterable[PlannedRow] = read_calendar(raw, path.name, zone, around=around)
    else:
        rows = _rows(content, path)
    found = [one for row in rows for one in _repeated(row, zone)]
    if not found:
        raise PlanUnreadable(path.name, "it holds no launch", "give one a row")
    for one in found:
        if sum(other.launch_id == one.launch_id for other in found) > 1:
            raise PlanUnreadable(path.name, f"{one.where}{one.launch_id} is in it twice", "give each launch one id")
    return found


def _rows(content: str, path: Path) -> Iterator[PlannedRow]:
    suffix = path.suffix.lower()
    if suffix == ".csv":
        return _from_csv(content, path.name)
    if suffix in (".json", ".jsonl"):
        return _from_json(content, path.name, lines=suffix == ".jsonl")
    raise PlanUnreadable(path.name, f"its name ends in {suffix or 'nothing'}", "valid are .ics, .csv, .json and .jsonl")


def _from_csv(content: str, name: str) -> Iterator[PlannedRow]:
    reader = csv.DictReader(io.StringIO(content), delimiter=";" if content.split("\n", 1)[0].count(";") > 2 else ",")
    unknown = sorted(set(reader.fieldnames or ()) - set(COLUMNS))
    if unknown or "id" not in (reader.fieldnames or ()):
        problem = f"it has the column {quoted(unknown[0])}" if unknown else "it has no column 'id'"
        raise PlanUnreadable(name, problem, f"valid columns are {', '.join(COLUMNS)}")
    found: dict[str, PlannedRow] = {}
    for number, cells in enumerate(reader, start=2):
        row = {key: value.strip() for key, value in cells.items() if key and isinstance(value, str) and value.strip()}
        where = f"{name}, row {number}: "
        known = found.setdefault(row.get("id", ""), PlannedRow(row.get("id", ""), {}, where))
        try:
            line = _line(row)
            plain: dict[str, Any] = {
                key: row[key] for key in ("title", "kind", "start", "end", "yearly_until") if key in row
            }
            plain |= {"scope": parse_scope(row["scope"])} if "scope" in row else {}
            plain |= {"tolerance": parse_number(row["tolerance"])} if "tolerance" in row else {}
        except ValueError as error:
            raise PlanUnreadable(name, f"{where}{error}", "correct the row") from error
        known.data |= plain
        if line:
            known.data.setdefault("expected", []).append(line)
    yield from found.values()


def _line(row: Mapping[str, str]) -> dict[str, Any]:
    line: dict[str, Any] = {key: row[key] for key in ("about", "like") if key in row}
    if "theme" in row:
        line["theme"] = int(parse_number(row["theme"]))
    if "lift" in row:
        line = {**(line or {"all": True}), "lift": parse_number(row["lift"])}
    return line


def _from_json(content: str, name: str, *, lines: bool) -> Iterator[PlannedRow]:
    try:
        texts = [(n, line) for n, line in enumerate(content.splitlines(), start=1) if line.strip()]
        objects = [(n, orjson.loads(line)) for n, line in texts] if lines else _numbered(orjson.loads(content))
    except orjson.JSONDecodeError as error:
        raise PlanUnreadable(
            name, f"it is not JSON ({error.msg})", "give one array of objects in .json, one object a line in .jsonl"
        ) from error
    for number, given in objects:
        where = f"{name}, {'line' if lines else 'object'} {number}: "
        if not isinstance(given, dict):
            raise PlanUnreadable(name, f"{where}it is no object", "give an object with id, title, start and end")
        if "specversion" not in given:
            data = {key: value for key, value in given.items() if key not in ("id", "state")}
            yield PlannedRow(str(given.get("id", "")), data, where)
            continue
        kind, plan = given.get("type"), given.get("data")
        if kind != "launch.planned" or not isinstance(plan, dict):
            raise PlanUnreadable(
                name, f"{where}it is an event of type {quoted(kind)}", "valid is launch.planned; ingest others"
            )
        try:
            time = datetime.fromisoformat(str(given["time"])) if "time" in given else None
        except ValueError as error:
            raise PlanUnreadable(name, f"{where}{error}", "correct its time") from error
        yield PlannedRow(str(given.get("subject", "")), dict(plan), where, given.get("source"), time)


def _numbered(given: Any) -> list[tuple[int, Any]]:
    return list(enumerate(given if isinstance(given, list) else [given], start=1))


def _repeated(row: PlannedRow, zone: ZoneInfo) -> Iterator[PlannedRow]:
    """Yield the launch, or one for each year."""
    until = row.data.pop("yearly_until", None)
    if not row.launch_id:
        raise PlanUnreadable(row.where.rstrip(": "), "the launch has no id", "give it one that stays the same")
    try:
        start = when(str(row.data["start"]), zone) if "start" in row.data else None
        end = when(str(row.data["end"]), zone) if row.data.get("end") else None
        last = None if until is None else int(until)
    except (ValueError, TypeError) as error:
        raise PlanUnreadable(
            row.where.rstrip(": "), str(error), "valid is a time such as 2026-11-27T08:00:00Z, or a day"
        ) from error
    if start is not None and end is None and _is_day(row.data["start"]):
        end = start + timedelta(days=1)
    row.data |= {} if start is None else {"start": start.isoformat()}
    row.data |= {} if end is None else {"end": end.isoformat()}
    if last is None:
        yield row
        return
    if start is None or end is None or not start.year <= last <= start.year + _MOST_YEARS:
        raise PlanUnreadable(
            row.where.rstrip(": "),
            f"yearly_until is {until}",
            f"valid is the year of its start, or one of the {_MOST_YEARS} after it",
        )
    for year in range(start.year, last + 1):
        try:
            begins = start.replace(year=year)
        except ValueError:
            continue  # 29 February
        times = {"start": begins.isoformat(), "end": (begins + (end - start)).isoformat()}
        yield PlannedRow(f"{row.launch_id}-{year}", {**row.data, **times}, row.where, row.source, row.time)


def _is_day(given: Any) -> bool:
    try:
        date.fromisoformat(str(given).strip())
    except ValueError:
        return False
    return True
