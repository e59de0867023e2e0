"""Times of tables: the instant that a person would read, whatever the format; what is ambiguous is refused."""

from datetime import UTC, date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from stream.tables.time_format import FormatUnknown, by_format, compiled
from stream.tables.times import (
    DayOrderUnknown,
    TimeAmbiguous,
    TimeColumn,
    TimeRules,
    TimeUnit,
    TimeUnreadable,
    ZoneChange,
    day_orders,
    grain_of,
)

BERLIN = ZoneInfo("Europe/Berlin")


def instant(value: object, **rules: object) -> str:
    """Read one value in Berlin, with the order of day and month that it shows itself."""
    settled = TimeRules(**{"zone": BERLIN, **rules}).settled([value] if isinstance(value, str) else [])
    return TimeColumn(settled).read(value).astimezone(UTC).isoformat().replace("+00:00", "Z")


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        # ISO 8601 and RFC 3339
        ("2026-11-01T08:00:00Z", "2026-11-01T08:00:00Z"),
        ("2026-11-01T08:00:00.123456789Z", "2026-11-01T08:00:00.123456Z"),
        ("2026-11-01T08:00:00,5+0100", "2026-11-01T07:00:00.500000Z"),
        ("20261101T080000Z", "2026-11-01T08:00:00Z"),
        ("20261101 0800", "2026-11-01T07:00:00Z"),
        ("2026-W45-1", "2026-11-01T23:00:00Z"),
        ("2026W451T0800", "2026-11-02T07:00:00Z"),
        ("2026-305", "2026-10-31T23:00:00Z"),
        ("2026-11-01 24:00", "2026-11-01T23:00:00Z"),
        ("2026-11-01", "2026-10-31T23:00:00Z"),
        ("2026/11/01 08:00", "2026-11-01T07:00:00Z"),
        ("2026.11.1 8:05", "2026-11-01T07:05:00Z"),
        ("2026-11-01 08.30", "2026-11-01T07:30:00Z"),
        ("2026-11-01 8:00:00 PM", "2026-11-01T19:00:00Z"),
        # A zone in the text wins.
        ("2026-11-01 08:00 +0530", "2026-11-01T02:30:00Z"),
        ("2026-11-01 08:00:00 UTC", "2026-11-01T08:00:00Z"),
        ("2026-11-01 08:00 GMT+2", "2026-11-01T06:00:00Z"),
        ("2026-11-01 08:00 UTC-03:30", "2026-11-01T11:30:00Z"),
        ("2026-11-01 08:00 EST", "2026-11-01T13:00:00Z"),
        ("2026-07-01 08:00 MESZ", "2026-07-01T06:00:00Z"),
        ("2026-11-01 08:00 Asia/Tokyo", "2026-10-31T23:00:00Z"),
        ("2026-11-01T08:00:00+09:00[Asia/Tokyo]", "2026-10-31T23:00:00Z"),
        ("Sun Nov 01 2026 08:00:00 GMT+0900 (Japan Standard Time)", "2026-10-31T23:00:00Z"),
        # Mail, logs, Twitter, databases
        ("Tue Oct 31 22:10:47 +0000 2017", "2017-10-31T22:10:47Z"),
        ("Tue, 31 Oct 2017 22:10:47 +0100", "2017-10-31T21:10:47Z"),
        ("Sun, 29 Nov 2026 10:00:00 GMT", "2026-11-29T10:00:00Z"),
        ("Sat Nov 28 15:04:05 UTC 2026", "2026-11-28T15:04:05Z"),
        ("01/Nov/2026:08:00:15 +0000", "2026-11-01T08:00:15Z"),
        ("12-NOV-26 03.30.00.000000 PM", "2026-11-12T14:30:00Z"),
        ("2026-Nov-01 08:00", "2026-11-01T07:00:00Z"),
        # Months in words
        ("12/Nov/26 3:30 PM", "2026-11-12T14:30:00Z"),
        ("12/Okt/26 3:30 PM", "2026-10-12T13:30:00Z"),
        ("12/Mai/26 3:30 PM", "2026-05-12T13:30:00Z"),
        ("12.Nov.2026 15:30", "2026-11-12T14:30:00Z"),
        ("1. März 2026 um 15:30 Uhr", "2026-03-01T14:30:00Z"),
        ("1 de noviembre de 2026 15:30", "2026-11-01T14:30:00Z"),
        ("1er décembre 2026 à 15h30", "2026-12-01T14:30:00Z"),
        ("3 août 2026 09:15", "2026-08-03T07:15:00Z"),
        ("12 de dezembro de 2026 às 08:00", "2026-12-12T07:00:00Z"),
        ("12 ноября 2026 \u0433., 15:30", "2026-11-12T14:30:00Z"),
        ("12 lis 2026 15:30", "2026-11-12T14:30:00Z"),
        ("Nov 1, 2026, 3:04\u202fPM", "2026-11-01T14:04:00Z"),
        ("Wednesday, November 4, 2026 8:00 AM", "2026-11-04T07:00:00Z"),
        ("November 1st, 2026 at 3 p.m.", "2026-11-01T14:00:00Z"),
        # East Asia
        ("2026年11月1日 15:30", "2026-11-01T14:30:00Z"),
        ("2026年11月1日(日) 下午3:30", "2026-11-01T14:30:00Z"),
        ("2026年11月1日 15時30分", "2026-11-01T14:30:00Z"),
        ("2026. 11. 1. 오후 3:30", "2026-11-01T14:30:00Z"),
        ("\uff12026\uff0d11\uff0d01 08\uff1a00", "2026-11-01T07:00:00Z"),
        # Day and month
        ("01.11.2026 08:00:15", "2026-11-01T07:00:15Z"),
        ("1.11.26 8:05", "2026-11-01T07:05:00Z"),
        ("28/11/2026", "2026-11-27T23:00:00Z"),
        ("11/28/2026 3:04 PM", "2026-11-28T14:04:00Z"),
        ("11-28-2026 12:30 AM", "2026-11-27T23:30:00Z"),
        ("5/5/2026 08:00", "2026-05-05T06:00:00Z"),
        ("15:30 28.11.2026", "2026-11-28T14:30:00Z"),
        # Numbers
        ("1762000000", "2025-11-01T12:26:40Z"),
        ("1762000000.25", "2025-11-01T12:26:40.250000Z"),
        ("1762000000000", "2025-11-01T12:26:40Z"),
        ("1735689600000", "2025-01-01T00:00:00Z"),
        ("1762000000123456", "2025-11-01T12:26:40.123456Z"),
        ("1762000000123456789", "2025-11-01T12:26:40.123456Z"),
        ("202611011230", "2026-11-01T11:30:00Z"),
        ("20261101123000", "2026-11-01T11:30:00Z"),
        ("20261101123000500", "2026-11-01T11:30:00.500000Z"),
        ("20261101", "2026-10-31T23:00:00Z"),
        ("46327.354166666664", "2026-11-01T07:30:00Z"),
        ("46327,354166666664", "2026-11-01T07:30:00Z"),
        ("46327", "2026-10-31T23:00:00Z"),
        # Cells of spreadsheets
        (datetime(2026, 11, 1, 8, 0), "2026-11-01T07:00:00Z"),  # noqa: DTZ001 (a spreadsheet has no zones)
        (datetime(2026, 11, 1, 8, 0, tzinfo=UTC), "2026-11-01T08:00:00Z"),
        (date(2026, 11, 1), "2026-10-31T23:00:00Z"),
        (46327.25, "2026-11-01T05:00:00Z"),
        (1762000000, "2025-11-01T12:26:40Z"),
    ],
)
def test_a_time_is_the_instant_that_a_person_reads(text, wanted):
    """Formats of exports, mail, databases and spreadsheets, with the zone of the text or else of the rules."""
    assert instant(text) == wanted


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("2026", "a year at most"), ("2026110112", "set [time] format in the mapping (%Y%m%d%H or %s)"), ("12345", "is no time"),

        ("yesterday", "RFC 3339"), ("2 days ago", "RFC 3339"), ("in an hour", "RFC 3339"), ("Nov 2026", "RFC 3339"),
        ("May", "RFC 3339"),
        ("2026-13-01", "RFC 3339"), ("2026-02-30 08:00", "RFC 3339"), ("30/02/2026", "RFC 3339"), ("2026-11-01 25:00", "RFC 3339"),
        ("2026-11-01 08:61", "RFC 3339"), ("99999999", "no date"), ("209913321260", "no date"),
        ("1,762E+12", "RFC 3339"), ("", "RFC 3339"),
        ("2026-11-01 08:00 XYZ", "zone 'XYZ' is not known"), ("2026-11-01 08:00 +25:00", "is not known"), ("x" * 500, "too long"),
        (True, "valid is a date"), (None, "valid is a date"),
    ],
)  # fmt: skip
def test_what_is_no_time_is_refused_in_a_sentence(text, says):
    """Nothing is guessed of words, of years alone or of days that are not in the calendar."""
    with pytest.raises(TimeUnreadable) as caught:
        instant(text)
    assert says in str(caught.value)
    assert str(caught.value).startswith("received the time")


