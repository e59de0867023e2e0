"""Statements of a comparison: each group against its reference, for all of them together, with its verdict."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np

from models.comparison.case_mix import CommonCaseMix
from models.comparison.report import (
    CaseMixReport,
    GroupDifference,
    GroupFigures,
    GroupResult,
    Measure,
    TestedDifference,
    Verdict,
)
from models.comparison.reversals import SimpsonReversal
from models.comparison.rules import ComparisonRules
from models.comparison.sentences import group_sentence, mix_sentences
from models.spikes.statistics.multiple_testing import false_discovery_rates, family_wise


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
            **_fields(found.tested[name]), adjusted_p_value=float(holm[at]), q_value=float(q_values[at])
        )
        for at, name in enumerate(names)
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
    verdict = _verdict(figures, against, found, rules)
    result = GroupResult(**_fields(figures), against=against, verdict=verdict, sentence="")
    return replace(result, sentence=group_sentence(result, found.measure, found.reference, reason))


def _fields(one: TestedDifference | GroupFigures) -> dict[str, Any]:
    """Return the values of a record by field, as they are."""
    return {field.name: getattr(one, field.name) for field in fields(one)}


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
