"""Procedures as a person may see them: with the themes and known issues that they are for, named."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection

from models.access import AccessScope
from store.board.theme import theme_within
from store.board.theme_names import theme_names
from store.errors import ThemeUnknown
from store.known_issues import read_issues
from store.sops import SopUnknown, StoredSop, most_overdue_first, read_sop, read_sops


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcedureRow:
    """A procedure with the number and name of each theme and known issue that it is for and that the person may see."""

    stored: StoredSop
    overdue: bool
    themes: tuple[tuple[int, str], ...]
    issues: tuple[tuple[int, str], ...]

    def as_json(self, day: date) -> dict[str, object]:
        """Write it as `sops list --json` does, with what the person may see."""
        return {
            **self.stored.as_json(day), "themes": [one for one, _ in self.themes], "known_issues": [one for one, _ in self.issues],
        }  # fmt: skip


def procedure_rows(connection: Connection, scope: AccessScope, day: date) -> list[ProcedureRow]:
    """Read the procedures that a person may see, what is overdue for review on a day first."""
    found = most_overdue_first(read_sops(connection), day)
    rows = (_row(connection, one, scope, day) for one in found)
    return [one for one in rows if one is not None]


def procedure_row(connection: Connection, slug: str, scope: AccessScope, day: date) -> ProcedureRow:
    """Read one procedure as a person may see it. Raises `SopUnknown`, also for one that is for other themes alone."""
    row = _row(connection, read_sop(connection, slug), scope, day)
    if row is None:
        raise SopUnknown(slug)
    return row


def _row(connection: Connection, one: StoredSop, scope: AccessScope, day: date) -> ProcedureRow | None:
    """Name what a procedure is for. None for a limited scope without a ticket of its themes; one that is for nothing is for all."""
    overdue = one.newest.procedure.overdue(day)
    if scope.is_everything:
        names = theme_names(connection, one.themes)
        titles = {issue.issue_id: issue.title for issue in read_issues(connection)} if one.known_issues else {}
        return ProcedureRow(
            stored=one,
            overdue=overdue,
            themes=tuple((names.theme(theme), names.name(theme)) for theme in one.themes),
            issues=tuple((issue, titles.get(issue, "")) for issue in one.known_issues),
        )
    themes = tuple(found for theme in one.themes if (found := _within(connection, theme, scope)) is not None)
    if not themes and (one.themes or one.known_issues):
        return None
    return ProcedureRow(stored=one, overdue=overdue, themes=themes, issues=())


def _within(connection: Connection, theme_id: int, scope: AccessScope) -> tuple[int, str] | None:
    try:
        theme = theme_within(connection, theme_id, scope)
    except ThemeUnknown:
        return None
    return theme.theme_id, theme.name
