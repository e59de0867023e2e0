"""The words of stored tickets, for grouping."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy import Connection

from models.arrays import Vectors
from models.text import ticket_text
from models.themes.grouping.lexical import lexical_vectors
from store.tickets import read_texts_of


def words_of(connection: Connection, ids: Sequence[str], macros: Collection[str], *, marked: bool = False) -> Vectors:
    """Return the words of redacted texts, without boilerplate: shape (n, any), zeros for a ticket whose text is gone.

    An epoch passes `marked` as true, so that its groups depend on the tombstones mined by then and not on those that were read
    ahead of it (see `store.tickets.read_texts_of`).
    """
    stored = read_texts_of(connection, ids, marked=marked)
    texts = {one.id: ticket_text(one.title, one.body, macros) for one in stored}
    return lexical_vectors([texts.get(ticket, "") for ticket in ids])
