"""Lateness: how many events of each source came too late, by how much, and why, in one sentence."""

from __future__ import annotations

from array import array
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from statistics import median

SHARE = 0.02
"""Share of late events of a run above which the reason is given."""


@dataclass
class SourceLateness:
    """The events of one source that were stored; `delays` are the seconds by which each late one missed its epoch."""

    stored: int = 0
    delays: array[float] = field(default_factory=lambda: array("d"))

    @property
    def late(self) -> int:
        """How many were late."""
        return len(self.delays)

    @property
    def worst(self) -> timedelta:
        """The longest delay."""
        return timedelta(seconds=max(self.delays, default=0.0))

    @property
    def typical(self) -> timedelta:
        """The median delay."""
        return timedelta(seconds=median(self.delays) if self.delays else 0.0)


@dataclass
class Lateness:
    """The lateness of each source, by its name."""

    sources: dict[str, SourceLateness] = field(default_factory=dict)

    def note(self, source: str, behind: timedelta | None) -> None:
        """Count a stored event; `behind` is how long before the first open epoch it is, None where it is not late."""
        one = self.sources.setdefault(source, SourceLateness())
        one.stored += 1
        if behind is not None:
            one.delays.append(behind.total_seconds())

    def add(self, other: Lateness) -> None:
        """Add another batch's figures."""
        for source, found in other.sources.items():
            one = self.sources.setdefault(source, SourceLateness())
            one.stored += found.stored
            one.delays.extend(found.delays)


def late_sentence(lateness: Lateness, record: timedelta | None) -> str | None:
    """Say how many events of a run were late and, where these are more than 2 %, why; None where none was.

    record: how much event time the database held when the run began; what is further behind is older than the record.
    """
    late, stored = (sum(getattr(one, name) for one in lateness.sources.values()) for name in ("late", "stored"))
    if not late:
        return None
    found = f"{late:,} of {stored:,} events were later than allowed: counted, but what they belong to was decided without them"
    if late <= SHARE * stored:
        return found + "."
    source, worst = max(lateness.sources.items(), key=lambda one: (one[1].late, one[0]))
    return f"{found}. {_reason(lateness.sources, record, late)}. {_of_source(source, worst)}."


def _reason(sources: Mapping[str, SourceLateness], record: timedelta | None, late: int) -> str:
    older = sum(delay > record.total_seconds() for one in sources.values() for delay in one.delays) if record else 0
    if not older:
        return f"{late:,} are behind what is mined already; ingest all files of one history in one command, or correct the slow source"
    rest = f", {late - older:,} are behind what is mined already" if late > older else ""
    return (
        f"{older:,} are older than the record of this database{rest}; `groundswell ingest --history` takes such events "
        "as history when they come for the first time"
    )


def _of_source(source: str, found: SourceLateness) -> str:
    return (
        f"Most of them are of {source}: {found.late:,} of its {found.stored:,} events, typically {_span(found.typical)} behind, "
        f"at most {_span(found.worst)}"
    )


def _span(delay: timedelta) -> str:
    minutes = delay.total_seconds() / 60
    for size, name in ((1_440, "days"), (60, "hours")):
        if minutes >= 2 * size:
            return f"{minutes / size:,.0f} {name}"
    return f"{max(minutes, 1):,.0f} minutes"
