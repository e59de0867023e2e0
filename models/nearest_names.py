"""The known names that are nearest to a name that is not known: what a person who mistyped probably meant."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import SequenceMatcher
from heapq import nlargest

MOST = 3
"""Names that a sentence offers: more would be a list to search."""

_ALIKE = 0.55
"""Share of matching characters from which two names are alike."""


def nearest_names(asked: str, known: Iterable[str], most: int = MOST) -> tuple[str, ...]:
    """Find the known names nearest to `asked`, the nearest first; none where nothing is alike.

    Upper and lower case count as equal, and a name that contains what was asked for is always alike.

    >>> nearest_names("bra", ["US", "BR", "Brazil"])
    ('Brazil', 'BR')
    """
    wanted = asked.strip().casefold()
    if not wanted:
        return ()
    found = ((_likeness(wanted, name.casefold()), name) for name in dict.fromkeys(known))
    chosen = nlargest(
        most, (pair for pair in found if pair[0] >= _ALIKE), key=lambda pair: (pair[0], _reversed(pair[1]))
    )
    return tuple(name for _, name in chosen)


def alternatives(names: Iterable[str]) -> str:
    """Write names as part of a sentence: `a, b or c`."""
    *first, last = [*names] or [""]
    return f"{', '.join(first)} or {last}" if first else last


def _likeness(wanted: str, name: str) -> float:
    if wanted in name:
        return 1.0 + len(wanted) / (len(name) + 1)
    matcher = SequenceMatcher(None, name, wanted, autojunk=False)
    if matcher.real_quick_ratio() < _ALIKE or matcher.quick_ratio() < _ALIKE:
        return 0.0
    return matcher.ratio()


def _reversed(name: str) -> tuple[int, ...]:
    """Sort equal names by the alphabet although the greatest comes first."""
    return tuple(-ord(letter) for letter in name)
