"""The embedded run: sources, processing and mining composed in one process."""

from __future__ import annotations

import sys
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from itertools import islice

from sqlalchemy import Engine

from models.clock import Clock
from models.embedding import Embedder
from pipelines.miner import Miner
from pipelines.rules import Rules
from store.database import reading
from store.epochs import read_miner
from store.offsets import read_offsets, write_offsets
from store.records import seen_events
from stream.arrival import Arrival
from stream.errors import SourceTruncated
from stream.processing import BatchOutcome, Prepared, Processor
from stream.raw import Progress, Raw
from stream.source import Source


@dataclass
class Summary:
    """What a run did. `truncated` holds the sentence about a source that ended in the middle; `stopped`: by request."""

    outcome: BatchOutcome = field(default_factory=BatchOutcome)
    epochs: int = 0
    births: int = 0
    lines: int = 0
    truncated: list[str] = field(default_factory=list)
    stopped: bool = False


@dataclass(frozen=True)
class _Ahead:
    """A batch that was read, with the progress that is reached once it is stored, while it is being prepared."""

    reader: _Reader
    progress: Progress
    lines: int
    prepared: Future[Prepared]


Stop = Callable[[], bool]
Report = Callable[[Summary], None]


@dataclass
class _Reader:
    """A source with its position."""

    source: Source
    progress: Progress
    records: Iterator[tuple[Raw, Progress]]
    broken: str | None = None

    def batch(self, size: int) -> tuple[list[Raw], Progress]:
        """Up to `size` records, and the progress that is reached once they are stored; none at the end."""
        taken: list[Raw] = []
        progress = self.progress
        try:
            for raw, after in islice(self.records, size):
                taken.append(raw)
                progress = after
        except SourceTruncated as error:
            # What was read before the break is good; the error shows at the next call, as the source's end.
            self.broken = str(error)
        return taken, progress


def _after(source: Source, start: Progress) -> Iterator[tuple[Raw, Progress]]:
    for number, raw in enumerate(source.records(), start=1):
        if number > start.lines:
            yield raw, replace(start, position=raw.position, lines=number, ended=False)


ABREAST = 2
"""Batches that are prepared at the same time: while one is validated and redacted the model works on the other."""

TURN = 0.001
"""Seconds: about as long as one step of the model takes."""


