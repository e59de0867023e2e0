"""What machines hear from us: the data of an alert's message and of a theme's."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict


class Outgoing(BaseModel):
    """Base of what goes out: nothing in it is optional, so that listeners need not guess."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class AlertData(Outgoing):
    """An alert that was opened. Its text is built of figures and names, never of a ticket's own words."""

    id: int
    kind: Literal["new_theme", "spike", "launch_excess", "missing_volume", "escalating", "regressed"]
    theme_id: int
    theme_name: str
    spike_id: int | None
    state: Literal["open", "acknowledged", "resolved"]
    audience: str
    opened_at: AwareDatetime
    reason: str
    incident_id: int | None = None


class ThemeData(Outgoing):
    """A theme as it now is; the newest message of a key is all that a listener has to keep."""

    id: int
    name: str
    keywords: list[str]
    state: Literal["live", "dormant", "merged", "split"]
    status: Literal["new", "ongoing", "escalating", "regressed", "known", "resolved", "archived"]
    size: int
    first_seen: AwareDatetime | None
    last_seen: AwareDatetime | None
    merged_into: int | None
    known_issue: dict[str, Any] | None
    owner: str | None


class DeadLetterData(Outgoing):
    """A record that could not be taken; `detail` and `excerpt` are redacted.

    `subject` is the ticket that it is about and `requester` a keyed hash; null where they are not readable.
    """

    stream: str
    partition: int
    position: int
    reason: str
    detail: str
    excerpt: str
    subject: str | None = None
    requester: str | None = None
