"""Access: which proof a delivery needs, by its system and by what it brings."""

from __future__ import annotations

from collections.abc import Callable

from pydantic import SecretStr

from stream.receive.refusals import DeliveryProblem, DeliveryRefused
from stream.receive.settings import ReceiveSettings, WebhookSystem
from stream.receive.signatures import (
    AUTHORIZATION,
    GITHUB_SIGNATURE,
    JIRA_SIGNATURE,
    SHARED_SIGNATURE,
    ZENDESK_SIGNATURE,
    SignedRequest,
    check_bearer,
    check_github,
    check_jira,
    check_shared,
    check_zendesk,
)

ProofCheck = Callable[[SignedRequest, bytes], None]

GITHUB_EVENT = b"x-github-event"

_BINARY = (
    "received a CloudEvent in binary mode with a signature of its body, which does not cover the attributes in the headers; "
    "send it in structured mode, or with the bearer token"
)


class Access:
    """Decides whether a delivery comes from whom it claims to come from."""

    def __init__(self, settings: ReceiveSettings) -> None:
        self._settings = settings

    def check(self, system: WebhookSystem, request: SignedRequest, host: str | None) -> None:
        """Return where the delivery is accepted.

        A proof that was sent is checked, also where none is needed. Without one, the network must be allowed by
        `receive.unsigned`. Raises `DeliveryRefused`.
        """
        name, check, secret = self._proof(system, request)
        if not request.has(name) and self._settings.unsigned.accepts(system, host):
            return
        if secret is None:
            raise DeliveryRefused(
                DeliveryProblem.UNCONFIGURED,
                f"received a delivery for /{system.value}, which accepts none: {self._setting(system, name)} is not set",
            )
        if name == SHARED_SIGNATURE and request.has(b"ce-specversion"):
            raise DeliveryRefused(DeliveryProblem.UNSIGNED, _BINARY)
        check(request, secret.get_secret_value().strip().encode())

    def open_systems(self) -> list[WebhookSystem]:
        """List the systems that anything can be accepted from."""
        settings = self._settings
        secrets = {
            WebhookSystem.ZENDESK: settings.zendesk_secret,
            WebhookSystem.JIRA: settings.jira_secret,
            WebhookSystem.CHANGES: settings.github_secret,
        }
        shared = settings.shared_secret or settings.bearer_token
        return [
            system
            for system in WebhookSystem
            if secrets.get(system)
            or getattr(settings.unsigned, system.value)
            or (shared and system not in (WebhookSystem.ZENDESK, WebhookSystem.JIRA))
        ]

    def _proof(self, system: WebhookSystem, request: SignedRequest) -> tuple[bytes, ProofCheck, SecretStr | None]:
        settings = self._settings
        if system is WebhookSystem.ZENDESK:
            return ZENDESK_SIGNATURE, check_zendesk, settings.zendesk_secret
        if system is WebhookSystem.JIRA:
            return JIRA_SIGNATURE, check_jira, settings.jira_secret
        if system is WebhookSystem.CHANGES and request.has(GITHUB_EVENT):
            return GITHUB_SIGNATURE, check_github, settings.github_secret
        if request.has(AUTHORIZATION) or (settings.shared_secret is None and settings.bearer_token is not None):
            return AUTHORIZATION, check_bearer, settings.bearer_token
        return SHARED_SIGNATURE, check_shared, settings.shared_secret

    def _setting(self, system: WebhookSystem, name: bytes) -> str:
        if name == GITHUB_SIGNATURE:
            return "receive.github_secret"
        if name == AUTHORIZATION:
            return "receive.bearer_token"
        if name == SHARED_SIGNATURE:
            return "receive.shared_secret or receive.bearer_token"
        return f"receive.{system.value}_secret"
