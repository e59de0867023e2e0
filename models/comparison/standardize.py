"""Direct standardisation of rates and means: groups compared on the same case mix, with the delta method."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from models.arrays import Floats
from models.comparison.adjusted import PRIOR_TICKETS, AdjustedFigures, CellFigures, adjust, enlarge
from models.comparison.case_mix import Support, find_support
from models.comparison.cells import CellGrid, MeanCell, RateCell, Stratum, make_grid, spread
from models.comparison.limits import AdjustedFigure, Contrast
from models.comparison.report import CaseMixReport, GroupFigures, Measure, SampleCheck, TestedDifference
from models.comparison.reversals import ReversalFigures, SimpsonReversal, find_reversals
from models.comparison.rules import ComparisonRules
from models.comparison.sentences import few_tickets
from models.comparison.statements import Findings, comparisons, make_report


def compare_rates(
    cells: Sequence[RateCell],
    rules: ComparisonRules | None = None,
    *,
    reference: str | None = None,
    standard: Mapping[Stratum, float] | None = None,
) -> CaseMixReport:
    """Compare the rates of groups on the same case mix.

    cells: one for each group and stratum; several of one are added up. reference: the group that the others are compared with; None for
    all others of each. standard: weights of strata, of any sum; the tickets of the compared groups where it is None.

    Variances are binomial; that of a cell is estimated with two tickets more that have the rate of all groups in the stratum, and
    corrected for the bias of that. Intervals are Wilson's with the effective sample size and quantiles of Student's t, those of
    differences and ratios are recovered from them.

    Raises ValueError for cells that contradict the dimensions, more successes than tickets, and an unknown reference.
    """
    rules = rules or ComparisonRules()
    grid = make_grid(cells, rules.dimensions)
    successes = spread(grid, cells, [cell.successes for cell in cells])
    wrong = np.argwhere((successes < 0) | (successes > grid.tickets))
    if len(wrong):
        group, at = wrong[0]
        raise ValueError(
            f"Group {grid.groups[group]!r} has {successes[group, at]:.0f} successes of {grid.tickets[group, at]:.0f} tickets in "
            f"{grid.strata[at]!r}; there can be none below 0 and no more than tickets."
        )
    support = _support(grid, rules, reference, standard)
    figures = _rate_figures(grid.tickets[support.groups], successes[support.groups], rules.design_effect)
    return _Linear(Measure.RATE, grid, support, figures, successes, rules, reference).report()


def compare_means(
    cells: Sequence[MeanCell],
    rules: ComparisonRules | None = None,
    *,
    reference: str | None = None,
    standard: Mapping[Stratum, float] | None = None,
) -> CaseMixReport:
    """Compare the means of groups on the same case mix; parameters and errors as for `compare_rates`.

    The variance of a cell has two degrees of freedom more that have the variance within the stratum; limits are those of Student's t
    with Satterthwaite's degrees of freedom. For times, whose few largest values decide a mean, `compare_medians` is more certain.
    """
    rules = rules or ComparisonRules()
    grid = make_grid(cells, rules.dimensions)
    totals = spread(grid, cells, [cell.total for cell in cells])
    squares = spread(grid, cells, [cell.squares for cell in cells])
    support = _support(grid, rules, reference, standard)
    rows = support.groups
    figures = _mean_figures(grid.tickets[rows], totals[rows], squares[rows], rules.design_effect)
    return _Linear(Measure.MEAN, grid, support, figures, totals, rules, reference).report()


def _support(
    grid: CellGrid, rules: ComparisonRules, reference: str | None, standard: Mapping[Stratum, float] | None
) -> Support:
    if reference is not None:
        grid.row(reference)
    return find_support(grid, rules, reference, standard)


def _rate_figures(tickets: Floats, successes: Floats, design_effect: float) -> CellFigures:
    mean = successes / np.maximum(tickets, 1.0)
    overall = successes.sum() / max(tickets.sum(), 1.0)
    pooled = (successes.sum(axis=0) + overall) / (tickets.sum(axis=0) + 1.0)
    smoothed = (successes + PRIOR_TICKETS * pooled) / (tickets + PRIOR_TICKETS)
    # The expectation of p(1 - p) of the smoothed rate is too small by this factor where groups are alike.
    bias = 1.0 - tickets / (tickets + PRIOR_TICKETS) ** 2
    spread = smoothed * (1.0 - smoothed)
    # The variance of p(1 - p) over its square is (1 - 2p)^2 / (n p (1 - p)), that of a chi-square over its square 2 / freedom.
    freedom = 2.0 * (tickets + PRIOR_TICKETS) * spread / np.maximum((1.0 - 2.0 * smoothed) ** 2, 1e-3)
    return CellFigures(tickets, mean, design_effect * spread / bias, np.maximum(freedom, 1e-3))


def _mean_figures(tickets: Floats, totals: Floats, squares: Floats, design_effect: float) -> CellFigures:
    mean = totals / np.maximum(tickets, 1.0)
    deviations = np.where(tickets > 0, np.maximum(squares - tickets * mean**2, 0.0), 0.0)
    freedom = np.maximum(tickets - 1.0, 0.0)
    overall = deviations.sum() / max(freedom.sum(), 1.0)
    within = (deviations.sum(axis=0) + overall) / (freedom.sum(axis=0) + 1.0)
    variance = (deviations + PRIOR_TICKETS * within) / (freedom + PRIOR_TICKETS)
    return CellFigures(tickets, mean, design_effect * variance, freedom + PRIOR_TICKETS)


@dataclass(frozen=True, slots=True)
class _Linear:
    """A comparison of figures that are linear in the means of cells. totals: sums of the figure, shape (groups, strata) of the grid."""

    measure: Measure
    grid: CellGrid
    support: Support
    cells: CellFigures
    totals: Floats
    rules: ComparisonRules
    reference: str | None

    def report(self) -> CaseMixReport:
        names = [self.grid.groups[at] for at in self.support.groups]
        if not self.support.blocks:
            return make_report(
                self._findings([self._unadjusted(at) for at in range(len(self.grid.groups))]), self.rules
            )
        found = enlarge(adjust(self.cells, self.support), self.rules)
        samples = {name: self._sample(found, np.eye(len(names))[at]) for at, name in enumerate(names)}
        figures = [
            self._unadjusted(at) if name not in samples else self._adjusted(found, names.index(name), samples[name])
            for at, name in enumerate(self.grid.groups)
        ]
        testable = [
            at
            for at, name in enumerate(names)
            if name != self.reference
            and samples[name].enough
            and (self.reference is None or self.reference in names)
            and self._sample(found, self._others(at)).enough
        ]
        count = comparisons(names, [names[at] for at in testable], self.reference)
        tested = {names[at]: self._tested(found, at, count) for at in testable}
        return make_report(self._findings(figures, tested, count, found), self.rules)

    def _findings(
        self,
        figures: list[GroupFigures],
        tested: Mapping[str, TestedDifference] | None = None,
        count: int = 0,
        found: AdjustedFigures | None = None,
    ) -> Findings:
        return Findings(
            measure=self.measure,
            reference=self.reference,
            mix=self.support.mix,
            figures=figures,
            tested=tested or {},
            comparisons=count,
            reversals=() if found is None else self._reversals(found),
        )

    def _unadjusted(self, row: int) -> GroupFigures:
        tickets = self.grid.tickets[row].sum()
        return GroupFigures(
            group=self.grid.groups[row],
            tickets=int(tickets),
            comparable_tickets=0,
            unadjusted=float(self.totals[row].sum() / tickets) if tickets else None,
        )

    def _adjusted(self, found: AdjustedFigures, at: int, sample: SampleCheck) -> GroupFigures:
        row = int(self.support.groups[at])
        figure = self._figure(found, np.eye(len(found.value))[at])
        unadjusted = self._unadjusted(row)
        contrast = Contrast(figure, AdjustedFigure(value=0.0, variance=0.0))
        return GroupFigures(
            group=unadjusted.group,
            tickets=unadjusted.tickets,
            comparable_tickets=int(self.cells.tickets[at, self._inside()].sum()),
            unadjusted=unadjusted.unadjusted,
            unadjusted_comparable=float(self._comparable()[at]),
            adjusted=figure.value,
            interval=figure.limits(contrast.quantile(self.rules.confidence)),
            sample=sample,
        )

    def _inside(self) -> list[int]:
        return [member for block in self.support.blocks for member in block.members]

    def _comparable(self) -> Floats:
        inside = self._inside()
        totals = self.totals[self.support.groups][:, inside].sum(axis=1)
        found: Floats = totals / self.cells.tickets[:, inside].sum(axis=1)
        return found

    def _figure(self, found: AdjustedFigures, share: Floats) -> AdjustedFigure:
        """Return the figure of groups taken together by their shares, shape (n,)."""
        value, variance = float(share @ found.value), float(share @ found.covariance @ share)
        fourth = float(share**4 @ found.fourth)
        if self.measure is not Measure.RATE:
            return AdjustedFigure(value=value, variance=variance, fourth=fourth)
        value = min(max(value, 0.0), 1.0)
        # The rate of a sample of this size, smoothed alike, has this variance.
        alone = self.rules.design_effect * float(share @ found.unit @ share)
        size = 1.0 / alone if alone > 0.0 else 0.0
        smooth = (value * size + PRIOR_TICKETS * self._pooled()) / (size + PRIOR_TICKETS)
        effective = smooth * (1.0 - smooth) / variance if variance > 0.0 else size
        return AdjustedFigure(value=value, variance=variance, effective=effective, fourth=fourth)

    def _pooled(self) -> float:
        inside = self._inside()
        tickets = self.cells.tickets[:, inside].sum(axis=0)
        means = self.totals[self.support.groups][:, inside].sum(axis=0) / np.maximum(tickets, 1.0)
        return float(self.support.weights[inside] @ means)

    def _others(self, at: int) -> Floats:
        """Return the share of each group in what a group is compared with, shape (n,)."""
        names = [self.grid.groups[row] for row in self.support.groups]
        share = np.zeros(len(names))
        if self.reference is not None:
            share[names.index(self.reference)] = 1.0
            return share
        tickets = self.cells.tickets[:, self._inside()].sum(axis=1)
        tickets[at] = 0.0
        found: Floats = tickets / tickets.sum()
        return found

    def _contrast(self, found: AdjustedFigures, first: Floats, second: Floats) -> Contrast:
        covariance = float(first @ found.covariance @ second)
        return Contrast(self._figure(found, first), self._figure(found, second), covariance)

    def _tested(self, found: AdjustedFigures, at: int, count: int) -> TestedDifference:
        contrast = self._contrast(found, np.eye(len(found.value))[at], self._others(at))
        confidence = self.rules.confidence
        positive = contrast.second.value > 0.0 and contrast.first.value >= 0.0
        return TestedDifference(
            reference=contrast.second.value,
            difference=contrast.difference,
            interval=contrast.difference_limits(confidence),
            simultaneous=contrast.difference_limits(1.0 - (1.0 - confidence) / max(count, 1)),
            ratio=contrast.first.value / contrast.second.value if positive else None,
            ratio_interval=contrast.ratio_limits(confidence) if positive else None,
            p_value=contrast.p_value(),
        )

    def _sample(self, found: AdjustedFigures, share: Floats) -> SampleCheck:
        """Check the sample of groups taken together by their shares, shape (n,)."""
        alone = self.rules.design_effect * float(share @ found.unit @ share)
        effective = 1.0 / alone if alone > 0.0 else 0.0
        if effective < self.rules.least_effective:
            return SampleCheck(effective, None, few_tickets(effective, self.rules))
        if self.measure is not Measure.RATE:
            return SampleCheck(effective, None)
        rate = self._pooled()
        expected = effective * min(rate, 1.0 - rate)
        if expected >= self.rules.least_events:
            return SampleCheck(effective, expected)
        which = "successes" if rate <= 0.5 else "failures"
        reason = (
            f"{expected:.1f} {which} are expected at the rate of all groups; {self.rules.least_events:.0f} are needed."
        )
        return SampleCheck(effective, expected, reason)

    def _reversals(self, found: AdjustedFigures) -> tuple[SimpsonReversal, ...]:
        blocks = self.support.blocks
        unit = np.eye(len(found.value))
        tickets = np.stack([self.cells.tickets[:, list(block.members)].sum(axis=1) for block in blocks], axis=1)
        figures = ReversalFigures(
            names=[self.grid.groups[row] for row in self.support.groups],
            unadjusted=self._comparable(),
            adjusted=found.value,
            tickets=tickets,
            figures=found.blocks,
            weights=np.array([self.support.weights[list(block.members)].sum() for block in blocks]),
        )
        return find_reversals(
            figures, blocks, lambda one, other: self._contrast(found, unit[one], unit[other]).p_value()
        )
