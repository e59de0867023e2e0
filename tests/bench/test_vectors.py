"""Vectors that benchmarks store between runs."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from bench.vectors import StoringEmbedder
from models.embedding.fake import HashingEmbedder


def test_a_second_run_gives_the_same_vectors_without_a_model(tmp_path: Path) -> None:
    """Vectors are those of the model, in the order asked for, and known texts need no model."""
    texts = ["card declined", "refund late", "card declined", "lone \ud800 surrogate"]
    model = HashingEmbedder()
    first = StoringEmbedder(model.name, lambda: model, tmp_path / "vectors.db").embed(texts)
    np.testing.assert_array_equal(first, model.embed(texts))

    def refuse() -> HashingEmbedder:
        raise AssertionError("the model was loaded")

    again = StoringEmbedder(model.name, refuse, tmp_path / "vectors.db").embed(texts[::-1])
    np.testing.assert_array_equal(again, first[::-1])
