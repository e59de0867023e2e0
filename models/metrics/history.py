"""Histories: the events of one ticket folded into who handled it, who answered, what it waited for and when it was resolved."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from models.event import RETRACTING, TicketEventType


class HandlerKind(StrEnum):
    """Who handles a ticket; the values are those of `handled_by`."""

    AI = "ai"
    HUMAN = "human"
    VENDOR = "vendor"


class WaitedFor(StrEnum):
    """Whose turn it is; the values are those of `waits_for`."""

    AGENT = "agent"
    REQUESTER = "requester"
    THIRD_PARTY = "third_party"


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketCreation:
    """What is known of a ticket from its creation.

    `measures` are figures that the source states itself, such as Zendesk's `reply_time_in_minutes`: they are used for what no event
    shows, as in an export without comments.
    """

    time: datetime
    handled_by: str | None = None
    vendor: str | None = None
    team: str | None = None
    priority: str | None = None
    escalated: bool = False
    measures: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class HistoryEvent:
    """An event of a ticket after its creation: its type, its time (UTC) and what it set; None where that was deleted."""

    type: TicketEventType
    time: datetime
    data: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class HandlingSpan:
    """Who handled a ticket from a time on, until the next span."""

    start: datetime
    handled_by: str | None
    vendor: str | None
    team: str | None


@dataclass(frozen=True, slots=True)
class Reply:
    """A public answer to the requester; `by` is who gave it."""

    time: datetime
    by: HandlerKind


@dataclass(frozen=True, slots=True)
class WaitingSpan:
    """A time in which a ticket waited for somebody else than the agent; `end` is None while it does."""

    start: datetime
    end: datetime | None
    waited_for: WaitedFor


@dataclass(frozen=True, slots=True)
class Resolution:
    """A ticket was solved, and reopened later unless `reopened_at` is None."""

    time: datetime
    reopened_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketHistory:
    """What happened to one ticket; all lists are in order of time, all times are UTC.

    Parameters
    ----------
    created_at: when it was created.
    removed_at: when it was merged, deleted or found to be spam, after which it counts no longer; None while it counts.
    handling: who handled it, at least one span.
    replies: public answers of agents and machines.
    messages: what the requester wrote after the creation.
    waiting: when it waited for the requester or a third party.
    resolutions: when it was solved, and reopened.
    escalated_at: when it was escalated first; None if it never was.
    csat, rated_at: its last rating, from 1 to 5, and the rating's time.
    priority: its priority now.
    is_complete: false if what some events set was deleted, so that replies and waiting may be missing.
    """

    created_at: datetime
    removed_at: datetime | None
    handling: tuple[HandlingSpan, ...]
    replies: tuple[Reply, ...]
    messages: tuple[datetime, ...]
    waiting: tuple[WaitingSpan, ...]
    resolutions: tuple[Resolution, ...]
    escalated_at: datetime | None
    csat: int | None
    rated_at: datetime | None
    priority: str | None
    is_complete: bool = True

    def handler_at(self, time: datetime) -> HandlingSpan:
        """Return who handled the ticket at a time; before its creation, who it was created for."""
        found = self.handling[0]
        for span in self.handling:
            if span.start <= time:
                found = span
        return found


def fold_history(creation: TicketCreation, events: Iterable[HistoryEvent]) -> TicketHistory:
    """Fold the events of one ticket, given in canonical order (`time`, `source`, `id`), into its history.

    Events from before the creation are taken as of the moment of creation, since clocks of sources differ. A ticket that is
    solved is not solved again before it is reopened, and not reopened while it is open. A merge or a spam verdict is final;
    `ticket.undeleted` answers a deletion. A message of the requester ends the waiting for them.
    """
    folding = _Folding(creation)
    for event in events:
        folding.take(event)
    return folding.history()


class _Folding:
    """The history so far."""

    def __init__(self, creation: TicketCreation) -> None:
        self._creation = creation
        self._handling = [HandlingSpan(creation.time, creation.handled_by, creation.vendor, creation.team)]
        self._replies: list[Reply] = []
        self._messages: list[datetime] = []
        self._waiting: list[WaitingSpan] = []
        self._resolutions: list[Resolution] = []
        self._escalated_at = creation.time if creation.escalated else None
        self._rating: tuple[int, datetime] | None = None
        self._priority = creation.priority
        self._removed_at: datetime | None = None
        self._is_final = False
        self._is_complete = True

    def take(self, event: HistoryEvent) -> None:
        time = max(event.time, self._creation.time)
        data = event.data or {}
        if event.data is None and event.type in (TicketEventType.COMMENTED, TicketEventType.UPDATED):
            self._is_complete = False
        self._remove_or_restore(event.type, time)
        self._hand_over(time, data)
        self._priority = data.get("priority") or self._priority
        if self._escalated_at is None and (event.type is TicketEventType.ESCALATED or data.get("escalated") is True):
            self._escalated_at = time
        if event.type is TicketEventType.RATED and data.get("csat") is not None:
            self._rating = (int(data["csat"]), time)
        if event.type is TicketEventType.COMMENTED:
            self._comment(time, data)
        self._resolve_or_reopen(event.type, time)
        self._wait(time, data)

    def _remove_or_restore(self, kind: TicketEventType, time: datetime) -> None:
        if self._is_final:
            return
        self._is_final = kind in (TicketEventType.MERGED, TicketEventType.SPAM)
        if kind in RETRACTING:
            self._removed_at = self._removed_at or time
        elif kind is TicketEventType.UNDELETED:
            self._removed_at = None

    def _hand_over(self, time: datetime, data: Mapping[str, Any]) -> None:
        """Begin a span where an event names another handler, vendor or team.

        A vendor that is named handles the ticket; a handler that is no vendor ends the vendor's work.
        """
        if not data.keys() & {"handled_by", "vendor", "team"}:
            return
        last = self._handling[-1]
        vendor = data.get("vendor") or None
        handler = data.get("handled_by") or (HandlerKind.VENDOR.value if vendor else last.handled_by)
        kept = last.vendor if handler == HandlerKind.VENDOR else None
        span = HandlingSpan(time, handler, vendor or kept, data.get("team") or last.team)
        if (span.handled_by, span.vendor, span.team) != (last.handled_by, last.vendor, last.team):
            self._handling.append(span)

    def _comment(self, time: datetime, data: Mapping[str, Any]) -> None:
        role = data.get("author_role")
        if role == "requester":
            self._messages.append(time)
            self._end_waiting(time, only=WaitedFor.REQUESTER)
        elif role in ("agent", "bot") and data.get("public") is not False:
            self._replies.append(Reply(time, _replier(role, self._handling[-1].handled_by)))

    def _resolve_or_reopen(self, kind: TicketEventType, time: datetime) -> None:
        is_solved = bool(self._resolutions) and self._resolutions[-1].reopened_at is None
        if kind is TicketEventType.SOLVED and not is_solved:
            self._resolutions.append(Resolution(time))
            self._end_waiting(time)
        elif kind is TicketEventType.REOPENED and is_solved:
            self._resolutions[-1] = Resolution(self._resolutions[-1].time, time)

    def _wait(self, time: datetime, data: Mapping[str, Any]) -> None:
        stated = data.get("waits_for")
        if stated is None:
            return
        waited_for = WaitedFor(stated)
        current = self._waiting[-1] if self._waiting and self._waiting[-1].end is None else None
        if current is not None and current.waited_for is waited_for:
            return
        self._end_waiting(time)
        is_solved = bool(self._resolutions) and self._resolutions[-1].reopened_at is None
        if waited_for is not WaitedFor.AGENT and not is_solved:
            self._waiting.append(WaitingSpan(time, None, waited_for))

    def _end_waiting(self, time: datetime, only: WaitedFor | None = None) -> None:
        if self._waiting and self._waiting[-1].end is None and only in (None, self._waiting[-1].waited_for):
            span = self._waiting[-1]
            self._waiting[-1] = WaitingSpan(span.start, time, span.waited_for)

    def history(self) -> TicketHistory:
        csat, rated_at = self._rating or (None, None)
        return TicketHistory(
            created_at=self._creation.time,
            removed_at=self._removed_at,
            handling=tuple(self._handling),
            replies=tuple(self._replies) or self._stated_reply(),
            messages=tuple(self._messages),
            waiting=tuple(self._waiting),
            resolutions=tuple(self._resolutions),
            escalated_at=self._escalated_at,
            csat=csat,
            rated_at=rated_at,
            priority=self._priority,
            is_complete=self._is_complete,
        )

    def _stated_reply(self) -> tuple[Reply, ...]:
        """Return the first answer by the time that the source states for it, where no answer is among the events."""
        stated = self._creation.measures.get("reply_time_in_minutes")
        minutes = stated.get("calendar") if isinstance(stated, Mapping) else stated
        if isinstance(minutes, bool) or not isinstance(minutes, int | float) or minutes < 0:
            return ()
        return (Reply(self._creation.time + timedelta(minutes=minutes), _replier("agent", self._creation.handled_by)),)


def _replier(role: str, handled_by: str | None) -> HandlerKind:
    if role == "bot":
        return HandlerKind.AI
    return HandlerKind.VENDOR if handled_by == HandlerKind.VENDOR else HandlerKind.HUMAN
