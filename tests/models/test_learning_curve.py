"""What labels teach: precision at 1 on texts whose labels the map has not seen."""

from dataclasses import astuple

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.themes.rebuild.label_map import learn_map
from models.themes.rebuild.learning_curve import SHARES, learning_curve


class Unchanged:
    """A map that changes nothing."""

    def apply(self, vectors: np.ndarray) -> np.ndarray:
        """Return them as they are."""
        return vectors


def texts(each: int, noise: float, seed: int = 3) -> tuple[np.ndarray, np.ndarray]:
    """Draw unit vectors of four themes, which differ in four coordinates and vary together in six others."""
    chance = np.random.default_rng(seed)
    themes = np.repeat(np.arange(1, 5), each)
    vectors = np.zeros((len(themes), 24))
    vectors[np.arange(len(themes)), themes] = 1.0
    vectors[:, 8:14] = noise * chance.normal(size=(len(themes), 6))
    vectors += 0.02 * chance.normal(size=vectors.shape)
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32), themes


def test_labels_teach_which_directions_do_not_matter():
    """Where texts of one theme vary in some directions, more labels find more of them, and the gain is beyond its interval."""
    points = learning_curve(*texts(24, 0.9), learn_map)
    assert [point.labels for point in points] == pytest.approx([48 * share for share in SHARES], abs=0.6)
    assert points[0].gain == points[0].gain_low == points[0].gain_high == 0.0
    assert points[-1].gain_low > 0.05
    assert points[-1].value > points[1].value
    assert all(0.0 <= point.low <= point.value <= point.high <= 1.0 for point in points)
    assert {type(value) for point in points for value in astuple(point)[:-1]} == {float}, "JSON knows no other kind"


def test_a_map_never_sees_the_labels_that_it_is_judged_by():
    """Of each theme at most the larger half of the labels reaches the learner, and half of all texts are without one."""
    vectors, themes = texts(5, 0.5)
    seen = []

    def learn(_: np.ndarray, known: np.ndarray) -> Unchanged:
        seen.append(known.copy())
        return Unchanged()

    points = learning_curve(vectors, themes, learn)
    for known in seen:
        assert all((known == theme).sum() <= 3 for theme in range(1, 5))
        assert np.isin(known, [-1, 1, 2, 3, 4]).all()
    assert {point.gain for point in points} == {0.0}
    assert points[0].texts == 20


@settings(max_examples=15)
@given(st.integers(0, 2**31), st.integers(4, 9))
def test_the_curve_is_the_same_again(seed: int, each: int):
    """Equal labels and an equal seed give an equal curve."""
    vectors, themes = texts(each, 0.7)
    learn = lambda *_: Unchanged()  # noqa: E731
    assert learning_curve(vectors, themes, learn, seed=seed) == learning_curve(vectors, themes, learn, seed=seed)


@pytest.mark.parametrize("themes", [[1] * 9, [1, 1, 1, 1, 2, 2, 2], [1, 2, 3, 4], []])
def test_too_few_labels_have_no_curve(themes: list[int]):
    """With fewer than two themes of four labels there is nothing to estimate."""
    vectors = np.eye(max(len(themes), 1), 12, dtype=np.float32)[: len(themes)]
    assert learning_curve(vectors, np.array(themes, np.int64), learn_map) == ()
