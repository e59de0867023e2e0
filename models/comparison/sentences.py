"""Sentences of a comparison: what a reader must know of the case mix, and what was found of each group."""

from __future__ import annotations

from collections.abc import Iterator

from models.comparison.case_mix import ENOUGH_COMPARABLE, CommonCaseMix
from models.comparison.report import GroupDifference, GroupResult, Measure, Verdict
from models.comparison.reversals import SimpsonReversal
from models.comparison.rules import ComparisonRules
from models.formats import counted, signed_points

_MOST_REVERSALS = 3
_NOTABLE_CORRELATION = 0.001
_CLEAR_MAJORITY = 0.75
"""Weight of the strata with the adjusted order from which a sentence names a reversal that may be chance."""


def shown(value: float, measure: Measure) -> str:
    """Write a figure: a rate in percent, a median in hours, a mean as a number with three significant digits."""
    if measure is Measure.RATE:
        return f"{value:.1%}" if abs(value) >= 0.01 or value == 0 else f"{value:.2%}"
    number = f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"
    return f"{number} h" if measure is Measure.MEDIAN else number


def shown_difference(value: float, measure: Measure) -> str:
    """Write a difference with its sign; that of rates in percentage points."""
    if measure is Measure.RATE:
        return f"{signed_points(value)} points"
    number = f"{value:+,.0f}" if abs(value) >= 1000 else f"{value:+.3g}"
    return f"{number} h" if measure is Measure.MEDIAN else number


def few_tickets(effective: float, rules: ComparisonRules) -> str:
    """Say why a sample is too small for its tickets."""
    return f"its tickets are as precise as {effective:.0f} with the common case mix; {rules.least_effective:.0f} are needed."


def group_sentence(result: GroupResult, measure: Measure, reference: str | None, reason: str) -> str:
    """Say in one or two sentences what was found of a group."""
    if result.verdict is Verdict.NOT_COMPARED:
        return f"{result.group} is not compared. {reason}".strip()
    if result.adjusted is None:
        return f"{result.group} has no adjusted figure. {reason}".strip()
    before = "" if result.unadjusted is None else f", {shown(result.unadjusted, measure)} unadjusted"
    figure = f"{result.group}: {shown(result.adjusted, measure)} on the common case mix{before}"
    if result.verdict is Verdict.REFERENCE:
        return f"{figure}. The others are compared with it."
    against = result.against
    if against is None or result.verdict is Verdict.TOO_SMALL:
        return f"{figure}. The sample is too small to judge: {reason}"
    whom = reference or "the others"
    if result.verdict is Verdict.NOT_SHOWN:
        return f"{figure}. A difference from {whom} is not shown: {_interval(against, measure)}."
    return f"{figure}. That is {result.verdict.value} than {whom}: {_interval(against, measure)}."


def _interval(against: GroupDifference, measure: Measure) -> str:
    low, high = (shown_difference(limit, measure) for limit in against.simultaneous)
    return f"{shown_difference(against.difference, measure)} ({low} to {high})"


def mix_sentences(
    mix: CommonCaseMix, reversals: tuple[SimpsonReversal, ...], rules: ComparisonRules, comparisons: int
) -> tuple[str, ...]:
    """Say what is compared, what was put together, what stays outside, and where the unadjusted order misleads."""
    return tuple(_mix_sentences(mix, reversals, rules, comparisons))


def _mix_sentences(
    mix: CommonCaseMix, reversals: tuple[SimpsonReversal, ...], rules: ComparisonRules, comparisons: int
) -> Iterator[str]:
    dimensions = " x ".join(rules.dimensions)
    if not mix.blocks:
        yield f"No strata of {dimensions} are shared by the groups: nothing can be compared on the same case mix."
    else:
        yield (
            f"{mix.comparable:.0%} of the tickets are comparable: {counted(mix.strata, 'stratum').replace('stratums', 'strata')} of "
            f"{dimensions} that all compared groups have. Each figure is what a group would have with their mix."
        )
        if mix.comparable < ENOUGH_COMPARABLE:
            yield "Less than half of the tickets are comparable: the adjusted figures say nothing of the others."
    for level in mix.collapsed:
        yield (
            f"{level.strata:,} strata with {level.share:.0%} of the tickets are put together by {' x '.join(level.dimensions)}, "
            f"because a group has fewer than {rules.least_cell} tickets in each of them. Within them a group's difference is taken to "
            "be the same."
        )
    for group in mix.left_out:
        yield f"{group.group} is not compared. {group.reason}"
    if rules.day_correlation >= _NOTABLE_CORRELATION:
        yield (
            f"Tickets that a group gets on one day depend on each other (intraclass correlation {rules.day_correlation:.2g}); the "
            "intervals include that."
        )
    if comparisons > 1:
        yield f"{comparisons} comparisons are judged together: all statements hold with {rules.confidence:.0%} confidence (Holm)."
    clear = [one for one in reversals if one.p_value < 1.0 - rules.confidence or one.agreeing >= _CLEAR_MAJORITY]
    for reversal in clear[:_MOST_REVERSALS]:
        certain = "" if reversal.p_value < 1.0 - rules.confidence else " The adjusted difference itself may be chance."
        yield (
            f"{reversal.higher} has a lower figure than {reversal.lower} over all comparable tickets, and a higher one in strata with "
            f"{reversal.agreeing:.0%} of them (Simpson's paradox): the unadjusted order comes from the case mix.{certain}"
        )
