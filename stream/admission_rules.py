"""Admission rules: what every way into the store makes records storable with."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

from models.redaction import RedactionSettings, Redactor
from stream.identity import Identities
from stream.requester import seal_requester


@dataclass(frozen=True, slots=True)
class AdmissionRules:
    """Identities and texts as they are stored, and requesters as their hashes.

    identities: has the key, too. region: ISO 3166 code of the country of national telephone numbers, where it is one.
    """

    identities: Identities
    redactor: Redactor
    region: str | None = None

    @classmethod
    def of(cls, key: bytes, settings: RedactionSettings | None = None, id_patterns: Iterable[str] = ()) -> Self:
        """Make the rules that the settings describe. `key` hashes requesters and what identities must not contain."""
        given = settings or RedactionSettings()
        redactor = Redactor(given)
        identities = Identities(key, id_patterns, given.numeric_ids, redactor.keep)
        return cls(identities, redactor, national_region(given))

    def requester(self, text: str) -> str:
        """Return the sealed hash of a requester; of one that is sealed, the same."""
        return seal_requester(text, self.identities.key, self.region)


def national_region(settings: RedactionSettings) -> str | None:
    """Return the country whose national telephone numbers requesters may write; None where numbers of several are."""
    return settings.regions[0] if len(settings.regions) == 1 else None
