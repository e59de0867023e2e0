"""Settings of the console."""

from __future__ import annotations

from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator


class ProviderSettings(BaseModel):
    """A provider of sign-in by OpenID Connect."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    issuer: Annotated[str, Field(min_length=8, description="Address of the issuer, as its description names it.")]
    client_id: Annotated[str, Field(min_length=1, description="The console's identity at the provider.")]
    client_secret: Annotated[SecretStr, Field(description="The console's secret at the provider.")]
    name_claim: Annotated[
        str,
        Field(
            min_length=1,
            description="Claim that people are invited by, for example `email` (which must be verified) or `preferred_username`.",
        ),
    ] = "email"
    title: Annotated[str, Field(min_length=1, max_length=60, description="What the button to sign in names.")] = (
        "your organisation"
    )


class ConsoleSettings(BaseModel):
    """Where the console listens and how often its pages look for news."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    host: Annotated[
        str, Field(description="Address to listen on; the default is reachable from this machine only.")
    ] = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535, description="Port to listen on; 0 takes a free one.")] = 8765
    allowed_hosts: Annotated[
        tuple[str, ...],
        Field(
            description="Host names a browser may address the console by, `*.example.com` for all of a domain; others are refused."
        ),
    ] = ("127.0.0.1", "localhost", "::1")
    refresh_seconds: Annotated[
        float,
        Field(gt=0, le=3600, description="Time between two looks for news, for all open pages together."),
    ] = 1.0
    listeners: Annotated[
        int,
        Field(
            ge=1,
            le=10_000,
            description="Pages that are kept live at once; further ones load, but stay still.",
        ),
    ] = 2_000
    listeners_per_person: Annotated[
        int,
        Field(
            ge=1,
            le=10_000,
            description="Pages of one person that are kept live at once, where people sign in, so that nobody uses up the places of "
            "others.",
        ),
    ] = 16
    listening_seconds: Annotated[
        float,
        Field(
            ge=60,
            le=86_400,
            description="Time after which the connection of a live page ends, if there is no news then; the page opens another one.",
        ),
    ] = 900.0
    actor: Annotated[
        str,
        Field(min_length=1, max_length=128, description="Who decisions made on the console are noted under."),
    ] = "console"
    sign_in: Annotated[
        Literal["link", "people"],
        Field(
            description="`link`: one user on this machine, who opens the printed link. `people`: people with roles and scopes, who "
            "sign in by password or OpenID Connect; needed where the console listens elsewhere than on loopback."
        ),
    ] = "link"
    link_token: Annotated[
        SecretStr | None,
        Field(
            description="Token of the printed link, 16 characters or more; by default a new one at each start.",
            min_length=16,
        ),
    ] = None
    provider: Annotated[
        ProviderSettings | None,
        Field(
            description="Provider of sign-in by OpenID Connect; its answers come to `/sign-in/return` of the console."
        ),
    ] = None
    tls_certificate: Annotated[
        Path | None, Field(description="File of the certificate chain that the console serves TLS with (PEM).")
    ] = None
    tls_key: Annotated[Path | None, Field(description="File of the certificate's private key (PEM).")] = None
    trusted_proxies: Annotated[
        tuple[str, ...],
        Field(
            description="Addresses or networks of reverse proxies that end TLS and whose `X-Forwarded-For` and `X-Forwarded-Proto` are "
            "believed, for example `10.0.0.0/8`."
        ),
    ] = ()
    decision_cap: Annotated[
        int,
        Field(ge=1, description="Tickets that one decision made on the console may move."),
    ] = 1_000

    @field_validator("allowed_hosts")
    @classmethod
    def _wildcards_are_of_a_domain(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        for name in names:
            if "*" in name.removeprefix("*.") or name == "*.":
                raise ValueError(f"received the host name {name!r}; valid is a name, or `*.` and a domain")
        return names

    @field_validator("trusted_proxies")
    @classmethod
    def _proxies_are_networks(cls, networks: tuple[str, ...]) -> tuple[str, ...]:
        for network in networks:
            try:
                ip_network(network)
            except ValueError as error:
                raise ValueError(
                    f"received the proxy {network!r}; valid is an address or a network such as 10.0.0.0/8"
                ) from error
        return networks

    @model_validator(mode="after")
    def _certificate_has_its_key(self) -> Self:
        if (self.tls_certificate is None) != (self.tls_key is None):
            raise ValueError("received one of tls_certificate and tls_key; give both files, or none")
        return self

    @property
    def listeners_of_one(self) -> int:
        """Pages of one person that are kept live at once: all of them where there is a single user."""
        return self.listeners_per_person if self.sign_in == "people" else self.listeners

    @property
    def is_local(self) -> bool:
        """Whether the console listens on loopback only."""
        if self.host == "localhost":
            return True
        try:
            return ip_address(self.host).is_loopback
        except ValueError:
            return False

    @property
    def has_tls(self) -> bool:
        """Whether browsers reach the console by TLS: its own, or that of a proxy."""
        return self.tls_certificate is not None or bool(self.trusted_proxies)

    @property
    def answered_hosts(self) -> frozenset[str]:
        """The allowed hosts, and the address listened on where it is one: a wildcard names no host."""
        return frozenset(self.allowed_hosts) | ({self.host} - {"0.0.0.0", "::", ""})  # noqa: S104
