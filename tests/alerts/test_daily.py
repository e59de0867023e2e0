"""A daily digest covers the local day of its audience, is published once, and makes up for days that were missed."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from sqlalchemy import func, select

from alerts.daily import publish_due, window_before, windows_due
from alerts.digest.language import ReaderDates
from alerts.digest.title import window_title
from alerts.match import Match
from alerts.ownership import Audience, Ownership
from alerts.publishing import DigestOrder
from alerts.settings import AlertSettings
from store.database import open_database, upgrade
from store.digests import DigestKind, DigestWindow, list_digests
from store.schema import outbox
from tests.alerts import launch_day

HOUR = timedelta(hours=1)
WEEK = timedelta(days=7)
SAO_PAULO = "America/Sao_Paulo"


def utc(text: str) -> datetime:
    """Return a time in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("at", "zone", "start", "hours"),
    [
        ("2026-11-21T07:00", "UTC", "2026-11-20T00:00", 24),
        ("2026-11-21T10:00", SAO_PAULO, "2026-11-20T03:00", 24),
        # 02:59 UTC is still the evening before in Sao Paulo.
        ("2026-11-21T02:59", SAO_PAULO, "2026-11-19T03:00", 24),
        ("2026-11-21T03:00", "Asia/Kolkata", "2026-11-19T18:30", 24),
        # The clock is changed within the day: forward it has 23 hours, back 25.
        ("2026-03-09T11:00", "America/New_York", "2026-03-08T05:00", 23),
        ("2026-11-02T12:00", "America/New_York", "2026-11-01T04:00", 25),
        ("2026-10-26T06:00", "Europe/Berlin", "2026-10-24T22:00", 25),
        # The change leaves out midnight itself: the day begins with it.
        ("2026-04-25T06:00", "Africa/Cairo", "2026-04-23T22:00", 23),
    ],
)
def test_the_window_before_is_a_local_day(at: str, zone: str, start: str, hours: int):
    """The window reaches from local midnight to local midnight, whatever the clock did in between."""
    assert window_before(utc(at), zone) == DigestWindow(utc(start), utc(start) + hours * HOUR)


@pytest.mark.parametrize(
    ("start", "hours", "zone", "language", "title"),
    [
        ("2026-11-20T00:00", 24, "UTC", "en", "Friday, 20 November 2026"),
        ("2026-11-20T03:00", 24, SAO_PAULO, "en", "Friday, 20 November 2026"),
        ("2026-11-01T04:00", 25, "America/New_York", "en_US", "Sunday, November 1, 2026"),
        ("2026-11-20T03:00", 24, SAO_PAULO, "pt-BR", "sexta-feira, 20 de novembro de 2026"),
        ("2026-11-19T23:00", 24, "Europe/Berlin", "de", "Freitag, 20. November 2026"),
        ("2026-11-19T15:00", 24, "Asia/Tokyo", "ja", "2026年11月20日金曜日"),
        ("2026-11-20T03:00", 12, SAO_PAULO, "en", "Fri 20 Nov, 00:00 to 12:00"),
        ("2026-11-20T03:00", 36, SAO_PAULO, "de", "Fr., 20. Nov., 00:00 to Sa., 21. Nov., 12:00"),
    ],
)
def test_a_local_day_is_called_by_its_date(start: str, hours: int, zone: str, language: str, title: str):
    """A digest of a local day names that day in the language of its readers; any other window shows both ends in their zone."""
    window = DigestWindow(utc(start), utc(start) + hours * HOUR)
    assert window_title(window, ReaderDates(zone, language)) == title


def test_a_local_week_begins_on_monday():
    """A weekly digest covers the local week before, which has 169 hours where the clock goes back, and names its days."""
    window = window_before(utc("2026-11-02T12:00"), "America/New_York", DigestKind.WEEKLY)
    assert window == DigestWindow(utc("2026-10-26T04:00"), utc("2026-11-02T05:00"))
    title = window_title(window, ReaderDates("America/New_York"), DigestKind.WEEKLY)
    assert title == "Week from Monday, 26 October 2026 to Sunday, 1 November 2026"


def test_days_join_without_gap_or_overlap_over_a_year():
    """Each day's window ends where the next one starts, over both changes of the clock."""
    days = [window_before(utc("2026-01-02T12:00") + timedelta(days=n), "America/New_York") for n in range(365)]
    assert all(one.end == other.start for one, other in pairwise(days))
    assert sorted({day.span // HOUR for day in days}) == [23, 24, 25]


def test_missed_days_are_made_up_for():
    """Days since the newest published one are due, oldest first, as far back as `catch_up`; without any only the last."""
    at = utc("2026-11-21T07:00")
    assert windows_due(at, "UTC", None, WEEK) == [window_before(at, "UTC")]
    due = windows_due(at, "UTC", utc("2026-11-18T00:00"), WEEK)
    assert [f"{day.start:%d}" for day in due] == ["18", "19", "20"]
    assert len(windows_due(at, "UTC", utc("2026-09-01T00:00"), timedelta(days=2))) == 3
    assert windows_due(at, "UTC", utc("2026-11-20T00:00"), WEEK) == [window_before(at, "UTC")]


def test_another_time_zone_publishes_no_day_again():
    """After a change of the zone only whole local days after the newest published window are due, and the last day."""
    at = utc("2026-11-21T10:00")
    assert windows_due(at, SAO_PAULO, utc("2026-11-20T00:00"), WEEK) == [window_before(at, SAO_PAULO)]


@pytest.fixture
def engine(database_url: str):
    """Return a database with the launch day in it."""
    opened = open_database(database_url)
    upgrade(opened)
    launch_day.seed(opened)
    yield opened
    opened.dispose()


def test_each_audience_gets_its_own_day_once(engine, tmp_path: Path):
    """Two audiences, two zones, two windows; a repeated and a late run publish nothing again, the next one what was missed."""
    brazil = Audience("brazil", Match({"region": frozenset({"BR"})}), timezone=SAO_PAULO)
    ownership = Ownership((brazil, Audience("everyone")))
    settings = AlertSettings(digest_folder=tmp_path)

    def publish(at: str, audience: str | None = None) -> int:
        order = DigestOrder(audiences=None if audience is None else (audience,))
        return len(publish_due(engine, ownership, utc(at), settings, order, catch_up=WEEK))

    def known() -> list[tuple[str, str]]:
        with engine.connect() as connection:
            rows = list_digests(connection)
            assert connection.scalar(select(func.count()).select_from(outbox)) == len(rows)
        return [(row["audience"], row["start"]) for row in rows]

    assert publish("2026-11-21T10:00", "brazil") == publish("2026-11-21T07:00", "everyone") == 1
    once = known()
    assert once == [("everyone", "2026-11-20T00:00:00Z"), ("brazil", "2026-11-20T03:00:00Z")]
    publish("2026-11-21T10:00", "brazil")
    publish("2026-11-21T23:00")
    assert known() == once
    publish("2026-11-24T10:00")
    assert [start[:10] for name, start in known() if name == "brazil"] == [f"2026-11-{day}" for day in (20, 21, 22, 23)]
    assert publish("2026-11-24T10:00", "somebody who left") == 0


def test_nothing_is_published_before_the_first_ticket_is_mined(database_url: str, tmp_path: Path):
    """An installation without a mined ticket has no digests."""
    engine = open_database(database_url)
    upgrade(engine)
    assert publish_due(engine, Ownership(), utc("2026-11-21T07:00"), AlertSettings(digest_folder=tmp_path)) == []
    engine.dispose()
