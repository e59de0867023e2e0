"""What the miner holds in memory between epochs; all of it can be read back from the store."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from alerts.gates import PastAlert
from models.alert import AlertKind
from models.bucket import BUCKETS_PER_HOUR, bucket_of
from models.spikes import Detector, SeriesCounts
from models.spikes.launches.nearest_tickets import NearestTickets
from models.themes import Namer, RememberedTicket, ThemeIndex
from pipelines.constraints import read_constraints
from pipelines.settings import MiningSettings
from store.alerts import list_alerts
from store.counts import read_counts, read_segments
from store.epochs import MinerRow
from store.journal import read_frame
from store.reviews import StoredReview, read_reviews
from store.spikes import StoredSpike, read_spikes
from store.themes import read_themes
from store.tickets import read_remembered

COUNTERS = ("spike", "alert", "lineage", "segment")


@dataclass
class ThemeRecord:
    """A theme as the miner knows it: what its row holds, kept at hand."""

    theme_id: int
    name: str
    keywords: tuple[str, ...]
    state: str
    status: str
    size: int
    first_seen: datetime | None
    last_seen: datetime | None
    born_epoch: int
    named_size: int
    merged_into: int | None = None
    known_issue: Mapping[str, Any] | None = None
    owner: str | None = None
    name_pinned: bool = False

    @property
    def live(self) -> bool:
        """Whether it takes tickets."""
        return self.state in ("live", "dormant")


@dataclass
class MinerState:
    """The miner's working state.

    `counters` hand out ids. `planned` keeps the themes that each launch's plan was resolved to, `near` the tickets nearest to its
    texts, by line. `reviews` say how volume answered the launches that are over.
    """

    index: ThemeIndex
    counts: SeriesCounts
    detector: Detector
    themes: dict[int, ThemeRecord]
    spikes: dict[int, StoredSpike]
    segments: dict[str, int]
    past: dict[int, list[PastAlert]]
    counters: dict[str, int]
    first_epoch: int | None
    record_start: datetime | None
    planned: dict[str, list[list[int]]] = field(default_factory=dict)
    near: dict[str, list[NearestTickets | None]] = field(default_factory=dict)
    reviews: dict[str, StoredReview] = field(default_factory=dict)
    newcomers: list[int] = field(default_factory=list)
    last_busy: int = 0
    epoch_seconds: float = 300.0
    model: str = ""
    namer: Namer = field(default_factory=Namer)
    frame: Mapping[str, Any] | None = None
    """What the last epoch was judged with, as the journal holds it."""

    def next_id(self, counter: str) -> int:
        """The next id of a kind, from 1; it is used up only if the epoch commits."""
        self.counters[counter] += 1
        return self.counters[counter]

    def state(self) -> dict[str, Any]:
        """What no other row holds, for the miner's own row."""
        return {
            "index": self.index.state(),
            "counters": self.counters,
            "planned": self.planned,
            "near": near_json(self.near),
            "newcomers": self.newcomers,
            "last_busy": self.last_busy,
            "open_spikes": sum(spike.end is None for spike in self.spikes.values()),
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
) -> MinerState:
    """Read the miner's memory back as it stood at the end of the last epoch that committed; `now` is that epoch's end."""
    state = row.state
    # Whole hours: a part of the oldest one would be taken for all of it.
    known_from = (bucket_of(now) // BUCKETS_PER_HOUR - settings.spikes.history_hours) * BUCKETS_PER_HOUR
    counts = SeriesCounts(recent_buckets=settings.spikes.recent_buckets, history_hours=settings.spikes.history_hours)
    counts.restore(read_counts(connection, known_from))
    index = _index(connection, state, settings, model)
    index.constrain(read_constraints(connection, model))
    start = state.get("record_start")
    return MinerState(
        index=index,
        counts=counts,
        detector=Detector(settings.spikes),
        themes={key: record_of(found) for key, found in read_themes(connection).items()},
        spikes={spike.spike_id: spike for spike in read_spikes(connection)},
        segments=read_segments(connection),
        past=read_past(connection),
        counters={name: state.get("counters", {}).get(name, 0) for name in COUNTERS},
        first_epoch=row.first_epoch,
        record_start=datetime.fromisoformat(start) if start else None,
        planned=dict(state.get("planned", {})),
        near=near_of_json(state.get("near", {})),
        reviews=read_reviews(connection),
        newcomers=list(state.get("newcomers", [])),
        last_busy=state.get("last_busy", 0),
        epoch_seconds=settings.epoch.total_seconds(),
        model=model,
        namer=namer or Namer(),
        frame=read_frame(connection),
    )


def _index(connection: Connection, state: Mapping[str, Any], settings: MiningSettings, model: str) -> ThemeIndex:
    if not state:
        return ThemeIndex(settings.themes)
    rows = read_remembered(connection, model, state["index"]["remembered"], state["index"].get("kept", ()))
    return ThemeIndex.restore(settings.themes, state["index"], (RememberedTicket(*row) for row in rows))


def near_json(near: Mapping[str, Sequence[NearestTickets | None]]) -> dict[str, list[Any]]:
    """What is nearest to the texts of plans, by launch and line, in the form in which JSON gives it back."""
    return {launch: [None if one is None else one.as_json() for one in lines] for launch, lines in near.items()}


def near_of_json(value: Mapping[str, Sequence[Any]]) -> dict[str, list[NearestTickets | None]]:
    """What `near_json` gave."""
    return {
        launch: [None if one is None else NearestTickets.of_json(one) for one in lines]
        for launch, lines in value.items()
    }


def record_of(row: Any) -> ThemeRecord:
    """A theme's row as the miner keeps it."""
    return ThemeRecord(
        theme_id=row.id, name=row.name, keywords=tuple(row.keywords), state=row.state, status=row.status, size=row.size,
        first_seen=row.first_seen, last_seen=row.last_seen, born_epoch=row.born_epoch, named_size=row.named_size,
        merged_into=row.merged_into, known_issue=row.known_issue, owner=row.owner, name_pinned=row.name_pinned,
    )  # fmt: skip


def read_past(connection: Connection) -> dict[int, list[PastAlert]]:
    """Alerts by the theme that they are about now."""
    past: dict[int, list[PastAlert]] = {}
    for alert in list_alerts(connection):
        past.setdefault(alert.theme_id, []).append(PastAlert(AlertKind(alert.kind), alert.opened_at, alert.spike_id))
    return past
