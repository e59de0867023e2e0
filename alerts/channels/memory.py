"""A channel that keeps what it is sent, for tests and experiments."""

from __future__ import annotations

from alerts.channels.base import Message
from alerts.errors import DeliveryFailure


class MemoryChannel:
    """Keeps messages in the order of their arrival.

    `failures` are raised one after the other by the first calls, before anything is kept: this is how a test
    makes a channel that is down for two attempts, or that refuses.
    """

    def __init__(self, name: str = "memory", failures: tuple[DeliveryFailure, ...] = ()) -> None:
        self.name = name
        self.messages: list[Message] = []
        self._failures = list(failures)

    def send(self, message: Message) -> None:
        """Keep the message, or raise the next failure."""
        if self._failures:
            raise self._failures.pop(0)
        self.messages.append(message)
