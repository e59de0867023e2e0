"""Card numbers (PANs): Luhn-valid digits in an issuer's range, however they are spaced."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from itertools import chain

from stdnum import luhn

from models.redaction.span import Span

SHORTEST, LONGEST = 12, 19

SEPARATORS = r"[\s\-./\\_,:;|*~']"
_ENCLOSING = r"[\"`'()\[\]{}<>\u2018-\u201f\u00ab\u00bb\u2039\u203a]"
_JOINT = rf"\s?[xX\u00d7]\s?|{_ENCLOSING}\s{{0,2}}{_ENCLOSING}?|\s{_ENCLOSING}|=[ \t\r]*\n"
"""A single x between groups, quotes and brackets around them, and the soft line break of quoted-printable (RFC 2045).

A comma between quotes is none of them: numbers in the cells of a table are written so.
"""

_RUN = re.compile(rf"[0-9](?:(?:{SEPARATORS}{{0,3}}+|{_JOINT})[0-9])++")
_GROUP = re.compile(r"[0-9]+")

# ISO/IEC 7812 issuer prefixes, each with the lengths its scheme issues.
# They include Elo, Hipercard, Verve and Dankort.
_ISSUERS = (
    ("Visa", "4", (13, 16, 19)),
    ("Mastercard", "5[1-5]", (16,)),
    ("Mastercard, 2-series", "222[1-9]|22[3-9]|2[3-6]|27[01]|2720", (16,)),
    ("American Express", "3[47]", (15,)),
    ("Diners Club", "30[0-5]|3095|36|38|39", (14, 16, 19)),
    ("Discover", "6011|64[4-9]|65", (16, 19)),
    ("JCB", "352[89]|35[3-8]", (16, 17, 18, 19)),
    ("JCB, before 1989", "1800|2131", (15,)),
    ("UnionPay", "62|81", (16, 17, 18, 19)),
    ("Mir", "220[0-4]", (16, 17, 18, 19)),
    ("RuPay", "353|356|508|6[05]|8[12]", (16,)),
    ("Troy", "65|9792", (16,)),
    ("Maestro", "50|5[6-8]|6", tuple(range(12, 20))),
)

# Expiry and security code typed directly after a card number.
_TAIL = re.compile(r"(?:0[1-9]|1[0-2])(?:20)?[2-4]\d(?:\d{3,4})?")
_CARD_WORD = re.compile(
    r"card|visa|master|amex|maestro|\bpan\b|cvv|cvc|tarjeta|cart[aã]o|carte|karte|kartu|kart\b", re.IGNORECASE
)
_CARD_WORD_WITHIN = 30


def is_card(digits: str) -> bool:
    """Return whether ASCII digits are a card number: issuer range, length, check digit (ISO/IEC 7812, Luhn)."""
    return len(digits) in issued_lengths(digits[:4]) and luhn.is_valid(digits)


@cache
def issued_lengths(prefix: str) -> frozenset[int]:
    """Return the lengths of the card numbers that begin with these four digits; empty where no scheme issues any."""
    issued = (lengths for _, ranges, lengths in _ISSUERS if re.match(ranges, prefix))
    return frozenset(chain.from_iterable(issued))


def card_spans(text: str) -> list[Span]:
    """Find the card numbers in a folded text.

    Windows of 12 to 19 digits slide over the groups of digits with up to three separators between them, from the start
    of one group to the end of another; so an amount before the number or an expiry after it hides no number.
    Windows that overlap become one span, so that no digit is left, whichever of them is the number.
    """
    spans: list[Span] = []
    for run in _RUN.finditer(text):
        if run.end() - run.start() < SHORTEST:
            continue
        for start, end in _windows(text, run.start(), run.end()):
            if spans and start < spans[-1][1]:
                spans[-1] = (spans[-1][0], max(end, spans[-1][1]))
            else:
                spans.append((start, end))
    return spans


def has_run(text: str, start: int) -> bool:
    """Return whether digits with separators between them are long enough for a card number; they begin at `start` or later."""
    return any(run.end() - run.start() >= SHORTEST for run in _RUN.finditer(text, start))


def _windows(text: str, start: int, end: int) -> Iterator[Span]:
    """Yield the valid windows of one run in the order of their start, for each start the longest one."""
    groups = [group.span() for group in _GROUP.finditer(text, start, end)]
    for first, (begin, end_of_group) in enumerate(groups):
        ends = _ends(text, groups[first : first + LONGEST])
        longest = max(ends, default=None)
        if longest is None and _has_tail(text, begin, end_of_group):
            longest = end_of_group
        if longest is not None:
            yield begin, longest


def _ends(text: str, groups: list[Span]) -> list[int]:
    """Return the ends of the card numbers that begin with the first of these groups."""
    digits, ends = "", []
    for left, right in groups:
        digits += text[left:right]
        if len(digits) > LONGEST:
            break
        if len(digits) >= SHORTEST and is_card(digits):
            ends.append(right)
    return ends


def _has_tail(text: str, start: int, end: int) -> bool:
    """Return whether one unbroken group is a card number followed by its expiry or security code."""
    if end - start < 16 or end - start > LONGEST + 10:
        return False
    digits = text[start:end]
    named = _CARD_WORD.search(text, max(0, start - _CARD_WORD_WITHIN), start) is not None
    return any(
        is_card(digits[:length]) and (_TAIL.fullmatch(digits, length) or (named and len(digits) - length < 5))
        for length in range(SHORTEST, min(LONGEST, len(digits) - 3) + 1)
    )
