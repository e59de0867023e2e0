"""The interface of all embedders."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

DIMENSIONS = 384
"""Length of every vector that is stored; all embedders of this package return this length."""

StoredVectors = NDArray[np.float16]
"""Unit vectors of texts in the precision in which they are stored, shape (n, dimensions)."""


class Embedder(Protocol):
    """Turns texts into unit vectors whose dot product measures how similar two texts are in meaning.

    Everything downstream depends on this: the same text gives bitwise the same vector, whatever the other texts of
    the call and their order. The vectors of two embedders with the same `name` can be compared.
    """

    @property
    def name(self) -> str:
        """Model, version and number format; stored with each vector so that two models never mix."""

    @property
    def dimensions(self) -> int:
        """Length of each vector."""

    def embed(self, texts: Sequence[str]) -> StoredVectors:
        """Embed texts: float16 of shape (n, dimensions), rows of unit length, in the order of `texts`."""


@runtime_checkable
class ReadsLanguages(Protocol):
    """An embedder that knows the languages of the texts that it compares by meaning."""

    @property
    def languages(self) -> frozenset[str] | None:
        """ISO 639 codes of the languages that it reads; None where it reads all."""


def languages_read(embedder: Embedder) -> frozenset[str] | None:
    """Return the languages that an embedder reads; None where it reads all, or says nothing about them."""
    return embedder.languages if isinstance(embedder, ReadsLanguages) else None


@runtime_checkable
class Clearable(Protocol):
    """An embedder that remembers vectors of texts."""

    def clear(self) -> None:
        """Forget all of them."""
