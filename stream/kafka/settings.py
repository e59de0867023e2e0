"""Settings of the way by Kafka; the front door composes them into `groundswell.toml`."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, model_validator

from stream.kafka.errors import RequesterKeyMissing


class SecuritySettings(BaseModel):
    """How a client proves who it is, and what it trusts."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    protocol: Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] = Field(
        default="PLAINTEXT", description="What the broker's listener speaks."
    )
    ca_file: Path | None = Field(
        default=None, description="Certificates that are trusted (PEM); by default the system's."
    )
    certificate_file: Path | None = Field(
        default=None, description="Our own certificate (PEM), where the broker asks for one."
    )
    key_file: Path | None = Field(default=None, description="Its private key (PEM).")
    key_password: SecretStr | None = Field(default=None, description="Password of the private key.")
    mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] = Field(
        default="SCRAM-SHA-512", description="SASL mechanism."
    )
    username: str | None = Field(default=None, description="SASL user.")
    password: SecretStr | None = Field(default=None, description="SASL password.")

    @model_validator(mode="after")
    def _sasl_has_a_user(self) -> SecuritySettings:
        if self.protocol.startswith("SASL") and (not self.username or self.password is None):
            raise ValueError(
                f"received the protocol {self.protocol} without user and password; set username and password"
            )
        return self


class TopicSettings(BaseModel):
    """How `topics create` makes topics."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    prefix: str = Field(
        default="groundswell", pattern=r"^[A-Za-z0-9._-]{1,128}$", description="First part of every topic's name."
    )
    partitions: int = Field(
        default=4, ge=1, le=10_000, description="Partitions of the ticket topic: as many workers can share the work."
    )
    replication: int = Field(
        default=1, ge=1, le=9, description="Copies of each partition; 3 where there are 3 brokers."
    )
    retention: timedelta = Field(
        default=timedelta(days=14),
        ge=timedelta(hours=1),
        description="How long events stay in Kafka: how far back `backfill` can heal.",
    )


class StreamSettings(BaseModel):
    """How workers read from Kafka, and where."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    brokers: str = Field(
        default="localhost:9094", min_length=1, description="host:port of the brokers, separated by commas."
    )
    group: str = Field(default="groundswell", min_length=1, description="Consumer group that all workers share.")
    batch: int = Field(default=256, ge=1, le=4096, description="Most messages in one transaction.")
    wait: timedelta = Field(
        default=timedelta(seconds=1),
        gt=timedelta(0),
        le=timedelta(seconds=60),
        description="Longest wait for a batch to fill.",
    )
    session_timeout: timedelta = Field(
        default=timedelta(seconds=10),
        ge=timedelta(seconds=6),
        le=timedelta(seconds=60),
        description="Silence after which a worker is taken for dead and its partitions are given to others.",
    )
    drain: timedelta = Field(
        default=timedelta(seconds=60),
        gt=timedelta(0),
        description="How long a stopping worker may take for its last batch; keep it below the container's grace period.",
    )
    requester_key: SecretStr | None = Field(
        default=None, description="Key that requesters are hashed with; all processes share it, and it never changes."
    )
    precision: Literal["bf16", "fp32"] | None = Field(
        default=None,
        description="Number format of the embedding model; set it to the same everywhere where the machines' processors differ.",
    )
    health_host: str = Field(default="127.0.0.1", description="Address of /healthz, /readyz and /metrics.")
    health_port: int = Field(default=9464, ge=0, le=65535, description="Their port; 0 takes a free one.")
    topics: TopicSettings = Field(default_factory=TopicSettings)
    security: SecuritySettings = Field(default_factory=SecuritySettings)

    def key(self) -> bytes:
        """The requester key. Raises `RequesterKeyMissing` where none is set."""
        if self.requester_key is None or not self.requester_key.get_secret_value().strip():
            raise RequesterKeyMissing
        return self.requester_key.get_secret_value().strip().encode()
