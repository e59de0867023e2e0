"""An embedder whose vectors are stored on disk between runs, so that a replay times the mining alone."""

from __future__ import annotations

import os
import sqlite3
import tempfile
from collections.abc import Callable, Sequence
from hashlib import blake2b
from pathlib import Path

import numpy as np
from more_itertools import chunked

from models.embedding import Embedder
from models.embedding.base import DIMENSIONS, StoredVectors
from models.embedding.minilm import READS

_AT_ONCE = 500


class StoringEmbedder:
    """An embedder that reads the vectors of known texts from a file, and loads the model at the first unknown one.

    Parameters
    ----------
    name : str
        The model's name; vectors of other models are never used.
    load : callable
        Loads the model.
    file : Path
        SQLite file of vectors, by a hash of model and text.
    """

    def __init__(self, name: str, load: Callable[[], Embedder], file: Path) -> None:
        file.parent.mkdir(parents=True, exist_ok=True)
        self._name, self._load, self._inner = name, load, None
        self._store = sqlite3.connect(file, timeout=60, check_same_thread=False, isolation_level=None)
        self._store.execute("create table if not exists vectors (key blob primary key, vector blob) without rowid")

    _inner: Embedder | None

    @property
    def name(self) -> str:
        """The model's name."""
        return self._name

    @property
    def dimensions(self) -> int:
        """384."""
        return DIMENSIONS

    @property
    def languages(self) -> frozenset[str] | None:
        """English, if the vectors are those of all-MiniLM-L6-v2; else all."""
        return READS if self._name.startswith("all-MiniLM-L6-v2/") else None

    def embed(self, texts: Sequence[str]) -> StoredVectors:
        """Embed texts: float16 of shape (n, 384), unit rows, in the order given."""
        keys = [blake2b(f"{self._name}\x00{text}".encode("utf-8", "surrogatepass")).digest() for text in texts]
        found = self._read(keys)
        missing = {key: text for key, text in zip(keys, texts, strict=True) if key not in found}
        if missing:
            self._inner = self._inner or self._load()
            rows = np.asarray(self._inner.embed(list(missing.values())), "<f2")
            found |= {key: row.tobytes() for key, row in zip(missing, rows, strict=True)}
            self._store.execute("begin immediate")
            self._store.executemany(
                "insert or ignore into vectors values (?, ?)", [(key, found[key]) for key in missing]
            )
            self._store.execute("commit")
        joined = b"".join(found[key] for key in keys)
        return np.frombuffer(joined, "<f2").reshape(len(texts), DIMENSIONS).astype(np.float16)

    def _read(self, keys: Sequence[bytes]) -> dict[bytes, bytes]:
        found: dict[bytes, bytes] = {}
        for some in chunked(dict.fromkeys(keys), _AT_ONCE):
            marks = ",".join("?" * len(some))
            query = f"select key, vector from vectors where key in ({marks})"  # noqa: S608, of marks alone
            found.update(self._store.execute(query, some))
        return found


def vectors_file() -> Path:
    """File of the stored vectors: in GROUNDSWELL_BENCH_CACHE (default: a folder in the system's temporary directory)."""
    folder = Path(os.environ.get("GROUNDSWELL_BENCH_CACHE", Path(tempfile.gettempdir()) / "groundswell-bench"))
    return folder / "vectors.db"
