"""A rebuild changes no more than the vectors require."""

import numpy as np
import pytest

from models.themes.assign.constraints import NO_CONSTRAINTS, Constraints
from models.themes.rebuild.regroup import LiveTickets, _State, _vote_ungrouped, regroup


def clusters(*sizes: int, seed: int = 0) -> np.ndarray:
    """Unit vectors around one direction for each size."""
    rows = np.repeat(np.eye(32)[: len(sizes)], sizes, axis=0)
    rows = rows + np.random.default_rng(seed).normal(scale=0.06, size=rows.shape)
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def labels(*sizes: int) -> np.ndarray:
    """The number of each row's cluster."""
    return np.repeat(np.arange(len(sizes)), sizes)


def derive(vectors, themes, groups, constraints=NO_CONSTRAINTS, **options):
    """Regroup with given groups."""
    ids = [f"T-{n}" for n in range(len(vectors))]
    return regroup(
        LiveTickets(ids, vectors, np.asarray(themes)), constraints,
        grouping=lambda *_: np.asarray(groups), smallest=5, threshold=0.5, **options,
    )  # fmt: skip


def test_what_fits_stays():
    """Groups that equal the themes change nothing; all themes continue with all their tickets."""
    themes = labels(30, 30) + 1
    found = derive(clusters(30, 30), themes, themes - 1)
    assert (found.themes == themes).all()
    assert found.carried == ((1, 1.0), (2, 1.0))
    assert (found.merged, found.split, found.born) == ((), (), ())


def test_a_grouping_without_evidence_changes_nothing():
    """Groups that cut through one cluster, or join two separate ones, are not adopted: the neighbourhoods do not show them."""
    vectors, themes = clusters(40, 40), labels(40, 40) + 1
    assert (derive(vectors, themes, np.arange(80) % 2).themes == themes).all()
    assert (derive(vectors, themes, np.zeros(80, int)).themes == themes).all()


def test_two_problems_in_one_theme_are_split():
    """A theme of two clusters is split; the larger subset keeps the number."""
    found = derive(clusters(40, 25), np.ones(65, int), labels(40, 25))
    assert found.split == ((1, -1, pytest.approx(25 / 65, abs=1e-4)),)
    assert (found.themes == np.where(labels(40, 25) == 0, 1, -1)).all()


def test_one_problem_in_two_themes_is_merged():
    """Themes that share a cluster are merged, under the number of the larger."""
    themes = np.where(np.arange(50) % 3 == 0, 2, 1)
    found = derive(clusters(50), themes, np.zeros(50, int))
    assert found.merged == ((2, 1, 1.0),)
    assert set(found.themes.tolist()) == {1}


def test_decisions_are_honoured():
    """The same two cases, decided otherwise by people, stay as they are."""
    themes = np.where(np.arange(50) % 3 == 0, 2, 1)
    both = {"fixed_themes": frozenset({1, 2}), "separate": frozenset({(1, 2)})}
    placed = Constraints(**both, fixed_tickets=frozenset(f"T-{n}" for n in range(50)))
    assert (derive(clusters(50), themes, np.zeros(50, int), placed).themes == themes).all()
    separate = Constraints(**both)
    sparse = np.where(np.arange(50) % 6 == 0, 2, 1)
    assert (derive(clusters(50), sparse, np.zeros(50, int), separate).themes == sparse).all()
    undivided = Constraints(fixed_themes=frozenset({1}))
    assert set(derive(clusters(40, 25), np.ones(65, int), labels(40, 25), undivided).themes.tolist()) == {1}


def test_unthemed_tickets_become_a_theme():
    """A group of unthemed tickets becomes a theme; a single ticket inside a theme joins it."""
    themes = np.concatenate((np.ones(30, int), np.zeros(20, int)))
    themes[3] = 0
    found = derive(clusters(30, 20), themes, labels(30, 20))
    assert found.born == ((-1, 20),)
    assert found.themes[3] == 1


def test_for_another_model_groups_are_taken_as_they_are():
    """Without hysteresis themes continue in the groups that have most of their tickets, and tickets without a group are voted on."""
    groups = labels(30, 30, 12)
    groups[5] = -1
    found = derive(clusters(30, 30, 12), labels(30, 30, 12) % 2 + 4, groups, hysteresis=False)
    assert found.themes[5] == 4
    assert set(found.themes[:30].tolist()) == {4}
    assert set(found.themes[30:60].tolist()) == {5}
    assert found.split == ((4, -1, pytest.approx(12 / 42, abs=1e-4)),)


def test_nothing_at_all():
    """No ticket, no theme."""
    assert len(derive(np.zeros((0, 32), np.float32), np.zeros(0, int), np.zeros(0, int)).themes) == 0


def test_a_group_with_labelled_tickets_is_the_theme_that_people_gave_them():
    """Tickets grouped with labelled ones go to their theme; both themes keep their numbers, and placed tickets stay."""
    themes, groups = np.repeat([1, 2], [50, 20]), np.repeat([0, 1, 2], [30, 20, 20])
    known = np.full(70, -1)
    known[[0, 1, 2]], known[[30, 31, 32]] = 1, 2
    themes[[30, 31, 32]] = 2
    placed = Constraints(fixed_tickets=frozenset(f"T-{row}" for row in np.flatnonzero(known >= 0)))
    found = derive(clusters(30, 20, 20), themes, groups, placed, known=known)
    assert (found.themes == np.repeat([1, 2], [30, 40])).all()
    assert (derive(clusters(30, 20, 20), themes, np.zeros(70, int), placed).themes[33:50] == 1).all()


def test_labels_draw_nothing_into_a_theme_that_people_merged_or_split():
    """People decided about all tickets of such a theme, so its labels decide about no group."""
    themes, known = np.repeat([1, 2], [40, 20]), np.full(60, -1)
    known[40:45] = 2
    groups = np.zeros(60, int)
    found = derive(clusters(40, 20), themes, groups, Constraints(fixed_themes=frozenset({2})), known=known)
    assert (found.themes == themes).all()


def test_a_neighbour_without_a_group_takes_no_weight_from_the_others():
    """The vote on an ungrouped ticket counts each grouped neighbour with its own similarity, whoever else is near."""
    state = _State(
        vectors=np.zeros((4, 2), np.float32), before=np.zeros(4, np.int64), themes=np.array([0, 0, 1, 2]),
        neighbours=np.array([[1, 2, 3, 3], [-1] * 4, [-1] * 4, [-1] * 4]),
        similarities=np.array([[0.99, 0.9, 0.44, 0.44], [0] * 4, [0] * 4, [0] * 4], np.float32),
    )  # fmt: skip
    _vote_ungrouped(state, np.array([-1, -1, 0, 1]))
    assert state.themes.tolist() == [1, 0, 1, 2]
