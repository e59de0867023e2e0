"""What the console is handed to operate an installation: it knows neither how records come in nor how channels are set up."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from alerts.channels.trial import ChannelTrial
from console.errors import ConsoleError
from models.check_result import CheckResult
from store.retention.settings import RetentionSettings


class OperationFailed(ConsoleError):
    """A collaborator could not do what it was asked for; the text is one sentence, redacted."""


@dataclass(frozen=True, slots=True)
class RetryOrder:
    """Which refused records to read again: those of one reason, of one file, or one record; without any, all.

    `mapping` is the text of a mended mapping (TOML); None: that which each file was read with before.
    """

    reason: str | None = None
    record_id: int | None = None
    stream: str | None = None
    mapping: str | None = None


@dataclass(frozen=True, slots=True)
class RetryResult:
    """What reading again came to: records that are stored now, those that are still refused, and sentences for a person."""

    settled: int
    left: int
    sentences: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Write it as the API gives it."""
        return {"settled": self.settled, "left": self.left, "sentences": list(self.sentences)}


@dataclass(frozen=True, slots=True, kw_only=True)
class OperationsParts:
    """What operates an installation. What is None is not available, and its buttons are not shown.

    Parameters
    ----------
    checks: examines the installation, as `groundswell doctor` does; takes seconds.
    retry_quarantine: reads refused records again; takes as long as reading, embedding and mining them does. Raises `OperationFailed`.
    propose_mapping: the mapping (TOML) of a refused record's file, given its path and how it was read. Raises `OperationFailed`.
    channels: the kind of each channel that is set up, by name.
    test_channel: sends one message that is marked as a test. Raises `OperationFailed`.
    retention: how long each kind of data is kept.
    """

    checks: Callable[[], Sequence[CheckResult]] | None = None
    retry_quarantine: Callable[[RetryOrder], RetryResult] | None = None
    propose_mapping: Callable[[str, Mapping[str, Any] | None], str] | None = None
    channels: Mapping[str, str] = field(default_factory=dict)
    test_channel: Callable[[str], ChannelTrial] | None = None
    retention: RetentionSettings = field(default_factory=RetentionSettings)
