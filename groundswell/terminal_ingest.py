"""Running the embedded chain in a terminal: progress, Ctrl-C, and a closing summary."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Callable, Sequence
from datetime import datetime
from types import FrameType
from typing import TYPE_CHECKING, Self

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from groundswell.session import Session, make_embedder, make_rules, now
from models.demand.figures import demand_sentence
from models.formats import counted

if TYPE_CHECKING:
    from groundswell.embedded import Summary
    from models.clock import Clock
    from stream.source import Source

INTERRUPTED = 130
"""What a shell says of a program that Ctrl-C ended."""


class StopRequest:
    """Ctrl-C and SIGTERM, remembered: the run stops cleanly after its batch or epoch; a second one ends it at once."""

    def __init__(self) -> None:
        self._asked = threading.Event()

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
        if self._asked.is_set():
            raise KeyboardInterrupt
        self._asked.set()
        sys.stderr.write("\nStopping after this batch; Ctrl-C again ends at once. The next run goes on from here.\n")


def ingest_sources(
    session: Session,
    sources: Sequence[Source],
    *,
    keep_open: bool = False,
    history: bool = False,
    hold: Callable[[datetime], None] = lambda _: None,
    clock: Clock = now,
    console: Console | None = None,
) -> int:
    """Ingest with a progress bar on stderr and a summary at the end. Returns the exit code."""
    from groundswell.embedded import EmbeddedRun
    from stream.requester import load_or_make_key

    console = console or Console(stderr=True, soft_wrap=True)
    with StopRequest() as stop:
        with console.status("Loading the embedding model"):
            embedder = make_embedder(session.settings)
        run = EmbeddedRun(
            session.engine,
            embedder,
            make_rules(session.settings, embedder.name),
            clock=clock,
            requester_key=load_or_make_key(session.settings.requester_key_path()),
            batch=session.settings.ingest.batch,
            id_patterns=session.settings.ingest.id_patterns,
        )
        with _bar(console) as bar:
            summary = run.ingest(
                sources, keep_open=keep_open, history=history, stop=stop, report=_reporter(bar, sources), hold=hold
            )
    _deliver(session)
    for sentence in summary.truncated:
        console.print(f"groundswell: {sentence}", style="yellow", highlight=False)
    for sentence in summary.notes():
        console.print(sentence, highlight=False)
    console.print(_closing(summary), highlight=False)
    if summary.stopped:
        return INTERRUPTED
    return 1 if summary.truncated else 0


def _deliver(session: Session) -> None:
    """Send the alerts that the run decided; what fails stays in the outbox and is sent by the next run."""
    from alerts.channels.shipped import make_channels
    from alerts.outbox import deliver
    from alerts.ownership import read_ownership

    settings = session.settings.alerts
    deliver(session.engine, make_channels(settings), read_ownership(settings.ownership), clock=now, settings=settings)


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
        shares = [source.read_share() for source in sources]
        known = [share for share in shares if share is not None]
        complete = known and len(known) == len(shares)
        share = sum(known) / len(known) if complete else None
        bar.update(
            task,
            description=f"Reading, {summary.lines:,} records",
            total=None if share is None else 1.0,
            completed=share or 0.0,
        )

    return report


def _closing(summary: Summary) -> str:
    found = summary.outcome
    parts = [f"{found.stored:,} events stored ({found.tickets:,} tickets)"]
    if found.repeated:
        parts.append(f"{found.repeated:,} repeats left out")
    if summary.history:
        parts.append(f"{summary.history:,} of them mined as history")
    if found.refused:
        reasons = ", ".join(f"{n:,} {reason}" for reason, n in sorted(found.refused.items()))
        parts.append(f"{sum(found.refused.values()):,} quarantined ({reasons}); `groundswell quarantine` shows them")
    if summary.unchanged:
        parts.append(f"nothing read of {', '.join(summary.unchanged)}, unchanged since it was ingested")
    if sentence := demand_sentence(found.no_demand):
        parts.append(f"{sentence} (`groundswell demand list` shows them)")
    if summary.macros:
        parts.append(f"{counted(summary.macros, 'standard sentence')} of agents or forms learned and left out")
    parts.append(f"{summary.epochs:,} epochs mined")
    return ("Stopped; run the same command to go on. " if summary.stopped else "") + "; ".join(parts) + "."
