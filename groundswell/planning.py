"""Plans by hand: launches and changes written as events of their own, by the same path as what is ingested."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal, cast

import orjson
from sqlalchemy import Connection, Engine, Row

from groundswell.errors import UsageError
from models.embedding import Embedder, languages_read
from models.event import ChangeEvent, LaunchEvent
from pipelines.launches.planning import known_since
from store.plans import PlanKind, newest_revision
from store.records import seen_events
from stream.arrival import Arrival
from stream.processing import Processor
from stream.raw import Raw, RefusedEvent
from stream.validation import admit

SOURCE = "/groundswell/command-line"
"""Where plans come from that a person gave to the command line."""

TYPES: Mapping[PlanKind, str] = {"launch": "launch.planned", "change": "change.recorded"}
State = Literal["added", "revised", "unchanged"]
Data = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Draft:
    """A launch or change to write.

    `data` holds what is planned; where it exists already, what is left out stays as it is. `time` is when it was known (a
    launch) or made (a change). None for a change means now, for a launch as soon as the miner can know of it (`known_since`). `source`
    None: the one that it came from, or `origin` where it is new.
    """

    kind: PlanKind
    subject: str
    data: Data
    time: datetime | None = None
    source: str | None = None
    where: str = ""
    """Where it was read, for error messages: `row 3: `."""
    origin: str = SOURCE


@dataclass(frozen=True, slots=True)
class Written:
    """What became of a draft."""

    kind: PlanKind
    subject: str
    state: State
    data: Data

    def as_json(self) -> dict[str, Any]:
        """A row of what `--json` prints."""
        return {"id": self.subject, "state": self.state, **self.data}


@dataclass(frozen=True, slots=True)
class _Revision:
    draft: Draft
    state: State
    event: LaunchEvent | ChangeEvent


def write_plans(engine: Engine, processor: Processor, drafts: Sequence[Draft], now: datetime) -> list[Written]:
    """Write drafts as revisions, all or none; one that says what is on record already is left alone.

    The event goes through the same validation, redaction and recording as one that was ingested, so a replay sees it, and the
    miner uses it from the first epoch that ends after its time. Raises `UsageError` where a draft does not fit.
    """
    from store.database import reading

    with reading(engine) as connection:
        revisions = [_revision(connection, draft, now) for draft in drafts]
    fresh = [one for one in revisions if one.state != "unchanged"]
    if fresh:
        _record(engine, processor, fresh)
    return [Written(one.draft.kind, one.draft.subject, one.state, _content(one.event)) for one in revisions]


def _revision(connection: Connection, draft: Draft, now: datetime) -> _Revision:
    known = newest_revision(connection, draft.kind, draft.subject, draft.source)
    source = draft.source or (known.source if known is not None else draft.origin)
    before = {} if known is None else _data_of(draft.kind, known)
    time = _time(connection, draft, known, now)
    # A plan that is written again is no longer cancelled.
    data = {**before, **({"cancelled": False} if draft.kind == "launch" else {}), **draft.data}
    if known is None:
        data = {"title": draft.subject, **_like(connection, draft), **data}
    event = _event(draft, source, _next_id(draft, known), time, data, now)
    if known is None:
        return _Revision(draft, "added", event)
    moved = draft.kind == "change" and draft.time is not None and event.time != known.time
    if not moved and _content(event) == _content(_event(draft, source, known.id, known.time, before, now)):
        return _Revision(draft, "unchanged", event)
    if draft.time is not None and draft.time <= known.time and draft.kind == "launch":
        raise UsageError(
            f"{draft.where}received {draft.subject} as known since {draft.time.isoformat()}, but it was revised at "
            f"{known.time.isoformat()}; give a later time"
        )
    return _Revision(draft, "revised", event)


def _like(connection: Connection, draft: Draft) -> dict[str, Any]:
    """What a plan takes over from the past launch that it names: kind, scope, tolerance, and the length where no end is given."""
    lines = draft.data.get("expected")
    named = (
        [line["like"] for line in lines if isinstance(line, Mapping) and line.get("like")]
        if isinstance(lines, Sequence)
        else []
    )
    for name in named:
        past = newest_revision(connection, "launch", str(name), None)
        if past is None or name == draft.subject:
            raise UsageError(
                f"{draft.where}received like {name!r}, which is no other launch on record; `groundswell launches list` shows them"
            )
        taken = {"kind": past.kind, "scope": past.scope, "tolerance": past.tolerance}
        try:
            start = datetime.fromisoformat(str(draft.data.get("start")))
        except ValueError:
            return taken
        return {**taken, "end": (start + (past.end - past.start)).isoformat()}
    return {"kind": "launch"} if draft.kind == "launch" else {}


def _event(
    draft: Draft, source: str, event_id: str, time: datetime, data: Data, now: datetime
) -> LaunchEvent | ChangeEvent:
    raw = {
        "specversion": "1.0", "id": event_id, "source": source, "type": TYPES[draft.kind], "time": time.isoformat(),
        "subject": draft.subject, "data": dict(data),
    }  # fmt: skip
    found = admit(Raw(0, orjson.dumps(raw, default=str)), now)
    if isinstance(found, RefusedEvent):
        raise UsageError(f"{draft.where}{found.detail}")
    return cast(LaunchEvent | ChangeEvent, found)


def _time(connection: Connection, draft: Draft, known: Row[Any] | None, now: datetime) -> datetime:
    if draft.kind == "change":
        # A change stays at its own time when only its words are mended.
        return draft.time or (known.time if known is not None else now)
    if draft.time is not None:
        return draft.time
    since = known_since(connection, now)
    return since if known is None or known.time < since else known.time + timedelta(seconds=1)


def _next_id(draft: Draft, known: Row[Any] | None) -> str:
    """An id that is greater than the last revision's: of two at the same time the greater id wins."""
    if known is None:
        base, number = f"{draft.kind}-{hashlib.sha256(draft.subject.encode()).hexdigest()[:16]}", 0
    else:
        base, _, last = known.id.rpartition("~")
        base, number = (base, int(last)) if base and last.isdigit() else (known.id[:240], 0)
    return f"{base}~{number + 1:06d}"


