"""Sources: files and standard input, read record by record."""

from __future__ import annotations

import codecs
import gzip
import hashlib
import io
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Self, cast

from models.redaction import excerpt
from stream.errors import SourceEmpty, SourceError, SourceMissing, SourceNotText, SourceTruncated
from stream.raw import Raw, RefusalReason, RefusedEvent
from stream.source import file_fingerprint
from stream.validation import MAX_BYTES, too_large

BROKEN = (EOFError, zlib.error, gzip.BadGzipFile)
"""What reading compressed data raises where it is cut or damaged."""


class JsonLines:
    """One structured CloudEvent per line, plain or compressed, from a file or standard input.

    A line that is too long is refused without being kept in memory. A last line without its end of line counts as a line,
    unless `complete_lines_only` says that it is still being written.
    """

    def __init__(self, path: str, *, stdin: BinaryIO | None = None, complete_lines_only: bool = False) -> None:
        self._path = path
        self._complete = complete_lines_only
        self._raw: BinaryIO = stdin if stdin is not None else open_file(path)
        self._size = Path(path).stat().st_size if stdin is None else None
        self._file = decompressed(self._raw)
        self._seekable = stdin is None
        try:
            head = self._peek(path)
        except SourceError:
            self.close()
            raise
        self.stream = (
            Path(path).resolve().as_posix() if stdin is None else f"stdin:{hashlib.sha256(head).hexdigest()[:16]}"
        )

    def close(self) -> None:
        """Close the file; standard input stays open."""
        if self._seekable:
            self._file.close()
            self._raw.close()

    def __enter__(self) -> Self:
        """Use it as a context manager, which closes it."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the file."""
        self.close()

    def records(self) -> Iterator[Raw]:
        """Yield the lines that are not blank; the position is the number of the line, from 1."""
        number = 0
        while (content := self._line(number)) is not None:
            number += 1
            if content:
                yield Raw(number, content)

    def fingerprint(self) -> str | None:
        """Return the digest of the file; None for standard input."""
        return file_fingerprint(self._path, "jsonl") if self._seekable else None

    def read_share(self) -> float | None:
        """Share of the file's bytes (as stored on the disk) that was read."""
        return min(1.0, self._raw.tell() / self._size) if self._size else None

    def _peek(self, path: str) -> bytes:
        head = peek(self._file, path)
        if not head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{") and not is_text(head):
            raise SourceNotText(path, "is not text")
        return head

    def _line(self, number: int) -> bytes | RefusedEvent | None:
        """Read the line after line `number`; None at the end, no bytes for a blank line."""
        try:
            content = self._file.readline(MAX_BYTES + 2)
            length = len(content)
            last = content
            while last and not last.endswith(b"\n") and length > MAX_BYTES:
                last = self._file.readline(MAX_BYTES)
                length += len(last)
        except BROKEN as error:
            raise SourceTruncated(self._path, number) from error
        if not content or (self._complete and not last.endswith(b"\n")):
            return None
        if length > MAX_BYTES + 2:
            return RefusedEvent(RefusalReason.TOO_LARGE, too_large(length), excerpt(content[:4096]))
        return content.strip() if number else content.strip(b"\r\n \t\xef\xbb\xbf")


def peek(file: BinaryIO, path: str) -> bytes:
    """Return the first 4 KiB without moving on. Raises `SourceEmpty`, or `SourceNotText` for what only looks compressed."""
    try:
        head = cast(io.BufferedReader, file).peek(4096)[:4096]
    except BROKEN as error:
        raise SourceNotText(path, "is named like compressed data and is not") from error
    if not head:
        raise SourceEmpty(path)
    return head


def is_text(head: bytes) -> bool:
    """Return whether bytes read from a file's start look like UTF-8 text; their last character may be cut."""
    try:
        codecs.getincrementaldecoder("utf-8")().decode(head)
    except UnicodeDecodeError:
        return False
    return b"\0" not in head


def open_file(path: str) -> BinaryIO:
    """Open a regular file for reading. Raises `SourceMissing` or `SourceEmpty`."""
    if Path(path).is_dir():
        raise SourceMissing(path, "it is a folder")
    try:
        file = Path(path).open("rb")  # noqa: SIM115 (it lives as long as its source)
    except OSError as error:
        raise SourceMissing(path, error.strerror or "unknown reason") from error
    if Path(path).stat().st_size == 0:
        file.close()
        raise SourceEmpty(path)
    return file


def decompressed(file: BinaryIO) -> BinaryIO:
    """Read through gzip where the content is compressed."""
    buffered = file if isinstance(file, io.BufferedReader) else io.BufferedReader(cast(io.RawIOBase, file))
    # The content decides, not the name: a compressed stream may come by standard input.
    if buffered.peek(2)[:2] == b"\x1f\x8b":
        return cast(BinaryIO, io.BufferedReader(gzip.GzipFile(fileobj=buffered)))
    return cast(BinaryIO, buffered)
