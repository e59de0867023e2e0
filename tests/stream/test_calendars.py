"""Calendars: launches from iCalendar files, public holidays, and the zone that is guessed from regions."""

from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream.calendars.countries import country_of
from stream.calendars.icalendar_file import is_calendar, read_calendar
from stream.calendars.plan_file import read_launch_file
from stream.calendars.public_holidays import public_holidays
from stream.calendars.time_zone import PART_ZONES, guess_zone, zone_of
from stream.errors import PlanUnreadable

NOW = datetime(2026, 11, 1, tzinfo=UTC)
BERLIN = ZoneInfo("Europe/Berlin")
CALENDAR = b"""BEGIN:VCALENDAR\r
VERSION:2.0\r
BEGIN:VEVENT\r
UID:black-friday\r
SUMMARY:Black Friday\r
DTSTART;VALUE=DATE:20261127\r
DTEND;VALUE=DATE:20261130\r
CATEGORIES:SALE,Marketing\r
DESCRIPTION:Ask Ana.\\nscope: region=BR\\nlift: 2.5\\nabout: coins are missing = 4\\ntheme: 12 = 3\\ntolerance: 0.5\r
END:VEVENT\r
BEGIN:VEVENT\r
UID:drop\r
SUMMARY:Weekly drop\r
DTSTART;TZID=America/Sao_Paulo:20261101T200000\r
DURATION:PT2H\r
RRULE:FREQ=WEEKLY;COUNT=3\r
END:VEVENT\r
BEGIN:VEVENT\r
UID:off\r
SUMMARY:Called off\r
STATUS:CANCELLED\r
DTSTART:20261101T200000\r
END:VEVENT\r
BEGIN:VEVENT\r
SUMMARY:Release 5.2\r
DTSTART:20261105T090000Z\r
END:VEVENT\r
END:VCALENDAR\r
"""


def changed(before: bytes, after: bytes) -> bytes:
    """Return the calendar with one part of it replaced."""
    assert before in CALENDAR
    return CALENDAR.replace(before, after)


def test_entries_of_a_calendar_are_launches_with_their_plan():
    """Days are of the given zone, times of their own, repeats have the day in their id, cancelled entries are left out."""
    rows = {one.launch_id: one.data for one in read_calendar(CALENDAR, "a.ics", BERLIN, around=NOW)}
    assert rows["black-friday"] == {
        "title": "Black Friday",
        "kind": "sale",
        "start": "2026-11-27T00:00:00+01:00",
        "end": "2026-11-30T00:00:00+01:00",
        "scope": {"region": "BR"},
        "tolerance": 0.5,
        "expected": [
            {"all": True, "lift": 2.5},
            {"about": "coins are missing", "lift": 4.0},
            {"theme": 12, "lift": 3.0},
        ],
    }
    repeats = sorted(one for one in rows if one.startswith("drop"))
    assert repeats == ["drop-2026-11-01", "drop-2026-11-08", "drop-2026-11-15"]
    assert rows["drop-2026-11-01"]["end"] == "2026-11-01T22:00:00-03:00"
    (release,) = [data for data in rows.values() if data["title"] == "Release 5.2"]
    assert (release["start"], release["end"]) == ("2026-11-05T09:00:00+00:00", "2026-11-05T10:00:00+00:00")
    assert len(rows) == 5


def test_the_same_calendar_gives_the_same_launches_whatever_it_is_called(tmp_path: Path):
    """The content decides, not the ending; reading twice gives the same ids."""
    file = tmp_path / "export"
    file.write_bytes(b"\xef\xbb\xbf" + CALENDAR)
    first, again = ([one.launch_id for one in read_launch_file(file, "Europe/Berlin", around=NOW)] for _ in range(2))
    assert first == again
    assert len(first) == 5


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"BEGIN:VCALENDAR", "not a calendar"),
        (changed(b"FREQ=WEEKLY;COUNT=3", b"FREQ=SECONDLY"), "'Weekly drop' repeats every second"),
        (changed(b"FREQ=WEEKLY;COUNT=3", b"FREQ=HOURLY"), "more than 5,000"),
        (changed(b"FREQ=WEEKLY;COUNT=3", b"FREQ=NEVER"), "no valid start, end or rule"),
        (changed(b"DTSTART:20261105T090000Z", b"DTSTART:soon"), "no valid start, end or rule"),
        (changed(b"DTEND;VALUE=DATE:20261130", b"DTEND;VALUE=DATE:20261101"), "'Black Friday' ends before it starts"),
        (changed(b"region=BR", b"region"), "valid is DIMENSION=VALUE"),
        (changed(b"= 4", b"= many"), "where a number belongs"),
        (changed(b"theme: 12 = 3", b"theme: 12"), "valid is theme: 12 = LIFT"),
    ],
)
def test_a_calendar_that_cannot_be_read_is_refused_in_one_sentence(content: bytes, says: str):
    """It names the file, what was found and what to do."""
    with pytest.raises(PlanUnreadable, match=says):
        read_calendar(content, "a.ics", BERLIN, around=NOW)


