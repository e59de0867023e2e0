"""An embedder without a model, for tests and for trying the chain out."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

from models.embedding.base import DIMENSIONS, Vectors

_WORD = re.compile(r"\w+")
_ALWAYS = "\x00"
"""Stands for a word in every text, so that a text without words has a direction too."""


class HashingEmbedder:
    """Random projection of the words of a text: texts that share words are near, nothing is learned.

    Each word gets a direction from its hash; a text is the sum of its distinct words' directions (a random
    projection of its binary bag of words: Johnson and Lindenstrauss 1984, Achlioptas 2003). Deterministic
    across processes and machines, and instant. It knows no synonyms, so it measures nothing about quality.
    """

    @property
    def name(self) -> str:
        """`hashing/1`."""
        return "hashing/1"

    @property
    def dimensions(self) -> int:
        """384."""
        return DIMENSIONS

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Embed texts: float16 of shape (n, 384), unit rows, in the order given."""
        vectors = np.zeros((len(texts), DIMENSIONS), np.float16)
        for place, text in enumerate(texts):
            total = 0.5 * _direction(_ALWAYS)
            for word in sorted(set(_WORD.findall(text.lower()))):
                total = total + _direction(word)
            norm = np.linalg.norm(total)
            vectors[place] = total / norm if norm else _direction(_ALWAYS) / np.sqrt(DIMENSIONS)
        return vectors


@lru_cache(maxsize=65_536)
def _direction(word: str) -> NDArray[np.float32]:
    """Signs +1 and -1 drawn from the hash of a word: array of shape (384,)."""
    digest = blake2b(word.encode("utf-8", "replace"), digest_size=DIMENSIONS // 8).digest()
    return np.unpackbits(np.frombuffer(digest, np.uint8)).astype(np.float32) * 2 - 1
