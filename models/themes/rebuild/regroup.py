"""Themes derived again while the live ones stay in use, with no more changes than the vectors require.

A new grouping differs from the old one in a fifth of its tickets even if nothing happened. So the new groups only
propose changes; what is changed has to show in the tickets' neighbourhoods, too. The transitions are those of MONIC
(Spiliopoulou et al., "MONIC: modeling and monitoring cluster transitions", 2006).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from models.arrays import Ints, Mask, Vectors
from models.themes.assign.constraints import Constraints
from models.themes.assign.vote import CLOSEST_TICKETS
from models.themes.grouping.graph import NEIGHBOURS, nearest_of_all
from models.themes.grouping.succession import succession
from models.themes.window.centering import on_grid
from models.themes.window.ticket_window import UNTHEMED

SURVIVES = 0.5
"""Share of a group's themed tickets that must come from one theme for the group to be split from it."""

SUBSET, SUBSETS = 0.3, 0.7
"""A theme is split when each subset has at least the first share of its tickets, and all subsets together the second."""

_PURE = 0.9
"""Share of a subset's nearest neighbours in its theme that belong to the subset: with less, the cut goes through a dense region."""

_MIXED = 0.25
"""Share of the neighbours of one theme's tickets that belong to another theme, from which on the two are one."""

_DECIDED = 0.75
"""Share of the neighbours' vote that moves a single ticket; with less, it stays."""


Grouping = Callable[[Vectors, int], Ints]
"""Groups vectors of shape (n, dimensions) into groups of at least so many tickets each: labels of shape (n,), -1 for none."""


class LiveTickets(NamedTuple):
    """The n tickets that a rebuild groups.

    `vectors` has shape (n, dimensions), unit rows; `themes` has shape (n,): the live theme of each, 0 for unthemed.
    """

    ids: Sequence[str]
    vectors: Vectors
    themes: Ints


class CarriedTheme(NamedTuple):
    """A theme that continues, and the share of its tickets that stay in it."""

    theme: int
    share: float


class MergedTheme(NamedTuple):
    """A theme that ends in another one, and the share of its tickets in their common group."""

    theme: int
    into: int
    share: float


class SplitTheme(NamedTuple):
    """A theme of which a share of the tickets becomes a new theme; `new` is negative."""

    theme: int
    new: int
    share: float


class BornTheme(NamedTuple):
    """A new theme that was not split from another one; `new` is negative."""

    new: int
    size: int


@dataclass(frozen=True, slots=True)
class Regrouped:
    """What a rebuild proposes.

    `themes` has shape (n,): each ticket's theme, 0 for unthemed, negative for a new theme.
    """

    themes: Ints
    carried: tuple[CarriedTheme, ...] = ()
    merged: tuple[MergedTheme, ...] = ()
    split: tuple[SplitTheme, ...] = ()
    born: tuple[BornTheme, ...] = ()


@dataclass
class _State:
    vectors: Vectors
    before: Ints
    themes: Ints
    neighbours: Ints
    similarities: Vectors
    last_new: int = 0
    merged: list[MergedTheme] = field(default_factory=list)
    split: list[SplitTheme] = field(default_factory=list)
    born: list[BornTheme] = field(default_factory=list)

    def new_theme(self) -> int:
        self.last_new -= 1
        return self.last_new


