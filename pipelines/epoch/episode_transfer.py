"""Heirs: episodes follow their tickets into the theme that these went to.

The first tickets of a new problem often go to a theme beside it, where they stand out; minutes later they are found to be a theme
of their own. The rise that was told is then that theme's, and not one of the theme that lent it a place. In the same way an
episode goes to the part of a theme that rises, once a theme that holds two problems is parted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable
from datetime import datetime, timedelta

import numpy as np
from sqlalchemy import Connection

from models.bucket import BUCKETS_PER_HOUR, bucket_of, start_of
from models.spikes import ALL_TICKETS, SeriesKey
from models.spikes.episodes.episode import MISSING
from pipelines.context import EpochWindow
from pipelines.state import MinerState
from store.alerts import give_alerts
from store.journal import CorrectionCells, read_corrections
from store.spikes import StoredSpike, write_spikes

MOST = 0.5
"""Share of an episode's tickets that must go to one theme for the episode to go with them."""
FOLLOWED = timedelta(days=7)
"""So long after its end an episode still follows its tickets: counts by the bucket are at hand for eight days."""

LOOKED_AT = BUCKETS_PER_HOUR // 4
"""Buckets after which it is asked again which part of a theme rises."""
ASKED = timedelta(hours=24)
"""So long after its start an episode's theme is parted: later its own tickets are most of the theme."""


def rising_themes(memory: MinerState, moment: EpochWindow) -> dict[int, datetime]:
    """Themes of open episodes and since when they rise, where it is time to ask which part of them does."""
    if moment.bucket % LOOKED_AT:
        return {}
    return {
        one.theme_id: one.start
        for _, one in sorted(memory.spikes.items())
        if one.end is None and one.kind != MISSING and one.theme_id != ALL_TICKETS and moment.end - one.start <= ASKED
    }


def follow_tickets(connection: Connection, memory: MinerState, moment: EpochWindow) -> None:
    """Give episodes to the themes that this epoch moved most of their tickets to, and write them down with their alerts."""
    given = []
    for epoch, cells in read_corrections(connection, after=moment.epoch - 1):
        if epoch == moment.epoch:
            given.append(cells)
    moved = transfer_episodes(memory, given, moment.end)
    write_spikes(connection, [memory.spikes[spike] for spike in moved])
    for spike, (theme, into) in moved.items():
        give_alerts(connection, spike, into)
        told = memory.past.get(theme, [])
        memory.past[theme] = [one for one in told if one.spike_id != spike]
        memory.past.setdefault(into, []).extend(one for one in told if one.spike_id == spike)


def transfer_episodes(
    memory: MinerState, corrected: Iterable[CorrectionCells], now: datetime
) -> dict[int, tuple[int, int]]:
    """Give episodes in memory to their heirs. Returns (theme before, theme now) by spike.

    `corrected` are the changes of counts that an epoch made in earlier buckets, each of shape (n, 4): theme, segment id, bucket,
    tickets. Where the heir has an open episode, that one goes on and the given one is over: a theme has one at a time. `lent` in an
    episode's state keeps where it opened and until when: the few tickets that stay there are no other rise.
    """
    changes = Counter[tuple[int, int, int]]()
    for cells in corrected:
        for theme, segment, bucket, n in cells.tolist():
            changes[theme, segment, bucket] += n
    losing = {theme for (theme, _, _), n in changes.items() if n < 0} - {ALL_TICKETS}
    moved = {}
    for key, spike in sorted(memory.spikes.items()) if losing else ():
        recent = spike.end is None or spike.end > now - FOLLOWED
        if spike.theme_id not in losing or spike.kind == MISSING or not recent:
            continue
        heir = _new_holder(memory, spike, changes, now)
        if heir is not None:
            moved[key] = spike.theme_id, heir
            memory.spikes[key] = _given(memory, spike, heir, now)
    return moved


def later_holders(
    themes: Collection[int], corrected: Iterable[CorrectionCells], segment: int, start: int, end: int
) -> set[int]:
    """Themes that later took tickets of the buckets [start, end) from some themes, and those that took them on from these.

    `corrected` are the changes of counts after that, the oldest first, each of shape (n, 4): theme, segment id, bucket, tickets;
    `segment` is the number of everything.
    """
    holding = set(themes)
    for cells in corrected:
        rows = np.asarray(cells)
        rows = rows[(rows[:, 1] == segment) & (rows[:, 2] >= start) & (rows[:, 2] < end)]
        left = rows[(rows[:, 3] < 0) & np.isin(rows[:, 0], sorted(holding))]
        gained = rows[(rows[:, 3] > 0) & np.isin(rows[:, 2], left[:, 2])]
        holding.update(gained[:, 0].tolist())
    return holding - set(themes) - {ALL_TICKETS}


def _new_holder(
    memory: MinerState, spike: StoredSpike, changes: Counter[tuple[int, int, int]], now: datetime
) -> int | None:
    """The theme that took most of an episode's tickets; None where there is none."""
    segment = memory.segments.get(spike.segment.key)
    start, end = bucket_of(spike.start), bucket_of(spike.end or now)
    gains = Counter[int]()
    for (theme, number, bucket), n in changes.items():
        if number == segment and start <= bucket < end:
            gains[theme] += n
    lost = -gains[spike.theme_id]
    # Of a theme that was given the episode before, most tickets may never have been the episode's.
    left = int(memory.counts.by_bucket(SeriesKey(spike.theme_id, spike.segment), start, end).sum())
    tickets = min(left + lost, spike.observed) if spike.observed else left + lost
    others = [(min(n, lost), theme) for theme, n in gains.items() if theme not in (spike.theme_id, ALL_TICKETS)]
    taken, heir = max(others, default=(0, 0))
    return None if taken <= 0 or taken < MOST * tickets else heir


def _given(memory: MinerState, spike: StoredSpike, heir: int, now: datetime) -> StoredSpike:
    lent = spike.state.get("lent") or [spike.theme_id, bucket_of(now)]
    given = spike.with_(theme_id=heir, state={**spike.state, "theme_ids": [heir], "lent": lent})
    open_ones = [one for one in memory.spikes.values() if one.end is None and one.kind != MISSING]
    going_on = next((one for one in open_ones if one.theme_id == heir), None)
    if spike.end is not None or going_on is None:
        return given
    end = start_of(max(bucket_of(now), bucket_of(spike.start) + 1))
    return given.with_(end=end, note=f"its tickets went to another theme, and it goes on as spike {going_on.spike_id}")
