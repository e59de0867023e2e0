"""The table of tested windows: observed and expected counts of series, and their combined p-values."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from models.arrays import BucketWindow, Floats, Ints
from models.segment import Segment
from models.spikes.context import DetectionContext
from models.spikes.counts import CountCells
from models.spikes.expectation.series import Expectation, SeriesRows
from models.spikes.statistics.count_tails import mixed_tail
from models.spikes.statistics.multiple_testing import simes


@dataclass(frozen=True, slots=True)
class WindowTable:
    """Series with what was observed and expected in each tested window, and their combined p-values."""

    series: SeriesRows
    observed: Ints
    expected: Expectation
    p_values: Floats


def tabulate(context: DetectionContext) -> WindowTable:
    """Tabulate every series that could open an episode.

    Series with fewer than `min_tickets` in the longest window are left out, except those of themes that share an
    envelope, whose counts are added up.
    """
    windows = context.windows
    longest = min(range(len(windows)), key=lambda at: windows[at][0])
    row_themes = context.basis.theme_positions()
    sums = _trailing_sums(context, row_themes)
    positions = context.baseline.position
    in_envelopes = {positions[theme] for theme in context.units if theme in positions}
    chosen = (sums[:, longest] >= context.settings.min_tickets) & (row_themes >= 0)
    if in_envelopes:
        chosen |= (sums[:, longest] > 0) & np.isin(row_themes, sorted(in_envelopes))
    rows = np.flatnonzero(chosen)
    return _table(context, context.ordered(rows, row_themes[rows]), sums)


def tabulate_themes(context: DetectionContext, theme_ids: Iterable[int], segment: Segment) -> WindowTable:
    """Tabulate themes in one segment, however few tickets they have."""
    sums = _trailing_sums(context, context.basis.theme_positions())
    return _table(context, context.series(theme_ids, segment), sums)


def combined_p(observed: Ints, expected: Expectation, min_tickets: int) -> Floats:
    """Combine each series' p-values over its windows; a window with fewer than `min_tickets` has p = 1.

    observed: shape (series, windows). Returns shape (series,).
    """
    tails = np.ones(observed.shape)
    above = (observed >= min_tickets) & (observed > expected.mean)
    tails[above] = mixed_tail(observed[above], expected.mean[above], expected.noise[above], expected.deviation[above])
    return simes(tails) if len(tails) else np.zeros(0)


def _table(context: DetectionContext, series: SeriesRows, sums: Ints) -> WindowTable:
    windows = context.windows
    # In a quiet epoch no series has enough tickets, and the common volume need not be measured.
    volume = context.volume(windows) if len(series) else None
    expected = context.expected(series, windows, volume, _clipped_hours(context))
    observed = np.zeros((len(series), len(windows)), dtype=np.int64)
    counted = series.rows < len(sums)
    observed[counted] = sums[series.rows[counted]]
    return WindowTable(series, observed, expected, combined_p(observed, expected, context.settings.min_tickets))


def _trailing_sums(context: DetectionContext, row_themes: Ints) -> Ints:
    """Count the tickets of every row in each tested window, after its theme's floor; shape (rows, windows)."""
    cells = context.counts.recent(min(start for start, _ in context.windows), context.end)
    return _sum_windows(_above_floors(cells, row_themes, context), context.windows, len(row_themes))


def _sum_windows(cells: CountCells, windows: Sequence[BucketWindow], rows: int) -> Ints:
    out = np.zeros((rows, len(windows)), dtype=np.int64)
    for at, (start, _) in enumerate(windows):
        inside = cells.slots >= start
        # Weights are integers far below 2^53, so the float sums of bincount are exact.
        out[:, at] = np.bincount(cells.rows[inside], weights=cells.counts[inside], minlength=rows)
    return out


def _above_floors(cells: CountCells, row_themes: Ints, context: DetectionContext) -> CountCells:
    if not context.floors:
        return cells
    positions = context.baseline.position
    floors = np.full(len(positions) + 1, -1, dtype=np.int64)
    for theme, floor in context.floors.items():
        if theme in positions:
            floors[positions[theme]] = floor
    # Rows of themes that are not live have position -1: the last entry, which is no floor.
    kept = cells.slots >= floors[row_themes[cells.rows]]
    return CountCells(cells.rows[kept], cells.slots[kept], cells.counts[kept])


def _clipped_hours(context: DetectionContext) -> Floats:
    """Convert the tested windows to usual hours, those before a theme's floor left out."""
    baseline = context.baseline
    hours = baseline.hours_in(context.windows)
    if context.floors:
        hours = hours.copy()
    for theme, floor in context.floors.items():
        if theme in baseline.position:
            at = baseline.position[theme]
            clipped = [(min(max(start, floor), end), end) for start, end in context.windows]
            hours[at] = baseline.hours_in(clipped)[at]
    return hours
