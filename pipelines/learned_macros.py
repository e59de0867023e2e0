"""Macros found in the stored tickets, so that those that arrive live are embedded without them as well."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import Connection, Engine

from models.formats import counted
from models.text.macros import MOST_TICKETS, Macro, MacroCounter
from store.database import reading
from store.macros import read_macros, read_newest_bodies, write_macros


def with_learned(connection: Connection, given: Iterable[str]) -> tuple[str, ...]:
    """Return the given macros and the learned ones, each once."""
    return tuple(dict.fromkeys((*given, *read_macros(connection))))


def learning_of_macros(learned: Sequence[Macro]) -> str:
    """Write how many macros were learned, and how they begin; "" for none."""
    if not learned:
        return ""
    first = ", ".join(f'"{one.beginning[:60]}" ({one.tickets:,} tickets)' for one in learned[:3])
    return f"{counted(len(learned), 'standard sentence')} of agents or forms will be left out of new tickets: {first}."


def learn_macros(engine: Engine, at: datetime) -> list[Macro]:
    """Find macros in the newest 100,000 tickets, keep them, and return those that were not known.

    `at` is when they are learned. They apply to tickets that arrive after the next start of the process that embeds.
    """
    counter = MacroCounter()
    with reading(engine) as connection:
        for body in read_newest_bodies(connection, MOST_TICKETS):
            counter.add(body)
    found = counter.macros()
    with engine.begin() as connection:
        return write_macros(connection, found, at)
