"""Feedback: what people said of the alerts and digest items that they received, and the precision that follows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from models.proportion import wilson_interval


class FeedbackVerdict(StrEnum):
    """What a reader said of an alert or digest item."""

    USEFUL = "useful"
    NOT_USEFUL = "not_useful"
    WRONG_TEAM = "wrong_team"


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedbackVote:
    """One verdict of an audience; the last one about a subject counts.

    Parameters
    ----------
    subject: what it is about: `alert:7`, `incident:3`, or a digest and its theme.
    audience: who received it. rule: kind of the alert, or of the digest item.
    theme_id: of the theme; None where there is none. at: time of the verdict (wall clock, timezone-aware).
    """

    subject: str
    audience: str
    verdict: FeedbackVerdict
    rule: str
    theme_id: int | None
    at: datetime

    @property
    def week(self) -> str:
        """The Monday of its week, UTC, as `2026-11-23`."""
        day = self.at.astimezone(UTC)
        return f"{day - timedelta(days=day.weekday()):%Y-%m-%d}"


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedbackPrecision:
    """Verdicts of one rule, audience and week, and the share of them that is `useful`.

    `low` and `high` are the interval of 95 % of that share (Wilson 1927, JASA 22, 209 to 212).
    A verdict `wrong_team` counts against the audience that received it.
    """

    rule: str
    audience: str
    week: str
    useful: int
    not_useful: int
    wrong_team: int
    precision: float
    low: float
    high: float


def precision_of(votes: Iterable[FeedbackVote]) -> list[FeedbackPrecision]:
    """Return the precision of each rule, audience and week that has a verdict, in this order."""
    groups: dict[tuple[str, str, str], Counter[FeedbackVerdict]] = {}
    for vote in votes:
        groups.setdefault((vote.rule, vote.audience, vote.week), Counter())[vote.verdict] += 1
    return [_precision(*group, counted) for group, counted in sorted(groups.items())]


def _precision(rule: str, audience: str, week: str, counted: Counter[FeedbackVerdict]) -> FeedbackPrecision:
    useful, total = counted[FeedbackVerdict.USEFUL], counted.total()
    low, high = wilson_interval(useful, total)
    return FeedbackPrecision(
        rule=rule,
        audience=audience,
        week=week,
        useful=useful,
        not_useful=counted[FeedbackVerdict.NOT_USEFUL],
        wrong_team=counted[FeedbackVerdict.WRONG_TEAM],
        precision=useful / total,
        low=low,
        high=high,
    )
