"""Names of the themes that a page mentions, by the themes that hold their tickets now."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, select

from models.theme import ALL_TICKETS
from store.records import chunks
from store.schema import themes
from store.survivors import survivors_of

EVERY_TICKET = "All tickets"
"""How pages call theme 0."""


@dataclass(frozen=True, slots=True)
class SurvivingNames:
    """The themes that survive those asked for, and their names."""

    surviving: Mapping[int, int]
    names: Mapping[int, str]

    def theme(self, theme_id: int) -> int:
        """Return the theme that holds the tickets of a theme now."""
        return self.surviving.get(theme_id, theme_id)

    def name(self, theme_id: int) -> str:
        """Return the name of the theme that holds the tickets of a theme now."""
        return self.names.get(self.theme(theme_id), EVERY_TICKET)


def theme_names(connection: Connection, theme_ids: Collection[int]) -> SurvivingNames:
    """Read the names of themes, each under the one that it was merged into."""
    wanted = set(theme_ids) - {ALL_TICKETS}
    surviving = survivors_of(connection, wanted) if wanted else {}
    names: dict[int, str] = {}
    for part in chunks(sorted({surviving.get(one, one) for one in wanted})):
        rows = connection.execute(select(themes.c.id, themes.c.name).where(themes.c.id.in_(part)))
        names.update((row.id, row.name) for row in rows)
    return SurvivingNames(surviving, names)
