"""The words of a text as a vector, for languages that the embedding model does not read."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from functools import lru_cache
from hashlib import blake2b

import numpy as np

from models.arrays import Vectors
from models.embedding.base import DIMENSIONS, StoredVectors

_UNSAID = re.compile(r"\[[A-Z][A-Z_ -]*\]|\S*\d[!-~]*")
"""Redaction marks and numbers, which are about one ticket and not about its problem."""

_WORD = re.compile(r"[^\W\d_]+")

_UNSPACED = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]+")
"""Thai, Lao, Burmese, Khmer, Japanese and Chinese, which are written without spaces between words."""

_LATIN = re.compile(r"[a-z\u00aa-\u024f\u1e00-\u1eff]")

_GRAM = 3
_STEM = 5
"""Letters at the beginning of a longer word that its forms have in common in most languages."""

_USUAL_LENGTH = 4
"""Shorter words are mostly function words, since frequent words are short in all languages (Zipf 1935); they weigh less."""


def word_vectors(texts: Sequence[str], languages: Sequence[str]) -> StoredVectors:
    """Compute vectors of words: float16 of shape (n, 384), unit rows, in the order of `texts`.

    A text is the sum of the random directions of its distinct words and of their beginnings (random projection of a bag of
    words: Achlioptas 2003), or of its groups of two and three characters where words are not separated. Words of two languages
    share no direction, even if they are written alike. The same text gives the same vector on every machine.

    Parameters
    ----------
    texts : sequence of n texts
    languages : sequence of n codes
        Language of each text.
    """
    vectors = np.zeros((len(texts), DIMENSIONS), np.float16)
    for row, (text, language) in enumerate(zip(texts, languages, strict=True)):
        total = 0.1 * _direction(language, "")
        for word, weight in sorted(features(text).items()):
            total = total + weight * _direction(language, word)
        vectors[row] = total / np.linalg.norm(total)
    return vectors


def features(text: str) -> dict[str, float]:
    """Return the distinct words of a text and their beginnings, or groups of characters, with their weights in (0, 1]."""
    return dict(_weighted(text))


def _weighted(text: str) -> Iterator[tuple[str, float]]:
    plain = _UNSAID.sub(" ", unicodedata.normalize("NFKC", text)).casefold()
    for run in _UNSPACED.findall(plain):
        for length in range(2, _GRAM + 1):
            yield from ((run[at : at + length], 1.0) for at in range(len(run) - length + 1))
    words = _WORD.findall(_UNSPACED.sub(" ", plain))
    others = [word for word in words if not _LATIN.match(word)]
    if others or _UNSPACED.search(plain):
        # Words in Latin script in a text of another one are names, mostly of brands.
        words = others
    for word in words:
        weight = min(1.0, len(word) / _USUAL_LENGTH) ** 2
        yield word, weight
        if len(word) > _STEM:
            yield word[:_STEM], weight


@lru_cache(maxsize=65_536)
def _direction(language: str, word: str) -> Vectors:
    """Draw signs +1 and -1 from the hash of a word of a language: array of shape (384,)."""
    content = f"{language}\x1f{word}".encode("utf-8", "replace")
    digest = blake2b(content, digest_size=DIMENSIONS // 8).digest()
    return np.unpackbits(np.frombuffer(digest, np.uint8)).astype(np.float32) * 2 - 1
