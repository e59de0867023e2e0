"""Subscriptions: what an audience also sees, whoever must act on it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from alerts.match import Match
from models.alert import AlertKind
from models.segment import Segment

MAJORITY = 0.5
"""Share of a theme's tickets that a match must hold for: a team owns what is mostly its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecipientFacts:
    """What decides who is notified of an alert, or shown a theme.

    Parameters
    ----------
    kind: what the alert is about; None for a theme without one.
    theme_id, name: of the theme; id 0 means all tickets.
    mix: its tickets by their attributes, see `alerts.ownership.Ownership.audience_of`.
    launches: titles of the running launches that it concerns: it is above their plan, or in their scope.
    """

    kind: AlertKind | None
    theme_id: int
    name: str
    mix: Mapping[Segment, int]
    launches: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """One thing that an audience also sees.

    Parameters
    ----------
    match: what is matched by tickets or themes. share: share of the tickets that it must hold for, above 0 and up to 1.
    launches: whatever concerns a running launch. everything: whatever is alerted.
    kinds: only alerts of these kinds; empty: of any kind.
    """

    match: Match = field(default_factory=Match)
    share: float = MAJORITY
    launches: bool = False
    everything: bool = False
    kinds: frozenset[AlertKind] = frozenset()

    def reason(self, facts: RecipientFacts) -> str | None:
        """Say why it includes an alert or theme, as `subscribed to ...`; None where it does not."""
        if self.kinds and facts.kind is not None and facts.kind not in self.kinds:
            return None
        if self.everything:
            return "subscribed to everything"
        if self.launches and facts.launches:
            return f"subscribed to launches, and it concerns {', '.join(facts.launches)}"
        if facts.theme_id and self.match.names(facts.theme_id, facts.name):
            return "subscribed to the theme"
        share = self.match.share(facts.mix)
        if share >= self.share:
            values = ", ".join(f"{name} {' or '.join(sorted(one))}" for name, one in sorted(self.match.values.items()))
            return f"subscribed to {values}, which {share:.0%} of its tickets have"
        return None
