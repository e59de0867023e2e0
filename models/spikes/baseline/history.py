"""History: the hourly counts from which the baseline learns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np

from models.arrays import Floats, Ints
from models.segment import EVERYTHING
from models.spikes.counts import SeriesCounts, positions_of
from models.theme import ALL_TICKETS


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """Cells of the hourly counts of live themes, between the stream's first event and the guard gap.

    hours: consecutive hours counted from 1970-01-01T00:00Z.
    rows, columns, positions, tickets: one entry per cell: row of the counts, position of the hour and of the theme,
    and tickets. row_themes, row_segments: theme id and segment number of every row of the counts.
    n_segments: number of segments. everything: number of the segment everything, -1 for none.
    """

    hours: Ints
    rows: Ints
    columns: Ints
    positions: Ints
    tickets: Ints
    row_themes: Ints
    row_segments: Ints
    n_segments: int
    everything: int

    @classmethod
    def of(cls, counts: SeriesCounts, theme_ids: Ints, edge: int, history_hours: int) -> Self:
        """Read the hours before `edge`, at most `history_hours` of them."""
        begin = counts.first_hour(edge - history_hours, edge)
        start = edge if begin is None else begin
        row_themes, row_segments = counts.index()
        position_of_row = positions_of(row_themes, theme_ids)
        cells = counts.hourly(start, edge)
        kept = position_of_row[cells.rows] >= 0
        everything = counts.segment_id(EVERYTHING)
        return cls(
            hours=np.arange(start, edge),
            rows=cells.rows[kept],
            columns=cells.slots[kept] - start,
            positions=position_of_row[cells.rows[kept]],
            tickets=cells.counts[kept],
            row_themes=row_themes,
            row_segments=row_segments,
            n_segments=len(counts.segments),
            everything=-1 if everything is None else everything,
        )

    def totals(self, n_themes: int) -> Floats:
        """Return the tickets of each theme by the hour, shape (themes, hours)."""
        totals = np.zeros((n_themes, len(self.hours)))
        of_total = self.row_segments[self.rows] == self.everything
        totals[self.positions[of_total], self.columns[of_total]] = self.tickets[of_total].astype(np.float64)
        return totals

    def weighted_sums(self, weights: Floats) -> tuple[Floats, Floats]:
        """Add up tickets times the weight of their theme's hour: by row of the counts, and of all tickets by segment."""
        weighted = weights[self.positions, self.columns] * self.tickets.astype(np.float64)
        sums = np.bincount(self.rows, weighted, len(self.row_themes)).astype(np.float64)
        all_sums = np.zeros(self.n_segments)
        of_all = self.row_themes == ALL_TICKETS
        all_sums[self.row_segments[of_all]] = sums[of_all]
        return sums, all_sums

    def cells_of_all(self) -> tuple[Ints, Ints, Ints]:
        """Return segment number, column of the hour and tickets of each cell of all tickets."""
        chosen = self.row_themes[self.rows] == ALL_TICKETS
        return self.row_segments[self.rows[chosen]], self.columns[chosen], self.tickets[chosen]
