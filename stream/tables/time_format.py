"""Formats of times as a mapping names them: those of `strptime`, with month names in every language."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache

from stream.tables.time_number import since_1970
from stream.tables.time_text import TimeText, timed

PARTS: Mapping[str, str] = {
    "Y": r"(?P<year>\d{4})", "y": r"(?P<year>\d{2})", "m": r"(?P<month>\d{1,2})", "d": r"(?P<day>\d{1,2})", "e": r"\s?(?P<day>\d{1,2})",
    "b": r"(?P<name>[^\W\d_]+\.?)", "B": r"(?P<name>[^\W\d_]+\.?)", "h": r"(?P<name>[^\W\d_]+\.?)",
    "H": r"(?P<hour>\d{1,2})", "I": r"(?P<hour>\d{1,2})", "k": r"\s?(?P<hour>\d{1,2})", "l": r"\s?(?P<hour>\d{1,2})",
    "M": r"(?P<minute>\d{1,2})", "S": r"(?P<second>\d{1,2})", "f": r"(?P<fraction>\d{1,9})", "p": r"(?P<half>[AaPp]\.?\s?[Mm]\.?)",
    "z": r"(?P<zone>Z|(?:UTC|GMT)?[+\-]\d{1,2}(?::?\d{2})?)",
    "Z": r"(?P<zone>[A-Za-z]{1,5}(?:[+\-]\d{1,2}(?::?\d{2})?)?|[A-Za-z_]+/[A-Za-z_/]+)",
    "a": r"[^\W\d_]+\.?", "A": r"[^\W\d_]+\.?", "j": r"(?P<of_year>\d{3})", "G": r"(?P<year>\d{4})", "V": r"(?P<week>\d{1,2})",
    "u": r"(?P<weekday>[1-7])", "%": "%",
}  # fmt: skip
LONG = {"T": "%H:%M:%S", "R": "%H:%M", "D": "%m/%d/%y", "F": "%Y-%m-%d", "r": "%I:%M:%S %p"}
SINCE_1970 = "%s"


class FormatUnknown(ValueError):
    """A text that is no format of times; the message says what is valid."""


@cache
def compiled(form: str) -> re.Pattern[str] | None:
    """Compile a format; None for `%s`, which is a number. Raises `FormatUnknown`."""
    if form.strip() in (SINCE_1970, "epoch", "unix"):
        return None
    for letter, meaning in LONG.items():
        form = form.replace(f"%{letter}", meaning)
    pattern, used = "", set()
    for literal, letter in re.findall(r"([^%]*)(?:%-?(.)|$)", form):
        pattern += re.sub(r"(\\?\s)+", r"\\s+", re.escape(literal))
        if letter:
            if letter not in PARTS or (letter != "%" and letter in used):
                raise FormatUnknown(f"%{letter} is not one of the parts of a time, or is there twice")
            used.add(letter)
            pattern += PARTS[letter]
    if not used & {"d", "e", "j", "u"} or not used & {"Y", "y", "G"}:
        raise FormatUnknown("it names no day and year; valid are strptime formats such as %d.%m.%Y %H:%M, or %s")
    try:
        return re.compile(pattern)
    except re.error as error:
        raise FormatUnknown("it names a part of the time twice") from error


def by_format(form: str, text: str) -> TimeText | None:
    """Read a text by a format; None where it does not fit."""
    pattern = compiled(form)
    if pattern is None:
        return since_1970(text)
    found = pattern.fullmatch(text)
    if found is None:
        return None
    try:
        return timed(found.groupdict())
    except (ValueError, OverflowError):
        return None


def day_first(form: str) -> bool | None:
    """Return whether the format writes the day before the month, both as numbers; None where it does not say."""
    day, month = (max(form.find(f"%{letter}"), form.find(f"%-{letter}")) for letter in "dm")
    return None if day < 0 or month < 0 or form.startswith(("%Y", "%F")) else day < month
