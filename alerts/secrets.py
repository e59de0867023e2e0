"""Secrets in settings: hidden wherever settings are shown, and written out only for a process of our own."""

from __future__ import annotations

from typing import Annotated, TypeAlias

from pydantic import PlainSerializer, SecretStr, SerializationInfo

REVEAL = "reveal"
"""Key of the serialization context with which secrets are written out, for a process of our own."""


def written_secret(secret: SecretStr | None, info: SerializationInfo) -> str | None:
    """Write a secret, hidden unless the context of serialization has `REVEAL`."""
    if secret is None:
        return None
    return secret.get_secret_value() if (info.context or {}).get(REVEAL) else str(secret)


HiddenText: TypeAlias = Annotated[SecretStr, PlainSerializer(written_secret, when_used="json")]
"""A secret in settings that flow runs receive."""
