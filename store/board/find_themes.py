"""Finding themes and known issues by words of their names, for people who choose one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import Connection, select

from models.known_issues import IssueState
from models.theme import ThemeState
from store.known_issues import StoredIssue, read_issues
from store.schema import themes

SHOWN = 12
LIVE = (ThemeState.LIVE.value, ThemeState.DORMANT.value)


@dataclass(frozen=True, slots=True)
class FoundTheme:
    """A theme that a search found."""

    theme_id: int
    name: str
    size: int
    status: str


def find_themes(connection: Connection, text: str, *, without: int = 0, limit: int = SHOWN) -> tuple[FoundTheme, ...]:
    """Find themes that take tickets whose name or keywords hold each word of `text`, in any case; the largest first.

    A number finds the theme of that number. Without words these are the largest themes. `without` is left out.
    """
    query = select(themes.c.id, themes.c.name, themes.c.size, themes.c.status, themes.c.keywords)
    rows = connection.execute(query.where(themes.c.state.in_(LIVE), themes.c.id != without))
    words, number = text.casefold().split(), text.strip().removeprefix("#")
    found = [
        FoundTheme(row.id, row.name, row.size, row.status)
        for row in rows
        if str(row.id) == number or _holds((row.name, *row.keywords), words)
    ]
    return tuple(sorted(found, key=lambda one: (str(one.theme_id) != number, -one.size, one.theme_id))[:limit])


def names_of(connection: Connection, theme_ids: Iterable[int]) -> dict[int, str]:
    """Read the names of some themes."""
    query = select(themes.c.id, themes.c.name).where(themes.c.id.in_(list(theme_ids)[:100]))
    return {row.id: row.name for row in connection.execute(query)}


def find_issues(connection: Connection, text: str, *, limit: int = SHOWN) -> tuple[StoredIssue, ...]:
    """Find known issues that are not closed whose title or Jira key holds each word of `text`; the newest change first."""
    words = text.casefold().split()
    found = [
        one
        for one in read_issues(connection)
        if one.state is not IssueState.CLOSED and _holds((str(one.issue_id), one.title, one.jira or ""), words)
    ]
    return tuple(sorted(found, key=lambda one: (-one.updated_at.timestamp(), one.issue_id))[:limit])


def _holds(texts: Iterable[str], words: list[str]) -> bool:
    joined = " ".join(texts).casefold()
    return all(word in joined for word in words)
