"""Why and why not: what an epoch's tests showed of one theme and segment, and which of them prevented a signal.

The verdict is the detector's own: `explain` reads the findings and outcomes of `Detector.judge`, and computes windows
with the functions that the detector used. It decides nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

import numpy as np

from models.arrays import Floats, Ints
from models.bucket import BUCKETS_PER_HOUR
from models.segment import EVERYTHING, Segment
from models.spike import SpikeKind
from models.spikes.context import DetectionContext
from models.spikes.episodes.episode import Episode, EpisodeChange, Finding
from models.spikes.expectation.series import Expectation
from models.spikes.explain.explanation import (
    Latch,
    SignalExplanation,
    SignalVerdict,
    TestedSeries,
    WindowTest,
)
from models.spikes.explain.plan_envelopes import plan_envelopes
from models.spikes.explain.sentences import sentences
from models.spikes.families.all_tickets import remainder
from models.spikes.families.window_table import combined_p, tabulate_themes
from models.spikes.outcome import Family, FamilyOutcome
from models.spikes.statistics.count_tails import quantile, upper_tail
from models.spikes.statistics.multiple_testing import needed_p
from models.theme import ALL_TICKETS

_MAX_MORE = 1 << 20
"""Number of further tickets up to which a signal is searched for."""
_OF_FINDING = {
    EpisodeChange.OPENED: SignalVerdict.SIGNAL,
    EpisodeChange.UPDATED: SignalVerdict.GOING_ON,
    EpisodeChange.CLOSED: SignalVerdict.ENDED,
}
_OF_COUNTS = (SignalVerdict.FEW_TICKETS, SignalVerdict.NOT_ABOVE, SignalVerdict.CHANCE)


def explain(
    context: DetectionContext, findings: Sequence[Finding], theme_id: int, segment: Segment = EVERYTHING
) -> SignalExplanation:
    """Explain why a theme signals in an epoch, or why it does not.

    Parameters
    ----------
    context, findings: what `Detector.judge` returned for the epoch.
    theme_id: 0 means all tickets, which are tested everywhere only.
    segment: the series whose figures are reported; of a theme, any segment for which counts are kept.
    """
    found = _explain(context, findings, theme_id, EVERYTHING if theme_id == ALL_TICKETS else segment)
    return replace(found, sentences=sentences(found))


def _explain(
    context: DetectionContext, findings: Sequence[Finding], theme_id: int, segment: Segment
) -> SignalExplanation:
    settings = context.settings
    known = SignalExplanation(
        theme_id, segment, context.end, SignalVerdict.UNKNOWN_THEN,
        history_hours=context.baseline.history_hours, warmup_hours=settings.warmup_hours,
        min_tickets=settings.min_tickets, budget=settings.false_alerts_per_week,
    )  # fmt: skip
    if theme_id not in context.baseline.position:
        return known
    if context.baseline.history_hours < settings.warmup_hours:
        return replace(known, verdict=SignalVerdict.WARMUP)
    themes, observed, expected = _figures(context, findings, theme_id, segment)
    tests = _tests(context, theme_id, (Family.TOTAL, Family.SEGMENT, Family.ALL))
    p_value = float(combined_p(observed[None], expected, settings.min_tickets)[0])
    tested = _tested(context, tests, segment, theme_id, p_value)
    others = [one for one in tests if one.segment != segment]
    missing = _of_segment(_tests(context, theme_id, (Family.MISSING,)), segment)
    found = replace(
        known,
        windows=tuple(_windows(context, observed, expected)),
        with_themes=themes,
        tested=tested,
        nearest=min(others, key=lambda one: one.p_value / one.needed, default=None),
        envelopes=tuple(plan_envelopes(context, theme_id)),
        latch=_latch(context, theme_id),
        suppressed=context.suppressed.get(theme_id),
        finding=_finding(context, findings, theme_id),
        growth=next(iter(_tests(context, theme_id, (Family.GROWTH,))), None),
        pooled=min(_tests(context, theme_id, (Family.POOLED,)), key=lambda one: one.p_value / one.needed, default=None),
        missing=min(missing, key=lambda one: one.p_value, default=None),
    )
    verdict = _verdict(context, found)
    more = _more(observed, expected, tested.needed, settings.min_tickets) if verdict in _OF_COUNTS else None
    return replace(found, verdict=verdict, more=more)


def _verdict(context: DetectionContext, why: SignalExplanation) -> SignalVerdict:
    if why.finding is not None:
        return _of_finding(context, why.finding, why.theme_id)
    if why.suppressed is not None:
        return SignalVerdict.SUPPRESSED
    if any(theme in context.suppressed for theme in context.unit(why.theme_id)):
        return SignalVerdict.SHARES_ENVELOPE
    if why.theme_id == ALL_TICKETS and any(context.lifts_all(launch) for launch in context.running):
        return SignalVerdict.PLANNED
    if max((one.observed for one in why.windows), default=0) < why.min_tickets:
        return SignalVerdict.FEW_TICKETS
    return SignalVerdict.NOT_ABOVE if all(one.p_value == 1.0 for one in why.windows) else SignalVerdict.CHANCE


def _of_finding(context: DetectionContext, finding: Finding, theme_id: int) -> SignalVerdict:
    if finding.theme_id == theme_id:
        return _OF_FINDING[finding.change]
    return SignalVerdict.SHARES_ENVELOPE if theme_id in context.unit(finding.theme_id) else SignalVerdict.POOLED


def _of_segment(tests: Sequence[TestedSeries], segment: Segment) -> list[TestedSeries]:
    """Return the tests of a segment; for everything those of all segments, any of which may fall silent."""
    return [one for one in tests if segment in (EVERYTHING, one.segment)]


def _finding(context: DetectionContext, findings: Iterable[Finding], theme_id: int) -> Finding | None:
    """Return the theme's finding, a rise before missing volume, or else one of a theme that is tested together with it."""
    together = [
        one
        for one in findings
        if one.theme_id == theme_id
        or (one.kind != SpikeKind.MISSING_VOLUME and theme_id in (*context.unit(one.theme_id), *one.theme_ids))
    ]
    return min(together, key=lambda one: (one.theme_id != theme_id, one.kind == SpikeKind.MISSING_VOLUME), default=None)


