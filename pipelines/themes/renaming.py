"""Names of themes made anew where tickets are erased: no word stays that only their writer, or one other person, used.

A running miner takes the new names over at its next epoch (`adopt_names`), and names these themes once more by meaning.
"""

from __future__ import annotations

import html
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Row, select

from alerts.digest.escape import escape_markdown, plain
from models.text import ticket_text
from models.theme import ThemeState
from models.themes import ThemeName, name_themes
from models.themes.naming.personal import Wordings
from pipelines.context import EpochContext
from pipelines.themes.names import FEWEST_TEXTS, NAMED_TEXTS
from store.phrases import Replacements, replace_phrases
from store.schema import lineage, themes
from store.survivors import survivors
from store.themes import change_theme, read_themes
from store.tickets import TicketText, read_texts_of, read_theme_texts

SEARCHED_TEXTS = 2_000
"""Newest texts of a theme in which other users of a word are looked for before the word counts as one person's."""

_LIVE = (ThemeState.LIVE, ThemeState.DORMANT)


@dataclass(frozen=True, slots=True)
class RenamedTheme:
    """A theme whose name or keywords had a word of one person; `pinned`: a person had given the name."""

    theme_id: int
    name: str
    pinned: bool

    def as_json(self) -> dict[str, Any]:
        """Write the theme as a proof holds it: without the old name."""
        return {"theme_id": self.theme_id, "name": self.name, "pinned": self.pinned}


@dataclass(frozen=True, slots=True)
class Renaming:
    """What was renamed, how many values changed in which table, and what is to be replaced in files (it holds the old names)."""

    themes: tuple[RenamedTheme, ...] = ()
    changed: Mapping[str, int] = field(default_factory=dict)
    replacements: Replacements = field(default_factory=lambda: Replacements({}, {}))


def rename_personal(connection: Connection, ticket_ids: Collection[str], macros: Collection[str]) -> Renaming:
    """Make names and keywords anew that have a word of tickets which are about to be erased, and that nearly nobody else used.

    To be called before the texts are erased, in the same transaction; `macros` as in mining. Names go from themes, listings, reasons,
    verdicts, digests, notifications and reports; `alerts.quoted_files.replace_in_files` does the same in files. A name that a person
    gave goes only where nobody else used the word. Done again, it changes nothing.
    """
    gone = Wordings(_read_by(read_texts_of(connection, ticket_ids, marked=True), macros))
    rows = read_themes(connection)
    past = _past_names(connection)
    search = _Search(connection, frozenset(ticket_ids), macros, survivors(connection))
    personal: dict[int, set[str]] = {}
    for theme, row in rows.items():
        phrases = {row.name, *row.keywords, *past.get(theme, ())}
        fewest = {row.name: 1} if row.name_pinned else {}
        found = {one for one in phrases if search.is_personal(gone, theme, one, fewest.get(one, 2))}
        if found:
            personal[theme] = found
    return _rename(connection, rows, personal, past, search) if personal else Renaming()


def adopt_names(context: EpochContext) -> None:
    """Take over what `rename_personal` wrote since the epoch before, so that this epoch names these themes by their meaning."""
    query = select(themes.c.id, themes.c.name, themes.c.keywords, themes.c.name_pinned).where(themes.c.named_size == 0)
    for row in context.connection.execute(query):
        record = context.state.themes.get(row.id)
        if record is not None and record.named_size:
            record.name, record.keywords = row.name, tuple(row.keywords)
            record.name_pinned, record.named_size = row.name_pinned, 0


