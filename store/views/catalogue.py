"""All views for analysts: what they are, and how they are made and removed when the tables change."""

from __future__ import annotations

from functools import cache

from sqlalchemy import Connection, inspect
from sqlalchemy.exc import DBAPIError

from store.errors import ViewsInUse
from store.views.daily import V_HANDLING, V_THEME_DAILY
from store.views.labels import V_LABEL
from store.views.signals import V_INCIDENT, V_SPIKE, V_THEME
from store.views.tickets import V_RESOLUTION, V_SLA, V_TICKET
from store.views.view import SqlView, view_sql

VIEWS: tuple[SqlView, ...] = (
    V_TICKET, V_THEME_DAILY, V_SLA, V_HANDLING, V_RESOLUTION, V_SPIKE, V_INCIDENT, V_THEME, V_LABEL,
)  # fmt: skip

RETIRED: tuple[str, ...] = ()
"""Names of views that an earlier version made and this one does not: they are removed with the others."""

_DEPENDENT_OBJECTS = "2BP01"


def drop_views(connection: Connection) -> None:
    """Remove the views. SQLite changes no table that a view refers to, and PostgreSQL drops no column of one.

    Raises `ViewsInUse` where a view that is not ours refers to one of them.
    """
    existing = set(inspect(connection).get_view_names())
    for name in (*(one.name for one in VIEWS), *RETIRED):
        if name in existing:
            try:
                connection.exec_driver_sql(f"DROP VIEW {name}")
            except DBAPIError as error:
                if getattr(error.orig, "sqlstate", None) == _DEPENDENT_OBJECTS:
                    raise ViewsInUse(name) from error
                raise


def create_views(connection: Connection) -> None:
    """Make the views that are not there yet; on PostgreSQL with the meaning of each column as its comment."""
    existing = set(inspect(connection).get_view_names())
    for view in VIEWS:
        if view.name not in existing:
            for statement in _statements(view.name, connection.dialect.name):
                connection.exec_driver_sql(statement)


@cache
def _statements(name: str, dialect: str) -> tuple[str, ...]:
    view = next(one for one in VIEWS if one.name == name)
    made = f"CREATE VIEW {name} AS {view_sql(view, dialect)}"
    if dialect == "sqlite":
        return (made,)
    comments = (f"COMMENT ON COLUMN {name}.{one.name} IS {_quoted(one.meaning)}" for one in view.columns)
    return (made, f"COMMENT ON VIEW {name} IS {_quoted(view.meaning)}", *comments)


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
