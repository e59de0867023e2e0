"""Texts of themes and their names, read once for all erasures of a command and not for each.

What was read of a theme is right until one of its tickets is erased, or until the miner mines: then it is read again.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, func, select

from models.text import ticket_text
from models.themes.naming.personal import Wordings
from store.records import chunks
from store.schema import assignments, lineage, miner
from store.survivors import survivors
from store.themes import read_themes
from store.tickets import TicketText, read_theme_texts

SEARCHED_TEXTS = 2_000
"""Newest texts of a theme in which other users of a word are looked for before the word counts as one person's."""

MOST_KEPT = 50_000
"""Texts that are kept, at some kilobytes each; beyond it all are forgotten before the next erasure."""

Pairs = list[tuple[str, str]]
"""Who wrote each text, and what of it names are made from."""


class ThemeNames(NamedTuple):
    """All themes by id, the names that each had, and for merged ones the theme that holds their tickets."""

    rows: Mapping[int, Row[Any]]
    past: Mapping[int, set[str]]
    survivors: Mapping[int, int]


class ThemeTexts:
    """The names of all themes and the newest texts of some, without those of the tickets that are being erased."""

    def __init__(self, macros: Collection[str]) -> None:
        """Take the beginnings of standard sentences, as mining has them: names are not made of these."""
        self._macros = macros
        self._names: ThemeNames | None = None
        self._pairs: dict[tuple[int, int], Pairs] = {}
        self._wordings: dict[tuple[int, int], Wordings] = {}
        self._gone: frozenset[str] = frozenset()
        self._changing: frozenset[int] = frozenset()
        self._mined: object = None

    def begin(self, connection: Connection, gone: Collection[str]) -> None:
        """Forget what the erasure of the tickets `gone`, which begins, makes untrue: their themes, and all where a miner went on."""
        mined = (
            [tuple(row) for row in connection.execute(select(miner.c.name, miner.c.next_epoch).order_by(miner.c.name))],
            connection.execute(select(func.max(lineage.c.id))).scalar_one(),
        )
        if mined != self._mined or sum(map(len, self._pairs.values())) > MOST_KEPT:
            self._names, self._mined = None, mined
            self._pairs.clear()
            self._wordings.clear()
        # The themes of the tickets before are forgotten, too: what was read of them is without these tickets only.
        self._gone, changing = frozenset(gone), _themes_of(connection, gone)
        stale = changing | self._changing
        self._pairs = {place: pairs for place, pairs in self._pairs.items() if place[0] not in stale}
        self._wordings = {place: found for place, found in self._wordings.items() if place[0] not in stale}
        self._changing = changing

    def names(self, connection: Connection) -> ThemeNames:
        """Return the names of themes as they are in a transaction."""
        if self._names is None:
            self._names = ThemeNames(read_themes(connection), _past_names(connection), survivors(connection))
        return self._names

    def forget_names(self) -> None:
        """Forget the names, since some were changed."""
        self._names = None

    def wordings(self, connection: Connection, themes: Collection[int], limit: int) -> dict[int, Wordings]:
        """Return the words of the newest texts of themes that stay."""
        pairs = self.pairs(connection, dict.fromkeys(themes, limit))
        for theme in themes:
            if (theme, limit) not in self._wordings:
                self._wordings[theme, limit] = Wordings(pairs[theme])
        return {theme: self._wordings[theme, limit] for theme in themes}

    def pairs(self, connection: Connection, limits: Mapping[int, int]) -> dict[int, Pairs]:
        """Return the newest texts of themes that stay, up to the limit of each."""
        missing = {theme: limit for theme, limit in limits.items() if (theme, limit) not in self._pairs}
        # As many more as are erased, so that these do not crowd out the others.
        more = min(len(self._gone), SEARCHED_TEXTS)
        wider = {theme: limit + (more if theme in self._changing else 0) for theme, limit in missing.items()}
        for theme, texts in (read_theme_texts(connection, wider) if wider else {}).items():
            self._pairs[theme, missing[theme]] = self.read_by(one for one in texts if one.id not in self._gone)
        return {theme: self._pairs[theme, limit] for theme, limit in limits.items()}

    def read_by(self, texts: Iterable[TicketText]) -> Pairs:
        """Return who wrote each text, and what of it names are made from."""
        return [(one.person, ticket_text(one.title, one.body, self._macros)) for one in texts]


def _themes_of(connection: Connection, ticket_ids: Collection[str]) -> frozenset[int]:
    found: set[int] = set()
    for part in chunks(ticket_ids):
        query = select(assignments.c.theme_id).where(assignments.c.ticket_id.in_(part)).distinct()
        found.update(one for one in connection.execute(query).scalars() if one is not None)
    return frozenset(found)


def _past_names(connection: Connection) -> dict[int, set[str]]:
    """Return the names that each theme had, as its lineage holds them."""
    found: dict[int, set[str]] = {}
    query = select(lineage.c.theme_id, lineage.c.figures).where(lineage.c.kind == "rename")
    for theme, figures in connection.execute(query):
        found.setdefault(theme, set()).update(str(figures[key]) for key in ("before", "after") if figures.get(key))
    return found
