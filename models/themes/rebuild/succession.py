"""Which theme goes on in which group when the learning period's grouping is made anew."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from models.themes.window.ticket_window import UNTHEMED, Ints


@dataclass(frozen=True, slots=True)
class Succession:
    """How themes go on in groups.

    `carried` maps a group to the theme that lives on in it, one to one; `absorbed` maps a theme that ended to
    the group that took most of its tickets, with the share taken. Groups that are not in `carried` are new;
    themes in neither have no ticket in any group.
    """

    carried: dict[int, int]
    absorbed: dict[int, tuple[int, float]]


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
    heirs: dict[int, int] = {}
    for theme, group in sorted(shared, key=lambda pair: (-shared[pair], pair)):
        heirs.setdefault(theme, group)
        if group not in carried and theme not in carried.values():
            carried[group] = theme
    ended = sorted(set(heirs) - set(carried.values()))
    sizes = Counter(themes.tolist())
    return Succession(carried, {theme: (heirs[theme], shared[theme, heirs[theme]] / sizes[theme]) for theme in ended})
