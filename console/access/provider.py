"""Sign-in by OpenID Connect: the authorization code flow with PKCE (OpenID Connect Core 1.0; RFC 7636; RFC 9700).

What the provider must give back is kept in a signed cookie that lasts ten minutes, so that no answer of another browser is taken.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from secrets import token_urlsafe
from typing import Any

import httpx
from authlib.common.errors import AuthlibBaseError
from authlib.integrations.httpx_client import OAuth2Client
from itsdangerous import BadData, URLSafeTimedSerializer
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from joserfc.jwt import JWTClaimsRegistry, decode
from sqlalchemy import Connection

from console.settings import ProviderSettings
from models.clock import Clock
from models.redaction import quoted
from store.accounts.people import PersonRecord, PersonUnknown, change_person, person_of_subject, read_person
from store.audit import record

COOKIE = "groundswell-provider"
SECONDS = 600
LEEWAY = 60
TIMEOUT = 10.0
"""Seconds that the provider has for an answer."""
ALGORITHMS = ["RS256", "ES256", "PS256", "EdDSA"]
"""Signatures that are believed: with keys of the provider, never with a shared secret or none."""


class ProviderFailed(Exception):
    """The provider of sign-in did not answer as agreed, or names nobody who is invited; the text is one sentence."""


@dataclass(frozen=True, slots=True)
class Identified:
    """Whom the provider names: `subject` is its issuer and subject, `name` the claim that people are invited by."""

    subject: str
    name: str


class Provider:
    """A provider of sign-in; its description is read when somebody first signs in."""

    def __init__(self, settings: ProviderSettings, clock: Clock, transport: httpx.BaseTransport | None = None) -> None:
        self.settings = settings
        self._clock = clock
        self._transport = transport
        self._signer = URLSafeTimedSerializer(token_urlsafe(32), salt="provider")
        self._described: dict[str, Any] | None = None

    def begin(self, back: str, to: str) -> tuple[str, str]:
        """Return the provider's address to send the browser to, and the content of the cookie; `back` is where it answers.

        Raises `ProviderFailed`.
        """
        nonce, verifier = token_urlsafe(32), token_urlsafe(48)
        try:
            endpoint = self._description()["authorization_endpoint"]
        except (httpx.HTTPError, KeyError, ValueError) as error:
            raise ProviderFailed("The provider of sign-in does not answer; try again later.") from error
        with self._client(back) as client:
            address, state = client.create_authorization_url(endpoint, code_verifier=verifier, nonce=nonce)
        kept = {"state": state, "nonce": nonce, "verifier": verifier, "to": to}
        return str(address), str(self._signer.dumps(kept))

    def finish(self, back: str, answer: str, cookie: str) -> tuple[Identified, str]:
        """Read the provider's answer, the whole address that it sent the browser to; return who that is and where to go on.

        Raises `ProviderFailed`.
        """
        try:
            kept = self._signer.loads(cookie, max_age=SECONDS)
        except BadData as error:
            raise ProviderFailed("The sign-in took too long or was begun in another browser; begin again.") from error
        try:
            with self._client(back, state=kept["state"]) as client:
                token = client.fetch_token(
                    self._description()["token_endpoint"], authorization_response=answer, code_verifier=kept["verifier"]
                )
            claims = self._claims(token["id_token"], kept["nonce"])
        except (httpx.HTTPError, JoseError, AuthlibBaseError, KeyError, ValueError) as error:
            sentence = f"The provider of sign-in did not answer as agreed ({type(error).__name__}); begin again."
            raise ProviderFailed(sentence) from error
        return self._identified(claims), str(kept["to"])

    def _client(self, back: str, **given: Any) -> OAuth2Client:
        settings = self.settings
        return OAuth2Client(
            client_id=settings.client_id, client_secret=settings.client_secret.get_secret_value(), redirect_uri=back,
            scope="openid profile email", code_challenge_method="S256", timeout=TIMEOUT,
            transport=self._transport, **given,
        )  # fmt: skip

    def _description(self) -> dict[str, Any]:
        if self._described is None:
            address = f"{self.settings.issuer.rstrip('/')}/.well-known/openid-configuration"
            found = self._read(address)
            if found.get("issuer") != self.settings.issuer:
                raise ProviderFailed(
                    "The provider of sign-in names another issuer than console.provider.issuer; correct the setting."
                )
            self._described = found
        return self._described

    def _read(self, address: str) -> Any:
        with httpx.Client(transport=self._transport, timeout=TIMEOUT) as client:
            return client.get(address).raise_for_status().json()

    def _claims(self, token: str, nonce: str) -> dict[str, Any]:
        keys = KeySet.import_key_set(self._read(self._description()["jwks_uri"]))
        found = decode(token, keys, algorithms=ALGORITHMS).claims
        JWTClaimsRegistry(
            now=int(self._clock().timestamp()), leeway=LEEWAY,
            iss={"essential": True, "value": self.settings.issuer}, aud={"essential": True, "value": self.settings.client_id},
            sub={"essential": True}, exp={"essential": True}, nonce={"essential": True, "value": nonce},
        ).validate(found)  # fmt: skip
        return dict(found)

    def _identified(self, claims: dict[str, Any]) -> Identified:
        name = str(claims.get(self.settings.name_claim) or "")
        unverified = self.settings.name_claim == "email" and claims.get("email_verified") is not True
        return Identified(f"{self.settings.issuer} {claims['sub']}", "" if unverified else name)


def person_identified(connection: Connection, who: Identified, *, at: datetime) -> PersonRecord:
    """Find the person whom the provider names; who is invited under the name is bound to the provider's subject at the first sign-in.

    Raises `ProviderFailed`.
    """
    found = person_of_subject(connection, who.subject)
    if found is None and who.name:
        found = _invited(connection, who, at)
    if found is None or found.disabled_at is not None:
        named = quoted(who.name, 100) if who.name else "a person without a verified name"
        raise ProviderFailed(
            f"The provider of sign-in names {named}, who is not invited here; ask an admin for an invitation."
        )
    return found


def _invited(connection: Connection, who: Identified, at: datetime) -> PersonRecord | None:
    try:
        found = read_person(connection, who.name)
    except PersonUnknown:
        return None
    # Somebody who has a password, or is bound to another subject, is not taken over by a name.
    if found.subject is not None or found.password is not None:
        return None
    record(connection, at=at, actor=found.name, action="bound to a provider", subject=found.name)
    return change_person(connection, found.name, {"subject": who.subject})
