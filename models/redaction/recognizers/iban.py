"""Bank account numbers in the IBAN form (ISO 13616)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from stdnum import iban, numdb

from models.redaction.linear_pattern import LinearPattern
from models.redaction.recognizers.lowering import SignText
from models.redaction.span import Span

_SEPARATOR = r"[\s.\-_/:,*|~'+>]{0,3}"
_ASCII_SEPARATOR = _SEPARATOR.replace(r"\s", r"\t-\r ")
IBAN_PATTERN = _ASCII_SEPARATOR.join(["[a-z]", "[a-z]", "[0-9]", "[0-9]", *["[0-9a-z]"] * 11])
"""What every IBAN has at least, for `LinearPattern` and a text in lower case without white space beyond ASCII."""

_START = re.compile(rf"[A-Za-z]{_SEPARATOR}[A-Za-z]{_SEPARATOR}[0-9]{_SEPARATOR}[0-9]")
_CANDIDATE = re.compile(
    rf"[0-9](?:(?<=[A-Za-z][0-9])|(?<=[A-Za-z][\s.\-_/:,*|~'+>][0-9])|(?<=[A-Za-z][\s.\-_/:,*|~'+>]{{2}}[0-9])"
    rf"|(?<=[A-Za-z][\s.\-_/:,*|~'+>]{{3}}[0-9])){_SEPARATOR}[0-9](?=(?:{_SEPARATOR}[A-Za-z0-9]){{11}})"
)
"""The check digits of `_START`: a search for a digit is faster than one for two letters."""

_ANNOUNCING = re.compile(r"iban[\W_]{0,3}(?:(?:no|nr|number|nummer|is|:)[\W_]{0,3}){0,2}\Z", re.IGNORECASE)
_REACH = 24
_LONGEST_START = 8
_COUNTRY = 2
"""Letters of a country."""

_PARTS = re.compile(r"([0-9]+)!?([nac])")
_CHARACTERS = {"n": "[0-9]", "a": "[A-Za-z]", "c": "[A-Za-z0-9]"}


def iban_spans(view: str) -> list[Span]:
    """Find IBANs in the view of a text: of every country of the registry, in either case, however separated, also inside words.

    The check digits have to be right, unless the word IBAN is directly before: a mistyped number is that of an account, too.
    """
    spans: list[Span] = []
    done = 0
    for start in _starts(view, 0):
        end = _end_of_iban(view, start) if start.start() >= done else None
        if end is not None:
            spans.append((start.start(), end))
            done = end
    return spans


def may_hold_iban(text: SignText) -> bool:
    """Return whether a text without white space beyond ASCII has the form of the IBANs of some country."""
    return _forms().occurs_in(text.lower)


@cache
def _forms() -> LinearPattern:
    countries = sorted({country for length, country, *_ in numdb.get("iban").prefixes if length == _COUNTRY})
    forms = (_ASCII_SEPARATOR.join(form).lower() for form in map(_characters, countries) if form)
    return LinearPattern(*forms)


def _starts(text: str, first: int) -> Iterator[re.Match[str]]:
    """Yield the countries and check digits that may begin an IBAN; no digit that counts is before `first`."""
    for digits in _CANDIDATE.finditer(text, first):
        at = max(0, digits.start() - _LONGEST_START)
        while (match := _START.search(text, at, digits.end())) is not None:
            if not _ends_a_word(text, match):
                yield match
            at = match.start() + 1


def _ends_a_word(text: str, start: re.Match[str]) -> bool:
    """Return whether the letters of a country are the end of a word before a number, as in "from 2026"."""
    before = text[max(0, start.start() - 1) : start.start()]
    # Scripts from here on write words without spaces.
    return not start[0].isalnum() and before.isalpha() and before < "\u0e00"


def _end_of_iban(view: str, start: re.Match[str]) -> int | None:
    """Return the end of the IBAN that starts here, whose form depends on the country; None if there is none."""
    match = _match_of_form(view, start)
    if match is None:
        return None
    # `check_country` adds national checks, which refuse numbers whose form and check digits are right.
    number = "".join(filter(str.isalnum, match[0]))
    if iban.is_valid(number, check_country=False):
        return match.end()
    whole_word = not view[match.end() : match.end() + 1].isalnum()
    announced = whole_word and _ANNOUNCING.search(view[max(0, match.start() - _REACH) : match.start()])
    return match.end() if announced else None


def _match_of_form(view: str, start: re.Match[str]) -> re.Match[str] | None:
    form = _form("".join(filter(str.isalpha, start[0])).upper())
    return form.match(view, start.start()) if form else None


@cache
def _form(country: str) -> re.Pattern[str] | None:
    """Return the form of a country's IBANs with separators; None where the country has none."""
    characters = _characters(country)
    return re.compile(_SEPARATOR.join(["[A-Za-z]", "[A-Za-z]", *characters[_COUNTRY:]])) if characters else None


def _characters(country: str) -> list[str]:
    """Return the country and the pattern of each further character of its IBANs, by the registry of ISO 13616; none without IBANs."""
    for prefix, properties in numdb.get("iban").info(country):
        if prefix == country and "bban" in properties:
            parts = [("2", "n"), *_PARTS.findall(properties["bban"])]
            return [*country, *(_CHARACTERS[kind] for count, kind in parts for _ in range(int(count)))]
    return []
