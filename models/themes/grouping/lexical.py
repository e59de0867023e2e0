"""The words of texts as vectors, which complement the dense vectors of the embedding model."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from models.arrays import Vectors
from models.themes.window.centering import on_grid, unit

_DIMENSIONS = 200


def lexical_vectors(texts: Sequence[str]) -> Vectors:
    """Compute vectors of words and pairs of words, weighted by rarity and reduced: unit rows of shape (n, up to 200).

    Latent semantic analysis (Deerwester et al. 1990) of TF-IDF over words that occur in at least two texts.
    A text without such a word gets a row of zeros; without any such word there are no columns. The sign and
    the last digits of a decomposition depend on the machine, so rows are rounded to the grid.
    """
    from sklearn.decomposition import TruncatedSVD
    from sklearn.feature_extraction.text import TfidfVectorizer
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

    vectorizer = TfidfVectorizer(sublinear_tf=True, min_df=2, ngram_range=(1, 2))
    try:
        weights = vectorizer.fit_transform(texts)
    except ValueError:
        # No word occurs twice.
        return np.zeros((len(texts), 0), np.float32)
    dimensions = min(_DIMENSIONS, weights.shape[1] - 1, len(texts) - 1)
    if dimensions < 1:
        return np.zeros((len(texts), 0), np.float32)
    with threadpool_limits(limits=1):
        reduced = TruncatedSVD(dimensions, random_state=0).fit_transform(weights)
    return on_grid(unit(reduced))
