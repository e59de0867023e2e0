"""The memory of tickets: exact similarities and the search for neighbours."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.themes.memory import ABSENT, Memory, nearest, nearest_in_each, on_grid


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
    for line, (places, found) in zip(values, nearest_in_each(values, count), strict=True):
        order = np.lexsort((-np.arange(width), -line))
        expected = [place for place in order.tolist() if line[place] > ABSENT][:count]
        assert places.tolist() == expected
        assert found.tolist() == line[expected].tolist()
        assert nearest(line, count)[0].tolist() == order[:count].tolist()


@pytest.mark.parametrize("causal", [True, False])
def test_neighbours_leave_out_the_ticket_itself(causal):
    """No ticket is its own neighbour, and a causal search finds earlier tickets only."""
    memory = Memory(500)
    memory.append([str(row) for row in range(400)], np.arange(400), unit_rows(400, 3), np.zeros(400, int))
    rows = np.array([0, 1, 7, 399])
    for row, (places, _) in zip(rows.tolist(), memory.neighbours(rows, 10, causal=causal), strict=True):
        assert row not in places
        assert len(places) == (min(10, row) if causal else 10)
        assert not causal or all(place < row for place in places)


def test_memory_keeps_the_newest():
    """Above capacity the oldest are dropped; the order stays, also after forgetting."""
    memory = Memory(300)
    vectors = unit_rows(1_000, 4)
    for start in range(0, 1_000, 70):
        part = range(start, min(start + 70, 1_000))
        memory.append([str(row) for row in part], np.array(part), vectors[start : start + 70], np.zeros(len(part)))
    assert len(memory) == 300
    assert [memory.ticket(row) for row in (0, 299)] == ["700", "999"]
    memory.forget(["700", "850", "3"])
    assert [memory.ticket(row) for row in (0, 297)] == ["701", "999"]
    assert np.array_equal(memory.vectors, vectors[[row for row in range(701, 1_000) if row != 850]])
    assert memory.times.tolist() == [row for row in range(701, 1_000) if row != 850]
