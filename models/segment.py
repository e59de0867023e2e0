"""A segment: the tickets that share the named attribute values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple, Self

import orjson


class Segment(NamedTuple):
    """Dimension-value pairs in the order of their dimension; the empty segment is everything.

    Build it with `Segment.of`, which sorts and drops absent values, so that equal segments are equal values. It is a tuple, since
    segments are keys of counts: tuples are hashed and compared without a call of Python.

    >>> Segment.of({"region": "BR", "payment_method": "pix"}).key
    '{"payment_method":"pix","region":"BR"}'
    """

    pairs: tuple[tuple[str, str], ...] = ()

    @classmethod
    def of(cls, values: Mapping[str, str | None]) -> Self:
        """Make a segment from a mapping of dimension to value; a value of None is dropped."""
        return cls(tuple(sorted((name, str(value)) for name, value in values.items() if value is not None)))

    @classmethod
    def from_key(cls, key: str) -> Self:
        """Read what `key` wrote."""
        return cls.of(orjson.loads(key))

    @property
    def key(self) -> str:
        """Canonical JSON: one text per segment, so that it can serve as a database key."""
        return orjson.dumps(dict(self.pairs)).decode()

    @property
    def dimensions(self) -> tuple[str, ...]:
        """The names of the dimensions that the segment fixes, sorted."""
        return tuple(name for name, _ in self.pairs)

    def as_dict(self) -> dict[str, str]:
        """The JSON object form that listings and events use."""
        return dict(self.pairs)

    def holds(self, attributes: Mapping[str, str | None]) -> bool:
        """Check whether a ticket with these attributes is in the segment."""
        return all(attributes.get(name) == value for name, value in self.pairs)

    def within(self, other: Segment) -> bool:
        """Check whether every ticket of this segment is also in `other`."""
        return set(other.pairs) <= set(self.pairs)

    def compatible(self, other: Segment) -> bool:
        """Check whether a ticket can be in both: no dimension is fixed to two values."""
        mine = dict(self.pairs)
        return all(mine.get(name, value) == value for name, value in other.pairs)

    def __str__(self) -> str:
        """Format for readers: `region BR, payment_method pix`, or `everything`."""
        return ", ".join(f"{name} {value}" for name, value in self.pairs) or "everything"


EVERYTHING = Segment()
