"""The part that all embedders have in common that wrap another one."""

from __future__ import annotations

from collections.abc import Sequence

from models.embedding.base import Embedder, StoredVectors, languages_read


class WrappingEmbedder:
    """An embedder around an inner one: it has that one's name, dimensions, languages and vectors."""

    def __init__(self, inner: Embedder) -> None:
        self._inner = inner

    @property
    def name(self) -> str:
        """The inner embedder's name."""
        return self._inner.name

    @property
    def dimensions(self) -> int:
        """The inner embedder's dimensions."""
        return self._inner.dimensions

    @property
    def languages(self) -> frozenset[str] | None:
        """The languages that the inner embedder reads; None where it reads all."""
        return languages_read(self._inner)

    def embed(self, texts: Sequence[str]) -> StoredVectors:
        """Embed texts with the inner embedder."""
        return self._inner.embed(texts)