@contextmanager
def _quick_turns() -> Iterator[None]:
    """Let the model's threads run at once: by default each of its steps waits 5 ms for the interpreter while mining runs."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(TURN)
    try:
        yield
    finally:
        sys.setswitchinterval(before)


class EmbeddedRun:
    """Drives `process` and `mine` over files or standard input, on one database.

    Several sources are read in turn, always the one that is furthest behind in event time, so that they share one
    watermark. Batches and epochs commit on their own: a run that is killed goes on where it stopped.
    """

    def __init__(
        self, engine: Engine, embedder: Embedder, rules: Rules, *, clock: Clock, requester_key: bytes, batch: int = 512
    ) -> None:
        self._engine = engine
        self._processor = Processor(embedder, requester_key, clock, rules.macros)
        self._miner = Miner(engine, rules, clock, make_embedder=lambda: embedder)
        self._rules = rules
        self._batch = batch

    def ingest(
        self,
        sources: Sequence[Source],
        *,
        keep_open: bool = False,
        stop: Stop = lambda: False,
        report: Report = lambda _: None,
    ) -> Summary:
        """Read the sources to their ends and mine what they hold. `stop` is asked between batches and epochs.

        While one batch is stored and mined the next ones are embedded: `prepare` only computes, so nothing depends on who is
        faster.
        """
        summary = Summary(stopped=True)
        readers = [self._open(source) for source in sources]
        arrival = self._arrival(readers)
        waiting = list(readers)
        with _quick_turns(), ThreadPoolExecutor(max_workers=ABREAST, thread_name_prefix="prepare") as pool:
            try:
                coming = self._read_ahead(pool, waiting, arrival, summary)
                self._mine(arrival.first_open(), summary, stop, report)
                while coming and not stop():
                    coming += self._read_on(pool, waiting, 1 + ABREAST - len(coming))
                    self._record(coming.popleft(), arrival, summary)
                    coming = coming or self._read_ahead(pool, waiting, arrival, summary)
                    self._mine(arrival.first_open(), summary, stop, report)
                    report(summary)
                if not coming and not stop():
                    self._close(readers, arrival, summary, keep_open=keep_open, stop=stop, report=report)
            finally:
                self._miner.release()
        return summary

    def _open(self, source: Source) -> _Reader:
        with reading(self._engine) as connection:
            stored = read_offsets(connection, [source.stream])
        start = Progress(**stored[0]) if stored else None
        progress = start or Progress(source.stream)
        return _Reader(source, progress, _after(source, progress))

    def _arrival(self, readers: Sequence[_Reader]) -> Arrival:
        with reading(self._engine) as connection:
            floor = read_miner(connection).next_epoch
        return Arrival(
            epoch=self._rules.mining.epoch,
            lateness=self._rules.mining.lateness,
            newest={one.source.stream: one.progress.newest for one in readers},
            first_open=floor,
        )

    def _read_ahead(
        self, pool: ThreadPoolExecutor, waiting: list[_Reader], arrival: Arrival, summary: Summary
    ) -> deque[_Ahead]:
        """Read the next batch of the source that is furthest behind and have it prepared; none when all are at their end."""
        while waiting:
            reader = min(
                waiting, key=lambda one: (one.progress.newest is not None, one.progress.newest, waiting.index(one))
            )
            ahead = self._ahead(pool, reader)
            if ahead is not None:
                return deque([ahead])
            if reader.broken:
                summary.truncated.append(reader.broken)
            waiting.remove(reader)
            arrival.leave(reader.source.stream)
        return deque()

    def _read_on(self, pool: ThreadPoolExecutor, waiting: Sequence[_Reader], batches: int) -> Iterator[_Ahead]:
        """Read beyond a batch that is not stored yet: only of a single source, since which of several comes next depends on it."""
        for _ in range(batches if len(waiting) == 1 else 0):
            ahead = self._ahead(pool, waiting[0])
            if ahead is None:
                return
            yield ahead

    def _ahead(self, pool: ThreadPoolExecutor, reader: _Reader) -> _Ahead | None:
        batch, progress = reader.batch(self._batch)
        if not batch:
            return None
        return _Ahead(reader, progress, len(batch), pool.submit(self._prepare, reader.source.stream, batch))

    def _prepare(self, stream: str, batch: list[Raw]) -> Prepared:
        with reading(self._engine) as connection:
            return self._processor.prepare(stream, batch, lambda keys: seen_events(connection, keys))

    def _record(self, ahead: _Ahead, arrival: Arrival, summary: Summary) -> None:
        """Store a prepared batch with how far its source was read, in one transaction."""
        prepared = ahead.prepared.result()
        reader = ahead.reader
        with self._engine.begin() as connection:
            outcome = self._processor.record(connection, prepared, arrival)
            reader.progress = replace(ahead.progress, newest=arrival.newest(reader.source.stream))
            write_offsets(connection, [asdict(reader.progress)])
        summary.outcome.add(outcome)
        summary.lines += ahead.lines

    def _mine(self, until: int | None, summary: Summary, stop: Stop, report: Report) -> None:
        if until is None:
            return
        for mined in self._miner.mine_until(until, stop):
            summary.epochs += 1
            summary.births += mined.births
            report(summary)

    def _close(
        self,
        readers: Sequence[_Reader],
        arrival: Arrival,
        summary: Summary,
        *,
        keep_open: bool,
        stop: Stop,
        report: Report,
    ) -> None:
        """Close the epochs that the end of the input leaves open, and note that the sources were mined to their ends."""
        if not keep_open:
            self._mine(arrival.all_closed(), summary, stop, report)
        if stop():
            return
        summary.stopped = False
        ended = [replace(one.progress, ended=not keep_open) for one in readers if one.progress.lines]
        with self._engine.begin() as connection:
            write_offsets(connection, [asdict(progress) for progress in ended])
