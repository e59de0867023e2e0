"""Daily digests: which local days an audience is due, and their publication."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Engine

from alerts.digest.title import local_day
from alerts.ownership import Ownership
from alerts.publishing import PublishedDigest, publish_digests
from alerts.settings import AlertSettings
from store.board.now import now_of
from store.database import reading
from store.digests import DigestWindow, newest_end


def day_before(at: datetime, timezone: str) -> DigestWindow:
    """Return the last whole local day before `at` (timezone-aware), in UTC."""
    return local_day(local_day(at, timezone).start - timedelta(microseconds=1), timezone)


def days_due(at: datetime, timezone: str, published: datetime | None, catch_up: timedelta) -> list[DigestWindow]:
    """Return the local day before `at`, and the days before it that no run published, oldest first.

    `published` is the end of the newest published window before that day. Days that start before it were published,
    if under another time zone; days that end more than `catch_up` before the last one are given up. An audience
    without any digest (None) starts with the last day.
    """
    days = [day_before(at, timezone)]
    if published is None:
        return days
    earliest = days[0].end - catch_up
    while (day := day_before(days[0].start, timezone)).start >= published and day.end >= earliest:
        days.insert(0, day)
    return days


def publish_daily(
    engine: Engine,
    ownership: Ownership,
    at: datetime,
    settings: AlertSettings,
    *,
    audience: str | None = None,
    catch_up: timedelta = timedelta(0),
) -> list[PublishedDigest]:
    """Publish what is due at `at` to each audience, or to one: the last local day and the days that were missed.

    A day is published once however often this runs, since the database knows each audience's windows. An audience that
    the ownership file no longer has gets nothing, and nobody does before the first ticket is mined.
    """
    with reading(engine) as connection:
        if now_of(connection) is None:
            return []
    published = []
    for one in ownership.audiences:
        if audience not in (None, one.name):
            continue
        last = day_before(at, one.timezone)
        with reading(engine) as connection:
            known = newest_end(connection, one.name, last.start)
        for day in days_due(at, one.timezone, known, catch_up):
            published += publish_digests(engine, ownership, day, settings.digest_folder, settings, audience=one.name)
    return published
