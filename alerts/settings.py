"""Settings of alerts; `groundswell.settings` composes them into `groundswell.toml`."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator

from alerts.secrets import HiddenText
from models.incidents.policy import IncidentPolicy

_SHORTEST_KEY = 16


class AlertSettings(BaseModel):
    """What decides who is notified of what, and how often."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    ownership: Path | None = Field(
        default=None,
        description="TOML file of the audiences, what they own and how many false alerts they accept; without one, everyone is "
        "notified of all.",
    )
    digest_folder: Path = Field(
        default=Path("digests"),
        description="Folder that digests are written to, one folder per window inside it.",
    )
    outbox_folder: Path = Field(
        default=Path("notifications"), description="Folder that the `file` channel writes what it is sent to."
    )
    learning_period: timedelta = Field(
        default=timedelta(days=7),
        ge=timedelta(0),
        description="Event time from the first ticket on in which no new theme alerts: all are new then.",
    )
    min_tickets: Annotated[int, Field(ge=1)] = Field(
        default=5, description="Fewer tickets than this never alert: below it, chance alone makes groups."
    )
    min_requesters: Annotated[int, Field(ge=1)] = Field(
        default=4,
        description="Fewer requesters than this never alert: one person who writes often is no pattern.",
    )
    birth: timedelta = Field(
        default=timedelta(hours=6),
        ge=timedelta(0),
        description="How long after its first alert a new theme's own burst is the same news.",
    )
    known_issue_growth: Annotated[float, Field(ge=1)] = Field(
        default=2.0,
        description="A known issue may grow to this many times the flagged volume before it alerts again.",
    )
    known_issue_stale_after: timedelta = Field(
        default=timedelta(days=14),
        gt=timedelta(0),
        description="A known issue without an update or a ticket for longer than this is listed as stale.",
    )
    fix_settles: timedelta = Field(
        default=timedelta(hours=24),
        gt=timedelta(0),
        description="A fixed known issue is resolved once its volume over so long is within its usual envelope, and it is back "
        "when its volume over so long leaves that envelope again.",
    )
    silence_reminder: timedelta = Field(
        default=timedelta(hours=1),
        ge=timedelta(0),
        description="How long before a silence ends, or a mute rule is to be reviewed, its owner is reminded; not in the first half of "
        "the time until then.",
    )
    group_wait: timedelta = Field(
        default=timedelta(0),
        ge=timedelta(0),
        description="Event time between the first signal of an incident and its first message; 0 sends at once. What is over by then "
        "is not sent.",
    )
    group_interval: timedelta = Field(
        default=timedelta(minutes=15),
        ge=timedelta(0),
        description="Least event time between two messages about one incident; a return is sent at once.",
    )
    repeat_interval: timedelta = Field(
        default=timedelta(days=3),
        ge=timedelta(0),
        description="Event time after which an incident that lasts is reported again, unless somebody acknowledged it; 0 never "
        "does. The daily digest lists it every day.",
    )
    return_window: timedelta = Field(
        default=timedelta(days=7),
        ge=timedelta(0),
        description="An incident that ended is the same one when its theme rises again within this time.",
    )
    escalation: Annotated[float, Field(gt=1)] = Field(
        default=2.0,
        description="Factor by which an incident's excess per hour must have grown since its last message to be reported again.",
    )
    ends_after: timedelta = Field(
        default=timedelta(hours=1),
        ge=timedelta(0),
        description="An incident ends once all of its signals have been over for this long.",
    )
    send_ends: bool = Field(default=True, description="Whether the end of an incident is sent as a message of its own.")
    digest_themes: Annotated[int, Field(ge=1, le=7)] = Field(
        default=7, description="Most items that a digest describes in full; the others are named in one line."
    )
    digest_quotes: Annotated[int, Field(ge=1, le=10)] = Field(
        default=3, description="Evidence quotes per theme in a digest."
    )
    delivery_lease: timedelta = Field(
        default=timedelta(minutes=2),
        gt=timedelta(0),
        description="How long a process may take to send one batch before another may send it instead.",
    )
    delivery_retry: timedelta = Field(
        default=timedelta(seconds=30),
        gt=timedelta(0),
        description="Wait after a first failure to send; it doubles with each further one, up to an hour.",
    )
    delivery_tries: Annotated[int, Field(ge=1, le=10)] = Field(
        default=3,
        description="How often a channel is tried within one attempt, a second apart, where it refuses connections, answers 5xx or not "
        "in time.",
    )
    delivery_attempts: Annotated[int, Field(ge=1)] = Field(
        default=20, description="After this many attempts a notification is given up and shown as failed."
    )
    feedback_key: HiddenText | None = Field(
        default=None,
        description="Key that feedback links are signed with, at least 16 characters and the same in all processes; by default in the "
        "file feedback.key in the data folder.",
    )
    feedback_lifetime: timedelta = Field(
        default=timedelta(days=30), gt=timedelta(0), description="How long a feedback link is valid."
    )
    console_url: str = Field(
        default="",
        description="Address at which readers reach the console, such as `https://groundswell.example.com`; messages and digests "
        "link to it; without it they have no links.",
    )
    message_quotes: Annotated[int, Field(ge=0, le=10)] = Field(
        default=3, description="Evidence quotes in a message about an incident."
    )

    @field_validator("console_url")
    @classmethod
    def _is_a_web_address(cls, url: str) -> str:
        """Refuse what readers cannot follow."""
        parts = urlsplit(url)
        if url and (
            parts.scheme not in ("http", "https")
            or not parts.hostname
            or parts.username
            or parts.query
            or parts.fragment
        ):
            raise ValueError(
                "received an address that readers cannot follow; valid is one that begins with https:// or http://, without user, "
                "query and fragment, such as https://groundswell.example.com"
            )
        return url

    @field_validator("feedback_key")
    @classmethod
    def _is_long_enough(cls, key: SecretStr | None) -> SecretStr | None:
        """Refuse a key that can be guessed."""
        if key is not None and len(key.get_secret_value()) < _SHORTEST_KEY:
            raise ValueError(f"received a key of fewer than {_SHORTEST_KEY} characters; give a longer one")
        return key

    @property
    def incidents(self) -> IncidentPolicy:
        """The settings that decide what about an incident is sent when."""
        return IncidentPolicy(
            group_wait=self.group_wait, group_interval=self.group_interval, repeat_interval=self.repeat_interval,
            return_window=self.return_window, escalation=self.escalation, ends_after=self.ends_after, send_ends=self.send_ends,
        )  # fmt: skip
