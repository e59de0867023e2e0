"""The embedded run: sources, processing and mining composed in one process."""

from __future__ import annotations

import sys
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from itertools import islice

from sqlalchemy import Engine

from groundswell.macro_learning import CountedAdmission
from models.clock import Clock
from models.embedding import Embedder
from models.epochs import epoch_start
from models.event import ChangeEvent, LaunchEvent, TicketEvent
from models.text.macros import MacroCounter
from models.times import parse_rfc3339
from pipelines.miner import Miner
from pipelines.rules import Rules
from store.database import reading
from store.epochs import read_miner
from store.macros import write_macros
from store.offsets import read_offsets, write_offsets
from store.records import has_refused, insert_quarantine, read_refused, seen_events
from stream.arrival import Arrival
from stream.ordering.first_pass import FirstPass
from stream.ordering.ordered_input import InputFile, OrderedInput, Record
from stream.ordering.spool import Spool
from stream.processing import BatchOutcome, Prepared, Processor
from stream.raw import Progress, Raw, RefusalReason, RefusedEvent
from stream.rows import quarantine_row
from stream.source import Source


class Phase(StrEnum):
    """What a run is doing: it reads all of its input before it ingests the first event, so that it knows their order."""

    READING = "reading"
    INGESTING = "ingesting"


@dataclass
class Summary:
    """What a run did.

    lines: records that were read. events: those of them that wait for the second pass; ingested: how many of these are done.
    macros: standard sentences that were learned from the input and were not known before.
    truncated: the sentence about each source that ended in the middle. unchanged: streams that were ingested to their ends before and
    have not changed. stopped: by request.
    """

    outcome: BatchOutcome = field(default_factory=BatchOutcome)
    phase: Phase = Phase.READING
    epochs: int = 0
    births: int = 0
    lines: int = 0
    events: int = 0
    ingested: int = 0
    macros: int = 0
    truncated: list[str] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)
    stopped: bool = False


@dataclass(frozen=True)
class _Ahead:
    """A batch that was read and is being prepared."""

    batch: Sequence[Raw]
    prepared: Future[Prepared]


Stop = Callable[[], bool]
Report = Callable[[Summary], None]
Hold = Callable[[datetime], None]