@pytest.mark.parametrize(
    ("text", "change", "wanted"),
    [
        ("2026-10-25 02:30", ZoneChange.EARLIER, "2026-10-25T00:30:00Z"),
        ("2026-10-25 02:30", ZoneChange.LATER, "2026-10-25T01:30:00Z"),
        ("2026-03-29 02:30", ZoneChange.EARLIER, "2026-03-29T00:30:00Z"),
        ("2026-03-29 02:30", ZoneChange.LATER, "2026-03-29T01:30:00Z"),
        ("25.10.2026 02:30 CET", None, "2026-10-25T01:30:00Z"),
        ("25.10.2026 02:30 CEST", None, "2026-10-25T00:30:00Z"),
    ],
)
def test_the_hour_of_the_change_of_summer_time_is_decided_by_the_rules_alone(text, change, wanted):
    """The hour that is twice, or not at all, is read where the rules or the text decide it."""
    assert instant(text, zone_change=change) == wanted


@pytest.mark.parametrize(
    ("text", "says"), [("2026-10-25 02:30", "occurs twice"), ("2026-03-29 02:30:00", "does not exist")]
)
def test_the_hour_of_the_change_of_summer_time_is_ambiguous(text, says):
    """Without a decision it is refused, and the sentence says what decides it."""
    with pytest.raises(TimeAmbiguous, match=f"{says} in Europe/Berlin.*zone_change"):
        instant(text)


