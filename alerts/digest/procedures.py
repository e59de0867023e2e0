"""The procedures of a digest: those of the themes that it is about, and those whose review is overdue."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from alerts.digest.escape import plain
from store.digest_rows import DigestProcedure

MOST = 5
"""Procedures that a line names; the others are counted."""


@dataclass(frozen=True, slots=True)
class ProcedureNote:
    """A procedure as a digest names it; `overdue_since` is the day on which its review was due, None where it is not overdue."""

    slug: str
    title: str
    version: int
    overdue_since: date | None = None

    def as_json(self) -> dict[str, Any]:
        """Write it as it is stored with a digest."""
        since = None if self.overdue_since is None else self.overdue_since.isoformat()
        return {"id": self.slug, "title": self.title, "version": self.version, "overdue_since": since}


def notes_of(rows: Iterable[DigestProcedure], day: date) -> tuple[ProcedureNote, ...]:
    """Note procedures by title, the longest overdue first; `day` decides which are overdue for review."""
    noted = [ProcedureNote(row.slug, plain(row.title), row.version, _overdue_since(row, day)) for row in rows]
    return tuple(sorted(noted, key=lambda one: (one.overdue_since or date.max, one.title.casefold(), one.slug)))


def overdue_of(
    rows: Iterable[DigestProcedure], themes: frozenset[int], day: date, *, everything: bool
) -> tuple[ProcedureNote, ...]:
    """Note the overdue procedures that are for one of an audience's themes; with `everything` also those that are for no theme."""
    concerned = [row for row in rows if not themes.isdisjoint(row.themes) or (everything and not row.themes)]
    return tuple(one for one in notes_of(concerned, day) if one.overdue_since is not None)


def procedures_line(notes: Collection[ProcedureNote]) -> str:
    """Write `Refund of a double charge (refund-double-charge, version 3; review overdue since 2026-10-01)`; empty without any."""
    named = [procedure_words(one) for one in [*notes][:MOST]]
    more = len(notes) - MOST
    return f"{'; '.join(named)}{f' and {more} more' if more > 0 else ''}." if named else ""


def procedure_words(one: ProcedureNote) -> str:
    """Write one procedure, with its version and since when its review is overdue."""
    late = "" if one.overdue_since is None else f"; review overdue since {one.overdue_since.isoformat()}"
    return f"{one.title} ({one.slug}, version {one.version}{late})"


def _overdue_since(row: DigestProcedure, day: date) -> date | None:
    return row.review_on if row.review_on is not None and row.review_on <= day else None
