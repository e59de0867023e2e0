"""Ownership: the audiences, and which of them must act on a theme."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, time
from zoneinfo import ZoneInfo

from alerts.match import Match
from alerts.subscriptions import MAJORITY, Subscription
from models.segment import Segment

EVERYONE = "everyone"
"""The audience of all that nobody owns."""

BROADCAST = "@machines"
"""The audience of machines, under a name that no ownership file can give: its rows go to Kafka, where there is one."""

CHANNELS = ("file",)
"""Channels that this version can send to."""


@dataclass(frozen=True, slots=True)
class QuietHours:
    """Local times between which nothing is sent; an `end` before the `start` means the next morning."""

    start: time
    end: time

    def cover(self, local: time) -> bool:
        """Return whether a local time of day is in them; the start does, the end does not."""
        if self.start <= self.end:
            return self.start <= local < self.end
        return local >= self.start or local < self.end


@dataclass(frozen=True, slots=True)
class Audience:
    """People who are notified of the same themes, and how.

    They must act on what their `match` owns, and also see what their `subscriptions` name. `language` is that of the dates in their
    digests (a locale of CLDR, such as `pt_BR`). `false_alerts_per_week` is how many false spike alerts they accept, None for as many as
    the general setting says.
    """

    name: str
    match: Match = field(default_factory=Match)
    channels: tuple[str, ...] = CHANNELS
    timezone: str = "UTC"
    quiet_hours: QuietHours | None = None
    false_alerts_per_week: float | None = None
    language: str = "en"
    subscriptions: tuple[Subscription, ...] = ()

    def quiet_at(self, now: datetime) -> bool:
        """Return whether nothing may be sent to them at `now` (timezone-aware)."""
        return self.quiet_hours is not None and self.quiet_hours.cover(now.astimezone(ZoneInfo(self.timezone)).time())


@dataclass(frozen=True, slots=True)
class Ownership:
    """The audiences in their order; `everyone` is always the last."""

    audiences: tuple[Audience, ...] = (Audience(EVERYONE),)

    @property
    def most_accepted(self) -> float | None:
        """The most false alerts a week that an audience asks for itself; None where none does."""
        asked = [one.false_alerts_per_week for one in self.audiences if one.false_alerts_per_week is not None]
        return max(asked, default=None)

    def audience(self, name: str) -> Audience:
        """Return the audience of that name; `everyone` for a name that the file no longer has."""
        if name == BROADCAST:
            return Audience(BROADCAST, channels=("kafka",))
        return next((audience for audience in self.audiences if audience.name == name), self.audiences[-1])

    def audience_of(self, mix: Mapping[Segment, int], theme_id: int = 0, name: str = "") -> Audience:
        """Find who owns a theme.

        Parameters
        ----------
        mix
            The theme's tickets by their attributes: each ticket's full segment, with how many tickets have it
            (`Counter(Segment.of(attributes) for ...)`). For a spike in a segment pass the spike's tickets.
        theme_id, name
            Of the theme; id 0 means all tickets, which belong to `everyone` unless one team owns most of
            them.

        Returns
        -------
        The first audience in the file's order that names the theme, or whose `match` holds for at least half
        of the tickets; else `everyone`. The share is taken over tickets and not dimension by dimension, so
        that a match on two dimensions means tickets that have both.
        """
        for audience in self.audiences[:-1]:
            if theme_id and audience.match.names(theme_id, name):
                return audience
            if audience.match.share(mix) >= MAJORITY:
                return audience
        return self.audiences[-1]

    def quiet_at(self, now: datetime) -> frozenset[str]:
        """List the audiences that nothing may be sent to at `now`, by name."""
        return frozenset(audience.name for audience in self.audiences if audience.quiet_at(now))
