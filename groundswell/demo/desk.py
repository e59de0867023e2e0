"""Desks: who answers tickets in the demo, when they work, and how fast they are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

from groundswell.demo.attribute import DEFAULT_VENDOR, VENDORS
from models.metrics.business_hours import BusinessClock, BusinessSchedule, OpenHours

SPECIALIST = "northline"
"""The vendor that gets the hard cases of all others: its own figures look worse than its work is."""

SLOWED, SLOW_FROM, SLOWDOWN = "tamarind-care", timedelta(days=-8), 7.0
"""The vendor whose answers slow down, from when on (from launch day), and how many times as long they take then."""

_EVERY_DAY, _SIX_DAYS, _WEEKDAYS = range(7), range(6), range(5)
_SPREAD = 0.8
"""Standard deviation of the logarithm of people's times."""

_PRIORITY = {"low": 1.5, "normal": 1.0, "high": 0.7, "urgent": 0.35}


@dataclass(frozen=True, slots=True)
class Desk:
    """People who work together.

    Parameters
    ----------
    zone, days, hours: when they work, by the wall of the zone: weekdays from 0 (Monday), and from which hour to which.
    reply, solution: medians of their working hours to a first answer, and from there to the solution.
    good: by how much more likely than usual their work is rated well, -1 to 1.
    reopened: share of their solutions that do not hold.
    """

    zone: str
    days: range
    hours: tuple[int, int]
    reply: float
    solution: float
    good: float = 0.0
    reopened: float = 0.05


VENDOR_DESKS: Mapping[str, Desk] = {
    "brightdesk": Desk("America/Chicago", _EVERY_DAY, (6, 24), 1.2, 3.2),
    "voz-clara": Desk("America/Sao_Paulo", _EVERY_DAY, (7, 24), 1.0, 3.0, reopened=0.11),
    "tamarind-care": Desk("Asia/Kolkata", _EVERY_DAY, (0, 24), 1.1, 4.2),
    SPECIALIST: Desk("Europe/London", _EVERY_DAY, (5, 24), 0.9, 2.2, good=0.08, reopened=0.03),
}
TEAM_DESKS: Mapping[str, Desk] = {
    "checkout": Desk("Europe/Berlin", _EVERY_DAY, (7, 23), 0.8, 2.0, good=0.06, reopened=0.03),
    "payments-live": Desk("America/Los_Angeles", _EVERY_DAY, (6, 24), 0.7, 2.0, good=0.08, reopened=0.03),
    "merchant-settlements": Desk("Europe/Berlin", _SIX_DAYS, (7, 21), 0.9, 2.4, good=0.06, reopened=0.03),
    "creator-payouts": Desk("Europe/London", _SIX_DAYS, (7, 21), 1.0, 2.4, good=0.04, reopened=0.04),
    "ads-billing": Desk("Europe/London", _WEEKDAYS, (7, 20), 1.2, 2.6, reopened=0.04),
}


@dataclass(frozen=True, slots=True)
class Handler:
    """Who handles a ticket: `vendor` is None for the company's own people, and `team` is the one of the ticket."""

    vendor: str | None
    team: str

    @property
    def desk(self) -> Desk:
        """How they work; a second level works as its team does."""
        return VENDOR_DESKS[self.vendor] if self.vendor else TEAM_DESKS[self.team.removesuffix("-l2")]


class Desks:
    """The clocks of all desks around the demo's month."""

    def __init__(self, launch_day: datetime) -> None:
        first, last = (launch_day + timedelta(days=days) for days in (-40, 20))
        self._slow_from = launch_day + SLOW_FROM
        self._clocks = {
            desk: _clock(desk, first.date(), last.date()) for desk in (*VENDOR_DESKS.values(), *TEAM_DESKS.values())
        }

    def reply_at(self, rng: Random, handler: Handler, since: datetime, priority: str) -> datetime:
        """Draw when the handler answers what came at a time; the more urgent, the sooner."""
        slow = SLOWDOWN if handler.vendor == SLOWED and since >= self._slow_from else 1.0
        return self._after(rng, handler.desk, since, handler.desk.reply * slow * _PRIORITY[priority])

    def solved_at(self, rng: Random, handler: Handler, since: datetime, difficulty: float) -> datetime:
        """Draw when a ticket is solved whose handler works at it since a time; `difficulty` is 1 for a usual one."""
        return self._after(rng, handler.desk, since, handler.desk.solution * difficulty)

    def _after(self, rng: Random, desk: Desk, since: datetime, median: float) -> datetime:
        work = timedelta(seconds=int(60 + 3600 * median * rng.lognormvariate(0, _SPREAD)))
        return self._clocks[desk].after(since, work) or since + timedelta(days=30)


def vendor_of(region: str) -> str:
    """Return the vendor of a region."""
    return VENDORS.get(region, DEFAULT_VENDOR)


def _clock(desk: Desk, first: date, last: date) -> BusinessClock:
    hours = (OpenHours(60 * desk.hours[0], 60 * desk.hours[1]),)
    return BusinessClock(BusinessSchedule(ZoneInfo(desk.zone), dict.fromkeys(desk.days, hours)), first, last)
