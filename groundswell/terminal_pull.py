"""Running a pull in a terminal: progress, Ctrl-C, repetition, and a closing summary."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

from stamina.instrumentation import RetryDetails, get_on_retry_hooks, set_on_retry_hooks

from groundswell.ingest_summary import note_sentences
from groundswell.pulling import Pulled, PullRun
from groundswell.requester_keys import local_requester_key
from groundswell.session import Session, admission_rules, make_embedder, make_rules, now, open_session
from groundswell.terminal import say
from groundswell.terminal_ingest import INTERRUPTED, StopRequest, deliver_alerts
from pipelines.miner import Miner
from stream.connectors.contract import Connector
from stream.connectors.jira import Jira
from stream.connectors.zendesk import Zendesk
from stream.processing import Processor
from stream.pull.client import PullPace
from stream.pull.errors import PullUnanswered
from stream.pull.jira import JiraPull
from stream.pull.settings import PullSettings
from stream.pull.zendesk import ZendeskPull

SAID_EVERY = 5.0
"""Seconds between two lines of progress."""

NAP = 0.2
"""Seconds between two looks whether a stop was asked for."""


@dataclass(frozen=True, slots=True)
class _Pulling:
    """A system and what reads it."""

    system: ZendeskPull | JiraPull
    connector: Connector


def pull_system(name: str, *, since: datetime | None, every: float | None, follow: bool, database: str | None) -> int:
    """Pull once, or again and again, with progress on stderr. Returns the exit code. Raises `PullError`."""
    session = open_session(database, create=True)
    settings = session.settings.pull
    interval = settings.every.total_seconds() if every is None else every
    start = None if since is None else since.replace(tzinfo=UTC)
    with StopRequest() as stop, _opened(name, settings, stop) as opened:
        run = _run(session)
        while True:
            done = _round(run, opened, settings, start, stop, keep_on=follow)
            deliver_alerts(session)
            if stop() or not follow:
                break
            start = None
            _nap(interval, stop)
            if stop():
                break
    return INTERRUPTED if done is not None and done.stopped and not follow else 0


def _round(
    run: PullRun,
    opened: _Pulling,
    settings: PullSettings,
    since: datetime | None,
    stop: Callable[[], bool],
    *,
    keep_on: bool,
) -> Pulled | None:
    """Pull once and say what came of it; a system that does not answer ends a single pull, and the next one of many tries again."""
    try:
        done = run.pull(
            opened.system,
            opened.connector,
            since=since,
            default_since=now() - settings.since,
            stop=stop,
            report=_Progress(),
        )
    except PullUnanswered as error:
        if not keep_on:
            raise
        say(f"groundswell: {error}", err=True)
        return None
    say(_closing(done), err=True)
    return done


def _run(session: Session) -> PullRun:
    settings = session.settings
    embedder = make_embedder(settings)
    rules = make_rules(settings, embedder.name)
    key = local_requester_key(settings, session.engine, now)
    return PullRun(
        session.engine,
        Processor(embedder, key, now, rules.macros, admission_rules(settings, key, session.engine)),
        Miner(session.engine, rules, now, make_embedder=lambda: embedder),
        rules,
        clock=now,
        batch=settings.ingest.batch,
    )


@contextmanager
def _opened(name: str, settings: PullSettings, stop: StopRequest) -> Iterator[_Pulling]:
    def pace(requests: int) -> PullPace:
        return PullPace(
            requests,
            settings.attempts,
            settings.timeout,
            now,
            lambda seconds: _nap(seconds, stop),
            stop.interrupting,
        )

    opened = (
        _Pulling(ZendeskPull(settings.zendesk, pace(settings.zendesk.requests)), Zendesk(settings.zendesk.account))
        if name == "zendesk"
        else _Pulling(JiraPull(settings.jira, pace(settings.jira.requests)), Jira(settings.jira.account))
    )
    before = get_on_retry_hooks()
    set_on_retry_hooks([_say_retry])
    try:
        yield opened
    finally:
        set_on_retry_hooks(before)
        opened.system.close()


def _say_retry(details: RetryDetails) -> None:
    """Say in one sentence that a request is repeated, in place of what the library would log."""
    why = details.caused_by.why if isinstance(details.caused_by, PullUnanswered) else type(details.caused_by).__name__
    say(f"No answer ({why}); trying again in {details.wait_for:.0f} s. Ctrl-C stops.", err=True)


def _nap(seconds: float, stop: Callable[[], bool]) -> None:
    until = time.monotonic() + seconds
    while (left := until - time.monotonic()) > 0 and not stop():
        time.sleep(min(NAP, left))


class _Progress:
    """Writes a line every few seconds."""

    def __init__(self) -> None:
        self._last = time.monotonic()

    def __call__(self, done: Pulled) -> None:
        if time.monotonic() - self._last >= SAID_EVERY:
            self._last = time.monotonic()
            sys.stderr.write(
                f"Pulled {done.pages:,} pages, {done.outcome.stored:,} events; {done.epochs:,} epochs mined.\n"
            )


def _closing(done: Pulled) -> str:
    found = done.outcome
    parts = [f"{found.stored:,} events stored ({found.tickets:,} tickets) from {done.pages:,} pages"]
    if found.repeated:
        parts.append(f"{found.repeated:,} were stored before")
    if found.late:
        parts.append(f"{found.late:,} were later than allowed")
    if found.refused:
        reasons = ", ".join(f"{number:,} {reason}" for reason, number in sorted(found.refused.items()))
        parts.append(f"{sum(found.refused.values()):,} quarantined ({reasons}); `groundswell quarantine` shows them")
    parts.append(f"{done.epochs:,} epochs mined")
    begin = "Stopped; run the same command to go on. " if done.stopped else ""
    return "\n".join([f"{begin}{'; '.join(parts)}.", *note_sentences(found.notes)])
