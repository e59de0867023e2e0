"""Queues: which cases are labelled next, chosen by chance that is passed in, so that the same generator chooses the same cases."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from models.arrays import Ints
from models.labelling.sampling import allocate, confidence_bands


class QueueKind(StrEnum):
    """How the cases of a queue are chosen."""

    UNCERTAIN = "uncertain"
    """Those that were assigned with the least confidence."""
    AUDIT = "audit"
    """At random, stratified by theme and confidence: what precision and coverage are estimated from."""
    DISPUTED = "disputed"
    """Those on which labellers disagree and that nobody has adjudicated."""
    THEME = "theme"
    """At random from one theme."""
    AI_HANDLED = "ai_handled"
    """At random from what AI handled, stratified by theme; with a baseline, as many from what persons handled."""
    CALIBRATION = "calibration"
    """Those that have gold labels: each labeller labels all of them, and then sees the gold label."""
    LISTED = "listed"
    """Those that were listed by their ids, as an import does."""


DRAWN = (QueueKind.AUDIT, QueueKind.UNCERTAIN, QueueKind.DISPUTED, QueueKind.THEME, QueueKind.AI_HANDLED)
"""Kinds whose cases are drawn from the tickets."""


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueCandidate:
    """A ticket that may be chosen: its theme (None: unthemed), the confidence of its assignment, 0 to 1, and who handled it."""

    ticket_id: str
    theme_id: int | None
    confidence: float
    handled_by: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueCase:
    """A chosen ticket: its stratum and the number of tickets that it represents; None where it was not chosen at random."""

    ticket_id: str
    theme_id: int | None
    confidence: float
    stratum: str | None = None
    weight: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditDesign:
    """How an audit is stratified: the largest themes are strata of their own, the other themes one, and unthemed tickets one.

    `power` shares the cases out (`allocate`).
    """

    largest: int = 20
    power: float = 0.0


HUMAN = frozenset({"human", "vendor"})
"""Values of `handled_by` that are the human baseline."""


def choose_uncertain(
    candidates: Sequence[QueueCandidate], size: int, generator: np.random.Generator
) -> list[QueueCase]:
    """Choose the tickets with the least confidence, by chance among equal ones."""
    ordered = _in_order(candidates)
    chance = generator.random(len(ordered))
    order = np.lexsort((chance, np.array([one.confidence for one in ordered])))[:size]
    return [_case(ordered[index]) for index in order]


def choose_audit(
    candidates: Sequence[QueueCandidate], size: int, generator: np.random.Generator, design: AuditDesign | None = None
) -> list[QueueCase]:
    """Choose at random, stratified by theme and, inside it, by bands of confidence; in random order.

    The weight of a case is the size of its band over the cases chosen from it.
    """
    design = design or AuditDesign()
    ordered = _in_order(candidates)
    strata = _theme_strata(ordered, design.largest)
    names = sorted(set(strata))
    members = [np.flatnonzero([one == name for one in strata]) for name in names]
    given = allocate(np.array([len(one) for one in members], np.int64), size, design.power)
    found = []
    for name, inside, cases in zip(names, members, given, strict=True):
        found += _from_bands(ordered, inside, name, int(cases), generator)
    return _shuffled(found, generator)


def choose_disputed(
    candidates: Sequence[QueueCandidate],
    disputed: Mapping[str, Sequence[str]],
    size: int,
    generator: np.random.Generator,
) -> list[QueueCase]:
    """Choose the disputed tickets, those with the most disputed questions first, by chance among equal ones."""
    ordered = [one for one in _in_order(candidates) if one.ticket_id in disputed]
    chance = generator.random(len(ordered))
    order = np.lexsort((chance, np.array([-len(disputed[one.ticket_id]) for one in ordered])))[:size]
    return [_case(ordered[index]) for index in order]


def choose_theme(
    candidates: Sequence[QueueCandidate], theme_id: int, size: int, generator: np.random.Generator
) -> list[QueueCase]:
    """Choose at random from one theme, without replacement, each ticket with the same chance."""
    ordered = [one for one in _in_order(candidates) if one.theme_id == theme_id]
    return _simple(ordered, f"theme {theme_id}", size, generator)


def choose_ai_handled(
    candidates: Sequence[QueueCandidate], size: int, generator: np.random.Generator, *, baseline: bool = False
) -> list[QueueCase]:
    """Choose tickets that AI handled, stratified by theme; with `baseline`, half of the cases are of persons, in the same themes.

    The order is random, so that it does not tell who handled a case.
    """
    ordered = [one for one in _in_order(candidates) if one.theme_id is not None]
    of_ai = [one for one in ordered if one.handled_by == "ai"]
    found = _by_theme(of_ai, "ai", size - size // 2 if baseline else size, generator)
    if baseline:
        themes = {one.theme_id for one in of_ai}
        of_persons = [one for one in ordered if one.handled_by in HUMAN and one.theme_id in themes]
        found += _by_theme(of_persons, "human", size // 2, generator)
    return _shuffled(found, generator)


def _in_order(candidates: Sequence[QueueCandidate]) -> list[QueueCandidate]:
    return sorted(candidates, key=lambda one: one.ticket_id)


def _theme_strata(candidates: Sequence[QueueCandidate], largest: int) -> list[str]:
    sizes: dict[int, int] = {}
    for one in candidates:
        if one.theme_id is not None:
            sizes[one.theme_id] = sizes.get(one.theme_id, 0) + 1
    own = set(sorted(sizes, key=lambda theme: (-sizes[theme], theme))[:largest])
    return [
        "unthemed" if one.theme_id is None else f"theme {one.theme_id}" if one.theme_id in own else "other themes"
        for one in candidates
    ]


def _from_bands(
    candidates: Sequence[QueueCandidate], inside: Ints, name: str, cases: int, generator: np.random.Generator
) -> list[QueueCase]:
    bands = confidence_bands(np.array([candidates[index].confidence for index in inside]), cases)
    numbers = range(int(bands.max()) + 1 if len(bands) else 0)
    given = allocate(np.bincount(bands, minlength=len(numbers)), cases)
    found = []
    for band in numbers:
        members = [candidates[index] for index in inside[bands == band]]
        found += _simple(members, f"{name}, band {band + 1} of {len(numbers)}", int(given[band]), generator)
    return found


def _by_theme(
    candidates: Sequence[QueueCandidate], handler: str, size: int, generator: np.random.Generator
) -> list[QueueCase]:
    themes = sorted({one.theme_id for one in candidates if one.theme_id is not None})
    members = [[one for one in candidates if one.theme_id == theme] for theme in themes]
    given = allocate(np.array([len(one) for one in members], np.int64), size, 0.5)
    found = []
    for theme, inside, cases in zip(themes, members, given, strict=True):
        found += _simple(inside, f"{handler}, theme {theme}", int(cases), generator)
    return found


def _simple(
    candidates: Sequence[QueueCandidate], stratum: str, size: int, generator: np.random.Generator
) -> list[QueueCase]:
    size = min(size, len(candidates))
    if not size:
        return []
    chosen = generator.choice(len(candidates), size, replace=False)
    return [_case(candidates[index], stratum, len(candidates) / size) for index in chosen]


def _shuffled(cases: list[QueueCase], generator: np.random.Generator) -> list[QueueCase]:
    return [cases[index] for index in generator.permutation(len(cases))]


def _case(one: QueueCandidate, stratum: str | None = None, weight: float | None = None) -> QueueCase:
    return QueueCase(
        ticket_id=one.ticket_id, theme_id=one.theme_id, confidence=one.confidence, stratum=stratum, weight=weight
    )
