"""Themes that are like another one: those whose newest tickets lie nearest to its own."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, select

from models.access import AccessScope
from models.access.wording import FUNCTION_WORDS
from models.theme import Theme, ThemeState
from store.board.figure_cache import FigureCache
from store.board.now import Now
from store.board.theme_rows import theme_of
from store.epochs import read_miner
from store.schema import theme_layout, themes
from store.scoped import scoped_themes, themes_in_scope, with_figures
from store.theme_centres import read_centres

SHOWN = 6
CANDIDATES = 40
"""Themes whose tickets are compared: those with words in common, and the nearest on the map."""

MEMBERS = 30
"""Newest tickets of a theme that its centre is made of here."""

LEAST = 0.25
"""Cosine of two centres from which on themes are called similar."""

_WORD = re.compile(r"[^\W\d_]{2,}")


@dataclass(frozen=True, slots=True)
class SimilarTheme:
    """A theme that is like another one. `similarity` is the cosine of their centres; None for a person with a limited scope."""

    theme: Theme
    similarity: float | None


def similar_themes(
    connection: Connection, now: Now | None, theme: Theme, scope: AccessScope
) -> tuple[SimilarTheme, ...]:
    """Read the themes that are most like `theme`, the most similar first; within a scope only those with a ticket of it."""
    if now is None:
        return ()
    kept = FigureCache(connection, now, "themes")
    near = kept.get(("similar", theme.theme_id), lambda: _nearest(connection, kept, theme.theme_id))
    if scope.is_everything:
        near = near[:SHOWN]
    found = {
        row.id: theme_of(row) for row in connection.execute(select(themes).where(themes.c.id.in_([n for n, _ in near])))
    }
    listed = [(found[number], similarity) for number, similarity in near if number in found]
    if scope.is_everything:
        return tuple(SimilarTheme(one, similarity) for one, similarity in listed)
    return _within(connection, scope, [one for one, _ in listed])


def _within(connection: Connection, scope: AccessScope, listed: list[Theme]) -> tuple[SimilarTheme, ...]:
    figures = themes_in_scope(connection, scope, [one.theme_id for one in listed])
    shown = [(one, held) for one in listed if (held := figures.get(one.theme_id)) is not None][:SHOWN]
    named = scoped_themes(connection, scope, [one for one, _ in shown])
    return tuple(SimilarTheme(with_figures(named[one.theme_id], held), None) for one, held in shown)


def _nearest(connection: Connection, kept: FigureCache, theme_id: int) -> list[tuple[int, float]]:
    words = words_of_themes(connection, kept)
    sharing = themes_sharing(words, words.get(theme_id, frozenset()))
    candidates = dict.fromkeys([*_on_the_map(connection, theme_id), *sharing])
    compared = [theme_id, *[one for one in candidates if one != theme_id][:CANDIDATES]]
    centres = read_centres(connection, str(read_miner(connection).state.get("model", "")), compared, limit=MEMBERS)
    own = centres.pop(theme_id, None)
    if own is None:
        return []
    near = [(number, round(float(own @ centre), 4)) for number, centre in centres.items()]
    return sorted((pair for pair in near if pair[1] >= LEAST), key=lambda pair: (-pair[1], pair[0]))


def words_of_themes(connection: Connection, kept: FigureCache) -> Mapping[int, frozenset[str]]:
    """Return the words of the names and keywords of the themes that take tickets, by theme, from the cache `kept`."""
    found: Mapping[int, frozenset[str]] = kept.get(("words of themes",), lambda: _words(connection))
    return found


def content_words(text: str) -> frozenset[str]:
    """Return the words of a text that say something, in small letters."""
    return frozenset(_WORD.findall(text.casefold())) - FUNCTION_WORDS


def _words(connection: Connection) -> Mapping[int, frozenset[str]]:
    taking = (ThemeState.LIVE.value, ThemeState.DORMANT.value)
    query = select(themes.c.id, themes.c.name, themes.c.keywords).where(themes.c.state.in_(taking))
    return {number: content_words(" ".join([name, *keywords])) for number, name, keywords in connection.execute(query)}


def themes_sharing(words: Mapping[int, frozenset[str]], own: frozenset[str]) -> list[int]:
    """Order the themes that share words with `own`, those with rare ones first; up to `CANDIDATES`."""
    having: defaultdict[str, list[int]] = defaultdict(list)
    for number, held in words.items():
        for word in held & own:
            having[word].append(number)
    scores: defaultdict[int, float] = defaultdict(float)
    for numbers in having.values():
        for number in numbers:
            scores[number] += 1 / len(numbers)
    return sorted(scores, key=lambda number: (-scores[number], number))[:CANDIDATES]


def _on_the_map(connection: Connection, theme_id: int) -> Collection[int]:
    """Return the themes that lie nearest on the map, half as many as are compared."""
    places = connection.execute(select(theme_layout.c.theme_id, theme_layout.c.x, theme_layout.c.y)).all()
    own = next((place for place in places if place.theme_id == theme_id), None)
    if own is None:
        return []
    ordered = sorted(places, key=lambda at: ((at.x - own.x) ** 2 + (at.y - own.y) ** 2, at.theme_id))
    return [place.theme_id for place in ordered[: CANDIDATES // 2]]
