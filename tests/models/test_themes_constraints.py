"""What people decided, as grouping honours it."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.themes.assign.constraints import NO_CONSTRAINTS, Constraints, Example
from models.themes.assign.lookup import centre_similarity
from models.themes.assign.vote import Vote
from models.themes.discover.bisection import bisect
from models.themes.grouping.succession import succession

N = 24
THEMES = st.lists(st.integers(0, 5), min_size=N, max_size=N).map(lambda drawn: np.array(drawn, np.int64))
GROUPS = st.lists(st.integers(-1, 5), min_size=N, max_size=N).map(lambda drawn: np.array(drawn, np.int64))
IDS = [f"T-{n}" for n in range(N)]
FIXED_THEMES = st.frozensets(st.integers(1, 5), max_size=3)
FIXED = st.frozensets(st.sampled_from(IDS), max_size=6)


@given(themes=THEMES, groups=GROUPS, fixed_themes=FIXED_THEMES, fixed=FIXED)
def test_fixed_themes_keep_all_their_tickets_in_any_grouping(themes, groups, fixed_themes, fixed):
    """In every grouping each fixed theme continues in its own group with all its tickets, without another fixed theme."""
    constrained = Constraints(fixed_themes=fixed_themes, fixed_tickets=fixed).constrain_groups(groups, themes, IDS)
    present = sorted(fixed_themes & set(themes.tolist()))
    own = {theme: set(constrained[themes == theme].tolist()) for theme in present}
    assert all(len(found) == 1 and found != {-1} for found in own.values())
    assert len({next(iter(found)) for found in own.values()}) == len(present)
    continued = succession(themes, constrained)
    for theme, found in own.items():
        assert continued.carried[next(iter(found))] == theme
    if fixed_themes or fixed:
        assert set(constrained[constrained >= 0].tolist()) == set(range(int(constrained.max(initial=-1)) + 1))


@given(themes=THEMES, groups=GROUPS, fixed=FIXED)
def test_fixed_tickets_go_back_where_they_were(themes, groups, fixed):
    """After a reorganisation they are in the theme they were in, or in the one that it was merged into."""
    constraints = Constraints(fixed_tickets=fixed)
    now = np.maximum(groups, 0)
    constraints.restore_fixed(now, themes, IDS, {5: 1})
    for row, ticket in enumerate(IDS):
        if ticket in fixed:
            assert now[row] == (1 if themes[row] == 5 else themes[row])
        else:
            assert now[row] == max(groups[row], 0)


def test_without_decisions_nothing_is_constrained():
    """The same grouping is returned."""
    groups = np.array([0, 0, 1, -1])
    assert NO_CONSTRAINTS.constrain_groups(groups, np.array([1, 2, 2, 0]), IDS[:4]) is groups
    assert not NO_CONSTRAINTS


@pytest.mark.parametrize(("closeness", "theme"), [(0.5, 7), (0.95, 3)])
def test_an_example_overrules_the_vote_where_it_is_nearer(closeness, theme):
    """A ticket that is nearer to a pinned one than to its neighbours' theme gets the theme of the pinned one; no other does."""
    vector = np.array([1.0, 0.0], np.float32)
    example = Example("T-1", 7, np.array([0.9, 0.1], np.float32))
    outcome = Constraints(examples=(example,)).advise(vector, Vote(3, closeness, 0.6))
    assert outcome.theme_id == theme
    assert Constraints(examples=(example,)).without(["T-1"]).advise(vector, Vote(3, 0.5, 0.6)).theme_id == 3


def test_pairs_are_separate_in_either_order():
    """Cannot-link has no direction."""
    constraints = Constraints(separate=frozenset({(2, 5)}), fixed_themes=frozenset({2, 5}))
    assert not constraints.may_merge(5, 2)
    assert not constraints.may_merge(2, 5)
    assert constraints.may_merge(2, 3)
    assert not constraints.may_split(2)


def test_similarity_of_themes():
    """The cosine of the centres; None for a theme that is not there."""
    vectors = np.array([[1, 0], [1, 0], [0, 1]], np.float32)
    themes = np.array([1, 1, 2])
    assert centre_similarity(vectors, themes, 1, 2) == 0.0
    assert centre_similarity(vectors, themes, 1, 1) == 1.0
    assert centre_similarity(vectors, themes, 1, 3) is None


def _two(ours: int, theirs: int) -> np.ndarray:
    noise = np.random.default_rng(0).normal(scale=0.05, size=(ours + theirs, 8))
    centres = np.repeat(np.eye(8)[:2], [ours, theirs], axis=0)
    rows = centres + noise
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def test_a_theme_of_two_problems_is_split_between_them():
    """The smaller half leaves; with a text's vector, the half that is similar to it leaves."""
    vectors = _two(12, 5)
    found = bisect(vectors)
    assert found.leaving.tolist() == [False] * 12 + [True] * 5
    assert found.similarity < 0.3
    assert found.cohesion > 0.9
    liked = bisect(vectors, np.eye(8, dtype=np.float32)[0])
    assert liked.leaving.tolist() == [True] * 12 + [False] * 5


@pytest.mark.parametrize("vectors", [np.zeros((0, 8)), np.eye(8)[:1], np.repeat(np.eye(8)[:1], 9, axis=0)])
def test_what_cannot_be_split(vectors):
    """No ticket, one ticket, identical tickets: there are no two halves."""
    assert bisect(vectors.astype(np.float32)) is None
