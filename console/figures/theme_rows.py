"""Rows of themes in tables of figures: their names as whoever looks may see them, and links to their pages."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sqlalchemy import Connection

from console.figures.table import FigureCell
from models.access import AccessScope
from store.scoped import scoped_names


def theme_cells(connection: Connection, scope: AccessScope, themes: Iterable[str]) -> Mapping[str, FigureCell]:
    """Return the heading of each theme's row by its number as text; "" stands for tickets without a theme."""
    listed = list(themes)
    names = scoped_names(connection, scope, [int(theme) for theme in listed if theme])
    return {
        theme: FigureCell(value=names.get(int(theme), f"theme {theme}"), href=f"/themes/{theme}")
        if theme
        else FigureCell(value="no theme")
        for theme in listed
    }
