"""Expiry dates of cards."""

from __future__ import annotations

import re

from models.redaction.marks import CARD_MARK
from models.redaction.span import Span, spans_of

_CARD = rf"(?:{CARD_MARK}|\[CARD\])"
_MONTH_YEAR = r"(?<![0-9/.\-])(?P<found>(?:0?[1-9]|1[0-2]) ?[/\-.] ?(?:20)?[2-4][0-9])(?![0-9]|[/.\-][0-9])"
_WORD = (
    r"(?<![a-z])(?:exp(?:iry|ires?|iration)?|valid(?:ity|ade)?(?: thru| until| till| to)?|"
    r"venc(?:e|imiento|imento)|caduca|g[uü]ltig bis|mm/yy(?:yy)?)(?![a-z])"
)
_EXPIRIES = (
    re.compile(rf"{_WORD}[^0-9\n\[\]]{{0,15}}?{_MONTH_YEAR}", re.IGNORECASE),
    re.compile(rf"{_CARD}[^0-9\[\]]{{1,25}}?{_MONTH_YEAR}"),
    re.compile(rf"{_CARD}[\s,;/|:.\-]{{1,3}}(?P<found>(?:0[1-9]|1[0-2])[2-4][0-9])(?![0-9]|[.,][0-9])"),
)


def expiry_spans(text: str) -> list[Span]:
    """Find expiry dates in a view whose card numbers are covered; without a card there are none."""
    if CARD_MARK not in text and "[CARD]" not in text:
        return []
    return spans_of(_EXPIRIES, text)
