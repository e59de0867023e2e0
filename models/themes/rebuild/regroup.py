"""Themes derived anew beside the live ones, changing no more than the vectors ask for.

A grouping made anew differs from the old one in a fifth of its tickets though nothing happened. So the new groups only
propose; what is changed has to be seen in the neighbourhoods, too. The transitions are those of MONIC (Spiliopoulou et al.,
"MONIC: modeling and monitoring cluster transitions", 2006).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from models.themes.assign.constraints import Constraints
from models.themes.assign.vote import STRONGEST
from models.themes.grouping.graph import NEIGHBOURS, nearest_of_all
from models.themes.window.ticket_window import UNTHEMED, Floats, Ints, on_grid

SURVIVES = 0.5
"""Share of a theme's tickets that a group must hold for the theme to go on in it."""

PART, PARTS = 0.3, 0.7
"""A theme was split when each part has so much of it, and the parts together so much."""

_PURE = 0.9
"""Share of a part's nearest neighbours in its theme that lie in the part itself: less, and the cut runs through a crowd."""

_MIXED = 0.25
"""Share of the neighbours of one theme's tickets that another one has, where the two are one in fact."""

_DECIDED = 0.75
"""Share of the neighbours' vote that moves a single ticket: it stays where it is in doubt."""


Grouping = Callable[[Floats, int], Ints]
"""Groups vectors of shape (n, dimensions) that hold at least so many tickets each: labels of shape (n,), -1 for none."""


@dataclass(frozen=True, slots=True)
class Regrouped:
    """What a rebuild says.

    `themes` has shape (n,): each ticket's theme, 0 for unthemed, negative for one that would be born. `merged` lists
    (theme, into, share), `split` (theme, new one, share), `born` (new one, size) those that no theme was split for, and
    `carried` (theme, share of its tickets that stay in it).
    """

    themes: Ints
    carried: tuple[tuple[int, float], ...] = ()
    merged: tuple[tuple[int, int, float], ...] = ()
    split: tuple[tuple[int, int, float], ...] = ()
    born: tuple[tuple[int, int], ...] = ()


@dataclass
class _State:
    vectors: Floats
    before: Ints
    themes: Ints
    places: Ints
    values: Floats
    unborn: int = 0
    merged: list[tuple[int, int, float]] = field(default_factory=list)
    split: list[tuple[int, int, float]] = field(default_factory=list)
    born: list[tuple[int, int]] = field(default_factory=list)

    def next_unborn(self) -> int:
        self.unborn -= 1
        return self.unborn


def regroup(
    vectors: Floats,
    themes: Ints,
    ticket_ids: Sequence[str],
    constraints: Constraints,
    *,
    grouping: Grouping,
    smallest: int,
    threshold: float | None,
    hysteresis: bool = True,
) -> Regrouped:
    """Derive themes anew.

    Parameters
    ----------
    vectors : array of shape (n, dimensions)
        Unit rows; they are put on the memory's grid.
    themes : array of shape (n,)
        Live theme of each ticket, 0 for unthemed.
    ticket_ids : sequence of n ids
    constraints : Constraints
        What people decided.
    grouping : callable
        Finds the new groups.
    smallest : int
        Fewest tickets of a new theme.
    threshold : float or None
        Closeness that the live index asks of a ticket; None asks for nothing, which suits vectors of another model.
    hysteresis : bool
        True changes only what the neighbourhoods show too. False takes the new groups as they are, for vectors of another
        model or metric, in which the old neighbourhoods say nothing.
    """
    rows = on_grid(vectors)
    if not len(rows):
        return Regrouped(themes.copy())
    places, values = nearest_of_all(rows)
    groups = constraints.shape(grouping(rows, smallest), themes, ticket_ids)
    state = _State(rows, themes, themes.copy(), places, values)
    if hysteresis:
        _merge(state, groups, constraints)
        _split(state, groups, constraints, smallest)
        _bear(state, groups, smallest)
        _move(state, constraints, threshold)
    else:
        _take(state, groups, constraints)
    went = {theme: into for theme, into, _ in state.merged}
    constraints.settle(state.themes, themes, ticket_ids, went)
    return Regrouped(state.themes, _carried(state, went), tuple(state.merged), tuple(state.split), tuple(state.born))


def _near(state: _State, rows: Ints, labels: Ints) -> Ints:
    """Labels of the neighbours of rows, flat; places that are missing are left out."""
    near = state.places[rows].ravel()
    return np.asarray(labels[near[near >= 0]], np.int64)


def _merge(state: _State, groups: Ints, constraints: Constraints) -> None:
    """Merge themes that share a group and each other's neighbourhoods."""
    for group in range(int(groups.max(initial=-1)) + 1):
        inside = groups == group
        whole = Counter(state.themes[state.themes != UNTHEMED].tolist())
        sharing = Counter(state.themes[inside & (state.themes != UNTHEMED)].tolist())
        there = sorted((t for t in sharing if sharing[t] >= PARTS * whole[t]), key=lambda t: (-whole[t], t))
        for theme in there[1:]:
            into = there[0]
            if constraints.may_merge(theme, into) and _mixed(state, theme, into):
                state.themes[state.themes == theme] = into
                state.merged.append((theme, into, round(sharing[theme] / whole[theme], 4)))


