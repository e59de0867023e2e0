"""The contract of every channel."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeAlias

Reference: TypeAlias = Mapping[str, Any]
"""Plain JSON by which a channel finds a message again that it sent, and what the receiver answered."""


@dataclass(frozen=True, slots=True)
class MessageFile:
    """A file of a message: an attachment, or with `inline` an image that its HTML shows as `cid:NAME`."""

    name: str
    mime_type: str
    content: bytes
    inline: bool = False


@dataclass(frozen=True, slots=True)
class Message:
    """What is sent. `key` is the same at every attempt, so that a receiver can recognize a repetition.

    `text` is Markdown in which nothing of a ticket is markup any more; `plain`, `html` and `blocks` (Block Kit of Slack) are the same
    in other forms, empty where there is none. `payload` is plain JSON for machines. `url` is the page of the console.
    """

    key: str
    kind: str
    audience: str
    text: str
    payload: Mapping[str, Any] = field(default_factory=dict)
    title: str = ""
    plain: str = ""
    html: str = ""
    blocks: tuple[Mapping[str, Any], ...] = ()
    files: tuple[MessageFile, ...] = ()
    url: str | None = None
    subject: str | None = None
    """What a living message is about, such as `incident:12`; None: the message is never changed."""

    revision: int = 0
    """Of the subject, from 1."""

    news: str | None = None
    """What happened, in a word; None for what only brings the first message up to date, and where there is no subject."""

    thread: Reference | None = None
    """The first message about the subject, where this one follows it."""

    @property
    def is_update(self) -> bool:
        """Whether this is no news and only brings the first message up to date."""
        return self.subject is not None and self.news is None


@dataclass(frozen=True, slots=True)
class ChannelAbilities:
    """What a channel can do.

    updates: it can edit a message that it sent. threads: it shows a message under the first one. recognizes: its receiver recognizes
    a message that comes again by its key, and shows it once. pages: it shows HTML and takes files.
    """

    updates: bool = False
    threads: bool = False
    recognizes: bool = False
    pages: bool = False


class Channel(Protocol):
    """A destination of notifications. It keeps no record of what it sent: the outbox does."""

    name: str
    """As ownership files write it."""

    @property
    def abilities(self) -> ChannelAbilities:
        """What it can do."""

    def send(self, message: Message) -> Reference | None:
        """Send a message; returning means that it was taken.

        Returns how the message is found again, None where it is not. Raises `DeliveryRecoverable` where the same message may pass
        later and `DeliveryFinal` where it never will. Sending the same message twice must do no harm beyond its repetition. The
        message is not changed. One attempt is made: the sender repeats.
        """

    def update(self, reference: Reference, message: Message) -> None:
        """Bring the message that `send` returned the reference of up to date; called only where `abilities.updates`.

        Doing so twice is doing so once. Raises as `send` does, and `MessageGone` where that message cannot be edited any more.
        """
