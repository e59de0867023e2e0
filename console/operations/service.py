"""What the pages and routes of operations do: each action is noted with the person's name in the audit log."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Engine

from alerts.channel_status import ChannelStatus, channel_statuses
from alerts.channels.trial import ChannelTrial
from alerts.ownership import Ownership
from console.errors import ConsoleError
from console.operations.background import Background
from console.operations.parts import OperationFailed, OperationsParts, RetryOrder, RetryResult
from models.access import Person
from models.check_result import CheckResult
from models.clock import Clock
from models.formats import counted
from models.redaction import quoted
from store.audit import record
from store.channel_states import hold_channel, resume_channel
from store.database import reading
from store.outbox import revive, try_at_once
from store.quarantine import QuarantineChoice, RefusedRecord, count_chosen, refused_record
from store.records import count_quarantine

PATIENCE = 8.0
"""Seconds that an answer waits for work that was begun; what takes longer goes on, and the page says so."""

FRESH = timedelta(minutes=15)
"""Results of checks that are older are renewed when somebody looks."""

LONGEST_PAUSE = 168
"""Hours, one week: what is forgotten begins again."""


class ChannelNotSetUp(ConsoleError):
    """No channel has the name."""

    def __init__(self, name: str, known: Sequence[str]) -> None:
        super().__init__(
            f"received the channel {quoted(name, 60)}; valid are {', '.join(known) or 'none'}: see the list"
        )


class NotAvailable(ConsoleError):
    """The console was not handed what the action needs, or is doing the same already."""


class Operations:
    """The actions, and what goes on in the background."""

    def __init__(self, engine: Engine, clock: Clock, parts: OperationsParts, ownership: Ownership) -> None:
        self._engine, self._clock = engine, clock
        self._parts, self._ownership = parts, ownership
        self.retries: Background[RetryResult] = Background("retry of quarantine", clock)
        self._trials: dict[str, tuple[datetime, ChannelTrial]] = {}
        self.checks: Background[tuple[CheckResult, ...]] = Background("checks", clock)

    @property
    def parts(self) -> OperationsParts:
        """What the console was handed."""
        return self._parts

    def channels(self, connection: Connection) -> list[ChannelStatus]:
        """Read how every channel fares that is set up, or that something waits for."""
        return channel_statuses(connection, self._parts.channels, self._ownership)

    # ── checks ───────────────────────────────────────────────────────────────────────────────────────────────────────

    def check_if_old(self, by: str) -> None:
        """Begin to examine the installation where that was not done for `FRESH`."""
        state = self.checks.state
        old = state is None or (state.ended_at is not None and self._clock() - state.ended_at > FRESH)
        if old and self._parts.checks is not None:
            self._check(by)

    def check(self, person: Person) -> None:
        """Examine the installation again; an examination that is under way is waited for."""
        if self._parts.checks is None:
            raise NotAvailable("this console cannot examine the installation; run `groundswell doctor`")
        self._note(person, "examined the installation", "installation")
        self._check(person.name)
        self.checks.wait(PATIENCE)

    def _check(self, by: str) -> None:
        look = self._parts.checks
        if look is not None:
            self.checks.start(lambda: tuple(look()), what="examine the installation", by=by)

    # ── quarantine ───────────────────────────────────────────────────────────────────────────────────────────────────

    def retry(self, person: Person, order: RetryOrder) -> int:
        """Read refused records again, in the background; returns how many are meant. Raises `NotAvailable`."""
        read_again = self._parts.retry_quarantine
        if read_again is None:
            raise NotAvailable("this console cannot read files; run `groundswell quarantine retry` where they are")
        with reading(self._engine) as connection:
            meant = count_chosen(connection, QuarantineChoice(order.reason, order.record_id, order.stream))
        if not meant:
            raise NotAvailable("nothing like that is in quarantine any more; see the list")
        what = f"retry {counted(meant, 'record')}{_described(order)}"
        if not self.retries.start(lambda: read_again(order), what=what, by=person.name):
            raise NotAvailable("records are being read again already; wait until that is done, then try again")
        detail = {"records": meant, "mended_mapping": order.mapping is not None}
        self._note(person, "retried quarantine", _subject(order), detail)
        self.retries.wait(PATIENCE)
        return meant

    def reasons(self, connection: Connection) -> dict[str, Any]:
        """Return what the list of reasons is shown with: their counts, and what became of the last retry."""
        return {
            "reasons": sorted(count_quarantine(connection).items(), key=lambda one: (-one[1], one[0])),
            "retrying": self.retries.state, "can_retry": self._parts.retry_quarantine is not None,
        }  # fmt: skip

    def mapping_of(self, refused: RefusedRecord) -> str:
        """Return the mapping that a refused record's file is read with (TOML). Raises `OperationFailed`, `NotAvailable`."""
        if self._parts.propose_mapping is None:
            raise NotAvailable("this console cannot read files; run `groundswell ingest --guess FILE` where they are")
        if not refused.from_file:
            raise OperationFailed("the record came from no file, so there is no mapping to mend; mend its sender")
        return self._parts.propose_mapping(refused.stream, refused.reading)

    def record_of(self, record_id: int) -> RefusedRecord:
        """Read one refused record. Raises `RefusedRecordUnknown`."""
        with reading(self._engine) as connection:
            return refused_record(connection, record_id)

    # ── outbox and channels ──────────────────────────────────────────────────────────────────────────────────────────

    def revive(self, person: Person, *, row_id: int | None = None, channel: str | None = None) -> int:
        """Let given-up messages be sent again: one row, those of a channel, or all; returns how many. Raises `ChannelNotSetUp`."""
        with self._engine.begin() as connection:
            statuses = self.channels(connection)
            if channel is not None:
                statuses = [self._status(statuses, channel)]
            dead = {row.row_id for one in statuses for row in one.dead if not row.empty}
            chosen = dead if row_id is None else dead & {row_id}
            revived = revive(connection, sorted(chosen))
            subject = f"message {row_id}" if row_id is not None else f"channel {channel}" if channel else "outbox"
            self._note_in(connection, person, "retried messages", subject, {"messages": revived})
        return revived

    def pause(self, person: Person, name: str, hours: int) -> datetime:
        """Send nothing to a channel for so many hours; returns until when. Raises `ChannelNotSetUp`."""
        until = self._clock() + timedelta(hours=hours)
        with self._engine.begin() as connection:
            self._status(self.channels(connection), name)
            hold_channel(connection, name, until, person.name)
            self._note_in(connection, person, "paused channel", f"channel {name}", {"hours": hours})
        return until

    def resume(self, person: Person, name: str) -> None:
        """Send to a channel again, and what waits at once. Raises `ChannelNotSetUp`."""
        with self._engine.begin() as connection:
            self._status(self.channels(connection), name)
            resume_channel(connection, name)
            try_at_once(connection)
            self._note_in(connection, person, "resumed channel", f"channel {name}")

    def try_channel(self, person: Person, name: str) -> ChannelTrial:
        """Send one message that is marked as a test. Raises `ChannelNotSetUp`, `NotAvailable`, `OperationFailed`."""
        if self._parts.test_channel is None:
            raise NotAvailable("this console cannot send; run `groundswell channels test NAME`")
        if name not in self._parts.channels:
            raise ChannelNotSetUp(name, list(self._parts.channels))
        self._note(person, "tested channel", f"channel {name}")
        trial = self._parts.test_channel(name)
        self._trials[name] = (self._clock(), trial)
        return trial

    @property
    def trials(self) -> Mapping[str, tuple[datetime, ChannelTrial]]:
        """What became of the last test of each channel that was tested since this console started, and when."""
        return self._trials

    def _status(self, statuses: Sequence[ChannelStatus], name: str) -> ChannelStatus:
        for one in statuses:
            if one.state.name == name:
                return one
        raise ChannelNotSetUp(name, [one.state.name for one in statuses])

    def _note(self, person: Person, action: str, subject: str, detail: Mapping[str, Any] | None = None) -> None:
        with self._engine.begin() as connection:
            self._note_in(connection, person, action, subject, detail)

    def _note_in(
        self, connection: Connection, person: Person, action: str, subject: str, detail: Mapping[str, Any] | None = None
    ) -> None:
        record(
            connection, at=self._clock(), actor=person.name, action=action, subject=subject[:256], detail=detail
        )  # fmt: skip


def _described(order: RetryOrder) -> str:
    with_mapping = " with a mended mapping" if order.mapping is not None else ""
    return (f" of {order.reason.replace('_', ' ')}" if order.reason else "") + with_mapping


def _subject(order: RetryOrder) -> str:
    if order.record_id is not None:
        return f"refused record {order.record_id}"
    return f"refused records: {order.reason}" if order.reason else "refused records"
