"""What operators set about redaction."""

from __future__ import annotations

import re

from pydantic import BaseModel, ConfigDict, Field, field_validator

from models.redaction.keep import KeepFormat
from models.redaction.kinds import SensitiveKind

ALWAYS = frozenset({SensitiveKind.CARD, SensitiveKind.TRACK, SensitiveKind.CVV, SensitiveKind.PIN})
"""Kinds that cannot be switched off: PCI DSS 3.3.1 and 3.5.1 allow nobody to store them."""

_NAME = re.compile(r"[a-z][a-z0-9_-]{0,31}")


class RedactionSettings(BaseModel):
    """What is redacted, and what is kept although it looks like something sensitive. By default every kind is redacted."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    off: frozenset[SensitiveKind] = Field(
        default=frozenset(),
        description="Kinds that are not replaced, for example `IP` or `DEVICE`; `CARD`, `TRACK`, `CVV` and `PIN` always are.",
    )
    regions: tuple[str, ...] = Field(
        default=(),
        description="Countries (ISO 3166, for example `DE`) whose national telephone numbers are replaced, by default 63 of them. "
        "Where one is named, a requester's national number is the same as its international writing.",
    )
    keep: dict[str, KeepFormat] = Field(
        default_factory=dict,
        description="Formats of ids that are kept although they look like card numbers: `[redaction.keep.NAME]` with `pattern`, or "
        "`prefix` and `length`, and optionally `fields` (of an event, or `custom.NAME`) and `sources`; never next to words such as "
        "card or CVV.",
    )
    numeric_ids: tuple[str, ...] = Field(
        default=(),
        description="Sources whose ids are numbers by nature, for example `/zendesk/acme`: their ids are stored as they are. Of other "
        "sources the first thousand ids show it.",
    )

    names_model: str | None = Field(
        default=None,
        min_length=1,
        description="spaCy pipeline that finds names of persons and postal addresses in titles and bodies: an installed package, for "
        "example `en_core_web_sm`, or a folder. Needs the extra `names`; nothing is downloaded.",
    )

    @field_validator("off")
    @classmethod
    def _may_be_off(cls, kinds: frozenset[SensitiveKind]) -> frozenset[SensitiveKind]:
        if always := sorted(kinds & ALWAYS):
            raise ValueError(f"received {', '.join(always)}, which no setting switches off; name other kinds")
        return kinds

    @field_validator("regions")
    @classmethod
    def _are_regions(cls, regions: tuple[str, ...]) -> tuple[str, ...]:
        from phonenumbers import SUPPORTED_REGIONS

        for region in regions:
            if region not in SUPPORTED_REGIONS:
                # What was received is not quoted: an error of settings is printed before redaction is set up.
                raise ValueError("one of them is no country of ISO 3166; valid are codes such as DE or BR")
        return regions

    @field_validator("keep")
    @classmethod
    def _are_names(cls, formats: dict[str, KeepFormat]) -> dict[str, KeepFormat]:
        for name in formats:
            if not _NAME.fullmatch(name):
                raise ValueError(
                    "received a name of a format that is not valid; valid are lower-case letters, digits, _ and -, 32 at most"
                )
        return formats
