"""Whether tickets still come in: the newest ticket of each source against the source's own rhythm.

A fixed limit calls a source late each night, or a busy one fresh for hours after it broke. The idea is that of the accrual failure
detector: a silence is judged by the intervals between earlier arrivals (N. Hayashibara, X. Défago, R. Yared, T. Katayama: The φ
Accrual Failure Detector, SRDS 2004, pages 66 to 78). Tickets have a daily and a weekly rhythm, so that those intervals are taken at the
same time of earlier days.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from statistics import median

ALLOWANCE = 10
"""Median gaps that a silence may last beyond the longest one at this time. Arrivals without memory exceed ten once in 2^10 = 1,024."""

SHORTEST = timedelta(minutes=15)
"""No silence is late before: files, pages of a pull and epochs arrive in steps."""

LONGEST = timedelta(days=3)
"""No silence is usual after, whatever the rhythm."""

UNKNOWN = timedelta(days=1)
"""A silence that is usual for a source of which too little is known."""

WEEK_DAYS = 7
SAME_DAYS = 2
"""So many earlier weeks are needed before those alone are compared with; else all earlier days are."""

GONE = timedelta(days=30)
"""A source that was silent for so long is no longer expected while others are live."""

MINING_LAG = timedelta(hours=1)
"""Mining waits for late tickets and for the end of an epoch; more than this is reported."""


class SourceState(StrEnum):
    """Whether a source still sends."""

    LIVE = "live"
    LATE = "late"
    """It is silent for longer than it was at this time of earlier days."""
    GONE = "gone"


class FreshnessState(StrEnum):
    """Whether what is shown is of now."""

    EMPTY = "empty"
    LIVE = "live"
    LATE = "late"
    """No source is live."""
    RECORDED = "recorded"
    """The tickets come from files that were read to their ends, the last ticket some time ago."""
    BEHIND = "behind"
    """Tickets come in, and are mined late."""


@dataclass(frozen=True, slots=True)
class EarlierWait:
    """From the same time of day, `days` earlier: the time until the next ticket, and the mean gap of those that followed it, if any."""

    days: int
    wait: timedelta
    gap: timedelta | None


@dataclass(frozen=True, slots=True)
class SourceRhythm:
    """A source: its newest ticket, what happened at the same time of earlier days, and the finest step of its times."""

    source: str
    newest: datetime
    earlier: tuple[EarlierWait, ...] = ()
    grain: timedelta = timedelta(seconds=1)

    @property
    def usual_silence(self) -> timedelta:
        """The longest silence after the newest ticket that is not unusual.

        It is the longest wait from the same time of earlier weeks, or of earlier days where few weeks are known, and ten median gaps.
        """
        weeks = [one for one in self.earlier if one.days % WEEK_DAYS == 0]
        compared = weeks if len(weeks) >= SAME_DAYS else self.earlier
        gaps = [one.gap.total_seconds() for one in self.earlier if one.gap is not None]
        if not compared or not gaps:
            return max(UNKNOWN, self.grain)
        usual = max(one.wait for one in compared) + timedelta(seconds=ALLOWANCE * median(gaps))
        return min(LONGEST, max(SHORTEST, usual)) + (self.grain if self.grain > timedelta(seconds=1) else timedelta(0))


@dataclass(frozen=True, slots=True)
class SourceFreshness:
    """How long a source has been silent, and how long it usually is at this time."""

    source: str
    newest: datetime
    silence: timedelta
    usual: timedelta
    state: SourceState


@dataclass(frozen=True, slots=True)
class Freshness:
    """Whether tickets come in, as of a wall-clock time; `mined_until` is the newest event time that was mined."""

    at: datetime
    state: FreshnessState
    sources: tuple[SourceFreshness, ...] = ()
    mined_until: datetime | None = None

    @property
    def newest(self) -> datetime | None:
        """Time of the newest ticket of all sources."""
        return max((one.newest for one in self.sources), default=None)

    @property
    def age(self) -> timedelta | None:
        """How old the newest ticket is; None where there is none."""
        return None if self.newest is None else max(timedelta(0), self.at - self.newest)

    @property
    def is_live(self) -> bool:
        """Whether what the pages show is of now."""
        return self.state is FreshnessState.LIVE

    @property
    def late(self) -> tuple[SourceFreshness, ...]:
        """The sources that are late."""
        return tuple(one for one in self.sources if one.state is SourceState.LATE)


def judge_freshness(
    rhythms: Iterable[SourceRhythm], at: datetime, *, recorded: bool, mined_until: datetime | None
) -> Freshness:
    """Compare each source's silence with its rhythm.

    Parameters
    ----------
    at: wall-clock time, timezone-aware. recorded: the tickets come from files that were read to their ends. mined_until: the newest
    event time that was mined; None where nothing is.
    """
    judged = [_judge(one, at) for one in rhythms]
    live = any(one.state is SourceState.LIVE for one in judged)
    sources = tuple(
        sorted(
            (one if live else _expected(one) for one in judged), key=lambda one: (-one.newest.timestamp(), one.source)
        )
    )
    return Freshness(at, _state(sources, live=live, recorded=recorded, mined_until=mined_until), sources, mined_until)


def _judge(rhythm: SourceRhythm, at: datetime) -> SourceFreshness:
    silence, usual = max(timedelta(0), at - rhythm.newest), rhythm.usual_silence
    state = SourceState.LIVE if silence <= usual else SourceState.GONE if silence > GONE else SourceState.LATE
    return SourceFreshness(rhythm.source, rhythm.newest, silence, usual, state)


def _expected(source: SourceFreshness) -> SourceFreshness:
    """Return a source as late where none is live: it cannot be distinguished from one that is no longer used."""
    state = SourceState.LATE if source.state is SourceState.GONE else source.state
    return SourceFreshness(source.source, source.newest, source.silence, source.usual, state)


def _state(
    sources: Sequence[SourceFreshness], *, live: bool, recorded: bool, mined_until: datetime | None
) -> FreshnessState:
    if not sources:
        return FreshnessState.EMPTY
    if not live:
        return FreshnessState.RECORDED if recorded else FreshnessState.LATE
    newest = max(one.newest for one in sources)
    behind = mined_until is None or newest - mined_until > MINING_LAG
    return FreshnessState.BEHIND if behind else FreshnessState.LIVE
