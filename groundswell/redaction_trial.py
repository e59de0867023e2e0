"""What redaction does to a text of one's own: the text that would be stored, and what was replaced and why."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from models.redaction.kinds import SensitiveKind
from models.redaction.recognizers.issuers import is_card, scheme_of
from models.redaction.redactor import Redactor, SensitiveFinding
from models.redaction.view import views

SHORTEST_SHOWN = 8
"""Of shorter values not even the first and last character are shown: of a PIN they would be half."""

_WHY = {
    SensitiveKind.TRACK: "shape of a magnetic track",
    SensitiveKind.CVV: "digits after a word for a security code, a card or its expiry",
    SensitiveKind.EXPIRY: "date after a word for it, or next to a card",
    SensitiveKind.PIN: "digits next to a word for a PIN",
    SensitiveKind.CODE: "characters next to a word for a code",
    SensitiveKind.IBAN: "length of its country, right check digits",
    SensitiveKind.ACCOUNT: "number after a word for an account or a bank",
    SensitiveKind.NATIONAL_ID: "form or check digits of a country, or a word for an id",
    SensitiveKind.UPI: "name and handle of a payment service",
    SensitiveKind.EMAIL: "name, sign and domain of an address",
    SensitiveKind.PHONE: "number of a numbering plan, or a word for a telephone",
    SensitiveKind.IP: "address of a network, and no version",
    SensitiveKind.DEVICE: "shape of a device's id, or a word for one",
    SensitiveKind.PASSWORD: "value after a word for a password, or before the host of an address",
    SensitiveKind.TOKEN: "shape of an issuer's key, or a word for a token",
    SensitiveKind.CRYPTO: "form and check digits of a wallet's address",
}

_PERCENT = re.compile(r"%[0-9A-Fa-f]{2}")
_ENTITIES = ("&#", "&nbsp", "&amp", "&ensp", "&emsp", "&thinsp", "&shy", "&commat")
_NAMED = {"\n": "a line break", "\t": "a tab", "\u00a0": "no-break spaces"}


@dataclass(frozen=True, slots=True)
class RedactionTrial:
    """A text as it would be stored, and the findings in the text before."""

    before: str
    after: str
    findings: tuple[SensitiveFinding, ...]

    def rows(self, *, show: bool) -> list[dict[str, Any]]:
        """Return a row for each finding; values are masked unless `show` is set."""
        return [
            {
                "start": one.start,
                "end": one.end,
                "class": one.kind.value,
                "value": value if show else masked(value),
                "reason": "; ".join([why(one, value), *unusual_signs(value)]),
            }
            for one in self.findings
            for value in [self.before[one.start : one.end]]
        ]


def attempt(text: str, redactor: Redactor) -> RedactionTrial:
    """Read a text as plain text, as ingest does, and redact it."""
    from models.text import to_plain

    plain = to_plain(text)
    return RedactionTrial(plain, redactor.redact(plain).text, tuple(redactor.findings(plain)))


def why(finding: SensitiveFinding, value: str) -> str:
    """Say in a phrase what a finding was taken for, and by what."""
    if finding.kind is not SensitiveKind.CARD:
        return _WHY.get(finding.kind, finding.reason)
    # The digits are those that are read: the 20 of a percent-encoded space is none of them.
    digits = "".join(filter(str.isdigit, views(value)[0].text))
    scheme = scheme_of(digits)
    if scheme is None or not is_card(digits):
        return f"{finding.reason}: contains the digits of a card number"
    return f"range of {scheme}, {len(digits)} digits, right check digit"


def masked(value: str) -> str:
    """Return the first and last character of a value and its length, so that a picture of a terminal does not leak it."""
    if len(value) < SHORTEST_SHOWN:
        return f"({len(value)} characters)"
    return f"{value[0]}…{value[-1]} ({len(value)} characters)"


def unusual_signs(value: str) -> Iterator[str]:
    """Say which characters other than ASCII a value is written with, by name, each script of digits once, and escapes."""
    seen = set()
    if any(entity in value for entity in _ENTITIES):
        yield "written with character references"
    if _PERCENT.search(value):
        yield "written with percent signs"
    for sign in value:
        name = _NAMED.get(sign)
        if name is None and not sign.isascii() and not sign.isalpha():
            name = unicodedata.name(sign, f"U+{ord(sign):04X}").split(" DIGIT ")[0].lower()
            name = f"{name} digits" if sign.isdigit() else name
        if name is not None and name not in seen:
            seen.add(name)
            yield f"written with {name}"
