"""Restoring what the miner knew at a past epoch: counts, episodes, flags and plans as they were then.

The journal gives all of it exactly from the first epoch that it covers. Of an epoch before that the counts are those that are
stored now, the plans and flags are today's, and the episodes follow from the times in their rows; `RestoredEpoch.exact` says which.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
from sqlalchemy import Connection

from models.arrays import Ints
from models.bucket import BUCKET_SECONDS, BUCKETS_PER_HOUR, bucket_of, start_of
from models.epochs import epoch_end, epoch_of, last_before, last_ended
from models.segment import Segment
from models.spikes import Detector, SeriesCounts, SpikeSettings
from models.theme import ThemeState
from models.themes import LanguageIndexes
from models.times import parse_rfc3339
from pipelines.context import EpochWindow, window_of
from pipelines.epoch.episode_transfer import transfer_episodes
from pipelines.settings import MiningSettings
from pipelines.state import MinerState
from pipelines.state.counts import CountState
from pipelines.state.episodes import Episodes
from pipelines.state.themes import ThemeRecord, ThemeRecords
from store.counts import read_cell_array, read_segments
from store.epochs import MinerRow, read_miner
from store.errors import StoreError
from store.journal import read_corrections, read_courses, read_frame, read_frames, read_openings, summed
from store.plans import read_launches
from store.spikes import SpikeState, gate_of, read_spikes
from store.themes import read_fates, read_themes


class NothingMined(StoreError):
    """The database holds no mined epoch."""

    def __init__(self) -> None:
        super().__init__("nothing was mined in this database yet; `groundswell ingest FILE` mines tickets")


class BeyondRecord(StoreError):
    """A time before the first mined epoch, or after the last."""

    def __init__(self, asked: datetime, first: datetime, last: datetime) -> None:
        self.asked = asked
        super().__init__(
            f"received the time {_stamp(asked)}, but what was mined reaches from {_stamp(first)} to {_stamp(last)}; "
            "give a time between them"
        )


@dataclass(frozen=True, slots=True)
class RestoredEpoch:
    """A past epoch as it was judged: what the miner knew, and the epoch; `exact` where the journal covers it."""

    state: MinerState
    window: EpochWindow
    exact: bool


def opening_epochs(connection: Connection, lateness: timedelta) -> dict[int, int]:
    """Return the epoch at which each episode opened, by spike.

    The journal says it, or the time at which the spike was detected where it opened before there was a journal; that time becomes
    later when a gate opens later, so that the earlier of both is the better one.
    """
    seconds = _seconds(read_miner(connection))
    recorded = read_openings(connection)
    found = {}
    for one in read_spikes(connection):
        detected = last_ended(one.detected_at - lateness, seconds)
        found[one.spike_id] = min(detected, recorded.get(one.spike_id, detected))
    return found


def epochs_between(connection: Connection, start: datetime | None, end: datetime | None) -> tuple[int, int]:
    """Return the first and the last mined epoch of a range of time; an open end means the end of the record.

    Raises `NothingMined`, and `BeyondRecord` where nothing of the range was mined.
    """
    row = read_miner(connection)
    if row.next_epoch is None or row.first_epoch is None:
        raise NothingMined
    seconds = _seconds(row)
    first, last = row.first_epoch, row.next_epoch - 1
    asked_first = first if start is None else max(first, epoch_of(start, seconds))
    asked_last = last if end is None else min(last, last_before(end, seconds))
    if asked_first > asked_last:
        beyond = start if start is not None and asked_first > last else end or start
        raise BeyondRecord(beyond or epoch_end(last, seconds), epoch_end(first, seconds), epoch_end(last, seconds))
    return asked_first, asked_last


def epoch_at(connection: Connection, time: datetime) -> int:
    """Return the last epoch that had ended at a time. Raises `NothingMined` and `BeyondRecord`."""
    row = read_miner(connection)
    if row.next_epoch is None or row.first_epoch is None:
        raise NothingMined
    seconds = _seconds(row)
    epoch = last_ended(time, seconds)
    if not row.first_epoch <= epoch < row.next_epoch:
        raise BeyondRecord(time, epoch_end(row.first_epoch, seconds), epoch_end(row.next_epoch - 1, seconds))
    return epoch


def recall(connection: Connection, settings: MiningSettings, epoch: int) -> RestoredEpoch:
    """Restore what was known when an epoch was judged: after its events were counted, before its episodes were decided."""
    row = read_miner(connection)
    seconds = float(row.state.get("epoch_seconds", settings.epoch.total_seconds()))
    launches = read_launches(connection, known_by=epoch_end(epoch, seconds))
    window = window_of(epoch, seconds, settings.lateness, launches, row.state.get("model", ""))
    # Episodes from before the journal are in it from the end of its first epoch on.
    frame = read_frame(connection, epoch if epoch == row.first_epoch else epoch - 1) and read_frame(connection, epoch)
    state = _blank(connection, settings, frame, row.first_epoch, seconds)
    fill(connection, state, window, FirstTickets(state))
    set_frame(state, frame if frame is not None else _todays_frame(connection, row.state, window))
    if frame is None:
        state.episodes = _episodes_by_time(connection, window, settings)
    else:
        state.episodes = _episodes_before(connection, epoch, bucket_of(window.start))
        _follow_fates(connection, state, window)
    return RestoredEpoch(state, window, frame is not None)


def _blank(
    connection: Connection,
    settings: MiningSettings,
    frame: Mapping[str, Any] | None,
    first_epoch: int | None,
    seconds: float,
) -> MinerState:
    """Make a state that knows the themes and segments, and no ticket of them yet; its detector has the settings of then."""
    spikes = settings.spikes if frame is None else SpikeSettings.model_validate(frame["settings"])
    known = (
        replace(
            ThemeRecord.of_row(row),
            first_seen=None,
            known_issue=None,
            disposition=None,
            merged_into=None,
            state=ThemeState.LIVE,
        )
        for row in read_themes(connection).values()
    )
    series = SeriesCounts(recent_buckets=spikes.recent_buckets, history_hours=spikes.history_hours)
    return MinerState(
        index=LanguageIndexes(settings.themes),
        detector=Detector(spikes),
        themes=ThemeRecords(known),
        counts=CountState(series, read_segments(connection)),
        first_epoch=first_epoch,
        record_start=None if first_epoch is None else epoch_end(first_epoch - 1, seconds),
        epoch_seconds=seconds,
    )


def set_frame(state: MinerState, frame: Mapping[str, Any]) -> None:
    """Set flags, plans and families to what a frame of the journal holds."""
    for record in state.themes:
        flag = frame["flags"].get(str(record.theme_id))
        record.known_issue = None if flag is None else {"title": "", **flag}
        record.disposition = frame.get("dispositions", {}).get(str(record.theme_id))
    state.plans.set(frame["planned"], frame.get("near", {}))
    state.families = tuple(tuple(one) for one in frame.get("families", ()))


class FirstTickets:
    """Sets the time of each theme's first ticket, while tickets are counted and taken back."""

    def __init__(self, state: MinerState) -> None:
        self._themes = state.themes
        self._totals: defaultdict[int, dict[int, int]] = defaultdict(dict)
        self._changed: set[int] = set()

    def count(self, theme: int, bucket: int, n: int) -> None:
        """Count tickets of a theme."""
        totals = self._totals[theme]
        totals[bucket] = totals.get(bucket, 0) + n
        self._changed.add(theme)

    def settle(self) -> None:
        """Set the first ticket's time of all themes that were counted in since."""
        for theme in self._changed:
            if theme not in self._themes:
                continue
            totals = self._totals[theme] = {bucket: n for bucket, n in self._totals[theme].items() if n}
            first = min((bucket for bucket, n in totals.items() if n > 0), default=None)
            self._themes[theme].first_seen = None if first is None else start_of(first)
        self._changed.clear()


