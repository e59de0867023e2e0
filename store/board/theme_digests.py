"""Digests that name a theme."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, select

from models.times import rfc3339
from store.digests import DigestWindow
from store.schema import digests

NEWEST = 24
"""Newest digests that are looked at: their facts are read as a whole, for they may be encrypted."""


@dataclass(frozen=True, slots=True)
class NamingDigest:
    """A digest that has a theme among its items."""

    audience: str
    kind: str
    window: DigestWindow

    @property
    def digest_id(self) -> str:
        """Its name in addresses: its window and audience."""
        return f"{self.window.start:%Y%m%dT%H%M%S}Z-{self.window.end:%Y%m%dT%H%M%S}Z-{self.audience}"

    def as_json(self) -> dict[str, Any]:
        """Write it as the API does."""
        return {
            "id": self.digest_id, "audience": self.audience, "kind": self.kind, "start": rfc3339(self.window.start),
            "end": rfc3339(self.window.end),
        }  # fmt: skip


def digests_naming(connection: Connection, theme_ids: Collection[int]) -> tuple[NamingDigest, ...]:
    """Read which of the newest digests have one of the themes among their items, the newest first."""
    query = (
        select(digests.c.audience, digests.c.kind, digests.c.start, digests.c.end, digests.c.facts)
        .where(digests.c.facts.is_not(None))
        .order_by(digests.c.end.desc(), digests.c.start.desc(), digests.c.audience)
        .limit(NEWEST)
    )
    return tuple(
        NamingDigest(row.audience, row.kind, DigestWindow(row.start, row.end))
        for row in connection.execute(query)
        if any(_named(item) & set(theme_ids) for item in row.facts.get("items", ()))
    )


def _named(item: Mapping[str, Any]) -> set[int]:
    return {item.get("theme_id", 0), *(part.get("theme_id", 0) for part in item.get("parts", ()))} - {0}
