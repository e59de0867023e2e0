"""Rows of themes in tables of figures: their names as whoever looks may see them, and links to their pages."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sqlalchemy import Connection

from console.figures.table import FigureCell
from models.access import AccessScope
from store.scoped import scoped_names, themes_in_scope


def linked_themes(connection: Connection, scope: AccessScope, themes: Iterable[str]) -> set[str]:
    """Return the themes that have a page for whoever looks: those with a ticket that was in the scope when it was created."""
    listed = {theme for theme in themes if theme}
    if scope.is_everything:
        return listed
    return {str(theme) for theme in themes_in_scope(connection, scope, [int(theme) for theme in listed])}


def theme_cells(connection: Connection, scope: AccessScope, themes: Iterable[str]) -> Mapping[str, FigureCell]:
    """Return the heading of each theme's row by its number as text; "" stands for tickets without a theme."""
    listed = list(themes)
    numbers = [int(theme) for theme in listed if theme]
    names = scoped_names(connection, scope, numbers)
    linked = linked_themes(connection, scope, listed)
    return {
        theme: FigureCell(
            value=names.get(int(theme), f"theme {theme}"), href=f"/themes/{theme}" if theme in linked else ""
        )
        if theme
        else FigureCell(value="no theme")
        for theme in listed
    }
