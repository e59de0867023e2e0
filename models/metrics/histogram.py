"""Histograms of durations: bins that grow by 2 %, the moments since when tickets wait, and both as bytes."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from enum import IntEnum

import numpy as np

from models.arrays import Floats, Ints

GROWTH = 1.02
"""How much longer the durations of a bin are than those of the bin before."""

MINUTE = 60.0
"""Seconds to which is known since when a ticket waits."""

_KIND_BITS = 24
_LARGEST = (1 << _KIND_BITS) - 1
_COMPRESSED_FROM = 48
"""Entries from which compression saves space."""


class DurationKind(IntEnum):
    """What an entry of a histogram counts.

    The entries of the first five, and of the two from `PERSON_AFTER_AI`, are bins of durations. Those of the others are minutes after
    the beginning of the day of creation: when tickets were created that still wait, and when AI solved those that were not reopened.
    """

    FIRST_REPLY = 0
    UNANSWERED = 1
    FIRST_RESOLUTION = 2
    FULL_RESOLUTION = 3
    REOPENED_AFTER_AI = 4
    WAITING_REPLY = 5
    WAITING_FIRST_RESOLUTION = 6
    WAITING_FULL_RESOLUTION = 7
    KEPT_SINCE_AI = 8
    PERSON_AFTER_AI = 9
    NO_PERSON_AFTER_AI = 10
    WAITING_PERSON_AFTER_AI = 11


def duration_entries(kind: DurationKind, seconds: Floats) -> Ints:
    """Return the entries of durations in seconds; those below one second are in the bin of one second."""
    bins: Ints = np.floor(np.log(np.maximum(seconds, 1.0)) / np.log(GROWTH) + 1e-9).astype(np.int64)
    return np.minimum(bins, _LARGEST) + (int(kind) << _KIND_BITS)


def moment_entries(kind: DurationKind, seconds: Floats) -> Ints:
    """Return the entries of moments, in seconds after the beginning of the day of creation."""
    minutes: Ints = np.floor(np.maximum(seconds, 0.0) / MINUTE).astype(np.int64)
    return np.minimum(minutes, _LARGEST) + (int(kind) << _KIND_BITS)


def kinds_of(entries: Ints) -> Ints:
    """Return the `DurationKind` of each entry."""
    return entries >> _KIND_BITS


def durations_of(entries: Ints) -> Floats:
    """Return the seconds in the middle (on the logarithmic scale) of the bins of entries: within 1 % of each duration."""
    return np.asarray(GROWTH ** ((entries & _LARGEST) + 0.5), dtype=np.float64)


def moments_of(entries: Ints) -> Floats:
    """Return the seconds after the beginning of the day, in the middle of the minutes of entries."""
    return np.asarray(((entries & _LARGEST) + 0.5) * MINUTE, dtype=np.float64)


def pack(entries: Ints, counts: Ints) -> bytes:
    """Return a histogram as bytes: entries, ascending, and their counts as little-endian int32, compressed where there are many.

    The first byte says whether it is compressed, so that equal histograms are equal bytes.
    """
    if not len(entries):
        return b""
    raw = np.concatenate((entries, counts)).astype("<i4").tobytes()
    return b"\x00" + raw if len(entries) < _COMPRESSED_FROM else b"\x01" + zlib.compress(raw, 1)


def unpack(packed: Sequence[bytes | None]) -> tuple[Ints, Ints, Ints]:
    """Return the histograms of several cells as (position of the cell, entry, count), each of shape (entries of all cells,)."""
    places: list[int] = []
    parts: list[bytes] = []
    for place, one in enumerate(packed):
        if one:
            places.append(place)
            parts.append(zlib.decompress(one[1:]) if one[0] else one[1:])
    if not parts:
        nothing = np.empty(0, dtype=np.int64)
        return nothing, nothing, nothing
    lengths = np.array([len(part) // 8 for part in parts])
    flat = np.frombuffer(b"".join(parts), dtype="<i4").astype(np.int64)
    # Each part is its entries and then its counts.
    is_entry = np.repeat(np.tile([True, False], len(parts)), np.repeat(lengths, 2))
    return np.repeat(np.array(places, dtype=np.int64), lengths), flat[is_entry], flat[~is_entry]
