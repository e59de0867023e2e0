"""Agreement of labellers: Krippendorff's alpha, in total, by theme and by labeller, with bootstrap intervals."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from models.arrays import Floats
from models.labelling.case_label import CaseLabel, latest_labels
from models.labelling.label_set import LabelQuestion, MeasurementLevel

REPLICATES = 999
"""Of the bootstrap."""

_PAIR = "\n"
"""Between a ticket and a labeller that another is compared with."""

LEAST_CASES = 2
"""Cases with two labels or more, below which there is no alpha."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AgreementFigure:
    """Krippendorff's alpha of one question in one group; `group` is None for all cases.

    `alpha` is 1 for perfect agreement, 0 for what chance gives, and negative below that; None where fewer than two cases have two
    labels, or all labels are equal, of which alpha says nothing. `low` and `high` bound 95 %. `same` is the share of pairs that agree.
    """

    question: str
    by: str
    group: str | None
    cases: int
    alpha: float | None
    low: float | None
    high: float | None
    same: float | None


def value_counts(labels: Iterable[CaseLabel], question: LabelQuestion) -> Floats:
    """Count the labellers that gave each value to each case: shape (cases, values); cases with fewer than two labels are left out.

    Ordinal values are in the order of the question; others in the order of their names.
    """
    return _counted(labels, question)[1]


def krippendorff_alpha(counts: Floats, level: MeasurementLevel = MeasurementLevel.NOMINAL) -> float | None:
    """Compute Krippendorff's alpha of counts of shape (cases, values); None where it is not defined.

    Krippendorff 2011, "Computing Krippendorff's Alpha-Reliability", by the package `krippendorff`.
    """
    import krippendorff

    used = counts[counts.sum(axis=1) > 1]
    if len(used) < LEAST_CASES or np.count_nonzero(used.sum(axis=0)) < 2:
        return None
    return float(krippendorff.alpha(value_counts=used, level_of_measurement=level.value))


def bootstrap_alphas(counts: Floats, weights: Floats, level: MeasurementLevel = MeasurementLevel.NOMINAL) -> Floats:
    """Compute the alpha of each resample of cases: `weights` of shape (resamples, cases) says how often each case is drawn.

    Result of shape (resamples,), nan where all drawn labels are equal. With weights of one it is `krippendorff_alpha`.
    """
    sizes = counts.sum(axis=1)
    used, drawn = counts[sizes > 1], weights[:, sizes > 1]
    sizes = sizes[sizes > 1, None]
    totals = drawn @ used
    number = totals.sum(axis=1)
    if level is MeasurementLevel.NOMINAL:
        equal = (used * (used - 1.0) / (sizes - 1.0)).sum(axis=1)
        observed = number - drawn @ equal
        expected = (number**2 - (totals**2).sum(axis=1)) / (number - 1.0)
    else:
        pairs = used[:, :, None] * used[:, None, :] - used[:, :, None] * np.eye(used.shape[1])
        coincidences = (drawn @ (pairs / (sizes[:, :, None] - 1.0)).reshape(len(used), -1)).reshape(
            len(drawn), *pairs.shape[1:]
        )
        distances = _ordinal_distances(totals)
        observed = (coincidences * distances).sum(axis=(1, 2))
        expected = (totals[:, :, None] * totals[:, None, :] * distances).sum(axis=(1, 2)) / (number - 1.0)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(expected > 0.0, 1.0 - observed / expected, np.nan)


def measure_agreement(
    labels: Sequence[CaseLabel],
    question: LabelQuestion,
    themes: Mapping[str, str],
    generator: np.random.Generator,
    replicates: int = REPLICATES,
) -> list[AgreementFigure]:
    """Measure agreement on a question: of all cases, then by theme, then of each labeller with the others.

    Only blind labels count: a labeller who saw another's label is not independent of it. `themes` names the group of each ticket.
    A labeller's alpha compares the labeller with each other labeller, on the cases that both labelled. Intervals are percentiles of a
    bootstrap of cases (Zapf et al. 2016, "Measuring inter-rater reliability for nominal data", BMC Medical Research Methodology 16:93).
    """
    blind = [one for one in latest_labels(labels) if one.blind and one.question == question.name]
    found = [_figure(question, "all", None, _counted(blind, question), generator, replicates)]
    for theme in sorted({themes[one.ticket_id] for one in blind if one.ticket_id in themes}):
        inside = [one for one in blind if themes.get(one.ticket_id) == theme]
        found.append(_figure(question, "theme", theme, _counted(inside, question), generator, replicates))
    for labeller in sorted({one.labeller for one in blind}):
        counted = _counted(_pairs_with(blind, labeller), question)
        found.append(_figure(question, "labeller", labeller, counted, generator, replicates))
    return found


def _counted(labels: Iterable[CaseLabel], question: LabelQuestion) -> tuple[list[str], Floats]:
    """The ids of the cases with two labels or more, and their counts."""
    said: dict[str, list[str]] = {}
    for one in latest_labels(labels):
        if one.question == question.name:
            said.setdefault(one.ticket_id, []).append(one.value)
    paired = {case: values for case, values in said.items() if len(values) > 1}
    given = {value for values in paired.values() for value in values}
    domain = [*question.values, *sorted(given - set(question.values))]
    places = {value: index for index, value in enumerate(domain)}
    counts = np.zeros((len(paired), len(domain)))
    for row, values in enumerate(paired.values()):
        for value in values:
            counts[row, places[value]] += 1
    return list(paired), counts


def _pairs_with(labels: Sequence[CaseLabel], labeller: str) -> list[CaseLabel]:
    """The labels of a labeller and one other at a time: each pair is a case of its own."""
    own = {one.ticket_id: one for one in labels if one.labeller == labeller}
    found = []
    for one in labels:
        if one.labeller != labeller and one.ticket_id in own:
            pair = f"{one.ticket_id}{_PAIR}{one.labeller}"
            found += [replace(own[one.ticket_id], ticket_id=pair), replace(one, ticket_id=pair)]
    return found


def _figure(
    question: LabelQuestion,
    by: str,
    group: str | None,
    counted: tuple[list[str], Floats],
    generator: np.random.Generator,
    replicates: int,
) -> AgreementFigure:
    cases, counts = counted
    tickets, places = np.unique([one.split(_PAIR)[0] for one in cases], return_inverse=True)
    alpha, low, high, same = krippendorff_alpha(counts, question.level), None, None, None
    if len(counts):
        sizes = counts.sum(axis=1)
        same = float((counts * (counts - 1.0)).sum() / (sizes * (sizes - 1.0)).sum())
    if alpha is not None:
        weights = generator.multinomial(len(tickets), np.full(len(tickets), 1.0 / len(tickets)), replicates)
        drawn = bootstrap_alphas(counts, weights[:, places].astype(np.float64), question.level)
        if np.isfinite(drawn).any():
            low, high = (float(one) for one in np.nanquantile(drawn, (0.025, 0.975)))
    return AgreementFigure(
        question=question.name, by=by, group=group, cases=len(tickets), alpha=alpha, low=low, high=high, same=same
    )


def _ordinal_distances(totals: Floats) -> Floats:
    """Squared ordinal distances of values, from the number of each: shape (resamples, values, values)."""
    middles = np.cumsum(totals, axis=1) - totals / 2.0
    return (middles[:, :, None] - middles[:, None, :]) ** 2
