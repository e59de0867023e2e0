"""The changes of counts that one epoch makes, collected before they are written once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from models.bucket import bucket_of
from models.segment import EVERYTHING, Segment
from models.source_silence import segment_of_source
from models.theme import ALL_TICKETS


class CountChanges:
    """Changes of counts by bucket and series.

    Parameters
    ----------
    dimensions, pairs: attributes, and pairs of attributes, whose values are counted.
    """

    def __init__(self, dimensions: Sequence[str], pairs: Sequence[tuple[str, str]]) -> None:
        self._counted: tuple[tuple[str, ...], ...] = (*((name,) for name in dimensions), *pairs)
        self._segments: dict[tuple[tuple[str, ...], tuple[str | None, ...]], Segment] = {}
        self.changes: Counter[tuple[int, int, Segment]] = Counter()
        """Tickets by (bucket, theme, segment), to be added to what is stored."""
        self.shifted: Counter[tuple[int, int, Segment]] = Counter()
        """Tickets that merged themes gave away, to be taken from the miner's state only: their stored rows are deleted."""

    def count(self, theme_id: int | None, time: datetime, attributes: Mapping[str, str | None], n: int = 1) -> None:
        """Count a ticket under all tickets and under its theme; a negative `n` takes it back."""
        themes = (ALL_TICKETS,) if theme_id is None else (ALL_TICKETS, theme_id)
        self._add(themes, time, attributes, n)

    def count_source(self, time: datetime, source: str) -> None:
        """Count a ticket under its source, of all tickets alone; it did arrive, and is not taken back."""
        self.changes[bucket_of(time), ALL_TICKETS, segment_of_source(source)] += 1

    def move(
        self, from_theme: int | None, to_theme: int | None, time: datetime, attributes: Mapping[str, str | None]
    ) -> None:
        """Move a counted ticket from one theme to another; None is unthemed."""
        if from_theme is not None:
            self._add((from_theme,), time, attributes, -1)
        if to_theme is not None:
            self._add((to_theme,), time, attributes, 1)

    def shift(self, bucket: int, segment: Segment, from_theme: int, to_theme: int, n: int) -> None:
        """Give stored counts of one theme to another; the caller deletes the stored rows of the first."""
        self.changes[bucket, to_theme, segment] += n
        self.shifted[bucket, from_theme, segment] -= n

    def shift_changes(self, from_theme: int, to_theme: int) -> None:
        """Give what this epoch counted for one theme to another."""
        for bucket, theme, segment in [key for key in self.changes if key[1] == from_theme]:
            self.changes[bucket, to_theme, segment] += self.changes.pop((bucket, theme, segment))

    def _add(self, themes: Sequence[int], time: datetime, attributes: Mapping[str, str | None], n: int) -> None:
        bucket, changes = bucket_of(time), self.changes
        for segment in self._segments_of(attributes):
            for theme in themes:
                changes[bucket, theme, segment] += n

    def _segments_of(self, attributes: Mapping[str, str | None]) -> Iterator[Segment]:
        """Iterate over the segments that a ticket counts in, as `models.spikes.segments_of` names them."""
        # Tickets share few values, so most segments are made once and found again here.
        yield EVERYTHING
        for names in self._counted:
            values = tuple([attributes.get(name) for name in names])
            if None not in values:
                known = self._segments.get((names, values))
                if known is None:
                    known = self._segments[names, values] = Segment.of(dict(zip(names, values, strict=True)))
                yield known