@pytest.mark.parametrize("text", ["2026-10-25 01:59", "2026-10-25 03:00", "2026-03-29 01:59", "2026-03-29 03:00"])
def test_the_hours_around_the_change_are_not_ambiguous(text):
    """Only the hour of the change is."""
    assert instant(text).endswith("Z")


def test_an_abbreviation_of_several_zones_is_read_only_where_the_file_uses_it():
    """CST is in North America and in China: the zone of the file decides, or nothing does."""
    with pytest.raises(TimeAmbiguous, match="CST is -0600 in North America"):
        instant("2026-11-20 08:00 CST")
    assert instant("2026-11-20 08:00 CST", zone=ZoneInfo("America/Chicago")) == "2026-11-20T14:00:00Z"
    assert instant("2026-11-20 08:00 CST", zone=ZoneInfo("Asia/Shanghai")) == "2026-11-20T00:00:00Z"


def test_a_column_shows_the_order_of_day_and_month():
    """One day above 12 decides the whole column; without one, and where both orders occur, nothing is guessed."""
    assert TimeRules().settled(["03/04/2026", "13/04/2026"]).day_first is True
    assert TimeRules().settled(["03/04/2026", "04/13/2026 8:00 AM"]).day_first is False
    assert TimeRules().settled(["03/04/2026", "5/6/2026"]).day_first is None
    assert TimeRules().settled(["13/04/2026", "04/13/2026", "03/04/2026"]).day_first is None
    assert TimeRules(formats=("%d/%m/%Y %H:%M",)).settled(["03/04/2026"]).day_first is True
    assert TimeRules(day_first=False).settled(["13/04/2026"]).day_first is False
    assert day_orders(["01.04.2026", "2026-04-13", "soon"]) == set()


