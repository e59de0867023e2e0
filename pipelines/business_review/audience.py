"""Which tickets the review of an audience holds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from alerts.ownership import EVERYONE, Audience
from models.access import EVERYTHING, AccessScope
from models.access.scope import SCOPE_DIMENSIONS
from models.metrics.cells import DIMENSIONS


@dataclass(frozen=True, slots=True)
class ReviewScope:
    """The tickets of a review: those of an access scope that have a value in each of some columns. words: of a sentence, "" for all."""

    access: AccessScope = EVERYTHING
    filters: Mapping[str, str | int] = field(default_factory=dict)

    @property
    def words(self) -> str:
        """Write it as part of a sentence: `vendor acme and user type buyer`; empty for all tickets."""
        parts = [f"{name.replace('_', ' ')} {value}" for name, value in sorted(self.filters.items())]
        return " and ".join(part for part in (self.access.in_words(), *parts) if part)


def review_scope(audience: Audience) -> ReviewScope | None:
    """Return which tickets an audience's review holds; None where figures cannot be kept to its tickets, so that it gets none.

    `everyone` has all. Another audience has those that its `match` holds for: values of business line, region and vendor, and one
    value of any other dimension of figures. A match that names themes, or several values of another dimension, has no review.
    """
    if audience.name == EVERYONE:
        return ReviewScope()
    match = audience.match
    if match.themes or not match.values:
        return None
    limits = {name: sorted(allowed) for name, allowed in match.values.items() if name in SCOPE_DIMENSIONS}
    others = {name: sorted(allowed) for name, allowed in match.values.items() if name not in SCOPE_DIMENSIONS}
    if any(name not in DIMENSIONS or len(values) > 1 for name, values in others.items()):
        return None
    return ReviewScope(AccessScope.of(limits), {name: values[0] for name, values in others.items()})
