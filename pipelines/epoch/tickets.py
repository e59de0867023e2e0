"""The tickets of an epoch: new ones are assigned and counted, older ones follow what their events say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from models.event import ERASING, TicketEventType
from pipelines.context import EpochContext
from pipelines.themes.assign import assign_tickets
from pipelines.themes.sizes import add_arrivals
from pipelines.ticket_lifecycle import TicketLifecycle, fold_events
from store.epochs import TakenEvent
from store.themes import forget_tickets, themes_of, write_assignments
from store.tickets import StoredTicket, erase, mark_tickets, read_lifecycles, read_tickets


@dataclass(frozen=True, slots=True)
class TakenTickets:
    """What an epoch did to tickets.

    Parameters
    ----------
    touched: themes whose size must be read again.
    passing: new tickets that were retracted or erased in the same epoch. Discovery still sees them, then they are forgotten.
    """

    touched: set[int]
    passing: set[str]


@dataclass(frozen=True, slots=True)
class _Epoch:
    """The tickets that the epoch's events are about, in the order of the events.

    fresh: those created in this epoch. older: those mined before. stored: both and those not created yet, by id.
    """

    events: Sequence[TakenEvent]
    stored: Mapping[str, StoredTicket]
    lifecycles: Mapping[str, TicketLifecycle]
    fresh: Sequence[StoredTicket]
    older: Sequence[StoredTicket]

    @property
    def new(self) -> set[str]:
        return {ticket.id for ticket in self.fresh}

    def gone(self) -> set[str]:
        """Tickets with which no others are compared from now on: retracted or erased ones."""
        new = self.new
        erased = {event.subject for event in self.events if event.type in ERASING and event.subject in self.stored}
        retracted = {
            key
            for key, lifecycle in self.lifecycles.items()
            if not lifecycle.counted and (key in new or self.stored[key].counted)
        }
        return erased | retracted


def take_tickets(context: EpochContext, taken: Sequence[TakenEvent]) -> TakenTickets:
    """Apply an epoch's events to tickets: assign and count new ones, retract and erase what the events retract and erase."""
    subjects = list(dict.fromkeys(event.subject for event in taken))
    if not subjects:
        return TakenTickets(set(), set())
    epoch = _read(context, taken, subjects)
    connection, new, gone = context.connection, epoch.new, epoch.gone()
    context.state.index.forget(gone - new)
    assigned = assign_tickets(context, epoch.fresh)
    for ticket in epoch.fresh:
        if epoch.lifecycles[ticket.id].counted:
            context.changes.count(assigned.themes[ticket.id], ticket.time, ticket.attributes)
    touched = _recount(context, epoch)
    mark_tickets(connection, _marks(epoch, context.window.number))
    write_assignments(connection, assigned.rows)
    forget_tickets(connection, sorted(gone - new))
    erase(connection, sorted({event.subject for event in taken if event.type in ERASING}), context.window.number)
    arrivals = [(assigned.themes[t.id], t.time) for t in epoch.fresh if epoch.lifecycles[t.id].counted]
    add_arrivals(context, [(theme, time) for theme, time in arrivals if theme is not None])
    return TakenTickets(touched, gone & new)


def _read(context: EpochContext, taken: Sequence[TakenEvent], subjects: Sequence[str]) -> _Epoch:
    stored = read_tickets(context.connection, subjects, context.rules.model)
    events = read_lifecycles(context.connection, subjects)
    created = dict.fromkeys(event.subject for event in taken if event.type == TicketEventType.CREATED)
    fresh = [stored[key] for key in created if key in stored and stored[key].mined_epoch is None]
    new = {ticket.id for ticket in fresh}
    known = [key for key in subjects if key in stored]
    lifecycles = {key: fold_events(events.get(key, ())) for key in known}
    older = [stored[key] for key in known if key not in new and stored[key].mined_epoch is not None]
    return _Epoch(taken, stored, lifecycles, fresh, older)


def _recount(context: EpochContext, epoch: _Epoch) -> set[int]:
    """Count older tickets, or take them back, where their events changed that. Returns their themes."""
    changed = [ticket for ticket in epoch.older if ticket.counted != epoch.lifecycles[ticket.id].counted]
    themes = themes_of(context.connection, [ticket.id for ticket in changed])
    for ticket in changed:
        n = 1 if epoch.lifecycles[ticket.id].counted else -1
        context.changes.count(themes.get(ticket.id), ticket.time, ticket.attributes, n)
    return {theme for theme in themes.values() if theme is not None}


def _marks(epoch: _Epoch, number: int) -> list[dict[str, Any]]:
    new = epoch.new
    return [
        {
            "key": ticket.id, "mined_epoch": number if ticket.id in new else ticket.mined_epoch,
            "counted": epoch.lifecycles[ticket.id].counted, "status": epoch.lifecycles[ticket.id].status,
            "csat": epoch.lifecycles[ticket.id].csat,
        }
        for ticket in (*epoch.fresh, *epoch.older)
    ]  # fmt: skip
