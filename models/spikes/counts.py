"""Counts per series: exact integers, by 5-minute bucket for several days and by hour for several weeks."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Self

import numpy as np

from models.arrays import Ints
from models.bucket import BUCKETS_PER_HOUR
from models.segment import EVERYTHING, Segment
from models.spikes.series import SeriesKey
from models.theme import ALL_TICKETS

_EMPTY: Ints = np.zeros(0, dtype=np.int64)

_AROUND = 72
"""Buckets of the longest window that is read in every epoch."""
_DENSE_ROWS, _ROOM = 256, 512
"""Rows whose tickets are laid out by slot at most, and slots to come for which they have room."""
_FEW_HOURS = 6
"""Whole hours of a window from which on it is summed by the hour."""


@dataclass(frozen=True, slots=True)
class CountCells:
    """Counts as (row, slot, tickets), ordered by slot and within it by row."""

    rows: Ints
    slots: Ints
    counts: Ints

    def since(self, slot: int) -> CountCells:
        """Return the cells of a slot and of later ones."""
        first = int(np.searchsorted(self.slots, slot))
        return CountCells(self.rows[first:], self.slots[first:], self.counts[first:]) if first else self


class _Slots:
    """Sparse counts by slot of time: sorted arrays, and the newest changes apart from them until they are read.

    Only series with tickets in a slot use memory in it, so memory grows with the tickets and not with the series.
    """

    def __init__(self) -> None:
        self._arrays: dict[int, tuple[Ints, Ints]] = {}
        self._pending: dict[int, dict[int, int]] = {}
        self._sorted: list[int] | None = []
        self._dense: dict[int, _DenseRow] = {}

    def add(self, slot: int, row: int, n: int) -> None:
        """Add `n` tickets of a row to a slot."""
        if row in self._dense and not self._dense[row].add(slot, n):
            del self._dense[row]
        changes = self._pending.setdefault(slot, {})
        changes[row] = changes.get(row, 0) + n
        if slot not in self._arrays:
            self._sorted = None

    def add_many(self, slots: Ints, rows: Ints, counts: Ints) -> None:
        """Add tickets of rows to slots, in arrays of one shape, (n,) with n at least 1; the same cell may occur more than once."""
        order = np.lexsort((rows, slots))
        slots, rows, counts = slots[order], rows[order], counts[order]
        begins = np.flatnonzero((np.diff(slots, prepend=-1) != 0) | (np.diff(rows, prepend=-1) != 0))
        slots, rows, counts = slots[begins], rows[begins], np.add.reduceat(counts, begins)
        edges = [*np.flatnonzero(np.diff(slots, prepend=-1)).tolist(), len(slots)]
        self._sorted = None
        self._dense.clear()
        for slot, (start, end) in zip(slots[edges[:-1]].tolist(), pairwise(edges), strict=True):
            if slot in self._arrays or slot in self._pending:
                for row, n in zip(rows[start:end].tolist(), counts[start:end].tolist(), strict=True):
                    self.add(slot, row, n)
            else:
                kept = counts[start:end] != 0
                self._arrays[slot] = rows[start:end][kept], counts[start:end][kept]

    def at(self, slot: int) -> tuple[Ints, Ints]:
        """Return the rows (ascending) and counts (none of them zero) of a slot."""
        changes = self._pending.pop(slot, None)
        if changes is not None:
            old_rows, old_counts = self._arrays.get(slot, (_EMPTY, _EMPTY))
            rows = np.concatenate([old_rows, np.fromiter(changes.keys(), np.int64, len(changes))])
            counts = np.concatenate([old_counts, np.fromiter(changes.values(), np.int64, len(changes))])
            unique, position = np.unique(rows, return_inverse=True)
            sums = np.zeros(len(unique), dtype=np.int64)
            np.add.at(sums, position, counts)
            self._arrays[slot] = (unique[sums != 0], sums[sums != 0])
        return self._arrays.get(slot, (_EMPTY, _EMPTY))

    def of_row(self, slot: int, row: int) -> int:
        """Return the tickets of one row in a slot."""
        rows, counts = self.at(slot)
        at = int(np.searchsorted(rows, row))
        return int(counts[at]) if at < len(rows) and rows[at] == row else 0

    def series(self, row: int, start: int, end: int) -> Ints:
        """Return the tickets of one row in each slot of [start, end), as a new array; a row that is read once is read again soon."""
        dense = self._dense.get(row)
        if dense is None:
            if len(self._dense) >= _DENSE_ROWS:
                self._dense.clear()
            dense = self._dense[row] = _DenseRow.of({slot: self.of_row(slot, row) for slot in self._all_slots()})
        return dense.between(start, end)

    def _all_slots(self) -> list[int]:
        if self._sorted is None:
            self._sorted = sorted({*self._arrays, *self._pending})
        return self._sorted

    def slots(self, start: int, end: int) -> list[int]:
        """List the slots in [start, end) that ever had counts, ascending."""
        if end - start <= 4 * (len(self._arrays) + len(self._pending)) and end - start < 400:
            return [slot for slot in range(start, end) if slot in self._arrays or slot in self._pending]
        known = self._all_slots()
        return known[bisect_left(known, start) : bisect_left(known, end)]

    def between(self, start: int, end: int) -> CountCells:
        """Return the cells of the slots in [start, end)."""
        slots = self.slots(start, end)
        found = [self.at(slot) for slot in slots]
        if not found:
            return CountCells(_EMPTY, _EMPTY, _EMPTY)
        lengths = np.array([len(rows) for rows, _ in found])
        return CountCells(
            np.concatenate([rows for rows, _ in found]),
            np.repeat(np.array(slots, dtype=np.int64), lengths),
            np.concatenate([counts for _, counts in found]),
        )

    def drop_before(self, slot: int) -> None:
        """Forget all slots before `slot`."""
        known = self._all_slots()
        gone = bisect_left(known, slot)
        if not gone:
            return
        for old in known[:gone]:
            self._arrays.pop(old, None)
            self._pending.pop(old, None)
        del known[:gone]
        for dense in self._dense.values():
            dense.drop_before(slot)

    def __len__(self) -> int:
        return len({*self._arrays, *self._pending})


class _DenseRow:
    """The tickets of one row by slot of time, from `first` on, with room for slots to come."""

    def __init__(self, first: int, counts: Ints) -> None:
        self._first, self._counts = first, counts

    @classmethod
    def of(cls, counts: Mapping[int, int]) -> Self:
        """Lay out tickets by slot."""
        slots = np.fromiter(counts.keys(), np.int64, len(counts))
        if not len(slots):
            return cls(0, _EMPTY)
        first = int(slots.min())
        out = np.zeros(int(slots.max()) - first + 1 + _ROOM, dtype=np.int64)
        out[slots - first] = np.fromiter(counts.values(), np.int64, len(counts))
        return cls(first, out)

    def add(self, slot: int, n: int) -> bool:
        """Add tickets to a slot; returns False where there is no room for it."""
        at = slot - self._first
        if not 0 <= at < len(self._counts):
            return False
        self._counts[at] += n
        return True

    def between(self, start: int, end: int) -> Ints:
        """Return the tickets of each slot of [start, end), as a new array."""
        out = np.zeros(max(0, end - start), dtype=np.int64)
        low, high = max(start, self._first), min(end, self._first + len(self._counts))
        if low < high:
            out[low - start : high - start] = self._counts[low - self._first : high - self._first]
        return out

    def drop_before(self, slot: int) -> None:
        """Forget all slots before `slot`."""
        self._counts[: max(slot - self._first, 0)] = 0


class SeriesCounts:
    """Count the tickets of every series in exact integers, so that any order of adding gives the same counts.

    Parameters
    ----------
    recent_buckets: number of buckets before the newest queried one for which counts are kept by bucket.
    history_hours: number of hours for which counts are kept by the hour.

    >>> counts = SeriesCounts()
    >>> counts.add(5_000_000, SeriesKey(1, EVERYTHING), 3)
    >>> counts.add(5_000_000, SeriesKey(1, EVERYTHING), -1)
    >>> counts.total(SeriesKey(1, EVERYTHING), 5_000_000, 5_000_001)
    2
    """

    def __init__(self, *, recent_buckets: int = 8 * 288, history_hours: int = 8 * 168) -> None:
        self.recent_buckets = recent_buckets
        self.history_hours = history_hours
        self.keys: list[SeriesKey] = []
        self.segments: list[Segment] = []
        self._row: dict[SeriesKey, int] = {}
        self._segment_id: dict[Segment, int] = {}
        self._themes: list[int] = []
        self._segment_ids: list[int] = []
        self._recent = _Slots()
        self._hours = _Slots()
        self._all_by_hour: dict[int, int] = {}
        self._touched: dict[int, int] = {}
        self._revisions: dict[int, int] = {}
        self._revision = 0
        self._arrays: tuple[Ints, Ints] = (_EMPTY, _EMPTY)
        self._rows_of_theme: dict[int, list[int]] = {}
        self._recent_from = 0
        self._positions: tuple[Ints, Ints] = (_EMPTY, _EMPTY)
        self._segment_names: dict[int, Segment] = {}
        # Between two changes the same windows are queried many times: for each open episode, each theme, each test.
        self._cells: dict[tuple[int, int], CountCells] = {}
        self._sums: dict[tuple[int, int], Ints] = {}

    def __len__(self) -> int:
        """Return the number of series that ever had counts."""
        return len(self.keys)

    def add(self, bucket: int, key: SeriesKey, n: int = 1) -> None:
        """Add `n` tickets (negative: remove them) to a series in a bucket of any age."""
        if n == 0:
            return
        self._changed()
        row = self._row.get(key)
        if row is None:
            row = self._register(SeriesKey(*key))
        self._count(bucket, row, n, of_all=key[0] == ALL_TICKETS and key[1] == EVERYTHING)

    def add_all(self, changes: Iterable[tuple[tuple[int, int, Segment], int]]) -> None:
        """Do for each (bucket, theme id, segment) and its tickets what `add` does, in the given order."""
        self._changed()
        for (bucket, theme_id, segment), n in changes:
            if n:
                row = self._row.get(SeriesKey(theme_id, segment))
                if row is None:
                    row = self._register(SeriesKey(theme_id, segment))
                self._count(bucket, row, n, of_all=theme_id == ALL_TICKETS and segment == EVERYTHING)

    def _count(self, bucket: int, row: int, n: int, *, of_all: bool) -> None:
        hour = bucket // BUCKETS_PER_HOUR
        self._recent.add(bucket, row, n)
        self._hours.add(hour, row, n)
        self._revision += 1
        self._touched[hour] = self._revision
        for known in self._revisions:
            if hour < known:
                self._revisions[known] = self._revision
        if of_all:
            self._all_by_hour[hour] = self._all_by_hour.get(hour, 0) + n

    def restore(self, rows: Iterable[tuple[int, int, str | Segment, int]]) -> None:
        """Add stored rows of (bucket, theme id, segment or its key, tickets), in any order."""
        numbers: dict[str | Segment, int] = {}
        cells = [
            (theme, numbers.setdefault(segment, len(numbers)), bucket, n) for bucket, theme, segment, n in rows if n
        ]
        names = [Segment.from_key(name) if isinstance(name, str) else name for name in numbers]
        self.restore_cells(np.array(cells, np.int64).reshape(-1, 4), dict(enumerate(names)))

    def restore_cells(self, cells: Ints, segments: Mapping[int, Segment]) -> None:
        """Add stored counts of shape (n, 4): theme id, number of the segment (in `segments`), bucket, tickets."""
        themes, numbers, buckets, counts = np.ascontiguousarray(cells[cells[:, 3] != 0].T)
        if not len(counts):
            return
        self._changed()
        width = int(numbers.max()) + 1
        pairs, first, pair_of = np.unique(themes * width + numbers, return_index=True, return_inverse=True)
        rows_of_pairs = np.empty(len(first), np.int64)
        # Series are numbered in the order in which they are met, as where each row is added by itself.
        for pair in np.argsort(first).tolist():
            theme, number = divmod(int(pairs[pair]), width)
            key = SeriesKey(theme, segments[number])
            row = self._row.get(key)
            rows_of_pairs[pair] = self._register(key) if row is None else row
        rows, hours = rows_of_pairs[pair_of], buckets // BUCKETS_PER_HOUR
        self._recent.add_many(buckets, rows, counts)
        self._hours.add_many(hours, rows, counts)
        self._touched |= dict(
            zip(hours.tolist(), range(self._revision + 1, self._revision + len(hours) + 1), strict=True)
        )
        self._revision += len(hours)
        self._revisions.clear()
        everything = self._row.get(SeriesKey(ALL_TICKETS, EVERYTHING), -1)
        of_all = rows == everything
        for hour, n in zip(hours[of_all].tolist(), counts[of_all].tolist(), strict=True):
            self._all_by_hour[hour] = self._all_by_hour.get(hour, 0) + n

    def trim(self, end_bucket: int) -> None:
        """Forget counts that are too old for any query at `end_bucket` or later."""
        self._changed()
        first_hour = end_bucket // BUCKETS_PER_HOUR - self.history_hours
        self._recent.drop_before(end_bucket - self.recent_buckets)
        self._recent_from = max(self._recent_from, end_bucket - self.recent_buckets)
        self._hours.drop_before(first_hour)
        for known in (self._all_by_hour, self._touched):
            for hour in [hour for hour in known if hour < first_hour]:
                del known[hour]
                self._revisions = {}

    def first_hour(self, from_hour: int, before_hour: int) -> int | None:
        """Find the first hour (bucket number // 12) in [from_hour, before_hour) that has a ticket, or None."""
        return min((h for h, n in self._all_by_hour.items() if n > 0 and from_hour <= h < before_hour), default=None)

    def revision_before(self, hour: int) -> int:
        """Return a number that changes whenever counts of an hour before `hour` change."""
        # Most calls ask for the same hour, while only newer ones change.
        known = self._revisions.get(hour)
        if known is None:
            known = max((revision for touched, revision in self._touched.items() if touched < hour), default=0)
            self._revisions = {hour: known}
        return known

    def recent(self, start: int, end: int) -> CountCells:
        """Return the cells of the buckets in [start, end), as far back as `recent_buckets`."""
        known = self._cells.get((start, end))
        if known is None:
            # Most windows end together: the shorter ones are parts of the longest.
            around = (min(start, end - _AROUND), end)
            if around not in self._cells:
                self._cells[around] = self._recent.between(*around)
            known = self._cells[start, end] = self._cells[around].since(start)
        return known

    def hourly(self, start_hour: int, end_hour: int) -> CountCells:
        """Return the cells of the hours in [start_hour, end_hour)."""
        return self._hours.between(start_hour, end_hour)

    def total(self, key: SeriesKey, start: int, end: int) -> int:
        """Return the tickets of one series in the buckets [start, end)."""
        return int(self.by_bucket(key, start, end).sum())

    def sums(self, start: int, end: int) -> Ints:
        """Return the tickets of every row in the buckets [start, end), as a read-only array."""
        known = self._sums.get((start, end))
        if known is None:
            # Weights are integers far below 2^53, so the float sums of bincount are exact.
            found = np.zeros(len(self.keys), dtype=np.int64)
            for cells in self._cells_between(start, end):
                found += np.bincount(cells.rows, weights=cells.counts, minlength=len(self.keys)).astype(np.int64)
            found.flags.writeable = False
            known = self._sums[start, end] = found
        return known

    def _cells_between(self, start: int, end: int) -> list[CountCells]:
        """Return the cells of the buckets in [start, end), those of whole hours as cells of hours where that is shorter."""
        first, last = -(-start // BUCKETS_PER_HOUR), end // BUCKETS_PER_HOUR
        if last - first < _FEW_HOURS or start < self._recent_from:
            return [self.recent(start, end)]
        edges = ((start, first * BUCKETS_PER_HOUR), (last * BUCKETS_PER_HOUR, end))
        return [self._hours.between(first, last), *(self.recent(*edge) for edge in edges if edge[0] < edge[1])]

    def by_bucket(self, key: SeriesKey, start: int, end: int) -> Ints:
        """Return the tickets of one series, one number per bucket of [start, end)."""
        row = self._row.get(key)
        if row is None:
            return np.zeros(max(0, end - start), dtype=np.int64)
        return self._recent.series(row, start, end)

    def by_hour(self, key: SeriesKey, start_hour: int, end_hour: int) -> Ints:
        """Return the tickets of one series, one number per hour of [start_hour, end_hour)."""
        row = self._row.get(key)
        if row is None:
            return np.zeros(max(0, end_hour - start_hour), dtype=np.int64)
        return self._hours.series(row, start_hour, end_hour)

    def first_hour_of(self, key: SeriesKey, from_hour: int, before_hour: int) -> int | None:
        """Find the first hour in [from_hour, before_hour) in which a series has a ticket, or None."""
        found = np.flatnonzero(self.by_hour(key, from_hour, before_hour) > 0)
        return from_hour + int(found[0]) if len(found) else None

    def index(self) -> tuple[Ints, Ints]:
        """Return the theme id and segment number of every row."""
        if len(self._arrays[0]) != len(self.keys):
            self._arrays = (
                np.array(self._themes, dtype=np.int64),
                np.array(self._segment_ids, dtype=np.int64),
            )
        return self._arrays

    def positions(self, theme_ids: Ints) -> Ints:
        """Return the position of each row's theme among sorted ids, -1 where it is not among them, as a read-only array."""
        known_of, known = self._positions
        if known_of is not theme_ids or len(known) != len(self.keys):
            known = positions_of(self.index()[0], theme_ids)
            known.flags.writeable = False
            self._positions = theme_ids, known
        return known

    def segment_names(self) -> Mapping[int, Segment]:
        """Return the segments by their number."""
        if len(self._segment_names) != len(self.segments):
            self._segment_names = dict(enumerate(self.segments))
        return self._segment_names

    def row(self, key: SeriesKey) -> int | None:
        """Return the row of a series, or None when it never had counts."""
        return self._row.get(key)

    def rows_in(self, segment: Segment, theme_ids: Iterable[int]) -> list[int]:
        """Return the rows of themes in one segment; the number of rows for those that never had counts."""
        rows, none = self._row, len(self.keys)
        return [rows.get(SeriesKey(theme, segment), none) for theme in theme_ids]

    def segment_id(self, segment: Segment) -> int | None:
        """Return the number of a segment, or None when it never had counts."""
        return self._segment_id.get(segment)

    def rows_of(self, theme_id: int) -> list[int]:
        """Return the rows of a theme's series."""
        return self._rows_of_theme.get(theme_id, [])

    def themes(self) -> Iterator[int]:
        """Iterate over the theme ids that ever had counts."""
        return iter(self._rows_of_theme)

    def _changed(self) -> None:
        if self._cells or self._sums:
            self._cells, self._sums = {}, {}

    def _register(self, key: SeriesKey) -> int:
        row = self._row[key] = len(self.keys)
        self.keys.append(key)
        segment_id = self._segment_id.get(key.segment)
        if segment_id is None:
            segment_id = self._segment_id[key.segment] = len(self.segments)
            self.segments.append(key.segment)
        self._themes.append(key.theme_id)
        self._segment_ids.append(segment_id)
        self._rows_of_theme.setdefault(key.theme_id, []).append(row)
        return row


def positions_of(values: Ints, sorted_ids: Ints) -> Ints:
    """Find the position of each value among sorted ids (at least one), -1 where it is not among them."""
    at = np.minimum(np.searchsorted(sorted_ids, values), len(sorted_ids) - 1)
    return np.where(sorted_ids[at] == values, at, -1)
