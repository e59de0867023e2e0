"""What the stages after the decision judge: a message in the outbox."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from alerts.ownership import Audience
from store.notifications import ChannelProblem, StoredNotification


@dataclass(frozen=True, slots=True, kw_only=True)
class SentMessage:
    """A message to one audience.

    Parameters
    ----------
    audience: who gets it, with its channels and quiet hours.
    now: wall clock.
    attempts: how often delivery is tried before it is given up.
    failing: the channels whose last attempt failed.
    """

    notification: StoredNotification
    audience: Audience
    now: datetime
    attempts: int
    failing: Sequence[ChannelProblem] = ()
