"""What channels share whose messages cannot be changed once they are sent."""

from __future__ import annotations

from alerts.channels.base import Message, Reference
from alerts.errors import MessageGone


class Unchangeable:
    """Refuses updates."""

    name: str

    def update(self, reference: Reference, message: Message) -> None:
        """Raise `MessageGone`: what was sent stays as it is."""
        del reference, message
        raise MessageGone(self.name, "a message that was sent cannot be changed")
