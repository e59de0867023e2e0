"""Card data in the tags of chip cards and terminals: tag, length and value in hexadecimal bytes (EMV 4.3 Book 3, annex A and B)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from models.redaction.marks import CARD_MARK
from models.redaction.recognizers.issuers import is_card
from models.redaction.span import Span, without_overlaps

_APART = r"[\s:|,;=\-]{0,3}"
_NUMBER = re.compile(rf"5A{_APART}0(?P<length>[6-9A]){_APART}(?=[0-9])", re.IGNORECASE)
"""Tag 5A, the number of the card, padded with F to whole bytes."""

_TRACK = re.compile(rf"(?:57|9F6B|56){_APART}(?P<length>0[A-F]|1[0-3]){_APART}(?=[0-9])", re.IGNORECASE)
"""Tags with the equivalent of track 2: number, D, expiry, service code and data of the issuer."""

_EXPIRY = re.compile(rf"5F24{_APART}03{_APART}(?P<found>[0-9](?:[ :\-]?[0-9]){{5}})", re.IGNORECASE)
_BETWEEN = re.compile(r"[\s:|,;=\-]")
_HEX = frozenset("0123456789abcdefABCDEF")


def emv_number_spans(view: str) -> list[Span]:
    """Find numbers of cards in tag 5A whose length, issuer and check digit are right."""
    return without_overlaps(_values(view, _NUMBER, _is_number)) if "5A" in view or "5a" in view else []


def emv_track_spans(view: str) -> list[Span]:
    """Find equivalents of track 2 in tags 57, 56 and 9F6B whose number is that of a card."""
    return without_overlaps(_values(view, _TRACK, _is_track)) if "D" in view or "d" in view else []


def emv_expiry_spans(view: str) -> list[Span]:
    """Find the expiry in tag 5F24 of a view in which the number of a card is covered."""
    if ("5F24" not in view and "5f24" not in view) or not (CARD_MARK in view or "[CARD]" in view or "[TRACK]" in view):
        return []
    return [match.span("found") for match in _EXPIRY.finditer(view)]


def _values(view: str, tag: re.Pattern[str], accept: Callable[[str], bool]) -> Iterator[Span]:
    for match in tag.finditer(view):
        size = 2 * int(match["length"], 16)
        value, end = _read(view, match.end(), size)
        if len(value) == size and accept(value.upper()):
            yield match.end(), end


def _read(view: str, start: int, size: int) -> tuple[str, int]:
    """Return so many hexadecimal digits from a position on, with single separators between them, and where they end."""
    value, end, at = "", start, start
    while len(value) < size and at < len(view):
        if view[at] in _HEX:
            value += view[at]
            end = at + 1
        elif at != end or not _BETWEEN.match(view, at):
            break
        at += 1
    return value, end


def _is_number(value: str) -> bool:
    digits = value.rstrip("F")
    return digits.isdigit() and is_card(digits)


def _is_track(value: str) -> bool:
    number, separator, rest = value.rstrip("F").partition("D")
    return bool(separator) and number.isdigit() and rest.isdigit() and is_card(number)
