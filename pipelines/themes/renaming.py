"""Names of themes made anew where tickets are erased: no word stays that only their writer, or one other person, used.

A running miner takes the new names over at its next epoch (`adopt_names`), and names these themes once more by meaning.
"""

from __future__ import annotations

import html
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, select

from alerts.digest.escape import escape_markdown, plain
from models.theme import ThemeState
from models.themes import ThemeName, name_themes
from models.themes.naming.personal import Wordings
from models.themes.naming.phrases import FEWEST_PERSONS
from pipelines.context import EpochContext
from pipelines.themes.names import FEWEST_TEXTS, NAMED_TEXTS
from pipelines.themes.theme_texts import SEARCHED_TEXTS, ThemeNames, ThemeTexts
from store.phrases import Replacements, replace_phrases
from store.schema import themes
from store.theme_layout import forget_family_names
from store.themes import change_theme
from store.tickets import read_texts_of

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


def rename_personal(connection: Connection, ticket_ids: Collection[str], texts: ThemeTexts) -> Renaming:
    """Make names and keywords anew that have a word of tickets which are about to be erased, and that nearly nobody else used.

    To be called before the texts are erased, in the same transaction; `texts` is the same for all erasures of a command. Names go from
    themes, listings, reasons, verdicts, digests, notifications and reports; `alerts.quoted_files.replace_in_files` does the same in
    files. A name that a person gave goes only where nobody else used the word. Done again, it changes nothing.
    """
    texts.begin(connection, ticket_ids)
    gone = Wordings(texts.read_by(read_texts_of(connection, ticket_ids, marked=True)))
    names = texts.names(connection)
    suspects = [one for one in _phrases(names) if gone.shares(one.phrase, [], one.fewest)]
    for limit in (NAMED_TEXTS, SEARCHED_TEXTS):
        users = texts.wordings(connection, {one.place for one in suspects}, limit)
        suspects = [one for one in suspects if gone.shares(one.phrase, [users[one.place]], one.fewest)]
    personal: dict[int, set[str]] = {}
    for one in suspects:
        personal.setdefault(one.theme, set()).add(one.phrase)
    return _rename(connection, names, personal, texts) if personal else Renaming()


class _Phrase(NamedTuple):
    """A name or keyword of a theme, the theme that holds its tickets, and how many others must use a word for it to stay."""

    theme: int
    place: int
    phrase: str
    fewest: int


def _phrases(names: ThemeNames) -> Iterator[_Phrase]:
    for theme, row in names.rows.items():
        place = names.survivors.get(theme, theme)
        for phrase in sorted({row.name, *row.keywords, *names.past.get(theme, ())}):
            yield _Phrase(theme, place, phrase, 1 if row.name_pinned and phrase == row.name else FEWEST_PERSONS)


_RENAMED = select(themes.c.id, themes.c.name, themes.c.keywords, themes.c.name_pinned).where(themes.c.named_size == 0)
"""Each epoch executes it."""


def adopt_names(context: EpochContext) -> None:
    """Take over what `rename_personal` wrote since the epoch before, so that this epoch names these themes by their meaning."""
    for row in context.connection.execute(_RENAMED):
        record = context.state.themes.get(row.id)
        if record is not None and record.named_size:
            record.name, record.keywords = row.name, tuple(row.keywords)
            record.name_pinned, record.named_size = row.name_pinned, 0


def _rename(connection: Connection, known: ThemeNames, personal: Mapping[int, set[str]], texts: ThemeTexts) -> Renaming:
    rows, past = known.rows, known.past
    renamed = [theme for theme in sorted(personal) if rows[theme].name in personal[theme]]
    names = _new_names(connection, rows, renamed, texts) if renamed else {}
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
    texts.forget_names()
    forget_family_names(connection, personal)
    replacements = Replacements(phrases, _escaped(phrases), frozenset(keywords))
    return Renaming(tuple(made), replace_phrases(connection, replacements), replacements)


def _new_names(
    connection: Connection, rows: Mapping[int, Row[Any]], due: Sequence[int], texts: ThemeTexts
) -> dict[int, ThemeName]:
    live = [theme for theme, row in rows.items() if row.state in _LIVE and row.size]
    read = texts.pairs(connection, {theme: NAMED_TEXTS if theme in due else FEWEST_TEXTS for theme in live})
    read |= {theme: [] for theme in due if theme not in read}
    taken = {row.name for theme, row in rows.items() if theme not in due}
    return name_themes(
        {theme: [text for _, text in pairs] for theme, pairs in read.items()}, taken, due,
        {theme: [person for person, _ in pairs] for theme, pairs in read.items()},
    )  # fmt: skip


def _escaped(phrases: Mapping[str, str]) -> dict[str, str]:
    """Return the phrases as Markdown, as HTML, and as they are, each with its replacement."""
    found: dict[str, str] = {}
    for old, new in phrases.items():
        for escape in (plain, escape_markdown, _escape_html):
            found[escape(old)] = escape(new)
    return found


def _escape_html(text: str) -> str:
    return html.escape(plain(text)).replace("&quot;", "&#34;").replace("&#x27;", "&#39;")