def test_the_order_of_day_and_month_is_asked_for():
    """A date that can be two days names both, and the setting that decides."""
    with pytest.raises(DayOrderUnknown, match=r"3 April or 4 March.*dayfirst = true or false"):
        instant("03/04/2026 10:00")
    assert instant("03/04/2026 10:00", day_first=True) == "2026-04-03T08:00:00Z"
    assert instant("03/04/2026 10:00", day_first=False) == "2026-03-04T09:00:00Z"


@pytest.mark.parametrize(
    ("form", "text", "wanted"),
    [
        ("%d.%m.%Y %H:%M", "01.11.2026 08:00:15", "2026-11-01T07:00:15Z"),
        ("%d/%m/%Y %H:%M", "1/11/2026 8:00", "2026-11-01T07:00:00Z"),
        ("%Y-%m-%d %H:%M:%S %Z", "2026-11-01 08:00:00 UTC", "2026-11-01T08:00:00Z"),
        ("%m/%d/%Y %I:%M %p", "11/28/2026 3:04 PM", "2026-11-28T14:04:00Z"),
        ("%d/%b/%y %I:%M %p", "12/Okt/26 3:30 PM", "2026-10-12T13:30:00Z"),
        ("%s", "1762000000000", "2025-11-01T12:26:40Z"),
        ("%s", "2026110112", "2034-03-16T08:21:52Z"),
        ("%Y%m%d%H", "2026110112", "2026-11-01T11:00:00Z"),
        ("%F %T", "2026-11-01 08:00:05", "2026-11-01T07:00:05Z"),
        ("%G-W%V-%u", "2026-W45-2", "2026-11-02T23:00:00Z"),
        ("%j/%Y", "305/2026", "2026-10-31T23:00:00Z"),
        ("%d%%%m%%%Y", "01%11%2026", "2026-10-31T23:00:00Z"),
        ("%d.%m.%Y", "2026-11-01T08:00:00Z", "2026-11-01T08:00:00Z"),
    ],
)
def test_a_format_of_the_mapping_is_tried_first(form, text, wanted):
    """A value that it does not fit is recognised by its shape; the order of day and month is the format's."""
    assert instant(text, formats=(form,)) == wanted


@pytest.mark.parametrize("form", ["dd.MM.yyyy", "%d.%m", "%Q", "%d.%d.%Y", "%H:%M", ""])
def test_a_format_that_is_none_is_refused(form):
    """What names no day and year, or a part that there is not, cannot read a time."""
    with pytest.raises(FormatUnknown):
        compiled(form)


def test_a_format_that_does_not_fit_reads_nothing():
    """A day that is not in the calendar fits no format."""
    assert by_format("%d.%m.%Y", "31.02.2026") is None
    assert by_format("%s", "12") is None


@pytest.mark.parametrize(
    ("times", "grain"),
    [
        ([datetime(2026, 9, day, tzinfo=UTC) for day in range(1, 29)], TimeUnit.DAY),
        ([datetime(2026, 9, 1, hour, tzinfo=UTC) for hour in range(24)], TimeUnit.HOUR),
        ([datetime(2026, 9, 1, 8, minute, tzinfo=UTC) for minute in range(30)], TimeUnit.MINUTE),
        ([datetime(2026, 9, 1, 8, 0, second, tzinfo=UTC) for second in range(30)], TimeUnit.SECOND),
        ([datetime(2026, 9, day, tzinfo=UTC) for day in range(1, 19)], None),
    ],
)
def test_the_grain_of_a_column_is_what_its_values_have(times, grain):
    """Days, hours, minutes or seconds; of a few values it is not known."""
    assert grain_of(times) is grain


