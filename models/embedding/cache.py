"""A cache of vectors, so that repeats and templates are embedded once."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b
from threading import Lock

import numpy as np
from cachetools import LRUCache

from models.embedding.base import Embedder, StoredVectors
from models.embedding.choices import DEFAULT_BYTES
from models.embedding.wrapping import WrappingEmbedder

_ENTRY_OVERHEAD = 200
"""Bytes that an entry takes in addition to its vector: key, order, objects."""


class CachedEmbedder(WrappingEmbedder):
    """An embedder that caches the vectors of the texts used last; they equal the inner embedder's, bit for bit.

    Entries are found by a hash of the model's name and the text, so no text is stored. May be called from several
    threads where the inner embedder may; they do not wait for each other.

    Parameters
    ----------
    inner : Embedder
        Embeds what is not in the cache, each distinct text once per call.
    limit : int
        Bytes that the cache may take; the entries used longest ago are dropped first. 0 caches nothing.
    """

    def __init__(self, inner: Embedder, limit: int = DEFAULT_BYTES) -> None:
        super().__init__(inner)
        self._capacity = max(0, limit) // (2 * inner.dimensions + _ENTRY_OVERHEAD)
        self._cache: LRUCache[bytes, bytes] = LRUCache(max(1, self._capacity))
        self._lock = Lock()

    def __len__(self) -> int:
        """Number of vectors in the cache."""
        return len(self._cache)

    def clear(self) -> None:
        """Forget all vectors, as after an erasure: the hashes of its texts are not known."""
        with self._lock:
            self._cache.clear()

    def embed(self, texts: Sequence[str]) -> StoredVectors:
        """Embed texts: float16 of shape (n, dimensions), unit rows, in the order given."""
        keys = {text: self._key(text) for text in dict.fromkeys(texts)}
        with self._lock:
            found = {key: self._cache[key] for key in keys.values() if key in self._cache}
        missing = [text for text, key in keys.items() if key not in found]
        if missing:
            # Outside the lock: a thread whose texts are cached must not wait for another's model.
            fresh = np.asarray(self._inner.embed(missing), "<f2")
            found.update((keys[text], row.tobytes()) for text, row in zip(missing, fresh, strict=True))
        if self._capacity:
            with self._lock:
                self._cache.update(found)
        rows = b"".join(found[keys[text]] for text in texts)
        return np.frombuffer(rows, "<f2").reshape(len(texts), self.dimensions).astype(np.float16)

    def _key(self, text: str) -> bytes:
        # JSON can contain lone surrogates, which UTF-8 cannot encode otherwise.
        content = f"{self._inner.name}\x00{text}".encode("utf-8", "surrogatepass")
        return blake2b(content, digest_size=16).digest()
