"""Card security codes (CVV2, CVC2, CID), never to be stored (PCI DSS 3.3.1)."""

from __future__ import annotations

import re

from models.redaction.marks import CARD_MARK, EXPIRY_MARK
from models.redaction.span import Span, spans_of

_BEFORE_CODE = rf"(?:{CARD_MARK}|{EXPIRY_MARK}|\[CARD\]|\[EXPIRY\])"
_CODE_WORD = (
    r"(?<![a-z])(?:cvv2?|cvc2?|cv2|csc|security code|c[oó]digo de (?:seguran[cç]a|seguridad)|"
    r"pr[uü]fnummer|cryptogramme)"
)
HINTS = ("cv", "csc", "security", "digo de", "fnummer", "cryptogramme")
"""Parts of every word before a code, in lower case: looking for them is faster than the pattern."""

_DIGITS = r"(?P<found>[0-9]{3,4})(?![0-9]|[.,][0-9])"
_CODES = (
    re.compile(rf"{_CODE_WORD}[^0-9\n\[\]]{{0,12}}?{_DIGITS}", re.IGNORECASE),
    # Without a word before it, a number after the card may be an amount: then a unit follows it.
    re.compile(rf"{_BEFORE_CODE}[\s,;/|:.\-]{{1,3}}{_DIGITS}(?!\s?[^\W\d_]|\s?[$€£¥₹%])"),
)


def security_code_spans(text: str) -> list[Span]:
    """Find security codes: three or four digits after a word such as CVV, a card or its expiry."""
    lowered = text.lower()
    return spans_of(_CODES, text) if any(hint in lowered for hint in _CONTEXT) else []


_CONTEXT = (CARD_MARK, EXPIRY_MARK, "[card]", "[expiry]", *HINTS)
