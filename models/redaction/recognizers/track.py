"""Track data: what the magnetic stripe of a card holds (ISO/IEC 7813), never to be stored (PCI DSS 3.3.1)."""

from __future__ import annotations

import re

from models.redaction.marks import CARD_MARK
from models.redaction.span import Span, spans_of

_NAME = r"\^[^\^\n\ue000-\uf8ff]{2,40}\^"
_FIRST = (
    re.compile(rf"(?P<found>%?(?<![^\W_])[bB] ?[0-9][0-9 ]{{10,22}}{_NAME}[0-9](?: ?[0-9]){{3,60}}\??)"),
    re.compile(rf"(?P<found>(?<![0-9])[0-9][0-9 ]{{10,22}}{_NAME}[0-9](?: ?[0-9]){{3,60}}\??)"),
)
"""Track 1, such as `%B4111...^DOE/JOHN^2712101...?`, with its sentinels or without, whether the number is right or not."""

_CARD = rf"(?:{CARD_MARK}|\[CARD\])"
_SECOND = (
    re.compile(rf"{_CARD}[ \"']?(?P<found>[=D] ?[0-9]{{4}}(?: ?[0-9])*+F?\??)"),
    re.compile(r"(?P<found>;[0-9]{12,19}=[0-9]{4,40}\??)"),
    re.compile(
        r"(?P<found>(?<![0-9A-Za-z])[0-9]{15,19}[=D][2-4][0-9](?:0[1-9]|1[0-2])[0-9]{3,24}F?\??(?![0-9A-Za-z]))"
    ),
    re.compile(rf"{_CARD}(?P<found>{_NAME}(?:[0-9](?: ?[0-9]){{0,60}})?\??)"),
)
"""Track 2, such as `;4111...=2712101...?`: what follows a number that was found, and whole ones whose number is wrong."""

_WITH_LETTER = re.compile(rf"(?:[0-9]{{15}}|{_CARD}[ \"']?)D")
"""The separator as readers for banks show it, after a number."""


def first_track_spans(text: str) -> list[Span]:
    """Find the first track of a magnetic stripe in a view: number, name and data."""
    return spans_of(_FIRST, text) if "^" in text else []


def track_spans(text: str) -> list[Span]:
    """Find the second track of a magnetic stripe in a view whose card numbers are covered, and the rest of damaged ones."""
    if "^" not in text and "=" not in text and not _WITH_LETTER.search(text):
        return []
    return spans_of(_SECOND, text)
