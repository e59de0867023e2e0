"""The contract of every channel."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol


@dataclass(frozen=True, slots=True)
class Message:
    """What is sent. `key` is the same at every attempt, so that a receiver can recognize a repetition.

    `text` is Markdown in which nothing of a ticket is markup any more; `payload` is plain JSON for machines.
    """

    key: str
    kind: str
    audience: str
    text: str
    payload: Mapping[str, Any] = field(default_factory=dict)


class Channel(Protocol):
    """A destination of notifications. It keeps no record of what it sent: the outbox does."""

    name: str
    """As ownership files write it."""

    def send(self, message: Message) -> None:
        """Send a message; returning means that it was taken.

        Raises `DeliveryRecoverable` where the same message may pass later and `DeliveryFinal` where it never
        will. Sending the same message twice must do no harm beyond its repetition. The message is not
        changed.
        """
