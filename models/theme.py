"""A theme: what a group of tickets is about, with an identity that lasts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

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


@dataclass(frozen=True, slots=True)
class KnownIssue:
    """What a specialist said of a theme; later tickets of it attach to this issue."""

    title: str
    jira: str | None
    workaround: str | None
    since: datetime | None
    """End of the epoch that applied the decision; None while it is pending."""

    usual_per_day: float | None = None
    """Volume at that time, tickets a day: growth beyond its envelope alerts all the same."""


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
