"""Settings of the webhook receiver; `groundswell.settings` composes them into `groundswell.toml`."""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum
from ipaddress import IPv4Network, IPv6Network, ip_address
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator


class WebhookSystem(StrEnum):
    """What sends webhooks; each has a route of the same name."""

    ZENDESK = "zendesk"
    JIRA = "jira"
    EVENTS = "events"
    LAUNCHES = "launches"
    CHANGES = "changes"


Network = IPv4Network | IPv6Network


class UnsignedSettings(BaseModel):
    """From which networks deliveries without a signature are accepted; by default from none."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    zendesk: tuple[Network, ...] = Field(default=(), description="Networks that may send to /zendesk unsigned.")
    jira: tuple[Network, ...] = Field(default=(), description="Networks that may send to /jira unsigned.")
    events: tuple[Network, ...] = Field(default=(), description="Networks that may send to /events unsigned.")
    launches: tuple[Network, ...] = Field(default=(), description="Networks that may send to /launches unsigned.")
    changes: tuple[Network, ...] = Field(default=(), description="Networks that may send to /changes unsigned.")

    def accepts(self, system: WebhookSystem, host: str | None) -> bool:
        """Return whether a host may send to a system without a signature."""
        try:
            address = ip_address(host or "")
        except ValueError:
            return False
        # A socket for both versions reports an address of version 4 as one of version 6.
        mapped = getattr(address, "ipv4_mapped", None) or address
        networks: tuple[Network, ...] = getattr(self, system.value)
        return any(mapped in network for network in networks)


class ReceiveSettings(BaseModel):
    """Where webhooks are received, how their senders prove who they are, and how much is accepted at once."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    host: str = Field(
        default="127.0.0.1", description="Address to listen on; a reverse proxy with TLS is in front of it."
    )
    port: Annotated[int, Field(ge=0, le=65535)] = Field(
        default=8766, description="Port to listen on; 0 takes a free one."
    )
    to: Literal["inbox", "kafka"] = Field(
        default="inbox",
        description="Where accepted events are written before the sender is answered: the `inbox` table of the database, "
        "which is then mined, or the topics of `stream`.",
    )
    drain_delay: timedelta = Field(
        default=timedelta(seconds=5),
        ge=timedelta(0),
        le=timedelta(minutes=10),
        description="How long after its start the receiver begins to drain its inbox: senders that were refused meanwhile come first.",
    )
    zendesk_secret: SecretStr | None = Field(default=None, description="Signing secret of the webhook in Zendesk.")
    jira_secret: SecretStr | None = Field(default=None, description="Secret of the webhook in Jira.")
    github_secret: SecretStr | None = Field(
        default=None, description="Secret of the webhook in GitHub, for releases and deployments sent to /changes."
    )
    shared_secret: SecretStr | None = Field(
        default=None, description="Secret of `X-Groundswell-Signature`, for /events, /launches and /changes."
    )
    bearer_token: SecretStr | None = Field(
        default=None, description="Token of `Authorization: Bearer`, for /events, /launches and /changes."
    )
    zendesk_account: str = Field(
        default="",
        max_length=128,
        description="Name of the account in the source of events; needed where several feed one database.",
    )
    jira_account: str = Field(
        default="",
        max_length=128,
        description="Name of the site in the source of events; needed where several feed one database.",
    )
    unsigned: UnsignedSettings = Field(default_factory=UnsignedSettings)
    trusted_proxies: tuple[str, ...] = Field(
        default=(), description="Addresses of reverse proxies whose `X-Forwarded-For` names the sender."
    )
    time_window: timedelta = Field(
        default=timedelta(minutes=5),
        gt=timedelta(0),
        le=timedelta(hours=1),
        description="How far a signed time stamp may be from the clock, in both directions.",
    )
    max_bytes: int = Field(
        default=1_048_576, ge=1024, description="Largest body in bytes; a larger one is answered 413."
    )
    body_timeout: timedelta = Field(
        default=timedelta(seconds=10), gt=timedelta(0), description="How long a sender may take to send a body."
    )
    in_flight: int = Field(
        default=256,
        ge=1,
        description="Deliveries that may wait for their write at once; further ones are answered 429.",
    )
    inbox_limit: int = Field(
        default=100_000, ge=1, description="Deliveries in the inbox above which further ones are answered 429."
    )
    retry_after: timedelta = Field(
        default=timedelta(seconds=30),
        ge=timedelta(seconds=1),
        description="`Retry-After` of the answers 429 and 503.",
    )
    answer_within: timedelta = Field(
        default=timedelta(seconds=8),
        gt=timedelta(0),
        description="How long a delivery may wait for its write before it is answered 503; Zendesk gives up after about 10 s.",
    )
    commit_window: timedelta = Field(
        default=timedelta(milliseconds=5),
        ge=timedelta(0),
        le=timedelta(seconds=1),
        description="How long a write waits for others to share its transaction.",
    )
    batch: int = Field(default=128, ge=1, le=4096, description="Deliveries that leave the inbox in one transaction.")

    @field_validator("zendesk_secret", "jira_secret", "github_secret", "shared_secret", "bearer_token", mode="before")
    @classmethod
    def _blank_is_unset(cls, value: Any) -> Any:
        """Treat an empty secret as none: a signature with an empty key proves nothing."""
        text = value.get_secret_value() if isinstance(value, SecretStr) else value
        return None if isinstance(text, str) and not text.strip() else value
