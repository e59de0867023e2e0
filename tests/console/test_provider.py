"""Sign-in by OpenID Connect, against a provider that runs in the test and signs with keys of its own."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import RSAKey
from sqlalchemy import Engine

from console.access import PeopleSignIn
from console.access.provider import Provider
from console.app import create_app
from console.parts import ConsoleParts
from console.settings import ConsoleSettings, ProviderSettings
from models.access import EVERYTHING, Role
from pipelines.settings import MiningSettings
from store.accounts.people import add_person, change_person, read_person
from tests.console.conftest import Client, wall_clock

ISSUER = "https://login.example.com"
SETTINGS = ProviderSettings(issuer=ISSUER, client_id="console", client_secret="secret of the client")
KEY = RSAKey.generate_key(2048, {"kid": "one"})
OTHER_KEY = RSAKey.generate_key(2048, {"kid": "one"})


class FakeProvider:
    """A provider of sign-in: a description, keys, and tokens for codes. `change` alters the claims of the next token."""

    def __init__(self) -> None:
        self.change: Callable[[dict[str, Any]], dict[str, Any]] = lambda claims: claims
        self.key = KEY
        self.nonce = ""
        self.challenge = ""
        self.described = ISSUER

    def __call__(self, request: httpx.Request) -> httpx.Response:
        """Answer a request of the console."""
        if request.url.path == "/.well-known/openid-configuration":
            names = {"authorization_endpoint": "authorize", "token_endpoint": "token", "jwks_uri": "keys"}
            return httpx.Response(
                200, json={"issuer": self.described, **{k: f"{ISSUER}/{v}" for k, v in names.items()}}
            )
        if request.url.path == "/keys":
            return httpx.Response(200, json={"keys": [KEY.as_dict(private=False)]})
        sent = parse_qs(request.content.decode())
        if sent["code"] != ["good"] or not sent["code_verifier"][0]:
            return httpx.Response(400, json={"error": "invalid_grant"})
        at = int(wall_clock().timestamp())
        claims = {
            "iss": ISSUER, "aud": "console", "sub": "u-1", "nonce": self.nonce, "iat": at, "exp": at + 300,
            "email": "ann@example.com", "email_verified": True,
        }  # fmt: skip
        token = jwt.encode({"alg": "RS256", "kid": "one"}, self.change(claims), self.key)
        return httpx.Response(200, json={"access_token": "a", "token_type": "Bearer", "id_token": token})


@pytest.fixture
def provider() -> FakeProvider:
    """Return the provider."""
    return FakeProvider()


@pytest.fixture
def client(engine: Engine, provider: FakeProvider) -> Client:
    """Return a client of a console with the provider, signed in as nobody."""
    made = Provider(SETTINGS, wall_clock, httpx.MockTransport(provider))
    parts = ConsoleParts(sign_in=PeopleSignIn(engine, wall_clock, provider=made))
    settings = ConsoleSettings(sign_in="people", provider=SETTINGS)
    app = create_app(engine, clock=wall_clock, settings=settings, mining=MiningSettings(), parts=parts)
    return Client(app, token=None)


def invite(engine: Engine, name: str = "ann@example.com", **values: datetime | str) -> None:
    """Invite a person."""
    with engine.begin() as connection:
        add_person(connection, name, Role.SPECIALIST, EVERYTHING, at=wall_clock())
        if values:
            change_person(connection, name, values)


def come_back(
    client: Client, provider: FakeProvider, *, code: str = "good", state: str | None = None
) -> httpx.Response:
    """Sign in at the provider, and come back with its answer."""
    begun = client.get("/sign-in/provider", params={"next": "/themes/1"}, follow_redirects=False)
    asked = parse_qs(urlsplit(begun.headers["location"]).query)
    assert asked["code_challenge_method"] == ["S256"]
    assert asked["redirect_uri"] == ["http://localhost:8765/sign-in/return"]
    provider.nonce = asked["nonce"][0]
    cookie = begun.headers["set-cookie"].split(";")[0]
    given = {"code": code, "state": state or asked["state"][0]}
    return client.get("/sign-in/return", params=given, headers={"cookie": cookie}, follow_redirects=False)


def test_who_is_invited_signs_in_and_is_bound_to_the_subject(
    client: Client, engine: Engine, provider: FakeProvider
) -> None:
    """The first sign-in is by the invited name, later ones by the subject: a changed address does not matter."""
    invite(engine)
    back = come_back(client, provider)
    assert back.status_code == HTTPStatus.SEE_OTHER
    assert back.headers["location"] == "/themes/1"
    cookie = next(one.split(";")[0] for one in back.headers.get_list("set-cookie") if one.startswith("groundswell="))
    assert client.get("/api/themes", headers={"cookie": cookie}).status_code == HTTPStatus.OK
    with engine.connect() as connection:
        assert read_person(connection, "ann@example.com").subject == f"{ISSUER} u-1"
    provider.change = lambda claims: claims | {"email": "new@example.com"}
    assert come_back(client, provider).status_code == HTTPStatus.SEE_OTHER


REFUSED: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
    "another issuer": lambda claims: claims | {"iss": "https://evil.example"},
    "another audience": lambda claims: claims | {"aud": "something else"},
    "another nonce": lambda claims: claims | {"nonce": "replayed"},
    "expired": lambda claims: claims | {"exp": claims["iat"] - 3_600},
    "no subject": lambda claims: {name: value for name, value in claims.items() if name != "sub"},
    "not verified": lambda claims: claims | {"email_verified": False},
    "not invited": lambda claims: claims | {"email": "eve@example.com"},
}


@pytest.mark.parametrize("why", REFUSED)
def test_an_answer_that_is_not_right_signs_nobody_in(
    client: Client, engine: Engine, provider: FakeProvider, why: str
) -> None:
    """Each claim is checked; the page says what to do, and no session is made."""
    invite(engine)
    provider.change = REFUSED[why]
    back = come_back(client, provider)
    assert back.status_code == HTTPStatus.FORBIDDEN
    assert "groundswell=" not in back.headers.get("set-cookie", "")


def test_forged_and_foreign_answers_sign_nobody_in(client: Client, engine: Engine, provider: FakeProvider) -> None:
    """A signature of another key, a wrong code, another browser's state, no cookie: all refused."""
    invite(engine)
    provider.key = OTHER_KEY
    assert come_back(client, provider).status_code == HTTPStatus.FORBIDDEN
    provider.key = KEY
    assert come_back(client, provider, code="bad").status_code == HTTPStatus.FORBIDDEN
    assert come_back(client, provider, state="another").status_code == HTTPStatus.FORBIDDEN
    assert client.get("/sign-in/return?code=good&state=x").status_code == HTTPStatus.FORBIDDEN


@pytest.mark.parametrize(
    "values", [{"password": "a hash"}, {"subject": f"{ISSUER} u-9"}, {"disabled_at": wall_clock()}]
)
def test_a_name_does_not_take_a_person_over(
    client: Client, engine: Engine, provider: FakeProvider, values: dict[str, Any]
) -> None:
    """Who has a password, another subject or no access is not signed in by the name alone."""
    invite(engine, **values)
    assert come_back(client, provider).status_code == HTTPStatus.FORBIDDEN


def test_a_provider_that_is_misconfigured_or_away_is_named(client: Client, provider: FakeProvider) -> None:
    """The page says so in a sentence, and what to do."""
    provider.described = "https://other.example"
    page = client.get("/sign-in/provider")
    assert page.status_code == HTTPStatus.BAD_GATEWAY
    assert "names another issuer" in page.text
    assert "Sign in with your organisation" in client.get("/sign-in").text
