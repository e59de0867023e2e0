"""Digests by schedule: which local days or weeks an audience is due, and their publication."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import Engine

from alerts.digest.title import local_day, local_week
from alerts.ownership import Ownership
from alerts.publishing import DigestOrder, PublishedDigest, publish_digests
from alerts.settings import AlertSettings
from store.board.now import now_of
from store.database import reading
from store.digests import DigestKind, DigestWindow, newest_end


def window_before(at: datetime, timezone: str, kind: DigestKind = DigestKind.DAILY) -> DigestWindow:
    """Return the last whole local day (of a weekly digest: week, from Monday) before `at` (timezone-aware), in UTC."""
    local = local_week if kind is DigestKind.WEEKLY else local_day
    return local(local(at, timezone).start - timedelta(microseconds=1), timezone)


def windows_due(
    at: datetime,
    timezone: str,
    published: datetime | None,
    catch_up: timedelta,
    kind: DigestKind = DigestKind.DAILY,
) -> list[DigestWindow]:
    """Return the local day (or week) before `at`, and those before it that no run published, oldest first.

    `published` is the end of the newest published window before that one. Windows that start before it were published,
    if under another time zone; windows that end more than `catch_up` before the last one are given up. An audience
    without any digest (None) starts with the last one.
    """
    windows = [window_before(at, timezone, kind)]
    if published is None:
        return windows
    earliest = windows[0].end - catch_up
    while (one := window_before(windows[0].start, timezone, kind)).start >= published and one.end >= earliest:
        windows.insert(0, one)
    return windows


def publish_due(
    engine: Engine,
    ownership: Ownership,
    at: datetime,
    settings: AlertSettings,
    order: DigestOrder | None = None,
    *,
    catch_up: timedelta = timedelta(0),
) -> list[PublishedDigest]:
    """Publish what is due at `at` to each audience, or to those of `order`: the last local day or week, and those that were missed.

    A window is published once however often this runs, since the database knows each audience's windows. An audience that
    the ownership file no longer has gets nothing, and nobody does before the first ticket is mined.
    """
    order = order or DigestOrder()
    with reading(engine) as connection:
        if now_of(connection) is None:
            return []
    published = []
    for one in ownership.audiences:
        if order.audiences is not None and one.name not in order.audiences:
            continue
        last = window_before(at, one.timezone, order.kind)
        with reading(engine) as connection:
            known = newest_end(connection, one.name, last.start, order.kind)
        for window in windows_due(at, one.timezone, known, catch_up, order.kind):
            published += publish_digests(
                engine, ownership, window, settings.digest_folder, settings, replace(order, audiences=(one.name,))
            )
    return published