def regroup(
    tickets: LiveTickets,
    constraints: Constraints,
    *,
    grouping: Grouping,
    smallest: int,
    threshold: float | None,
    hysteresis: bool = True,
    known: Ints | None = None,
) -> Regrouped:
    """Derive themes again.

    Parameters
    ----------
    tickets : LiveTickets
    constraints : Constraints
        What people decided.
    grouping : callable
        Finds the new groups.
    smallest : int
        Fewest tickets of a new theme.
    threshold : float or None
        Closeness that the live index requires of a ticket; None requires nothing, which suits vectors of another model.
    hysteresis : bool
        True changes only what the neighbourhoods show too. False takes the new groups as they are, for vectors of another
        model or metric, for which the old neighbourhoods say nothing.
    known : array of shape (n,), optional
        Theme that people gave a ticket, -1 where they gave none. With hysteresis, a group that contains such tickets becomes
        their theme, whatever the theme of its other tickets was.
    """
    ids, vectors, themes = tickets
    rows = on_grid(vectors)
    if not len(rows):
        return Regrouped(themes.copy())
    neighbours, similarities = nearest_of_all(rows)
    found = grouping(rows, smallest)
    groups = constraints.constrain_groups(found, themes, ids)
    state = _State(rows, themes, themes.copy(), neighbours, similarities)
    if hysteresis:
        if known is not None:
            _follow_labels(state, found, groups, known, constraints)
        _merge(state, groups, constraints)
        _split(state, groups, constraints, smallest)
        _add_born(state, groups, smallest)
        _move(state, constraints, threshold)
    else:
        _adopt_groups(state, groups, constraints)
    merged_into = {merge.theme: merge.into for merge in state.merged}
    constraints.restore_fixed(state.themes, themes, ids, merged_into)
    carried = _carried(state, merged_into)
    return Regrouped(state.themes, carried, tuple(state.merged), tuple(state.split), tuple(state.born))


def _follow_labels(state: _State, found: Ints, groups: Ints, known: Ints, constraints: Constraints) -> None:
    """Give each group that contains labelled tickets their theme.

    `found` are the groups before constraints, which contain the tickets that people placed. A theme that people merged or split
    takes in nothing: they decided about all of its tickets.
    """
    for theme in np.unique(known[known >= 0]).tolist():
        own = Counter(found[(known == theme) & (found >= 0)].tolist()).most_common(1)
        if own and constraints.may_split(theme):
            rest = Counter(groups[(found == own[0][0]) & (groups >= 0)].tolist()).most_common(1)
            if rest:
                state.themes[groups == rest[0][0]] = theme


def _labels_of_neighbours(state: _State, rows: Ints, labels: Ints) -> Ints:
    """Return the labels of the neighbours of rows in one flat array; missing neighbours are left out."""
    neighbours = state.neighbours[rows].ravel()
    return np.asarray(labels[neighbours[neighbours >= 0]], np.int64)


def _merge(state: _State, groups: Ints, constraints: Constraints) -> None:
    """Merge themes that share a group and each other's neighbourhoods."""
    for group in range(int(groups.max(initial=-1)) + 1):
        inside = groups == group
        sizes = Counter(state.themes[state.themes != UNTHEMED].tolist())
        shared = Counter(state.themes[inside & (state.themes != UNTHEMED)].tolist())
        candidates = sorted((t for t in shared if shared[t] >= SUBSETS * sizes[t]), key=lambda t: (-sizes[t], t))
        for theme in candidates[1:]:
            into = candidates[0]
            if constraints.may_merge(theme, into) and _mixed(state, theme, into):
                state.themes[state.themes == theme] = into
                state.merged.append(MergedTheme(theme, into, round(shared[theme] / sizes[theme], 4)))


def _mixed(state: _State, theme: int, into: int) -> bool:
    themes = _labels_of_neighbours(state, np.flatnonzero(state.themes == theme), state.themes)
    return bool(np.mean(themes == into) >= _MIXED) if len(themes) else False


def _split(state: _State, groups: Ints, constraints: Constraints, smallest: int) -> None:
    """Split themes that form several groups, which are separate in the neighbourhoods as well."""
    for theme in np.unique(state.themes[state.themes != UNTHEMED]).tolist():
        rows = np.flatnonzero(state.themes == theme)
        if not constraints.may_split(theme):
            continue
        shares = Counter(groups[rows][groups[rows] >= 0].tolist())
        subsets = [group for group, n in shares.most_common() if n >= SUBSET * len(rows) and n >= smallest]
        if len(subsets) < 2 or sum(shares[group] for group in subsets) < SUBSETS * len(rows):
            continue
        if not all(_pure(state, rows[groups[rows] == group], theme, groups, group) for group in subsets):
            continue
        for group in sorted(subsets, key=lambda one: (-shares[one], one))[1:]:
            new = state.new_theme()
            state.themes[rows[groups[rows] == group]] = new
            state.split.append(SplitTheme(theme, new, round(shares[group] / len(rows), 4)))


