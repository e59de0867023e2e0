"""Themes that a labeller chooses from: those that a ticket may be about, in an order that does not tell which one it is assigned to."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, select

from models.access import AccessScope
from models.theme import Theme
from store.board.figure_cache import FigureCache
from store.board.find_themes import find_themes
from store.board.now import Now, now_of
from store.board.similar_themes import MEMBERS, content_words, themes_sharing, words_of_themes
from store.board.theme_rows import read_themes
from store.epochs import read_miner
from store.schema import assignments, tickets, vectors
from store.scoped import in_scope, scoped_themes, themes_in_scope
from store.survivors import surviving_theme
from store.theme_centres import read_centres
from store.types import LARGEST_ID

OFFERED = 9
"""Themes that are offered without a search: with `none` as many as there are number keys."""


@dataclass(frozen=True, slots=True)
class ThemeChoice:
    """A theme that may be chosen, as the labeller's scope shows it."""

    theme_id: int
    name: str
    keywords: tuple[str, ...]


def offered_themes(connection: Connection, ticket_id: str, scope: AccessScope) -> tuple[ThemeChoice, ...]:
    """Offer the themes whose newest tickets are most like a ticket, the assigned one among them, ordered by name.

    The order by name, and the number of themes, are the same whichever of them the ticket is assigned to.
    """
    now = now_of(connection)
    query = (
        select(tickets.c.title, tickets.c.body, assignments.c.theme_id)
        .outerjoin(assignments, assignments.c.ticket_id == tickets.c.id)
        .where(tickets.c.id == ticket_id, in_scope(scope))
    )
    row = connection.execute(query).one_or_none()
    if row is None or now is None:
        return ()
    assigned = None if row.theme_id is None else surviving_theme(connection, row.theme_id)
    likely = _most_alike(connection, now, ticket_id, f"{row.title} {row.body}", assigned)
    return _choices(connection, likely, scope, OFFERED, kept=assigned)


def searched_themes(connection: Connection, text: str, scope: AccessScope) -> tuple[ThemeChoice, ...]:
    """Find themes by words of their names or keywords, or by number, as `find_themes` does, ordered by name.

    Words that the scope does not show find nothing in it.
    """
    found = find_themes(connection, text, limit=OFFERED if scope.is_everything else 10 * OFFERED)
    shown = _choices(connection, [one.theme_id for one in found], scope, 10 * OFFERED)
    words = text.casefold().split()
    held = [one for one in shown if scope.is_everything or str(one.theme_id) == text.strip() or _holds(one, words)]
    return tuple(held[:OFFERED])


def named_themes(connection: Connection, theme_ids: Collection[int], scope: AccessScope) -> tuple[ThemeChoice, ...]:
    """Return the themes of some numbers that have a ticket of the scope, ordered by name; a number too great is that of none."""
    possible = [one for one in theme_ids if one <= LARGEST_ID]
    return _choices(connection, possible, scope, len(possible))


def _most_alike(connection: Connection, now: Now, ticket_id: str, text: str, assigned: int | None) -> list[int]:
    kept = FigureCache(connection, now, "themes")
    sharing = themes_sharing(words_of_themes(connection, kept), content_words(text))
    largest = [one.theme_id for one in find_themes(connection, "", limit=OFFERED)]
    candidates = list(dict.fromkeys([*([] if assigned is None else [assigned]), *sharing, *largest]))
    model = str(read_miner(connection).state.get("model", ""))
    own = _vector(connection, ticket_id, model)
    if own is None:
        return candidates
    centres = read_centres(connection, model, candidates, limit=MEMBERS)
    nearness = {theme: float(own @ centre) for theme, centre in centres.items()}
    return sorted(candidates, key=lambda theme: (-nearness.get(theme, -1.0), theme))


def _vector(connection: Connection, ticket_id: str, model: str) -> NDArray[np.float32] | None:
    query = select(vectors.c.vector).where(vectors.c.ticket_id == ticket_id, vectors.c.model == model)
    stored = connection.execute(query).scalar_one_or_none()
    return None if stored is None else np.frombuffer(stored, "<f2").astype(np.float32)


def _choices(
    connection: Connection, theme_ids: Sequence[int], scope: AccessScope, limit: int, kept: int | None = None
) -> tuple[ThemeChoice, ...]:
    """Name up to `limit` of the themes in their order, `kept` among them where the scope has it, and order them by name."""
    read = read_themes(connection, theme_ids)
    inside: Collection[int] = read if scope.is_everything else themes_in_scope(connection, scope, list(read))
    listed = [read[one] for one in theme_ids if one in inside]
    first = listed[:limit]
    missing = next((one for one in listed[limit:] if one.theme_id == kept), None)
    if missing is not None:
        first[-1] = missing
    named = scoped_themes(connection, scope, first)
    return tuple(sorted((_choice(named[one.theme_id]) for one in first), key=lambda one: (one.name, one.theme_id)))


def _choice(theme: Theme) -> ThemeChoice:
    return ThemeChoice(theme.theme_id, theme.name, tuple(theme.keywords[:5]))


def _holds(choice: ThemeChoice, words: Sequence[str]) -> bool:
    joined = " ".join((choice.name, *choice.keywords)).casefold()
    return all(word in joined for word in words)
