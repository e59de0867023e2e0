"""The items of two digests side by side: what is new, what grew or fell, and what is gone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class DigestChange:
    """A theme in a digest and in the one before; figures are tickets of their windows, None where it was no item."""

    theme_id: int
    name: str
    now: int | None
    before: int | None

    @property
    def what(self) -> str:
        """What became of it: `new`, `gone`, `more`, `fewer` or `as many`."""
        if self.before is None:
            return "new"
        if self.now is None:
            return "gone"
        return "as many" if self.now == self.before else "more" if self.now > self.before else "fewer"

    def as_json(self) -> dict[str, Any]:
        """Write it as the JSON API does."""
        return {"theme_id": self.theme_id, "name": self.name, "now": self.now, "before": self.before, "what": self.what}


def changes_of(now: Mapping[str, Any], before: Mapping[str, Any]) -> tuple[DigestChange, ...]:
    """Compare the items of two digests by their facts: those of the newer one in its order, then those that are gone."""
    mine, theirs = _items(now), _items(before)
    kept = [
        DigestChange(theme, name, tickets, theirs[theme][1] if theme in theirs else None)
        for theme, (name, tickets) in mine.items()
    ]
    gone = [DigestChange(theme, name, None, tickets) for theme, (name, tickets) in theirs.items() if theme not in mine]
    return (*kept, *gone)


def _items(facts: Mapping[str, Any]) -> dict[int, tuple[str, int]]:
    return {int(one["theme_id"]): (str(one["name"]), int(one["observed"])) for one in facts.get("items", ())}
