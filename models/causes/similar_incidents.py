"""Similar incidents: the earlier spike of the theme that was in the same segments and grew alike."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

from models.causes.cause import EARLIER_SPIKE
from models.causes.direction import RISE, Direction
from models.causes.sentences import day, lasting, named
from models.segment import EVERYTHING, Segment

LEAST_SCORE = 0.6
_LEAST_SEGMENT_SIMILARITY = 0.5
_LEAST_SHAPE = 0.7
"""Similarity of shape required of two rises that are everywhere, for which segments carry no information."""
_LEAST_TICKETS = 5


@dataclass(frozen=True, slots=True)
class PastSpike:
    """An earlier spike of the same theme that is over.

    segments: those that were found to contain its excess; empty where it was everywhere. arrivals: times of its tickets,
    in order. recorded: the cause that was reported then, or None.
    """

    spike_id: int
    start: datetime
    end: datetime
    segments: tuple[Segment, ...]
    arrivals: tuple[datetime, ...]
    recorded: str | None = None

    @property
    def name(self) -> str:
        """Its identity among causes: `spike:12`."""
        return f"{EARLIER_SPIKE}{self.spike_id}"


@dataclass(frozen=True, slots=True)
class SimilarIncident:
    """An earlier spike, the segment that both share, their similarity (0 to 1), and a sentence that describes it."""

    spike: PastSpike
    segment: Segment
    score: float
    reason: str


def similar_incidents(
    past: Iterable[PastSpike],
    segments: Sequence[Segment],
    start: datetime,
    arrivals: Sequence[datetime],
    direction: Direction = RISE,
) -> SimilarIncident | None:
    """Find the earlier spike most similar to a spike, or None when none is similar enough.

    Similarity is that of the segments (shared values of all values of the two most similar segments) times the mean of
    1 and that of the shapes (see `shape_similarity`); it must reach 0.6. Of equals the latest is taken. Two rises that
    are everywhere have no segment that would distinguish them from others: the similarity of their shapes must reach
    0.7, and counts alone. A silence has no shape: segments count alone, and two that are everywhere are not similar.

    Parameters
    ----------
    segments: those that contain the spike's excess, or missing volume; only `EVERYTHING` where none does.
    start, arrivals: its onset and the times of its tickets.
    direction: of this spike and of the past ones.
    """
    found = [_compared(each, segments, start, arrivals, direction) for each in past]
    supported = [each for each in found if each is not None]
    return max(supported, key=lambda each: (each.score, each.spike.start, each.spike.spike_id), default=None)


def _compared(
    spike: PastSpike, segments: Sequence[Segment], start: datetime, arrivals: Sequence[datetime], direction: Direction
) -> SimilarIncident | None:
    silent = direction.sign < 0
    shape = 0.0 if silent else shape_similarity(spike.start, spike.arrivals, start, arrivals)
    pairs = [
        (segment_similarity(one, other), one, other) for one in segments for other in spike.segments or (EVERYTHING,)
    ]
    similarity, one, other = max(pairs, key=lambda pair: pair[0])
    shared = Segment(tuple(sorted(set(one.pairs) & set(other.pairs))))
    if similarity < _LEAST_SEGMENT_SIMILARITY or (not shared.pairs and shape < _LEAST_SHAPE):
        return None
    score = similarity if silent else similarity * (1.0 + shape) / 2.0 if shared.pairs else shape
    return (
        SimilarIncident(spike, shared, score, _reason(spike, shared, shape, direction))
        if score >= LEAST_SCORE
        else None
    )


def segment_similarity(one: Segment, other: Segment) -> float:
    """Return the share of their values that two segments have in common, 0 to 1; 1 for two of everything."""
    both, either = set(one.pairs) & set(other.pairs), set(one.pairs) | set(other.pairs)
    return len(both) / len(either) if either else 1.0


def shape_similarity(
    past_start: datetime, past: Sequence[datetime], start: datetime, arrivals: Sequence[datetime]
) -> float:
    """Measure how similarly two spikes grew, 0 to 1, over the time that the shorter record covers.

    1 less the largest distance between the two cumulative shares of tickets (Kolmogorov and Smirnov), times the square
    root of the quotient of the smaller to the larger number of tickets: twice as many is still similar. 0 where either
    has fewer than five tickets.
    """
    if not past or not arrivals:
        return 0.0
    duration = min(past[-1] - past_start, arrivals[-1] - start)
    one, other = _offsets(past_start, past, duration), _offsets(start, arrivals, duration)
    if min(len(one), len(other)) < _LEAST_TICKETS:
        return 0.0
    at = np.concatenate([one, other])
    shares = [np.searchsorted(each, at, side="right") / len(each) for each in (one, other)]
    size = min(len(one), len(other)) / max(len(one), len(other))
    return float((1.0 - np.abs(shares[0] - shares[1]).max()) * np.sqrt(size))


def _offsets(
    start: datetime, arrivals: Sequence[datetime], duration: timedelta
) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    inside = sorted((time - start).total_seconds() for time in arrivals if timedelta(0) <= time - start <= duration)
    return np.array(inside, dtype=np.float64)


def _reason(spike: PastSpike, shared: Segment, shape: float, direction: Direction) -> str:
    where = f"{direction.subject} was in {named(shared)}" if shared.pairs else "it rose alike everywhere"
    grew = " and grew alike" if shape >= _LEAST_SHAPE else ""
    then = f"; it was put down to {spike.recorded}" if spike.recorded else ""
    return (
        f"Like spike {spike.spike_id} of {day(spike.start)}: the theme is the same, {where}{grew}{then}, and it lasted "
        f"{lasting(spike.end - spike.start)}."
    )