def fill(connection: Connection, state: MinerState, window: EpochWindow, first: FirstTickets) -> None:
    """Count what was counted when the epoch was judged, and set the time of each theme's first ticket."""
    before = window.bucket
    known_from = (before // BUCKETS_PER_HOUR - state.detector.settings.history_hours) * BUCKETS_PER_HOUR
    undone = summed(cells for _, cells in read_corrections(connection, after=window.number))
    everything = state.counts.everything
    # Of the buckets before those that detection reads, only the first ticket of each theme matters.
    older = read_cell_array(connection, end=known_from, segment_id=everything)
    stored = np.concatenate([older, read_cell_array(connection, known_from, before)])
    cells = _as_then(stored, undone, before)
    for theme, _, bucket, n in cells[cells[:, 1] == everything].tolist():
        first.count(theme, bucket, n)
    state.counts.restore(cells[cells[:, 2] >= known_from])
    first.settle()


def _as_then(cells: Ints, undone: dict[tuple[int, int, int], int], before: int) -> Ints:
    """Return cells less what is `undone`, and after them what is undone of cells that are not there any more, in buckets before one.

    Cells have shape (n, 4): theme, segment, bucket, tickets.
    """
    if not undone:
        return cells
    for row in np.flatnonzero(np.isin(cells[:, 2], sorted({bucket for _, _, bucket in undone}))).tolist():
        theme, segment, bucket, _ = cells[row].tolist()
        cells[row, 3] -= undone.pop((theme, segment, bucket), 0)
    gone = [(*cell, -n) for cell, n in sorted(undone.items()) if cell[2] < before]
    return np.concatenate([cells, np.array(gone, np.int64).reshape(-1, 4)])


def _follow_fates(connection: Connection, state: MinerState, window: EpochWindow) -> None:
    """Apply to the episodes what became of themes in the epoch itself, before it was judged."""
    for fate in read_fates(connection, window.number):
        if fate.kind == "merge":
            state.episodes.give(fate.theme_id, fate.other_id, window.end)
    corrected = read_corrections(connection, after=window.number - 1)
    transfer_episodes(state, [cells for epoch, cells in corrected if epoch == window.number], window.end)
    for key, row in read_courses(connection, window.number + 1).items():
        if row.epoch == window.number:
            state.episodes.reassign([key], row.theme_id)


def _episodes_before(connection: Connection, epoch: int, end: int) -> Episodes:
    """Return the episodes before an epoch, which begins with the bucket `end`, as the journal holds them."""
    stored = {one.spike_id: one for one in read_spikes(connection)}
    return Episodes(
        stored[key].with_(
            theme_id=row.theme_id, segment=Segment.of(row.segment), end=row.end, observed=row.observed,
            expected=row.expected, severity=row.severity, gate=gate_of(row.gate), state=_state_before(stored[key].state, end),
        )
        for key, row in read_courses(connection, epoch).items()
    )  # fmt: skip


def _state_before(state: SpikeState, end: int) -> SpikeState:
    """Return the state of a spike without a transfer that happened later than the bucket `end`."""
    transfer = state.transferred_from
    return state.with_(transferred_from=None) if transfer is not None and transfer.until > end else state


def _episodes_by_time(connection: Connection, window: EpochWindow, settings: MiningSettings) -> Episodes:
    """Return the episodes that were open or over before an epoch, by the times in their rows, where no journal has them."""
    opened = opening_epochs(connection, settings.lateness)
    return Episodes(
        one if one.end is not None and one.end <= window.end else one.with_(end=None)
        for one in read_spikes(connection)
        if opened[one.spike_id] < window.number
    )


def _todays_frame(connection: Connection, state: Mapping[str, Any], window: EpochWindow) -> dict[str, Any]:
    """Return the frame of an epoch before the journal: today's flags, and the oldest plans on record."""
    later = read_frames(connection)
    planned = state.get("planned", {}) if not later else later[0][1]["planned"]
    flags = {
        str(key): {"since": row.known_issue["since"], "usual_per_day": row.known_issue.get("usual_per_day")}
        for key, row in read_themes(connection).items()
        if row.known_issue and row.known_issue.get("since") and parse_rfc3339(row.known_issue["since"]) < window.end
    }
    return {"flags": flags, "planned": planned}


def _seconds(row: MinerRow) -> float:
    """Length of the epochs of a database."""
    return float(row.state.get("epoch_seconds", BUCKET_SECONDS))


def _stamp(time: datetime) -> str:
    return f"{time.astimezone(UTC):%Y-%m-%dT%H:%MZ}"
