"""Statements of a comparison: each group against its reference, for all of them together, with its verdict."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from models.comparison.case_mix import CommonCaseMix
from models.comparison.limits import Interval
from models.comparison.report import CaseMixReport, GroupDifference, GroupResult, Measure, SampleCheck, Verdict
from models.comparison.reversals import SimpsonReversal
from models.comparison.rules import ComparisonRules
from models.comparison.sentences import group_sentence, mix_sentences
from models.spikes.statistics.multiple_testing import false_discovery_rates, family_wise


@dataclass(frozen=True, slots=True, kw_only=True)
class TestedDifference:
    """An adjusted figure against the reference, before other statements are known."""

    reference: float
    difference: float
    interval: Interval
    simultaneous: Interval
    ratio: float | None
    ratio_interval: Interval | None
    p_value: float


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupFigures:
    """What was computed of one group; see `GroupResult`."""

    group: str
    tickets: int
    comparable_tickets: int
    unadjusted: float | None
    unadjusted_comparable: float | None = None
    adjusted: float | None = None
    interval: Interval | None = None
    sample: SampleCheck | None = None


def comparisons(names: Sequence[str], testable: Sequence[str], reference: str | None) -> int:
    """Count the statements that are made together: where two groups are compared with each other, that is one."""
    if reference is None and len(names) == 2:
        return min(len(testable), 1)
    return len([name for name in testable if name != reference])


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """All that was computed, by name of the group; `tested` has no entry for the reference and for groups that are not judged."""

    measure: Measure
    reference: str | None
    mix: CommonCaseMix
    figures: Sequence[GroupFigures]
    tested: Mapping[str, TestedDifference]
    comparisons: int
    reversals: tuple[SimpsonReversal, ...]


def make_report(found: Findings, rules: ComparisonRules) -> CaseMixReport:
    """Adjust the p-values for all statements together, give each group its verdict and its sentence."""
    names = sorted(found.tested)
    p_values = np.array([found.tested[name].p_value for name in names])
    if found.comparisons == 1 and len(names) == 2:
        holm, q_values = p_values, p_values
    else:
        holm, q_values = family_wise(p_values), false_discovery_rates(p_values, len(names))
    against = {
        name: GroupDifference(
            reference=one.reference,
            difference=one.difference,
            interval=one.interval,
            simultaneous=one.simultaneous,
            ratio=one.ratio,
            ratio_interval=one.ratio_interval,
            p_value=one.p_value,
            adjusted_p_value=float(holm[at]),
            q_value=float(q_values[at]),
        )
        for at, name in enumerate(names)
        for one in (found.tested[name],)
    }
    groups = tuple(_result(one, against.get(one.group), found, rules) for one in found.figures)
    return CaseMixReport(
        measure=found.measure,
        reference=found.reference,
        confidence=rules.confidence,
        comparisons=found.comparisons,
        mix=found.mix,
        groups=groups,
        reversals=found.reversals,
        sentences=mix_sentences(found.mix, found.reversals, rules, found.comparisons),
    )


def _result(
    figures: GroupFigures, against: GroupDifference | None, found: Findings, rules: ComparisonRules
) -> GroupResult:
    reason = next((one.reason for one in found.mix.left_out if one.group == figures.group), "")
    if not reason and figures.sample is not None:
        reason = figures.sample.reason or "what it is compared with has too few tickets, or is not compared."
    result = GroupResult(
        group=figures.group,
        tickets=figures.tickets,
        comparable_tickets=figures.comparable_tickets,
        unadjusted=figures.unadjusted,
        unadjusted_comparable=figures.unadjusted_comparable,
        adjusted=figures.adjusted,
        interval=figures.interval,
        sample=figures.sample,
        against=against,
        verdict=_verdict(figures, against, found, rules),
        sentence="",
    )
    return replace(result, sentence=group_sentence(result, found.measure, found.reference, reason))


def _verdict(
    figures: GroupFigures, against: GroupDifference | None, found: Findings, rules: ComparisonRules
) -> Verdict:
    if figures.sample is None:
        return Verdict.NOT_COMPARED
    if not figures.sample.enough:
        return Verdict.TOO_SMALL
    if figures.group == found.reference:
        return Verdict.REFERENCE
    if against is None:
        return Verdict.TOO_SMALL
    if against.adjusted_p_value >= 1.0 - rules.confidence:
        return Verdict.NOT_SHOWN
    return Verdict.HIGHER if against.difference > 0 else Verdict.LOWER
