"""Texts in batches of fixed shapes: the number of tokens is a multiple of 8, and the number of rows depends on that length alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from more_itertools import chunked

_LENGTH_STEP = 8

_BATCH_TOKENS = 256
"""Fewer make the products too small, more are wasted on the rows that fill a batch: of 128, 192, 256, 384 and 512 the fastest."""


def padded(tokens: int) -> int:
    """Return the length to which a text of this many tokens is padded."""
    return -(-tokens // _LENGTH_STEP) * _LENGTH_STEP


def rows_for(length: int) -> int:
    """Return the greatest power of two that keeps a batch of this length within its tokens, at least 1."""
    return 1 << max(1, _BATCH_TOKENS // length).bit_length() - 1


def make_batches(lengths: Sequence[int]) -> Iterator[list[int]]:
    """Yield the positions of texts that share a padded length, in groups no larger than that length's batch, the longest first."""
    order = sorted(range(len(lengths)), key=lambda at: (-lengths[at], at))
    for length, group in groupby(order, key=lambda at: padded(lengths[at])):
        yield from chunked(group, rows_for(length))


def computed_tokens(lengths: Sequence[int]) -> int:
    """Return how many tokens are computed for texts of these lengths: theirs, and those that fill lengths and rows."""
    sizes = [padded(lengths[batch[0]]) for batch in make_batches(lengths)]
    return sum(size * rows_for(size) for size in sizes)
