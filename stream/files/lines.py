"""Decode a file to lines of text."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator
from typing import IO, BinaryIO, cast

from stream.files.encoding import Encoding

LONGEST = 1_100_000
"""Characters of a line that are kept: more than an event may have, so that a longer line is refused as too large."""

_UNDECODABLE = re.compile("[\udc80-\udcff]")


def text_lines(
    file: BinaryIO, encoding: Encoding, undecodable: Callable[[int], None], *, newline: str = ""
) -> Iterator[str]:
    r"""Yield the lines with their ends, without a byte-order mark; the file is closed at the end.

    `newline` is "" where LF, CR and CRLF end a line, or `"\n"` where only LF does. `undecodable` is called with the number of
    characters of a line that could not be decoded and became U+FFFD. A line longer than `LONGEST` is cut there. The exceptions in
    `BROKEN` leave it where compressed data ends early.
    """
    errors = "surrogateescape" if encoding.fallback else "replace"
    text = io.TextIOWrapper(cast(IO[bytes], file), encoding=encoding.name, errors=errors, newline=newline)
    with text:
        line = text.readline(LONGEST).removeprefix("\ufeff")
        while line:
            if not line.isascii():
                line = _mended(line, encoding) if encoding.fallback else line
                if "\ufffd" in line:
                    undecodable(line.count("\ufffd"))
            if len(line) >= LONGEST:
                line += _skipped(text)
            yield line
            line = text.readline(LONGEST)


def line_ends(head: str) -> str:
    r"""Return `"\n"` where a carriage return alone is a part of the text, "" where it may end a line."""
    alone = head.count("\r") - head.count("\r\n")
    return "" if alone and alone >= head.count("\n") / 10 else "\n"


def _skipped(text: io.TextIOWrapper) -> str:
    """Read past the rest of a line; return its end."""
    while rest := text.readline(LONGEST):
        if rest.endswith(("\n", "\r")):
            return "\n"
    return ""


def _mended(line: str, encoding: Encoding) -> str:
    """Read a line that is not valid in the encoding in the fallback; one that is mostly valid only loses the bytes that are not."""
    if not _UNDECODABLE.search(line):
        return line
    whole = _UNDECODABLE.sub("", line)
    if not whole.isascii():
        return _UNDECODABLE.sub("\ufffd", line)
    return line.encode(encoding.name, errors="surrogateescape").decode(encoding.fallback, errors="replace")
