"""Identities of events and tickets: what their systems call them, without card numbers and personal data.

`docs/decisions/0012` says which numbers are taken for card numbers here, and why an identity is not redacted like a text.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import unicodedata
from collections.abc import Iterable, Iterator
from typing import Any

from models.redaction import fold, is_card, may_hold, sensitive_spans

PREFIX = "id-"
"""Before a keyed hash that replaces what an identity must not contain."""

LETTERS = 24
"""Length of the hash: 96 bits, written in 16 letters, since digits could again be taken for a number."""

_REPLACED = re.compile(rf"{PREFIX}[a-p]{{{LETTERS}}}")
_ALPHABET = str.maketrans("0123456789abcdef", "abcdefghijklmnop")
_EDGE = " \t\r\n\0\ufeff\u200b\u00a0"

SHORTEST = 15
"""Digits of the shortest card number that `_UNBROKEN` and `_GROUPED` find."""

_UNBROKEN = re.compile(r"(?<![0-9])([0-9]{15,16}|62[0-9]{17})(?![0-9])")
"""Lengths that schemes issue today: 16 digits, 15 of American Express, 19 of UnionPay. Thirteen, fourteen and eighteen digits are
what helpdesks, shops and social networks number their records with; a tenth of those passes the check digit by chance."""

_GROUPED = re.compile(
    r"(?<![0-9])(?=((?:"
    r"[0-9]{4}(?:[\s\-./\\_,:;|*~']{1,3}[0-9]{4}){3}(?:[\s\-./\\_,:;|*~']{1,3}[0-9]{1,3})?"  # 4-4-4-4, and UnionPay's 4-4-4-4-3
    r"|[0-9]{4}[\s\-./\\_,:;|*~']{1,3}[0-9]{6}[\s\-./\\_,:;|*~']{1,3}[0-9]{4,5}"  # Diners Club and American Express
    r"|62[0-9]{4}[\s\-./\\_,:;|*~']{1,3}[0-9]{13}"  # UnionPay
    r")(?![0-9])))"
)
"""The groups that card numbers are printed in. A UUID or an order number with other groups is not one."""


class Identities:
    """Makes identities storable. The same text always gives the same identity, so that a ticket is one ticket on every way."""

    def __init__(self, key: bytes, patterns: Iterable[str] = ()) -> None:
        """Take the key, which requesters are hashed with, too, and expressions of identities that are kept whatever they are."""
        self.key = key
        self._patterns = [re.compile(pattern) for pattern in patterns]

    def storable(self, text: str) -> str:
        """Replace card numbers, and addresses in what is a sentence, by a keyed hash; return any other identity as it is."""
        if any(pattern.fullmatch(text) for pattern in self._patterns):
            return text
        pieces, done = [], 0
        for start, end in sensitive_parts(text):
            pieces += [text[done:start], PREFIX, self._hash(text[start:end])]
            done = end
        return "".join([*pieces, text[done:]])

    def _hash(self, part: str) -> str:
        # Only letters and digits count: the same number is one identity, however it is spaced.
        plain = "".join(filter(str.isalnum, fold(part).text)).lower()
        digest = hmac.new(self.key, b"identity:" + plain.encode(), hashlib.sha256).hexdigest()
        return digest[:LETTERS].translate(_ALPHABET)


def sensitive_parts(text: str) -> list[tuple[int, int]]:
    """Find what an identity must not contain: spans [start, end) in order."""
    if not may_hold(text):
        return []
    if len(text.split()) > 1 or text != text.strip() or text.startswith("+"):
        # A sentence in a field of identities comes from a wrong mapping: it may contain whatever people write.
        return [(start, end) for start, end, _ in sensitive_spans(text)]
    if len(text) < SHORTEST:
        return []
    folded = fold(text)
    return [folded.original_span(*span) for span in _cards(folded.text)]


def is_replaced(identity: str) -> bool:
    """Return whether a part of an identity was replaced by a hash."""
    return _REPLACED.search(identity) is not None


def plain_identity(value: Any) -> Any:
    """Return the text of an identity as sent: numbers as digits, without spaces around it and without control characters.

    Values of other kinds are returned as they are; validation refuses them.
    """
    if isinstance(value, float) and value.is_integer():
        value = int(value)  # Spreadsheets and data frames write ticket 5158 as 5158.0.
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if not isinstance(value, str):
        return value
    text = value.strip(_EDGE)
    return text if text.isprintable() else "".join(map(_visible, text)).strip()


def _visible(character: str) -> str:
    if character.isspace():
        return " "
    return "\ufffd" if unicodedata.category(character) in {"Cc", "Cf", "Cs"} else character


def _cards(text: str) -> Iterator[tuple[int, int]]:
    spans = [match.span(1) for pattern in (_UNBROKEN, _GROUPED) for match in pattern.finditer(text)]
    end_of_last = 0
    for start, end in sorted(spans):
        if start >= end_of_last and is_card("".join(filter(str.isdigit, text[start:end]))):
            yield start, end
            end_of_last = end
