"""Labels of a few texts spread to the others around them."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import csr_array

from models.themes.grouping.label_spreading import spread_labels


def chain(lengths):
    """A graph of chains of texts, one after the other, not connected with each other."""
    size = sum(lengths)
    ends = np.cumsum(lengths) - 1
    links = np.setdiff1d(np.arange(size - 1), ends)
    one = np.concatenate((links, links + 1))
    other = np.concatenate((links + 1, links))
    return csr_array((np.ones(len(one)), (one, other)), shape=(size, size))


def test_a_label_reaches_what_is_connected_with_it_and_nothing_else():
    """Each chain gets its own label; a chain without one gets none."""
    known = np.full(12, -1)
    known[[1, 5]] = [7, 3]
    found = spread_labels(chain([4, 4, 4]), known)
    assert found.themes.tolist() == [3, 7]
    assert (found.scores[:4].argmax(axis=1) == 1).all()
    assert (found.scores[4:8].argmax(axis=1) == 0).all()
    assert not found.scores[8:].any()
    assert (found.partition()[8:] == -1).all()


def test_a_group_of_two_labelled_themes_is_split_where_the_labels_meet():
    """Texts get the label that is nearer along the graph."""
    known = np.full(10, -1)
    known[[0, 9]] = [1, 2]
    settled = spread_labels(chain([10]), known).settle(np.zeros(10, np.int64), known)
    assert len(set(settled[:5].tolist())) == len(set(settled[5:].tolist())) == 1
    assert settled[0] != settled[9]


@given(st.integers(0, 10_000), st.integers(1, 12))
def test_every_labelled_theme_ends_in_one_group_of_its_own(seed, labels):
    """Whatever the grouping was: texts of one label are together, of two labels separate, and other groups stay as they were."""
    random = np.random.default_rng(seed)
    groups = random.integers(0, 6, 30)
    known = np.full(30, -1)
    known[random.choice(30, labels, replace=False)] = random.integers(0, 4, labels)
    settled = spread_labels(chain([10, 10, 10]), known).settle(groups, known)
    groups_of = {theme: set(settled[known == theme].tolist()) for theme in set(known[known >= 0].tolist())}
    assert all(len(found) == 1 for found in groups_of.values())
    assert len(set.union(*groups_of.values())) == len(groups_of)
    untouched = ~np.isin(groups, groups[known >= 0])
    assert (settled[untouched] == groups[untouched]).all()
