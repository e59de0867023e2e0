"""Episode transfer: an episode follows its tickets into the theme that they went to.

The first tickets of a new problem often join a similar theme, in which they are a rise; minutes later they are found to be a theme
of their own. The episode then belongs to that theme, and no longer to the one in which it opened. In the same way an episode goes to
the rising half of a theme that holds two problems, once that theme is split.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable
from datetime import datetime, timedelta

import numpy as np

from models.bucket import BUCKETS_PER_HOUR, bucket_of
from models.spikes import SeriesKey
from models.theme import ALL_TICKETS
from pipelines.context import EpochContext, EpochWindow
from pipelines.state import MinerState
from pipelines.state.episodes import end_at
from pipelines.state.retention import TRANSFERRED_FOR
from store.alerts import give_alerts
from store.journal import CorrectionCells, read_corrections
from store.spikes import StoredSpike, Transfer, write_spikes

MOST = 0.5
"""Share of an episode's tickets that must go to one theme for the episode to be transferred to it."""

CHECKED_EVERY = BUCKETS_PER_HOUR // 4
"""Buckets between two checks of which half of a theme rises."""
CHECKED_FOR = timedelta(hours=24)
"""A theme is split for this long after its episode began: later the episode's tickets are most of the theme."""


def rising_themes(state: MinerState, window: EpochWindow) -> dict[int, datetime]:
    """Return the themes of open episodes and since when they rise, where it is time to check which half of them does."""
    if window.bucket % CHECKED_EVERY:
        return {}
    return {
        one.theme_id: one.start
        for one in state.episodes.by_id()
        if one.end is None and not one.missing and one.theme_id != ALL_TICKETS and window.end - one.start <= CHECKED_FOR
    }


def follow_tickets(context: EpochContext, *, corrected: bool = True) -> None:
    """Transfer episodes to the themes that this epoch moved most of their tickets to, and write them with their alerts.

    corrected: whether the epoch may have changed counts of other epochs; what decisions changed before is in the context's news.
    """
    if not corrected and not context.news.corrections:
        return
    connection, state, window = context.connection, context.state, context.window
    moved = [cells for epoch, cells in read_corrections(connection, after=window.number - 1) if epoch == window.number]
    transferred = transfer_episodes(state, moved, window.end)
    write_spikes(connection, [state.episodes[spike] for spike in transferred])
    for spike, (_, into) in transferred.items():
        give_alerts(connection, spike, into)


def transfer_episodes(
    state: MinerState, corrected: Iterable[CorrectionCells], now: datetime
) -> dict[int, tuple[int, int]]:
    """Transfer episodes in the state to the themes that took most of their tickets. Returns (theme before, theme now) by spike.

    `corrected` are the changes of counts that an epoch made in earlier buckets, each of shape (n, 4): theme, segment id, bucket,
    tickets. Where the new theme has an open episode, that one continues and the transferred one ends: a theme has one at a time.
    """
    found = list(corrected)
    # Most epochs move no ticket of a theme that has an episode: what was moved is added up only where one has.
    lost = set().union(*(cells[cells[:, 3] < 0, 0].tolist() for cells in found)) - {ALL_TICKETS}
    episodes = [
        one
        for one in (state.episodes.by_id() if lost else ())
        if one.theme_id in lost and not one.missing and (one.end is None or one.end > now - TRANSFERRED_FOR)
    ]
    if not episodes:
        return {}
    changes = Counter[tuple[int, int, int]]()
    for cells in found:
        for theme, segment, bucket, n in cells.tolist():
            changes[theme, segment, bucket] += n
    losing = {theme for (theme, _, _), n in changes.items() if n < 0} - {ALL_TICKETS}
    moved = {}
    for spike in episodes:
        if spike.theme_id not in losing:
            continue
        holder = _new_holder(state, spike, changes, now)
        if holder is not None:
            moved[spike.spike_id] = spike.theme_id, holder
            state.episodes.put(_transferred(state, spike, holder, now))
    return moved


def later_holders(
    themes: Collection[int], corrected: Iterable[CorrectionCells], segment: int, start: int, end: int
) -> set[int]:
    """Return the themes that later took tickets of the buckets [start, end) from some themes, directly or through others.

    `corrected` are the changes of counts after that, the oldest first, each of shape (n, 4): theme, segment id, bucket, tickets;
    `segment` is the number of the segment that holds every ticket.
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
    state: MinerState, spike: StoredSpike, changes: Counter[tuple[int, int, int]], now: datetime
) -> int | None:
    """Return the theme that took most of an episode's tickets; None where there is none."""
    segment = state.counts.number_of(spike.segment)
    start, end = bucket_of(spike.start), bucket_of(spike.end or now)
    gains = Counter[int]()
    for (theme, number, bucket), n in changes.items():
        if number == segment and start <= bucket < end:
            gains[theme] += n
    lost = -gains[spike.theme_id]
    # After an earlier transfer the theme may hold many tickets that were never the episode's.
    left = int(state.counts.by_bucket(SeriesKey(spike.theme_id, spike.segment), start, end).sum())
    tickets = min(left + lost, spike.observed) if spike.observed else left + lost
    others = [(min(n, lost), theme) for theme, n in gains.items() if theme not in (spike.theme_id, ALL_TICKETS)]
    taken, holder = max(others, default=(0, 0))
    return None if taken <= 0 or taken < MOST * tickets else holder


def _transferred(state: MinerState, spike: StoredSpike, holder: int, now: datetime) -> StoredSpike:
    origin = spike.state.transferred_from or Transfer(spike.theme_id, bucket_of(now))
    moved = spike.with_(theme_id=holder, state=spike.state.with_(theme_ids=(holder,), transferred_from=origin))
    continues = state.episodes.open_rise(holder)
    if spike.end is not None or continues is None:
        return moved
    note = f"its tickets went to another theme, and it goes on as spike {continues.spike_id}"
    return moved.with_(end=end_at(spike, now), note=note)
