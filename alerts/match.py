"""Match: which tickets and themes an audience owns, or subscribes to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

from models.segment import Segment


@dataclass(frozen=True, slots=True)
class Match:
    """What an audience owns: tickets whose every named dimension has one of its values, or the named themes.

    `themes` holds ids and name patterns (`*`, `?`, `[...]`, case does not count). Where both are given,
    either suffices.
    """

    values: Mapping[str, frozenset[str]] = field(default_factory=dict)
    themes: tuple[int | str, ...] = ()

    def holds(self, attributes: Mapping[str, str | None]) -> bool:
        """Return whether a ticket with these attributes is owned; never by a match that names no dimension."""
        return bool(self.values) and all(attributes.get(name) in allowed for name, allowed in self.values.items())

    def names(self, theme_id: int, name: str) -> bool:
        """Return whether the theme is named, by its id or by a pattern of its name."""
        return any(
            wanted == theme_id if isinstance(wanted, int) else fnmatchcase(name.casefold(), wanted.casefold())
            for wanted in self.themes
        )

    def share(self, mix: Mapping[Segment, int]) -> float:
        """Return the share of tickets that are matched, 0 to 1; `mix` has the number of tickets by their attributes."""
        total = sum(mix.values())
        owned = sum(tickets for segment, tickets in mix.items() if self.holds(segment.as_dict()))
        return owned / total if total else 0.0

    def touches(self, scope: Segment) -> bool:
        """Return whether a launch's scope concerns this audience: they share a dimension and differ in none."""
        shared = [(value, self.values[name]) for name, value in scope.pairs if name in self.values]
        return bool(shared) and all(value in allowed for value, allowed in shared)