def _pure(state: _State, rows: Ints, theme: int, groups: Ints, group: int) -> bool:
    own = _labels_of_neighbours(state, rows, np.where(state.before == theme, groups, -2))
    own = own[own >= 0]
    return bool(np.mean(own == group) >= _PURE) if len(own) else False


def _add_born(state: _State, groups: Ints, smallest: int) -> None:
    """Make themes of groups of mostly unthemed tickets: what gathered without ever emerging."""
    for group in range(int(groups.max(initial=-1)) + 1):
        inside = np.flatnonzero(groups == group)
        unthemed = inside[state.themes[inside] == UNTHEMED]
        if len(unthemed) >= smallest and len(unthemed) >= SUBSETS * len(inside):
            new = state.new_theme()
            state.themes[unthemed] = new
            state.born.append(BornTheme(new, len(unthemed)))


def _move(state: _State, constraints: Constraints, threshold: float | None) -> None:
    """Move single tickets whose neighbours clearly belong to another theme; all votes count the same themes.

    Tickets of themes that people merged or split stay: people decided where the border between them is.
    """
    settled = state.themes.copy()
    known = np.where(state.neighbours >= 0, settled[state.neighbours], UNTHEMED)
    for row in range(len(settled)):
        counts = Counter(known[row][known[row] != UNTHEMED].tolist())
        if not counts:
            continue
        best, n = min(counts.items(), key=lambda item: (-item[1], item[0]))
        if best == settled[row] or n < _DECIDED * NEIGHBOURS or not constraints.may_split(int(settled[row])):
            continue
        closest = state.similarities[row][known[row] == best][:CLOSEST_TICKETS]
        if threshold is None or float(closest.mean()) >= threshold:
            state.themes[row] = best


def _adopt_groups(state: _State, groups: Ints, constraints: Constraints) -> None:
    """Take the groups as they are; a theme continues in the group that has most of it, and pairs that people separated stay so."""
    continued = succession(state.before, groups)
    sizes = Counter(state.before.tolist())
    theme_of = dict(continued.carried)
    for group in range(int(groups.max(initial=-1)) + 1):
        inside = groups == group
        if group not in theme_of:
            theme_of[group] = state.new_theme()
            _record_origin(state, inside, theme_of[group], sizes)
        state.themes[inside] = theme_of[group]
    for theme, (group, share) in continued.absorbed.items():
        into = theme_of[group]
        if constraints.may_merge(theme, into):
            state.merged.append(MergedTheme(theme, into, round(share, 4)))
    _vote_ungrouped(state, groups)


def _record_origin(state: _State, inside: Mask, new: int, sizes: Mapping[int, int]) -> None:
    """Record whether a new theme was split from one of before, or was born."""
    origins = Counter(state.before[inside & (state.before != UNTHEMED)].tolist()).most_common(1)
    if origins and origins[0][1] >= SURVIVES * int(inside.sum()):
        theme, count = origins[0]
        state.split.append(SplitTheme(theme, new, round(count / sizes[theme], 4)))
    else:
        state.born.append(BornTheme(new, int(inside.sum())))


def _vote_ungrouped(state: _State, groups: Ints) -> None:
    """Let neighbours that are in a group vote on tickets that are in none."""
    settled = state.themes.copy()
    for row in np.flatnonzero(groups < 0).tolist():
        near = state.neighbours[row]
        # A neighbour that is missing (-1) or in no group has no vote; those that vote keep their own similarity.
        voting = (near >= 0) & (groups[near] >= 0)
        weights: defaultdict[int, float] = defaultdict(float)
        for neighbour, similarity in zip(near[voting].tolist(), state.similarities[row][voting].tolist(), strict=True):
            weights[int(settled[neighbour])] += similarity
        state.themes[row] = min(weights, key=lambda theme: (-weights[theme], theme)) if weights else UNTHEMED


def _carried(state: _State, merged: Collection[int]) -> tuple[CarriedTheme, ...]:
    carried = []
    for theme in np.unique(state.before[state.before != UNTHEMED]).tolist():
        rows = state.before == theme
        if theme not in merged:
            carried.append(CarriedTheme(theme, round(float((state.themes[rows] == theme).mean()), 4)))
    return tuple(carried)
