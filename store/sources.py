"""What is known of the sources of events: how fine their times are, and how far their clocks are ahead."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from more_itertools import chunked
from sqlalchemy import Connection, exists, select

from store.schema import events, source_profiles, tickets
from store.upsert import upsert


@dataclass(frozen=True, slots=True)
class SourceProfile:
    """A source: `grain` is the finest step of its times and `skew` how far its clock is ahead of ours, both in seconds."""

    grain: int = 1
    zone: str | None = None
    skew: float = 0.0


def read_profiles(connection: Connection) -> dict[str, SourceProfile]:
    """Read the profiles of all sources that have one."""
    rows = connection.execute(select(source_profiles).order_by(source_profiles.c.source))
    return {row.source: SourceProfile(row.grain, row.zone, row.skew) for row in rows}


def sends_events(connection: Connection, source: str, since: datetime, epochs: tuple[int, int]) -> bool:
    """Return whether a source sent an event of any kind with a time from `since` on, among those of epochs [first, last]."""
    first, last = epochs
    asked = select(events.c.id).where(
        events.c.mined_epoch >= first, events.c.mined_epoch <= last, events.c.source == source, events.c.time >= since
    )
    return connection.execute(asked.limit(1)).first() is not None


FormsOfIds = dict[tuple[str, str], frozenset[str]]
"""By source and field (`id`, `subject`): the forms of ids that are numbers by nature."""


def read_id_forms(connection: Connection, sources: Collection[str] | None = None) -> FormsOfIds:
    """Read the forms of ids of some sources, or of all, that were decided."""
    query = select(source_profiles.c.source, source_profiles.c.numeric_ids).where(
        source_profiles.c.numeric_ids.is_not(None)
    )
    if sources is not None:
        query = query.where(source_profiles.c.source.in_(sorted(sources)))
    return {
        (row.source, field): frozenset(forms)
        for row in connection.execute(query)
        for field, forms in row.numeric_ids.items()
    }


def write_id_forms(connection: Connection, forms: Mapping[tuple[str, str], Collection[str]]) -> None:
    """Add forms of ids to what is known of the sources; what else is known of them stays."""
    known = read_id_forms(connection, {source for source, _ in forms})
    merged: dict[str, dict[str, list[str]]] = {}
    for (source, field), found in {
        **known,
        **{key: set(found) | known.get(key, set()) for key, found in forms.items()},
    }.items():
        merged.setdefault(source, {})[field] = sorted(found)
    rows = [
        {"source": source, "grain": 1, "zone": None, "skew": 0.0, "numeric_ids": fields}
        for source, fields in sorted(merged.items())
    ]
    upsert(connection, source_profiles, rows, ["source"], only=["numeric_ids"])


def first_identities(connection: Connection, source: str, limit: int) -> list[tuple[str, str]]:
    """Read (id, subject) of so many events of a source."""
    query = select(events.c.id, events.c.subject).where(events.c.source == source).order_by(events.c.id).limit(limit)
    return [(row.id, row.subject) for row in connection.execute(query)]


def stored_subjects(connection: Connection, subjects: Collection[str]) -> set[str]:
    """Return those of the subjects that events are stored of."""
    found: set[str] = set()
    for part in chunked(sorted(subjects), 400):
        found.update(
            connection.execute(select(events.c.subject).where(events.c.subject.in_(part)).distinct()).scalars()
        )
    return found


def common_grain(connection: Connection, arriving: Mapping[str, int]) -> int:
    """Return the finest grain, in seconds, of all sources that the database holds tickets of, and of those that `arriving` names."""
    known = {source: one.grain for source, one in read_profiles(connection).items()} | dict(arriving)
    coarse = [source for source, grain in known.items() if grain > 1]
    if not coarse or any(grain <= 1 for grain in arriving.values()):
        return 1
    if connection.execute(select(exists().where(tickets.c.source.not_in(coarse)))).scalar_one():
        return 1
    return min(known[source] for source in coarse)


def write_grains(connection: Connection, grains: Mapping[str, int]) -> None:
    """Store the grains of sources; what else is known of them stays."""
    rows = [
        {"source": source, "grain": int(grain), "zone": None, "skew": 0.0} for source, grain in sorted(grains.items())
    ]
    upsert(connection, source_profiles, rows, ["source"], only=["grain"])


def write_skews(connection: Connection, skews: Mapping[str, float]) -> None:
    """Store how far clocks are ahead, in seconds; what else is known of the sources stays."""
    rows = [{"source": source, "grain": 1, "zone": None, "skew": skew} for source, skew in sorted(skews.items())]
    upsert(connection, source_profiles, rows, ["source"], only=["skew"])