def _figures(
    context: DetectionContext, findings: Sequence[Finding], theme_id: int, segment: Segment
) -> tuple[tuple[int, ...], Ints, Expectation]:
    """Return the themes tested together, and their observed and expected tickets in the tested windows."""
    if theme_id == ALL_TICKETS:
        rises = [one for one in findings if one.theme_id != ALL_TICKETS and one.kind != SpikeKind.MISSING_VOLUME]
        rest = remainder(context, context.busy(rises), context.windows)
        return (ALL_TICKETS,), rest.observed, rest.expected
    table = tabulate_themes(context, context.unit(theme_id), segment)
    if len(table.series) == 1:
        return (theme_id,), table.observed[0], table.expected
    # Of themes that share an envelope only those with tickets are added up, as in the test itself.
    seen = np.flatnonzero(table.observed.max(axis=1) > 0)
    if not len(seen):
        seen = np.arange(1)
    return context.unit(theme_id), table.observed[seen].sum(axis=0), table.expected.at(seen).total()


def _windows(context: DetectionContext, observed: Ints, expected: Expectation) -> Iterator[WindowTest]:
    mean, variance = expected.mean[0], expected.variance[0]
    low, high = quantile(0.025, mean, variance), quantile(0.975, mean, variance)
    for at, (start, end) in enumerate(context.windows):
        tested = observed[at] >= context.settings.min_tickets and observed[at] > mean[at]
        p_value = float(upper_tail(observed[at], mean[at], variance[at])) if tested else 1.0
        yield WindowTest(
            start, end, int(observed[at]), float(mean[at]), float(expected.planned[0, at]), float(low[at]),
            float(high[at]), p_value,
        )  # fmt: skip


def _tests(context: DetectionContext, theme_id: int, families: Sequence[Family]) -> list[TestedSeries]:
    """Return the tests of a theme that were made in the epoch, of some families."""
    unit = np.array(context.unit(theme_id))
    return [
        _test(context, outcome, int(at))
        for outcome in context.outcomes
        if outcome.family in families
        for at in np.flatnonzero(np.isin(outcome.theme_ids, unit))
    ]


def _test(context: DetectionContext, outcome: FamilyOutcome, at: int) -> TestedSeries:
    segment = outcome.segment if outcome.segments is None else context.counts.segments[int(outcome.segments[at])]
    others = np.delete(outcome.p_values, at) if outcome.judged else _judged_with(context, outcome)
    budget = float(outcome.rates[at]) / outcome.level * outcome.budget if outcome.budget else None
    return TestedSeries(
        outcome.family, segment or EVERYTHING, float(outcome.p_values[at]),
        needed_p(others, outcome.level, outcome.tests), outcome.level, outcome.tests, budget,
    )  # fmt: skip


def _judged_with(context: DetectionContext, outcome: FamilyOutcome) -> Floats:
    """Return the p-values of the tests of an outcome's family that could signal."""
    made = [one.p_values for one in context.outcomes if one.family == outcome.family and one.judged]
    return np.concatenate(made) if made else np.zeros(0)


def _tested(
    context: DetectionContext, tests: Sequence[TestedSeries], segment: Segment, theme_id: int, p_value: float
) -> TestedSeries:
    """Return the asked series' test; where it was not made, the limit that would have applied to it."""
    made = next((one for one in tests if one.segment == segment), None)
    if made is not None:
        return made
    family = Family.TOTAL if segment == EVERYTHING else Family.SEGMENT
    family = Family.ALL if theme_id == ALL_TICKETS else family
    outcome = next((one for one in context.outcomes if one.family == family and one.judged), None)
    if outcome is None:
        return TestedSeries(family, segment, p_value, 0.0, 0.0, 0, None)
    needed = needed_p(_judged_with(context, outcome), outcome.level, outcome.tests)
    budget = min(p_value * outcome.tests, 1.0) / outcome.level * outcome.budget
    return TestedSeries(family, segment, p_value, needed, outcome.level, outcome.tests, budget)


def _latch(context: DetectionContext, theme_id: int) -> Latch | None:
    hours = context.settings.rearm_hours * BUCKETS_PER_HOUR
    ended = [_ended(one) for one in context.episodes if one.theme_id == theme_id]
    late = [one for one in ended if one[0] > context.end - hours]
    if not late:
        return None
    last = max(end for end, _ in late)
    return Latch(last, last + hours, 2.0 * max(severity for _, severity in late))


def _ended(episode: Episode) -> tuple[int, float]:
    return episode.end or 0, episode.severity


def _more(observed: Ints, expected: Expectation, needed: float, min_tickets: int) -> int | None:
    """Find the fewest further tickets now, in all windows, that bring the combined p-value down to `needed`."""

    def signals(more: int) -> bool:
        return float(combined_p(observed[None] + more, expected, min_tickets)[0]) <= needed

    high = 1
    while not signals(high):
        high *= 2
        if high > _MAX_MORE:
            return None
    low = high // 2
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if signals(middle) else (middle, high)
    return high
