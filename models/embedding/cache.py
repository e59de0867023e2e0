"""A memory for vectors, so that repeats and templates are embedded once."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from hashlib import blake2b
from threading import Lock

import numpy as np

from models.embedding.base import Embedder, Vectors

DEFAULT_BYTES = 64_000_000

_BESIDE = 200
"""Bytes that an entry takes beside its vector: key, order, objects."""


class CachedEmbedder:
    """An embedder that remembers the vectors of the texts used last; they are the inner one's, bit for bit.

    Entries are found by a hash of the model's name and the text, so no text is kept. May be called from several
    threads where the inner one may; they do not wait for each other.

    Parameters
    ----------
    inner : Embedder
        Embeds what is not remembered, each distinct text once per call.
    limit : int
        Bytes that may be taken; the entries used longest ago go first. 0 remembers nothing.
    """

    def __init__(self, inner: Embedder, limit: int = DEFAULT_BYTES) -> None:
        self._inner = inner
        self._most = max(0, limit) // (2 * inner.dimensions + _BESIDE)
        self._known: OrderedDict[bytes, bytes] = OrderedDict()
        self._lock = Lock()

    def __len__(self) -> int:
        """Number of vectors remembered."""
        return len(self._known)

    @property
    def name(self) -> str:
        """The inner one's."""
        return self._inner.name

    @property
    def dimensions(self) -> int:
        """The inner one's."""
        return self._inner.dimensions

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Embed texts: float16 of shape (n, dimensions), unit rows, in the order given."""
        keys = {text: self._key(text) for text in dict.fromkeys(texts)}
        with self._lock:
            found = {key: self._known[key] for key in keys.values() if key in self._known}
        missing = [text for text, key in keys.items() if key not in found]
        if missing:
            fresh = np.asarray(self._inner.embed(missing), "<f2")
            found.update((keys[text], row.tobytes()) for text, row in zip(missing, fresh, strict=True))
        with self._lock:
            self._remember(found)
        rows = b"".join(found[keys[text]] for text in texts)
        return np.frombuffer(rows, "<f2").reshape(len(texts), self.dimensions).astype(np.float16)

    def _remember(self, found: dict[bytes, bytes]) -> None:
        for key, row in found.items():
            self._known[key] = row
            self._known.move_to_end(key)
        while len(self._known) > self._most:
            self._known.popitem(last=False)

    def _key(self, text: str) -> bytes:
        # Lone surrogates, which JSON can carry, have no UTF-8 of their own.
        said = f"{self._inner.name}\x00{text}".encode("utf-8", "surrogatepass")
        return blake2b(said, digest_size=16).digest()
