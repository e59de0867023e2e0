"""Missing volume: what is missing, and since when."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import log

from models.segment import EVERYTHING, Segment

LOOK_AROUND = timedelta(hours=2)
"""How far from the hour in which a silence was detected its beginning is searched for."""
MOST_UNCERTAINTY = timedelta(hours=1)
_GAPS = 2.0
"""Mean gaps between usual tickets within which silence cannot be distinguished from chance."""
_HALF_A_TICKET = 0.5


@dataclass(frozen=True, slots=True)
class MissingVolume:
    """Volume that is missing.

    segment: where it was detected. expected: tickets expected in the segment, above 0. uncertainty: how much later than
    it seems it may have begun. launch_id: the launch whose plan led to expect them, None where they are the usual ones.
    """

    segment: Segment = EVERYTHING
    expected: float = 0.0
    uncertainty: timedelta = timedelta(0)
    launch_id: str | None = None


def missing_since(
    arrivals: Sequence[datetime], start: datetime, end: datetime, observed: int, expected: float
) -> tuple[datetime, timedelta]:
    """Find when a silence began, and how much later that may have been.

    A change point of two Poisson rates: the usual one before, the remaining one after. The likelihood is greatest just
    after one of the last tickets, so the true beginning is later by one or two gaps between usual tickets.

    Parameters
    ----------
    arrivals: times of the segment's tickets from `LOOK_AROUND` before `start` to the same time after it, in order.
    start, end: the silence as it was detected, to the hour.
    observed, expected: tickets that came in it, and that were expected, above 0.

    Returns
    -------
    The time of the last usual ticket (`start` where none is found close to it), and at most an hour.

    References
    ----------
    Raftery and Akman 1986, Biometrika 73 (change point of a Poisson process).
    """
    hours = max((end - start) / timedelta(hours=1), 1e-9)
    usual = expected / hours
    left = max(observed, _HALF_A_TICKET) / hours
    uncertainty = min(timedelta(hours=_GAPS / usual), MOST_UNCERTAINTY)
    if left >= usual:
        return start, uncertainty
    first, last = start - LOOK_AROUND, min(start + LOOK_AROUND, end)
    considered = [time for time in arrivals if first <= time < last]
    gains = [
        (number * log(usual / left) - (usual - left) * ((time - first) / timedelta(hours=1)), time)
        for number, time in enumerate(considered, start=1)
    ]
    best, since = max(gains, default=(0.0, start))
    return (since, uncertainty) if best > 0 else (start, uncertainty)
