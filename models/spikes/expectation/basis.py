"""The basis of expectations: baseline, counts and launches, and the shares of segments that follow from them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from models.arrays import Ints
from models.segment import EVERYTHING, Segment
from models.spikes.baseline.baseline import Baseline
from models.spikes.counts import SeriesCounts
from models.spikes.expectation.series import SeriesRows
from models.spikes.launches.effect import LaunchEffect
from models.spikes.series import SeriesKey
from models.spikes.settings import SpikeSettings
from models.theme import ALL_TICKETS


@dataclass(frozen=True, slots=True)
class ExpectationBasis:
    """What every expectation is computed from."""

    baseline: Baseline
    counts: SeriesCounts
    launches: tuple[LaunchEffect, ...]
    settings: SpikeSettings

    def series(self, theme_ids: Iterable[int], segment: Segment) -> SeriesRows:
        """Return the series of themes in one segment, including those that never had counts."""
        themes = list(theme_ids)
        rows = np.array(self.counts.rows_in(segment, themes), dtype=np.int64)
        return self._series(
            rows, np.array([self.baseline.position[theme] for theme in themes], dtype=np.int64), segment
        )

    def _series(self, rows: Ints, themes: Ints, segment: Segment) -> SeriesRows:
        number = self.counts.segment_id(segment)
        known = len(self.counts.segments) if number is None else number
        return SeriesRows(
            rows,
            themes,
            np.full(len(themes), known),
            np.full(len(themes), segment == EVERYTHING),
            {known: segment},
        )

    def totals(self) -> SeriesRows:
        """Return the totals of all themes and of all tickets, in the order of the baseline."""
        known, ids = self.baseline.total_rows, self.baseline.theme_ids
        if len(self.counts) not in known:
            known.clear()
            known[len(self.counts)] = np.array(self.counts.rows_in(EVERYTHING, ids.tolist()), dtype=np.int64)
        return self._series(known[len(self.counts)], np.arange(len(ids)), EVERYTHING)

    def theme_positions(self) -> Ints:
        """Return the position in the baseline of each row's theme, -1 for themes that are not live."""
        return self.counts.positions(self.baseline.theme_ids)

    def counted_scope(self, scope: Segment) -> Segment:
        """Return a launch's scope where series of it are kept, else everything."""
        number = self.counts.segment_id(scope)
        sums = self.baseline.all_sums
        return scope if number is not None and number < len(sums) and sums[number] > 0 else EVERYTHING

    def share_of(self, theme_id: int, segment: Segment) -> float:
        """Return the usual share of a segment in a theme: from its series if kept, else the product over dimensions."""
        if segment == EVERYTHING:
            return 1.0
        known = self.baseline.shares.get((theme_id, segment))
        if known is not None:
            return known
        number = self.counts.segment_id(segment)
        sums = self.baseline.all_sums
        seen = number is not None and number < len(sums) and sums[number] > 0
        if not seen and len(segment.pairs) > 1:
            share = 1.0
            for name, value in segment.pairs:
                share *= self.share_of(theme_id, Segment.of({name: value}))
        else:
            share = self._share_of_series(theme_id, segment, number)
        self.baseline.shares[(theme_id, segment)] = share
        return share

    def _share_of_series(self, theme_id: int, segment: Segment, number: int | None) -> float:
        row = self.counts.row(SeriesKey(theme_id, segment))
        rows = np.array([len(self.baseline.sums) if row is None else row])
        numbers = np.array([len(self.baseline.all_sums) if number is None else number])
        position = np.array([self.baseline.position[theme_id]])
        return float(self.baseline.share(rows, position, numbers, np.array([False]))[0][0])

    def share_in_scope(self, theme_id: int, segment: Segment, scope: Segment) -> float:
        """Return the share of a theme's tickets in `segment` that is in `scope` too; dimensions count as independent."""
        if segment.within(scope):
            return 1.0
        if not segment.compatible(scope):
            return 0.0
        fixed = segment.as_dict()
        rest = Segment.of({name: value for name, value in scope.pairs if name not in fixed})
        return self.share_of(theme_id, rest)

    def lift_over_all(self, launch: LaunchEffect) -> float:
        """Compute the lift of all tickets inside the scope that follows from the themes' lifts and usual volumes.

        Of the themes that share a line of the plan the one that it means most is lifted: the planned tickets come
        once, in whichever of them.
        """
        everywhere = launch.lift_all or 1.0
        extra = 0.0
        for group in launch.expected:
            for theme_id in sorted(group.theme_ids) if group.core is None else [group.core]:
                if theme_id in self.baseline.position:
                    share = self.share_of(theme_id, launch.scope)
                    usual = self.baseline.level[self.baseline.position[theme_id]] * share
                    extra += (group.lift - everywhere) * float(usual)
        in_scope = float(self.baseline.level[0]) * self.share_of(ALL_TICKETS, launch.scope)
        return max(everywhere + extra / max(in_scope, 1e-9), 1e-3)
