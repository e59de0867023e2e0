"""Card numbers that a person can read although they are not written in digits only: with words between, in words, with letters."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

from models.redaction.recognizers.card_shape import PRINTED, is_year
from models.redaction.recognizers.card_words import card_word_before, other_word_before, partial_word_before
from models.redaction.recognizers.digit_words import has_ideographs, has_number_words, spoken_digits
from models.redaction.recognizers.issuers import SHORTEST, CheckDigits, is_card, issued_lengths
from models.redaction.span import Span, merged

_ALONE = re.compile(
    r"[0-9](?<![^\W\u3040-\u9fff\uac00-\ud7a3][0-9])(?<![$€£₹¥.,%/+][0-9])[0-9]{2,5}(?![\w%€$£]|[.,/][0-9])"
)
_PRINTED: dict[tuple[int, ...], int] = {(4, 4, 4): 4, (4, 6, 5): 3, (4, 6, 4): 3}
"""The first groups of printed numbers, and how many groups there are."""

_TIGHT = 19
"""Characters of groups that have no room for a word between them."""

_WORDS_BETWEEN = re.compile(r"[^0-9\[\]\ue000-\uf8ff]{1,48}")
_LETTER = re.compile(r"[^\W\d_]")
_MOST_WORDS = 5

_LIKE_ONE_OR_ZERO = "OolI|iLQD"
_LIKE_OTHERS = "BSsZzGgbqTA&"
_AS_DIGIT = str.maketrans("OoQDlIi|LBSsZzGgbqTA&", "000011111855226969748")
_MIXED = rf"[0-9{_LIKE_ONE_OR_ZERO}{_LIKE_OTHERS}]"
_GAP = r"[\s\-./_]{0,3}"
_LETTERS = re.compile(
    rf"[0-9](?<![^\W_\u3040-\u9fff\uac00-\ud7a3][0-9])(?:{_MIXED}{{3}}{_GAP}{_MIXED}{{4}}{_GAP}{_MIXED}{{4}}{_GAP}{_MIXED}{{4}}|{_MIXED}{{3}}{_GAP}{_MIXED}{{6}}{_GAP}{_MIXED}{{5}})"
    r"(?![^\W_])"
)
_FEWEST_DIGITS = 8
"""Digits without which a letter that looks like another digit than one or zero is a letter."""


_NUMBERED = re.compile(
    r"(?<![0-9])1(?P<sign>[^0-9A-Za-z]{1,12})(?P<group>[0-9]{4,6})(?![0-9])(?=[^0-9]{1,40}2(?P=sign)[0-9])"
)
_MOST_GROUPS = 5
_PRINTED_WITH_WORDS = re.compile(r"[0-9]{4}[^0-9]{1,48}[0-9]{4,6}[^0-9]{1,48}[0-9]{4,6}")


def has_doubtful_shape(text: str, start: int, digits: int) -> bool:
    """Return whether groups with words between them, or letters among digits, may be a card number.

    No digit of the text, which has `digits` of them, is before `start`.
    """
    if _LETTERS.search(text, start) is not None:
        return True
    return digits >= SHORTEST and any(shape.search(text, start) for shape in (_PRINTED_WITH_WORDS, _NUMBERED))


def doubtful_card_spans(text: str) -> list[Span]:
    """Find card numbers with words between their groups, in number words, and with letters that look like digits, in a view.

    What is found has the check digit and a printed form of card numbers, but could be something else.
    """
    spans = [*_with_words_between(text), *_with_letters(text), *_numbered(text)]
    if has_number_words(text) or has_ideographs(text):
        spans += _spoken(text)
    return merged(spans)


def _with_words_between(text: str) -> Iterator[Span]:
    groups = [match.span() for match in _ALONE.finditer(text)]
    sizes = [end - start for start, end in groups]
    for first, (start, _) in enumerate(groups):
        count = _PRINTED.get(tuple(sizes[first : first + 3]), 0)
        window = groups[first : first + count]
        if count and len(window) == count and window[-1][1] - start > _TIGHT and _is_said_card(text, window):
            yield start, window[-1][1]


def _is_said_card(text: str, window: list[Span]) -> bool:
    gaps = [text[left[1] : right[0]] for left, right in pairwise(window)]
    if not any(map(_LETTER.search, gaps)):
        return False
    groups = [text[start:end] for start, end in window]
    if not is_card("".join(groups)):
        return False
    if not all(_WORDS_BETWEEN.fullmatch(gap) and len(gap.split()) <= _MOST_WORDS for gap in gaps):
        return False
    if card_word_before(text, window[0][0]) and not partial_word_before(text, window[0][0]):
        return True
    return not any(map(is_year, groups)) and not partial_word_before(text, window[0][0])


def _numbered(text: str) -> Iterator[Span]:
    """Yield the numbers whose groups are numbered, as in fields `card1` to `card4` and in the rows of a table."""
    for match in _NUMBERED.finditer(text):
        groups, end, found = [match["group"]], match.end(), None
        sign = re.escape(match["sign"])
        for number in range(2, _MOST_GROUPS + 1):
            following = re.compile(rf"[^0-9]{{1,40}}{number}{sign}([0-9]{{1,7}})(?![0-9])").match(text, end)
            if following is None:
                break
            groups.append(following[1])
            end = following.end()
            if tuple(map(len, groups)) in PRINTED and is_card("".join(groups)):
                found = end
        is_list = other_word_before(text, match.start()) or sum(map(is_year, groups)) > 1
        if found is not None and not is_list:
            yield match.start("group"), found


def _with_letters(text: str) -> Iterator[Span]:
    for match in _LETTERS.finditer(text):
        written = re.sub(r"[\s\-./_]", "", match.group())
        if written.isdigit() or not is_card(written.translate(_AS_DIGIT)):
            continue
        others = any(letter in written for letter in _LIKE_OTHERS)
        if not others or sum(map(str.isdigit, written)) >= _FEWEST_DIGITS:
            yield match.span()


def _spoken(text: str) -> Iterator[Span]:
    for row in spoken_digits(text):
        check = CheckDigits(row.digits)
        for start in range(len(row.digits)):
            for length in issued_lengths(row.digits[start : start + 4]):
                if start + length <= len(row.digits) and check.is_valid(start, start + length):
                    yield row.spans[start][0], row.spans[start + length - 1][1]
                    break
