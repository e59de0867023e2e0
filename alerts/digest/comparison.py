"""What changed since the digest before: an item is new, growing, steady or fading; what is gone is resolved."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from models.times import parse_rfc3339
from store.digests import DigestKind, DigestWindow

GROWTH = 1.25
"""From so many times the pace of the digest before on an item is growing, and below its inverse it is fading."""

LEAST_DIFFERENCE = 3.0
"""Tickets by which a pace must differ over the window: below it, chance alone makes the difference."""


class Trend(StrEnum):
    """What became of an item since the digest before; the values are shown to people."""

    NEW = "new"
    GROWING = "growing"
    STEADY = "steady"
    FADING = "fading"


@dataclass(frozen=True, slots=True)
class ItemFigures:
    """The figures of an item that digests compare: its excess over the window in tickets, and whether a signal of it is open."""

    theme_id: int
    excess: float
    open: bool
    hours: float


@dataclass(frozen=True, slots=True)
class PreviousItems:
    """The items of the digest before, by theme, and its window and kind."""

    window: DigestWindow
    kind: DigestKind
    items: Mapping[int, ItemFigures]

    @classmethod
    def of(cls, facts: Mapping[str, Any]) -> PreviousItems:
        """Read the facts that a digest was stored with."""
        start, end = (parse_rfc3339(facts[name]) for name in ("start", "end"))
        window = DigestWindow(start, end)
        hours = window.span.total_seconds() / 3600
        items = {
            int(one["theme_id"]): ItemFigures(
                int(one["theme_id"]), float(one["observed"]) - float(one["expected"] or 0.0), bool(one["open"]), hours
            )
            for one in facts["items"]
        }
        return cls(window, DigestKind(facts["kind"]), items)


def trend_of(now: ItemFigures, previous: PreviousItems | None) -> Trend | None:
    """Compare an item with the digest before; None where there is none.

    Digests that cover the same launch from its start on are compared by what was added since: the excess of the last hours against
    the pace of the hours before.
    """
    if previous is None:
        return None
    before = previous.items.get(now.theme_id)
    if before is None:
        return Trend.NEW
    hours, excess = now.hours, now.excess
    if previous.kind is DigestKind.LAUNCH_DAY:
        hours, excess = now.hours - before.hours, now.excess - before.excess
    if hours <= 0:
        return Trend.STEADY
    usual = before.excess / before.hours * hours
    if excess >= GROWTH * usual and excess - usual >= LEAST_DIFFERENCE:
        return Trend.GROWING
    if before.open and not now.open:
        return Trend.FADING
    return Trend.FADING if excess <= usual / GROWTH and usual - excess >= LEAST_DIFFERENCE else Trend.STEADY


def resolved_since(previous: PreviousItems | None, reported: Iterable[int]) -> tuple[int, ...]:
    """Return the themes of the digest before that are no item any more."""
    if previous is None:
        return ()
    return tuple(sorted(previous.items.keys() - set(reported)))