ORDERED = "ordered"
"""Name of the one stream that all sources of a run are for the watermark."""

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

    All sources are read to their ends first; then their events are stored and mined in one order of time, whatever the order
    in which they came. Batches and epochs commit on their own: a run that is killed goes on where it stopped.
    """

    def __init__(
        self,
        engine: Engine,
        embedder: Embedder,
        rules: Rules,
        *,
        clock: Clock,
        requester_key: bytes,
        batch: int = 512,
        id_patterns: Sequence[str] = (),
    ) -> None:
        self._engine = engine
        self._make_processor: Callable[[Sequence[str]], Processor] = lambda macros: Processor(
            embedder, requester_key, clock, macros, id_patterns
        )
        self._make_miner: Callable[[Rules], Miner] = lambda rules: Miner(
            engine, rules, clock, make_embedder=lambda: embedder
        )
        self._clock = clock
        self._batch = batch
        self._use(rules)

    def ingest(
        self,
        sources: Sequence[Source],
        *,
        keep_open: bool = False,
        stop: Stop = lambda: False,
        report: Report = lambda _: None,
        hold: Hold = lambda _: None,
    ) -> Summary:
        """Read the sources to their ends and mine what they hold.

        Parameters
        ----------
        sources: what to read; a source that was read to its end before and has not changed is left out.
        keep_open: leave the last epochs open.
        stop: asked between batches and epochs.
        report: receives the summary as it grows; its `phase` says what is being done.
        hold: receives the times of the first and last event of each batch before it is stored, and returns when they are due.
        """
        summary = Summary(stopped=True)
        with Spool() as spool:
            found = OrderedInput(spool, [self._file(source) for source in sources], self._record())
            self._read(found, spool, summary, stop, report)
            if not stop():
                self._ingest(found, summary, keep_open=keep_open, stop=stop, report=report, hold=hold)
        return summary

    def _read(self, found: OrderedInput, spool: Spool, summary: Summary, stop: Stop, report: Report) -> None:
        """Run the first pass: admit and spool everything, set aside what is refused or out of line."""

        def counted(records: int) -> bool:
            summary.lines += records
            report(summary)
            return stop()

        def refused(stream: str, records: Sequence[tuple[Raw, RefusedEvent]]) -> None:
            summary.outcome.refused.update(refusal.reason.value for _, refusal in records)
            with self._engine.begin() as connection:
                insert_quarantine(connection, [quarantine_row(stream, raw, refusal) for raw, refusal in records])

        sentences = MacroCounter()
        admission = CountedAdmission(self._processor, sentences)
        found.read(FirstPass(spool, admission, self._clock, refused), counted)
        summary.macros = self._learn(sentences)
        for stream, raw, refusal in found.set_aside():
            refused(stream, [(raw, refusal)])
        summary.truncated += [file.broken for file in found.files if file.broken is not None]
        summary.unchanged += [file.progress.stream for file in found.files if file.unchanged]
        summary.events = found.events()
        summary.phase = Phase.INGESTING

    def _use(self, rules: Rules) -> None:
        self._rules = rules
        self._processor = self._make_processor(rules.macros)
        self._miner = self._make_miner(rules)

    def _learn(self, sentences: MacroCounter) -> int:
        """Keep the macros of the input and use them for all of it; returns how many are new."""
        learned = sentences.macros()
        if not learned:
            return 0
        with self._engine.begin() as connection:
            new = write_macros(connection, learned, self._clock())
        macros = tuple(dict.fromkeys((*self._rules.macros, *(one.beginning for one in learned))))
        self._use(replace(self._rules, macros=macros))
        return len(new)

    def _ingest(
        self, found: OrderedInput, summary: Summary, *, keep_open: bool, stop: Stop, report: Report, hold: Hold
    ) -> None:
        """Run the second pass: while one batch is stored and mined the next ones are embedded.

        `prepare` only computes, so nothing depends on who is faster.
        """
        arrival = self._arrival()
        batches = found.batches(self._batch)
        again = sum(file.resumed for file in found.files)
        with _quick_turns(), ThreadPoolExecutor(max_workers=ABREAST, thread_name_prefix="prepare") as pool:
            try:
                coming = deque(self._read_ahead(pool, batches, 1))
                self._mine(arrival.first_open(), summary, stop, report)
                while coming and not stop():
                    coming += self._read_ahead(pool, batches, 1 + ABREAST - len(coming))
                    ahead = coming.popleft()
                    _hold(ahead.batch, hold)
                    again -= self._store(ahead, found, arrival, summary, again)
                    self._mine(arrival.first_open(), summary, stop, report)
                    report(summary)
                if not coming and not stop():
                    self._close(found, arrival, summary, keep_open=keep_open, stop=stop, report=report)
            finally:
                self._miner.release()

    def _file(self, source: Source) -> InputFile:
        with reading(self._engine) as connection:
            stored = read_offsets(connection, [source.stream])
            file = InputFile.of(source, Progress(**stored[0]) if stored else None)
            # What was refused may be accepted by now: a time in the future is not for ever.
            file.unchanged = file.unchanged and not has_refused(connection, source.stream)
            if file.resumed:
                file.set_aside = frozenset(read_refused(connection, source.stream, RefusalReason.OUT_OF_LINE))
        return file

    def _record(self) -> Record | None:
        """Read the span of event time that is mined; None where nothing is."""
        with reading(self._engine) as connection:
            row = read_miner(connection)
        start = parse_rfc3339(row.state.get("record_start"))
        if start is None or row.next_epoch is None:
            return None
        return Record(start, epoch_start(row.next_epoch, self._rules.mining.epoch.total_seconds()))

    def _arrival(self) -> Arrival:
        with reading(self._engine) as connection:
            floor = read_miner(connection).next_epoch
        return Arrival(
            epoch=self._rules.mining.epoch,
            lateness=self._rules.mining.lateness,
            newest={ORDERED: None},
            first_open=floor,
        )

    def _read_ahead(self, pool: ThreadPoolExecutor, batches: Iterator[list[Raw]], number: int) -> Iterator[_Ahead]:
        """Read the next batches and have them prepared."""
        for batch in islice(batches, number):
            yield _Ahead(batch, pool.submit(self._prepare, batch))

    def _prepare(self, batch: list[Raw]) -> Prepared:
        with reading(self._engine) as connection:
            return self._processor.prepare(ORDERED, batch, lambda keys: seen_events(connection, keys))

    def _store(self, ahead: _Ahead, found: OrderedInput, arrival: Arrival, summary: Summary, again: int) -> int:
        """Store a prepared batch with how far its sources are stored, in one transaction.

        Of its events `again` at most were stored by the run that this one goes on from: they are no repeats of the input.
        Returns how many were.
        """
        prepared = ahead.prepared.result()
        with self._engine.begin() as connection:
            outcome = self._processor.record(connection, prepared, arrival)
            write_offsets(connection, [asdict(progress) for progress in found.stored(ahead.batch)])
        known = min(again, outcome.repeated)
        outcome.repeated -= known
        summary.outcome.add(outcome)
        summary.ingested += len(ahead.batch)
        return known

    def _mine(self, until: int | None, summary: Summary, stop: Stop, report: Report) -> None:
        if until is None:
            return
        for mined in self._miner.mine_until(until, stop):
            summary.epochs += 1
            summary.births += mined.births
            summary.outcome.no_demand.update(mined.no_demand)
            report(summary)

    def _close(
        self, found: OrderedInput, arrival: Arrival, summary: Summary, *, keep_open: bool, stop: Stop, report: Report
    ) -> None:
        """Close the epochs that the end of the input leaves open, and note that the sources were mined to their ends."""
        if not keep_open:
            self._mine(arrival.all_closed(), summary, stop, report)
        if stop():
            return
        summary.stopped = False
        with self._engine.begin() as connection:
            write_offsets(connection, [asdict(progress) for progress in found.ended(keep_open=keep_open)])


def _hold(batch: Sequence[Raw], hold: Hold) -> None:
    """Wait until all of a batch is due."""
    for raw in (batch[0], batch[-1]):
        if isinstance(raw.content, TicketEvent | LaunchEvent | ChangeEvent):
            hold(raw.content.time)
