"""Explain: the segments that hold an excess, or what is missing, and what came shortly before it; or that nothing does."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from models.causes.cause import Cause, Explanation
from models.causes.changes import of_changes, of_launches, of_past, of_plan
from models.causes.direction import FALL, RISE, Direction
from models.causes.leaves import AttributeCounts, Attributes, Leaves, raked, tally
from models.causes.missing import MissingVolume
from models.causes.sentences import began, named, percent, times, titled, where_expected
from models.causes.similar_incidents import PastSpike
from models.causes.subset_scan import FoundSegment, scan
from models.causes.target import LEAST_CONTRIBUTION, Target, explained, interval, nested, share_of
from models.change import Change
from models.launch import Launch
from models.segment import EVERYTHING
from models.spikes.series import DIMENSIONS

_LEAST_TOLD = 0.05
_LEAST_TICKETS = 5


def explain(
    window: Sequence[Attributes],
    reference: Sequence[Attributes],
    expected_total: float,
    *,
    start: datetime,
    background: Sequence[Attributes] = (),
    dispersion: float = 1.0,
    dimensions: Sequence[str] = DIMENSIONS,
    changes: Iterable[Change] = (),
    launches: Iterable[Launch] = (),
    past: Iterable[PastSpike] = (),
    arrivals: Sequence[datetime] = (),
    silence: MissingVolume | None = None,
) -> Explanation:
    """Explain why a window holds more tickets than expected, or (a silence) fewer.

    Segments come from a subset scan over all dimensions. A change is named when its scope is like one of them (it
    gains nearly as much log-likelihood) and it came shortly before the onset; likeness squared times nearness must
    reach 0.25, and the scope must hold half of what the segment holds. An incident recorded after the onset is taken
    for a sign of it and never for its cause. A launch is named when it runs at the onset and its scope is like a
    segment, of a silence only a holiday; the launch whose plan led to expect what is missing is named always. Of earlier
    spikes the one most like this one is named, if one is.

    Parameters
    ----------
    window: attributes of the theme's tickets since `start`.
    reference: attributes of the theme's usual tickets; may be empty.
    expected_total: tickets expected in the window, 0 or more.
    start: onset of the spike, with a time zone.
    background: attributes of tickets of all themes; they fill in where the reference is small.
    dispersion: variance over mean of the theme's counts, 1 or more.
    past: the theme's earlier spikes that are over, silences for a silence.
    arrivals: times of the window's tickets, for the likeness of its shape to theirs.
    silence: what fell silent, where volume is missing. Of its segment as many tickets are expected as it says; where the
        scan finds no segment, it is told itself.

    Returns
    -------
    The causes, and a verdict that also says when none is supported.
    """
    direction = RISE if silence is None else FALL
    total = direction.sign * (len(window) - expected_total)
    if max(len(window), expected_total if silence else 0.0) < _LEAST_TICKETS or total <= 0:
        side = "above" if silence is None else "missing of"
        return Explanation((), f"No supported cause: there are too few tickets {side} what is expected.")
    own: AttributeCounts = tally(reference, dimensions)
    filling: AttributeCounts = tally(background, dimensions)
    if silence is not None and silence.segment != EVERYTHING:
        part = min(silence.expected / expected_total, 1.0)
        own, filling = (raked(each, dimensions, silence.segment, part) for each in (own, filling))
    leaves = Leaves(
        tally(window, dimensions), own, filling, max(expected_total, 0.01), dimensions, silent=silence is not None
    )
    doubt = silence.doubt if silence is not None else timedelta(0)
    sought = Target(leaves, direction, total, start, doubt)
    sought = replace(sought, segments=_segments(sought, max(dispersion, 1.0), silence))
    ranked = of_changes(sought, changes)
    segments = [_told(cause, sought, ranked) for cause in sought.segments]
    known = tuple(launches)
    plan = next((launch for launch in known if silence is not None and launch.launch_id == silence.launch_id), None)
    others = [cause for cause, _ in ranked] + of_launches(sought, (launch for launch in known if launch is not plan))
    if plan is not None and silence is not None:
        others.append(of_plan(sought, plan, silence))
    similar = of_past(sought, past, arrivals)
    return Explanation((*segments, *others, *similar), _verdict(segments, others, similar, direction))


def _segments(sought: Target, dispersion: float, silence: MissingVolume | None) -> tuple[Cause, ...]:
    """The segments that the scan supports, each without its sentence; else the one that was seen to be silent."""
    found = [_of_segment(sought, each) for each in scan(sought.leaves, dispersion, sought.direction)]
    supported = tuple(each for each in found if each.contribution > _LEAST_TOLD)
    if supported or silence is None or silence.segment == EVERYTHING:
        return supported
    seen = silence.segment
    score = sought.gain(seen) / dispersion
    return (_of_segment(sought, FoundSegment(seen, *sought.leaves.counted(seen), score)),)


def _of_segment(sought: Target, found: FoundSegment) -> Cause:
    contribution = share_of(sought.direction.sign * (found.observed - found.expected), sought.total)
    bounds = interval(found.observed, found.expected, found.support)
    return Cause("segment", found.segment, None, contribution, found.relative_risk, bounds, found.score, "")


def _told(cause: Cause, sought: Target, ranked: Sequence[tuple[Cause, Change]]) -> Cause:
    """A segment with its sentence, which says after which change the rise or silence began."""
    segment = cause.segment or EVERYTHING
    near = next((change for of, change in ranked if of.segment is not None and nested(of.segment, segment)), None)
    when = f", {began(sought.start, near, sought.doubt)}" if near is not None else ""
    share, subject = percent(cause.contribution), sought.direction.subject
    if sought.direction.sign > 0:
        figures = f", {times(cause.relative_risk or 0.0)} the usual"
    else:
        observed, expected, _ = sought.leaves.counted(segment)
        figures = f": {where_expected(observed, expected)}"
    return replace(cause, reason=f"{titled(named(segment))}{figures}, explains {share} of {subject}{when}.")


def _verdict(segments: Sequence[Cause], others: Sequence[Cause], similar: Sequence[Cause], direction: Direction) -> str:
    part, subject = explained(segments), direction.subject
    recorded = " ".join(cause.reason for cause in [*others[:1], *similar[:1]])
    if part >= LEAST_CONTRIBUTION:
        where = " and ".join(str(cause.segment) for cause in segments)
        return f"{titled(subject)} is in {where}. {recorded}".strip()
    if others:
        return f"No segment explains half of {subject}. {recorded}"
    if segments:
        told = (
            f"External: the segments found explain {percent(part)} of {subject}, less than half, and no recorded "
            "change or launch fits."
        )
        return f"{told} {recorded}".strip()
    return f"No supported cause: {direction.onset} is alike in all segments, and no change fits. {recorded}".strip()
