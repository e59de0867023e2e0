"""Checks of identity numbers: the rules of python-stdnum, and those of numbers that it does not know."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from functools import cache
from importlib import import_module
from typing import cast

from stdnum.iso7064 import mod_11_2

_NRIC_WEIGHTS = (2, 7, 6, 5, 4, 3, 2)
_NRIC_LETTERS = {"ST": "JZIHGFEDCBA", "FG": "XWUTRQPNMLK", "M": "KLJNPQRTUWX"}
_TAIWAN = "ABCDEFGHJKLMNPQRSTUVXYWZIO"


def passes(check: str, number: str) -> bool:
    """Return whether a number, with or without separators, passes a check: the name of one here, or COUNTRY.NUMBER of stdnum."""
    try:
        return _check(check)(number)
    except (IndexError, KeyError, ValueError):  # digits of another length, or a region that a list of stdnum lacks
        return False


@cache
def _check(name: str) -> Callable[[str], bool]:
    own = _OWN.get(name)
    if own is not None:
        return own
    return cast("Callable[[str], bool]", import_module(f"stdnum.{name}").is_valid)


def _digits(number: str) -> str:
    return "".join(filter(str.isdigit, number))


def _is_date(digits: str, *, day_first: bool = False) -> bool:
    first, month, last = int(digits[:2]), int(digits[2:4]), int(digits[4:6])
    year, day = (last, first) if day_first else (first, last)
    try:
        date(2000 + year, month, day)
    except ValueError:
        return False
    return True


def _is_dated(number: str) -> bool:
    """Return whether ten digits begin with a day, as do those of Denmark, which have had no check digit since 2007."""
    return _is_date(_digits(number), day_first=True)


def _is_resident(number: str) -> bool:
    """Return whether 13 digits are a Korean resident's: a birth date, and the digit of sex and century; no check digit since 2020."""
    digits = _digits(number)
    return len(digits) == 13 and _is_date(digits) and digits[6] in "12345678"


def _is_chinese(number: str) -> bool:
    """Return whether 18 characters are a Chinese resident's (GB 11643): a birth date, and the check by ISO 7064; regions change."""
    plain = "".join(filter(str.isalnum, number)).upper()
    return 1900 <= int(plain[6:10]) <= 2099 and _is_date(plain[8:14]) and bool(mod_11_2.is_valid(plain))


def _is_snils(number: str) -> bool:
    """Return whether eleven digits are a Russian SNILS, by its check number."""
    digits = _digits(number)
    total = sum(int(digit) * weight for digit, weight in zip(digits, range(9, 0, -1), strict=False))
    return len(digits) == 11 and total % 101 % 100 == int(digits[9:])


def _is_emirates(number: str) -> bool:
    """Return whether 15 digits are an Emirates ID: they begin with the country's number."""
    digits = _digits(number)
    return len(digits) == 15 and digits.startswith("784")


def _is_uruguayan(number: str) -> bool:
    """Return whether eight digits are a Uruguayan cedula, by its check digit."""
    digits = _digits(number)
    total = sum(int(digit) * weight for digit, weight in zip(digits, (2, 9, 8, 7, 6, 3, 4), strict=False))
    return -total % 10 == int(digits[7])


def _is_nric(number: str) -> bool:
    """Return whether nine characters are an NRIC or FIN of Singapore, by the check letter."""
    number = number.upper()
    total = sum(int(digit) * weight for digit, weight in zip(number[1:8], _NRIC_WEIGHTS, strict=True))
    total += {"T": 4, "G": 4, "M": 3}.get(number[0], 0)
    letters = next((letters for first, letters in _NRIC_LETTERS.items() if number[0] in first), "")
    at = 10 - total % 11 if number[0] == "M" else total % 11
    return letters != "" and letters[at] == number[8]


def _is_taiwanese(number: str) -> bool:
    """Return whether ten characters are an identity number of Taiwan, by the check digit."""
    area = _TAIWAN.index(number[0].upper()) + 10
    digits = [area // 10, area % 10, *map(int, number[1:])]
    return (
        sum(digit * weight for digit, weight in zip(digits, (1, 9, 8, 7, 6, 5, 4, 3, 2, 1, 1), strict=True)) % 10 == 0
    )


def _is_hong_kong(number: str) -> bool:
    """Return whether a letter or two, six digits and a check character are an identity number of Hong Kong."""
    plain = "".join(filter(str.isalnum, number.upper())).rjust(9)
    values = [36 if one == " " else int(one, 36) for one in plain[:8]]
    total = sum(value * weight for value, weight in zip(values, range(9, 1, -1), strict=True))
    return (total + int(plain[8], 36)) % 11 == 0


def _is_rfc(number: str) -> bool:
    """Return whether 13 characters are a Mexican RFC of a person, by date and check digit."""
    rfc = import_module("stdnum.mx.rfc")
    return bool(rfc.is_valid(number, validate_check_digits=True))


_OWN: Mapping[str, Callable[[str], bool]] = {
    "always": lambda _: True,
    "dated": _is_dated,
    "resident": _is_resident,
    "china": _is_chinese,
    "snils": _is_snils,
    "emirates": _is_emirates,
    "uruguay": _is_uruguayan,
    "nric": _is_nric,
    "taiwan": _is_taiwanese,
    "hong_kong": _is_hong_kong,
    "rfc": _is_rfc,
}
