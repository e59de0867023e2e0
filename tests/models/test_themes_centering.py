"""What all texts of a stream share is subtracted before they are compared."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from models.themes.window.centering import centre_of, centred, from_steps, on_grid, steps_of


def cone(groups, each, seed, shared=1.0):
    """Unit rows of `groups` kinds, all leaning towards one direction; and the kind of each."""
    random = np.random.default_rng(seed)
    own = random.standard_normal((groups, 64)) / 8
    kinds = np.repeat(np.arange(groups), each)
    rows = shared * np.eye(64)[0] + own[kinds] + 0.3 * random.standard_normal((len(kinds), 64)) / 8
    return on_grid(rows / np.linalg.norm(rows, axis=1, keepdims=True)), kinds


def between(vectors, kinds):
    """Mean similarity of texts of different kinds."""
    apart = kinds[:, None] != kinds
    return float((vectors @ vectors.T)[apart].mean())


@given(st.integers(2, 30), st.integers(0, 10_000), st.floats(0.5, 3.0))
def test_texts_of_different_groups_are_not_alike_on_average(groups, seed, shared):
    """However narrow the cone, what is left distinguishes the texts' subjects, also with two groups."""
    vectors, kinds = cone(groups, 10, seed, shared)
    left = centred(vectors, centre_of(vectors, kinds))
    assert abs(between(left, kinds)) < min(0.1, between(vectors, kinds))


def test_a_single_group_keeps_what_its_texts_have_in_common():
    """Without the mean of its only theme a text would be noise: nothing is subtracted."""
    vectors, kinds = cone(1, 20, 0)
    centre = centre_of(vectors, kinds)
    assert not centre.any()
    assert (centred(vectors, centre) == vectors).all()
    assert not centre_of(vectors, np.full(20, -1)).any()


def test_a_surge_of_one_group_moves_nothing():
    """Every group counts the same, whatever its size: a template sent ten thousand times is one of many."""
    vectors, kinds = cone(5, 10, 3)
    again = np.concatenate((np.arange(50), np.repeat(np.flatnonzero(kinds == 2), 200)))
    assert (centre_of(vectors, kinds) == centre_of(vectors[again], kinds[again])).all()


@given(st.integers(0, 10_000))
def test_the_order_of_the_texts_does_not_matter(seed):
    """Equal to the last bit in any order."""
    vectors, kinds = cone(6, 7, seed)
    order = np.random.default_rng(seed).permutation(len(kinds))
    assert (centre_of(vectors, kinds) == centre_of(vectors[order], kinds[order])).all()


def test_a_centre_is_written_and_read_back_to_the_last_bit():
    """As steps of the grid; empty where nothing is subtracted."""
    centre = centre_of(*cone(6, 7, 1))
    assert (from_steps(steps_of(centre), 64) == centre).all()
    assert steps_of(np.zeros(64, np.float32)) == []
    assert not from_steps([], 64).any()


def test_a_text_at_the_centre_is_like_nothing():
    """It becomes zeros, not a division by zero."""
    centre = on_grid(np.eye(8)[0])
    assert not centred(centre, centre).any()