FORMATS = (
    "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M:%S", "%Y/%m/%d %H:%M:%S", "%d.%m.%Y %H:%M:%S", "%Y%m%dT%H%M%S", "%Y%m%d%H%M%S",
    "%d %b %Y %H:%M:%S", "%d/%b/%Y:%H:%M:%S", "%B %d, %Y %I:%M:%S %p", "%a %b %d %H:%M:%S %Y", "%a, %d %b %Y %H:%M:%S",
    "%d/%m/%Y %H:%M:%S", "%Y-W%V-%uT%H:%M:%S", "%Y年%m月%d日 %H:%M:%S", "%Y-%jT%H:%M:%S",
)  # fmt: skip
INSTANTS = st.datetimes(min_value=datetime(2001, 9, 10), max_value=datetime(2032, 12, 31)).map(  # noqa: DTZ001
    lambda time: time.replace(microsecond=0, tzinfo=UTC)
)
OFFSETS = st.integers(-12 * 4, 14 * 4).map(lambda quarters: timezone(timedelta(minutes=15 * quarters)))


@given(INSTANTS, OFFSETS, st.sampled_from(FORMATS), st.sampled_from(("%z", "%:z")))
@example(datetime(2026, 12, 31, 23, 59, 59, tzinfo=UTC), UTC, "%Y-W%V-%uT%H:%M:%S", "%z")
def test_an_instant_written_in_any_format_with_its_offset_is_read_back(time, offset, form, mark):
    """Every supported format, with an offset, is the same instant again."""
    local = time.astimezone(offset)
    form = form.replace("%Y-W", "%G-W")
    if form == "%Y%m%d%H%M%S":
        form = "%Y%m%d %H%M%S"
    shown = local.strftime("%z")
    shown = f"{shown[:3]}:{shown[3:]}" if mark == "%:z" else shown
    text = f"{local.strftime(form)} {shown}"
    read = TimeColumn(TimeRules(BERLIN, day_first=True)).read(text)
    assert read == time


@given(
    INSTANTS,
    st.sampled_from(
        ("Europe/Berlin", "America/Sao_Paulo", "Asia/Kolkata", "UTC", "America/New_York", "Australia/Lord_Howe")
    ),
    st.sampled_from(FORMATS),
)
def test_a_local_time_is_the_instant_of_its_zone_or_ambiguous(time, name, form):
    """A local time in the zone of the rules is the same instant, or is refused where it is one of two."""
    zone = ZoneInfo(name)
    local = time.astimezone(zone)
    text = local.strftime(form.replace("%Y-W", "%G-W"))
    try:
        assert TimeColumn(TimeRules(zone, day_first=True)).read(text) == time
    except TimeAmbiguous:
        assert local.utcoffset() != local.replace(fold=1 - local.fold).utcoffset()


@given(INSTANTS, st.integers(0, 999_999), st.sampled_from((1, 1_000, 1_000_000)))
def test_counts_since_1970_are_read_back(time, micros, unit):
    """Seconds, milliseconds and microseconds, by their digits, to their own precision."""
    exact = time + timedelta(microseconds=micros - micros % (1_000_000 // unit))
    text = str(int(time.timestamp()) * unit + micros * unit // 1_000_000)
    assert TimeColumn(TimeRules(BERLIN)).read(text) == exact


@given(INSTANTS)
def test_days_of_a_spreadsheet_are_read_back(time):
    """A spreadsheet's number of days is the second that it shows."""
    days = (time.replace(tzinfo=None) - datetime(1899, 12, 30)) / timedelta(days=1)  # noqa: DTZ001
    assert TimeColumn(TimeRules()).read(repr(days)) == time


@given(st.text(max_size=60) | st.from_regex(r"[0-9T:/. +Z-]{0,40}", fullmatch=True))
def test_any_text_is_a_time_or_refused(text):
    """No text raises anything else, whatever shape was read before it."""
    column = TimeColumn(TimeRules(BERLIN))
    for value in (text, "12/Nov/26 3:30 PM", text):
        try:
            assert column.read(value).tzinfo is not None
        except TimeUnreadable:
            continue


@given(
    st.lists(
        st.sampled_from(["2026-11-01 08:00", "12/Nov/26 3:30 PM", "01.11.2026 8:00", "1762000000", "20261101T080000Z"]),
        max_size=12,
    )
)
def test_formats_can_change_from_value_to_value(values):
    """What was read before has no influence on how a value is read."""
    column = TimeColumn(TimeRules(BERLIN))
    assert [column.read(one) for one in values] == [TimeColumn(TimeRules(BERLIN)).read(one) for one in values]
