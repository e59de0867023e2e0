"""Cycles: each time that a promise is made to a ticket, when it is due, and whether it was kept."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from models.metrics.business_hours import BusinessClock
from models.metrics.history import HandlerKind, TicketHistory
from models.service_levels.policy import AnsweredBy, ServicePolicy, ServiceTarget


@dataclass(frozen=True, slots=True)
class ServiceCycle:
    """One promise to one ticket.

    Parameters
    ----------
    target, number: what is promised, and the how manyth time, from 1.
    started_at: when its clock began to run.
    stopped_at: when the promise was kept, or ended with the ticket; None while it is open.
    due_at: when it is due as things are; None while it is paused, once it stopped, and beyond the days of the clock.
    breached_at: when it was missed; None where it was not, or is not known to be: an open one is missed once `due_at` has passed.
    elapsed: how much of the policy's time has run, until it stopped or was paused, or until its clock last began to run.
    """

    target: ServiceTarget
    number: int
    started_at: datetime
    stopped_at: datetime | None
    due_at: datetime | None
    breached_at: datetime | None
    elapsed: timedelta

    def is_breached(self, now: datetime) -> bool:
        """Return whether it was missed by a moment."""
        return self.breached_at is not None or (self.due_at is not None and self.due_at <= now)


@dataclass(frozen=True, slots=True)
class _RunningSpan:
    """A time in which the clock runs; `end` is None while it does."""

    start: datetime
    end: datetime | None


@dataclass(frozen=True, slots=True)
class _Run:
    """When the clock of one promise ran: between its spans it was paused."""

    started_at: datetime
    stopped_at: datetime | None
    spans: Sequence[_RunningSpan]


def cycles_of(history: TicketHistory, policy: ServicePolicy, clock: BusinessClock) -> list[ServiceCycle]:
    """Return the promises that a policy makes to a ticket, by target and number.

    A ticket that is solved or removed needs no answer any more: what was open then stops, and was kept unless it was missed
    before. A solved ticket that is reopened goes on with the same promise of a resolution (Zendesk: SLA metrics, requester wait time).
    """
    made: list[ServiceCycle] = []
    for target, length in policy.targets.items():
        runs = _RUNS[target](history, policy)
        made += [_cycle(target, number, run, length, clock) for number, run in enumerate(runs, 1)]
    return made


def _cycle(target: ServiceTarget, number: int, run: _Run, length: timedelta, clock: BusinessClock) -> ServiceCycle:
    elapsed = timedelta()
    breached_at: datetime | None = None
    due_at: datetime | None = None
    for span in run.spans:
        due = clock.after(span.start, length - elapsed) if elapsed <= length else None
        if span.end is None:
            due_at = due if breached_at is None else None
            continue
        if breached_at is None and due is not None and due < span.end:
            breached_at = due
        elapsed += clock.between(span.start, span.end)
    return ServiceCycle(target, number, run.started_at, run.stopped_at, due_at, breached_at, elapsed)


def _answers(history: TicketHistory, policy: ServicePolicy) -> list[datetime]:
    counts = policy.answered_by is AnsweredBy.ANYONE
    return [reply.time for reply in history.replies if counts or reply.by is not HandlerKind.AI]


def _endings(history: TicketHistory) -> list[datetime]:
    """Return when the ticket was solved, and when it was removed: after that no answer is due."""
    ended = [one.time for one in history.resolutions]
    return sorted(ended if history.removed_at is None else [*ended, history.removed_at])


def _first_reply(history: TicketHistory, policy: ServicePolicy) -> Iterator[_Run]:
    ends = [*_answers(history, policy)[:1], *_endings(history)[:1]]
    yield _unpaused(history.created_at, min(ends, default=None))


def _next_reply(history: TicketHistory, policy: ServicePolicy) -> Iterator[_Run]:
    """Yield the waits from the oldest unanswered message to the next answer; the first answer is not one of these."""
    answers = _answers(history, policy)
    ends = sorted([*answers, *_endings(history)])
    waits_until = answers[0] if answers else None
    for message in history.messages:
        if waits_until is not None and message > waits_until:
            waits_until = next((one for one in ends if one >= message), None)
            yield _unpaused(message, waits_until)


def _unpaused(start: datetime, end: datetime | None) -> _Run:
    return _Run(start, end, [_RunningSpan(start, end)])


def _resolution(history: TicketHistory, policy: ServicePolicy) -> Iterator[_Run]:
    opened = list(_open_times(history))
    spans = [span for start, end in opened for span in _without_pauses(start, end, history, policy)]
    yield _Run(history.created_at, opened[-1][1], spans)


def _open_times(history: TicketHistory) -> Iterator[tuple[datetime, datetime | None]]:
    """Yield the times in which the ticket was neither solved nor removed, at least one."""
    starts = [history.created_at, *(one.reopened_at for one in history.resolutions if one.reopened_at is not None)]
    ends = [*(one.time for one in history.resolutions), None]
    gone = history.removed_at
    for start, end in zip(starts, ends, strict=False):
        if gone is None or start < gone or start == history.created_at:
            yield start, end if gone is None else min(end or gone, gone)


def _without_pauses(
    start: datetime, end: datetime | None, history: TicketHistory, policy: ServicePolicy
) -> Iterator[_RunningSpan]:
    for wait in history.waiting:
        if wait.waited_for not in policy.pauses or (wait.end is not None and wait.end <= start):
            continue
        if end is not None and wait.start >= end:
            break
        if wait.start > start:
            yield _RunningSpan(start, wait.start)
        if wait.end is None or (end is not None and wait.end >= end):
            return
        start = wait.end
    yield _RunningSpan(start, end)


_RUNS = {
    ServiceTarget.FIRST_REPLY: _first_reply,
    ServiceTarget.NEXT_REPLY: _next_reply,
    ServiceTarget.RESOLUTION: _resolution,
}