class _Search:
    """Texts that stay, read theme by theme, as far as they are needed."""

    def __init__(
        self, connection: Connection, gone: frozenset[str], macros: Collection[str], survivor: Mapping[int, int]
    ) -> None:
        self._connection, self._gone, self._macros, self._survivor = connection, gone, macros, survivor
        self._known: dict[tuple[int, int], Wordings] = {}

    def is_personal(self, gone: Wordings, theme: int, phrase: str, fewest: int) -> bool:
        """Return whether the erased texts have a part of the phrase that too few others of the theme use."""
        if not gone.shares(phrase, [], fewest):
            return False
        place = self._survivor.get(theme, theme)
        return all(gone.shares(phrase, [self._of(place, limit)], fewest) for limit in (NAMED_TEXTS, SEARCHED_TEXTS))

    def texts(self, limits: Mapping[int, int]) -> dict[int, list[TicketText]]:
        """Read the newest texts of themes that stay."""
        # As many more as are erased, so that these do not crowd out the others.
        wider = {theme: limit + min(len(self._gone), SEARCHED_TEXTS) for theme, limit in limits.items()}
        found = read_theme_texts(self._connection, wider)
        return {theme: [one for one in rows if one.id not in self._gone] for theme, rows in found.items()}

    def read_by(self, texts: Iterable[TicketText]) -> list[tuple[str, str]]:
        """Return who wrote each text, and what of it names are made from."""
        return list(_read_by(texts, self._macros))

    def _of(self, theme: int, limit: int) -> Wordings:
        known = self._known.get((theme, limit))
        if known is None:
            known = self._known[theme, limit] = Wordings(self.read_by(self.texts({theme: limit})[theme]))
        return known


def _rename(
    connection: Connection,
    rows: Mapping[int, Row[Any]],
    personal: Mapping[int, set[str]],
    past: Mapping[int, set[str]],
    search: _Search,
) -> Renaming:
    renamed = [theme for theme in sorted(personal) if rows[theme].name in personal[theme]]
    names = _new_names(rows, renamed, search) if renamed else {}
    made, phrases, keywords = [], dict[str, str](), set[str]()
    for theme, found in sorted(personal.items()):
        row = rows[theme]
        new = names.get(theme, ThemeName(row.name, tuple(one for one in row.keywords if one not in found)))
        if (new.name, list(new.keywords)) != (row.name, list(row.keywords)):
            pinned = row.name_pinned and theme not in names
            change_theme(
                connection, theme, name=new.name, keywords=list(new.keywords), named_size=0, name_pinned=pinned
            )
            made.append(RenamedTheme(theme, new.name, row.name_pinned and not pinned))
        phrases |= {one: new.name for one in found & {row.name, *past.get(theme, ())} if one != new.name}
        keywords |= found - {new.name}
    replacements = Replacements(phrases, _escaped(phrases), frozenset(keywords))
    return Renaming(tuple(made), replace_phrases(connection, replacements), replacements)


def _new_names(rows: Mapping[int, Row[Any]], due: Sequence[int], search: _Search) -> dict[int, ThemeName]:
    live = [theme for theme, row in rows.items() if row.state in _LIVE and row.size]
    texts = search.texts({theme: NAMED_TEXTS if theme in due else FEWEST_TEXTS for theme in live})
    read = {theme: search.read_by(texts.get(theme, ())) for theme in {*live, *due}}
    taken = {row.name for theme, row in rows.items() if theme not in due}
    return name_themes(
        {theme: [text for _, text in pairs] for theme, pairs in read.items()}, taken, due,
        {theme: [person for person, _ in pairs] for theme, pairs in read.items()},
    )  # fmt: skip


def _past_names(connection: Connection) -> dict[int, set[str]]:
    """Return the names that each theme had, as its lineage holds them."""
    found: dict[int, set[str]] = {}
    query = select(lineage.c.theme_id, lineage.c.figures).where(lineage.c.kind == "rename")
    for theme, figures in connection.execute(query):
        found.setdefault(theme, set()).update(str(figures[key]) for key in ("before", "after") if figures.get(key))
    return found


def _read_by(texts: Iterable[TicketText], macros: Collection[str]) -> Iterable[tuple[str, str]]:
    return ((one.person, ticket_text(one.title, one.body, macros)) for one in texts)


def _escaped(phrases: Mapping[str, str]) -> dict[str, str]:
    """Return the phrases as Markdown, as HTML, and as they are, each with its replacement."""
    found: dict[str, str] = {}
    for old, new in phrases.items():
        for escape in (plain, escape_markdown, _escape_html):
            found[escape(old)] = escape(new)
    return found


def _escape_html(text: str) -> str:
    return html.escape(plain(text)).replace("&quot;", "&#34;").replace("&#x27;", "&#39;")
