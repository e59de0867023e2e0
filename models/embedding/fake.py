"""An embedder without a model, for tests and trials."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from hashlib import blake2b

import numpy as np

from models.arrays import Vectors
from models.embedding.base import DIMENSIONS, StoredVectors

_WORD = re.compile(r"\w+")
_ALWAYS = "\x00"
"""A word that is in every text, so that a text without words has a direction too."""


class HashingEmbedder:
    """Random projection of the words of a text: texts that share words are similar, nothing is learned.

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

    def embed(self, texts: Sequence[str]) -> StoredVectors:
        """Embed texts: float16 of shape (n, 384), unit rows, in the order given."""
        vectors = np.zeros((len(texts), DIMENSIONS), np.float16)
        for row, text in enumerate(texts):
            total = 0.5 * _direction(_ALWAYS)
            for word in sorted(set(_WORD.findall(text.lower()))):
                total = total + _direction(word)
            norm = np.linalg.norm(total)
            vectors[row] = total / norm if norm else _direction(_ALWAYS) / np.sqrt(DIMENSIONS)
        return vectors


@lru_cache(maxsize=65_536)
def _direction(word: str) -> Vectors:
    """Draw signs +1 and -1 from the hash of a word: array of shape (384,)."""
    digest = blake2b(word.encode("utf-8", "replace"), digest_size=DIMENSIONS // 8).digest()
    return np.unpackbits(np.frombuffer(digest, np.uint8)).astype(np.float32) * 2 - 1
