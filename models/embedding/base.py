"""What an embedder promises."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

DIMENSIONS = 384
"""Length of every vector that is stored; both embedders shipped here give this length."""

Vectors = NDArray[np.float16]


class Embedder(Protocol):
    """Turns texts into unit vectors whose dot product says how near two texts are in meaning.

    The promise that everything downstream rests on: the same text gives bitwise the same vector, whatever
    its companions in the call and their order. Two embedders with the same `name` give comparable vectors.
    """

    @property
    def name(self) -> str:
        """Model, version and number format; stored beside each vector so that two models never mix."""

    @property
    def dimensions(self) -> int:
        """Length of each vector."""

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Embed texts: float16 of shape (n, dimensions), rows of unit length, in the order of `texts`."""
