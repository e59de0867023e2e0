"""Bank account numbers in the IBAN form (ISO 13616)."""

from __future__ import annotations

import re
from functools import cache

from stdnum import iban, numdb

from models.redaction.span import Span

_START = re.compile(r"[A-Za-z]{2}[ -]?[0-9]{2}(?=(?:[ .-]{0,2}[A-Za-z0-9]){11})")
_CANDIDATE = re.compile(
    r"[0-9](?:(?<=[A-Za-z]{2}[0-9])|(?<=[A-Za-z]{2}[ -][0-9]))[0-9](?=(?:[ .-]{0,2}[A-Za-z0-9]){11})"
)
"""The check digits of `_START`: a search for a digit is faster than one for two letters."""

_CHARACTER = re.compile(r"[ .-]{0,2}([A-Za-z0-9])")


def iban_spans(text: str) -> list[Span]:
    """Find IBANs in a folded text, in upper or lower case, with or without single or double separators."""
    if not _CANDIDATE.search(text):
        return []
    spans: list[Span] = []
    for match in _START.finditer(text):
        if spans and match.start() < spans[-1][1]:
            continue
        end = _end_of_iban(text, match.start())
        if end is not None:
            spans.append((match.start(), end))
    return spans


def has_iban_shape(text: str, start: int) -> bool:
    """Return whether two digits after letters begin what is long enough for an IBAN; no digit comes before `start`."""
    # Two digits and eleven other characters.
    return len(text) - start > 12 and _CANDIDATE.search(text, start) is not None


def _end_of_iban(text: str, start: int) -> int | None:
    """Return the end of the IBAN that starts here, whose length depends on the country; None if there is none."""
    number = ""
    for _ in range(_length(text[start : start + 2].upper())):
        match = _CHARACTER.match(text, start)
        if match is None:
            return None
        number += match[1]
        start = match.end()
    # `check_country` adds national checks, which refuse numbers whose form and check digits are right.
    return start if number and iban.is_valid(number, check_country=False) else None


@cache
def _length(country: str) -> int:
    """Return the length of a country's IBAN by the registry of ISO 13616; 0 where the country has none."""
    for prefix, properties in numdb.get("iban").info(country):
        if prefix == country and "bban" in properties:
            return 4 + sum(map(int, re.findall(r"[0-9]+", properties["bban"])))
    return 0
