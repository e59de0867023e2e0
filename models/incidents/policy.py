"""When an incident is reported: what decides, apart from the signals themselves."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentPolicy:
    """When messages about an incident are sent.

    Parameters
    ----------
    group_wait: time between the first signal of an incident and its first message; 0 sends at once.
    group_interval: least time between two messages about one incident, returns apart, which are sent at once.
    repeat_interval: time after which an incident that lasts and that nobody acknowledged is reported again; 0 never does.
    return_window: an incident that ended is the same one when it returns within this time.
    escalation: factor by which the excess per hour must have grown since the last message to be news; above 1.
    ends_after: an incident ends once all of its signals have been over for this long.
    send_ends: whether an end is sent as a message.
    """

    group_wait: timedelta = timedelta(0)
    group_interval: timedelta = timedelta(minutes=15)
    repeat_interval: timedelta = timedelta(days=3)
    return_window: timedelta = timedelta(days=7)
    escalation: float = 2.0
    ends_after: timedelta = timedelta(hours=1)
    send_ends: bool = True
