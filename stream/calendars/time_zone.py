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

PART_ZONES = {
    "AU-NT": "Australia/Darwin", "AU-QLD": "Australia/Brisbane", "AU-SA": "Australia/Adelaide", "AU-TAS": "Australia/Hobart",
    "AU-WA": "Australia/Perth", "BR-AC": "America/Rio_Branco", "BR-AM": "America/Manaus", "BR-MS": "America/Campo_Grande",
    "BR-MT": "America/Cuiaba", "BR-RO": "America/Porto_Velho", "BR-RR": "America/Boa_Vista", "CA-AB": "America/Edmonton",
    "CA-BC": "America/Vancouver", "CA-MB": "America/Winnipeg", "CA-NB": "America/Moncton", "CA-NL": "America/St_Johns",
    "CA-NS": "America/Halifax", "CA-NT": "America/Yellowknife", "CA-PE": "America/Halifax", "CA-SK": "America/Regina",
    "CA-YT": "America/Whitehorse", "ES-CN": "Atlantic/Canary", "MX-BCN": "America/Tijuana", "MX-ROO": "America/Cancun",
    "MX-SON": "America/Hermosillo", "PT-20": "Atlantic/Azores", "PT-30": "Atlantic/Madeira", "US-AK": "America/Anchorage",
    "US-AL": "America/Chicago", "US-AR": "America/Chicago", "US-AZ": "America/Phoenix", "US-CA": "America/Los_Angeles",
    "US-CO": "America/Denver", "US-HI": "Pacific/Honolulu", "US-IA": "America/Chicago", "US-ID": "America/Boise",
    "US-IL": "America/Chicago", "US-KS": "America/Chicago", "US-LA": "America/Chicago", "US-MN": "America/Chicago",
    "US-MO": "America/Chicago", "US-MS": "America/Chicago", "US-MT": "America/Denver", "US-ND": "America/Chicago",
    "US-NE": "America/Chicago", "US-NM": "America/Denver", "US-NV": "America/Los_Angeles", "US-OK": "America/Chicago",
    "US-OR": "America/Los_Angeles", "US-SD": "America/Chicago", "US-TN": "America/Chicago", "US-TX": "America/Chicago",
    "US-UT": "America/Denver", "US-WA": "America/Los_Angeles", "US-WI": "America/Chicago", "US-WY": "America/Denver",
}  # fmt: skip
"""Of parts of countries (ISO 3166-2) whose clocks differ from the country's main zone, the zone of most of their people."""

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


def zone_of(country: str, part: str = "") -> str | None:
    """Return the IANA zone of a country (ISO 3166-1 alpha-2), or of a part of it, in which most of its people live.

    None where it is not known.
    """
    import pytz

    if zone := PART_ZONES.get(f"{country}-{part.upper()}"):
        return zone
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
        reason = f"only {known} of the tickets name a country" if known else "no ticket names a country"
        return ZoneGuess("UTC", guessed=False, reason=reason)
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
