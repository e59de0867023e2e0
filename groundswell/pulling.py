"""A pull composed: pages become stored events with their cursor, then all that is complete is mined."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import nullcontext
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import orjson
from more_itertools import chunked
from sqlalchemy import Engine

from models.clock import Clock
from models.epochs import epoch_of
from pipelines.miner import Miner
from pipelines.rules import Rules
from store.cursors import read_cursor, write_cursor
from store.database import reading
from store.records import open_epoch, seen_events
from stream.connectors.contract import Connector
from stream.kafka.intake import OpenEpochs
from stream.processing import BatchOutcome, Prepared, Processor
from stream.pull.page import PulledPage, PulledSystem
from stream.raw import Raw, RefusalReason, RefusedEvent

WITHHELD = timedelta(minutes=2)
"""What is newer may be missing in an answer: Zendesk withholds a minute, and Jira's search finds issues after some seconds."""


@dataclass
class Pulled:
    """What a pull did so far; `stopped` by request."""

    pages: int = 0
    epochs: int = 0
    outcome: BatchOutcome = field(default_factory=BatchOutcome)
    stopped: bool = False


class PullRun:
    """Stores what a system's API returns, and mines it.

    All pages are stored before anything is mined: an API returns tickets in the order in which they were updated, and the miner
    takes them in the order of their own times. A pull that is killed goes on after the last page that was stored.
    """

    def __init__(
        self, engine: Engine, processor: Processor, miner: Miner, rules: Rules, *, clock: Clock, batch: int
    ) -> None:
        self._engine = engine
        self._processor = processor
        self._miner = miner
        self._rules = rules
        self._clock = clock
        self._batch = batch

    def pull(
        self,
        system: PulledSystem,
        connector: Connector,
        *,
        since: datetime | None,
        default_since: datetime,
        stop: Callable[[], bool] = lambda: False,
        report: Callable[[Pulled], None] = lambda _: None,
    ) -> Pulled:
        """Pull from the stored cursor, or from `since` where it is given, until nothing newer is there; then mine.

        Epochs close up to the time at which the pull began, less the allowed lateness. Raises `PullError`; what was stored before
        stays stored, with its cursor.
        """
        done = Pulled()
        begun = self._clock()
        with reading(self._engine) as connection:
            cursor = None if since is not None else read_cursor(connection, system.system, system.site)
        for page in system.pages(cursor, since or default_since):
            self._store(system, connector, page, done)
            report(done)
            if stop():
                done.stopped = True
                return done
        self._mine(begun, done, stop, report)
        return done

    def _store(self, system: PulledSystem, connector: Connector, page: PulledPage, done: Pulled) -> None:
        """Store a page with its cursor, in one transaction; its texts are embedded before, in batches."""
        stream = f"pull:{system.site}"
        raws = [raw for payload in page.payloads for raw in _records(connector, payload)]
        batches = [self._prepare(stream, batch) for batch in chunked(raws, self._batch)]
        seconds = self._rules.mining.epoch.total_seconds()
        with self._engine.begin() as connection:
            places = OpenEpochs(seconds, open_epoch(connection))
            outcomes = [self._processor.record(connection, one, places) for one in batches]
            write_cursor(connection, system.system, system.site, page.cursor, self._clock())
        for outcome in outcomes:
            done.outcome.add(outcome)
        done.pages += 1

    def _prepare(self, stream: str, batch: list[Raw]) -> Prepared:
        with reading(self._engine) as connection:
            return self._processor.prepare(
                stream, batch, lambda keys: seen_events(connection, keys), lambda: nullcontext(connection)
            )

    def _mine(self, begun: datetime, done: Pulled, stop: Callable[[], bool], report: Callable[[Pulled], None]) -> None:
        mining = self._rules.mining
        try:
            until = epoch_of(begun - max(mining.lateness, WITHHELD), mining.epoch.total_seconds())
            for _ in self._miner.mine_until(until, stop):
                done.epochs += 1
                report(done)
        finally:
            self._miner.release()
        done.stopped = stop()


def _records(connector: Connector, payload: Mapping[str, Any]) -> Iterator[Raw]:
    """Yield what a payload holds, element by element."""
    for element in connector.elements(payload):
        try:
            answer = connector.events(element)
        except Exception as error:  # noqa: BLE001 (one record that breaks its reader must not stop the pull)
            detail = f"the page holds a record that cannot be read ({type(error).__name__}); report it"
            answer = RefusedEvent(RefusalReason.INVALID, detail)
        if isinstance(answer, RefusedEvent):
            yield Raw(_position([answer.reason, answer.detail, answer.excerpt]), answer)
        else:
            yield from (Raw(_position(event), event) for event in answer)


def _position(content: Any) -> int:
    """Return a position that follows from the content: a record that is refused again, when its page is read again, is kept once."""
    digest = hashlib.sha256(orjson.dumps(content, option=orjson.OPT_SORT_KEYS, default=str)).digest()
    return int.from_bytes(digest[:7], "big")
