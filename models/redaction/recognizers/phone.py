"""Telephone numbers: written internationally, in a typical format, or after a word that announces one."""

from __future__ import annotations

import re

import phonenumbers

from models.redaction.span import Span, without_overlaps

FEWEST_DIGITS, MOST_DIGITS = 7, 15
"""E.164 allows 15; shorter numbers are service numbers and identify no person."""

REGIONS = ("US", "BR", "GB", "IN", "DE", "FR", "ES", "ID", "MX", "TR")
"""Countries whose national format is tried for a number without a country code."""

_CANDIDATE = re.compile(r"[0-9](?:[ ().\-/]{0,24}[0-9]){6}")
"""Seven digits with nothing but separators between them: every number has them, and few texts."""

_INTERNATIONAL = re.compile(
    r"(?<![\d+])\+ ?\(?[0-9][0-9 ().\-/]{5,24}(?<=[0-9])"
    r"|(?<![\w.,+#/-])00 ?[1-9][0-9 ().\-/]{7,24}(?<=[0-9])"
)
_FORMATTED = re.compile(
    r"(?<![\w.,+#/\-])(?:"
    r"\([0-9]{2,4}\) ?[0-9]{3,5}[-. ]?[0-9]{3,4}"  # (415) 555-2671, (11) 91234-5678
    r"|[0-9]{3}([-.])[0-9]{3}\1[0-9]{4}"  # 415-555-2671
    r"|[0-9]{2} 9[0-9]{4}-[0-9]{4}"  # 11 91234-5678
    r")(?![\w-])"
)
_ANNOUNCED = re.compile(
    r"\b(?:phone|tel|telephone|mobile|cell|call(?: me)?|text me|reach me|whats ?app|contact|t[eé]l[eé]fono|"
    r"telefone|telefon|celular|m[oó]vil|handy|num[eé]ro|portable|nomor|ponsel|hp|wa)\b"
    r"(?P<between>[^0-9#\n]{0,25}?)(?P<number>\(?[0-9][0-9 ().\-/]{6,20}(?<=[0-9]))(?![\w-])",
    re.IGNORECASE,
)
_OTHER_NUMBER = re.compile(
    r"order|ticket|invoice|transaction|payment|amount|ref|\bid\b|pedido|case|batch|[$€£₹]", re.IGNORECASE
)
_DATE = re.compile(r"(?:19|20)\d\d[-/.]\d|\d{1,2}[-/.]\d{1,2}[-/.](?:19|20)\d\d")


def phone_spans(text: str) -> list[Span]:
    """Find telephone numbers in a folded text.

    A candidate must also be a valid number by the plans in `phonenumbers`, so order numbers, amounts and
    dates stay. A national number without a typical format needs a word such as "phone" before it.
    """
    if not _CANDIDATE.search(text):
        return []
    spans = [_longest_valid(text, *match.span(), None) for match in _INTERNATIONAL.finditer(text)]
    spans += [_longest_valid(text, *match.span(), REGIONS) for match in _FORMATTED.finditer(text)]
    for match in _ANNOUNCED.finditer(text):
        if not _OTHER_NUMBER.search(match["between"]) and not _DATE.match(match["number"]):
            spans.append(_longest_valid(text, *match.span("number"), REGIONS))
    return without_overlaps([span for span in spans if span])


def has_phone_shape(text: str, start: int) -> bool:
    """Return whether a text has as many digits in a row as a telephone number; no digit comes before `start`."""
    return _CANDIDATE.search(text, start) is not None


def is_international(text: str) -> bool:
    """Return whether a text that starts with + is one valid number of some country."""
    try:
        number = phonenumbers.parse(text, None)
    except phonenumbers.NumberParseException:
        return False
    return phonenumbers.is_valid_number(number)


def _longest_valid(text: str, start: int, end: int, regions: tuple[str, ...] | None) -> Span | None:
    """Return the span of the longest valid number from `start`: in "+1 415 555 2671 12 times" the candidate is too long."""
    while end > start:
        candidate = text[start:end]
        digits = sum(map(str.isdigit, candidate))
        if digits < FEWEST_DIGITS:
            return None
        if digits <= MOST_DIGITS + 2 and _is_valid(candidate, regions):
            return start, end
        shorter = candidate.rstrip("0123456789").rstrip(" ().-/")
        end = start + len(shorter)
    return None


def _is_valid(candidate: str, regions: tuple[str, ...] | None) -> bool:
    if regions is None:
        return is_international(re.sub("^00", "+", candidate))
    return any(_is_national(candidate, region) for region in regions)


def _is_national(candidate: str, region: str) -> bool:
    try:
        number = phonenumbers.parse(candidate, region)
    except phonenumbers.NumberParseException:
        return False
    return phonenumbers.is_valid_number_for_region(number, region)
