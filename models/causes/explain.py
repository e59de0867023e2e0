"""Explain: the segments that contain an excess, or missing volume, and what was recorded shortly before it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from models.causes.cause import Cause, CauseKind, Explanation
from models.causes.changes import of_changes, of_launches, of_past, of_plan
from models.causes.direction import FALL, RISE, Direction
from models.causes.leaves import AttributeCounts, Attributes, Leaves, raked, tally
from models.causes.missing import MissingVolume
from models.causes.mix import between_blocks, blocks_of
from models.causes.sentences import began, named, times, titled, where_expected
from models.causes.similar_incidents import PastSpike
from models.causes.subset_scan import FoundSegment, scan
from models.causes.target import LEAST_CONTRIBUTION, Target, explained, interval, nested, share_of
from models.change import Change
from models.formats import percent
from models.launch import Launch
from models.segment import EVERYTHING
from models.spikes.series import DIMENSIONS

_LEAST_CONTRIBUTION = 0.05
"""Share of the target that a segment must contain to be reported."""
_LEAST_TICKETS = 5


@dataclass(frozen=True, slots=True)
class CauseInputs:
    """What an explanation is computed from.

    window: attributes of the theme's tickets since `start`.
    reference: attributes of the theme's usual tickets; may be empty.
    expected_total: tickets expected in the window, 0 or more.
    start: onset of the spike, with a time zone.
    background: attributes of tickets of all themes; they complement a small reference.
    dispersion: variance over mean of the theme's counts, 1 or more; it says how well their total is known.
    reference_times: times of the reference tickets, in the same order, from which it is estimated how much their mix
    varies; empty where they are not known.
    past: the theme's earlier spikes that are over; silences for missing volume.
    arrivals: times of the window's tickets, from which their shape is compared with earlier spikes.
    missing: what is missing, for missing volume. As many tickets of its segment are expected as it states; where the
    scan finds no segment, it is reported itself.
    """

    window: Sequence[Attributes]
    reference: Sequence[Attributes]
    expected_total: float
    start: datetime
    background: Sequence[Attributes] = ()
    dispersion: float = 1.0
    dimensions: Sequence[str] = DIMENSIONS
    changes: Iterable[Change] = ()
    launches: Iterable[Launch] = ()
    past: Iterable[PastSpike] = ()
    arrivals: Sequence[datetime] = ()
    missing: MissingVolume | None = None
    reference_times: Sequence[datetime] = ()

    @property
    def direction(self) -> Direction:
        """Whether there are too many tickets or too few."""
        return RISE if self.missing is None else FALL


def explain(inputs: CauseInputs) -> Explanation:
    """Explain why a window contains more tickets than expected, or (missing volume) fewer.

    Segments come from a subset scan over all dimensions. A change is named when its scope is similar to one of them (it
    gains nearly as much log-likelihood) and it came shortly before the onset: similarity squared times proximity must
    reach 0.25, and the scope must contain half of what the segment contains. An incident recorded after the onset is a
    sign of it and never its cause. A launch is named when it runs at the onset and its scope is similar to a segment,
    for missing volume only a holiday; the launch whose plan led to expect the missing volume is always named. Of earlier
    spikes the most similar one is named, if one is similar enough.

    Returns
    -------
    The causes, and a verdict that also states when none is supported.
    """
    direction, missing = inputs.direction, inputs.missing
    total = direction.sign * (len(inputs.window) - inputs.expected_total)
    if max(len(inputs.window), inputs.expected_total if missing else 0.0) < _LEAST_TICKETS or total <= 0:
        side = "above" if missing is None else "missing of"
        return Explanation((), f"No supported cause: there are too few tickets {side} what is expected.")
    uncertainty = missing.uncertainty if missing is not None else timedelta(0)
    target = Target(_leaves(inputs), direction, total, inputs.start, uncertainty)
    target = replace(target, segments=_segments(target, max(inputs.dispersion, 1.0), missing))
    ranked = of_changes(target, inputs.changes)
    segments = [_with_sentence(cause, target, ranked) for cause in target.segments]
    others = [cause for cause, _ in ranked] + _of_launches(target, tuple(inputs.launches), missing)
    similar = of_past(target, inputs.past, inputs.arrivals)
    return Explanation((*segments, *others, *similar), _verdict(segments, others, similar, direction))


def _leaves(inputs: CauseInputs) -> Leaves:
    """Tally window, reference and background; of a missing segment as many tickets are expected as it states."""
    dimensions, missing = inputs.dimensions, inputs.missing
    own: AttributeCounts = tally(inputs.reference, dimensions)
    background: AttributeCounts = tally(inputs.background, dimensions)
    if missing is not None and missing.segment != EVERYTHING:
        share = min(missing.expected / inputs.expected_total, 1.0)
        own, background = (raked(each, dimensions, missing.segment, share) for each in (own, background))
    window = tally(inputs.window, dimensions)
    expected = max(inputs.expected_total, 0.01)
    span = max(inputs.arrivals, default=inputs.start) - inputs.start
    blocks = blocks_of(inputs.reference, inputs.reference_times, span, dimensions)
    correlation, silent = between_blocks(blocks), missing is not None
    return Leaves(window, own, background, expected, dimensions, silent=silent, correlation=correlation)


def _of_launches(target: Target, launches: Sequence[Launch], missing: MissingVolume | None) -> list[Cause]:
    """Name the launches that fit, the one whose plan led to expect missing volume last."""
    planned_by = None if missing is None else missing.launch_id
    plan = next((launch for launch in launches if missing is not None and launch.launch_id == planned_by), None)
    found = of_launches(target, (launch for launch in launches if launch is not plan))
    return found if plan is None or missing is None else [*found, of_plan(target, plan, missing)]


def _segments(target: Target, dispersion: float, missing: MissingVolume | None) -> tuple[Cause, ...]:
    """Return the segments that the scan supports, without their sentences; else the one in which volume is missing."""
    found = [_of_segment(target, each) for each in scan(target.leaves, dispersion, target.direction)]
    supported = tuple(each for each in found if each.contribution > _LEAST_CONTRIBUTION)
    if supported or missing is None or missing.segment == EVERYTHING:
        return supported
    if target.excess_in(missing.segment) <= 0:
        return ()  # The reference knows nothing of the segment.
    score = target.gain(missing.segment)
    return (_of_segment(target, FoundSegment(missing.segment, *target.leaves.counted(missing.segment), score)),)


def _of_segment(target: Target, found: FoundSegment) -> Cause:
    contribution = share_of(target.direction.sign * (found.observed - found.expected), target.total)
    bounds = interval(found.observed, found.expected, found.support)
    kind = CauseKind.SEGMENT
    return Cause(kind, found.segment, None, contribution, found.relative_risk, bounds, found.score, "")


def _with_sentence(cause: Cause, target: Target, ranked: Sequence[tuple[Cause, Change]]) -> Cause:
    """Add a segment's sentence, which names the change after which the rise or silence began."""
    segment = cause.segment or EVERYTHING
    before = next((change for of, change in ranked if of.segment is not None and nested(of.segment, segment)), None)
    when = f", {began(target.start, before, target.uncertainty)}" if before is not None else ""
    share, subject = percent(cause.contribution), target.direction.subject
    if target.direction.sign > 0:
        figures = f", {times(cause.relative_risk or 0.0)} the usual"
    else:
        observed, expected, _ = target.leaves.counted(segment)
        figures = f": {where_expected(observed, expected)}"
    return replace(cause, reason=f"{titled(named(segment))}{figures}, explains {share} of {subject}{when}.")


def _verdict(segments: Sequence[Cause], others: Sequence[Cause], similar: Sequence[Cause], direction: Direction) -> str:
    share, subject = explained(segments), direction.subject
    recorded = " ".join(cause.reason for cause in [*others[:1], *similar[:1]])
    if share >= LEAST_CONTRIBUTION:
        where = " and ".join(str(cause.segment) for cause in segments)
        return f"{titled(subject)} is in {where}. {recorded}".strip()
    if others:
        return f"No segment explains half of {subject}. {recorded}"
    if segments:
        external = (
            f"External: the segments found explain {percent(share)} of {subject}, less than half, and no recorded "
            "change or launch fits."
        )
        return f"{external} {recorded}".strip()
    return f"No supported cause: {direction.onset} is alike in all segments, and no change fits. {recorded}".strip()
