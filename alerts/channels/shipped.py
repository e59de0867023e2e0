"""The channels that this version ships, made from settings."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from alerts.channels.base import Channel, ChannelAbilities, Message, Reference
from alerts.channels.file import FileChannel
from alerts.channels.http import HttpSender
from alerts.channels.settings import (
    AppriseSettings,
    ChannelBase,
    EmailSettings,
    FileSettings,
    JiraSettings,
    KafkaSettings,
    OpsgenieSettings,
    PagerDutySettings,
    SlackSettings,
    SlackWebhookSettings,
    TeamsSettings,
    WebhookSettings,
    read_secret,
)
from alerts.channels.unchangeable import Unchangeable
from alerts.errors import ChannelInvalid, DeliveryRecoverable
from alerts.settings import AlertSettings
from models.clock import Clock

if TYPE_CHECKING:
    from alerts.channels.kafka import Producer


def make_channels(
    settings: AlertSettings,
    channels: Mapping[str, ChannelBase] | None = None,
    *,
    clock: Clock,
    connect: Callable[[], Producer] | None = None,
) -> dict[str, Channel]:
    """Make every channel that an ownership file may name, by its name: `file`, and those of `groundswell.toml`.

    `connect` makes a Kafka producer. A channel that cannot be made is one that fails with the reason: the others go on.
    """
    made: dict[str, Channel] = {"file": FileChannel(settings.outbox_folder)}
    for name, one in (channels or {}).items():
        maker = _Maker(name, settings, clock, connect)
        try:
            made[name] = maker.make(one)
        except ChannelInvalid as error:
            made[name] = UnusableChannel(name, error.problem)
    return made


class UnusableChannel(Unchangeable):
    """Stands for a channel that cannot be made, such as one whose secret is not there."""

    abilities = ChannelAbilities()

    def __init__(self, name: str, problem: str) -> None:
        self.name = name
        self.problem = problem

    def send(self, message: Message) -> Reference:
        """Raise what is wrong; it can be mended, so that nothing is lost."""
        del message
        raise DeliveryRecoverable(self.name, self.problem)


@dataclass(frozen=True, slots=True)
class _Maker:
    name: str
    settings: AlertSettings
    clock: Clock
    connect: Callable[[], Producer] | None

    def make(self, one: ChannelBase) -> Channel:
        kinds: Mapping[type[ChannelBase], Callable[[Any], Channel]] = {
            SlackSettings: self._slack,
            SlackWebhookSettings: self._slack_webhook,
            TeamsSettings: self._relay,
            AppriseSettings: self._relay,
            OpsgenieSettings: self._opsgenie,
            PagerDutySettings: self._pagerduty,
            EmailSettings: self._email,
            WebhookSettings: self._webhook,
            JiraSettings: self._jira,
            KafkaSettings: self._kafka,
            FileSettings: lambda _: FileChannel(self.settings.outbox_folder / self.name, self.name),
        }
        return kinds[type(one)](one)

    def _slack(self, one: SlackSettings) -> Channel:
        from alerts.channels.slack import SlackChannel, make_client

        token = read_secret(self.name, one, "token")
        return SlackChannel(self.name, lambda: make_client(token, one.url, one.timeout), one.channel, self.clock)

    def _slack_webhook(self, one: SlackWebhookSettings) -> Channel:
        from alerts.channels.slack import SlackWebhookChannel

        return SlackWebhookChannel(self.name, read_secret(self.name, one, "url"), one.timeout, self.clock)

    def _relay(self, one: TeamsSettings | AppriseSettings) -> Channel:
        from alerts.channels.relay import AppriseChannel

        address = read_secret(self.name, one, "url")
        return AppriseChannel(self.name, lambda _: address, one.timeout)

    def _opsgenie(self, one: OpsgenieSettings) -> Channel:
        from alerts.channels.relay import AppriseChannel, opsgenie_address

        address = opsgenie_address(read_secret(self.name, one, "api_key"), one.region, one.team)
        return AppriseChannel(self.name, address, one.timeout, recognizes=True)

    def _pagerduty(self, one: PagerDutySettings) -> Channel:
        from alerts.channels.pagerduty import REGIONS, PagerDutyChannel

        key = read_secret(self.name, one, "routing_key")
        http = HttpSender(self.name, one.timeout, self.clock, reads=False)
        return PagerDutyChannel(self.name, key, one.source, http, one.url or REGIONS[one.region])

    def _email(self, one: EmailSettings) -> Channel:
        from alerts.channels.mail import EmailChannel, MailServer

        login = None
        if one.username is not None:
            login = (one.username, read_secret(self.name, one, "password"))
        server = MailServer(one.host, one.port, one.security, one.timeout, login, one.ca_file)
        return EmailChannel(self.name, server, one.sender, one.to, self.clock)

    def _webhook(self, one: WebhookSettings) -> Channel:
        from alerts.channels.webhook import WebhookChannel, WebhookSigner, secrets_of

        signer = WebhookSigner(secrets_of(self.name, read_secret(self.name, one, "secret_key")), one.signature)
        http = HttpSender(self.name, one.timeout, self.clock, allow_private=one.allow_private, reads=False)
        return WebhookChannel(self.name, read_secret(self.name, one, "url"), signer, http, self.clock)

    def _jira(self, one: JiraSettings) -> Channel:
        from alerts.channels.jira import JiraChannel

        token = read_secret(self.name, one, "token")
        http = (
            HttpSender(self.name, one.timeout, self.clock, auth=(one.email, token))
            if one.email
            else HttpSender(self.name, one.timeout, self.clock, headers={"authorization": f"Bearer {token}"})
        )
        return JiraChannel(self.name, one.url, http, one.project, one.issue_type, one.labels)

    def _kafka(self, one: KafkaSettings) -> Channel:
        from alerts.channels.kafka import TopicChannel

        if self.connect is None:
            raise ChannelInvalid(self.name, "this process has no broker to send to")
        return TopicChannel(self.name, self.connect, one.topic)
