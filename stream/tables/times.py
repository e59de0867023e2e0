"""The times of one column as instants: the format of each value is recognised, and what is ambiguous is refused."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, tzinfo
from enum import StrEnum
from zoneinfo import ZoneInfo

from models.redaction import quoted
from stream.tables.time_format import by_format, day_first
from stream.tables.time_number import NumberUnclear, from_number
from stream.tables.time_text import NUMERIC, SHAPES, TimeText, fitted, normalized, turned
from stream.tables.zone_names import SEVERAL, zone_of

EXAMPLE = "for example 2026-11-20T08:00:00Z"
GRAIN_VALUES = 20
"""Values below which the grain of a column is not known: a few times may be full hours by chance."""

LONGEST = 80
"""Characters; the longest real one is a JavaScript date with its zone in words, of about 70."""


class TimeUnreadable(ValueError):
    """A value that is no time; the message is one sentence."""


class TimeAmbiguous(TimeUnreadable):
    """A value that is one of two times; the message is one sentence that says which and what decides it."""


class DayOrderUnknown(TimeAmbiguous):
    """A value such as 03/04/2026, in a column whose values do not show whether the day or the month is first."""


class ZoneChange(StrEnum):
    """Which of two instants is meant by a local time that the end or start of summer time makes ambiguous or skips."""

    EARLIER = "earlier"
    LATER = "later"


class TimeUnit(StrEnum):
    """The unit that a column's times are in."""

    SECOND = "second"
    MINUTE = "minute"
    HOUR = "hour"
    DAY = "day"


@dataclass(frozen=True, slots=True)
class TimeRules:
    """How times are read that do not say everything themselves.

    `zone` is that of times without one. `formats` are `strptime` formats that are tried before the format is recognised.
    `day_first` says whether 03/04/2026 is in April (True) or March (False); None: not known. `zone_change` decides on the hour
    that is twice, or skipped, when summer time ends or starts; None: such a time is refused as ambiguous.
    """

    zone: tzinfo = field(default_factory=lambda: ZoneInfo("UTC"))
    formats: tuple[str, ...] = ()
    day_first: bool | None = None
    zone_change: ZoneChange | None = None

    def settled(self, texts: Iterable[str]) -> TimeRules:
        """Return the rules with the order of day and month that the formats or the column's values show."""
        if self.day_first is not None:
            return self
        orders = {order for form in self.formats if (order := day_first(form)) is not None} or day_orders(texts)
        # A column that shows both orders shows none: what is ambiguous in it stays so.
        return replace(self, day_first=orders.pop()) if len(orders) == 1 else self


