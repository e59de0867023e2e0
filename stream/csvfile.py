"""CSV files as a source: one row is one event, by a mapping file."""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO, Self

from models.redaction import excerpt, redact
from stream.errors import SourceError, SourceNotText, SourceTruncated
from stream.mapping import ColumnMapping
from stream.raw import Raw, RefusalReason, RefusedEvent
from stream.source import file_fingerprint
from stream.sources import BROKEN, decompressed, is_text, open_file, peek
from stream.validation import MAX_BYTES


class CsvFile:
    """Rows of a CSV file with a header; the position of a record is the number of its row after the header."""

    def __init__(self, path: str, mapping: ColumnMapping, *, stdin: BinaryIO | None = None) -> None:
        self._path = path
        self._owned = stdin is None
        self._raw: BinaryIO = stdin if stdin is not None else open_file(path)
        self._file = decompressed(self._raw)
        try:
            self._open(path, mapping)
        except SourceError:
            self.close()
            raise

    def close(self) -> None:
        """Close the file; standard input stays open."""
        if self._owned:
            self._file.close()
            self._raw.close()

    def __enter__(self) -> Self:
        """Use it as a context manager, which closes it."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the file."""
        self.close()

    def _open(self, path: str, mapping: ColumnMapping) -> None:
        head = peek(self._file, path)
        if not is_text(head):
            raise SourceNotText(path, "is not UTF-8 text")
        csv.field_size_limit(MAX_BYTES)
        # The text is decoded line by line, not by a wrapper, which would close standard input with it.
        self._rows = csv.reader(_text(self._file), delimiter=_delimiter(head))
        try:
            self._header = [name.strip() for name in next(self._rows, [])]
        except csv.Error as error:
            raise SourceNotText(path, f"has a header that is not CSV ({error})") from error
        self._mapping = mapping.fitted(self._header)
        self.stream = (
            Path(path).resolve().as_posix() if self._owned else f"stdin:{hashlib.sha256(head).hexdigest()[:16]}"
        )

    def records(self) -> Iterator[Raw]:
        """Yield the rows that are not empty."""
        number = 0
        while (row := self._next(number)) is not None:
            number += 1
            if row:
                yield Raw(number, row if isinstance(row, RefusedEvent) else self._event(row))

    def fingerprint(self) -> str | None:
        """Return the digest of the file and its mapping; None for standard input."""
        return file_fingerprint(self._path, self._identity()) if self._owned else None

    def read_share(self) -> float | None:
        """None: it is unknown how many rows are left."""
        return None

    def _next(self, number: int) -> list[str] | RefusedEvent | None:
        try:
            return next(self._rows, None)
        except BROKEN as error:
            raise SourceTruncated(self._path, number) from error
        except csv.Error as error:
            return RefusedEvent(
                RefusalReason.UNMAPPED,
                f"received a row that is not CSV ({error}); quote the field, or split the row",
                "",
            )

    def _event(self, row: list[str]) -> Mapping[str, Any] | RefusedEvent:
        shown = excerpt(",".join(row)[:4096])
        if len(row) != len(self._header):
            detail = f"received a row of {len(row)} fields; valid are {len(self._header)}, as many as the header has"
            return RefusedEvent(RefusalReason.UNMAPPED, detail, shown)
        try:
            return self._mapping.event(dict(zip(self._header, row, strict=True)))
        except ValueError as error:
            return RefusedEvent(RefusalReason.UNMAPPED, redact(str(error)).text, shown)

    def _identity(self) -> str:
        mapping = self._mapping
        parts = (mapping.columns, mapping.constants, {name: dict(found) for name, found in mapping.values.items()})
        return repr((self._header, [sorted(part.items()) for part in parts], mapping.time_format, mapping.zone.key))


def _text(file: BinaryIO) -> Iterator[str]:
    for number, line in enumerate(file):
        yield line.decode("utf-8" if number else "utf-8-sig", errors="replace")


def _delimiter(head: bytes) -> str:
    """Return the separator that the header has most of.

    Quoting is that of RFC 4180: `csv.Sniffer` guesses it wrong where a header has no quotes.
    """
    header = head.split(b"\n", 1)[0].decode("utf-8", errors="replace")
    return max(",;\t|", key=header.count)
