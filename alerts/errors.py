"""What can go wrong with notifications.

AlertsError
├── OwnershipInvalid
├── ChannelUnknown
├── FeedbackLinkInvalid
├── FeedbackLinkExpired
├── NarratorUnavailable
├── NarratorRefused
├── ChannelInvalid
├── PdfUnavailable
└── DeliveryFailure
    ├── DeliveryRecoverable
    └── DeliveryFinal
        └── MessageGone

A caller that sends writes:

    try:
        channel.send(message)
    except DeliveryRecoverable as failure:
        ...  # try again, not before failure.retry_after
    except DeliveryFinal as failure:
        ...  # trying again would fail again
"""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path


class AlertsError(Exception):
    """Base of them all; its text is one sentence for a person."""


class OwnershipInvalid(AlertsError):
    """The ownership file cannot be used; `where` names the offending place in it."""

    def __init__(self, path: Path, where: str, problem: str) -> None:
        self.path, self.where, self.problem = path, where, problem
        super().__init__(f"ownership file {path}: {where}: {problem}")


class ChannelUnknown(AlertsError):
    """A notification is meant for a channel that this process does not have."""

    def __init__(self, name: str, known: tuple[str, ...]) -> None:
        self.name, self.known = name, known
        super().__init__(
            f"received a notification for the channel {name!r}; this process has "
            f"{', '.join(known) or 'none'}; set that channel up or take it out of the ownership file"
        )


class FeedbackLinkInvalid(AlertsError):
    """A link of feedback was not made by this installation, or not completely copied."""

    def __init__(self) -> None:
        super().__init__(
            "received a feedback link that this installation did not sign; open it from the message again, in one piece"
        )


class FeedbackLinkExpired(AlertsError):
    """A link of feedback is too old."""

    def __init__(self, until: datetime) -> None:
        super().__init__(
            f"received a feedback link that was valid until {until:%Y-%m-%d %H:%M} UTC; `groundswell feedback add` still takes "
            "a verdict"
        )


class NarratorUnavailable(AlertsError):
    """The narrator's endpoint gave no text."""

    def __init__(self, problem: str) -> None:
        super().__init__(f"the narrator was asked, but {problem}")


class NarratorRefused(AlertsError):
    """What the narrator wrote is not used."""

    def __init__(self, problem: str) -> None:
        super().__init__(f"the narrator's text is not used: {problem}")


class ChannelInvalid(AlertsError):
    """A channel of `groundswell.toml` cannot be used as it is set."""

    def __init__(self, name: str, problem: str) -> None:
        self.name, self.problem = name, problem
        super().__init__(f"channels.{name}: {problem}")


class PdfUnavailable(AlertsError):
    """The libraries that PDF files are written with are not installed."""

    def __init__(self) -> None:
        super().__init__(
            "a PDF was asked for, but the library Pango that it is written with is not installed; on Debian and Ubuntu run "
            "`apt-get install libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 fonts-dejavu-core`, or ask for another format"
        )


class DeliveryFailure(AlertsError):
    """A channel did not take a message; `channel` says which one."""

    def __init__(self, channel: str, problem: str) -> None:
        self.channel, self.problem = channel, problem
        super().__init__(f"channel {channel}: {problem}")


class DeliveryRecoverable(DeliveryFailure):
    """The same message may pass later; `retry_after` is the wait that the channel asked for, if it did.

    `transient`: it may pass within a second, as after a refused connection. `unclear`: the receiver may have taken the message, and
    only its answer was lost.
    """

    def __init__(
        self,
        channel: str,
        problem: str,
        retry_after: timedelta | None = None,
        *,
        transient: bool = False,
        unclear: bool = False,
    ) -> None:
        self.retry_after, self.transient, self.unclear = retry_after, transient, unclear
        super().__init__(channel, problem)


class DeliveryFinal(DeliveryFailure):
    """The same message will never pass: it is refused, or its destination does not exist."""


class MessageGone(DeliveryFinal):
    """The message that was to be edited is not there any more, or may not be edited; a new one may pass."""