def _mixed(state: _State, theme: int, into: int) -> bool:
    near = _near(state, np.flatnonzero(state.themes == theme), state.themes)
    return bool(np.mean(near == into) >= _MIXED) if len(near) else False


def _split(state: _State, groups: Ints, constraints: Constraints, smallest: int) -> None:
    """Split themes that fall into groups of their own, which neighbourhoods tell apart."""
    for theme in np.unique(state.themes[state.themes != UNTHEMED]).tolist():
        rows = np.flatnonzero(state.themes == theme)
        if not constraints.may_part(theme):
            continue
        shares = Counter(groups[rows][groups[rows] >= 0].tolist())
        parts = [group for group, n in shares.most_common() if n >= PART * len(rows) and n >= smallest]
        if len(parts) < 2 or sum(shares[group] for group in parts) < PARTS * len(rows):
            continue
        if not all(_pure(state, rows[groups[rows] == group], theme, groups, group) for group in parts):
            continue
        for group in sorted(parts, key=lambda one: (-shares[one], one))[1:]:
            new = state.next_unborn()
            state.themes[rows[groups[rows] == group]] = new
            state.split.append((theme, new, round(shares[group] / len(rows), 4)))


def _pure(state: _State, rows: Ints, theme: int, groups: Ints, group: int) -> bool:
    own = _near(state, rows, np.where(state.before == theme, groups, -2))
    own = own[own >= 0]
    return bool(np.mean(own == group) >= _PURE) if len(own) else False


def _bear(state: _State, groups: Ints, smallest: int) -> None:
    """Let groups of mostly unthemed tickets be themes: what gathered without ever emerging."""
    for group in range(int(groups.max(initial=-1)) + 1):
        inside = np.flatnonzero(groups == group)
        loose = inside[state.themes[inside] == UNTHEMED]
        if len(loose) >= smallest and len(loose) >= PARTS * len(inside):
            new = state.next_unborn()
            state.themes[loose] = new
            state.born.append((new, len(loose)))


def _move(state: _State, constraints: Constraints, threshold: float | None) -> None:
    """Move single tickets whose neighbours clearly belong elsewhere; all are decided on the same themes.

    Tickets of themes that people merged or split stay: where the seam runs was decided.
    """
    settled = state.themes.copy()
    known = np.where(state.places >= 0, settled[state.places], UNTHEMED)
    for row in range(len(settled)):
        counts = Counter(known[row][known[row] != UNTHEMED].tolist())
        if not counts:
            continue
        best, n = min(counts.items(), key=lambda one: (-one[1], one[0]))
        if best == settled[row] or n < _DECIDED * NEIGHBOURS or not constraints.may_part(int(settled[row])):
            continue
        strongest = state.values[row][known[row] == best][:STRONGEST]
        if threshold is None or float(strongest.mean()) >= threshold:
            state.themes[row] = best


def _take(state: _State, groups: Ints, constraints: Constraints) -> None:
    """Take the groups as they are; a theme goes on in the group that has most of it, and people's pairs stay apart."""
    shared = Counter(
        (theme, group)
        for theme, group in zip(state.before.tolist(), groups.tolist(), strict=True)
        if theme != UNTHEMED and group >= 0
    )
    sizes = Counter(state.before.tolist())
    heirs: dict[int, int] = {}
    carried: dict[int, int] = {}
    for theme, group in sorted(shared, key=lambda one: (-shared[one], one)):
        heirs.setdefault(theme, group)
        if group not in carried and theme not in carried.values():
            carried[group] = theme
    for group in range(int(groups.max(initial=-1)) + 1):
        inside = groups == group
        if group not in carried:
            carried[group] = state.next_unborn()
            from_one = Counter(state.before[inside & (state.before != UNTHEMED)].tolist()).most_common(1)
            if from_one and from_one[0][1] >= SURVIVES * int(inside.sum()):
                theme = from_one[0][0]
                state.split.append((theme, carried[group], round(from_one[0][1] / sizes[theme], 4)))
            else:
                state.born.append((carried[group], int(inside.sum())))
        state.themes[inside] = carried[group]
    for theme, group in sorted(heirs.items()):
        into = carried[group]
        if into != theme and theme not in carried.values() and constraints.may_merge(theme, into):
            state.merged.append((theme, into, round(shared[theme, group] / sizes[theme], 4)))
    _vote_left(state, groups)


def _vote_left(state: _State, groups: Ints) -> None:
    """Let neighbours that are in a group vote on tickets that are in none."""
    settled = state.themes.copy()
    for row in np.flatnonzero(groups < 0).tolist():
        near = state.places[row][state.places[row] >= 0]
        near = near[groups[near] >= 0]
        weights: defaultdict[int, float] = defaultdict(float)
        for place, value in zip(near.tolist(), state.values[row][: len(near)].tolist(), strict=True):
            weights[int(settled[place])] += value
        state.themes[row] = min(weights, key=lambda theme: (-weights[theme], theme)) if weights else UNTHEMED


def _carried(state: _State, went: dict[int, int]) -> tuple[tuple[int, float], ...]:
    shares = []
    for theme in np.unique(state.before[state.before != UNTHEMED]).tolist():
        rows = state.before == theme
        if theme not in went:
            shares.append((theme, round(float((state.themes[rows] == theme).mean()), 4)))
    return tuple(shares)
