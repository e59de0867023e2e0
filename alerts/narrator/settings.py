"""Settings of the narrator."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, field_validator

from alerts.secrets import HiddenText


class NarratorSettings(BaseModel):
    """An OpenAI-compatible endpoint that writes the first paragraph of digests; none is used unless `url` is set."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    url: str | None = Field(
        default=None,
        description="Address of an OpenAI-compatible API up to its version, such as `http://127.0.0.1:8000/v1` of a local vLLM or "
        "`http://127.0.0.1:11434/v1` of Ollama; without it the rules write everything.",
    )
    model: str = Field(default="", description="Name of the model at that address.")
    key: HiddenText | None = Field(default=None, description="Bearer token, where the address needs one.")
    timeout: timedelta = Field(
        default=timedelta(seconds=30),
        gt=timedelta(0),
        description="How long to wait for an answer; then the rules write.",
    )
    longest: Annotated[int, Field(ge=50, le=2000)] = Field(
        default=600, description="Most characters of a paragraph; a longer one is not used."
    )

    @field_validator("url")
    @classmethod
    def _is_an_address(cls, url: str | None) -> str | None:
        """Refuse what cannot be asked."""
        if url is not None and not url.startswith(("https://", "http://")):
            raise ValueError(f"received {url}; valid is an address that begins with https:// or http://")
        return url


class DigestSettings(BaseModel):
    """What digests use from outside."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    narrator: NarratorSettings = Field(default_factory=NarratorSettings)
