"""Families: groups of themes about related problems, found by average linkage."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from models.arrays import Floats, Ints, Vectors

CLUSTERED = 6_000
"""Themes whose distances are compared pair by pair, 18 million; themes beyond it join the family of the nearest of these."""

_CUTS, _LAST_JOINS = 24, 16
"""Heights of the tree at which a cut is tried: joins that are evenly spread, and the last ones, which make families of subjects."""

_WIDEST = 0.9
"""Cosine distance above which themes share nothing that people would call related; no cut is made above it."""

_SAMPLE = 1_000
"""Themes that a cut is judged by."""

_TOGETHER = 0.8
"""Distances between themes that were in one family are this much shorter, so that families change for a reason only (the idea of
evolutionary clustering: Chakrabarti, Kumar & Tomkins 2006)."""

NO_FAMILY = -1


def find_families(directions: Vectors, before: Ints | None = None) -> Ints:
    """Group themes into families: average-linkage clustering by cosine distance, cut where the mean silhouette is greatest.

    Average linkage (Sokal & Michener 1958) joins the two groups whose members are closest on average. Of some heights of the tree that
    one is chosen at which the mean silhouette (Rousseeuw 1987) is greatest. As there, a theme that is alone has the silhouette 0:
    neither a few wide families nor many single themes are favoured.

    Parameters
    ----------
    directions : array of shape (n, dimensions)
        Unit rows, see `arrange.directions_of`, the themes with the most tickets first.
    before : array of shape (n,), optional
        Number of the family that each theme was in, `NO_FAMILY` for none.

    Returns
    -------
    Ints
        Shape (n,): numbers of families from 0, `NO_FAMILY` for a theme that is in none. Each family has at least two themes.
    """
    from scipy.cluster.hierarchy import leaves_list, linkage
    from scipy.spatial.distance import squareform

    number = len(directions)
    if number < 3:
        return np.full(number, NO_FAMILY, np.int64)
    head = directions[:CLUSTERED]
    distances = np.clip(1.0 - head @ head.T, 0.0, 2.0)
    if before is not None:
        former = before[: len(head)]
        for one in np.unique(former[former != NO_FAMILY]).tolist():
            together = np.flatnonzero(former == one)
            distances[np.ix_(together, together)] *= _TOGETHER
    np.fill_diagonal(distances, 0.0)
    tree = linkage(squareform(distances, checks=False), "average")
    best = _best_cut(tree, distances, leaves_list(tree))
    labels = _without_singles(_labels_at(tree, best)) if best is not None else np.full(len(head), NO_FAMILY, np.int64)
    return np.append(labels, _nearest_family(directions, labels, best))


def match_families(labels: Ints, theme_ids: Sequence[int], before: Mapping[int, int]) -> dict[int, int]:
    """Number families so that one keeps its number from one layout to the next.

    A family takes over the number of the former family with which it shares the most themes, the largest shared part first; each
    number is taken over once. A new family is numbered by the smallest of its theme ids that is no number yet.

    Parameters
    ----------
    labels : array of shape (n,)
        As `find_families` returns them.
    theme_ids : sequence of n int
    before : mapping of theme id to int
        Number of the family that each theme was in.

    Returns
    -------
    dict of theme id to int
        Themes that are in no family are left out.
    """
    members: dict[int, list[int]] = {}
    for theme, label in zip(theme_ids, labels.tolist(), strict=True):
        if label != NO_FAMILY:
            members.setdefault(label, []).append(theme)
    shared: dict[tuple[int, int], int] = {}
    for label, themes in members.items():
        for theme in themes:
            if theme in before:
                shared[label, before[theme]] = shared.get((label, before[theme]), 0) + 1
    numbers: dict[int, int] = {}
    taken: set[int] = set()
    for (label, former), _ in sorted(shared.items(), key=lambda one: (-one[1], one[0][1], min(members[one[0][0]]))):
        if label not in numbers and former not in taken:
            numbers[label] = former
            taken.add(former)
    taken |= set(before.values())
    for label in sorted(set(members) - set(numbers), key=lambda one: min(members[one])):
        numbers[label] = next((one for one in sorted(members[label]) if one not in taken), max(taken, default=0) + 1)
        taken.add(numbers[label])
    return {theme: numbers[label] for label, themes in members.items() for theme in themes}


def _best_cut(tree: Floats, distances: Floats, leaves: Ints) -> float | None:
    """Return the height with the greatest mean silhouette; None where no cut makes a family."""
    heights = tree[:, 2][tree[:, 2] <= _WIDEST]
    if not len(heights):
        return None
    spread = np.linspace(0, len(heights) - 1, _CUTS).astype(np.int64)
    last = np.arange(max(0, len(heights) - _LAST_JOINS), len(heights))
    tried = np.unique(heights[np.union1d(spread, last)])
    # In the order of the tree's leaves the members of each group are neighbours, whatever the cut.
    rows = np.unique(np.linspace(0, len(leaves) - 1, min(_SAMPLE, len(leaves))).astype(np.int64))
    sample = distances[np.ix_(leaves[rows], leaves)]
    scores = [_silhouette(sample, rows, _labels_at(tree, height)[leaves]) for height in tried.tolist()]
    best = int(np.argmax(np.round(scores, 9)))
    return float(tried[best]) if scores[best] > 0 else None


def _labels_at(tree: Floats, height: float) -> Ints:
    from scipy.cluster.hierarchy import fcluster

    labels: Ints = fcluster(tree, height, "distance").astype(np.int64)
    return labels


def _silhouette(sample: Floats, rows: Ints, labels: Ints) -> float:
    """Return the mean silhouette of the sampled rows; `labels` of all columns, equal ones next to each other."""
    starts = np.flatnonzero(np.append(True, labels[1:] != labels[:-1]))
    if len(starts) < 2:
        return 0.0
    sizes = np.diff(np.append(starts, len(labels)))
    group = np.repeat(np.arange(len(starts)), sizes)[rows]
    sums = np.add.reduceat(sample, starts, axis=1).astype(np.float64)
    every = np.arange(len(rows))
    own = sums[every, group] / np.maximum(1, sizes[group] - 1)
    means = sums / sizes
    means[every, group] = np.inf
    other = means.min(axis=1)
    widths = np.where(sizes[group] > 1, (other - own) / np.maximum(np.maximum(own, other), 1e-9), 0.0)
    return float(widths.mean())


def _without_singles(labels: Ints) -> Ints:
    """Number the groups of two and more from 0, in the order of their first member."""
    numbers, first, sizes = np.unique(labels, return_index=True, return_counts=True)
    kept = numbers[sizes > 1][np.argsort(first[sizes > 1])]
    place = {int(number): at for at, number in enumerate(kept)}
    return np.array([place.get(one, NO_FAMILY) for one in labels.tolist()], np.int64)


def _nearest_family(directions: Vectors, labels: Ints, height: float | None) -> Ints:
    """Return the family of the nearest clustered theme for each theme beyond them, where it is closer than the cut."""
    found = np.full(len(directions) - len(labels), NO_FAMILY, np.int64)
    if height is None:
        return found
    for start in range(0, len(found), 500):
        part = directions[len(labels) + start : len(labels) + start + 500]
        similar = part @ directions[: len(labels)].T
        nearest = similar.argmax(axis=1)
        close = similar[np.arange(len(part)), nearest] >= 1.0 - height
        found[start : start + len(part)] = np.where(close, labels[nearest], NO_FAMILY)
    return found
