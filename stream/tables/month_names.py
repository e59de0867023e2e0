"""Names of months in the languages that ticket systems write their exports in."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from functools import cache
from importlib import import_module

LANGUAGES = (
    "en", "de", "fr", "es", "pt", "it", "nl", "pl", "cs", "sk", "sv", "da", "nb", "nn", "fi", "tr", "ru", "uk", "bg", "id", "ms",
    "ro", "hu", "el", "sl", "et", "lv", "lt", "ca", "vi",
)  # fmt: skip
"""Locales whose names are known. Croatian is not among them: its `listopad` is October, and the Polish one is November."""

MONTHS = (
    "january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november", "december",
)  # fmt: skip


@cache
def month_numbers() -> Mapping[str, int]:
    """Return the month (1 to 12) of every name and abbreviation, in small letters, with and without accents.

    The names are those of `dateparser`, which takes them from the Unicode CLDR.
    """
    numbers: dict[str, int] = {}
    for language in LANGUAGES:
        names = import_module(f"dateparser.data.date_translation_data.{language}").info
        for number, month in enumerate(MONTHS, 1):
            for name in names.get(month, ()):
                numbers.setdefault(name.lower().rstrip("."), number)
                numbers.setdefault(without_accents(name.lower().rstrip(".")), number)
    return numbers


def month_number(name: str) -> int | None:
    """Return the month of a name or abbreviation in any of the languages, None where it is none."""
    word = unicodedata.normalize("NFC", name.lower()).rstrip(".")
    return month_numbers().get(word) or month_numbers().get(without_accents(word))


def without_accents(text: str) -> str:
    """Return the text without the accents of its letters."""
    return "".join(one for one in unicodedata.normalize("NFD", text) if not unicodedata.combining(one))
