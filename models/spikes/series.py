"""Series: the streams of counts that are kept for each theme."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from models.segment import EVERYTHING, Segment

DIMENSIONS = (
    "business_line",
    "user_type",
    "product",
    "payment_method",
    "region",
    "platform",
    "app_version",
    "channel",
    "handled_by",
)
PAIRS = (("region", "payment_method"), ("platform", "app_version"))


class SeriesKey(NamedTuple):
    """One stream of counts: a theme (0 means all tickets) inside a segment (empty means everywhere)."""

    theme_id: int
    segment: Segment


def segments_of(
    attributes: Mapping[str, str | None],
    dimensions: Iterable[str] = DIMENSIONS,
    pairs: Iterable[tuple[str, str]] = PAIRS,
) -> tuple[Segment, ...]:
    """List the segments in which a ticket counts: everything, its single values, its configured pairs.

    >>> [str(s) for s in segments_of({"region": "BR", "payment_method": "pix"})]
    ['everything', 'payment_method pix', 'region BR', 'payment_method pix, region BR']
    """
    singles = [Segment.of({name: attributes[name]}) for name in dimensions if attributes.get(name) is not None]
    both = [
        Segment.of({first: attributes[first], second: attributes[second]})
        for first, second in pairs
        if attributes.get(first) is not None and attributes.get(second) is not None
    ]
    return (EVERYTHING, *singles, *both)
