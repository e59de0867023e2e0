"""Which theme continues in which group, when tickets are grouped again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from models.arrays import Ints
from models.themes.window.ticket_window import UNTHEMED


@dataclass(frozen=True, slots=True)
class Succession:
    """How themes continue in groups.

    `carried` maps a group to the theme that continues in it, one to one. `absorbed` maps a theme that ended to the group
    that took most of its tickets, with the share taken. Groups that are not in `carried` are new; themes in neither have
    no ticket in any group.
    """

    carried: Mapping[int, int]
    absorbed: Mapping[int, tuple[int, float]]


def succession(themes: Ints, groups: Ints) -> Succession:
    """Match themes and groups by the tickets they share, most first (after MONIC, Spiliopoulou 2006).

    Parameters
    ----------
    themes : array of shape (n,)
        Theme of each ticket before, 0 for unthemed.
    groups : array of shape (n,)
        Group of each ticket now, -1 for none.
    """
    pairs = zip(themes.tolist(), groups.tolist(), strict=True)
    shared = Counter((theme, group) for theme, group in pairs if theme != UNTHEMED and group >= 0)
    carried: dict[int, int] = {}
    largest: dict[int, int] = {}
    for theme, group in sorted(shared, key=lambda pair: (-shared[pair], pair)):
        largest.setdefault(theme, group)
        if group not in carried and theme not in carried.values():
            carried[group] = theme
    ended = sorted(set(largest) - set(carried.values()))
    sizes = Counter(themes.tolist())
    return Succession(
        carried, {theme: (largest[theme], shared[theme, largest[theme]] / sizes[theme]) for theme in ended}
    )
