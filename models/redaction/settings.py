"""What operators set about redaction."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

from models.redaction.kinds import SensitiveKind


class RedactionSettings(BaseModel):
    """What a redactor looks for.

    off: kinds that are not looked for. By default every kind is.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    off: frozenset[SensitiveKind] = frozenset()
