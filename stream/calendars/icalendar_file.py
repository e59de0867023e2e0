"""iCalendar files (RFC 5545) as launches: what the calendar of a marketing or release team exports."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from models.redaction import quoted, shortened
from stream.calendars.planned_row import PlannedRow, parse_number, parse_scope
from stream.errors import PlanUnreadable

if TYPE_CHECKING:
    from icalendar import Calendar, Event

KINDS = ("launch", "campaign", "holiday", "sale")

BEFORE, AFTER = timedelta(days=366), timedelta(days=731)
"""Repeated entries without an end go on for ever; occurrences further away than this are not read."""

MOST = 5_000
"""Occurrences of one file: no calendar of launches has more."""

_TOO_OFTEN = {"SECONDLY": "every second", "MINUTELY": "every minute"}
_DIRECTIVE = re.compile(r"^\s*(scope|lift|tolerance|about|theme|like)\s*[:=]\s*(.+?)\s*$", re.IGNORECASE | re.MULTILINE)
_MARKUP = re.compile(r"<[^>\n]*>")


def is_calendar(content: bytes) -> bool:
    """Return whether the content begins as an iCalendar file does."""
    return content[:512].removeprefix(b"\xef\xbb\xbf").lstrip().upper().startswith(b"BEGIN:VCALENDAR")


def read_calendar(content: bytes, name: str, zone: ZoneInfo, *, around: datetime) -> list[PlannedRow]:
    """Read the entries of a calendar as launches.

    An entry's UID is the launch's id, with the day added where the entry repeats. A day, and a time without a zone, is of `zone`.
    A category that is a kind of launch is its kind. Lines of its description such as `scope: region=BR`, `lift: 2.5`,
    `about: coins are missing = 4`, `theme: 12 = 3`, `like: last-sale` and `tolerance: 0.5` are its plan. Cancelled entries are left
    out.

    around: occurrences from a year before to two years after it are read.

    Raises `PlanUnreadable` where it is no calendar, or an entry or its plan cannot be read.
    """
    calendar = _parsed(content, name)
    entries = _occurrences(calendar, name, around)
    repeated = Counter(_uid(entry) for entry in entries)
    return [_row(entry, name, zone, repeated=repeated[_uid(entry)] > 1) for entry in entries]


def _parsed(content: bytes, name: str) -> Calendar:
    from icalendar import Calendar

    try:
        return Calendar.from_ical(content.removeprefix(b"\xef\xbb\xbf"))
    except (ValueError, KeyError, IndexError, TypeError, AttributeError) as error:
        raise PlanUnreadable(name, "it is not a calendar of RFC 5545", "export it again as .ics") from error


def _occurrences(calendar: Calendar, name: str, around: datetime) -> list[Event]:
    from recurring_ical_events import InvalidCalendar, of

    found: list[Event] = []
    for entry in calendar.walk("VEVENT"):
        if (often := _frequency(entry)) in _TOO_OFTEN:
            raise PlanUnreadable(name, f"the entry {_title(entry)} repeats {_TOO_OFTEN[often]}", "leave it out")
    try:
        for entry in calendar.walk("VEVENT"):
            if _ends_before_it_starts(entry):
                raise PlanUnreadable(
                    name, f"the entry {_title(entry)} ends before it starts", "correct it in the calendar"
                )
        for entry in of(calendar, skip_bad_series=False).between(around - BEFORE, around + AFTER):
            if str(entry.get("STATUS", "")).upper() == "CANCELLED":
                continue
            found.append(entry)
            if len(found) > MOST:
                raise PlanUnreadable(
                    name, f"it has more than {MOST:,} occurrences", "leave out what repeats that often"
                )
    except (InvalidCalendar, ValueError, TypeError, OverflowError, AttributeError, KeyError) as error:
        raise PlanUnreadable(
            name, "one of its entries has no valid start, end or rule", "correct it in the calendar"
        ) from error
    return sorted(found, key=lambda entry: (str(entry.start), _uid(entry)))


def _frequency(entry: Any) -> str:
    rules = entry.get("RRULE")
    first = rules[0] if isinstance(rules, list) and rules else rules
    found = first.get("FREQ") if isinstance(first, dict) else None
    return str(found[0] if isinstance(found, list) and found else found or "").upper()


def _ends_before_it_starts(entry: Any) -> bool:
    # Of repeated entries the library takes such an end for none.
    start, end = (getattr(entry.get(name), "dt", None) for name in ("DTSTART", "DTEND"))
    if (
        not isinstance(start, date)
        or not isinstance(end, date)
        or isinstance(start, datetime) != isinstance(end, datetime)
    ):
        return False
    zone = ZoneInfo("UTC")
    return _instant(end, zone) < _instant(start, zone)


def _title(entry: Any) -> str:
    return quoted(str(entry.get("SUMMARY", "")).strip() or "Untitled", 40)


def _uid(entry: Event) -> str:
    given = str(entry.get("UID", "")).strip()
    # An entry without a UID is known by what it says, so that the same file gives the same launches again.
    return given or "event-" + hashlib.sha256(f"{entry.get('SUMMARY', '')}".encode()).hexdigest()[:16]


def _row(entry: Event, name: str, zone: ZoneInfo, *, repeated: bool) -> PlannedRow:
    start, end = _instant(entry.start, zone), _instant(entry.end, zone)
    title = str(entry.get("SUMMARY", "")).strip() or "Untitled"
    where = f"{name}, entry {quoted(title, 40)}: "
    if end <= start:
        # RFC 5545 lets an entry be an instant; a plan needs a window.
        end = start + timedelta(hours=1)
    data: dict[str, Any] = {"title": shortened(title, 200), "start": start.isoformat(), "end": end.isoformat()}
    kind = next((one for one in _categories(entry) if one in KINDS), None)
    data |= {} if kind is None else {"kind": kind}
    try:
        data |= _plan(str(entry.get("DESCRIPTION", "")))
    except ValueError as error:
        raise PlanUnreadable(name, f"{where}{error}", "correct the entry's description") from error
    uid = _uid(entry)[:200]
    return PlannedRow(f"{uid}-{start:%Y-%m-%d}" if repeated else uid, data, where)


def _instant(given: date | datetime, zone: ZoneInfo) -> datetime:
    if not isinstance(given, datetime):
        return datetime(given.year, given.month, given.day, tzinfo=zone)
    return given if given.tzinfo is not None else given.replace(tzinfo=zone)


def _categories(entry: Event) -> list[str]:
    found = entry.get("CATEGORIES")
    parts = found if isinstance(found, list) else [] if found is None else [found]
    return [str(one).strip().lower() for part in parts for one in getattr(part, "cats", [part])]


def _plan(description: str) -> dict[str, Any]:
    plan: dict[str, Any] = {}
    lines: list[dict[str, Any]] = []
    for match in _DIRECTIVE.finditer(_MARKUP.sub("\n", description)):
        word, text = match[1].lower(), match[2]
        if word == "scope":
            plan["scope"] = parse_scope(text)
        elif word == "tolerance":
            plan["tolerance"] = parse_number(text)
        elif word == "lift":
            lines.append({"all": True, "lift": parse_number(text)})
        else:
            lines.append(_line(word, text))
    return plan | ({"expected": lines} if lines else {})


def _line(word: str, text: str) -> dict[str, Any]:
    target, equals, lift = text.rpartition("=")
    if word == "like" and not equals:
        return {"like": text, "lift": 1.0}
    if not target.strip():
        raise ValueError(
            f"received {word}: {quoted(text)}; valid is {word}: {'12' if word == 'theme' else 'TEXT'} = LIFT"
        )
    value: Any = target.strip()
    return {word: int(parse_number(value)) if word == "theme" else value, "lift": parse_number(lift)}
