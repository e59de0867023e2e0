"""Delivery: takes what waits in the outbox to the channels of its audience."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import Engine

from alerts.channels.base import Channel, Message
from alerts.channels.file import FileChannel
from alerts.digest.escape import escape_markdown
from alerts.errors import ChannelUnknown, DeliveryFinal, DeliveryRecoverable
from alerts.ownership import BROADCAST, Audience, Ownership
from alerts.settings import AlertSettings
from models.clock import Clock
from models.times import parse_rfc3339
from store.database import reading
from store.digests import DigestWindow, load_digest
from store.outbox import Claim, claim, mark_failed, mark_sent, release

LONGEST_WAIT = timedelta(hours=1)
"""A channel that was down for a day is tried within the hour once it is back."""


@dataclass(frozen=True, slots=True)
class Deliveries:
    """What one round did, in rows; `problems` are the sentences of what failed."""

    sent: int = 0
    retried: int = 0
    failed: int = 0
    problems: tuple[str, ...] = ()

    def __add__(self, other: Deliveries) -> Deliveries:
        return Deliveries(
            self.sent + other.sent,
            self.retried + other.retried,
            self.failed + other.failed,
            self.problems + other.problems,
        )


def deliver(
    engine: Engine,
    channels: Mapping[str, Channel],
    ownership: Ownership,
    *,
    clock: Clock,
    settings: AlertSettings,
    limit: int = 50,
) -> Deliveries:
    """Send what is due, once: claim, close the transaction, send, mark (see `store.outbox`).

    Audiences in their quiet hours are skipped. A channel that fails for now is tried again after a wait
    that doubles, and the other channels of the audience are not sent to again; a final failure, an unknown
    channel or too many attempts end a row as failed.
    """
    done = Deliveries()
    now = clock()
    # Only a process that can reach the machines' channel takes what is meant for it.
    absent = frozenset() if "kafka" in channels else frozenset({BROADCAST})
    for claimed in claim(
        engine, now=now, lease=settings.delivery_lease, limit=limit, hold=ownership.quiet_at(now) | absent
    ):
        done += _deliver_one(engine, channels, ownership.audience(claimed.audience), claimed, clock, settings)
    return done


def _deliver_one(
    engine: Engine,
    channels: Mapping[str, Channel],
    audience: Audience,
    claimed: Claim,
    clock: Clock,
    settings: AlertSettings,
) -> Deliveries:
    message = _message(engine, claimed)
    delivered = list(claimed.delivered)
    later: list[DeliveryRecoverable] = []
    problems: list[str] = []
    for name in audience.channels:
        if name in delivered:
            continue
        try:
            _send(engine, claimed, _channel(channels, name), message)
            delivered.append(name)
        except DeliveryRecoverable as failure:
            later.append(failure)
            problems.append(f"{claimed.key}: {failure}")
        except (DeliveryFinal, ChannelUnknown) as failure:
            problems.append(f"{claimed.key}: {failure}")
    final = len(problems) > len(later)
    if later and claimed.attempt < settings.delivery_attempts:
        release(engine, claimed, retry_at=clock() + _wait(claimed.attempt, later, settings), delivered=delivered)
        return Deliveries(retried=1, problems=tuple(problems))
    if later or final:
        mark_failed(engine, claimed, at=clock(), channels=delivered)
        return Deliveries(failed=1, problems=tuple(problems))
    mark_sent(engine, claimed, at=clock(), channels=delivered)
    return Deliveries(sent=1)


def _send(engine: Engine, claimed: Claim, channel: Channel, message: Message) -> None:
    """Send a message; to files again where its text changed meanwhile, since what removed a quote from it found no file yet."""
    channel.send(message)
    while channel.name == FileChannel.name and (now := _message(engine, claimed)).text != message.text:
        message = now
        channel.send(message)


def _channel(channels: Mapping[str, Channel], name: str) -> Channel:
    if name not in channels:
        raise ChannelUnknown(name, tuple(sorted(channels)))
    return channels[name]


# By hand and not by stamina: the next attempt is a row in the database, and another process may make it.
def _wait(attempt: int, failures: list[DeliveryRecoverable], settings: AlertSettings) -> timedelta:
    doubled = min(settings.delivery_retry * (1 << min(attempt - 1, 16)), LONGEST_WAIT)
    asked = [failure.retry_after for failure in failures if failure.retry_after is not None]
    return max([doubled, *asked])


def _message(engine: Engine, claimed: Claim) -> Message:
    text = _digest_text(engine, claimed) if claimed.kind == "digest" else None
    if text is None:
        text = _sentence(claimed)
    return Message(key=claimed.key, kind=claimed.kind, audience=claimed.audience, text=text, payload=claimed.payload)


def _sentence(claimed: Claim) -> str:
    reason = escape_markdown(str(claimed.payload.get("reason", claimed.key)))
    kind = str(claimed.payload.get("kind", claimed.kind)).replace("_", " ")
    theme = escape_markdown(str(claimed.payload.get("theme_name", "")))
    return f"**{kind}{': ' if theme else ''}{theme}** – {reason}\n"


def _digest_text(engine: Engine, claimed: Claim) -> str | None:
    window = DigestWindow(parse_rfc3339(claimed.payload["start"]), parse_rfc3339(claimed.payload["end"]))
    with reading(engine) as connection:
        stored = load_digest(connection, claimed.audience, window)
    return stored.markdown if stored else None
