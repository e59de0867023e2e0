"""The window of tickets: exact similarities and the search for neighbours."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.themes.window.centering import on_grid
from models.themes.window.neighbours import ABSENT, nearest, nearest_in_each
from models.themes.window.ticket_window import TicketWindow


def unit_rows(count, seed):
    """Random unit vectors on the grid."""
    rows = np.random.default_rng(seed).standard_normal((count, 384))
    return on_grid(rows / np.linalg.norm(rows, axis=1, keepdims=True))


def test_similarities_are_exact():
    """In float32, in any order of summation, a similarity on the grid is the exact number."""
    rows = unit_rows(200, 1)
    exact = rows.astype(np.float64) @ rows.astype(np.float64).T
    shuffled = np.random.default_rng(2).permutation(384)
    assert np.array_equal(rows @ rows.T, exact)
    assert np.array_equal(rows[:, shuffled] @ rows[:, shuffled].T, exact)
    assert np.array_equal(np.array([[one @ other for other in rows[:9]] for one in rows]), exact[:, :9])


@settings(deadline=None, max_examples=60)
@given(
    lines=st.integers(1, 5),
    width=st.integers(1, 2_600),
    count=st.integers(1, 15),
    levels=st.sampled_from([2, 50, 100_000]),
    seed=st.integers(0, 1_000),
)
def test_nearest_agrees_with_a_full_sort(lines, width, count, levels, seed):
    """Whatever the width and however many ties, the largest come first and the later of equals first."""
    random = np.random.default_rng(seed)
    values = (random.integers(0, levels, (lines, width)) / levels).astype(np.float32)
    values[:, random.random(width) < 0.2] = ABSENT
    for line, (rows, found) in zip(values, nearest_in_each(values, count), strict=True):
        order = np.lexsort((-np.arange(width), -line))
        expected = [row for row in order.tolist() if line[row] > ABSENT][:count]
        assert rows.tolist() == expected
        assert found.tolist() == line[expected].tolist()
        assert nearest(line, count)[0].tolist() == order[:count].tolist()


@pytest.mark.parametrize("causal", [True, False])
def test_neighbours_leave_out_the_ticket_itself(causal):
    """No ticket is its own neighbour, and a causal search finds earlier tickets only."""
    window = TicketWindow(500)
    window.append([str(row) for row in range(400)], np.arange(400), unit_rows(400, 3), np.zeros(400, int))
    rows = np.array([0, 1, 7, 399])
    for row, (found, _) in zip(rows.tolist(), window.neighbours(rows, 10, causal=causal), strict=True):
        assert row not in found
        assert len(found) == (min(10, row) if causal else 10)
        assert not causal or all(neighbour < row for neighbour in found)


def test_the_window_keeps_the_newest():
    """Above capacity the oldest are dropped; the order stays, also after forgetting."""
    window = TicketWindow(300)
    vectors = unit_rows(1_000, 4)
    for start in range(0, 1_000, 70):
        rows = range(start, min(start + 70, 1_000))
        window.append([str(row) for row in rows], np.array(rows), vectors[start : start + 70], np.zeros(len(rows)))
    assert len(window) == 300
    assert [window.ticket(row) for row in (0, 299)] == ["700", "999"]
    window.forget(["700", "850", "3"])
    assert [window.ticket(row) for row in (0, 297)] == ["701", "999"]
    assert np.array_equal(window.vectors, vectors[[row for row in range(701, 1_000) if row != 850]])
    assert window.times.tolist() == [row for row in range(701, 1_000) if row != 850]


def filled(count, themes, capacity=100, exemplars=3, start=0, window=None):
    """A window after tickets of the given themes, appended seven at a time."""
    window = window or TicketWindow(capacity, exemplars=exemplars)
    vectors = unit_rows(start + count, 5)
    for first in range(start, start + count, 7):
        rows = range(first, min(first + 7, start + count))
        own = np.array([themes[row - start] for row in rows])
        window.append([str(row) for row in rows], np.array(rows), vectors[first : rows.stop], own)
    return window


def test_the_newest_tickets_of_a_rare_theme_stay():
    """What leaves the window stays while its theme has no more than so many newer ones; unthemed tickets go."""
    window = filled(400, [9] * 10 + [0] * 40 + [1] * 350)
    assert [window.ticket(row) for row in range(window.exemplar_count)] == ["7", "8", "9"]
    assert len(window) == 103
    assert window.themes[:3].tolist() == [9, 9, 9]
    assert np.array_equal(window.vectors[:3], unit_rows(400, 5)[7:10])
    assert [window.ticket(row) for row in (3, 102)] == ["300", "399"]


def test_a_theme_that_returns_gives_up_its_oldest_exemplars():
    """With newer tickets in the window, fewer old ones are needed."""
    window = filled(200, [9] * 10 + [1] * 190)
    filled(14, [9] * 2 + [1] * 12, start=200, window=window)
    assert [window.ticket(row) for row in range(window.exemplar_count)] == ["9"]


@settings(deadline=None, max_examples=40)
@given(seed=st.integers(0, 1_000), exemplars=st.integers(1, 6), gone=st.sets(st.integers(0, 499), max_size=60))
def test_exemplars_are_the_newest_of_their_themes(seed, exemplars, gone):
    """Whatever comes, the rows are the window and, of what was before it, the newest of each theme that has too few in it."""
    themes = np.random.default_rng(seed).choice([0, 1, 1, 1, 2, 3, 4], 500).tolist()
    themes[:200] = np.random.default_rng(seed).choice([0, 5, 6, 7], 200).tolist()
    window = filled(500, themes, exemplars=exemplars)
    expected = []
    for theme in range(1, 8):
        own = [row for row in range(500) if themes[row] == theme]
        expected += [row for row in own[-exemplars:] if row < 400]
    assert [window.ticket(row) for row in range(window.exemplar_count)] == [str(row) for row in sorted(expected)]
    window.forget([str(row) for row in gone])
    left = [row for row in [*sorted(expected), *range(400, 500)] if row not in gone]
    assert [window.ticket(row) for row in range(len(window))] == [str(row) for row in left]
    assert window.exemplar_count == len([row for row in expected if row not in gone])
