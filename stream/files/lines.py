"""Decode a file to lines of text."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator
from typing import IO, BinaryIO, cast

from stream.files.encoding import ESCAPED, Encoding, high_bytes, is_utf8
from stream.files.legacy import legacy_encoding

LONGEST = 1_100_000
"""Characters of a line that are kept: more than an event may have, so that a longer line is refused as too large."""

ENOUGH = 4096
"""Bytes of lines in another encoding from which it is known."""

_QUOTED = re.compile('"[^"]*"')


def text_lines(
    file: BinaryIO, encoding: Encoding, undecodable: Callable[[int], None], *, newline: str = ""
) -> Iterator[str]:
    r"""Yield the lines with their ends, without a byte-order mark; the file is closed at the end.

    `newline` is "" where LF, CR and CRLF end a line, or `"\n"` where only LF does. `undecodable` is called with the number of
    characters of a line that could not be decoded and became U+FFFD. A line longer than `LONGEST` is cut there. The exceptions in
    `BROKEN` leave it where compressed data ends early.
    """
    mixed = _Mixed(encoding) if encoding.fallback or encoding.is_open else None
    errors = "surrogateescape" if mixed else "replace"
    text = io.TextIOWrapper(cast(IO[bytes], file), encoding=encoding.name, errors=errors, newline=newline)
    with text:
        line = text.readline(LONGEST).removeprefix("\ufeff")
        while line:
            if not line.isascii():
                line = mixed.mended(line) if mixed else line
                if "\ufffd" in line:
                    undecodable(line.count("\ufffd"))
            if len(line) >= LONGEST:
                line += _skipped(text)
            yield line
            line = text.readline(LONGEST)


def line_ends(head: str) -> str:
    r"""Return `"\n"` where a carriage return alone is a part of the text, "" where it may end a line."""
    bare = _QUOTED.sub("", head)
    alone = bare.count("\r") - bare.count("\r\n")
    return "" if alone and 2 * alone >= bare.count("\n") else "\n"


def _skipped(text: io.TextIOWrapper) -> str:
    """Read past the rest of a line; return its end."""
    while rest := text.readline(LONGEST):
        if rest.endswith(("\n", "\r")):
            return "\n"
    return ""


class _Mixed:
    """Lines of which some are in another encoding."""

    def __init__(self, encoding: Encoding) -> None:
        self._encoding = encoding
        self._fallback = encoding.fallback
        self._sample = bytearray()

    def mended(self, line: str) -> str:
        """Read a line in the fallback that is not valid; one that is mostly valid loses only the bytes that are not."""
        invalid = len(ESCAPED.findall(line))
        if not invalid:
            return line
        raw = line.encode(self._encoding.name, errors="surrogateescape")
        if is_utf8(high_bytes(raw), invalid):
            return ESCAPED.sub("\ufffd", line)
        if self._encoding.is_open and len(self._sample) < ENOUGH:
            self._sample += raw
            self._fallback = legacy_encoding(bytes(self._sample))
        return raw.decode(self._fallback, errors="replace")
