"""The subset of a theme that surges: found with its older tickets, or not at all."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.themes.discover.separation import LEAST_BAR, MERGED_FROM, Reference, mixing
from models.themes.discover.surging import find_surge, mixing_bar
from models.themes.window.centering import on_grid

LEAST, LEVEL = 5, 1e-2


def tickets(sizes, seed, nearness=0.0):
    """Rows of problems, the tickets of all in random order: (unit vectors, problem of each)."""
    random = np.random.default_rng(seed)
    centres = random.standard_normal((len(sizes), 384)) / np.sqrt(384) + nearness * random.standard_normal(
        384
    ) / np.sqrt(384)
    kinds = random.permutation(np.repeat(np.arange(len(sizes)), sizes))
    rows = centres[kinds] / np.linalg.norm(centres[kinds], axis=1, keepdims=True)
    rows = rows + 0.8 * random.standard_normal(rows.shape) / np.sqrt(384)
    return on_grid(rows / np.linalg.norm(rows, axis=1, keepdims=True)), kinds


def with_surge(sizes, kind, seed, nearness=0.0):
    """Tickets of which the last 16 are all of one problem: (vectors, problems, recent)."""
    vectors, kinds = tickets(sizes, seed, nearness)
    last = np.flatnonzero(kinds == kind)[-16:]
    order = np.append(np.setdiff1d(np.arange(len(kinds)), last), last)
    return vectors[order], kinds[order], np.arange(len(kinds)) >= len(kinds) - 16


@pytest.mark.parametrize("sizes", [(80, 40), (40, 80), (60, 30, 30)])
@pytest.mark.parametrize("seed", range(3))
def test_the_subset_contains_the_old_tickets_of_the_problem_too(sizes, seed):
    """In a theme of two or three problems, the problem that rises is found, whichever is larger."""
    vectors, kinds, recent = with_surge(sizes, 1, seed, nearness=0.7)
    found = find_surge(vectors, recent, LEAST, LEVEL)
    assert (found.rising == (kinds == 1)).mean() >= 0.97
    assert found.mixing <= mixing_bar(found.chance, LEVEL)
    assert found.chance <= LEVEL
    assert (found.rising + sum(part.astype(int) for part in found.others) == 1).all()


@pytest.mark.parametrize("seed", range(3))
def test_a_theme_of_three_problems_is_split_in_three(seed):
    """Where what does not rise is two problems, less alike than the halves of any known theme, each is a subset of its own."""
    vectors, kinds, recent = with_surge((60, 50, 40), 1, seed, nearness=0.7)
    assert len(find_surge(vectors, recent, LEAST, LEVEL).others) == 1
    found = find_surge(vectors, recent, LEAST, LEVEL, reference=Reference(0.9, 0.05))
    parts = (found.rising, *found.others)
    assert len(parts) == 3
    assert all(np.unique(kinds[part], return_counts=True)[1].max() >= 0.95 * part.sum() for part in parts)


@given(st.floats(1e-300, 1.0), st.floats(1e-300, 1.0))
def test_the_bar_follows_the_strength_of_the_test(one, other):
    """The stronger the evidence of a rise, the more mixed two problems may be, up to where themes are merged."""
    weaker, stronger = max(one, other), min(one, other)
    assert mixing_bar(weaker, LEVEL) <= mixing_bar(stronger, LEVEL) <= MERGED_FROM
    assert mixing_bar(LEVEL, LEVEL) == pytest.approx(LEAST_BAR)
    assert mixing_bar(0.0, LEVEL) == MERGED_FROM


@pytest.mark.parametrize("seed", range(5))
def test_a_theme_of_one_problem_is_not_split(seed):
    """A rise of the only problem splits nothing."""
    vectors, _, recent = with_surge((120,), 0, seed)
    assert find_surge(vectors, recent, LEAST, LEVEL) is None


def test_a_rise_of_both_problems_splits_nothing():
    """Two problems that rise together may stay one theme: nothing is left unreported by that."""
    vectors, kinds = tickets((60, 60), 0)
    assert len(set(kinds[-20:].tolist())) == 2
    assert find_surge(vectors, np.arange(120) >= 100, LEAST, LEVEL) is None


def test_a_theme_too_small_for_two_is_not_split():
    """Nine tickets cannot be two themes of five."""
    vectors, kinds = tickets((5, 4), 0)
    assert find_surge(vectors, kinds == 1, LEAST, LEVEL) is None


def test_copies_of_one_text_are_not_split():
    """A text that was sent a hundred times is one problem."""
    vectors = np.repeat(tickets((1,), 0)[0], 100, axis=0)
    assert find_surge(vectors, np.arange(100) >= 90, LEAST, LEVEL) is None


def test_a_problem_whose_wording_changed_is_not_split():
    """Where new tickets replace the old ones instead of coming at the same time, nothing is split."""
    vectors, kinds = tickets((60, 60), 0)
    order = np.argsort(kinds, kind="stable")
    assert find_surge(vectors[order], np.arange(120) >= 100, LEAST, LEVEL) is None


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 10_000), st.integers(6, 60), st.integers(6, 60))
def test_mixing_is_low_for_two_problems_and_one_for_labels_at_random(seed, one, other):
    """Mixing distinguishes two problems from one: the same from either side, whatever the order."""
    vectors, kinds = tickets((one, other), seed)
    order = np.random.default_rng(seed).permutation(len(kinds))
    assert mixing(vectors, kinds == 0) == pytest.approx(mixing(vectors, kinds == 1))
    assert mixing(vectors, kinds == 0) == pytest.approx(mixing(vectors[order], kinds[order] == 0))
    alike = tickets((one + other,), seed)[0]
    assert mixing(alike, kinds == 0) > mixing(vectors, kinds == 0)
