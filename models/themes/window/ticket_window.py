"""The tickets an index remembers, in the order in which they were mined."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

GRID = 2048.0
"""Coordinates are rounded to multiples of 1/2048. Products are then multiples of 2**-22, and since a partial
sum of a dot product of unit vectors stays below 4, float32 holds it exactly. So similarities do not depend
on the order of summation: not on threads, epoch size, the processor's kernels, or a restart. The rounding
moves a cosine by about 0.0003."""

UNTHEMED = 0

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]
Neighbours = tuple[Ints, Floats]


def on_grid(vectors: NDArray[np.floating]) -> Floats:
    """Round vectors to the grid on which float32 dot products are exact: same shape, float32."""
    return np.asarray(np.rint(np.asarray(vectors, np.float32) * GRID) / GRID, np.float32)


def centred(vectors: NDArray[np.floating], centre: Floats) -> Floats:
    """Take the centre off: unit rows on the grid; shape (n, dimensions) or (dimensions,), a text at the centre becomes zeros.

    Both are on the grid, so that the differences and their squares are exact whatever the order of summation.
    """
    rows = on_grid(vectors)
    if not centre.any():
        return rows
    return on_grid(unit(rows.astype(np.float64) - centre))


def unit(vectors: NDArray[np.floating]) -> NDArray[np.floating]:
    """Scale the last axis to length 1; zeros stay zeros."""
    lengths = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return vectors / np.where(lengths > 0, lengths, 1.0)


class TicketWindow:
    """The last `capacity` tickets and, before them, exemplars of themes that have become rare among these.

    Vectors, themes and times as arrays, one row each, oldest first. Vectors are held as they were given and as they are
    compared: without what all have in common (`recentre`). A ticket that leaves the window stays as an
    exemplar while it is one of the `exemplars` newest remembered tickets of its theme; so a theme that is dormant for
    any length of time is still there to be found. Rows are numbered from 0 (the oldest); a number holds until the next
    `append` or `forget`.
    """

    def __init__(self, capacity: int, dimensions: int = 384, exemplars: int = 0) -> None:
        self._capacity = capacity
        self._exemplars = exemplars
        self._centre = np.zeros(dimensions, np.float32)
        self._given = np.empty((256, dimensions), np.float32)
        self._vectors = np.empty((256, dimensions), np.float32)
        self._themes = np.empty(256, np.int64)
        self._times = np.empty(256, np.int64)
        self._ids: list[str] = []
        self._start = 0
        self._window = 0
        self._end = 0

    def __len__(self) -> int:
        """Number of tickets remembered, exemplars included."""
        return self._end - self._start

    @property
    def kept(self) -> int:
        """Number of exemplars older than the window: the first rows."""
        return self._window - self._start

    @property
    def vectors(self) -> Floats:
        """As they are compared, without the centre: shape (n, dimensions), on the grid."""
        return self._vectors[self._start : self._end]

    @property
    def given(self) -> Floats:
        """As they were given: shape (n, dimensions), on the grid."""
        return self._given[self._start : self._end]

    @property
    def centre(self) -> Floats:
        """What is taken off before vectors are compared: shape (dimensions,), on the grid; zeros at first."""
        return self._centre

    def recentre(self, centre: Floats) -> None:
        """Compare without this from now on, what is remembered already included."""
        self._centre = centre
        self._vectors[self._start : self._end] = centred(self.given, centre)

    @property
    def themes(self) -> Ints:
        """Theme of each row, 0 for unthemed; writable."""
        return self._themes[self._start : self._end]

    @property
    def times(self) -> Ints:
        """Event time of each row in whole milliseconds since 1970."""
        return self._times[self._start : self._end]

    def ticket(self, row: int) -> str:
        """Ticket id of a row."""
        return self._ids[self._start + row]

    def append(self, ticket_ids: list[str], times: Ints, vectors: Floats, themes: Ints) -> int:
        """Add tickets, vectors as given, as the newest rows, letting go of what is above capacity; returns the first new row."""
        count = len(ticket_ids)
        self._add(ticket_ids, times, vectors, themes)
        self._let_go()
        return len(self) - count

    def bring_back(self, ticket_ids: list[str], times: Ints, vectors: Floats, themes: Ints, kept: int) -> None:
        """Fill an empty memory with what one held before: the first `kept` rows as exemplars, the others as window."""
        self._add(ticket_ids, times, vectors, themes)
        self._window = self._start + kept

    def _add(self, ticket_ids: list[str], times: Ints, vectors: Floats, themes: Ints) -> None:
        count = len(ticket_ids)
        self._make_room(count)
        new = slice(self._end, self._end + count)
        self._given[new], self._vectors[new] = vectors, centred(vectors, self._centre)
        self._times[new], self._themes[new] = times, themes
        self._ids.extend(ticket_ids)
        self._end += count

    def _let_go(self) -> None:
        """Shrink the window to capacity; what stays of the rows before it moves up against it."""
        window = max(self._window, self._end - self._capacity)
        if window == self._window:
            return
        stay = self._start + np.flatnonzero(self._wanted(window - self._start))
        start = window - len(stay)
        self._ids[start:window] = [self._ids[place] for place in stay.tolist()]
        for column in (self._given, self._vectors, self._themes, self._times):
            column[start:window] = column[stay]
        self._start, self._window = start, window

    def _wanted(self, count: int) -> NDArray[np.bool_]:
        """Which of the first `count` rows are among the newest of their themes: shape (count,)."""
        themes = self.themes[:count]
        held = np.bincount(self.themes[count:], minlength=int(themes.max(initial=0)) + 1)
        newest_first = np.argsort(-themes, kind="stable")[::-1]
        ranked = themes[newest_first]
        newer = np.arange(count) - np.searchsorted(ranked, ranked)
        wanted = np.zeros(count, bool)
        wanted[newest_first] = (ranked != UNTHEMED) & (newer + held[ranked] < self._exemplars)
        return wanted

    def rows_of(self, ticket_ids: Collection[str]) -> list[int]:
        """Rows of those tickets that are remembered, ascending."""
        wanted = set(ticket_ids)
        return [row for row in range(len(self)) if self.ticket(row) in wanted]

    def forget(self, ticket_ids: Collection[str]) -> None:
        """Remove tickets; the order of the others stays."""
        gone = self.rows_of(ticket_ids)
        if gone:
            keep = np.ones(len(self), bool)
            keep[gone] = False
            self._compact(keep)

    def neighbours(self, rows: NDArray[np.integer], count: int, *, causal: bool = False) -> Iterator[Neighbours]:
        """Nearest others of each of `rows`: (rows, similarities), nearest first.

        Among equals the later comes first. With `causal`, only rows before it. Fewer than `count` where there
        are no more.
        """
        for start in range(0, len(rows), _BLOCK):
            block = rows[start : start + _BLOCK]
            # What lies after all of them need not be compared.
            end = int(block.max()) + 1 if causal else len(self)
            similarities = self.vectors[block] @ self.vectors[:end].T
            for line, row in zip(similarities, block.tolist(), strict=True):
                line[row : None if causal else row + 1] = ABSENT
            yield from nearest_in_each(similarities, count)

    def _make_room(self, count: int) -> None:
        if self._end + count <= len(self._themes):
            return
        size = max(256, 2 * (len(self) + count))
        self._compact(np.ones(len(self), bool), size)

    def _compact(self, keep: NDArray[np.bool_], size: int | None = None) -> None:
        """Move the kept rows to the front of arrays of `size` rows."""
        kept, exemplars = np.flatnonzero(keep), int(keep[: self.kept].sum())
        size = size or max(256, 2 * len(kept))
        ids = [self.ticket(int(row)) for row in kept]
        for name in ("_given", "_vectors", "_themes", "_times"):
            old = getattr(self, name)[self._start : self._end][kept]
            new = np.empty((size, *old.shape[1:]), old.dtype)
            new[: len(kept)] = old
            setattr(self, name, new)
        self._ids, self._start, self._window, self._end = ids, 0, exemplars, len(kept)


_BLOCK = 256
"""Rows of similarities held at once: enough for a full matrix product on two cores; 16 MB at 16,000 remembered."""

_STRIPES = 32
_TIES = 8
"""With so many times the wanted number of candidates, equal vectors abound, and rows are searched singly."""

ABSENT = -2.0
"""Below every cosine: marks what must not be found."""


def nearest_in_each(similarities: Floats, count: int) -> Iterator[Neighbours]:
    """Do what `nearest` does for each row of an array of shape (m, n), leaving out what is `ABSENT`.

    A row is cut into interleaved stripes; the `count`-th largest of the stripes' maxima is a lower bound for
    the `count`-th largest of the row, so that only the few values above it need sorting.
    """
    lines, width = similarities.shape
    length = width // _STRIPES
    if length < 4 * count:
        yield from (_present(*nearest(line, count)) for line in similarities)
        return
    striped = similarities[:, : length * _STRIPES].reshape(lines, _STRIPES, length)
    maxima = striped.max(axis=1)
    bound = np.partition(maxima, length - count, axis=1)[:, length - count]
    above = similarities >= np.maximum(bound, ABSENT / 2)[:, None]
    # Ten times faster than `np.nonzero` of two dimensions.
    found_lines, found_places = np.divmod(np.flatnonzero(above), width)
    if len(found_lines) > _TIES * count * lines:
        yield from (_present(*nearest(line, count)) for line in similarities)
        return
    values = similarities[found_lines, found_places]
    order = np.lexsort((-found_places, -values, found_lines))
    places, values = found_places[order], values[order]
    ends = np.searchsorted(found_lines, np.arange(lines + 1))
    for start, end in pairwise(ends.tolist()):
        stop = min(end, start + count)
        yield places[start:stop], values[start:stop]


def _present(places: Ints, values: Floats) -> Neighbours:
    there = values > ABSENT
    return places[there], values[there]


def nearest(similarities: Floats, count: int) -> Neighbours:
    """Places and values of the `count` largest, descending; among equals the later place comes first."""
    if count <= 0:
        places = np.arange(0)
    elif len(similarities) <= count:
        places = np.arange(len(similarities))
    else:
        bound = np.partition(similarities, len(similarities) - count)[len(similarities) - count]
        above = np.flatnonzero(similarities > bound)
        equal = np.flatnonzero(similarities == bound)[len(above) - count :]
        places = np.concatenate((above, equal))
    values = similarities[places]
    order = np.lexsort((-places, -values))
    return places[order], values[order]
