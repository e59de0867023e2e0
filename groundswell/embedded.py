"""The embedded run: sources, processing and mining composed in one process."""

from __future__ import annotations

import sys
from collections import Counter, deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, nullcontext
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import islice
from typing import Self

from sqlalchemy import Engine

from groundswell.counted_admission import CountedAdmission
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
from store.erasure.arrivals import store_refused
from store.macros import write_macros
from store.offsets import read_offsets, write_offsets
from store.records import has_refused, read_refused, seen_events
from store.sources import common_grain, read_id_forms, read_profiles, write_grains, write_id_forms
from stream.admission_rules import AdmissionRules
from stream.arrival import Arrival
from stream.first_ids import FirstIds
from stream.lateness import late_sentence
from stream.ordering.first_pass import FirstPass
from stream.ordering.grain import Grain, coarse_sentence
from stream.ordering.ordered_input import InputFile, OrderedInput, RecordSpan
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
    zone: the sentence about the time zone, where the run had to decide it. kept: ids that were kept, by declared format.
    doubtful: replacements of redaction that could also be something else.
    truncated: the sentence about each source that ended in the middle. unchanged: streams that were ingested to their ends before and
    have not changed. grains: of sources whose times are coarse. history: events that were mined as
    history. later_rows: rows of tickets that had one, which became comments. record: how much event time the database held
    at the start. stopped: by request.
    """

    outcome: BatchOutcome = field(default_factory=BatchOutcome)
    phase: Phase = Phase.READING
    epochs: int = 0
    births: int = 0
    lines: int = 0
    events: int = 0
    ingested: int = 0
    macros: int = 0
    zone: str | None = None
    kept: Counter[str] = field(default_factory=Counter)
    doubtful: int = 0
    truncated: list[str] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)
    grains: dict[str, Grain] = field(default_factory=dict)
    history: int = 0
    later_rows: int = 0
    record: timedelta | None = None
    stopped: bool = False

    def notes(self) -> list[str]:
        """Return the sentences about the times of the input: what was late and why, and what can be watched at a coarse grain."""
        found = (late_sentence(self.outcome.lateness, self.record), coarse_sentence(self.grains))
        return [one for one in found if one is not None]


@dataclass(frozen=True)
class _Ahead:
    """A batch that was read and is being prepared."""

    batch: Sequence[Raw]
    prepared: Future[Prepared]


Stop = Callable[[], bool]
Report = Callable[[Summary], None]
Hold = Callable[[datetime], None]


ZoneDecision = Callable[[Rules, Mapping[str, int]], tuple[Rules, str | None]]
"""Receives the rules and the tickets of each region; returns the rules to go on with, and a sentence where it decided the zone."""


def as_given(rules: Rules, regions: Mapping[str, int]) -> tuple[Rules, str | None]:
    """Leave the zone of the rules as it is."""
    del regions
    return rules, None


@dataclass(frozen=True)
class _Control:
    """How a run was asked to go; see `EmbeddedRun.ingest`."""

    keep_open: bool
    history: bool
    stop: Stop
    report: Report
    hold: Hold


@dataclass
class _Pass:
    """The second pass over an input. `again`: events left that the run which this one goes on from may have stored."""

    found: OrderedInput
    arrival: Arrival
    summary: Summary
    control: _Control
    again: int


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
        admission: AdmissionRules | None = None,
    ) -> None:
        """Take the collaborators. `admission`: what records are admitted by; by default those without any setting, with the key."""
        self._engine = engine
        self._admission = admission or AdmissionRules.of(requester_key)
        self._make_processor: Callable[[Sequence[str]], Processor] = lambda macros: Processor(
            embedder, requester_key, clock, macros, self._admission
        )
        self._make_miner: Callable[[Rules], Miner] = lambda rules: Miner(
            engine, rules, clock, make_embedder=lambda: embedder
        )
        self._clock = clock
        self._batch = batch
        self._zone: ZoneDecision = as_given
        self._use(rules)

    def deciding_zone(self, decide: ZoneDecision) -> Self:
        """Let `decide` choose the time zone, once the regions of the whole input are known."""
        self._zone = decide
        return self

    def ingest(
        self,
        sources: Sequence[Source],
        *,
        keep_open: bool = False,
        history: bool = False,
        stop: Stop = lambda: False,
        report: Report = lambda _: None,
        hold: Hold = lambda _: None,
    ) -> Summary:
        """Read the sources to their ends and mine what they hold.

        Parameters
        ----------
        sources: what to read; a source that was read to its end before and has not changed is left out.
        keep_open: leave the last epochs open.
        history: events from before the first epoch that was mined extend the record; without it they are late.
        stop: asked between batches and epochs.
        report: receives the summary as it grows; its `phase` says what is being done.
        hold: receives the times of the first and last event of each batch before it is stored, and returns when they are due.
        """
        control = _Control(keep_open, history, stop, report, hold)
        record = self._record()
        summary = Summary(stopped=True, record=None if record is None else record.end - record.start)
        with Spool() as spool:
            found = OrderedInput(spool, [self._file(source) for source in sources], record, history=history)
            self._read(found, spool, summary, control)
            if not stop():
                again = found.skip_stored()
                summary.events = found.events()
                self._ingest(_Pass(found, self._arrival(history=history), summary, control, again))
        return summary

    def _read(self, found: OrderedInput, spool: Spool, summary: Summary, control: _Control) -> None:
        """Run the first pass: admit and spool everything, set aside what is refused or out of line."""

        def counted(records: int) -> bool:
            summary.lines += records
            control.report(summary)
            return control.stop()

        elements = Counter[tuple[str, int]]()

        def refused(stream: str, records: Sequence[tuple[Raw, RefusedEvent]]) -> None:
            summary.outcome.refused.update(refusal.reason.value for _, refusal in records)
            now, rows = self._clock(), []
            for raw, refusal in records:
                place = (stream, raw.position)
                rows.append(quarantine_row(stream, raw, refusal, now, element=elements[place]))
                elements[place] += 1
            with self._engine.begin() as connection:
                store_refused(connection, rows)

        sentences, regions = MacroCounter(), Counter[str]()
        admission = CountedAdmission(self._processor, sentences, regions)
        with self._deciding_ids(spool):
            found.read(FirstPass(spool, admission, self._clock, refused), counted)
        summary.kept = Counter(self._admission.redactor.keep.counts)
        summary.doubtful = self._admission.redactor.doubtful
        summary.macros = self._learn(sentences)
        if summary.lines and not control.stop():
            rules, summary.zone = self._zone(self._rules, regions)
            self._use(rules)
        summary.later_rows = found.join_rows()
        for stream, raw, refusal in found.set_aside():
            refused(stream, [(raw, refusal)])
        summary.grains = self._place_coarse(found)
        summary.truncated += [file.broken for file in found.files if file.broken is not None]
        summary.unchanged += [file.progress.stream for file in found.files if file.unchanged]
        summary.phase = Phase.INGESTING

    @contextmanager
    def _deciding_ids(self, spool: Spool) -> Iterator[None]:
        """Decide which sources' ids are numbers by nature while the input is read, and name what was spooled before accordingly."""
        identities = self._admission.identities
        with reading(self._engine) as connection:
            identities.forms.learn(read_id_forms(connection))
        ids = FirstIds(identities)
        yield
        forms = ids.decide()
        spool.rename(ids.names())
        if forms:
            with self._engine.begin() as connection:
                write_id_forms(connection, forms)

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

    def _place_coarse(self, found: OrderedInput) -> dict[str, Grain]:
        """Place events of coarse times, and keep the grain of sources that have, or had, one: a later small file counts too."""
        with reading(self._engine) as connection:
            profiles = read_profiles(connection)
        known = {source: Grain(one.grain) for source, one in profiles.items()}
        grains = found.place_coarse(known, self._clock())
        kept = {source: grain for source, grain in grains.items() if grain > Grain.SECOND or source in known}
        with self._engine.begin() as connection:
            write_grains(connection, kept)
            self._use(self._rules.at_grain(common_grain(connection, grains)))
        return {source: grain for source, grain in kept.items() if grain > Grain.SECOND}

    def _ingest(self, run: _Pass) -> None:
        """Run the second pass: while one batch is stored and mined the next ones are embedded.

        `prepare` only computes, so nothing depends on who is faster.
        """
        batches = run.found.batches(self._batch)
        stop = run.control.stop
        with _quick_turns(), ThreadPoolExecutor(max_workers=ABREAST, thread_name_prefix="prepare") as pool:
            try:
                self._miner.mine_history()
                coming = deque(self._read_ahead(pool, batches, 1))
                self._mine(run, run.arrival.first_open())
                while coming and not stop():
                    coming += self._read_ahead(pool, batches, 1 + ABREAST - len(coming))
                    ahead = coming.popleft()
                    _hold(ahead.batch, run.control.hold)
                    self._store(run, ahead)
                    self._mine(run, run.arrival.first_open())
                    run.control.report(run.summary)
                if not coming and not stop():
                    self._close(run)
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

    def _record(self) -> RecordSpan | None:
        """Read the span of event time that is mined; None where nothing is."""
        with reading(self._engine) as connection:
            row = read_miner(connection)
        start = parse_rfc3339(row.state.get("record_start"))
        if start is None or row.next_epoch is None:
            return None
        return RecordSpan(start, epoch_start(row.next_epoch, self._rules.mining.epoch.total_seconds()))

    def _arrival(self, *, history: bool) -> Arrival:
        with reading(self._engine) as connection:
            row = read_miner(connection)
        seconds = self._rules.mining.epoch.total_seconds()
        # Not the begin of the record, which moves back with the first batch of history.
        mined = None if row.first_epoch is None else epoch_start(row.first_epoch, seconds)
        return Arrival(
            epoch=self._rules.mining.epoch,
            lateness=self._rules.mining.lateness,
            newest={ORDERED: None},
            first_open=row.next_epoch,
            history_before=mined if history else None,
        )

    def _read_ahead(self, pool: ThreadPoolExecutor, batches: Iterator[list[Raw]], number: int) -> Iterator[_Ahead]:
        """Read the next batches and have them prepared."""
        for batch in islice(batches, number):
            yield _Ahead(batch, pool.submit(self._prepare, batch))

    def _prepare(self, batch: list[Raw]) -> Prepared:
        with reading(self._engine) as connection:
            return self._processor.prepare(
                ORDERED, batch, lambda keys: seen_events(connection, keys), lambda: nullcontext(connection)
            )

    def _store(self, run: _Pass, ahead: _Ahead) -> None:
        """Store a prepared batch with how far its sources are stored, in one transaction, and mine what of it is history."""
        prepared = ahead.prepared.result()
        with self._engine.begin() as connection:
            outcome = self._processor.record(connection, prepared, run.arrival)
            write_offsets(connection, [asdict(progress) for progress in run.found.stored(ahead.batch)])
        # What the run before this one stored of the same content is no repeat of the input.
        known = min(run.again, outcome.repeated)
        run.again -= known
        outcome.repeated -= known
        run.summary.outcome.add(outcome)
        run.summary.ingested += len(ahead.batch)
        if run.control.history:
            run.summary.history += self._miner.mine_history()

    def _mine(self, run: _Pass, until: int | None) -> None:
        if until is None:
            return
        for mined in self._miner.mine_until(until, run.control.stop):
            run.summary.epochs += 1
            run.summary.births += mined.births
            run.summary.outcome.no_demand.update(mined.no_demand)
            run.control.report(run.summary)

    def _close(self, run: _Pass) -> None:
        """Close the epochs that the end of the input leaves open, and note that the sources were mined to their ends."""
        keep_open = run.control.keep_open
        if not keep_open:
            self._mine(run, run.arrival.all_closed())
        if run.control.stop():
            return
        run.summary.stopped = False
        self._miner.settle_layout()
        with self._engine.begin() as connection:
            write_offsets(connection, [asdict(progress) for progress in run.found.ended(keep_open=keep_open)])


def _hold(batch: Sequence[Raw], hold: Hold) -> None:
    """Wait until all of a batch is due."""
    for raw in (batch[0], batch[-1]):
        if isinstance(raw.content, TicketEvent | LaunchEvent | ChangeEvent):
            hold(raw.content.time)
