"""Slow rises: the trends of days and weeks that a digest reports."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from alerts.digest.escape import plain
from alerts.digest.records import SlowRise
from models.causes.sentences import named
from models.theme import ALL_TICKETS
from models.trends.trend import VolumeTrend
from store.digest_rows import DigestRows
from store.digests import DigestKind

MOST_RISES = 5


def slow_rises(
    names: Mapping[int, str], rows: DigestRows, kind: DigestKind, *, covers_all: bool
) -> tuple[SlowRise, ...]:
    """List the trends of themes, `names` being those of the audience by theme, the largest excess first.

    A daily digest reports a trend once, when its day ended with it; a weekly one all that lasted in the week. Trends of all tickets
    and of business lines are for the audience that gets what concerns everything. Trends that a gate withheld are left out.
    """
    found = [
        SlowRise(one.theme_id, _name(one, names), one.start, one.end, one.observed, one.expected, one.outcome)
        for one in rows.trends
        if one.gate is None
        and (one.theme_id in names or (covers_all and one.theme_id == ALL_TICKETS))
        and _is_reported(one, rows, kind)
    ]
    return tuple(sorted(found, key=lambda one: (one.expected - one.observed, one.theme_id, one.name))[:MOST_RISES])


def _name(one: VolumeTrend, names: Mapping[int, str]) -> str:
    if one.theme_id != ALL_TICKETS:
        return names[one.theme_id]
    return plain(named(one.segment)) if one.segment.pairs else "All tickets together"


def _is_reported(one: VolumeTrend, rows: DigestRows, kind: DigestKind) -> bool:
    if kind is DigestKind.WEEKLY:
        return True
    if kind is not DigestKind.DAILY:
        return False
    # Known a little after the day that showed it, whose digest is published later.
    return rows.window.start < _end_of_day_before(one.detected_at) <= rows.window.end


def _end_of_day_before(time: datetime) -> datetime:
    midnight = time.replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight if time - midnight < timedelta(hours=12) else midnight + timedelta(days=1)
