"""A theme: what a group of tickets is about, with an identity that lasts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from models.times import parse_rfc3339

ALL_TICKETS = 0
"""The theme id under which all tickets are counted."""


class ThemeState(StrEnum):
    """Whether a theme takes tickets: merged and split ones hold none."""

    LIVE = "live"
    DORMANT = "dormant"
    MERGED = "merged"
    SPLIT = "split"


class ThemeStatus(StrEnum):
    """What people should think of a theme now."""

    NEW = "new"
    ONGOING = "ongoing"
    ESCALATING = "escalating"
    REGRESSED = "regressed"
    KNOWN = "known"
    RESOLVED = "resolved"
    ARCHIVED = "archived"


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownIssue:
    """What a specialist said about a theme; later tickets of the theme attach to this issue.

    Its life: known, then fixed (a fix is announced), resolved (volume is back in its usual envelope after the fix), and
    regressed (tickets returned after it was resolved).
    """

    title: str
    jira: str | None = None
    workaround: str | None = None
    since: datetime | None = None
    """End of the epoch before the decision was applied; None while it is pending."""
    usual_per_day: float | None = None
    """Volume at that time, tickets a day: growth beyond its envelope alerts all the same."""
    fixed_in: str | None = None
    """App version that holds the fix: only tickets of this version and later ones can show that the issue is back."""
    fixed_at: datetime | None = None
    """Time from which the fix is in effect; it may lie ahead."""
    before_per_day: float = 0.0
    """Volume before the trouble, tickets a day: what is usual again after the fix."""
    resolved_at: datetime | None = None
    regressed_at: datetime | None = None
    issue_id: int | None = None
    """Number of the known issue, which may have several themes; None for a flag from before they had numbers."""
    state: str | None = None
    """State of the known issue, see `models.known_issues.IssueState`; None for such a flag."""
    archived: bool = False
    """Whether this is no flag but a theme that a person archived until it escalates: it alerts by the same rule."""

    @classmethod
    def of(cls, stored: Mapping[str, Any]) -> KnownIssue:
        """Read the stored form; keys that are missing take their defaults."""
        names = ("since", "fixed_at", "resolved_at", "regressed_at")
        times: dict[str, Any] = {name: parse_rfc3339(stored.get(name)) for name in names}
        return cls(
            title=stored["title"], jira=stored.get("jira"), workaround=stored.get("workaround"),
            usual_per_day=stored.get("usual_per_day"), fixed_in=stored.get("fixed_in"),
            before_per_day=stored.get("before_per_day") or 0.0, issue_id=stored.get("issue"), state=stored.get("state"), **times,
        )  # fmt: skip

    @classmethod
    def of_disposition(cls, stored: Mapping[str, Any]) -> KnownIssue | None:
        """Read what a person made of a theme as if it were a flag; None once a resolved theme is back: it alerts as any other."""
        if stored.get("regressed_at"):
            return None
        return replace(cls.of({"title": "", **stored}), archived=stored["as"] == ThemeStatus.ARCHIVED.value)

    @property
    def resolved(self) -> bool:
        """Whether the issue is over: resolved after its fix, and not back since."""
        return self.resolved_at is not None and self.regressed_at is None

    @property
    def regressed(self) -> bool:
        """Whether tickets returned after the issue was resolved."""
        return self.regressed_at is not None


@dataclass(frozen=True, slots=True)
class Theme:
    """One theme as listings show it. `size` counts tickets that count; times are those of its first and last ticket, UTC."""

    theme_id: int
    name: str
    state: ThemeState
    status: ThemeStatus
    size: int
    first_seen: datetime | None
    last_seen: datetime | None
    keywords: tuple[str, ...]
    known_issue: KnownIssue | None
    owner: str | None
    merged_into: int | None = None
