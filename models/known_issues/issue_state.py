"""The states of a known issue, after those of incidents at Statuspage, and which may follow which."""

from __future__ import annotations

from enum import StrEnum

from models.known_issues.transitions import Transitions, check


class IssueState(StrEnum):
    """How far people are with a known issue."""

    INVESTIGATING = "investigating"
    IDENTIFIED = "identified"
    MONITORING = "monitoring"
    FIXED = "fixed"
    """A fix is announced; its volume decides whether it is resolved."""
    RESOLVED = "resolved"
    """After the fix its volume is usual again, or a person said that it is over."""
    REGRESSED = "regressed"
    """Tickets came back after it was resolved."""
    CLOSED = "closed"
    """Nobody follows it any more; its themes alert like others."""


_S = IssueState
_OPEN = (_S.INVESTIGATING, _S.IDENTIFIED, _S.MONITORING)


def _without(state: IssueState, *more: IssueState) -> tuple[IssueState, ...]:
    return tuple(one for one in (*_OPEN, *more, _S.CLOSED) if one is not state)


BY_PEOPLE: Transitions[IssueState] = {
    **{state: _without(state, _S.FIXED, _S.RESOLVED) for state in _OPEN},
    # Another fix may follow: of a later version, or because the first did not reach everybody.
    _S.FIXED: (*_OPEN, _S.FIXED, _S.RESOLVED, _S.CLOSED),
    _S.RESOLVED: (*_OPEN, _S.FIXED, _S.CLOSED),
    _S.REGRESSED: (*_OPEN, _S.FIXED, _S.RESOLVED, _S.CLOSED),
    _S.CLOSED: (),
}
"""Changes that people make."""

AUTOMATIC: Transitions[IssueState] = {
    **dict.fromkeys(_OPEN, ()), _S.FIXED: (_S.RESOLVED,), _S.RESOLVED: (_S.REGRESSED,), _S.REGRESSED: (), _S.CLOSED: (),
}  # fmt: skip
"""Changes that volume makes, by event time."""


def check_by_people(issue_id: int, before: IssueState, after: IssueState) -> None:
    """Check a change that a person makes. Raises `TransitionRefused`."""
    check(BY_PEOPLE, f"known issue {issue_id}", before, after)


def open_states() -> tuple[IssueState, ...]:
    """List the states in which the issue is not fixed yet."""
    return _OPEN
