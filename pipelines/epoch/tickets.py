"""The tickets of an epoch: new ones are assigned and counted, older ones follow what their events say.

Tickets that are not customer demand are marked as mined, and no more: they are neither assigned nor counted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from models.demand import DemandKind, DemandRule
from models.event import ERASING, TicketEventType
from models.source_silence import MOST_SOURCES, SOURCE, segment_of_source
from pipelines.context import EpochContext
from pipelines.epoch.repetition import find_repetitions
from pipelines.themes.assign import assign_tickets
from pipelines.themes.sizes import add_arrivals
from pipelines.ticket_lifecycle import TicketLifecycle, fold_events
from store.decisions import tickets_decided
from store.demand import set_demand
from store.epochs import TakenEvent
from store.labels.removal import drop_labels
from store.themes import forget_tickets, themes_of, write_assignments
from store.tickets import StoredTicket, erase, mark_tickets, read_lifecycles, read_released, read_tickets


@dataclass(frozen=True, slots=True)
class TakenTickets:
    """What an epoch did to tickets.

    Parameters
    ----------
    touched: themes whose size must be read again.
    passing: new tickets that were retracted or erased in the same epoch. Discovery still sees them, then they are forgotten.
    no_demand: the tickets that are not demand, by kind: new ones, and older ones that this epoch found to be of another kind,
        which are taken from their kind before.
    subjects: the tickets that the epoch's events are about.
    """

    touched: set[int]
    passing: set[str]
    no_demand: Counter[str] = field(default_factory=Counter)
    subjects: Collection[str] = ()


@dataclass(frozen=True, slots=True)
class _Epoch:
    """The tickets that the epoch's events are about, in the order of the events.

    fresh: those created in this epoch. older: those mined before. stored: both and those not created yet, by id.
    repeated: the kinds of tickets that repetition shows to be not demand.
    """

    events: Sequence[TakenEvent]
    stored: Mapping[str, StoredTicket]
    lifecycles: Mapping[str, TicketLifecycle]
    fresh: Sequence[StoredTicket]
    older: Sequence[StoredTicket]
    repeated: Mapping[str, DemandKind]

    @property
    def new(self) -> set[str]:
        return {ticket.id for ticket in self.fresh}

    @property
    def demand(self) -> list[StoredTicket]:
        """The new tickets that a customer wrote, in canonical order."""
        return [ticket for ticket in self.fresh if self.kind_of(ticket) is DemandKind.CUSTOMER]

    def kind_of(self, ticket: StoredTicket) -> DemandKind:
        """Return what wrote a ticket, as this epoch sees it."""
        return self.repeated.get(ticket.id, ticket.wording.kind)

    def no_demand(self) -> Counter[str]:
        """Count the tickets that are not demand, by kind, as this epoch changes it."""
        found: Counter[str] = Counter(self.kind_of(ticket).value for ticket in self.fresh)
        for ticket in self.older:
            found[self.kind_of(ticket).value] += 1
            found[ticket.wording.kind.value] -= 1
        del found[DemandKind.CUSTOMER.value]
        return found

    def gone(self) -> set[str]:
        """Tickets with which no others are compared from now on: retracted or erased ones, and those that are not demand."""
        new = {ticket.id for ticket in self.demand}
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
    # The decisions of the epoch before are those that a switch to another model applied at its end.
    decided = tickets_decided(context.connection, context.window.number - 1) if context.news.decided else []
    released = read_released(context.connection, decided)
    if not subjects and not released:
        return TakenTickets(set(), set())
    epoch = _read(context, taken, subjects, released)
    connection, demand, gone = context.connection, epoch.demand, epoch.gone()
    new = {ticket.id for ticket in demand}
    context.state.index.forget(gone - new)
    assigned = assign_tickets(context, demand)
    for ticket in demand:
        if epoch.lifecycles[ticket.id].counted:
            context.changes.count(assigned.themes[ticket.id], ticket.time, ticket.attributes)
    _count_sources(context, epoch.fresh)
    touched = _recount(context, epoch)
    mark_tickets(connection, _marks(epoch, context.window.number))
    set_demand(connection, [(key, kind, DemandRule.REPETITION) for key, kind in sorted(epoch.repeated.items())])
    write_assignments(connection, assigned.rows)
    forget_tickets(connection, sorted(gone - new))
    erased = sorted({event.subject for event in taken if event.type in ERASING})
    erase(connection, erased, context.window.number)
    drop_labels(connection, erased)
    arrivals = [(assigned.themes[t.id], t.time) for t in demand if epoch.lifecycles[t.id].counted]
    add_arrivals(context, [(theme, time) for theme, time in arrivals if theme is not None])
    return TakenTickets(touched, gone & new, epoch.no_demand(), subjects)


def _read(
    context: EpochContext, taken: Sequence[TakenEvent], subjects: Sequence[str], released: Collection[str]
) -> _Epoch:
    """Read the tickets of an epoch's events, of those that a person `released`, and of the wordings that repeat in it."""
    asked = dict.fromkeys([*subjects, *released])
    stored = read_tickets(context.connection, asked, context.rules.model)
    created = {event.subject for event in taken if event.type == TicketEventType.CREATED} | set(released)
    fresh = [one for key in asked if (one := stored.get(key)) and key in created and one.mined_epoch is None]
    fresh.sort(key=lambda one: one.place)
    repeated = find_repetitions(context, fresh)
    stored |= read_tickets(context.connection, repeated.keys() - stored.keys(), context.rules.model)
    known = [key for key in dict.fromkeys([*asked, *sorted(repeated)]) if key in stored]
    lifecycles = _lifecycles(context, [stored[key] for key in known], repeated)
    new = {ticket.id for ticket in fresh}
    older = [stored[key] for key in known if key not in new and stored[key].mined_epoch is not None]
    return _Epoch(taken, stored, lifecycles, fresh, older, repeated)


def _lifecycles(
    context: EpochContext, tickets: Sequence[StoredTicket], repeated: Mapping[str, DemandKind]
) -> dict[str, TicketLifecycle]:
    """Fold the events of tickets; those that are not demand do not count, whatever happens to them."""
    events = read_lifecycles(context.connection, [ticket.id for ticket in tickets])
    found = {}
    for ticket in tickets:
        lifecycle = fold_events(events.get(ticket.id, ()))
        is_demand = repeated.get(ticket.id, ticket.wording.kind) is DemandKind.CUSTOMER
        found[ticket.id] = lifecycle if is_demand else replace(lifecycle, counted=False)
    return found


def _count_sources(context: EpochContext, tickets: Sequence[StoredTicket]) -> None:
    """Count tickets by source, whatever they are about: a source that sends notices is not silent."""
    arrived = [(ticket.time, ticket.place[1]) for ticket in tickets]
    sources = sorted({source for _, source in arrived})
    fresh = [one for one in sources if context.state.counts.number_of(segment_of_source(one)) is None]
    if fresh:
        left = MOST_SOURCES - len(context.state.counts.values_of(SOURCE))
        sources = [one for one in sources if one not in fresh[max(left, 0) :]]
    for time, source in arrived:
        if source in sources:
            context.changes.count_source(time, source)


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
