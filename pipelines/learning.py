"""What people said about single tickets, for a label map to learn from, and how much it learns from it."""

from __future__ import annotations

import numpy as np
from sqlalchemy import Connection, Engine

from models.access import Permission, Person
from models.themes.rebuild.label_map import learn_map
from models.themes.rebuild.learning_curve import CurvePoint, learning_curve
from pipelines.decisions.labels import read_labels
from pipelines.labelling.said import settled_themes
from store.database import reading
from store.epochs import read_miner
from store.tickets import read_vectors

LEARNER = Person(name="label map", permissions=frozenset({Permission.ADJUDICATE}))
"""Who reads labels here: it sees settled ones of all tickets, and shows them to nobody."""


def known_themes(connection: Connection) -> dict[str, int]:
    """Read the theme of each ticket that people labelled or decided about.

    Settled labels of queues, and decisions (`pipelines/decisions/labels.py`), which win: they say which theme a ticket is to be in.
    A label that it fits no theme says nothing about similarity.
    """
    labelled = {ticket: theme for ticket, theme in settled_themes(connection, LEARNER).items() if theme is not None}
    return {**labelled, **read_labels(connection)}


def curve_of_labels(engine: Engine) -> tuple[CurvePoint, ...]:
    """Estimate how well texts of one theme are found, by the number of labels; empty before there are enough labels."""
    with reading(engine) as connection:
        model = read_miner(connection).state.get("model")
        known = known_themes(connection) if model else {}
        found = read_vectors(connection, sorted(known), str(model))
    if not found:
        return ()
    vectors = np.stack(list(found.values())).astype(np.float32)
    return learning_curve(vectors, np.array([known[ticket] for ticket in found], np.int64), learn_map)
