"""Families of themes in the miner's state: groups of similar themes, within which evidence of small ones is pooled."""

from __future__ import annotations

import numpy as np

from models.theme import ThemeState
from models.themes.layout.arrange import directions_of
from models.themes.layout.families import NO_FAMILY, find_families
from pipelines.context import EpochContext
from store.theme_centres import read_centres

MOST_THEMES = 2_000
"""Themes that are grouped, the largest: more would take longer than an epoch may. The others are judged alone."""


def group_families(context: EpochContext) -> None:
    """Group the live themes into families, as the map does, from the newest tickets of each; those of the day before are kept alike.

    Called at the end of a day of event time: it reads nothing but the stored tickets and the families of the day before, so that
    a miner that was restored continues with the same ones.
    """
    state = context.state
    live = [
        record for record in state.themes.live() if record.state is ThemeState.LIVE and record.first_seen is not None
    ]
    largest = sorted(live, key=lambda record: (-record.size, record.theme_id))[:MOST_THEMES]
    centres = read_centres(context.connection, state.model, [record.theme_id for record in largest])
    ids = [record.theme_id for record in largest if record.theme_id in centres]
    if not ids:
        state.families = ()
        return
    before = {theme: number for number, family in enumerate(state.families) for theme in family}
    former = np.array([before.get(theme, NO_FAMILY) for theme in ids], np.int64)
    labels = find_families(directions_of(np.stack([centres[theme] for theme in ids])), former)
    members: dict[int, list[int]] = {}
    for theme, label in zip(ids, labels.tolist(), strict=True):
        if label != NO_FAMILY:
            members.setdefault(label, []).append(theme)
    state.families = tuple(sorted(tuple(sorted(family)) for family in members.values()))
