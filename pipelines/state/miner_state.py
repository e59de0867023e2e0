"""The miner's working state between epochs, restored from the store when a process begins to mine."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from models.bucket import BUCKETS_PER_HOUR, bucket_of
from models.spikes import Detector, SeriesCounts
from models.themes import LanguageIndexes, Namer, RememberedTicket
from models.times import parse_rfc3339
from pipelines.constraints import read_constraints
from pipelines.settings import MiningSettings
from pipelines.state.counts import CountState
from pipelines.state.episodes import Episodes
from pipelines.state.incidents import Incidents, current_since
from pipelines.state.plans import LaunchPlans
from pipelines.state.retention import kept_since
from pipelines.state.themes import ThemeRecord, ThemeRecords
from store.counts import read_counts, read_segments
from store.epochs import MinerRow
from store.incidents import read_current_incidents
from store.journal import read_frame
from store.reviews import read_reviews
from store.spikes import read_recent_spikes, read_spikes
from store.themes import read_themes
from store.windows import read_windows


@dataclass(kw_only=True)
class MinerState:
    """What the miner keeps between epochs.

    Parameters
    ----------
    index: the remembered tickets and their grouping. detector: settings and baseline of detection. namer: names themes.
    themes, episodes, incidents, plans, counts: the parts, see their classes.
    families: groups of similar themes as of the last day's end, each sorted; evidence of small themes is pooled in them.
    newcomers: the new themes about which no alert was decided finally, in the order in which they were born.
    first_epoch: the first epoch that was mined; None before it. record_start: its start.
    last_busy: the newest epoch that had events.
    epoch_seconds: length of an epoch. model: name of the embedding model.
    frame: what the last epoch was judged with, as the journal holds it; None in a database mined before there was a journal.
    """

    index: LanguageIndexes
    detector: Detector
    themes: ThemeRecords
    counts: CountState
    episodes: Episodes = field(default_factory=Episodes)
    incidents: Incidents = field(default_factory=Incidents)
    plans: LaunchPlans = field(default_factory=LaunchPlans)
    namer: Namer = field(default_factory=Namer)
    families: tuple[tuple[int, ...], ...] = ()
    newcomers: list[int] = field(default_factory=list)
    first_epoch: int | None = None
    record_start: datetime | None = None
    last_busy: int = 0
    epoch_seconds: float = 300.0
    model: str = ""
    frame: Mapping[str, Any] | None = None

    def as_json(self) -> dict[str, Any]:
        """Write what no other row holds, for the miner's own row."""
        return {
            "index": self.index.state(),
            "counters": self.counts.counters(),
            "planned": self.plans.groups,
            "near": self.plans.nearest_as_json(),
            "families": [list(one) for one in self.families],
            "newcomers": self.newcomers,
            "moved": self.themes.moved(),
            "last_busy": self.last_busy,
            "open_spikes": len(self.episodes.open()),
            "epoch_seconds": self.epoch_seconds,
            "model": self.model,
            "record_start": self.record_start.isoformat() if self.record_start else None,
        }


def restore(
    connection: Connection,
    row: MinerRow,
    settings: MiningSettings,
    model: str,
    now: datetime,
    namer: Namer | None = None,
    returns: timedelta = timedelta(days=7),
) -> MinerState:
    """Restore the miner's state as it was at the end of the last epoch that committed; `now` is that epoch's end.

    `returns`: an incident that ended may return for so long.
    """
    state = _restore(connection, row, settings, model, now)
    return replace(
        state,
        counts=_counts(connection, row.state, settings, now),
        incidents=Incidents(read_current_incidents(connection, current_since(now, returns))),
        namer=namer or Namer(),
    )


def restore_for_decisions(
    connection: Connection,
    row: MinerRow,
    settings: MiningSettings,
    model: str,
    now: datetime,
    namer: Namer,
    themes: Collection[int] | None,
) -> MinerState:
    """Restore as much of the state as decisions about some themes need: it knows the counts of these alone; None: of all.

    Counts are most of a large database's state. What mining finds must not come from this state. Incidents that decisions name
    are loaded when they are applied.
    """
    state = _restore(connection, row, settings, model, now)
    return replace(state, counts=_counts(connection, row.state, settings, now, themes), namer=namer)


def _restore(connection: Connection, row: MinerRow, settings: MiningSettings, model: str, now: datetime) -> MinerState:
    """Restore everything but counts and incidents."""
    state = row.state
    start, frame = state.get("record_start"), read_frame(connection)
    plans = LaunchPlans(reviews=read_reviews(connection))
    plans.set(state.get("planned", {}), state.get("near", {}))
    themes = ThemeRecords(ThemeRecord.of_row(found) for found in read_themes(connection).values())
    themes.set_moved(state.get("moved", {}))
    return MinerState(
        index=restore_index(connection, state, settings, model),
        detector=Detector(settings.spikes),
        themes=themes,
        counts=_no_counts(settings),
        episodes=_episodes(connection, settings, frame, now),
        families=tuple(tuple(one) for one in state.get("families", ())),
        newcomers=list(state.get("newcomers", [])),
        plans=plans,
        first_epoch=row.first_epoch,
        record_start=parse_rfc3339(start),
        last_busy=state.get("last_busy", 0),
        epoch_seconds=settings.epoch.total_seconds(),
        model=model,
        frame=frame,
    )


def _episodes(
    connection: Connection, settings: MiningSettings, frame: Mapping[str, Any] | None, now: datetime
) -> Episodes:
    # Where there is no journal yet, its first epoch takes in all spikes.
    everything = frame is None
    found = read_spikes(connection) if everything else read_recent_spikes(connection, kept_since(now, settings.spikes))
    return Episodes(found)


def restore_index(
    connection: Connection, state: Mapping[str, Any], settings: MiningSettings, model: str
) -> LanguageIndexes:
    """Restore the index of themes from the miner's own row and the stored vectors."""
    if state:
        rows = read_windows(connection, model, state["index"])
        index = LanguageIndexes.restore(settings.themes, state["index"], (RememberedTicket(*row) for row in rows))
    else:
        index = LanguageIndexes(settings.themes)
    index.constrain(read_constraints(connection, model))
    return index


def _no_counts(settings: MiningSettings) -> CountState:
    series = SeriesCounts(recent_buckets=settings.spikes.recent_buckets, history_hours=settings.spikes.history_hours)
    return CountState(series, {})


def _counts(
    connection: Connection,
    state: Mapping[str, Any],
    settings: MiningSettings,
    now: datetime,
    themes: Collection[int] | None = None,
) -> CountState:
    # Whole hours: a part of the oldest hour would be taken for all of it.
    known_from = (bucket_of(now) // BUCKETS_PER_HOUR - settings.spikes.history_hours) * BUCKETS_PER_HOUR
    series = SeriesCounts(recent_buckets=settings.spikes.recent_buckets, history_hours=settings.spikes.history_hours)
    series.restore(read_counts(connection, known_from, themes))
    return CountState(series, read_segments(connection), state.get("counters", {}))
