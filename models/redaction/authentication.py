"""Authentication data next to a card number: track data, expiry and security code, never to be stored (PCI DSS 3.3.1)."""

from __future__ import annotations

import re

from models.redaction.span import Span

CARD_MARK = "\ue000"
EXPIRY_MARK = "\ue001"
"""Characters that replace what was found, one for one, so that no position in the text changes."""

_CARD = rf"(?:{CARD_MARK}|\[CARD\])"
_BEFORE_CODE = rf"(?:{CARD_MARK}|{EXPIRY_MARK}|\[CARD\]|\[EXPIRY\])"
_MONTH_YEAR = r"(?<![0-9/.\-])(?P<found>(?:0?[1-9]|1[0-2]) ?[/\-.] ?(?:20)?[2-4][0-9])(?![0-9]|[/.\-][0-9])"
_TRACK = re.compile(rf"{_CARD} ?(?P<found>(?:\^[^^\n]{{2,40}}\^|[=D]) ?[0-9]{{4}}[0-9 ]*\??)")
_EXPIRY_WORD = (
    r"(?<![a-z])(?:exp(?:iry|ires?|iration)?|valid(?:ity|ade)?(?: thru| until| till| to)?|"
    r"venc(?:e|imiento|imento)|caduca|g[uü]ltig bis|mm/yy(?:yy)?)(?![a-z])"
)
_EXPIRIES = (
    re.compile(rf"{_EXPIRY_WORD}[^0-9\n\[\]]{{0,15}}?{_MONTH_YEAR}", re.IGNORECASE),
    re.compile(rf"{_CARD}[^0-9\[\]]{{1,25}}?{_MONTH_YEAR}"),
    re.compile(rf"{_CARD}[\s,;/|:.\-]{{1,3}}(?P<found>(?:0[1-9]|1[0-2])[2-4][0-9])(?![0-9]|[.,][0-9])"),
)
_CODE_WORD = (
    r"(?<![a-z])(?:cvv2?|cvc2?|cv2|csc|security code|c[oó]digo de (?:seguran[cç]a|seguridad)|"
    r"pr[uü]fnummer|cryptogramme)"
)
_CODE_HINTS = ("cv", "csc", "security", "digo de", "fnummer", "cryptogramme")
"""Parts of every word before a code, in lower case: looking for them is faster than the pattern."""

_REACH = 40
"""Characters from the beginning of the longest of these words to its code, and some more."""

_DIGITS = r"(?P<found>[0-9]{3,4})(?![0-9]|[.,][0-9])"
_CODES = (
    re.compile(rf"{_CODE_WORD}[^0-9\n\[\]]{{0,12}}?{_DIGITS}", re.IGNORECASE),
    # Without a word before it, a number after the card may be an amount: then a unit follows it.
    re.compile(rf"{_BEFORE_CODE}[\s,;/|:.\-]{{1,3}}{_DIGITS}(?!\s?[^\W\d_]|\s?[$€£¥₹%])"),
)


def track_spans(text: str) -> list[Span]:
    """Find what a magnetic stripe holds after the card number (ISO/IEC 7813): name, expiry, service code and the issuer's data."""
    if CARD_MARK not in text and "[CARD]" not in text:
        return []
    return [found.span("found") for found in _TRACK.finditer(text)]


def expiry_spans(text: str) -> list[Span]:
    """Find expiry dates in a folded text whose card numbers are covered; without a card there are none."""
    if CARD_MARK not in text and "[CARD]" not in text:
        return []
    return _spans(_EXPIRIES, text)


def security_code_spans(text: str) -> list[Span]:
    """Find security codes: three or four digits after a word such as CVV, a card or its expiry."""
    lowered = text.lower()
    hints = (CARD_MARK, EXPIRY_MARK, "[card]", "[expiry]", *_CODE_HINTS)
    return _spans(_CODES, text) if any(hint in lowered for hint in hints) else []


def has_code_hint(text: str, start: int) -> bool:
    """Return whether a part of a word that announces a security code is before a digit; no digit comes before `start`."""
    lowered = text[max(0, start - _REACH) :].lower()
    # A generator would take longer than the search.
    for hint in _CODE_HINTS:  # noqa: SIM110
        if hint in lowered:
            return True
    return False


def _spans(patterns: tuple[re.Pattern[str], ...], text: str) -> list[Span]:
    found = sorted({match.span("found") for pattern in patterns for match in pattern.finditer(text)})
    return [span for at, span in enumerate(found) if at == 0 or span[0] >= found[at - 1][1]]
