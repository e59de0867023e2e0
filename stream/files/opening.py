"""Open a path or standard input as bytes, unpacked, with its first part to look at."""

from __future__ import annotations

import io
from pathlib import Path
from typing import BinaryIO, Self, cast

from stream.errors import SourceEmpty, SourceError, SourceMissing, SourceNotText, SourceTruncated
from stream.files.compression import BROKEN, seekable, unpacked

HEAD_BYTES = 262_144
"""What is looked at to see what a file is: a few hundred rows of an export."""

ENOUGH_LINES = 20
"""Standard input may be written slowly: so many lines are looked at without waiting for more."""


class Content:
    """The unpacked bytes of a file or of standard input.

    `path` is what the user gave, `name` the file's name inside the archive (its ending is a hint), `head` the first bytes, at
    most `HEAD_BYTES`. Raises `SourceMissing`, `SourceEmpty`, `SourceNotText`, `SourceTooLarge` or `SourceTruncated`.
    """

    def __init__(self, path: str, *, stdin: BinaryIO | None = None) -> None:
        self.path = path
        self.is_stdin = stdin is not None
        self._left = b""
        self._raw = stdin if stdin is not None else open_file(path)
        self._opened = [self._raw]
        self._size = None if self.is_stdin else Path(path).stat().st_size
        try:
            self._file, member = self._unpacked()
            self.name = member or ("" if self.is_stdin else Path(path).name)
            self.head = self._read_head()
        except SourceError:
            self.close()
            raise

    @property
    def ending(self) -> str:
        """Ending of the name in lower case without the endings of compression, ".csv"; "" where there is none."""
        name = self.name.lower()
        for packed in (".gz", ".bz2", ".xz", ".zip"):
            name = name.removesuffix(packed)
        return Path(name).suffix

    def stream(self) -> BinaryIO:
        """Return the bytes from the beginning. Standard input gives them once: a second call goes on where it is."""
        if self.is_stdin:
            head, self._left = self._left, b""
            return cast(BinaryIO, io.BufferedReader(_Joined(head, self._file)))
        # Every stream has a file of its own, so that one that is still being read is not moved.
        self._opened = [file for file in self._opened if not file.closed]
        self._raw = open_file(self.path)
        self._opened.append(self._raw)
        return cast(BinaryIO, self._unpacked()[0])

    def seekable(self) -> BinaryIO:
        """Return the bytes from the beginning as a file that can seek; in memory where they are packed or come by a pipe."""
        try:
            return cast(BinaryIO, seekable(cast(io.BufferedReader, self.stream()), self.path))
        except BROKEN as error:
            raise SourceTruncated(self.path, 0) from error

    def read_share(self) -> float | None:
        """Share of the file's bytes (as stored on the disk) that was read; None for standard input."""
        if not self._size:
            return None
        # A stream is closed by its reader at the end.
        return 1.0 if self._raw.closed else min(1.0, self._raw.tell() / self._size)

    def close(self) -> None:
        """Close the file; standard input stays open."""
        for file in () if self.is_stdin else self._opened:
            file.close()

    def __enter__(self) -> Self:
        """Use it as a context manager, which closes it."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the file."""
        self.close()

    def _unpacked(self) -> tuple[io.BufferedReader, str]:
        raw = self._raw
        buffered = raw if isinstance(raw, io.BufferedReader) else io.BufferedReader(cast(io.RawIOBase, raw))
        try:
            return unpacked(buffered, self.path)
        except BROKEN as error:
            raise SourceNotText(self.path, "looks like compressed data and cannot be unpacked") from error

    def _read_head(self) -> bytes:
        head = bytearray()
        try:
            while len(head) < HEAD_BYTES and (part := self._file.read1(HEAD_BYTES - len(head))):
                head += part
                if self.is_stdin and head.count(b"\n") >= ENOUGH_LINES:
                    break
        except BROKEN as error:
            # What was unpacked is still read as far as it goes; the reader reports where it ends.
            if not head:
                raise SourceTruncated(self.path, 0) from error
        if not head:
            raise SourceEmpty(self.path)
        self._left = bytes(head)
        return bytes(head)


class _Joined(io.RawIOBase):
    """Bytes that were read already, and then the rest of a file."""

    def __init__(self, head: bytes, rest: io.BufferedReader) -> None:
        self._head = memoryview(head)
        self._rest = rest

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        part = self._head[: len(buffer)] if self._head else memoryview(self._rest.read1(len(buffer)))
        self._head = self._head[len(part) :] if self._head else self._head
        buffer[: len(part)] = part
        return len(part)


def open_file(path: str) -> BinaryIO:
    """Open a regular file for reading. Raises `SourceMissing` or `SourceEmpty`."""
    if Path(path).is_dir():
        raise SourceMissing(path, "it is a folder")
    try:
        file = Path(path).open("rb")  # noqa: SIM115 (it lives as long as its source)
    except (OSError, ValueError) as error:
        raise SourceMissing(path, getattr(error, "strerror", None) or "unknown reason") from error
    if Path(path).stat().st_size == 0:
        file.close()
        raise SourceEmpty(path)
    return file
