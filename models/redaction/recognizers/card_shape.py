"""Shapes of card numbers: how people group and separate digits, and how tables, amounts and dates differ from that."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from enum import IntEnum
from functools import cached_property
from itertools import accumulate, groupby, pairwise

from models.redaction.recognizers.card_words import card_word_before, other_word_before
from models.redaction.recognizers.issuers import LONGEST, SHORTEST
from models.redaction.span import Span

PRINTED = frozenset(
    {
        (4, 4, 4, 4), (4, 6, 5), (4, 6, 4), (4, 4, 4, 4, 3), (4, 4, 4, 4, 2), (4, 4, 4, 4, 1),
        (4, 4, 4), (4, 4, 5), (4, 4, 4, 1), (4, 4, 4, 2), (4, 4, 4, 3), (4, 4, 4, 5), (4, 4, 4, 6), (4, 4, 4, 7),
        (6, 13), (6, 12), (6, 10), (4, 12), (5, 5, 6), (6, 6, 4), (4, 5, 6),
    }
)  # fmt: skip
"""Groups in which card numbers are printed or dictated."""

_MASK = re.compile(r"[*•●#xX]{2}")
_PAIR = re.compile(r"[=&]")
_LIST = re.compile(r"[,;]\s|\n.*\n|[,;|\t][^0-9]*[,;|\t]")
_CELL = re.compile(r"[\t|;]|\"\s*,\s*\"|\s\s|,|\n")
_AMOUNT = re.compile(r"[0-9]{1,3}(?:[.,' ][0-9]{3})+(?:[.,][0-9]{1,2})?")
_DATE = r"(?:[0-3]?[0-9]([-/.])[0-3]?[0-9]\1(?:19|20)[0-9]{2}|(?:19|20)[0-9]{2}([-/.])[01]?[0-9]\2[0-3]?[0-9])"
_DATE_FIRST = re.compile(rf"{_DATE}(?![0-9])")
_DATE_LAST = re.compile(rf"(?<![0-9]){_DATE}\Z")
_DECIMAL = re.compile(r"[0-9][.,][0-9]")

_LONGEST_GAP = 3
_WHOLE_RUN_GAP = 12
_MOST_OTHERS = 14
"""Other groups in the same run, from which on irregular groups are numbers of a table or a list."""

_TABLE_DIGITS = 56
"""Digits in groups of one size with the same separator, from which on they are a table: three card numbers have fewer."""

_SMALL_TABLE = 80
"""Groups up to which no row of a table is worth skipping."""

_TABLE_ROWS = 8
"""Further groups before or after a row of cells, from which on it is a row of a table."""

_FEWEST_COUNTED = 4
"""Steps from which on numbers at the same distance are counted and not drawn."""

_AMOUNT_DIGITS = 15
"""Nobody writes an amount with as many digits."""


class DigitRun:
    """Groups of digits with no letters between them."""

    def __init__(self, text: str, groups: list[Span]) -> None:
        """Take the text and the spans of the groups in it."""
        self.text = text
        self.groups = groups

    @cached_property
    def ends(self) -> list[int]:
        """How many digits there are up to the end of each group."""
        return list(accumulate(end - start for start, end in self.groups))

    @cached_property
    def is_named(self) -> bool:
        """Whether a word before the run announces a card number; there is none inside, since no letters are."""
        return card_word_before(self.text, self.groups[0][0])

    @cached_property
    def same_size(self) -> list[int]:
        """For each group, how many groups of its size in a row it is one of."""
        return _row_lengths([end - start for start, end in self.groups])

    @cached_property
    def same_gap(self) -> list[int]:
        """For each group but the last, how many times in a row the group's size and the separator after it occur."""
        return _row_lengths([(self.size(at), self.gap(at)) for at in range(len(self.groups) - 1)])

    @cached_property
    def rows_to_skip(self) -> dict[int, int]:
        """The rows of a large table: from the first group of each to the first group that may begin something else."""
        skipped, at = {}, 0
        while len(self.groups) > _SMALL_TABLE and at < len(self.same_gap):
            length = self.same_gap[at]
            if self.size(at) < SHORTEST and (length - LONGEST) * self.size(at) > _TABLE_DIGITS:
                skipped[at] = at + length - LONGEST
            at += length
        return {} if self.is_named else skipped

    def size(self, group: int) -> int:
        """Return the number of digits of a group."""
        start, end = self.groups[group]
        return end - start

    def gap(self, group: int) -> str:
        """Return what is between a group and the next one."""
        return self.text[self.groups[group][1] : self.groups[group + 1][0]]

    def is_even(self, first: int, last: int) -> bool:
        """Return whether the groups [first, last] have the same separator between them."""
        return len({self.gap(at) for at in range(first, last)}) < 2

    def digits(self, first: int, last: int, before: int, after: int, accept: Callable[[str], bool]) -> bool:
        """Return whether the digits of the groups [first, last], without some at both ends, are accepted."""
        digits = "".join([self.text[start:end] for start, end in self.groups[first : last + 1]])
        return accept(digits[before : len(digits) - after])