def _data_of(kind: PlanKind, row: Row[Any]) -> dict[str, Any]:
    said = {"kind": row.kind, "title": row.title, "scope": row.scope}
    if kind == "change":
        return {**said, "url": row.url, "themes": row.themes or []}
    return {
        **said, "start": row.start.isoformat(), "end": row.end.isoformat(), "tolerance": row.tolerance, "expected": row.expected,
        "cancelled": row.cancelled,
    }  # fmt: skip


def _content(event: LaunchEvent | ChangeEvent) -> dict[str, Any]:
    """What an event says, as listings write it."""
    said: dict[str, Any] = event.data.model_dump(mode="json")
    if "expected" in said:
        said["expected"] = [
            {name: value for name, value in line.items() if value not in (None, False)} for line in said["expected"]
        ]
    if not said.get("themes"):
        said.pop("themes", None)
    if not said.get("cancelled"):
        said.pop("cancelled", None)
    return said


def _record(engine: Engine, processor: Processor, revisions: Sequence[_Revision]) -> None:
    contents = [orjson.dumps(one.event.model_dump(mode="json")) for one in revisions]
    batch = [Raw(at, content) for at, content in enumerate(contents)]
    with engine.connect().execution_options(writes=False) as connection:
        prepared = processor.prepare("plans", batch, lambda keys: seen_events(connection, keys))
    # Plans have no place in an epoch: the watermark neither takes them nor moves by them.
    nowhere = Arrival(epoch=timedelta(hours=1), lateness=timedelta(0), newest={}, first_open=None)
    with engine.begin() as connection:
        outcome = processor.record(connection, prepared, nowhere)
        if outcome.stored != len(revisions):
            raise UsageError(
                "another person revised the same plan meanwhile; look at the listing and give the command again"
            )


class LateEmbedder:
    """An embedder that is loaded when a text has to be embedded: most plans have none.

    `load` makes it; it may refuse.
    """

    def __init__(self, load: Any) -> None:
        self._load = load
        self._loaded: Embedder | None = None

    @property
    def name(self) -> str:
        """The model's name."""
        return self._embedder().name

    @property
    def dimensions(self) -> int:
        """Length of each vector."""
        return self._embedder().dimensions

    def embed(self, texts: Sequence[str]) -> Any:
        """Embed texts."""
        return self._embedder().embed(texts)

    def languages_read(self) -> frozenset[str] | None:
        """Return the languages that the model reads; None for all."""
        return languages_read(self._embedder())

    def _embedder(self) -> Embedder:
        if self._loaded is None:
            self._loaded = self._load()
        return self._loaded
