"""Read JSON values one after the other: one per line, in an array, concatenated, pretty-printed, or a page that is larger than memory.

A damaged value is refused with its line, and the values after it are read.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO

from models.redaction import excerpt
from stream.files.json_decode import FALLBACK, NotJson, decode
from stream.files.json_pages import page_records
from stream.files.json_scan import Scan, ScanState, next_start
from stream.raw import RefusalReason, RefusedEvent

BLOCK = 262_144
"""Bytes that are read at once."""

WHOLE = 16_777_216
"""Bytes of a value that is decoded as a whole; a greater object is a page, of which each element is read by itself."""

INDENTATION = 256
"""Bytes before a value that are kept, to know how far its line is indented."""

_END, _END_IN_LIST = re.compile(rb"\n"), re.compile(rb"[,\]\n]")
_BETWEEN = b" \t\r\n\x1e,"
"""What may be between values: white space, the separators of arrays and of JSON text sequences (RFC 7464)."""


@dataclass(frozen=True, slots=True)
class JsonRecord:
    """One value: its `number` in the file from 1, the `line` on which it begins, its `size` in bytes, and the value or its refusal."""

    number: int
    line: int
    size: int
    value: Any


def json_records(
    file: BinaryIO, *, encoding: str = "utf-8", fallback: str = FALLBACK, complete_lines_only: bool = False
) -> Iterator[JsonRecord]:
    """Yield the values of a file, elements of arrays one by one, in bounded memory.

    Parameters
    ----------
    file: the bytes; the exceptions of reading compressed data that ends early leave this function.
    encoding, fallback: Python's names; `fallback` is tried for values that are not UTF-8.
    complete_lines_only: leave a value that is not ended when the file ends for later, instead of refusing it.
    """
    yield from _Reader(_utf8(file, encoding), fallback, waits=complete_lines_only).records()


class _Reader:
    """The state of reading: `data` holds the bytes from `at` on that are not consumed yet."""

    def __init__(self, file: BinaryIO, fallback: str, *, waits: bool) -> None:
        self._file = file
        self._fallback = fallback
        self._waits = waits
        self._data = b""
        self._at = 0
        self._ended = False
        self._line = 1
        self._number = 0
        self._in_array = False

    def records(self) -> Iterator[JsonRecord]:
        self._fill()
        self._at = 3 if self._data.startswith(codecs.BOM_UTF8) else 0
        while self._skip_between():
            byte = self._data[self._at : self._at + 1]
            if byte == b"]" and self._in_array:
                self._in_array = False
                self._consume(1)
            elif byte == b"[" and not self._in_array:
                self._in_array = True
                self._consume(1)
            elif (record := self._line_record()) is not None:
                yield record
            elif byte in (b"{", b"["):
                yield from self._value_records()
            elif (end := self._end_of_line()) is not None:
                yield self._refused(end, "it begins with no object and no list")
        if self._in_array and not self._waits:
            yield self._refused(0, "the list is not ended, so that the file may be cut")

    def _value_records(self) -> Iterator[JsonRecord]:
        scan = Scan(self._at)
        while (state := scan.feed(self._data, ended=self._ended)) is ScanState.MORE and not self._ended:
            if len(self._data) - self._at > WHOLE:
                if scan.is_page:
                    yield from self._page()
                    return
                break
            moved = self._fill()
            scan.start, scan.at = scan.start - moved, scan.at - moved
        if state is ScanState.ENDED:
            yield self._decoded(scan.at - self._at)
        elif (record := self._damaged(state)) is not None:
            yield record

    def _damaged(self, state: ScanState) -> JsonRecord | None:
        at = self._at
        while (start := next_start(self._data, at, in_array=self._in_array)) is None and not self._ended:
            # A value of this size that has not even a second line is no value: it is passed over without being kept.
            if len(self._data) - at > WHOLE:
                return self._refused(len(self._data) - at, "it does not end")
            at -= self._fill()
        if start is not None:
            return self._refused(
                start - at, "it is not ended" if state is ScanState.MORE else "it is cut or has a bracket too many"
            )
        if self._waits and (state is ScanState.MORE or not self._data.endswith(b"\n")):
            self._consume(len(self._data) - at)
            return None
        return self._refused(len(self._data) - at, "it is not ended when the file ends")

    def _line_record(self) -> JsonRecord | None:
        """Decode the rest of the line if it is one object, which is the most frequent form and the fastest to read."""
        begins = self._line_start()
        if self._data[begins : self._at].strip(b" \t\xef\xbb\xbf") or self._data[self._at] != 0x7B:
            return None
        end = self._data.find(b"\n", self._at)
        if end < 0 and not self._ended:
            self._fill()
            end = self._data.find(b"\n", self._at)
        if end < 0 and not self._ended:
            return None
        line = self._data[self._at : end if end >= 0 else len(self._data)]
        content = line.rstrip(_BETWEEN)
        if not content.endswith(b"}"):
            return None
        try:
            value = decode(content, self._fallback)
        except NotJson:
            return None
        return self._record(len(content), value)

    def _decoded(self, length: int) -> JsonRecord:
        content = self._data[self._at : self._at + length]
        try:
            return self._record(length, decode(content, self._fallback))
        except NotJson as error:
            return self._refused(length, str(error))

    def _refused(self, length: int, reason: str) -> JsonRecord:
        detail = f"the value that begins on line {self._line} is not JSON ({reason}); valid are JSON objects, one per line or in a list"
        shown = excerpt(self._data[self._at : self._at + min(length, 4096)].strip())
        return self._record(length, RefusedEvent(RefusalReason.NOT_JSON, detail, shown))

    def _record(self, length: int, value: Any) -> JsonRecord:
        self._number += 1
        record = JsonRecord(self._number, self._line, length, value)
        self._consume(length)
        return record

    def _page(self) -> Iterator[JsonRecord]:
        """Hand what is left of the file to the reader of large pages: what follows is read as it would be here."""
        rest, self._data, self._at, self._ended = self._data[self._at :], b"", 0, True
        for value in page_records(rest, self._file):
            self._number += 1
            yield JsonRecord(self._number, self._line, 0, value)

    def _skip_between(self) -> bool:
        """Move to the next value; return whether there is one."""
        while True:
            left = self._data[self._at : self._at + 64].lstrip(_BETWEEN)
            skipped = min(64, len(self._data) - self._at) - len(left)
            self._consume(skipped)
            if left:
                return True
            if self._at >= len(self._data) and not self._fill() and self._at >= len(self._data):
                return False

    def _end_of_line(self) -> int | None:
        """Length of what is no value: up to the end of its line, in a list also up to the next comma; None where it waits."""
        ends = _END_IN_LIST if self._in_array else _END
        while (
            (found := ends.search(self._data, self._at)) is None
            and not self._ended
            and len(self._data) - self._at <= WHOLE
        ):
            self._fill()
        end = len(self._data) if found is None else found.start()
        if found is None and self._waits and self._ended:
            self._consume(end - self._at)
            return None
        return end - self._at

    def _line_start(self) -> int:
        """Where the line of the next value begins, as far as it matters: of an array on one line not all is kept."""
        nearest = max(0, self._at - INDENTATION)
        return max(self._data.rfind(b"\n", nearest, self._at) + 1, nearest)

    def _consume(self, length: int) -> None:
        self._line += self._data.count(b"\n", self._at, self._at + length)
        self._at += length

    def _fill(self) -> int:
        """Read the next block, and drop what is consumed before the last line end; return by how much positions moved."""
        kept = self._line_start()
        part = self._file.read(BLOCK)
        self._ended = not part
        self._data = self._data[kept:] + part
        self._at -= kept
        return kept


class _Recoded:
    """Bytes in another encoding, read as UTF-8."""

    def __init__(self, file: BinaryIO, encoding: str) -> None:
        self._file = file
        self._decoder = codecs.getincrementaldecoder(encoding)("replace")

    def read(self, size: int) -> bytes:
        while part := self._file.read(size):
            if text := self._decoder.decode(part):
                return text.encode("utf-8", "replace")
        return self._decoder.decode(b"", final=True).encode("utf-8", "replace")


def _utf8(file: BinaryIO, encoding: str) -> Any:
    # UTF-8 is decoded value by value, so that bytes of another encoding in one cost no other.
    return file if codecs.lookup(encoding).name == "utf-8" else _Recoded(file, encoding)
