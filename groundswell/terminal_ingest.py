"""Running the embedded chain in a terminal: progress, Ctrl-C, and a closing summary."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from types import FrameType
from typing import TYPE_CHECKING, Self

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from groundswell.session import Session, admission_rules, make_embedder, make_rules, now
from groundswell.terminal import redacted
from groundswell.time_zone import decide_zone

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from groundswell.embedded import Summary, ZoneDecision
    from groundswell.ingest_progress import PlainProgress
    from groundswell.quarantine_retry import ReadingOptions
    from models.clock import Clock
    from pipelines.rules import Rules
    from stream.source import Source

INTERRUPTED = 130
"""What a shell says of a program that Ctrl-C ended."""


class StopRequest:
    """Ctrl-C and SIGTERM, remembered: the run stops cleanly after its batch or epoch; a second one ends it at once."""

    def __init__(self) -> None:
        self._asked = threading.Event()
        self._waiting = False

    @contextmanager
    def interrupting(self) -> Iterator[None]:
        """Let the first signal end the run at once: where it waits for others and has nothing of its own to finish."""
        self._waiting = True
        try:
            yield
        finally:
            self._waiting = False

    def __call__(self) -> bool:
        """Whether a stop was requested."""
        return self._asked.is_set()

    def __enter__(self) -> Self:
        """Listen to the signals; only the main thread can."""
        self._before = {number: signal.signal(number, self._ask) for number in (signal.SIGINT, signal.SIGTERM)}
        return self

    def __exit__(self, *_: object) -> None:
        """Give the signals back."""
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _ask(self, number: int, _frame: FrameType | None) -> None:
        if self._asked.is_set() or self._waiting:
            raise KeyboardInterrupt
        self._asked.set()
        sys.stderr.write("\nStopping after this batch; Ctrl-C again ends at once.\n")


def ingest_sources(
    session: Session,
    sources: Sequence[Source],
    *,
    keep_open: bool = False,
    history: bool = False,
    hold: Callable[[datetime], None] = lambda _: None,
    reading: ReadingOptions | None = None,
    clock: Clock = now,
) -> int:
    """Ingest with progress on stderr and a summary at the end. Returns the exit code.

    `reading` says how the sources were opened; it is kept with refused records, so that they can be read again.
    """
    from groundswell.quarantine_retry import keep_reading
    from store.quarantine import remove_settled

    console, began = Console(stderr=True, soft_wrap=True), clock()
    summary = run_ingest(session, sources, console, keep_open=keep_open, history=history, hold=hold, clock=clock)
    streams = [source.stream for source in sources]
    if not (summary.stopped or summary.truncated):
        with session.engine.begin() as connection:
            for stream in streams:
                if stream not in summary.unchanged:
                    remove_settled(connection, stream, began)
    if reading is not None:
        keep_reading(session.engine, streams, reading)
    return report_result(session.engine, sources, summary, console, whole=not keep_open)


def run_ingest(
    session: Session,
    sources: Sequence[Source],
    console: Console,
    *,
    keep_open: bool = False,
    history: bool = False,
    hold: Callable[[datetime], None] = lambda _: None,
    clock: Clock = now,
) -> Summary:
    """Run the embedded chain over sources, with progress on the console, and send the alerts that it decides."""
    from groundswell.embedded import EmbeddedRun
    from groundswell.requester_keys import local_requester_key

    settings = session.fine or session.settings
    key = local_requester_key(settings, session.engine, clock)
    with StopRequest() as stop:
        with console.status("Loading the embedding model"):
            embedder = make_embedder(settings)
        run = EmbeddedRun(
            session.engine,
            embedder,
            make_rules(settings, embedder.name),
            clock=clock,
            requester_key=key,
            batch=settings.ingest.batch,
            admission=admission_rules(settings, key),
        ).deciding_zone(_zone_decision(session, clock))
        with _bar(console) as bar:
            report = _reporter(bar, sources) if console.is_terminal else _plain_reporter(console, sources)
            summary = run.ingest(sources, keep_open=keep_open, history=history, stop=stop, report=report, hold=hold)
    deliver_alerts(session)
    return summary


def _zone_decision(session: Session, clock: Clock) -> ZoneDecision:
    def decide(rules: Rules, regions: Mapping[str, int]) -> tuple[Rules, str | None]:
        settings, sentence = decide_zone(session.settings, session.engine, regions, clock())
        return (rules if sentence is None else replace(rules, mining=settings.mining)), sentence

    return decide


def report_result(engine: Engine, sources: Sequence[Source], summary: Summary, console: Console, *, whole: bool) -> int:
    """Print what a run left behind. Returns the exit code: 1 where a file broke off, or little of it could be read.

    `whole`: a file without a record is a failure; one that is still written may have none yet.
    """
    from groundswell.ingest_summary import IngestResult
    from store.database import reading as reading_of
    from store.offsets import read_offsets
    from store.quarantine import quarantine_totals
    from stream.source import Noted

    streams = [source.stream for source in sources]
    with reading_of(engine) as connection:
        lines = {row["stream"]: row["lines"] for row in read_offsets(connection, streams)}
        refused = quarantine_totals(connection, streams)
    read = {stream: lines.get(stream, 0) for stream in streams}
    # What was not read now has no notes of this run; those of recognition are of its first rows only.
    noted = {
        one.stream: one.notes() for one in sources if isinstance(one, Noted) and one.stream not in summary.unchanged
    }
    result = IngestResult(summary, refused, read, whole=whole and not summary.truncated, noted=noted)
    for sentence in result.sentences():
        console.print(redacted(sentence), highlight=False, markup=False)
    failure = result.failure()
    for sentence in (*summary.truncated, *([failure] if failure else [])):
        console.print(f"groundswell: {redacted(sentence)}", style="yellow", highlight=False, markup=False)
    if summary.stopped:
        return INTERRUPTED
    return 1 if summary.truncated or failure else 0


def deliver_alerts(session: Session) -> None:
    """Send the alerts that the run decided; what fails stays in the outbox and is sent by the next run."""
    from groundswell.sending import channels_of, send_due, without_retry_log
    from groundswell.session import ownership_of

    settings = session.settings
    with without_retry_log():
        send_due(session.engine, channels_of(settings, now), ownership_of(settings), settings, now)


def _bar(console: Console) -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    )


def _reporter(bar: Progress, sources: Sequence[Source]) -> Callable[[Summary], None]:
    task = bar.add_task("Reading", total=None, rate="")

    def report(summary: Summary) -> None:
        if summary.events:
            elapsed = bar.tasks[0].elapsed or 0.0
            rate = f"{summary.ingested / elapsed:,.0f} events/s" if elapsed > 1 else ""
            bar.update(task, description="Ingesting", total=summary.events, completed=summary.ingested, rate=rate)
            return
        share = read_share(sources)
        bar.update(
            task,
            description=f"Reading, {summary.lines:,} records",
            total=None if share is None else 1.0,
            completed=share or 0.0,
        )

    return report


def _plain_reporter(console: Console, sources: Sequence[Source]) -> PlainProgress:
    from time import monotonic

    from groundswell.ingest_progress import PlainProgress

    return PlainProgress(console.file.write, monotonic, lambda: read_share(sources))


def read_share(sources: Sequence[Source]) -> float | None:
    """Return the share of the input that was read so far; None where that is unknown of one of the sources."""
    shares = [source.read_share() for source in sources]
    known = [share for share in shares if share is not None]
    return sum(known) / len(known) if known and len(known) == len(shares) else None
