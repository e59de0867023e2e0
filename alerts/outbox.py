"""Delivery: takes what waits in the outbox to the channels of its audience."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from sqlalchemy import Engine

from alerts.channels.base import Channel
from alerts.feedback import FeedbackLinks
from alerts.messages.compose import Composer
from alerts.ownership import BROADCAST, Ownership
from alerts.sending import ClaimLost, RowResult, Sender
from alerts.settings import AlertSettings
from models.clock import Clock
from models.redaction import redact
from store.database import reading
from store.outbox import Claim, claim, has_later, mark_failed, mark_sent, release

PER_ROUND = 50
"""Rows that are claimed at once."""


@dataclass(frozen=True, slots=True)
class Deliveries:
    """What was done, in rows; `problems` are the sentences of what failed.

    skipped: updates that a later row of the same message includes, and rows whose channels are all paused. outcomes: messages by
    channel and what became of them (sent, retried, failed).
    """

    sent: int = 0
    retried: int = 0
    failed: int = 0
    problems: tuple[str, ...] = ()
    skipped: int = 0
    outcomes: tuple[tuple[str, str], ...] = ()

    @property
    def rows(self) -> int:
        """Rows that were claimed."""
        return self.sent + self.retried + self.failed + self.skipped

    def __add__(self, other: Deliveries) -> Deliveries:
        return Deliveries(
            self.sent + other.sent,
            self.retried + other.retried,
            self.failed + other.failed,
            self.problems + other.problems,
            self.skipped + other.skipped,
            self.outcomes + other.outcomes,
        )


def deliver_all(
    engine: Engine,
    channels: Mapping[str, Channel],
    ownership: Ownership,
    *,
    clock: Clock,
    settings: AlertSettings,
    feedback: FeedbackLinks | None = None,
    stop: Callable[[], bool] = lambda: False,
) -> Deliveries:
    """Send everything that is due, round by round, until nothing is or `stop` returns True; see `deliver`."""
    done = Deliveries()
    while not stop():
        some = deliver(engine, channels, ownership, clock=clock, settings=settings, feedback=feedback)
        done += some
        if not some.rows:
            break
    return done


def deliver(
    engine: Engine,
    channels: Mapping[str, Channel],
    ownership: Ownership,
    *,
    clock: Clock,
    settings: AlertSettings,
    limit: int = PER_ROUND,
    feedback: FeedbackLinks | None = None,
) -> Deliveries:
    """Send what is due, once: claim, close the transaction, send, mark (see `store.outbox`).

    Audiences in their quiet hours are skipped. A channel that fails for now is paused, for a wait that doubles with each failure, and
    the other channels go on; a row waits for those that it did not reach yet. A final failure, an unknown channel or too many attempts
    end a row as failed, with the reason. Of the rows of one incident each is sent after those before it, channel by channel.
    """
    done = Deliveries()
    now = clock()
    # Only a process that can reach the machines' channel takes what is meant for it.
    absent = frozenset() if "kafka" in channels else frozenset({BROADCAST})
    claims = claim(engine, now=now, lease=settings.delivery_lease, limit=limit, hold=ownership.quiet_at(now) | absent)
    if not claims:
        return done
    sender = Sender(engine, channels, Composer(engine, settings, feedback), clock, settings)
    for claimed in claims:
        try:
            done += _deliver_row(sender, claimed, ownership)
        except ClaimLost:
            done += Deliveries(skipped=1)
    return done


def _deliver_row(sender: Sender, claimed: Claim, ownership: Ownership) -> Deliveries:
    engine, at = sender.engine, sender.clock
    if claimed.kind == "incident" and claimed.payload.get("news") is None and _is_superseded(engine, claimed):
        mark_sent(engine, claimed, at=at(), channels=claimed.delivered)
        return Deliveries(skipped=1)
    most = 2 * sender.settings.delivery_attempts
    if claimed.attempt > most:
        # Each attempt ended with its process, so that none could be counted by its answer.
        problem = f"given up after {most} attempts, the last of which ended without an answer"
        mark_failed(engine, claimed, at=at(), channels=claimed.delivered, refused=claimed.refused, problem=problem)
        return Deliveries(failed=1, problems=(f"{claimed.key}: {problem}",))
    return _settle(sender, sender.send(claimed, ownership.audience(claimed.audience).channels))


def _settle(sender: Sender, result: RowResult) -> Deliveries:
    """Mark a row as its channels leave it."""
    claimed, now = result.claim, sender.clock()
    problem = redact("; ".join(dict.fromkeys(result.problems))).text or None
    said = tuple(f"{claimed.key}: {one}" for one in result.problems)
    done = Deliveries(problems=said, outcomes=tuple(result.outcomes))
    later = {**result.failed, **result.waiting}
    if later and not _given_up(result, sender.settings.delivery_attempts):
        release(
            sender.engine, claimed, retry_at=min(later.values()), delivered=result.delivered, refused=result.refused,
            problem=problem,
        )  # fmt: skip
        return replace(done, retried=1) if result.tried else Deliveries(skipped=1)
    if later or result.refused:
        mark_failed(
            sender.engine, claimed, at=now, channels=result.delivered, refused=result.refused, problem=problem
        )  # fmt: skip
        return replace(done, failed=1)
    mark_sent(sender.engine, claimed, at=now, channels=result.delivered)
    return replace(done, sent=1)


def _given_up(result: RowResult, attempts: int) -> bool:
    """Return whether a row was tried often enough: twice as often where a channel was paused at its last attempt."""
    return result.tried and result.claim.attempt >= (2 * attempts if result.waiting else attempts)


def _is_superseded(engine: Engine, claimed: Claim) -> bool:
    with reading(engine) as connection:
        return has_later(connection, claimed)
