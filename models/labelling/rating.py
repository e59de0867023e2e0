"""The rating of the themes as a model: coverage, balance, purity, worst themes, and what to label next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from models.labelling.precision import ThemePrecision
from models.labelling.queue import QueueCandidate
from models.labelling.sampling import allocate

WORST_SHARE = 0.1
"""Share of the themes, those with the least precision, whose mean precision is the fourth part of the rating."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelRating:
    """What labels and assignments say of the themes; shares are 0 to 1, the score 0 to 100.

    score: mean of the four parts, in percent; None as long as no ticket with a theme is labelled.
    coverage: share of tickets that have a theme.
    balance: 1 less the total variation distance of labelled tickets from all tickets over themes: 1 where they have the same mix.
    purity: precision over all tickets with a theme.
    worst: mean precision of the tenth of themes with the least precision, at least one theme.
    worst_themes: themes from the least precision on, at most ten.
    """

    score: float | None
    grade: str | None
    coverage: float
    balance: float
    purity: float | None
    worst: float | None
    worst_themes: tuple[ThemePrecision, ...]


def rate_model(
    precisions: Sequence[ThemePrecision], tickets: Mapping[int | None, int], labelled: Mapping[int | None, int]
) -> ModelRating:
    """Rate the themes by their precisions (`estimate_precision`) and by the number of tickets and of labelled ones by theme.

    The parts are those of the model rating of UiPath Communications Mining (balance, coverage, underperforming labels, all labels),
    with precision in place of average precision, since a ticket has one theme.
    """
    total = sum(tickets.values())
    coverage = 1.0 - tickets.get(None, 0) / total if total else 0.0
    balance = _balance(tickets, labelled)
    themes = sorted(
        (one for one in precisions if one.theme_id is not None), key=lambda one: (one.precision, one.theme_id)
    )
    if not themes or not any(one.labelled for one in themes):
        return ModelRating(
            score=None, grade=None, coverage=coverage, balance=balance, purity=None, worst=None, worst_themes=()
        )
    purity = next(one.precision for one in precisions if one.theme_id is None)
    worst = float(np.mean([one.precision for one in themes[: max(1, round(len(themes) * WORST_SHARE))]]))
    score = 100.0 * float(np.mean((coverage, balance, purity, worst)))
    return ModelRating(
        score=score, grade=_grade(score), coverage=coverage, balance=balance, purity=purity, worst=worst,
        worst_themes=tuple(themes[:10]),
    )  # fmt: skip


def next_cases(
    precisions: Sequence[ThemePrecision],
    candidates: Sequence[QueueCandidate],
    size: int,
    generator: np.random.Generator,
) -> list[QueueCandidate]:
    """Choose the cases whose labels make the precisions known best, of tickets that are not labelled yet.

    Themes get cases in proportion to tickets times the standard deviation of their precision, as Neyman's allocation does with that of
    a stratum (Neyman 1934); inside a theme they are chosen at random, so that they serve as an audit too. The theme with the most
    cases comes first.
    """
    open_ = {one.theme_id: one.tickets * one.deviation for one in precisions if one.theme_id is not None}
    members: dict[int, list[QueueCandidate]] = {}
    for one in sorted(candidates, key=lambda candidate: candidate.ticket_id):
        if one.theme_id is not None and one.theme_id in open_:
            members.setdefault(one.theme_id, []).append(one)
    themes = sorted(members, key=lambda theme: (-open_[theme], theme))
    needs = np.array([open_[theme] for theme in themes])
    if not len(needs) or not needs.sum():
        return []
    scaled = np.ceil(needs / needs.sum() * 1_000_000).astype(np.int64)
    given = np.minimum(allocate(scaled, size, 1.0), [len(members[theme]) for theme in themes])
    found = []
    for theme, cases in zip(themes, given, strict=True):
        chosen = generator.choice(len(members[theme]), int(cases), replace=False)
        found += [members[theme][index] for index in chosen]
    return found


def _balance(tickets: Mapping[int | None, int], labelled: Mapping[int | None, int]) -> float:
    total, chosen = sum(tickets.values()), sum(labelled.values())
    if not total or not chosen:
        return 0.0
    parts = set(tickets) | set(labelled)
    return 1.0 - sum(abs(tickets.get(one, 0) / total - labelled.get(one, 0) / chosen) for one in parts) / 2.0


def _grade(score: float) -> str:
    return "excellent" if score >= 90 else "good" if score >= 70 else "average" if score >= 50 else "poor"
