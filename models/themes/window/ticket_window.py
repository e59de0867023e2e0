"""The tickets that an index compares new ones with, in the order in which they were mined."""

from __future__ import annotations

from collections.abc import Collection, Iterator

import numpy as np
from numpy.typing import NDArray

from models.arrays import Ints, Mask, Vectors
from models.themes.window.centering import centred
from models.themes.window.neighbours import Neighbours, neighbours_of

UNTHEMED = 0
"""The theme of a ticket that has none."""

_SMALLEST_CAPACITY = 256


class TicketWindow:
    """The last `capacity` tickets and, before them, exemplars of themes that have become rare among these.

    Vectors, themes and times are arrays with one row per ticket, oldest first. Vectors are stored twice: raw, and as they
    are compared, without what all have in common (`recentre`). A ticket that leaves the window stays as an exemplar while it
    is one of the `exemplars` newest stored tickets of its theme. So a theme that is dormant for any length of time can still
    be found. Rows are numbered from 0 (the oldest); a row number is valid until the next `append` or `forget`.

    Parameters
    ----------
    capacity : int
        Tickets in the window; exemplars come on top.
    dimensions : int
        Length of a vector.
    exemplars : int
        Newest tickets of each theme that are never dropped.
    """

    def __init__(self, capacity: int, dimensions: int = 384, exemplars: int = 0) -> None:
        self._capacity = capacity
        self._exemplars = exemplars
        self._centre = np.zeros(dimensions, np.float32)
        self._raw_vectors = np.empty((_SMALLEST_CAPACITY, dimensions), np.float32)
        self._vectors = np.empty((_SMALLEST_CAPACITY, dimensions), np.float32)
        self._themes = np.empty(_SMALLEST_CAPACITY, np.int64)
        self._times = np.empty(_SMALLEST_CAPACITY, np.int64)
        self._changes = np.empty(_SMALLEST_CAPACITY, np.int8)
        self._ids: list[str] = []
        # Positions in the arrays: exemplars are [start, window), the window is [window, end).
        self._start = 0
        self._window = 0
        self._end = 0

    def __len__(self) -> int:
        """Number of tickets stored, exemplars included."""
        return self._end - self._start

    @property
    def exemplar_count(self) -> int:
        """Number of exemplars older than the window: the first rows."""
        return self._window - self._start

    @property
    def vectors(self) -> Vectors:
        """Vectors as they are compared, without the centre: shape (n, dimensions), on the grid."""
        return self._vectors[self._start : self._end]

    @property
    def raw_vectors(self) -> Vectors:
        """Vectors as they were appended: shape (n, dimensions), on the grid."""
        return self._raw_vectors[self._start : self._end]

    @property
    def centre(self) -> Vectors:
        """What is subtracted before vectors are compared: shape (dimensions,), on the grid; zeros at first."""
        return self._centre

    def recentre(self, centre: Vectors) -> None:
        """Subtract this centre from now on, also from the vectors already stored."""
        self._centre = centre
        self._vectors[self._start : self._end] = centred(self.raw_vectors, centre)

    @property
    def themes(self) -> Ints:
        """Theme of each row, 0 for unthemed; writable."""
        return self._themes[self._start : self._end]

    @property
    def times(self) -> Ints:
        """Event time of each row in whole milliseconds since 1970."""
        return self._times[self._start : self._end]

    @property
    def changes(self) -> NDArray[np.int8]:
        """How often each row's ticket changed its theme since it was assigned; writable."""
        return self._changes[self._start : self._end]

    def ticket(self, row: int) -> str:
        """Ticket id of a row."""
        return self._ids[self._start + row]

    def ticket_ids(self, rows: Ints) -> tuple[str, ...]:
        """Ticket ids of rows, in their order."""
        return tuple(self.ticket(row) for row in rows.tolist())

    def rows_of(self, ticket_ids: Collection[str]) -> list[int]:
        """Rows of those tickets that are stored, ascending."""
        wanted = set(ticket_ids)
        if not wanted:
            return []
        return [row for row in range(len(self)) if self.ticket(row) in wanted]

    def rows_of_theme(self, theme: int) -> Ints:
        """Rows of the tickets of a theme, ascending; of `UNTHEMED`, those without one."""
        return np.flatnonzero(self.themes == theme)

    def neighbours(self, rows: NDArray[np.integer], count: int, *, causal: bool = False) -> Iterator[Neighbours]:
        """Find the nearest stored tickets of each of `rows`; see `neighbours_of`."""
        return neighbours_of(self.vectors, rows, count, causal=causal)

    def append(self, ticket_ids: list[str], times: Ints, vectors: Vectors, themes: Ints) -> int:
        """Add tickets with their raw vectors as the newest rows, drop what exceeds capacity, and return the first new row."""
        count = len(ticket_ids)
        self._add(ticket_ids, times, vectors, themes)
        self._drop_oldest()
        return len(self) - count

    def restore(self, ticket_ids: list[str], times: Ints, vectors: Vectors, themes: Ints, exemplar_count: int) -> None:
        """Fill an empty window with what one contained before, without changes: the first `exemplar_count` rows as exemplars."""
        self._add(ticket_ids, times, vectors, themes)
        self._window = self._start + exemplar_count

    def forget(self, ticket_ids: Collection[str]) -> None:
        """Remove tickets; the order of the others stays."""
        removed = self.rows_of(ticket_ids)
        if removed:
            keep = np.ones(len(self), bool)
            keep[removed] = False
            self._compact(keep)

    def _add(self, ticket_ids: list[str], times: Ints, vectors: Vectors, themes: Ints) -> None:
        count = len(ticket_ids)
        self._reserve(count)
        new = slice(self._end, self._end + count)
        self._raw_vectors[new], self._vectors[new] = vectors, centred(vectors, self._centre)
        self._times[new], self._themes[new], self._changes[new] = times, themes, 0
        self._ids.extend(ticket_ids)
        self._end += count

    def _drop_oldest(self) -> None:
        """Shrink the window to capacity; rows before it that stay as exemplars move up against it."""
        window = max(self._window, self._end - self._capacity)
        if window == self._window:
            return
        stay = self._start + np.flatnonzero(self._exemplar_mask(window - self._start))
        start = window - len(stay)
        self._ids[start:window] = [self._ids[position] for position in stay.tolist()]
        for column in (self._raw_vectors, self._vectors, self._themes, self._times, self._changes):
            column[start:window] = column[stay]
        self._start, self._window = start, window

    def _exemplar_mask(self, count: int) -> Mask:
        """Mark which of the first `count` rows are among the newest of their themes: shape (count,)."""
        themes = self.themes[:count]
        newer_in_window = np.bincount(self.themes[count:], minlength=int(themes.max(initial=0)) + 1)
        newest_first = np.argsort(-themes, kind="stable")[::-1]
        ranked = themes[newest_first]
        newer = np.arange(count) - np.searchsorted(ranked, ranked)
        stays = np.zeros(count, bool)
        stays[newest_first] = (ranked != UNTHEMED) & (newer + newer_in_window[ranked] < self._exemplars)
        return stays

    def _reserve(self, count: int) -> None:
        """Make the arrays long enough for `count` more rows."""
        if self._end + count <= len(self._themes):
            return
        self._compact(np.ones(len(self), bool), max(_SMALLEST_CAPACITY, 2 * (len(self) + count)))

    def _compact(self, keep: Mask, size: int | None = None) -> None:
        """Move the rows to keep to the front of arrays of `size` rows."""
        rows, exemplars = np.flatnonzero(keep), int(keep[: self.exemplar_count].sum())
        size = size or max(_SMALLEST_CAPACITY, 2 * len(rows))
        ids = [self.ticket(int(row)) for row in rows]
        for name in ("_raw_vectors", "_vectors", "_themes", "_times", "_changes"):
            old = getattr(self, name)[self._start : self._end][rows]
            new = np.empty((size, *old.shape[1:]), old.dtype)
            new[: len(rows)] = old
            setattr(self, name, new)
        self._ids, self._start, self._window, self._end = ids, 0, exemplars, len(rows)
