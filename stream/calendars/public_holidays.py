"""Public holidays of a country or a part of it, as launches of kind holiday."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from stream.calendars.countries import country_of
from stream.calendars.planned_row import PlannedRow
from stream.calendars.time_zone import zone_of
from stream.errors import PlanUnreadable

YEARS = range(2000, 2100)


def public_holidays(region: str, years: Iterable[int], *, scope: str | None = None) -> list[PlannedRow]:
    """Return the public holidays of a region as plans without figures: past holidays of the kind say what to expect.

    region: a country as a ticket's `region` has it, with a part of it after a hyphen where that has holidays of its own (`DE-BY`).
    scope: the value of `region` in tickets, by default the part before the hyphen as it was given.
    Each day is in the zone of the country or its part (`zone_of`). A day with two holidays is one plan. The ids,
    `holiday-BR-2026-12-25`, stay the same, so that the same call again changes nothing.

    Raises `PlanUnreadable` where the country, the part or a year is not known.
    """
    import holidays

    name, _, part = region.partition("-")
    country = country_of(name)
    wanted = sorted(set(years))
    if country is None:
        raise PlanUnreadable(
            region, "it is no country", "give a code of ISO 3166 such as BR, or DE-BY for a part of one"
        )
    if not wanted or wanted[0] not in YEARS or wanted[-1] not in YEARS:
        raise PlanUnreadable(region, f"received the years {wanted}", f"valid are {YEARS[0]} to {YEARS[-1]}")
    try:
        days = holidays.country_holidays(country, subdiv=part.upper() or None, years=wanted)
    except NotImplementedError as error:
        valid = ", ".join(holidays.list_supported_countries().get(country, ())) or "none"
        raise PlanUnreadable(region, "its public holidays are not known", f"parts of {country} are {valid}") from error
    zone = ZoneInfo(zone_of(country, part) or "UTC")
    code = f"{country}-{part.upper()}" if part else country
    plans = []
    for day, title in sorted(days.items()):
        start = datetime(day.year, day.month, day.day, tzinfo=zone)
        data = {
            "title": f"{title} ({code})",
            "kind": "holiday",
            "start": start.isoformat(),
            "end": (start + timedelta(days=1)).isoformat(),
            "scope": {"region": scope or name},
        }
        plans.append(PlannedRow(f"holiday-{code}-{day.isoformat()}", data, f"{region}: "))
    return plans
