"""The time zone that the hours of the week follow, guessed from the regions that tickets come from."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from stream.calendars.countries import country_of

MAIN_ZONES = {
    "AR": "America/Argentina/Buenos_Aires", "AU": "Australia/Sydney", "BR": "America/Sao_Paulo", "CA": "America/Toronto",
    "CD": "Africa/Kinshasa", "CL": "America/Santiago", "CN": "Asia/Shanghai", "CY": "Asia/Nicosia", "DE": "Europe/Berlin",
    "EC": "America/Guayaquil", "ES": "Europe/Madrid", "ID": "Asia/Jakarta", "KZ": "Asia/Almaty", "MN": "Asia/Ulaanbaatar",
    "MX": "America/Mexico_City", "MY": "Asia/Kuala_Lumpur", "NZ": "Pacific/Auckland", "PT": "Europe/Lisbon", "RU": "Europe/Moscow",
    "UA": "Europe/Kyiv", "US": "America/New_York", "UZ": "Asia/Tashkent", "VN": "Asia/Ho_Chi_Minh",
}  # fmt: skip
"""Of countries with several zones, the one in which most people live."""

SHARE = 0.6
"""Share of the tickets with a known region whose clocks must agree before a zone is guessed."""

FEWEST = 50
"""Tickets with a known region below which nothing is guessed."""


@dataclass(frozen=True, slots=True)
class ZoneGuess:
    """A guessed zone, or UTC where none can be guessed, and the sentence that says why."""

    zone: str
    guessed: bool
    reason: str


def zone_of(country: str) -> str | None:
    """Return the IANA zone of a country (ISO 3166-1 alpha-2) in which most of its people live; None where it is not known."""
    import pytz

    zones = pytz.country_timezones.get(country)
    return MAIN_ZONES.get(country) or (zones[0] if zones else None)


def guess_zone(regions: Mapping[str, int], at: datetime) -> ZoneGuess:
    """Guess whose clock the tickets of these regions follow.

    regions: tickets of each value of `region`. at: an instant of the record, which decides on summer time.
    Regions whose clocks show the same time count together; the zone is that of the largest country among them, where they hold at
    least 60 % of the tickets whose region is known. Otherwise it is UTC: no clock is right for all of them.
    """
    by_country: Counter[str] = Counter()
    for region, tickets in regions.items():
        if (country := country_of(region)) is not None:
            by_country[country] += tickets
    known = by_country.total()
    if known < FEWEST:
        return ZoneGuess("UTC", guessed=False, reason=f"{known} tickets name a country")
    offsets: Counter[timedelta] = Counter()
    for country, tickets in by_country.items():
        offsets[_offset(country, at)] += tickets
    offset, tickets = max(offsets.items(), key=lambda item: (item[1], -abs(item[0])))
    if tickets < SHARE * known:
        return ZoneGuess("UTC", guessed=False, reason="the regions' clocks differ, and none has most of the tickets")
    same = [one for one in by_country if _offset(one, at) == offset]
    country = max(same, key=lambda one: (by_country[one], one))
    return ZoneGuess(
        zone_of(country) or "UTC",
        guessed=True,
        reason=f"{tickets / known:.0%} of the tickets come from {_listed(same, by_country)}",
    )


def _offset(country: str, at: datetime) -> timedelta:
    zone = zone_of(country)
    found = None if zone is None else at.astimezone(ZoneInfo(zone)).utcoffset()
    return found if found is not None else UTC.utcoffset(at)


def _listed(countries: list[str], by_country: Mapping[str, int]) -> str:
    names = sorted(countries, key=lambda one: (-by_country[one], one))
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more with the same clock" if len(names) > 3 else "")
