"""Names that are stored: an id that was stored as a hash, before its source's ids were known to be numbers, stays that ticket's."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from sqlalchemy import Connection

from models.event import Event, TicketEvent
from store.records import seen_events
from store.sources import first_identities, read_id_forms, stored_subjects, write_id_forms
from stream.id_forms import FIRST, Field, IdTally, form_of
from stream.identity import Identities, has_replaced_number

LINK = "link "
"""Before the place of a link to another ticket, as a name of the identity in it."""


class StoredNames:
    """Gives events the names that their tickets have in the database, and learns forms of ids from what is stored.

    The database decides: of two processes that do not know the same forms, the one that stores a ticket first names it.
    """

    def __init__(self, identities: Identities) -> None:
        self._identities = identities
        self._replaced: Counter[str] = Counter()

    def known(self, connection: Connection, events: Sequence[Event]) -> list[Event]:
        """Return the events; ids that are stored as hashes already become these. Events that are equal then are one."""
        self._identities.forms.learn(read_id_forms(connection, {event.source for event in events}))
        changes = [(at, found) for at, event in enumerate(events) if (found := self._hidden(event))]
        if not changes:
            return list(events)
        subjects = stored_subjects(
            connection, {one for _, found in changes for name, one in found.items() if name != "id"}
        )
        ids = seen_events(connection, {(events[at].source, found["id"]) for at, found in changes if "id" in found})
        renamed = list(events)
        for at, found in changes:
            event = events[at]
            stays = {
                name: new
                for name, new in found.items()
                if new in subjects or (name == "id" and (event.source, new) in ids)
            }
            renamed[at] = _renamed(event, stays)
        one_each: dict[tuple[str, str], Event] = {}
        for event in renamed:
            one_each.setdefault((event.source, event.id), event)
        return list(one_each.values())

    def learn(self, connection: Connection, events: Sequence[Event]) -> None:
        """Decide the forms of sources of which numbers were replaced just now, by the ids that are stored of them.

        Looks after the first such number of a source, the second, the fourth and so on: a source whose ids are no numbers by
        nature is not read again with every batch.
        """
        for source in sorted({event.source for event in events if _has_number(event)}):
            self._replaced[source] += 1
            count = self._replaced[source]
            if count & (count - 1) == 0:
                self._decide(connection, source)

    def _decide(self, connection: Connection, source: str) -> None:
        tallies: dict[Field, IdTally] = {(source, "id"): IdTally(), (source, "subject"): IdTally()}
        for event_id, subject in first_identities(connection, source, FIRST):
            for field, identity in (("id", event_id), ("subject", subject)):
                replaced = has_replaced_number(identity)
                card = not replaced and self._identities.hidden(identity) is not None
                tallies[source, field].add(identity, form_of(identity), card=card, replaced=replaced)
        found = {field: tally.forms() for field, tally in tallies.items()}
        write_id_forms(connection, {field: forms for field, forms in found.items() if forms})

    def _hidden(self, event: Event) -> dict[str, str]:
        """Return the hashes that identities of an event had before their forms were known, by name."""
        found = {name: self._identities.hidden(getattr(event, name)) for name in ("id", "subject")}
        if isinstance(event, TicketEvent) and event.data.into:
            found["into"] = self._identities.hidden(event.data.into)
        if isinstance(event, TicketEvent):
            found |= {f"{LINK}{at}": self._identities.hidden(one.ticket) for at, one in enumerate(event.data.links)}
        return {name: hashed for name, hashed in found.items() if hashed is not None}


def _has_number(event: Event) -> bool:
    return has_replaced_number(event.subject) or has_replaced_number(event.id)


def _renamed(event: Event, names: dict[str, str]) -> Event:
    if not names:
        return event
    changed: dict[str, object] = {name: new for name, new in names.items() if name in ("id", "subject")}
    if isinstance(event, TicketEvent):
        links = tuple(
            one.model_copy(update={"ticket": names.get(f"{LINK}{at}", one.ticket)})
            for at, one in enumerate(event.data.links)
        )
        data: dict[str, object] = {"links": links} if links else {}
        if "into" in names:
            data["into"] = names["into"]
        changed["data"] = event.data.model_copy(update=data)
    return event.model_copy(update=changed)
