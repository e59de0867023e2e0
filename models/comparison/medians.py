"""Medians of resolution times on the same case mix: standardised survival functions and their bootstrap."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from models.arrays import Floats
from models.comparison.adjusted import CellFigures, adjust, day_effects
from models.comparison.case_mix import Support, find_support
from models.comparison.cells import CellGrid, Stratum, TimeCell, make_grid
from models.comparison.curves import StandardizedCurves
from models.comparison.kaplan_meier import make_axis, median
from models.comparison.limits import Interval
from models.comparison.report import CaseMixReport, GroupFigures, Measure, SampleCheck, TestedDifference
from models.comparison.reversals import ReversalFigures, SimpsonReversal, find_reversals
from models.comparison.rules import ComparisonRules
from models.comparison.sentences import few_tickets
from models.comparison.statements import Findings, comparisons, make_report
from models.metrics.survival import product_limit


def compare_medians(
    cells: Sequence[TimeCell],
    generator: np.random.Generator,
    rules: ComparisonRules | None = None,
    *,
    reference: str | None = None,
    standard: Mapping[Stratum, float] | None = None,
) -> CaseMixReport:
    """Compare the median times of groups on the same case mix, tickets that are still open included.

    The survival function of a group on the common case mix is the mean of its Kaplan-Meier estimates by stratum, weighted by the case
    mix; the median is the first time at which it is one half or less. `StandardizedCurves` says what is done in strata that are put
    together. Intervals are percentiles of a bootstrap that draws tickets within groups and
    strata; all others are compared with by their mean survival function.

    generator: of the bootstrap; the same one gives the same report. Other parameters and errors are as for `compare_rates`.

    References
    ----------
    Nieto and Coresh 1996, American Journal of Epidemiology 143 (adjusted survival curves); Efron 1981, JASA 76 (bootstrap of censored
    data).
    """
    rules = rules or ComparisonRules()
    grid = make_grid(cells, rules.dimensions)
    if reference is not None:
        grid.row(reference)
    support = find_support(grid, rules, reference, standard)
    curves = StandardizedCurves(grid, support, cells, make_axis(cells))
    return _Medians(grid, support, curves, _unit_variances(grid, support), rules, reference).report(generator)


@dataclass(frozen=True, slots=True)
class _Medians:
    grid: CellGrid
    support: Support
    curves: StandardizedCurves
    unit: Floats
    rules: ComparisonRules
    reference: str | None

    def report(self, generator: np.random.Generator) -> CaseMixReport:
        if not self.support.blocks:
            figures = [self._unadjusted(at) for at in range(len(self.grid.groups))]
            return make_report(self._findings(figures, {}, 0, ()), self.rules)
        names = [self.grid.groups[row] for row in self.support.groups]
        curves = self.curves.all()
        drawn = self.curves.drawn(generator, self.rules.replicates, self._effects())
        medians = median(self.curves.axis, drawn)
        samples = [self._sample(at, medians[at]) for at in range(len(names))]
        figures = [self._unadjusted(at) for at in range(len(self.grid.groups))]
        for at, row in enumerate(self.support.groups):
            figures[row] = self._adjusted(int(row), curves[at], medians[at], samples[at])
        judged = self._judged(samples)
        references = {at: self._reference(at, curves, drawn) for at in range(len(names)) if judged}
        testable = [
            at
            for at, (_, others) in references.items()
            if names[at] != self.reference and samples[at].enough and self._reached(others)
        ]
        count = comparisons(names, [names[at] for at in testable], self.reference)
        tested = {
            names[at]: self._tested(float(median(self.curves.axis, curves[at])), medians[at], references[at], count)
            for at in testable
        }
        return make_report(self._findings(figures, tested, count, self._reversals(curves, medians)), self.rules)

    def _findings(
        self,
        figures: list[GroupFigures],
        tested: Mapping[str, TestedDifference],
        count: int,
        reversals: tuple[SimpsonReversal, ...],
    ) -> Findings:
        return Findings(
            measure=Measure.MEDIAN,
            reference=self.reference,
            mix=self.support.mix,
            figures=figures,
            tested=tested,
            comparisons=count,
            reversals=reversals,
        )

    def _judged(self, samples: Sequence[SampleCheck]) -> bool:
        """Return whether the named reference has a sample that others can be compared with."""
        if self.reference is None:
            return True
        names = [self.grid.groups[row] for row in self.support.groups]
        return self.reference in names and samples[names.index(self.reference)].enough

    def _crude(self, row: int, strata: Sequence[int]) -> float | None:
        """Return the median of a group over some strata, on its own case mix; None where less than half is resolved."""
        resolved, unresolved = self.curves.counts(row, strata)
        return _known(float(median(self.curves.axis, product_limit(resolved, resolved + unresolved))))

    def _unadjusted(self, row: int) -> GroupFigures:
        return GroupFigures(
            group=self.grid.groups[row],
            tickets=int(self.grid.tickets[row].sum()),
            comparable_tickets=0,
            unadjusted=self._crude(row, range(len(self.grid.strata))),
        )

    def _adjusted(self, row: int, curve: Floats, medians: Floats, sample: SampleCheck) -> GroupFigures:
        unadjusted = self._unadjusted(row)
        adjusted = _known(float(median(self.curves.axis, curve)))
        return GroupFigures(
            group=unadjusted.group,
            tickets=unadjusted.tickets,
            comparable_tickets=int(self.grid.tickets[row, self._inside()].sum()),
            unadjusted=unadjusted.unadjusted,
            unadjusted_comparable=self._crude(row, self._inside()),
            adjusted=adjusted,
            interval=_percentiles(medians, self.rules.confidence) if adjusted is not None else None,
            sample=sample,
        )

    def _inside(self) -> list[int]:
        return [member for block in self.support.blocks for member in block.members]

    def _sample(self, at: int, medians: Floats) -> SampleCheck:
        effective = float(1.0 / self.unit[at] / self._effects()[at])
        resolved, unresolved = self.curves.counts(int(self.support.groups[at]), self._inside())
        expected = effective * float(resolved.sum()) / float(resolved.sum() + unresolved.sum())
        if effective < self.rules.least_effective:
            return SampleCheck(effective, expected, few_tickets(effective, self.rules))
        if not self._reached(medians):
            return SampleCheck(
                effective, expected, "too many of its tickets are still open for a median with an interval."
            )
        return SampleCheck(effective, expected)

    def _effects(self) -> Floats:
        """Return how many times dependent tickets enlarge the variance of each group, shape (groups,)."""
        return self.rules.design_effect * day_effects(self.unit, self.rules)

    def _reached(self, medians: Floats) -> bool:
        return float(np.isinf(medians).mean()) <= (1.0 - self.rules.confidence) / 2.0

    def _reference(self, at: int, curves: Floats, drawn: Floats) -> tuple[float, Floats]:
        """Return the median that a group is compared with, and its replicates, shape (replicates,)."""
        names = [self.grid.groups[row] for row in self.support.groups]
        if self.reference is not None:
            other = names.index(self.reference)
            return float(median(self.curves.axis, curves[other])), median(self.curves.axis, drawn[other])
        tickets = self.grid.tickets[self.support.groups][:, self._inside()].sum(axis=1)
        tickets[at] = 0.0
        share = tickets / tickets.sum()
        return (
            float(median(self.curves.axis, share @ curves)),
            median(self.curves.axis, np.tensordot(share, drawn, axes=1)),
        )

    def _tested(self, value: float, medians: Floats, against: tuple[float, Floats], count: int) -> TestedDifference:
        reference, others = against
        finite = np.isfinite(medians) & np.isfinite(others)
        gaps = medians[finite] - others[finite]
        confidence = self.rules.confidence
        positive = reference > 0.0 and bool((others[finite] > 0.0).all())
        return TestedDifference(
            reference=reference,
            difference=value - reference,
            interval=_percentiles(gaps, confidence),
            simultaneous=_percentiles(gaps, 1.0 - (1.0 - confidence) / max(count, 1)),
            ratio=value / reference if positive else None,
            ratio_interval=_percentiles(medians[finite] / others[finite], confidence) if positive else None,
            p_value=_two_sided(gaps),
        )

    def _reversals(self, curves: Floats, medians: Floats) -> tuple[SimpsonReversal, ...]:
        blocks, rows = self.support.blocks, self.support.groups
        inside = self._inside()
        crude = [self._crude(int(row), inside) for row in rows]
        figures = ReversalFigures(
            names=[self.grid.groups[row] for row in rows],
            unadjusted=np.array([np.nan if one is None else one for one in crude]),
            adjusted=median(self.curves.axis, curves),
            tickets=np.stack([self.grid.tickets[rows][:, list(block.members)].sum(axis=1) for block in blocks], axis=1),
            figures=np.stack([median(self.curves.axis, self.curves.block(block)) for block in blocks], axis=1),
            weights=np.array([self.support.weights[list(block.members)].sum() for block in blocks]),
        )
        return find_reversals(figures, blocks, lambda one, other: _two_sided(_finite(medians[one] - medians[other])))


def _unit_variances(grid: CellGrid, support: Support) -> Floats:
    """Return the variance of the adjusted mean of a figure whose variance is 1, shape (groups,)."""
    tickets = grid.tickets[support.groups]
    ones = np.ones(tickets.shape)
    found: Floats = np.diag(adjust(CellFigures(tickets, ones, ones, ones), support).unit)
    return found


def _known(value: float) -> float | None:
    return value if np.isfinite(value) else None


def _finite(values: Floats) -> Floats:
    found: Floats = values[np.isfinite(values)]
    return found


def _percentiles(values: Floats, confidence: float) -> Interval:
    tail = (1.0 - confidence) / 2.0
    # The nearest replicates on the outer side: between an infinite one and a finite one nothing is interpolated.
    ranked = np.sort(values)
    last = len(ranked) - 1
    return float(ranked[int(np.floor(tail * last))]), float(ranked[int(np.ceil((1.0 - tail) * last))])


def _two_sided(gaps: Floats) -> float:
    """Return the two-sided p-value of a difference from its bootstrap replicates (Davison and Hinkley 1997, section 4.4)."""
    with np.errstate(invalid="ignore"):
        low, high = int((gaps <= 0.0).sum()), int((gaps >= 0.0).sum())
    return float(min(2.0 * (1 + min(low, high)) / (len(gaps) + 1), 1.0))
