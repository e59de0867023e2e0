"""Settings of the console."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, field_validator


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
    ] = 2.0
    listeners: Annotated[
        int,
        Field(
            ge=1,
            le=10_000,
            description="Pages that are kept live at once; further ones load, but stay still.",
        ),
    ] = 64
    actor: Annotated[
        str,
        Field(min_length=1, max_length=128, description="Who decisions made on the console are noted under."),
    ] = "console"
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

    @property
    def answered_hosts(self) -> frozenset[str]:
        """The allowed hosts, and the address listened on where it is one: a wildcard names no host."""
        return frozenset(self.allowed_hosts) | ({self.host} - {"0.0.0.0", "::", ""})  # noqa: S104
