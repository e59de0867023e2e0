"""The programs that the scorecard compares: Groundswell's redactor, and Presidio's pattern recognizers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from models.redaction.kinds import SensitiveKind
from models.redaction.scorecard.score import Removal, Remover

if TYPE_CHECKING:
    from models.redaction.redactor import Redactor

INSTALL = "pip install 'groundswell[names]'"
_ENTITIES: Mapping[str, SensitiveKind] = {
    "CREDIT_CARD": SensitiveKind.CARD,
    "IBAN_CODE": SensitiveKind.IBAN,
    "EMAIL_ADDRESS": SensitiveKind.EMAIL,
    "PHONE_NUMBER": SensitiveKind.PHONE,
    "IP_ADDRESS": SensitiveKind.IP,
    "CRYPTO": SensitiveKind.CRYPTO,
    "US_BANK_NUMBER": SensitiveKind.ACCOUNT,
    "ABA_ROUTING_NUMBER": SensitiveKind.ACCOUNT,
    "MAC_ADDRESS": SensitiveKind.DEVICE,
}
"""Presidio's names of what is a class here; its other recognizers are those of national ids."""

_RECOGNIZERS = (
    "CreditCardRecognizer",
    "IbanRecognizer",
    "EmailRecognizer",
    "PhoneRecognizer",
    "IpRecognizer",
    "CryptoRecognizer",
    "UsBankRecognizer",
    "AbaRoutingRecognizer",
    "MacAddressRecognizer",
    "UsSsnRecognizer",
    "UsItinRecognizer",
    "InAadhaarRecognizer",
    "InPanRecognizer",
    "UkNinoRecognizer",
    "NhsRecognizer",
    "EsNifRecognizer",
    "EsNieRecognizer",
    "ItFiscalCodeRecognizer",
    "PlPeselRecognizer",
    "FiPersonalIdentityCodeRecognizer",
    "SePersonnummerRecognizer",
    "SgFinRecognizer",
    "AuTfnRecognizer",
    "CaSinRecognizer",
    "DeTaxIdRecognizer",
    "KrRrnRecognizer",
    "ThTninRecognizer",
    "TrNationalIdRecognizer",
    "ZaIdNumberRecognizer",
)
"""Recognizers of the classes that are measured; those that this version of Presidio lacks are left out."""


def redactor_remover(redactor: Redactor) -> Remover:
    """Return what a redactor replaces in a text, in all of its passes, as spans of the text as it was."""

    def remove(text: str) -> list[Removal]:
        removals: list[Removal] = [(one.start, one.end, one.kind.value) for one in redactor.quick_findings(text)]
        while removals:
            rest, origins = _replaced(text, removals)
            found = redactor.quick_findings(rest)
            if not found:
                break
            more = [(origins[one.start][0], origins[one.end - 1][1], one.kind.value) for one in found]
            removals = _merged([*removals, *more])
        return removals

    return remove


def _replaced(text: str, removals: Sequence[Removal]) -> tuple[str, list[tuple[int, int]]]:
    """Replace spans by placeholders; return the text, and for each of its characters the span that it had before."""
    pieces: list[str] = []
    origins: list[tuple[int, int]] = []
    done = 0
    for start, end, kind in [*removals, (len(text), len(text), "")]:
        pieces.append(text[done:start])
        origins += [(at, at + 1) for at in range(done, start)]
        if kind:
            pieces.append(f"[{kind}]")
            origins += [(start, end)] * (len(kind) + 2)
        done = end
    return "".join(pieces), origins


def _merged(removals: Iterable[Removal]) -> list[Removal]:
    """Join spans that overlap; the class is that of the first."""
    done: list[Removal] = []
    for start, end, kind in sorted(removals):
        if done and start < done[-1][1]:
            first, last, label = done[-1]
            done[-1] = (first, max(last, end), label)
        else:
            done.append((start, end, kind))
    return done


def presidio_remover() -> Remover | None:
    """Return Presidio's pattern recognizers, without a language model and so without context words; None if it is not installed."""
    try:
        from presidio_analyzer import predefined_recognizers
    except ImportError:
        return None
    recognizers = [
        _offline(getattr(predefined_recognizers, name)())
        for name in _RECOGNIZERS
        if hasattr(predefined_recognizers, name)
    ]

    def remove(text: str) -> list[Removal]:
        found: list[Removal] = []
        for recognizer in recognizers:
            for one in recognizer.analyze(text, recognizer.supported_entities, None) or ():
                kind = _ENTITIES.get(one.entity_type, SensitiveKind.NATIONAL_ID)
                found.append((one.start, one.end, kind.value))
        return _merged(found)

    return remove


def _offline(recognizer: Any) -> Any:
    """Let the recognizer of e-mail use the public suffixes that its library brings; it would load them from the network."""
    if type(recognizer).__name__ == "EmailRecognizer":
        from tldextract import TLDExtract

        suffixes = TLDExtract(cache_dir=None, suffix_list_urls=())
        recognizer.validate_result = lambda address: suffixes(address).fqdn != ""
    return recognizer


PRESIDIO_CLASSES = frozenset({*_ENTITIES.values(), SensitiveKind.NATIONAL_ID})
"""Classes that Presidio has a recognizer for."""