def _row_lengths(values: Sequence[object]) -> list[int]:
    """Return for each value the length of the row of equal values that it is in."""
    lengths: list[int] = []
    for _, row in groupby(values):
        length = sum(1 for _ in row)
        lengths += [length] * length
    return lengths


class CardShape(IntEnum):
    """How sure the written form of digits that pass the check makes that they are one number."""

    NONE = 0
    LOOSE = 1
    PRINTED = 2


def card_shape(run: DigitRun, first: int, last: int) -> CardShape:
    """Return how groups of digits that pass the check of a card number are written.

    One unbroken number, and the groups of a printed card, may have anything between them. Other groups must be close together, and be
    no list, amount, date or table, unless a word announces a card.
    """
    sizes = tuple([run.size(group) for group in range(first, last + 1)])
    gaps = [run.gap(group) for group in range(first, last)]
    regular = sizes in PRINTED or (len(set(sizes[:-1])) == 1 and sizes[-1] <= sizes[0] < 4) or first == last
    if sizes == (7, 7) and first and gaps == ["-"] and run.size(first - 1) == 3 and run.gap(first - 1) == "-":
        return CardShape.NONE  # an order of the largest shop: 114-5829301-2245678
    if first == last:
        usual = not _is_fraction(run.text, *run.groups[first])
    elif regular:
        usual = not _is_table(run, first, last, gaps) and not _is_numbering(run, first, last, gaps)
    else:
        usual = _is_close(run, first, last, gaps)
    if usual and sum(sizes) < _AMOUNT_DIGITS and set(sizes[1:-1]) == {3}:
        usual = not _AMOUNT.fullmatch(run.text[run.groups[first][0] : run.groups[last][1]])
    if _is_counting(run, first, last) or (not usual and not run.is_named):
        return CardShape.NONE
    return CardShape.PRINTED if regular else CardShape.LOOSE


def _is_counting(run: DigitRun, first: int, last: int) -> bool:
    """Return whether groups count: 2 3 4 5 6 7 8 9 10 11 12 has the check digit of a card number."""
    if last - first < _FEWEST_COUNTED:
        return False
    numbers = [int(run.text[slice(*run.groups[at])]) for at in range(first, last + 1)]
    steps = {right - left for left, right in pairwise(numbers)}
    return len(steps) == 1 and steps != {0}


def _is_fraction(text: str, start: int, end: int) -> bool:
    """Return whether digits are those after the point of a decimal fraction, such as 0.4111111111111111."""
    if start < 2 or text[start - 1] not in ".," or not text[start - 2].isdigit():
        return False
    whole = re.search(r"(?:^|[^0-9])([0-9]{1,6})\Z", text[max(0, start - 9) : start - 1])
    if whole is None or (text[start - 1] == "," and whole[1] != "0"):
        return False
    before = text[start - 2 - len(whole[1])] if start - 2 - len(whole[1]) >= 0 else ""
    return before not in {".", ",", "/"} and not re.match(r"[.,][0-9]", text[end : end + 2])


def _is_close(run: DigitRun, first: int, last: int, gaps: list[str]) -> bool:
    """Return whether irregular groups are near each other, and no list, date, decimal numbers or part of a table."""
    others = len(run.groups) - len(gaps) - 1
    if others > _MOST_OTHERS or max(map(len, gaps)) > (_LONGEST_GAP if others else _WHOLE_RUN_GAP):
        return False
    if any(_MASK.search(gap) or _LIST.search(gap) or _PAIR.search(gap) for gap in gaps):
        return False
    if others > _TABLE_ROWS and all(_CELL.search(gap) for gap in gaps):
        return False
    start, end = run.groups[first][0], run.groups[last][1]
    written = run.text[start:end]
    if _DATE_FIRST.match(written) or _DATE_LAST.search(written):
        return False
    if len(set(gaps)) > 1 and _DECIMAL.search(written):
        return False
    around = run.text[max(0, start - 2) : start + 1], run.text[end - 1 : end + 2]
    return not any(_DECIMAL.search(border) and border[-2] not in gaps for border in around)


def _is_table(run: DigitRun, first: int, last: int, gaps: list[str]) -> bool:
    """Return whether the window continues as a table of numbers of one size does."""
    size = run.size(first)
    if size > 1 and all(_CELL.search(gap) for gap in gaps):
        return run.same_size[first] - (last - first + 1) >= _TABLE_ROWS
    return len(set(gaps)) == 1 and (run.same_gap[first] + 1) * size > _TABLE_DIGITS


def _is_numbering(run: DigitRun, first: int, last: int, gaps: list[str]) -> bool:
    """Return whether groups that are listed are numbers of their own: announced as such, consecutive, or years."""
    if not all(_LIST.search(gap) for gap in gaps):
        return False
    if other_word_before(run.text, run.groups[first][0]):
        return True
    groups = [run.text[slice(*run.groups[at])] for at in range(first, last + 1)]
    if len(set(groups)) > 1 and len({group[:2] for group in groups}) == 1 and len(groups[0]) == 4:
        return True
    return sum(map(is_year, groups)) > 1


def is_year(digits: str) -> bool:
    """Return whether four digits are most probably a year."""
    return len(digits) == 4 and "1990" <= digits <= "2035"
