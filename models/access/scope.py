"""The part of all tickets that a person may see."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from models.segment import Segment

SCOPE_DIMENSIONS = ("business_line", "region", "vendor")
"""The dimensions that a scope may limit."""


@dataclass(frozen=True, slots=True)
class AccessScope:
    """Values allowed for each limited dimension, in canonical order; without any, everything is allowed.

    A ticket is in the scope when it has one of the values in each limited dimension. A ticket without a value in a limited
    dimension is outside.

    >>> AccessScope.of({"vendor": ["acme"]}).admits({"vendor": "acme", "region": None})
    True
    """

    limits: tuple[tuple[str, tuple[str, ...]], ...] = ()

    @classmethod
    def of(cls, values: Mapping[str, list[str] | tuple[str, ...]]) -> Self:
        """Make a scope from a mapping of dimension to values.

        Raises `ValueError` for an unknown dimension and for an empty list of values.
        """
        for name, allowed in values.items():
            if name not in SCOPE_DIMENSIONS:
                raise ValueError(f"received the scope dimension {name!r}; valid are {', '.join(SCOPE_DIMENSIONS)}")
            if not allowed or not all(allowed):
                raise ValueError(f"received no value for the scope dimension {name}; give at least one")
        return cls(tuple((name, tuple(sorted(set(values[name])))) for name in sorted(values)))

    @property
    def is_everything(self) -> bool:
        """Whether nothing is limited."""
        return not self.limits

    def admits(self, attributes: Mapping[str, str | None]) -> bool:
        """Check whether a ticket with these attributes is in the scope."""
        return all(attributes.get(name) in allowed for name, allowed in self.limits)

    def contains(self, segment: Segment) -> bool:
        """Check whether every ticket of a segment is in the scope, by the segment's own dimensions."""
        return self.admits(segment.as_dict())

    def within(self, other: AccessScope) -> bool:
        """Check whether every ticket of this scope is also in `other`."""
        mine = dict(self.limits)
        return all(name in mine and set(mine[name]) <= set(allowed) for name, allowed in other.limits)

    def intersect(self, other: AccessScope) -> AccessScope | None:
        """Return the scope of the tickets that are in both; None where no ticket can be."""
        mine, theirs = dict(self.limits), dict(other.limits)
        both: list[tuple[str, tuple[str, ...]]] = []
        for name in sorted(mine | theirs):
            allowed = set(mine.get(name, theirs.get(name, ()))) & set(theirs.get(name, mine.get(name, ())))
            if not allowed:
                return None
            both.append((name, tuple(sorted(allowed))))
        return AccessScope(tuple(both))

    def in_words(self) -> str:
        """Write it as part of a sentence: `region BR, US and vendor acme`; "" for everything.

        >>> AccessScope.of({"vendor": ["acme"], "region": ["US", "BR"]}).in_words()
        'region BR, US and vendor acme'
        """
        return " and ".join(f"{name.replace('_', ' ')} {', '.join(values)}" for name, values in self.limits)

    def as_dict(self) -> dict[str, list[str]]:
        """Return the form that is stored and shown."""
        return {name: list(allowed) for name, allowed in self.limits}


EVERYTHING = AccessScope()
"""The scope without limits."""
