"""Issuer ranges and check digits of card numbers (ISO/IEC 7812)."""

from __future__ import annotations

import re
from functools import cache, cached_property
from itertools import accumulate, chain

SHORTEST, LONGEST = 12, 19

# Prefixes, each with the lengths its scheme issues. They include Elo, Hipercard, Verve and Dankort.
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
    ("Uzcard and Humo", "8600|9860", (16,)),
    ("NAPAS", "9704", (16, 19)),
    ("Belkart, ArCa, Prostir, GPN, Bancomat of Georgia", "9112|9051|9804|1946|2205", (16,)),
    ("RuPay", "353|356|508|6[05]|8[12]", (16,)),
    ("Troy", "65|9792", (16,)),
    ("Uzcard and Humo", "8600|9860", (16,)),
    ("Maestro", "50|5[6-8]|6", tuple(range(12, 20))),
)

_DOUBLED = str.maketrans("0123456789", "0246813579")
"""The sum of the digits of twice a digit."""


def is_card(digits: str) -> bool:
    """Return whether ASCII digits are a card number: issuer range, length, check digit (ISO/IEC 7812, Luhn)."""
    return len(digits) in issued_lengths(digits[:4]) and _has_check_digit(digits)


def _has_check_digit(digits: str) -> bool:
    doubled = digits[-2::-2].translate(_DOUBLED)
    return (sum(map(int, digits[-1::-2])) + sum(map(int, doubled))) % 10 == 0


def scheme_of(digits: str) -> str | None:
    """Return the scheme in whose range digits are, with a length that it issues; None where there is none."""
    return next(
        (name for name, ranges, lengths in _ISSUERS if re.match(ranges, digits) and len(digits) in lengths), None
    )


@cache
def issued_lengths(prefix: str) -> tuple[int, ...]:
    """Return the lengths of the card numbers that begin with these four digits, longest first; empty where no scheme issues any."""
    issued = (lengths for _, ranges, lengths in _ISSUERS if re.match(ranges, prefix))
    return tuple(sorted(set(chain.from_iterable(issued)), reverse=True))


class CheckDigits:
    """Says which parts of a long string of digits have a right check digit, each in constant time."""

    def __init__(self, digits: str) -> None:
        """Take the digits, which are summed when the first part is asked for: for those with an even last position, and the others."""
        self._digits = digits

    @cached_property
    def _sums(self) -> tuple[list[int], list[int]]:
        plain, doubled = list(map(int, self._digits)), list(map(int, self._digits.translate(_DOUBLED)))
        first, other = plain.copy(), doubled.copy()
        first[1::2], other[1::2] = doubled[1::2], plain[1::2]
        return list(accumulate(first, initial=0)), list(accumulate(other, initial=0))

    def is_valid(self, start: int, end: int) -> bool:
        """Return whether the digits [start, end) pass the check of Luhn."""
        sums = self._sums[(end - 1) & 1]
        return (sums[end] - sums[start]) % 10 == 0
