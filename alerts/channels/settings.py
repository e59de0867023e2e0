"""Settings of channels: the tables `[channels.NAME]` of `groundswell.toml`, one kind each."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta
from email.headerregistry import Address
from pathlib import Path
from typing import Annotated, Any, Literal, Self, TypeAlias
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    model_validator,
)  # fmt: skip

from alerts.errors import ChannelInvalid
from alerts.secrets import HiddenText

RESERVED = frozenset({"file", "kafka"})
"""Names of channels that are there without a setting."""

_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")


def _is_web(url: SecretStr) -> SecretStr:
    parts = urlsplit(url.get_secret_value())
    if parts.scheme not in ("https", "http") or not parts.hostname:
        raise ValueError("it is no address of the web; valid is one that begins with https://")
    return url


def _is_site(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in ("https", "http") or not parts.hostname or parts.username or parts.query or parts.fragment:
        raise ValueError("valid is an address that begins with https://, without user, query and fragment")
    return url.rstrip("/")


def _is_mailbox(text: str) -> str:
    try:
        found = Address(addr_spec=text)
    except (ValueError, IndexError) as error:
        raise ValueError("valid is one mail address, such as alerts@example.com") from error
    if not text.isascii() or not found.username or "." not in found.domain + "." or not found.domain:
        raise ValueError("valid is one mail address in ASCII, such as alerts@example.com")
    return text


Secret: TypeAlias = HiddenText
SecretAddress: TypeAlias = Annotated[Secret, AfterValidator(_is_web)]
Site: TypeAlias = Annotated[str, AfterValidator(_is_site)]
Mailbox: TypeAlias = Annotated[str, AfterValidator(_is_mailbox)]
Timeout: TypeAlias = Annotated[timedelta, Field(gt=timedelta(0), le=timedelta(minutes=1))]


class ChannelBase(BaseModel):
    """What all kinds have."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    timeout: Timeout = Field(default=timedelta(seconds=10), description="How long the receiver may take for an answer.")


class WithSecret(ChannelBase):
    """A kind with secrets that it cannot do without: each is given as it is, or as a file that has it."""

    @model_validator(mode="after")
    def _has_one_of_each(self) -> Self:
        for name in type(self).model_fields:
            if f"{name}_file" not in type(self).model_fields:
                continue
            given = [one for one in (name, f"{name}_file") if getattr(self, one) is not None]
            if len(given) != 1:
                what = "both are given" if given else "it is missing"
                raise ValueError(f"{name}: {what}; set either {name} or {name}_file")
        return self


class SlackSettings(WithSecret):
    """A channel of Slack, by a bot: messages are edited, and follow each other in threads."""

    kind: Literal["slack"]
    token: Secret | None = Field(default=None, description="Token of the bot, `xoxb-...`, with the scope `chat:write`.")
    token_file: Path | None = Field(default=None, description="File with the token.")
    channel: Annotated[str, Field(min_length=1, max_length=80)] = Field(
        description="Id of the channel, such as `C0123456789`."
    )
    url: Site = Field(default="https://slack.com/api", description="Address of the API.")


class SlackWebhookSettings(WithSecret):
    """A channel of Slack, by an incoming webhook: messages are posted and cannot be edited."""

    kind: Literal["slack_webhook"]
    url: SecretAddress | None = Field(default=None, description="Address of the webhook, which is its secret.")
    url_file: Path | None = Field(default=None, description="File with the address.")


class TeamsSettings(WithSecret):
    """A channel of Microsoft Teams, by a workflow that posts what it receives."""

    kind: Literal["teams"]
    url: Secret | None = Field(
        default=None, description="Address of the workflow (Power Automate), or `workflows://` of Apprise."
    )
    url_file: Path | None = Field(default=None, description="File with the address.")


class PagerDutySettings(WithSecret):
    """A service of PagerDuty: an incident is opened once, and resolved when ours is over."""

    kind: Literal["pagerduty"]
    routing_key: Secret | None = Field(default=None, description="Integration key of the service (Events API v2).")
    routing_key_file: Path | None = Field(default=None, description="File with the key.")
    region: Literal["us", "eu"] = Field(default="us", description="Region of the account.")
    source: Annotated[str, Field(min_length=1, max_length=64)] = Field(
        default="groundswell",
        description="Name of this installation: incidents of two installations are not taken for one.",
    )
    url: Site | None = Field(default=None, description="Address of the API, where it is another one than the region's.")


class OpsgenieSettings(WithSecret):
    """A team of Opsgenie, by Apprise: repetitions are recognized by the alias."""

    kind: Literal["opsgenie"]
    api_key: Secret | None = Field(default=None, description="Key of an API integration.")
    api_key_file: Path | None = Field(default=None, description="File with the key.")
    region: Literal["us", "eu"] = Field(default="us", description="Region of the account.")
    team: str = Field(
        default="", max_length=100, description="Team that is notified; by default that of the integration."
    )


class AppriseSettings(WithSecret):
    """Any service that Apprise knows, such as Discord, Telegram, ntfy or Mattermost."""

    kind: Literal["apprise"]
    url: Secret | None = Field(
        default=None, description="Address in the form of Apprise, such as `mmosts://host/token`."
    )
    url_file: Path | None = Field(default=None, description="File with the address.")


