"""Difference-in-differences: the effect of a change on themes, against matched themes that it did not concern."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from enum import Enum, auto

import numpy as np

from models.arrays import Floats, Ints, Mask
from models.comparison.change_rules import ChangeRules, UnitWeighting
from models.comparison.change_sentences import check_sentence, effect_sentences
from models.comparison.cluster_robust import ClusterEstimate
from models.comparison.effect import Assumption, AssumptionCheck, ChangeEffect, LeftOutUnit, PeriodMeans
from models.comparison.matching import MatchedPair, match
from models.comparison.panel import Panel, PanelRow, TooFewUnits, make_panel
from models.comparison.report import Measure
from models.comparison.two_way import AdjustedPanel, take_out_periods
from models.spikes.statistics.multiple_testing import family_wise


class _Needed(Enum):
    """Which units there must be enough of."""

    TREATED = auto()
    MATCHED = auto()
    CANDIDATES = auto()
    MATCHES = auto()
    CONTROLS = auto()


def evaluate_change(
    rows: Sequence[PanelRow],
    treated: Collection[str],
    start: int,
    rules: ChangeRules | None = None,
    *,
    controls: Collection[str] | None = None,
    measure: Measure = Measure.MEAN,
) -> ChangeEffect:
    """Estimate the effect of a change (an AI routine, an SOP, a vendor) on the units that it concerns.

    rows: means of units by day or week. treated: units that were changed. start: first period of the change. controls: units that were
    not; None to match them among all others by level and trend before the change. measure: how sentences write the figure.

    The effects of periods are taken out, each unit is summarised by its mean before and after, and the changes of treated units and
    controls are compared with a cluster-robust variance (clusters are units), which days that depend on each other cannot make too
    small (Bertrand, Duflo and Mullainathan 2004, Quarterly Journal of Economics 119). Where fewer than `least_units` are treated, as by
    a procedure of one theme, they are taken to vary as the controls do, of which there must be more then (Ferman and Pinto 2019).

    Raises TooFewUnits where treated units or controls are fewer than the rules need, ValueError for a unit that has no
    rows, or is both treated and a control.
    """
    rules = rules or ChangeRules()
    panel = make_panel(rows)
    _check_named(panel, treated, controls or ())
    before, after = panel.periods < start, panel.periods >= start + rules.transition
    enough = ((panel.tickets[:, before] > 0).sum(axis=1) >= rules.least_periods) & (
        (panel.tickets[:, after] > 0).sum(axis=1) >= rules.least_periods
    )
    usable = {unit for unit, good in zip(panel.units, enough, strict=True) if good}
    units = {*treated} & usable
    _require(len(units), 1, _Needed.TREATED, rules)
    chosen, pairs = _choose_controls(panel, units, controls, usable, before, rules)
    used = {pair.treated for pair in pairs} if controls is None else units
    one, other = panel.rows(used), panel.rows(chosen)
    _require(len(one), 1, _Needed.MATCHED, rules)
    needed = _needed_controls(len(one), rules)
    _require(len(other), needed, _Needed.CONTROLS if controls is not None else _Needed.MATCHES, rules)
    left_out = _left_out(treated, used, usable, rules)
    return _Evaluation(take_out_periods(panel, one, other, rules), start, rules, measure).effect(pairs, left_out)


def _check_named(panel: Panel, treated: Collection[str], controls: Collection[str]) -> None:
    both = sorted({*treated} & {*controls})
    if both:
        raise ValueError(
            f"received {', '.join(map(repr, both))} both as concerned by the change and to compare with; name other themes"
        )
    missing = sorted(({*treated} | {*controls}) - {*panel.units})
    if missing:
        raise ValueError(f"There are no tickets of {', '.join(missing)} in this time; name themes that have some.")


def _choose_controls(
    panel: Panel,
    treated: Collection[str],
    controls: Collection[str] | None,
    usable: set[str],
    before: Mask,
    rules: ChangeRules,
) -> tuple[set[str], tuple[MatchedPair, ...]]:
    if controls is not None:
        return {*controls} & usable - {*treated}, ()
    candidates = panel.rows(usable - {*treated})
    needed = _needed_controls(len(treated), rules)
    _require(len(candidates), needed, _Needed.CANDIDATES, rules)
    if len(treated) < rules.least_units:
        rules = replace(rules, controls_per_unit=max(rules.controls_per_unit, 2 * needed // len(treated)))
    pairs = match(panel, panel.rows(treated), candidates, before, rules)
    return {pair.control for pair in pairs}, pairs


def _needed_controls(treated: int, rules: ChangeRules) -> int:
    return rules.least_units if treated >= rules.least_units else rules.least_controls_of_few


def _require(units: int, needed: int, kind: _Needed, rules: ChangeRules) -> None:
    if units >= needed:
        return
    have = f"{units} {'has' if units == 1 else 'have'}"
    tickets = f"{have} tickets in at least {rules.least_periods} days (or weeks) before the change and as many after it"
    needs = f"an evaluation needs {needed}"
    sentence = {
        _Needed.TREATED: f"Of the themes that the change concerns, {tickets}; {needs}. Take a longer time.",
        _Needed.MATCHED: f"Of the themes that the change concerns, {have} another theme of nearly the same level and trend before it; "
        f"{needs}. Name the themes to compare with.",
        _Needed.CANDIDATES: f"Of the other themes, {tickets}; {needs} to compare with. Take a longer time.",
        _Needed.MATCHES: f"Of the other themes, {have} nearly the same level and trend before the change; {needs} to compare with. "
        "Name them yourself.",
        _Needed.CONTROLS: f"Of the themes to compare with, {tickets}; {needs}. Name more of them, or take a longer time.",
    }[kind]
    raise TooFewUnits(sentence)


def _left_out(
    treated: Collection[str], used: set[str], usable: set[str], rules: ChangeRules
) -> tuple[LeftOutUnit, ...]:
    few = f"It has tickets in fewer than {rules.least_periods} periods before the change or after it."
    far = f"No control is within {rules.caliper:g} standard deviations of its level and trend before the change."
    return tuple(LeftOutUnit(unit, far if unit in usable else few) for unit in sorted({*treated} - used))


@dataclass(frozen=True, slots=True)
class _Evaluation:
    adjusted: AdjustedPanel
    start: int
    rules: ChangeRules
    measure: Measure

    @property
    def before(self) -> Mask:
        found: Mask = self.adjusted.panel.periods < self.start
        return found

    @property
    def after(self) -> Mask:
        found: Mask = self.adjusted.panel.periods >= self.start + self.rules.transition
        return found

    def effect(self, pairs: tuple[MatchedPair, ...], left_out: tuple[LeftOutUnit, ...]) -> ChangeEffect:
        found = self.adjusted.contrast(self.before, self.after)
        beyond = self.adjusted.beyond_trends(self.before, self.after)
        units = self.adjusted.panel.units
        treated_means, control_means = self._means(self.adjusted.treated), self._means(self.adjusted.controls)
        effect = ChangeEffect(
            value=found.value,
            interval=found.interval(self.rules.confidence),
            p_value=found.p_value,
            freedom=found.freedom,
            weighting=self.rules.weighting,
            treated_means=treated_means,
            control_means=control_means,
            expected=treated_means[1] - found.value,
            beyond_trends=(beyond.value, beyond.interval(self.rules.confidence)),
            treated=tuple(units[at] for at in self.adjusted.treated),
            controls=tuple(units[at] for at in self.adjusted.controls),
            pairs=pairs,
            left_out=left_out,
            series=self._series(),
            checks=self._checks(),
            sentences=(),
        )
        return replace(effect, sentences=effect_sentences(effect, self.measure, self.rules))

    def _means(self, rows: Ints) -> tuple[float, float]:
        """Return the mean before and after the change of some units, weighted as in the effect."""
        first, first_tickets = self.adjusted.means(self.adjusted.panel.mean, self.before)
        second, second_tickets = self.adjusted.means(self.adjusted.panel.mean, self.after)
        weights = np.ones(len(rows))
        if self.rules.weighting is UnitWeighting.TICKETS:
            weights = (first_tickets * second_tickets / np.maximum(first_tickets + second_tickets, 1e-300))[rows]
        return float(np.average(first[rows], weights=weights)), float(np.average(second[rows], weights=weights))

    def _series(self) -> tuple[PeriodMeans, ...]:
        panel = self.adjusted.panel
        both = [_period_means(panel, rows) for rows in (self.adjusted.treated, self.adjusted.controls)]
        return tuple(PeriodMeans(int(period), both[0][at], both[1][at]) for at, period in enumerate(panel.periods))

    def _checks(self) -> tuple[AssumptionCheck, ...]:
        periods, before, after = self.adjusted.panel.periods, self.before, self.after
        gap = float(periods[after].mean() - periods[before].mean())
        slopes = self.adjusted.slopes(before)
        late = before & (np.cumsum(before) > np.floor(before.sum() / 2))
        last = before & (np.cumsum(before) > before.sum() - np.ceil(before.sum() / 6))
        found = {
            Assumption.PARALLEL_TRENDS: ClusterEstimate(slopes.value * gap, slopes.error * gap, slopes.freedom),
            Assumption.PLACEBO: self.adjusted.contrast(before & ~late, late),
            Assumption.NO_ANTICIPATION: self.adjusted.contrast(before & ~last, last),
            Assumption.STABLE_COMPOSITION: self.adjusted.volume(before, after),
        }
        holm = family_wise(np.array([one.p_value for one in found.values()]))
        return tuple(
            self._check(kind, one, float(corrected)) for (kind, one), corrected in zip(found.items(), holm, strict=True)
        )

    def _check(self, kind: Assumption, found: ClusterEstimate, corrected: float) -> AssumptionCheck:
        interval = found.interval(self.rules.confidence)
        value = found.value
        if kind is Assumption.STABLE_COMPOSITION:
            # From differences of logarithms to relative changes.
            value, interval = float(np.expm1(value)), (float(np.expm1(interval[0])), float(np.expm1(interval[1])))
        check = AssumptionCheck(kind, value, interval, found.p_value, corrected, corrected < self.rules.doubt, "")
        return replace(check, sentence=check_sentence(check, self.measure))


def _period_means(panel: Panel, rows: Ints) -> list[float | None]:
    tickets: Floats = panel.tickets[rows].sum(axis=0)
    totals = (panel.tickets[rows] * panel.mean[rows]).sum(axis=0)
    return [float(total / number) if number else None for total, number in zip(totals, tickets, strict=True)]
