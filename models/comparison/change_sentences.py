"""Sentences on the effect of a change: the result, the assumptions, and whether the data contradict them."""

from __future__ import annotations

from collections.abc import Iterator

from models.comparison.change_rules import ChangeRules, UnitWeighting
from models.comparison.effect import Assumption, AssumptionCheck, ChangeEffect
from models.comparison.limits import Interval
from models.comparison.report import Measure
from models.comparison.sentences import shown, shown_difference
from models.formats import counted

_FEW_FREEDOM = 4.0


def check_sentence(check: AssumptionCheck, measure: Measure) -> str:
    """Say what an assumption is, what the data show of it, and whether they contradict it."""
    value, limits = shown_difference(check.value, measure), _limits(check.interval, measure)
    if check.assumption is Assumption.STABLE_COMPOSITION:
        value, limits = f"{check.value:+.0%}", f"({check.interval[0]:+.0%} to {check.interval[1]:+.0%})"
    found = {
        Assumption.PARALLEL_TRENDS: "Parallel trends: without the change both groups would have gone the same way. Their trends before "
        f"it, continued, would make {value} {limits} of the effect",
        Assumption.PLACEBO: "No effect without a change: with a change pretended halfway through the time before it, the effect "
        f"would be {value} {limits}",
        Assumption.NO_ANTICIPATION: "No anticipation: nothing changed before the change. Shortly before it the treated themes had "
        f"moved by {value} {limits}",
        Assumption.STABLE_COMPOSITION: "Stable composition: the same kind of tickets come as before. The volume of the treated themes "
        f"changed by {value} {limits} against the controls",
    }[check.assumption]
    said = "the data contradict it" if check.contradicted else "the data do not contradict it"
    return f"{found}: {said} (p = {check.p_value:.2g}, corrected {check.corrected_p_value:.2g})."


def effect_sentences(effect: ChangeEffect, measure: Measure, rules: ChangeRules) -> tuple[str, ...]:
    """Say the result first, then what it rests on, then what was left out."""
    return tuple(_effect_sentences(effect, measure, rules))


def _effect_sentences(effect: ChangeEffect, measure: Measure, rules: ChangeRules) -> Iterator[str]:
    before, after = (shown(mean, measure) for mean in effect.treated_means)
    shown_effect = f"{shown_difference(effect.value, measure)} {_limits(effect.interval, measure)}"
    certain = effect.p_value < 1.0 - rules.confidence
    yield (
        f"The treated themes went from {before} to {after}; by what the controls did, {shown(effect.expected, measure)} was to be "
        "expected. " + (f"The effect is {shown_effect}." if certain else f"An effect is not shown: {shown_effect}.")
    )
    each = "ticket" if effect.weighting is UnitWeighting.TICKETS else "theme"
    yield (
        f"It is the mean effect on a {each} of {counted(len(effect.treated), 'treated theme')}, against {len(effect.controls)} controls"
        f"{', matched on level and trend before the change' if effect.pairs else ''}."
    )
    if len(effect.treated) < rules.least_units:
        yield (
            "So few themes do not show how much they vary by themselves: the interval takes them to vary as the controls did, which no "
            "data can show."
        )
    if effect.freedom < _FEW_FREEDOM:
        yield "A few themes hold most of the tickets, so that the interval rests on them; weighted by themes it may be shorter."
    if effect.contradicted:
        yield "The data contradict an assumption: the figure is not to be taken for the effect of the change."
    for check in effect.checks:
        yield check.sentence
    yield (
        f"An assumption counts as contradicted where its p, corrected for all {len(effect.checks)} checks by Holm's method, is below "
        f"{rules.doubt:g}."
    )
    value, limits = effect.beyond_trends
    shown_value = f"{shown_difference(value, measure)} {_limits(limits, measure)}"
    if certain and limits[0] <= 0.0 <= limits[1]:
        yield (
            f"If the trends before the change had gone on, an effect would not be shown: {shown_value}. It rests on trends that are "
            "parallel."
        )
    else:
        yield f"If the trends before the change had gone on, the effect would be {shown_value}."
    yield (
        "No data can show that nothing else changed for the treated themes alone at the same time, and that the controls did not feel "
        "the change."
    )
    for unit in effect.left_out:
        yield f"{unit.unit} is left out. {unit.reason}"


def _limits(interval: Interval, measure: Measure) -> str:
    return f"({shown_difference(interval[0], measure)} to {shown_difference(interval[1], measure)})"
