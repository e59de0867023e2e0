"""Track data: what the magnetic stripe of a card holds, never to be stored (PCI DSS 3.3.1)."""

from __future__ import annotations

import re

from models.redaction.marks import CARD_MARK
from models.redaction.span import Span, spans_of

_CARD = rf"(?:{CARD_MARK}|\[CARD\])"
_TRACKS = (
    # What follows a card number that was found: the name and the data of track 1, or the data of track 2.
    re.compile(rf"{_CARD}[ \"']?(?P<found>(?:\^[^\^\n]{{2,40}}\^|[=D]) ?[0-9]{{4}}[0-9 ]*+[=^]?[0-9 ]{{0,40}}\??)"),
    re.compile(rf"{_CARD}(?P<found>\^[^\^\n]{{2,40}}\^[^\s?]{{0,60}}\??)"),
    # Whole tracks, whose card number may be damaged.
    re.compile(r"(?P<found>%?(?<![^\W_])[bB] ?[0-9][0-9 ]{10,22}\^[^\^\n]{2,40}\^[0-9 ]{4,60}\??)"),
    re.compile(r"(?P<found>;[0-9]{12,19}=[0-9]{4,40}\??)"),
    re.compile(r"(?P<found>(?<![0-9A-Za-z])[0-9]{15,19}[=D][2-4][0-9](?:0[1-9]|1[0-2])[0-9]{3,24}\??(?![0-9A-Za-z]))"),
)
"""ISO/IEC 7813: `%B4111...^DOE/JOHN^2712101...?` and `;4111...=2712101...?`, with their sentinels or without."""


def track_spans(text: str) -> list[Span]:
    """Find the tracks of a magnetic stripe (ISO/IEC 7813) in a view whose card numbers are covered."""
    if "^" not in text and "=" not in text and "D" not in text:
        return []
    return spans_of(_TRACKS, text)
