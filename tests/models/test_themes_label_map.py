"""The map of the embedding that is learned from labels."""

import numpy as np
import pytest

from models.themes.rebuild.label_map import LabelMap, learn_map
from models.themes.window.centering import on_grid


def noisy(seed=0, each=30):
    """Texts of four themes, blurred by two noisy directions that all themes share."""
    rng = np.random.default_rng(seed)
    truth = np.repeat(np.arange(4), each)
    rows = np.eye(32)[truth] + 0.1 * rng.normal(size=(len(truth), 32))
    rows[:, 20:22] += 1.5 * rng.normal(size=(len(truth), 2))
    return on_grid(rows / np.linalg.norm(rows, axis=1, keepdims=True)), truth


def gap(vectors, truth):
    """Mean similarity within themes minus that between themes."""
    products, same = vectors @ vectors.T, truth[:, None] == truth
    return float(products[same].mean() - products[~same].mean())


def test_labels_bring_unlabelled_texts_of_a_theme_together():
    """A third of the labels widens the gap between and within themes on the other texts."""
    vectors, truth = noisy()
    labelled = np.arange(len(truth)) % 3 == 0
    found = learn_map(vectors, np.where(labelled, truth, -1))
    assert gap(found.apply(vectors[~labelled]), truth[~labelled]) > gap(vectors[~labelled], truth[~labelled]) + 0.1


@pytest.mark.parametrize("known", [np.full(120, -1), np.where(np.arange(120) < 5, np.arange(120), -1)])
def test_without_two_labels_of_a_theme_nothing_is_learned(known):
    """With no label, or one text a theme, the map is the identity."""
    vectors, _ = noisy()
    assert np.abs(learn_map(vectors, known).matrix - np.eye(32)).max() < 1e-4


def test_a_map_is_named_by_its_content():
    """The same labels give the same version; another label another."""
    vectors, truth = noisy()
    changed = truth.copy()
    changed[0] = 3
    assert learn_map(vectors, truth).version == learn_map(vectors, truth).version
    assert learn_map(vectors, truth).version != learn_map(vectors, changed).version


def test_mapped_rows_are_unit_rows_or_zero():
    """Rows keep unit length on the grid; the mean itself is mapped to zeros."""
    vectors, truth = noisy()
    found = learn_map(vectors, truth)
    assert np.allclose(np.linalg.norm(found.apply(vectors), axis=1), 1.0, atol=0.01)
    assert not found.apply(found.mean[None]).any()


def test_a_map_is_read_back_as_it_was_written():
    """What `dump` returned gives the same map; bytes of another length are refused."""
    vectors, truth = noisy()
    found = learn_map(vectors, truth)
    again = LabelMap.load(found.dump())
    assert again.version == found.version
    assert (again.apply(vectors) == found.apply(vectors)).all()
    with pytest.raises(ValueError, match="7 bytes"):
        LabelMap.load(b"1234567")


def test_missing_labels_are_named():
    """Another number of labels than vectors is refused with both numbers."""
    vectors, _ = noisy()
    with pytest.raises(ValueError, match="120 vectors and 7 labels"):
        learn_map(vectors, np.zeros(7, np.int64))
