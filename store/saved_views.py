"""Views of the board that people saved: each is the query of an address under a name."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, func, select

from store.audit import record
from store.errors import StoreError
from store.schema import saved_views
from store.types import LARGEST_ID
from store.upsert import upsert

MOST_VIEWS = 50
"""Views that one person may save."""

LONGEST_NAME = 100


class SavedViewUnknown(StoreError):
    """The person saved no view of this number."""

    def __init__(self, view_id: int) -> None:
        self.view_id = view_id
        super().__init__(f"received the saved view {view_id}, which you do not have; the board lists yours")


class TooManyViews(StoreError):
    """The person saved as many views as there may be."""

    def __init__(self) -> None:
        super().__init__(f"received one more view where {MOST_VIEWS} are saved; delete one first")


@dataclass(frozen=True, slots=True)
class SavedView:
    """A view of the board; `query` is what stands after the `?` of its address."""

    view_id: int
    name: str
    query: str


def saved_views_of(connection: Connection, person: str) -> list[SavedView]:
    """Read the views that a person saved, by name."""
    query = select(saved_views).where(saved_views.c.person == person)
    found = [SavedView(row.id, row.name, row.query) for row in connection.execute(query)]
    return sorted(found, key=lambda one: (one.name.casefold(), one.view_id))


def save_view(connection: Connection, *, person: str, name: str, query: str, at: datetime) -> SavedView:
    """Save a view, or replace the person's view of the same name; `name` and `query` are redacted, `at` is the wall clock.

    Raises `TooManyViews`.
    """
    own = saved_views.c.person == person
    known = connection.execute(select(saved_views.c.id).where(own, saved_views.c.name == name)).scalar()
    count = connection.execute(select(func.count()).select_from(saved_views).where(own)).scalar_one()
    if known is None and count >= MOST_VIEWS:
        raise TooManyViews
    row = {"person": person, "name": name, "query": query, "saved_at": at}
    upsert(connection, saved_views, [row], ["person", "name"])
    saved = connection.execute(select(saved_views.c.id).where(own, saved_views.c.name == name)).scalar_one()
    record(connection, at=at, actor=person, action="view saved", subject=f"view {saved}", detail={"name": name})
    return SavedView(saved, name, query)


def delete_view(connection: Connection, view_id: int, *, person: str, at: datetime) -> None:
    """Delete a view of a person. Raises `SavedViewUnknown`, also for a view of somebody else."""
    own = (saved_views.c.id == view_id) & (saved_views.c.person == person)
    if abs(view_id) > LARGEST_ID or connection.execute(delete(saved_views).where(own)).rowcount == 0:
        raise SavedViewUnknown(view_id)
    record(connection, at=at, actor=person, action="view deleted", subject=f"view {view_id}")
