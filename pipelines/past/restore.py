"""Restoring what the miner knew at a past epoch: counts, episodes, flags and plans as they were then.

The journal gives all of it exactly from the first epoch that it covers. Of an epoch before that the counts are those that are
stored now, the plans and flags today's, and the episodes are placed by the times in their rows; `Past.exact` says which it is.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import chain
from typing import Any

from sqlalchemy import Connection

from models.bucket import BUCKET_SECONDS, BUCKETS_PER_HOUR, bucket_of, start_of
from models.launch import Launch
from models.segment import EVERYTHING, Segment
from models.spikes import Detector, SeriesCounts, SeriesKey, SpikeSettings
from models.themes import ThemeIndex
from pipelines.context import EpochWindow
from pipelines.epoch.episode_transfer import transfer_episodes
from pipelines.settings import MiningSettings
from pipelines.state import COUNTERS, MinerState, near_of_json, record_of
from pipelines.themes.changes import given_spikes
from store.counts import read_cells, read_segments
from store.epochs import read_miner
from store.errors import StoreError
from store.journal import first_told, read_corrections, read_courses, read_frame, read_frames, summed
from store.plans import read_launches
from store.spikes import StoredSpike, read_spikes
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
    """A past epoch as it was judged: `memory` holds what was known, `moment` the epoch; `exact` where the journal covers it."""

    memory: MinerState
    moment: EpochWindow
    exact: bool


def opening_epochs(connection: Connection, lateness: timedelta) -> dict[int, int]:
    """The epoch at which each episode opened, by spike.

    The journal says it, or the time at which it was detected where it opened before there was one; that time moves on when a
    gate lets the alert pass later, so that the earlier of both is the better one.
    """
    seconds = float(read_miner(connection).state.get("epoch_seconds", BUCKET_SECONDS))
    told = first_told(connection)
    found = {}
    for one in read_spikes(connection):
        detected = int((one.detected_at - lateness).timestamp() // seconds) - 1
        found[one.spike_id] = min(detected, told.get(one.spike_id, detected))
    return found


def epochs_between(connection: Connection, start: datetime | None, end: datetime | None) -> tuple[int, int]:
    """The first and the last mined epoch of a stretch of time, open ends meaning all of the record.

    Raises `NothingMined`, and `BeyondRecord` where nothing of it was mined.
    """
    row = read_miner(connection)
    if row.next_epoch is None or row.first_epoch is None:
        raise NothingMined
    seconds = float(row.state.get("epoch_seconds", BUCKET_SECONDS))
    first, last = row.first_epoch, row.next_epoch - 1
    asked_first = first if start is None else max(first, int(start.timestamp() // seconds))
    asked_last = last if end is None else min(last, int(-(-end.timestamp() // seconds)) - 1)
    if asked_first > asked_last:
        beyond = start if start is not None and asked_first > last else end or start
        raise BeyondRecord(beyond or _end(last, seconds), _end(first, seconds), _end(last, seconds))
    return asked_first, asked_last


def epoch_at(connection: Connection, time: datetime) -> int:
    """The last epoch that had ended at a time. Raises `NothingMined` and `BeyondRecord`."""
    row = read_miner(connection)
    if row.next_epoch is None or row.first_epoch is None:
        raise NothingMined
    seconds = float(row.state.get("epoch_seconds", BUCKET_SECONDS))
    epoch = int(time.timestamp() // seconds) - 1
    if not row.first_epoch <= epoch < row.next_epoch:
        raise BeyondRecord(time, _end(row.first_epoch, seconds), _end(row.next_epoch - 1, seconds))
    return epoch


def recall(connection: Connection, settings: MiningSettings, epoch: int) -> RestoredEpoch:
    """Restore what was known when an epoch was judged: after its events were counted, before its episodes were decided."""
    row = read_miner(connection)
    seconds = float(row.state.get("epoch_seconds", settings.epoch.total_seconds()))
    moment = moment_of(connection, settings, epoch, seconds, row.state.get("model", ""))
    # Episodes from before the journal are in it from the end of its first epoch on.
    frame = read_frame(connection, epoch if epoch == row.first_epoch else epoch - 1) and read_frame(connection, epoch)
    judged = settings.spikes if frame is None else SpikeSettings.model_validate(frame["settings"])
    memory = blank(connection, judged, seconds, row.first_epoch, settings)
    fill(connection, memory, moment, FirstTickets(memory))
    stand_by(memory, frame if frame is not None else _todays_frame(connection, row.state, moment))
    if frame is None:
        memory.spikes = _episodes(connection, moment, settings)
    else:
        memory.spikes = _course(connection, epoch, bucket_of(moment.end - moment.length))
        _follow_fates(connection, memory, moment)
    return RestoredEpoch(memory, moment, frame is not None)


def moment_of(
    connection: Connection,
    settings: MiningSettings,
    epoch: int,
    seconds: float,
    model: str,
    plans: Sequence[Launch] | None = None,
) -> EpochWindow:
    """The moment of an epoch, with the plans that were known by its end (or those given)."""
    end = _end(epoch, seconds)
    launches = tuple(read_launches(connection, known_by=end) if plans is None else plans)
    return EpochWindow(epoch, end, end + settings.lateness, launches, model, settings.epoch)


def blank(
    connection: Connection, spikes: SpikeSettings, seconds: float, first_epoch: int | None, settings: MiningSettings
) -> MinerState:
    """A memory that knows the themes and segments, and no ticket of them yet."""
    rows = read_themes(connection)
    known = {
        key: replace(record_of(row), first_seen=None, known_issue=None, merged_into=None, state="live")
        for key, row in rows.items()
    }
    return MinerState(
        index=ThemeIndex(settings.themes),
        counts=SeriesCounts(recent_buckets=spikes.recent_buckets, history_hours=spikes.history_hours),
        detector=Detector(spikes),
        themes=known,
        spikes={},
        segments=read_segments(connection),
        past={},
        counters=dict.fromkeys(COUNTERS, 0),
        first_epoch=first_epoch,
        record_start=None if first_epoch is None else _end(first_epoch - 1, seconds),
        epoch_seconds=seconds,
    )


def stand_by(memory: MinerState, frame: Mapping[str, Any]) -> None:
    """Set flags and plans to what a frame holds."""
    for theme, record in memory.themes.items():
        flag = frame["flags"].get(str(theme))
        record.known_issue = None if flag is None else {"title": "", **flag}
    memory.planned = {launch: [list(group) for group in groups] for launch, groups in frame["planned"].items()}
    memory.near = near_of_json(frame.get("near", {}))


def give_spikes(memory: MinerState, theme: int, into: int, time: datetime) -> list[int]:
    """Give a merged theme's episodes to the one that it went into; returns their numbers."""
    given = given_spikes(memory.spikes, theme, into, time)
    memory.spikes.update({one.spike_id: one for one in given})
    return [one.spike_id for one in given]


