"""Calm: whether a rise goes on, and whether it is back.

The detector closes an episode late, since it must not close one that goes on. What is sent about it cannot wait for that.
"""

from __future__ import annotations

from datetime import timedelta

from models.spikes.statistics.count_tails import upper_tail

SHORTEST_CALM = timedelta(hours=2)
LONGEST_CALM = timedelta(hours=12)
"""A rise is calm when nothing beyond the usual came for half of the time that it lasts, within these bounds."""
BEFORE_OPENING = timedelta(minutes=30)
LONGEST_BEFORE_OPENING = timedelta(hours=6)
"""The same for a rise of which nobody was notified yet: it need not be over for long not to be worth a message."""
REST = 0.1
"""Share of the excess of a rise that may come lately although it is over."""
ONGOING = 0.01
"""Probability below which a count shows that a burst goes on."""
RETURN_CHANCE = 1e-6
"""Probability below which a count is a burst: each incident that ended within a week is tested 2,000 times, and a return that is
none is a false message."""
_LEAST_MEAN = 0.05


def calm_window(age: timedelta, *, opened: bool = True) -> timedelta:
    """Return the trailing time in which a rise that began `age` ago must have brought nothing to be calm."""
    shortest, longest = (SHORTEST_CALM, LONGEST_CALM) if opened else (BEFORE_OPENING, LONGEST_BEFORE_OPENING)
    return min(max(age / 2, shortest), longest)


def is_calm(observed: int, expected: float, total: float) -> bool:
    """Check whether a rise has ended by what came lately: no more than expected, or hardly any of its excess.

    `total` is its excess since its onset. Hardly any is a tenth, so little that it may be chance: of a slow rise that goes on, the
    later half of the time brings about half of the excess.
    """
    excess = observed - expected
    return excess <= 0 or (excess <= REST * total and not goes_on(observed, expected))


def goes_on(observed: int, expected: float) -> bool:
    """Test whether so many tickets are more than usual, so that a burst that was taken for over is not."""
    mean = max(expected, _LEAST_MEAN)
    return float(upper_tail(observed, mean, mean)) < ONGOING


def is_burst(observed: int, mean: float, variance: float) -> bool:
    """Test whether so many tickets are an incident that is back, under a negative binomial of what is usual."""
    usual = max(mean, _LEAST_MEAN)
    return float(upper_tail(observed, usual, max(variance, usual))) <= RETURN_CHANCE
