"""Find how a delimited text is written: its separator, its quotes, and where its header is."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from stream.files.header import find_header, is_header, usual_width

SEPARATORS = "\t;|,"
"""In the order in which a tie is decided: a comma is the one that texts have most often."""

_SEP_LINE = re.compile(r'^\W*sep=(.|\\t)"?\s*$', re.IGNORECASE)

MOST_LINES = 20
"""Lines of a text's beginning that one field may have, or half of them."""

HEADER_LATER = 0.7
"""Weight of a separator by which the first filled line is not the header."""

ENOUGH = 4
"""Records that show what a table is."""


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a delimited text is written.

    `header_line` is the line at which the header begins, from 1; `header` are its cells as they are. `is_backslash` says that
    quotes inside a field are written with a backslash, `skips_space` that a space may precede an opening quote.
    """

    separator: str
    header_line: int
    header: tuple[str, ...]
    quote: str = '"'
    is_backslash: bool = False
    skips_space: bool = False

    def reader(self, lines: Iterable[str], *, is_backslash: bool | None = None) -> Iterator[list[str]]:
        """Return a `csv.reader` of lines, which raises `csv.Error` where quotes do not fit; `is_backslash` wins over the dialect's."""
        escapes = self.is_backslash if is_backslash is None else is_backslash
        return csv.reader(
            lines,
            delimiter=self.separator,
            quotechar=self.quote,
            escapechar="\\" if escapes else None,
            doublequote=True,
            skipinitialspace=self.skips_space,
            strict=True,
        )


def find_dialect(lines: Sequence[str]) -> Dialect:
    """Return the dialect of a text, of which `lines` are the first with their ends."""
    sep_line, separators = _sep_line(lines)
    text = [line.replace("\0", " ") for line in lines[sep_line:]]
    quote = "'" if _is_single_quoted(text) else '"'
    best = max((_Attempt(text, mark, quote) for mark in separators), key=lambda attempt: attempt.score)
    line, header = best.header
    return Dialect(
        best.separator,
        line + sep_line,
        tuple(header),
        quote,
        _is_backslash("".join(text), best.separator, quote),
        best.skips_space,
    )


class _Attempt:
    """The records that a separator gives, and how much they look like a table."""

    def __init__(self, lines: Sequence[str], separator: str, quote: str) -> None:
        self.separator = separator
        self.skips_space = _skips_space(lines, separator, quote)
        options = {"delimiter": separator, "quotechar": quote, "skipinitialspace": self.skips_space}
        found, is_whole = _records(lines, options)
        self._records = found or [(1, [""])]
        self.width = usual_width([row for _, row in self._records])
        first = self._records[0][1]
        if not is_whole and self.width == 1 and len(first) > 2 and is_header(first):
            # A quote that is not closed leaves lines of letters, which are no rows.
            self.width = len(first)
        share = sum(len(row) == self.width for _, row in self._records) / len(self._records)
        self.header = find_header(self._records, self.width)
        is_first = self.header[0] == self._records[0][0]
        self.score = share * (1.0 if is_first else HEADER_LATER) * (1 - 1 / self.width) ** 0.5


def _records(lines: Sequence[str], options: dict[str, Any]) -> tuple[list[tuple[int, list[str]]], bool]:
    """Parse the lines, blank ones left out, and return whether all were.

    With a quote that is not closed, the records before it are returned, or each line for itself where there is hardly one.
    """
    found = []
    reader = csv.reader(lines, **options)
    begun = 1
    with suppress(csv.Error):
        for row in reader:
            if reader.line_num - begun > max(MOST_LINES, len(lines) / 2):
                break
            if any(cell.strip() for cell in row):
                found.append((begun, row))
            begun = reader.line_num + 1
        else:
            return found, True
    return (found if len(found) >= ENOUGH else _single_records(lines[: MOST_LINES * 5], options)), False


def _single_records(lines: Sequence[str], options: dict[str, Any]) -> list[tuple[int, list[str]]]:
    found = (
        (number, next(csv.reader([line.rstrip("\r\n").replace("\r", " ")], **options), []))
        for number, line in enumerate(lines, 1)
    )
    return [(number, row) for number, row in found if any(cell.strip() for cell in row)]


def _sep_line(lines: Sequence[str]) -> tuple[int, str]:
    """Return how many lines to skip up to a line `sep=;` (written by Excel for itself), and the separators to try."""
    for number, line in enumerate(lines[:5], 1):
        if found := _SEP_LINE.match(line):
            return number, "\t" if found[1] == "\\t" else found[1]
        if line.strip():
            break
    return 0, SEPARATORS


def _is_single_quoted(lines: Sequence[str]) -> bool:
    full = [line.strip() for line in lines[:50] if line.strip()]
    return bool(full) and all(re.fullmatch(r"'[^\"]*'", line) and re.search("'[,;|\t]'", line) for line in full)


def _is_backslash(text: str, separator: str, quote: str) -> bool:
    mark, end = re.escape(quote), re.escape(separator)
    escaped = len(re.findall(rf"\\{mark}(?=[^{mark}{end}\r\n])", text))
    doubled = len(re.findall(rf"(?<=[^{mark}{end}\r\n]){mark}{mark}(?=[^{mark}{end}\r\n])", text))
    return escaped > doubled


def _skips_space(lines: Sequence[str], separator: str, quote: str) -> bool:
    """Return whether most lines have a space between a separator and the quote that opens a field."""
    filled = [line for line in lines if line.strip()]
    spaced = re.compile(f"{re.escape(separator)} +{quote}[^{quote}]*{quote}({re.escape(separator)}|\\s*$)")
    return sum(spaced.search(line) is not None for line in filled) > len(filled) / 2
