"""The shared labelled texts, with their vectors.

The texts are outside the project: GROUNDSWELL_SHARED_DATA names their folder (default ../shared/data). Vectors are
computed once and stored under GROUNDSWELL_BENCH_CACHE (default: a folder in the system's temporary directory), named by
a hash of model and texts, so that vectors of another model or another text are never used.
"""

from __future__ import annotations

import csv
import hashlib
import json
import os
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models.embedding import Embedder, MiniLM
from models.themes.window.centering import on_grid

NOISE = ""
"""The label of a text that belongs to no intent."""


@dataclass(frozen=True)
class Corpus:
    """Texts, their labels (`NOISE` where there is none) and unit vectors on the grid, shape (n, 384)."""

    texts: list[str]
    labels: list[str]
    vectors: NDArray[np.float32]

    def __len__(self) -> int:
        """Number of texts."""
        return len(self.texts)

    def take(self, rows: Sequence[int] | NDArray[np.integer]) -> Corpus:
        """The texts of some rows, in that order."""
        chosen = np.asarray(rows, np.int64)
        return Corpus([self.texts[row] for row in chosen], [self.labels[row] for row in chosen], self.vectors[chosen])

    def with_labels(self, labels: Sequence[str]) -> Corpus:
        """Return the texts of some labels, in the order of the corpus."""
        wanted = set(labels)
        return self.take([row for row, label in enumerate(self.labels) if label in wanted])

    def __add__(self, other: Corpus) -> Corpus:
        """These texts, then those of another corpus."""
        vectors = np.concatenate((self.vectors, other.vectors))
        return Corpus(self.texts + other.texts, self.labels + other.labels, vectors)


def banking77(*parts: str) -> Corpus:
    """13,083 texts of 77 intents, the training part first; `train` or `test` alone for one part."""
    rows: list[tuple[str, str]] = []
    for part in parts or ("train", "test"):
        with (shared() / "banking77" / f"{part}.csv").open(encoding="utf-8", newline="") as file:
            rows += [(row["text"], row["category"]) for row in csv.DictReader(file)]
    return _corpus([text for text, _ in rows], [label for _, label in rows])


def out_of_scope() -> Corpus:
    """1,200 texts that belong to no intent."""
    lines = (shared() / "out_of_scope.txt").read_text(encoding="utf-8").splitlines()
    texts = [line.strip() for line in lines if line.strip()]
    return _corpus(texts, [NOISE] * len(texts))


def insurance() -> Corpus:
    """913 turns as people speak, of 22 intents."""
    lines = (shared() / "dstc11_insurance.jsonl").read_text(encoding="utf-8").splitlines()
    rows = [json.loads(line) for line in lines if line.strip()]
    return _corpus([row["utterance"] for row in rows], [row["intent"] for row in rows])


def shared() -> Path:
    """Folder of the shared data."""
    return Path(os.environ.get("GROUNDSWELL_SHARED_DATA", "../shared/data"))


def vectors_of(texts: Sequence[str]) -> NDArray[np.float32]:
    """Vectors of texts on the grid, from the cache where it has them."""
    from models.embedding.minilm import minilm_name

    key = hashlib.sha256("\0".join((minilm_name(), *texts)).encode()).hexdigest()[:20]
    folder = Path(os.environ.get("GROUNDSWELL_BENCH_CACHE", Path(tempfile.gettempdir()) / "groundswell-bench"))
    file = folder / f"{key}.npy"
    if not file.exists():
        folder.mkdir(parents=True, exist_ok=True)
        made = embedder().embed(texts)
        partial = file.with_suffix(f".{os.getpid()}.npy")
        np.save(partial, made)
        partial.replace(file)
    return on_grid(np.load(file))


@cache
def embedder() -> Embedder:
    """The embedding model, loaded at the first text that has no vector yet."""
    return MiniLM()


def _corpus(texts: list[str], labels: list[str]) -> Corpus:
    return Corpus(texts, labels, vectors_of(texts))
