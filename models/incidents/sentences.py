"""Sentences about incidents."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from models.formats import amount, counted, figure, utc_range
from models.incidents.incident import Incident, News
from models.incidents.level import Level
from models.incidents.recurrence import ordinal, period_of, period_text


def bursts_sentence(bursts: int, onsets: Sequence[datetime]) -> str:
    """Write `back: 3rd time since 4 Nov, every 8 h`; the period only where the bursts come regularly."""
    period = period_of(onsets)
    first = onsets[0].astimezone(UTC)
    every = f", {period_text(period)}" if period else ""
    return f"back: {ordinal(bursts)} time since {first.day} {first:%b}{every}"


def growth_sentence(before: Level, now: Level) -> str:
    """Write `16 more tickets an hour than expected, up from 3.9`."""
    rates = (figure(round(one.excess_per_hour, 1)) for one in (now, before))
    return "{} more tickets an hour than expected, up from {}".format(*rates)


def over_sentence(incident: Incident, end: datetime) -> str:
    """Write `over: 92 tickets from 2026-09-10 03:30 to 2026-09-11 08:35 UTC where 7.0 were expected`."""
    lead = incident.lead
    return f"over: {counted(lead.observed, 'ticket')} from {utc_range(lead.start, end)} where {amount(lead.expected)} were expected"


def news_sentence(news: News, incident: Incident, now: Level) -> str | None:
    """Say what is new about an incident, as of before its message; None where its figures say it. `now` is its level."""
    if news is News.ESCALATED:
        return None if incident.reported is None else f"escalated: {growth_sentence(incident.reported, now)}"
    if news is News.ENDED:
        return over_sentence(incident, incident.end or incident.start)
    return {
        News.RETURNED: bursts_sentence(incident.bursts, incident.onsets),
        News.NEW_SEGMENT: f"it is also in {' and in '.join(str(one) for one in incident.segments[1:])}",
        News.ASSIGNED: f"{incident.audience} owns it now",
        News.UNCOVERED: "it still lasts, and no silence hides it any more",
        News.REMINDER: "it still lasts, and nobody has acknowledged it",
    }.get(news)
