"""Dates and times as a digest's readers write them: in their time zone, and in the language of their dates (CLDR, by Babel)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date, format_datetime, format_time

DAY = timedelta(days=1)

_ENGLISH = "en_GB"
"""English without a country writes the day before the month: most of its readers are not in the United States."""


@dataclass(frozen=True, slots=True)
class ReaderDates:
    """How an audience writes dates: `timezone` is an IANA name, `language` a code such as `de` or `pt-BR`."""

    timezone: str = "UTC"
    language: str = "en"

    def local(self, time: datetime) -> datetime:
        """Return a time (timezone-aware) in the readers' zone."""
        return time.astimezone(ZoneInfo(self.timezone))

    def clock(self, time: datetime) -> str:
        """Write a time of day: `13:15`."""
        return str(format_time(self.local(time), "HH:mm", locale=self._locale))

    def day(self, time: datetime) -> str:
        """Write a date in full: `Friday 20 November 2026`, `Freitag, 20. November 2026`."""
        return str(format_date(self.local(time).date(), "full", locale=self._locale))

    def short_day(self, time: datetime) -> str:
        """Write a date with its weekday, shortened: `Fri 20 Nov`."""
        return str(format_datetime(self.local(time), _pattern(self._locale), locale=self._locale))

    def moment(self, time: datetime, near: datetime) -> str:
        """Write a time of day, with its date where that is another one than that of `near`."""
        same = self.local(time).date() == self.local(near).date()
        return self.clock(time) if same else f"{self.short_day(time)}, {self.clock(time)}"

    def span(self, start: datetime, end: datetime) -> str:
        """Write two times: `Fri 20 Nov, 13:15 to 18:00`."""
        return f"{self.short_day(start)}, {self.clock(start)} to {self.moment(end, start)}"

    @property
    def _locale(self) -> Locale:
        return Locale.parse(_ENGLISH if self.language == "en" else self.language.replace("-", "_"))


def _pattern(locale: Locale) -> str:
    # CLDR has the order of each language by the fields that are wanted: weekday, day, short month.
    skeletons = locale.datetime_skeletons
    return str(skeletons["MMMEd"]) if "MMMEd" in skeletons else "EEE d MMM"
