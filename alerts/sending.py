"""Sending one row of the outbox to its channels: living messages, repetitions, and what is noted of each channel."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Protocol, TypeVar

import stamina
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from alerts.channels.base import Channel, Message, Reference
from alerts.channels.file import FileChannel
from alerts.deadline import DeadlinePassed, within
from alerts.errors import ChannelUnknown, DeliveryFailure, DeliveryFinal, DeliveryRecoverable, MessageGone
from alerts.settings import AlertSettings
from models.clock import Clock
from models.redaction import redact
from store.channel_states import ChannelState, read_channel_states, write_channel_state
from store.database import reading
from store.living_messages import LivingMessage, read_living, write_living
from store.outbox import Claim, note_delivered, renew

LONGEST_WAIT = timedelta(hours=1)
"""A channel that was down for a day is tried within the hour once it is back."""

SHARE_OF_LEASE = 0.25
"""Of the lease, which one channel may take for one message with all its tries: no claim runs out while it is sent."""

FIRST_WAIT = 0.2
"""Seconds before the second try of an attempt."""

Answer = TypeVar("Answer")


class Compose(Protocol):
    """Makes the message of a row; see `alerts.messages.compose.Composer`."""

    def __call__(self, claimed: Claim, *, pages: bool) -> Message:
        """Compose the message of a row."""


class ClaimLost(Exception):
    """Another sender has the row by now."""


@dataclass
class RowResult:
    """What became of a row in one attempt. `claim` is the row's newest.

    delivered, refused: channels that have it, and that never will. failed: channels that failed for now, each with the time of its next
    try. waiting: channels that were not asked, since they are paused or an earlier row of the sequence has not gone to them.
    """

    claim: Claim
    delivered: list[str]
    refused: list[str]
    failed: dict[str, datetime] = field(default_factory=dict)
    waiting: dict[str, datetime] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)
    outcomes: list[tuple[str, str]] = field(default_factory=list)
    tried: bool = False

    def skip(self, name: str, until: datetime, problem: str | None) -> None:
        """Note that a channel was not asked."""
        self.waiting[name] = until
        self.problems += [problem] if problem else []


@dataclass
class Sender:
    """Sends rows to channels. Make one for each round: it reads how the channels fare once."""

    engine: Engine
    channels: Mapping[str, Channel]
    compose: Compose
    clock: Clock
    settings: AlertSettings

    def __post_init__(self) -> None:
        """Read the states of the channels."""
        with reading(self.engine) as connection:
            self._states = read_channel_states(connection)

    def send(self, claim: Claim, names: Sequence[str]) -> RowResult:
        """Send a row to those of the named channels that neither have it nor refused it; each is noted before the next is tried.

        Raises `ClaimLost` where another sender took the row over.
        """
        result = RowResult(claim, list(claim.delivered), list(claim.refused))
        for name in names:
            if name in result.delivered or name in result.refused:
                continue
            state, now = self._state(name), self.clock()
            if claim.only is not None and name not in claim.only:
                soon = now + self.settings.delivery_retry
                result.skip(name, max(soon, state.resumes_at(now) or soon), None)
            elif (until := state.resumes_at(now)) is not None:
                result.skip(name, until, state.problem)
            else:
                self._one(name, result)
        return result

    def _one(self, name: str, result: RowResult) -> None:
        until = self.clock() + self.settings.delivery_lease
        renewed = renew(self.engine, result.claim, until, begins=not result.tried)
        if renewed is None:
            raise ClaimLost
        result.claim, result.tried = renewed, True
        try:
            living = self._deliver(renewed, self._channel(name))
        except DeliveryRecoverable as failure:
            result.failed[name] = self._failed(name, str(failure), failure.retry_after)
            result.problems.append(str(failure))
            result.outcomes.append((name, "retried"))
        except (DeliveryFinal, ChannelUnknown) as failure:
            self._refused(name, str(failure))
            result.refused.append(name)
            result.problems.append(str(failure))
            result.outcomes.append((name, "failed"))
        else:
            result.delivered.append(name)
            result.outcomes.append((name, "sent"))
            self._succeeded(renewed, name, result.delivered, living)

    def _channel(self, name: str) -> Channel:
        if name not in self.channels:
            raise ChannelUnknown(name, tuple(sorted(self.channels)))
        return self.channels[name]

    def _deliver(self, claim: Claim, channel: Channel) -> LivingMessage | None:
        """Send the message of a row, or edit the living one; returns the living message as it is then."""
        message = self._composed(claim, channel)
        if message.subject is None:
            self._post(claim, channel, message)
            return None
        with reading(self.engine) as connection:
            living = read_living(connection, message.subject, message.audience, channel.name)
        if living is not None and message.revision <= living.revision:
            return None  # It shows this or something newer already.
        if message.is_update and (living is None or not channel.abilities.updates):
            return None
        shown = living
        if living is not None and channel.abilities.updates:
            # First, since it can be repeated: what is posted cannot.
            shown = self._refreshed(channel, living, message)
            if message.is_update:
                # Where somebody removed it, the next news brings it back.
                return None if shown is None else replace(shown, revision=message.revision)
        follows = shown.reference if shown is not None and channel.abilities.threads else None
        reference = self._post(claim, channel, replace(message, thread=follows))
        kept = shown.reference if shown is not None else (reference or {})
        return LivingMessage(message.subject, message.audience, channel.name, kept, message.revision)

    def _composed(self, claim: Claim, channel: Channel) -> Message:
        try:
            return self.compose(claim, pages=channel.abilities.pages)
        except SQLAlchemyError:
            raise
        except Exception as error:  # a row that cannot be written must not stop those after it
            raise DeliveryFinal(channel.name, f"the message cannot be written ({type(error).__name__})") from error

    def _refreshed(self, channel: Channel, living: LivingMessage, message: Message) -> LivingMessage | None:
        """Edit the living message; None where it is gone, so that the next one takes its place."""
        try:
            self._repeat(channel, lambda: channel.update(living.reference, message))
        except MessageGone:
            return None
        return living

    def _post(self, claim: Claim, channel: Channel, message: Message) -> Reference | None:
        """Send a message; to files again where its text changed meanwhile, since what removed a quote from it found no file yet."""
        reference = self._repeat(channel, lambda: channel.send(message))
        while isinstance(channel, FileChannel) and (now := self._composed(claim, channel)).text != message.text:
            message = replace(now, thread=message.thread)
            reference = channel.send(message)
        return reference

    def _repeat(self, channel: Channel, call: Callable[[], Answer]) -> Answer:
        """Make a call, with repetitions within a second or two where a failure may pass that soon; within a share of the lease."""

        def again(error: Exception) -> bool:
            # What may have been taken is not repeated at once where the receiver would show it twice.
            return (
                isinstance(error, DeliveryRecoverable)
                and error.transient
                and (not error.unclear or channel.abilities.recognizes)
            )

        def attempt() -> Answer:
            for one in stamina.retry_context(
                again,
                attempts=self.settings.delivery_tries,
                timeout=limit,
                wait_initial=FIRST_WAIT,
                wait_jitter=FIRST_WAIT,
            ):
                with one:
                    return call()
            raise AssertionError("unreachable")

        limit = self.settings.delivery_lease.total_seconds() * SHARE_OF_LEASE
        try:
            return within(limit, attempt)
        except DeliveryFailure:
            raise
        except DeadlinePassed as late:
            problem = f"it did not answer within {limit:g} s"
            raise DeliveryRecoverable(channel.name, problem, unclear=True) from late
        except Exception as error:  # a defect of one channel must not stop the others
            problem = f"it failed in a way that nobody expected ({type(error).__name__})"
            raise DeliveryRecoverable(channel.name, problem) from error

    def _succeeded(self, claim: Claim, name: str, delivered: Sequence[str], living: LivingMessage | None) -> None:
        """Note in one transaction that a channel took a row; what a living message shows even where the claim was lost meanwhile."""
        self._states[name] = replace(
            self._state(name), last_success_at=self.clock(), problem=None, failures=0, paused_until=None
        )
        with self.engine.begin() as connection:
            if living is not None:
                write_living(connection, living, self.clock())
            write_channel_state(connection, self._states[name])
            noted = note_delivered(connection, claim, delivered)
        if not noted:
            raise ClaimLost

    def _failed(self, name: str, problem: str, asked: timedelta | None) -> datetime:
        """Pause a channel: the longer, the more failures in a row, and at least as long as it asks; returns until when."""
        before, now = self._state(name), self.clock()
        wait = min(self.settings.delivery_retry * (1 << min(before.failures, 16)), LONGEST_WAIT)
        until = now + max(wait, asked or wait)
        self._note(replace(self._after_failure(before, problem), paused_until=until))
        return until

    def _refused(self, name: str, problem: str) -> None:
        """Note that a channel answered, but refused the message; it is not paused, since others may pass."""
        if name in self.channels:
            self._note(self._after_failure(self._state(name), problem))

    def _after_failure(self, before: ChannelState, problem: str) -> ChannelState:
        return replace(
            before,
            last_failure_at=self.clock(),
            problem=redact(problem).text,
            failures=before.failures + 1,
            paused_until=None,
        )

    def _note(self, state: ChannelState) -> None:
        self._states[state.name] = state
        with self.engine.begin() as connection:
            write_channel_state(connection, state)

    def _state(self, name: str) -> ChannelState:
        return self._states.get(name, ChannelState(name))
