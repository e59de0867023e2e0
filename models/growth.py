"""Whether a number of tickets is more or less than was expected."""

from __future__ import annotations

from enum import StrEnum

from models.count_range import CountRange


class GrowthSide(StrEnum):
    """On which side of the expected range a count is; the values are shown to people."""

    ABOVE = "above"
    AS_EXPECTED = "as expected"
    BELOW = "below"
    UNKNOWN = "no expectation"


def growth_of(tickets: int, expected: CountRange | None) -> GrowthSide:
    """Compare a count with its expected range; a limit itself is inside.

    >>> growth_of(12, CountRange(5.0, 1.2, 9.8))
    <GrowthSide.ABOVE: 'above'>
    """
    if expected is None:
        return GrowthSide.UNKNOWN
    if tickets > expected.high:
        return GrowthSide.ABOVE
    return GrowthSide.BELOW if tickets < expected.low else GrowthSide.AS_EXPECTED