class TimeColumn:
    """Reads the values of one column. It remembers the shape that fitted last, which makes a regular column fast to read."""

    def __init__(self, rules: TimeRules) -> None:
        self.rules = rules
        self._shape = SHAPES[0]

    def read(self, value: object) -> datetime:
        """Return the instant of a value: aware, in the zone of its text or else of the rules.

        The value is a text, or what a spreadsheet or Parquet file has as number, date or time stamp.
        Raises `TimeUnreadable`, or `TimeAmbiguous` where it can be two instants.
        """
        if not isinstance(value, str):
            return self._typed(value)
        text = value.strip()
        # The common case at once; an ISO text of another shape is recognised below.
        if text[4:5] == "-" == text[7:8] and text[10:11] in ("T", " ") and text[13:14] == ":" and text[:4].isdigit():
            try:
                return self._placed(datetime.fromisoformat(text), text)
            except ValueError:
                pass
        found = self.recognised(text)
        return self._placed(self._in_zone(self._ordered(found, text), found.zone, text), text)

    def recognised(self, text: str) -> TimeText:
        """Return what a text says, before zone and order of day and month are decided. Raises `TimeUnreadable`."""
        shown = quoted(text, 40)
        for form in self.rules.formats:
            if (found := by_format(form, text)) is not None:
                return found
        if len(text) > LONGEST:
            raise TimeUnreadable(f"received the time {shown}..., which is too long for one; valid is a time, {EXAMPLE}")
        plain = normalized(text)
        try:
            found = from_number(plain) or self._fitted(plain)
        except NumberUnclear as error:
            raise TimeUnreadable(f"received the time {shown}, {error}") from error
        if found is None:
            wanted = f"; the mapping's format is {' or '.join(self.rules.formats)}" if self.rules.formats else ""
            raise TimeUnreadable(
                f"received the time {shown}; valid is RFC 3339 or another usual form, {EXAMPLE}{wanted}; "
                "set [time] format in the mapping"
            )
        return found

    def _fitted(self, text: str) -> TimeText | None:
        if (found := fitted(self._shape, text)) is not None:
            return found
        for one in (text, turned(text)):
            for shape in SHAPES if one else ():
                if (found := fitted(shape, one or "")) is not None:
                    self._shape = shape
                    return found
        return None

    def _ordered(self, found: TimeText, text: str) -> datetime:
        if found.swapped is None or self.rules.day_first:
            return found.local
        if self.rules.day_first is False:
            return found.swapped
        raise DayOrderUnknown(
            f"received the time {quoted(text, 40)}, which is {found.local:%-d %B} or {found.swapped:%-d %B}, and no value of its "
            "column shows which; set dayfirst = true or false in [time] of the mapping"
        )

    def _in_zone(self, local: datetime, zone: str | None, text: str) -> datetime:
        if zone is None:
            return local
        name = zone.upper()
        if name in SEVERAL:
            # The text's abbreviation decides between summer and winter where the file's own zone uses it.
            for fold in (0, 1):
                here = local.replace(tzinfo=self.rules.zone, fold=fold)
                if here.tzname() == name:
                    return here.astimezone(UTC)
            raise TimeAmbiguous(
                f"received the time {quoted(text, 40)}, whose zone {name} is {SEVERAL[name]}; "
                "set [time] zone in the mapping, or write the offset"
            )
        found = zone_of(zone)
        if found is None:
            raise TimeUnreadable(
                f"received the time {quoted(text, 40)}, whose zone {quoted(zone, 40)} is not known; "
                "valid is an offset such as +01:00 or UTC"
            )
        return local.replace(tzinfo=found)

    def _placed(self, time: datetime, text: str) -> datetime:
        """Give a time its zone, where it has none. Raises `TimeAmbiguous` where summer time makes it two instants or none."""
        zone = time.tzinfo or self.rules.zone
        if zone is UTC or not isinstance(zone, ZoneInfo) or zone.key == "UTC":
            return time if time.tzinfo else time.replace(tzinfo=zone)
        early, late = time.replace(tzinfo=zone, fold=0), time.replace(tzinfo=zone, fold=1)
        if early.utcoffset() == late.utcoffset():
            return early
        if self.rules.zone_change is None:
            raise TimeAmbiguous(_changed(early, late, zone, text))
        # `early` has the offset before the change: of a time that is twice it is the earlier instant, of a skipped one the later.
        wanted = min if self.rules.zone_change is ZoneChange.EARLIER else max
        return wanted(early.astimezone(UTC), late.astimezone(UTC))

    def _typed(self, value: object) -> datetime:
        if isinstance(value, datetime):
            return self._placed(value, str(value))
        if isinstance(value, date):
            return self._placed(datetime.combine(value, time()), str(value))
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        if isinstance(value, int | float) and not isinstance(value, bool):
            return self.read(str(value))
        raise TimeUnreadable(f"received the time {quoted(value, 40)}; valid is a date and a time of day, {EXAMPLE}")


def day_orders(texts: Iterable[str]) -> set[bool]:
    """Return the orders that the values of a column show: True where a day is first for certain, False where a month is.

    A day above 12 shows it. Dots do not: they are written after the day in any column.
    """
    orders: set[bool] = set()
    for text in texts:
        found = NUMERIC.fullmatch(normalized(text.strip())) if len(text) <= LONGEST else None
        if found is not None and found["mark"] != ".":
            one, two = int(found["one"]), int(found["two"])
            if (one > 12) != (two > 12):
                orders.add(one > 12)
        if len(orders) == 2:
            break
    return orders


def grain_of(times: Iterable[datetime]) -> TimeUnit | None:
    """Return the grain that all the times have in their own zone, None for fewer than 20 of them."""
    given = list(times)
    if len(given) < GRAIN_VALUES:
        return None
    if any(one.second or one.microsecond for one in given):
        return TimeUnit.SECOND
    if any(one.minute for one in given):
        return TimeUnit.MINUTE
    return TimeUnit.HOUR if any(one.hour for one in given) else TimeUnit.DAY


def _changed(early: datetime, late: datetime, zone: ZoneInfo, text: str) -> str:
    # Summer time ends where the offset shrinks, and the hour is there twice; where it grows, an hour is skipped.
    twice = (early.utcoffset() or early - early) > (late.utcoffset() or late - late)
    what = "occurs twice" if twice else "does not exist"
    season = "ends" if twice else "starts"
    return (
        f"received the time {quoted(text, 40)}, which {what} in {zone.key}, where summer time {season} then: it is ambiguous; "
        'write it with its offset, or set zone_change = "earlier" or "later" in [time] of the mapping'
    )
