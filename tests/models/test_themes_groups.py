"""Grouping a whole set of texts, the number of themes unknown."""

import numpy as np
import pytest
from threadpoolctl import threadpool_limits

from bench.themes.agreement import agreement
from models.themes.grouping.groups import theme_groups
from models.themes.grouping.lexical import lexical_vectors
from models.themes.grouping.resolution import Separation, resolution_weights, separation
from models.themes.window.centering import on_grid, unit


def blobs(themes, each, *, spread=0.6, seed=0, dimensions=64):
    """Unit rows around random directions, and the direction of each."""
    rng = np.random.default_rng(seed)
    centres = rng.normal(size=(themes, dimensions))
    centres /= np.linalg.norm(centres, axis=1, keepdims=True)
    truth = np.repeat(np.arange(themes), each)
    rows = centres[truth] + spread / np.sqrt(dimensions) * rng.normal(size=(len(truth), dimensions))
    return on_grid(rows / np.linalg.norm(rows, axis=1, keepdims=True)), truth


def f1(truth, found):
    """B-cubed F1, each text without a group by itself."""
    ids = [str(row) for row in range(len(truth))]
    themes = {ticket: int(group) if group >= 0 else None for ticket, group in zip(ids, found, strict=True)}
    return agreement(dict(zip(ids, truth.tolist(), strict=True)), themes).f1


@pytest.mark.parametrize(("themes", "each"), [(4, 60), (12, 25), (30, 12), (30, 40)])
def test_the_number_of_themes_is_found_whatever_their_number_and_size(themes, each):
    """One configuration finds 4 and 30 themes, of 12 and of 60 texts."""
    vectors, truth = blobs(themes, each)
    found = theme_groups(vectors)
    assert 0.7 * themes <= found.max() + 1 <= 1.4 * themes
    assert f1(truth, found) > 0.9


def test_a_sample_of_the_texts_has_the_themes_of_all():
    """A third of the texts shows about as many themes as all of them."""
    vectors, _ = blobs(15, 90)
    rows = np.random.default_rng(1).choice(len(vectors), len(vectors) // 3, replace=False)
    complete, sample = theme_groups(vectors), theme_groups(vectors[np.sort(rows)])
    assert abs(int(complete.max()) - int(sample.max())) <= 3


def test_noise_is_not_a_theme():
    """Directions drawn at random make next to no theme."""
    rows = np.random.default_rng(0).normal(size=(600, 384))
    found = theme_groups(on_grid(rows / np.linalg.norm(rows, axis=1, keepdims=True)))
    assert (found < 0).mean() > 0.9


@pytest.mark.parametrize("count", [0, 1, 2, 16])
def test_few_texts_have_no_theme(count):
    """Too few texts are not grouped."""
    vectors, _ = blobs(16, 1)
    assert theme_groups(vectors[:count]).tolist() == [-1] * count


def test_identical_texts_are_one_theme():
    """A template alone is a theme, even ten thousand times."""
    vectors, _ = blobs(1, 1)
    assert set(theme_groups(np.repeat(vectors, 10_000, axis=0)).tolist()) == {0}


def test_a_template_leaves_the_other_themes_alone():
    """Copies of a template enter the graph once: the other texts are grouped as without them."""
    vectors, truth = blobs(8, 30)
    template, _ = blobs(1, 1, seed=5)
    found = theme_groups(np.concatenate((vectors, np.repeat(template, 3000, axis=0))))
    assert len(set(found[len(vectors) :].tolist())) == 1
    assert f1(truth, found[: len(vectors)]) > 0.9


def test_equal_rows_have_equal_labels_and_larger_themes_come_first():
    """Copies share a theme; numbers run from 0 without a gap, by size."""
    vectors, _ = blobs(6, 30)
    found = theme_groups(np.concatenate((vectors, vectors[:40])))
    assert found[:40].tolist() == found[len(vectors) :].tolist()
    sizes = np.bincount(found[found >= 0])
    assert (np.diff(sizes) <= 0).all()
    assert sizes.min() >= 5


def test_the_labels_do_not_depend_on_threads():
    """One thread and two give the same groups."""
    vectors, _ = blobs(10, 40)
    with threadpool_limits(limits=1):
        alone = theme_groups(vectors)
    with threadpool_limits(limits=2):
        assert theme_groups(vectors).tolist() == alone.tolist()


def test_words_decide_where_the_vectors_are_vague():
    """Texts scattered so widely that themes mix are grouped better with their words."""
    vectors, truth = blobs(8, 40, spread=1.9)
    words = lexical_vectors([f"about subject{theme} please" for theme in truth])
    assert f1(truth, theme_groups(vectors, lexical=words)) > f1(truth, theme_groups(vectors)) + 0.05


def test_texts_without_words_have_no_lexical_vector():
    """Empty texts are no error."""
    assert lexical_vectors(["", "", ""]).shape == (3, 0)


def test_known_themes_improve_the_grouping_of_the_others():
    """With half the themes known, the other half of the texts is grouped better."""
    vectors, truth = blobs(8, 40, spread=1.9)
    labelled = np.arange(len(truth)) % 2 == 0
    found = theme_groups(vectors, known=np.where(labelled, truth, -1))
    assert f1(truth[~labelled], found[~labelled]) > f1(truth[~labelled], theme_groups(vectors)[~labelled]) + 0.05


def test_the_margin_is_largest_at_the_true_resolution():
    """Themes cut in two, and themes joined in pairs, both have a smaller mean margin than the themes."""
    vectors, truth = blobs(10, 40)
    rows = unit(vectors - vectors.mean(axis=0))
    true = separation(rows, truth).margin
    assert separation(rows, truth * 2 + np.arange(len(truth)) % 2).margin < true
    assert separation(rows, truth // 2).margin < true


def test_cohesion_is_the_mean_similarity_with_the_others_of_the_group():
    """It leaves out the text itself and groups of fewer than four."""
    vectors, truth = blobs(3, 5)
    groups = np.where(np.arange(15) < 12, truth, 3)
    similarity = vectors.astype(np.float64) @ vectors.T
    own = [(similarity[i, groups == groups[i]].sum() - similarity[i, i]) / 4 for i in range(10)]
    assert separation(vectors, groups).cohesion == pytest.approx(np.mean(own))


def test_groups_without_enough_texts_are_not_separate():
    """Groups of fewer than four texts have neither margin nor cohesion, and one group alone has no margin."""
    vectors, _ = blobs(3, 2)
    assert separation(vectors, np.arange(6) // 2) == (0.0, 0.0)
    assert separation(vectors, np.zeros(6, np.int64)).margin == 0.0


def test_cohesion_decides_where_margins_are_alike():
    """Areas whose margin is as large as that of the themes in them are not taken for themes, nor are fragments."""
    areas, between, themes, fragments = (
        Separation(0.20, 0.087), Separation(0.29, 0.080), Separation(0.43, 0.086), Separation(0.63, 0.087),
    )  # fmt: skip
    assert resolution_weights([areas, between, themes, fragments]).argmax() == 2


def test_margins_decide_where_they_are_clear():
    """Themes of unusually similar texts are found where nothing else is separate."""
    assert resolution_weights([Separation(0.45, 0.02), Separation(0.75, 0.30)]).argmax() == 1


def test_the_largest_weight_is_one_also_without_any_margin():
    """Texts without groups have equal weights."""
    assert resolution_weights([Separation(0.0, 0.0)] * 3).tolist() == [1.0, 1.0, 1.0]
