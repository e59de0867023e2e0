"""Embedding: texts of tickets as vectors; texts with similar meanings have similar vectors."""

from typing import TYPE_CHECKING

from models.lazy import lazy_names

if TYPE_CHECKING:
    from models.embedding.base import DIMENSIONS, Clearable, Embedder, StoredVectors, languages_read
    from models.embedding.cache import CachedEmbedder
    from models.embedding.errors import ModelUnusable
    from models.embedding.fake import HashingEmbedder
    from models.embedding.folder import FolderModel
    from models.embedding.minilm import MiniLM
    from models.embedding.registry import Choice

__all__ = [
    "DIMENSIONS",
    "CachedEmbedder",
    "Choice",
    "Clearable",
    "Embedder",
    "FolderModel",
    "HashingEmbedder",
    "MiniLM",
    "ModelUnusable",
    "StoredVectors",
    "languages_read",
]

__getattr__ = lazy_names(
    __name__,
    {
        "base": ("DIMENSIONS", "Clearable", "Embedder", "StoredVectors", "languages_read"),
        "cache": ("CachedEmbedder",),
        "errors": ("ModelUnusable",),
        "fake": ("HashingEmbedder",),
        "folder": ("FolderModel",),
        "minilm": ("MiniLM",),
        "registry": ("Choice",),
    },
)
