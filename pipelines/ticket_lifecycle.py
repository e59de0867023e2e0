"""The lifecycle of a ticket: whether it counts, its status and its rating, by its events."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from models.event import RETRACTING, TicketEventType
from store.epochs import TakenEvent

_STATUS = {
    TicketEventType.SOLVED: "solved",
    TicketEventType.REOPENED: "open",
    TicketEventType.MERGED: "merged",
    TicketEventType.SPAM: "spam",
    TicketEventType.DELETED: "deleted",
    TicketEventType.UNDELETED: "open",
}


@dataclass(frozen=True, slots=True)
class TicketLifecycle:
    """The result of a ticket's events so far; `csat` is the rating, None without one."""

    counted: bool = True
    status: str = "open"
    csat: int | None = None


def fold_events(events: Iterable[TakenEvent]) -> TicketLifecycle:
    """Fold a ticket's events, given in canonical order, into its lifecycle.

    A merge or a spam verdict is not undone by `ticket.undeleted`, which answers a deletion only.
    """
    counted, status, csat = True, "open", None
    gone = False
    for event in events:
        kind = TicketEventType(event.type)
        gone = gone or kind in (TicketEventType.MERGED, TicketEventType.SPAM)
        if kind is TicketEventType.RATED:
            csat = (event.data or {}).get("csat")
        if gone and kind not in RETRACTING:
            continue
        counted = kind not in RETRACTING and (counted or kind is TicketEventType.UNDELETED)
        status = _STATUS.get(kind, status)
    return TicketLifecycle(counted, status, csat)
