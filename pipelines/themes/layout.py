"""Keeping the map of themes: arranged anew once a day of event time, and what is new placed among the others every hour.

Mining does not read it: it is made after an epoch's transaction, in one of its own, and a process that dies before has only an older
map.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Engine

from models.themes.layout.arrange import ArrangedTheme, ThemePlace, add_themes, arrange
from store.database import reading
from store.erasure.lock import share_with_erasures
from store.theme_centres import read_centres
from store.theme_layout import (
    LiveTheme,
    forget_family_names,
    laid_out_at,
    read_layout,
    read_live_themes,
    write_layout,
)

DAY, HOUR = timedelta(days=1), timedelta(hours=1)

NEW_SHARE = 0.1
"""Share of the live themes without a position from which on all are arranged anew: after a rebuild, and while there are few."""


class LayoutKeeper:
    """Keeps the stored layout up to date for the process that mines.

    Parameters
    ----------
    engine: the database.
    model: name of the embedding model whose vectors are compared.
    """

    def __init__(self, engine: Engine, model: str) -> None:
        self._engine = engine
        self._model = model
        self._looked: datetime | None = None
        self._arranged: datetime | None = None
        self._centres: dict[int, NDArray[np.float32]] = {}

    def follow(self, end: datetime) -> None:
        """Take note that an epoch which ends at `end` is mined: where an hour of event time has passed, look at the map."""
        if self._looked is None or _periods(end, HOUR) > _periods(self._looked, HOUR):
            self.settle(end)

    def settle(self, end: datetime) -> None:
        """Bring the map up to date as of `end`; cheap where nothing is new and no day has passed.

        What is remembered of it is what was written: after a failure the next epoch looks again.
        """
        self._settle(end)
        self._looked = end

    def _settle(self, end: datetime) -> None:
        with reading(self._engine) as connection:
            live = read_live_themes(connection)
            before = {
                theme: ThemePlace(one.x, one.y, one.family_id, one.family_name)
                for theme, one in read_layout(connection).items()
            }
            self._arranged = self._arranged or laid_out_at(connection)
            new = live.keys() - before.keys()
            due = self._arranged is None or _periods(end, DAY) > _periods(self._arranged, DAY)
            if not live or not (due or new):
                return
            whole = due or len(new) >= NEW_SHARE * len(live) or not self._centres
            centres = read_centres(connection, self._model, live if whole else new)
        if whole:
            found = arrange(
                [ArrangedTheme(theme, live[theme].size, centres[theme], live[theme].words) for theme in centres], before
            )
            # Retention removed the vectors of these: they stay where they were.
            found |= {theme: before[theme] for theme in live.keys() - centres.keys() if theme in before}
        else:
            found = add_themes(centres, self._centres, before)
        self._write(found, live, end, whole=whole)
        if whole:
            self._arranged, self._centres = end, centres
        else:
            self._centres |= centres

    def _write(
        self, found: Mapping[int, ThemePlace], live: Mapping[int, LiveTheme], end: datetime, *, whole: bool
    ) -> None:
        with self._engine.begin() as connection:
            share_with_erasures(connection)
            write_layout(connection, found, end, whole=whole)
            now = read_live_themes(connection)
            # An erasure took a word away meanwhile: a family's name must not keep it.
            forget_family_names(
                connection, [theme for theme in found if theme in now and now[theme].words != live[theme].words]
            )


def _periods(time: datetime, period: timedelta) -> int:
    """Count the whole periods since 1970."""
    return int(time.timestamp() // period.total_seconds())