@given(st.binary(max_size=400).map(lambda noise: b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\n" + noise))
def test_any_calendar_is_read_or_refused(content: bytes):
    """No other error comes of damaged bytes."""
    assert is_calendar(content)
    try:
        read_calendar(content, "a.ics", BERLIN, around=NOW)
    except PlanUnreadable:
        return


def test_public_holidays_are_plans_in_the_zone_of_the_country():
    """A part of a country has its own; the scope is the region as tickets name it; ids do not change."""
    days = {one.launch_id: one.data for one in public_holidays("DE-BY", [2026])}
    assert days["holiday-DE-BY-2026-01-06"]["start"] == "2026-01-06T00:00:00+01:00"
    assert days["holiday-DE-BY-2026-01-06"]["kind"] == "holiday"
    assert "holiday-DE-2026-01-06" not in {one.launch_id for one in public_holidays("DE", [2026])}
    assert public_holidays("US-CA", [2026])[0].data["start"] == "2026-01-01T00:00:00-08:00"
    brazil = public_holidays("Brazil", range(2026, 2028), scope="br")
    assert {one.data["scope"]["region"] for one in brazil} == {"br"}
    assert "holiday-BR-2027-09-07" in {one.launch_id for one in brazil}


@pytest.mark.parametrize(
    ("region", "years", "says"),
    [
        ("EMEA", [2026], "no country"),
        ("DE-XX", [2026], "parts of DE are"),
        ("DE", [1900], "valid are 2000 to 2099"),
        ("DE", [], "years"),
    ],
)
def test_holidays_that_nobody_knows_are_refused(region: str, years: list[int], says: str):
    """The sentence says what is valid."""
    with pytest.raises(PlanUnreadable, match=says):
        public_holidays(region, years)


@pytest.mark.parametrize(
    ("region", "country"),
    [
        ("br", "BR"), ("BRA", "BR"), ("United Kingdom", "GB"), ("UK", "GB"), ("united_states", "US"), ("U.S.A.", "US"),
        ("EMEA", None), ("", None), ("<b>US</b>", None), ("日本", None),
    ],
)  # fmt: skip
def test_a_region_names_a_country_by_code_or_name(region: str, country: str | None):
    """Case, spaces and dots do not matter; what is no country is none."""
    assert country_of(region) == country


def test_the_zone_is_that_of_most_tickets_or_none():
    """Countries whose clocks agree count together; where no clock has most of the tickets, UTC says why."""
    assert guess_zone({"BR": 900, "US": 100}, NOW).zone == "America/Sao_Paulo"
    europe = guess_zone({"DE": 300, "France": 200, "it": 100, "US": 200, "unknown": 9_000}, NOW)
    assert (europe.zone, europe.guessed) == ("Europe/Berlin", True)
    assert "75% of the tickets come from DE, FR, IT" in europe.reason
    mixed = guess_zone({"US": 400, "BR": 200, "IN": 200, "GB": 200}, NOW)
    assert (mixed.zone, mixed.guessed) == ("UTC", False)
    assert not guess_zone({"BR": 10}, NOW).guessed
    assert not guess_zone({}, NOW).guessed


def test_every_country_with_a_zone_has_one_that_exists():
    """The zones of the table of main zones, and those of all other countries, are in the IANA database."""
    from holidays.registry import COUNTRIES

    zones = [zone_of(code) for _, code, *_ in COUNTRIES.values()]
    assert all(ZoneInfo(zone) for zone in (*zones, *PART_ZONES.values()) if zone is not None)
    assert sum(zone is not None for zone in zones) > 240