class EmailSettings(ChannelBase):
    """Mails by SMTP."""

    kind: Literal["email"]
    host: Annotated[str, Field(min_length=1)] = Field(description="SMTP server.")
    port: Annotated[int, Field(ge=1, le=65535)] = Field(default=587, description="Its port.")
    security: Literal["starttls", "tls", "none"] = Field(
        default="starttls",
        description="`starttls` (port 587), `tls` (port 465), or `none` for a server on this machine.",
    )
    ca_file: Path | None = Field(default=None, description="Certificates that are trusted in addition, in PEM.")
    username: str | None = Field(default=None, description="User; without one, nobody logs in.")
    password: Secret | None = Field(default=None, description="Password of the user.")
    password_file: Path | None = Field(default=None, description="File with the password.")
    sender: Mailbox = Field(description="Address that mails come from.")
    to: Annotated[tuple[Mailbox, ...], Field(min_length=1, max_length=100)] = Field(
        description="Addresses that mails go to."
    )

    @model_validator(mode="after")
    def _logs_in_in_private(self) -> Self:
        given = [one for one in (self.password, self.password_file) if one is not None]
        if (self.username is None) != (not given) or len(given) > 1:
            raise ValueError("give username with password or password_file, or none of them")
        if given and self.security == "none":
            raise ValueError(
                "security is none, so that anybody on the way could read the password; set it to starttls or tls"
            )
        return self


class WebhookSettings(WithSecret):
    """An address that each message is posted to as JSON, signed."""

    kind: Literal["webhook"]
    url: SecretAddress | None = Field(default=None, description="Address that messages are posted to.")
    url_file: Path | None = Field(default=None, description="File with the address.")
    secret_key: Secret | None = Field(
        default=None, description="Secret of the signature; `whsec_` and base64, or any text."
    )
    secret_key_file: Path | None = Field(
        default=None,
        description="File with the secrets, one a line, the newest first: each signs, so that receivers change over.",
    )
    signature: Literal["standard", "github"] = Field(
        default="standard",
        description="`standard` signs id, time and body (Standard Webhooks); `github` the body alone, as `X-Hub-Signature-256`.",
    )
    allow_private: bool = Field(
        default=False,
        description="Whether the address may be in a private network, or without TLS; by default neither.",
    )

    @model_validator(mode="after")
    def _is_encrypted(self) -> Self:
        if not self.allow_private and self.url is not None and urlsplit(self.url.get_secret_value()).scheme != "https":
            raise ValueError(
                "url: it has no TLS; begin it with https://, or set allow_private = true for a receiver of your own"
            )
        return self


class JiraSettings(WithSecret):
    """A project of Jira: one issue for each incident, and a comment for each news."""

    kind: Literal["jira"]
    url: Site = Field(description="Address of the site, such as `https://acme.atlassian.net`.")
    email: str = Field(
        default="", description="User that the token belongs to; without one it is a personal access token."
    )
    token: Secret | None = Field(default=None, description="API token.")
    token_file: Path | None = Field(default=None, description="File with the token.")
    project: Annotated[str, Field(pattern=r"^[A-Z][A-Z0-9_]{0,31}$")] = Field(
        description="Key of the project, such as `OPS`."
    )
    issue_type: Annotated[str, Field(min_length=1, max_length=60)] = Field(
        default="Task", description="Type of the issues."
    )
    labels: tuple[Annotated[str, Field(pattern=r"^\S{1,200}$")], ...] = Field(
        default=("groundswell",), description="Labels of the issues."
    )


class FileSettings(ChannelBase):
    """A folder that messages are written into: that of the channel's name in `alerts.outbox_folder`, where erasure finds them."""

    kind: Literal["file"]


class KafkaSettings(ChannelBase):
    """A topic that messages are written to as CloudEvents, at the brokers of `stream`."""

    kind: Literal["kafka"]
    topic: Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]{1,249}$")] = Field(
        description="The topic, which must be there."
    )


ChannelSettings: TypeAlias = Annotated[
    SlackSettings
    | SlackWebhookSettings
    | TeamsSettings
    | PagerDutySettings
    | OpsgenieSettings
    | AppriseSettings
    | EmailSettings
    | WebhookSettings
    | JiraSettings
    | FileSettings
    | KafkaSettings,
    Field(discriminator="kind"),
]


def _are_names(channels: Mapping[str, Any]) -> Mapping[str, Any]:
    for name in channels:
        if not _NAME.fullmatch(name) or name in RESERVED:
            raise ValueError(
                f"{name!r} is no name of a channel; valid are up to 63 lower-case letters, digits and dashes, other than "
                f"{', '.join(sorted(RESERVED))}"
            )
    return channels


Channels: TypeAlias = Annotated[dict[str, ChannelSettings], AfterValidator(_are_names)]
"""The table `[channels]`: settings of each channel by its name."""


def read_secret(name: str, settings: ChannelBase, which: str) -> str:
    """Return a secret of a channel, read from its file where it has one. Raises `ChannelInvalid` where that cannot be used."""
    given: SecretStr | None = getattr(settings, which)
    if given is not None:
        return given.get_secret_value()
    path: Path = getattr(settings, f"{which}_file")
    try:
        found = path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        why = (error.strerror or type(error).__name__) if isinstance(error, OSError) else "it is not UTF-8"
        raise ChannelInvalid(name, f"{which}_file cannot be read ({why}); write the secret into it") from error
    if not found:
        raise ChannelInvalid(name, f"{which}_file is empty; write the secret into it")
    return found
