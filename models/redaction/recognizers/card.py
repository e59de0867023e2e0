"""Card numbers (PANs): Luhn-valid digits in an issuer's range, however they are spaced."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator

from models.redaction.recognizers.card_shape import CardShape, DigitRun, card_shape
from models.redaction.recognizers.card_words import card_word_before
from models.redaction.recognizers.issuers import LONGEST, SHORTEST, CheckDigits, is_card, issued_lengths
from models.redaction.span import Span, merged

_BETWEEN = "(?:[^\\w\ue000-\uf8ff]|_)"
"""What may be between the digits of a number: whatever is no letter and covers no finding."""

_RUN = re.compile(rf"[0-9]++(?:{_BETWEEN}*+[0-9]++|{_BETWEEN}?[xX]{_BETWEEN}?[0-9]++)*+")
_GROUP = re.compile(r"[0-9]+")
_SCIENTIFIC = re.compile(r"(?<![0-9.,])([1-9])[.,]([0-9]{11,18})[eE]\+?(1[1-8])(?![0-9])")
"""A number as spreadsheets write long ones."""

_EXPIRY = r"(?:0[1-9]|1[0-2])(?:20)?[2-4][0-9]"
_AFTER = re.compile(rf"{_EXPIRY}(?:[0-9]{{3,4}})?")
_BEFORE = re.compile(_EXPIRY)
_USUAL_LENGTH = 15
"""Digits of the numbers in use today; shorter ones with something before them are ids."""

_LONGEST_GLUED = 10
"""Digits of an expiry date and a security code that are written directly before or after a number."""

_ZERO_POINT = re.compile(r"(?<![0-9.,])0[.,]\Z")


def card_spans(text: str) -> list[Span]:
    """Find the card numbers in a view.

    Windows of 12 to 19 digits slide over the groups of digits with anything but letters between them, from the start of one group to
    the end of another; so an amount before the number or an expiry after it hides no number. Windows that overlap become one span, so
    that no digit is left, whichever of them is the number. Linear in the length of the text.
    """
    spans: list[Span] = []
    for match in _RUN.finditer(text):
        if match.end() - match.start() >= SHORTEST:
            spans += _distinct(list(_run_spans(text, *match.span())))
    if "e+" in text or "E+" in text or "E1" in text or "e1" in text:
        spans += _scientific(text)
    return [span for span in merged(spans) if not _is_fraction(text, *span)]


def _is_fraction(text: str, start: int, end: int) -> bool:
    """Return whether digits are the decimals of a number below one, which have the check digit of a card number in one of ten."""
    return text[start:end].isdigit() and _ZERO_POINT.search(text, max(0, start - 3), start) is not None


def has_run(text: str, start: int) -> bool:
    """Return whether digits with anything but letters between them are enough for a card number; none comes before `start`."""
    for match in _RUN.finditer(text, start):
        length = match.end() - match.start()
        if length >= SHORTEST and sum(map(str.isdigit, match.group())) >= SHORTEST:
            return True
    return False


def _run_spans(text: str, start: int, end: int) -> Iterator[tuple[Span, CardShape]]:
    """Yield the card numbers of one run in the order of their start, for each start the longest one."""
    groups = [group.span() for group in _GROUP.finditer(text, start, end)]
    digits = "".join([text[left:right] for left, right in groups])
    if len(digits) < SHORTEST:
        return
    run = DigitRun(text, groups)
    check = CheckDigits(digits)
    group_ending_at = dict(zip(run.ends, range(len(groups)), strict=True))
    first = 0
    while first < len(groups):
        if first in run.rows_to_skip:
            first = run.rows_to_skip[first]
        left, right = groups[first]
        begin = run.ends[first] - (right - left)
        found, shape = None, CardShape.PRINTED
        for length in issued_lengths(digits[begin : begin + 4]):
            last = group_ending_at.get(begin + length)
            if last is not None and check.is_valid(begin, begin + length) and (form := card_shape(run, first, last)):
                # A shorter number with the same separator throughout is the number, and the rest is what follows it.
                even = run.is_even(first, last)
                if found is None or even:
                    found, shape = groups[last][1], form
                if even:
                    break
        if found is None:
            found, shape = _glued(run, first), CardShape.PRINTED
        if found is not None:
            yield (left, found), shape
        first += 1


def _distinct(found: list[tuple[Span, CardShape]]) -> list[Span]:
    """Return what is printed as a card, and what is not but has nothing in common with it; overlapping spans become one."""
    printed = merged(span for span, shape in found if shape is CardShape.PRINTED)
    loose = merged(span for span, shape in found if shape is CardShape.LOOSE)
    starts = [start for start, _ in printed]
    for start, end in loose:
        at = bisect_left(starts, end) - 1
        if at < 0 or printed[at][1] <= start:
            printed.append((start, end))
    return printed


def _glued(run: DigitRun, first: int) -> int | None:
    """Return the end of a card number that begins in this group and has its expiry date or security code written directly to it."""
    size = run.size(first)
    if size > SHORTEST:
        return _glued_in_group(run, first)
    last = first + 3
    if size in (4, 7, 8, 11) and last < len(run.groups) and run.size(first + 1) == run.size(first + 2) == 4:
        before, after = size - 4, run.size(last) - 4
        if (before or after > 0) and 0 <= after <= _LONGEST_GLUED and run.digits(first, last, before, after, is_card):
            return run.groups[last][1]
    return None


def _glued_in_group(run: DigitRun, first: int) -> int | None:
    start, end = run.groups[first]
    if end - start > LONGEST + _LONGEST_GLUED + 4:
        return None
    digits = run.text[start:end]
    named: bool | None = None
    for before in range(_LONGEST_GLUED + 1):
        for length in issued_lengths(digits[before : before + 4]):
            after = len(digits) - before - length
            if not 0 <= after <= _LONGEST_GLUED or not before + after or not is_card(digits[before : before + length]):
                continue
            lead, tail = digits[:before], digits[len(digits) - after :]
            usual = not lead or (length >= _USUAL_LENGTH and not tail)
            if usual and lead and not lead.strip("0"):
                return end  # In fields of a fixed width, numbers are filled up with zeros.
            if usual and (_BEFORE.fullmatch(lead) if lead else _AFTER.fullmatch(tail)):
                return end
            if named is None:
                named = card_word_before(run.text, start)
            if named and before < 5 and after < 5:
                return end
    return None


def _scientific(text: str) -> Iterator[Span]:
    for match in _SCIENTIFIC.finditer(text):
        digits = (match[1] + match[2]).ljust(int(match[3]) + 1, "0")
        if len(digits) == int(match[3]) + 1 and is_card(digits):
            yield match.span()
