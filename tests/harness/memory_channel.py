"""A channel that stores what is sent, for tests."""

from __future__ import annotations

from alerts.channels.base import ChannelAbilities, Message, Reference
from alerts.errors import DeliveryFailure


class MemoryChannel:
    """Stores messages in the order of their arrival, and `edits` of them with the number of the message that was edited.

    `failures` are raised one after the other by the first calls, which store nothing: so a test simulates a channel
    that is down for two attempts, or that refuses.
    """

    def __init__(
        self,
        name: str = "memory",
        failures: tuple[DeliveryFailure, ...] = (),
        abilities: ChannelAbilities | None = None,
    ) -> None:
        self.name = name
        self.abilities = abilities or ChannelAbilities()
        self.messages: list[Message] = []
        self.edits: list[tuple[int, Message]] = []
        self._failures = list(failures)

    def send(self, message: Message) -> Reference:
        """Store the message, or raise the next failure."""
        if self._failures:
            raise self._failures.pop(0)
        self.messages.append(message)
        return {"number": len(self.messages)}

    def update(self, reference: Reference, message: Message) -> None:
        """Store the edit, or raise the next failure."""
        if self._failures:
            raise self._failures.pop(0)
        self.edits.append((reference["number"], message))