class FirstTickets:
    """Says when each theme's first ticket came, while tickets are counted and taken back."""

    def __init__(self, memory: MinerState) -> None:
        self._memory = memory
        self._totals: defaultdict[int, dict[int, int]] = defaultdict(dict)
        self._moved: set[int] = set()

    def count(self, theme: int, bucket: int, n: int) -> None:
        """Count tickets of a theme."""
        totals = self._totals[theme]
        totals[bucket] = totals.get(bucket, 0) + n
        self._moved.add(theme)

    def settle(self) -> None:
        """Set the first ticket's time of all themes that were counted in since."""
        for theme in self._moved & self._memory.themes.keys():
            totals = self._totals[theme] = {bucket: n for bucket, n in self._totals[theme].items() if n}
            first = min((bucket for bucket, n in totals.items() if n > 0), default=None)
            self._memory.themes[theme].first_seen = None if first is None else start_of(first)
        self._moved.clear()


def fill(connection: Connection, memory: MinerState, moment: EpochWindow, first: FirstTickets) -> None:
    """Count what was counted when the epoch was judged, and say when each theme's first ticket came."""
    before = moment.bucket
    known_from = (before // BUCKETS_PER_HOUR - memory.detector.settings.history_hours) * BUCKETS_PER_HOUR
    undone = summed(cells for _, cells in read_corrections(connection, after=moment.epoch))
    segments = {number: Segment.from_key(key) for key, number in memory.segments.items()}

    def count(theme: int, segment: int, bucket: int, n: int) -> None:
        if segments[segment] == EVERYTHING:
            first.count(theme, bucket, n)
        if bucket >= known_from:
            memory.counts.add(bucket, SeriesKey(theme, segments[segment]), n)

    # Of what lies too far back to be judged by, only the first ticket of each theme matters.
    everything = memory.segments.get(EVERYTHING.key, -1)
    older = read_cells(connection, end=known_from, segment_id=everything)
    for theme, segment, bucket, n in chain(older, read_cells(connection, known_from, before)):
        count(theme, segment, bucket, n - undone.pop((theme, segment, bucket), 0))
    for (theme, segment, bucket), n in sorted(undone.items()):
        if bucket < before:
            count(theme, segment, bucket, -n)
    first.settle()


def _follow_fates(connection: Connection, memory: MinerState, moment: EpochWindow) -> None:
    """What became of themes in the epoch itself, before it was judged, happened to their episodes too."""
    for fate in read_fates(connection, moment.epoch):
        if fate.kind == "merge":
            give_spikes(memory, fate.theme_id, fate.other_id, moment.end)
    corrected = read_corrections(connection, after=moment.epoch - 1)
    transfer_episodes(memory, [cells for epoch, cells in corrected if epoch == moment.epoch], moment.end)
    for key, row in read_courses(connection, moment.epoch + 1).items():
        if key in memory.spikes and row.epoch == moment.epoch:
            memory.spikes[key] = memory.spikes[key].with_(theme_id=row.theme_id)


def _course(connection: Connection, epoch: int, end: int) -> dict[int, StoredSpike]:
    """The episodes as they stood before an epoch, which begins with the bucket `end`."""
    stored = {one.spike_id: one for one in read_spikes(connection)}
    return {
        key: stored[key].with_(
            theme_id=row.theme_id, segment=Segment.of(row.segment), end=row.end, observed=row.observed,
            expected=row.expected, severity=row.severity, gate=row.gate, state=_state_before(stored[key].state, end),
        )
        for key, row in read_courses(connection, epoch).items()
    }  # fmt: skip


def _state_before(state: Mapping[str, Any], end: int) -> Mapping[str, Any]:
    """An episode's state without what its tickets did later."""
    later = state.get("lent") and state["lent"][1] > end
    return {name: value for name, value in state.items() if name != "lent"} if later else state


def _episodes(connection: Connection, moment: EpochWindow, settings: MiningSettings) -> dict[int, StoredSpike]:
    """The episodes that were open or over before an epoch, by the times in their rows, where there is no journal of them."""
    opened = opening_epochs(connection, settings.lateness)
    found = {}
    for one in read_spikes(connection):
        if opened[one.spike_id] < moment.epoch:
            over = one.end is not None and one.end <= moment.end
            found[one.spike_id] = one if over else one.with_(end=None)
    return found


def _todays_frame(connection: Connection, state: Mapping[str, Any], moment: EpochWindow) -> dict[str, Any]:
    later = read_frames(connection)
    planned = state.get("planned", {}) if not later else later[0][1]["planned"]
    flags = {
        str(key): {"since": row.known_issue["since"], "usual_per_day": row.known_issue.get("usual_per_day")}
        for key, row in read_themes(connection).items()
        if row.known_issue
        and row.known_issue.get("since")
        and datetime.fromisoformat(row.known_issue["since"]) < moment.end
    }
    return {"flags": flags, "planned": planned}


def _end(epoch: int, seconds: float) -> datetime:
    return datetime.fromtimestamp((epoch + 1) * seconds, UTC)


def _stamp(time: datetime) -> str:
    return f"{time.astimezone(UTC):%Y-%m-%dT%H:%MZ}"
