"""The common case mix: which groups and strata are compared, how sparse strata are put together, and what stays outside."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from models.arrays import Floats, Ints
from models.comparison.cells import CellGrid, Stratum
from models.comparison.rules import ComparisonRules

ENOUGH_COMPARABLE = 0.5
"""Share of the tickets that should be comparable; below it a group that shares few themes with the others is left out."""


@dataclass(frozen=True, slots=True)
class Block:
    """A stratum as it is compared: one, or several that are put together.

    key: the values that its strata have in common. members: their positions in the grid.
    """

    key: Stratum
    members: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class CollapsedLevel:
    """Strata that were put together to one level: its dimensions, the number of strata, and their share of the tickets, 0 to 1."""

    dimensions: tuple[str, ...]
    strata: int
    share: float


@dataclass(frozen=True, slots=True)
class OutsideStratum:
    """A stratum that is not comparable: its tickets, and the compared groups that have too few of them."""

    stratum: Stratum
    tickets: int
    missing: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LeftOutGroup:
    """A group that is not compared, and why, in one sentence."""

    group: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CommonCaseMix:
    """What a comparison is about.

    tickets: of all groups. comparable: share of the tickets of the compared groups in strata that all of them have, 0 to 1; the rest is
    not comparable. strata, blocks: number of comparable strata, and what they were put together to. collapsed: by level, finest first.
    outside: the largest ten strata that are not comparable. left_out: groups that are not compared.
    """

    tickets: int
    comparable: float
    strata: int
    blocks: int
    collapsed: tuple[CollapsedLevel, ...]
    outside: tuple[OutsideStratum, ...]
    left_out: tuple[LeftOutGroup, ...]


@dataclass(frozen=True, slots=True)
class Support:
    """The compared groups, as positions in the grid, the blocks, and the weight of each stratum of the grid, which sum to 1."""

    groups: Ints
    blocks: tuple[Block, ...]
    weights: Floats
    mix: CommonCaseMix


def find_support(
    grid: CellGrid, rules: ComparisonRules, reference: str | None, standard: Mapping[Stratum, float] | None
) -> Support:
    """Choose groups, strata and weights of a comparison.

    A group with too few tickets is left out. While less than half of the tickets are in coarsest strata (themes) that all groups have,
    the group is left out without which the share grows most, as long as three remain; the reference never. Strata in which a compared
    group has too few tickets are put together with each other under what they have in common, level by level; what then still lacks
    tickets of a group is not comparable.

    standard: weights of strata, in place of the tickets of the compared groups; a stratum that is not in it weighs nothing.
    """
    groups, left_out = _choose_groups(grid, rules, reference)
    tickets = grid.tickets[groups]
    found = _put_together(grid, tickets, rules)
    enough = [block for block in found if _connected(tickets, block, rules.least_cell)]
    pooled = tickets.sum(axis=0)
    raw = pooled if standard is None else np.array([float(standard.get(key, 0.0)) for key in grid.strata])
    if (raw < 0.0).any():
        raise ValueError("A weight of the standard case mix is negative; it must be at least 0.")
    blocks = tuple(block for block in enough if raw[list(block.members)].sum() > 0.0)
    weights = np.zeros(len(grid.strata))
    inside = [member for block in blocks for member in block.members]
    if len(groups) < 2:
        blocks, inside = (), []
    weights[inside] = raw[inside] / max(raw[inside].sum(), 1e-300)
    mix = _describe(grid, groups, blocks, left_out, rules)
    return Support(groups, blocks, weights, mix)


def _choose_groups(
    grid: CellGrid, rules: ComparisonRules, reference: str | None
) -> tuple[Ints, tuple[LeftOutGroup, ...]]:
    totals = grid.tickets.sum(axis=1)
    kept = [at for at in range(len(grid.groups)) if totals[at] >= rules.least_group]
    left_out = [
        LeftOutGroup(grid.groups[at], f"It has {totals[at]:,.0f} tickets; a comparison needs {rules.least_group}.")
        for at in range(len(grid.groups))
        if at not in kept
    ]
    themes = _coarsest(grid)
    share = _shared(themes[kept], rules.least_cell)
    while share < ENOUGH_COMPARABLE and len(kept) > 2:
        without = {
            at: _shared(themes[[one for one in kept if one != at]], rules.least_cell)
            for at in kept
            if grid.groups[at] != reference
        }
        least = max(without, key=lambda at: (without[at], grid.groups[at]))
        if without[least] <= share:
            break
        left_out.append(
            LeftOutGroup(
                grid.groups[least],
                f"It shares few {rules.dimensions[0]}s with the others: with it {share:.0%} of the tickets would be comparable, "
                f"without it {without[least]:.0%}.",
            )
        )
        kept.remove(least)
        share = without[least]
    return np.array(kept, dtype=np.int64), tuple(left_out)


def _coarsest(grid: CellGrid) -> Floats:
    """Return tickets by group and coarsest stratum, shape (groups, themes)."""
    themes = {theme: at for at, theme in enumerate(dict.fromkeys(key[0] for key in grid.strata))}
    found: Floats = np.zeros((len(grid.groups), len(themes)))
    for at, key in enumerate(grid.strata):
        found[:, themes[key[0]]] += grid.tickets[:, at]
    return found


def _shared(tickets: Floats, least: int) -> float:
    if not len(tickets):
        return 0.0
    inside = (tickets >= least).all(axis=0)
    return float(tickets[:, inside].sum() / max(tickets.sum(), 1.0))


def _put_together(grid: CellGrid, tickets: Floats, rules: ComparisonRules) -> list[Block]:
    """Put sparse strata together under what they have in common, from the finest level to the coarsest."""
    blocks = [Block(key, (at,)) for at, key in enumerate(grid.strata) if tickets[:, at].sum() > 0]
    for depth in range(len(rules.dimensions) - 1, 0, -1):
        kept: list[Block] = []
        sparse: dict[Stratum, list[Block]] = {}
        for block in blocks:
            if _least(tickets, block) >= rules.least_cell:
                kept.append(block)
            else:
                sparse.setdefault(block.key[:depth], []).append(block)
        for key, found in sparse.items():
            members = tuple(member for block in found for member in block.members)
            kept.append(found[0] if len(found) == 1 else Block(key, members))
        blocks = kept
    return sorted(blocks, key=lambda block: (block.key, block.members))


def _least(tickets: Floats, block: Block) -> float:
    return float(tickets[:, list(block.members)].sum(axis=1).min(initial=np.inf))


def _connected(tickets: Floats, block: Block, least: int) -> bool:
    """Return whether all groups have enough tickets of the block, and share strata in it with each other, directly or by others."""
    if _least(tickets, block) < least:
        return False
    if len(block.members) == 1:
        return True
    present = tickets[:, list(block.members)] > 0
    reached = np.zeros(len(tickets), dtype=bool)
    reached[:1] = True
    for _ in range(len(tickets)):
        strata = present[reached].any(axis=0)
        grown = reached | present[:, strata].any(axis=1)
        if (grown == reached).all():
            break
        reached = grown
    return bool(reached.all())


def _describe(
    grid: CellGrid,
    groups: Ints,
    blocks: tuple[Block, ...],
    left_out: tuple[LeftOutGroup, ...],
    rules: ComparisonRules,
) -> CommonCaseMix:
    tickets = grid.tickets[groups]
    total = max(float(tickets.sum()), 1.0)
    inside = {member for block in blocks for member in block.members}
    collapsed: dict[int, list[Block]] = {}
    for block in blocks:
        if len(block.members) > 1:
            collapsed.setdefault(len(block.key), []).append(block)
    outside = [at for at in range(len(grid.strata)) if at not in inside and tickets[:, at].sum() > 0]
    outside.sort(key=lambda at: (-tickets[:, at].sum(), grid.strata[at]))
    return CommonCaseMix(
        tickets=int(grid.tickets.sum()),
        comparable=float(tickets[:, sorted(inside)].sum() / total) if inside else 0.0,
        strata=len(inside),
        blocks=len(blocks),
        collapsed=tuple(
            CollapsedLevel(
                rules.dimensions[:depth],
                sum(len(block.members) for block in found),
                float(sum(tickets[:, list(block.members)].sum() for block in found) / total),
            )
            for depth, found in sorted(collapsed.items(), reverse=True)
        ),
        outside=tuple(_outside(grid, groups, at, rules.least_cell) for at in outside[:10]),
        left_out=left_out,
    )


def _outside(grid: CellGrid, groups: Ints, at: int, least: int) -> OutsideStratum:
    tickets = grid.tickets[groups, at]
    missing = tuple(grid.groups[group] for group, found in zip(groups, tickets, strict=True) if found < least)
    return OutsideStratum(grid.strata[at], int(tickets.sum()), missing)
