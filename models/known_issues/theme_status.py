"""The status of a theme, after the states of an issue at Sentry: what it follows from, and which changes are allowed."""

from __future__ import annotations

from dataclasses import dataclass

from models.known_issues.transitions import Transitions, check
from models.theme import ThemeStatus

_S = ThemeStatus

BY_PEOPLE: Transitions[ThemeStatus] = {
    **dict.fromkeys((_S.NEW, _S.ONGOING, _S.ESCALATING), (_S.KNOWN, _S.RESOLVED, _S.ARCHIVED)),
    _S.REGRESSED: (_S.KNOWN, _S.RESOLVED, _S.ARCHIVED),
    # A theme of a known issue follows the issue.
    _S.KNOWN: (_S.ONGOING, _S.RESOLVED),
    _S.RESOLVED: (_S.KNOWN, _S.ARCHIVED),
    _S.ARCHIVED: (_S.KNOWN, _S.RESOLVED),
}
"""Changes that people make by a decision."""

AUTOMATIC: Transitions[ThemeStatus] = {
    _S.NEW: (_S.ONGOING, _S.ESCALATING, _S.KNOWN, _S.RESOLVED, _S.REGRESSED, _S.ARCHIVED),
    _S.ONGOING: (_S.ESCALATING, _S.KNOWN, _S.RESOLVED, _S.REGRESSED, _S.ARCHIVED),
    _S.ESCALATING: (_S.NEW, _S.ONGOING, _S.KNOWN, _S.RESOLVED, _S.REGRESSED, _S.ARCHIVED),
    _S.REGRESSED: (_S.ONGOING, _S.ESCALATING, _S.KNOWN, _S.RESOLVED, _S.ARCHIVED),
    _S.KNOWN: (_S.NEW, _S.ONGOING, _S.ESCALATING, _S.RESOLVED, _S.REGRESSED, _S.ARCHIVED),
    _S.RESOLVED: (_S.NEW, _S.ONGOING, _S.ESCALATING, _S.KNOWN, _S.REGRESSED, _S.ARCHIVED),
    _S.ARCHIVED: (_S.NEW, _S.ONGOING, _S.ESCALATING, _S.KNOWN, _S.RESOLVED, _S.REGRESSED),
}
"""Changes that follow from volume, from merges and splits, and from what a person decided about a known issue or undid.

What is ongoing or has come back never becomes new.
"""


@dataclass(frozen=True, slots=True)
class StatusFacts:
    """What the status of a theme that takes tickets follows from.

    Parameters
    ----------
    dormant: it has had no ticket for long.
    said: the status that a person's decision gives it (known, resolved, regressed, archived); None without one.
    rising: it has an open spike that was alerted.
    young: it was born shortly ago.
    """

    dormant: bool = False
    said: ThemeStatus | None = None
    rising: bool = False
    young: bool = False


def next_status(before: ThemeStatus, facts: StatusFacts) -> ThemeStatus:
    """Return the status that follows from the facts; the one before where the change is not allowed."""
    found = _by_facts(facts)
    return found if found in AUTOMATIC[before] else before


def _by_facts(facts: StatusFacts) -> ThemeStatus:
    if facts.dormant:
        return _S.ARCHIVED
    # A return after a fix says more than that volume rises.
    if facts.rising and facts.said is not _S.REGRESSED:
        return _S.ESCALATING
    if facts.said is not None:
        return facts.said
    return _S.NEW if facts.young else _S.ONGOING


def refuse_decision(theme_id: int, before: ThemeStatus, after: ThemeStatus) -> None:
    """Raise `TransitionRefused` where a person cannot decide this change of a theme's status."""
    check(BY_PEOPLE, f"theme {theme_id}", before, after)
