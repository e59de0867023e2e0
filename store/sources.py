"""What is known of the sources of events: how fine their times are, and how far their clocks are ahead."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, exists, select

from store.schema import source_profiles, tickets
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
