"""What a finite input is: something that yields its records from the beginning, each with its place."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Protocol, runtime_checkable

from models.redaction import redact
from stream.raw import Raw

BLOCK = 1 << 20


class Source(Protocol):
    """A finite input, read record by record and always from its beginning.

    A source knows nothing of progress, repeats or order: `stream.ordering` does.
    """

    @property
    def stream(self) -> str:
        """Name under which progress and refused records are stored: a file's path, or `stdin:` and a digest of its start."""

    def records(self) -> Iterator[Raw]:
        """Yield each record with its `position`: the line, row or record number at which it begins, counted from 1.

        One record of a file may yield several `Raw` of the same position. Raises `SourceTruncated` where the input breaks
        off; what was yielded until then is good.
        """

    def read_share(self) -> float | None:
        """Share of the input that was read so far, in [0, 1]; None where that is unknown."""

    def close(self) -> None:
        """Close what it reads from; standard input stays open."""


@runtime_checkable
class Fingerprinted(Protocol):
    """A source that recognises its content without reading its records: an unchanged file is then not read again."""

    def fingerprint(self) -> str | None:
        """Return a digest of at most 64 characters of the content and of how it is read (mapping, zone, format, encoding).

        None where the content can be read only once. `file_fingerprint` computes it of a file.
        """


@runtime_checkable
class Noted(Protocol):
    """A source that may skip or change something of its input, and counts it."""

    def notes(self) -> Mapping[str, int]:
        """Return how often each kind of `stream.files.table.TableNote` occurred in what `records` has read."""


@runtime_checkable
class RowsOfTickets(Protocol):
    """A source whose records may be several rows of one ticket, such as the messages of a conversation."""

    @property
    def joins_rows(self) -> bool:
        """Whether each row looks like the creation of its ticket, so that later ones are to be made comments."""


def file_stream(path: str) -> str:
    """Return the name under which a file's progress and refused records are stored: its path, with the file's own name redacted.

    Exports are named after customers and cards, too. Two files whose redacted names are equal have different fingerprints. The
    records of a file whose name was redacted cannot be read again by name alone.
    """
    resolved = Path(path).resolve()
    return (resolved.parent / redact(resolved.name).text).as_posix()


def file_fingerprint(path: str, *parts: str) -> str:
    """Return the SHA-256 of a file's bytes and of `parts`, which say how it is read. Raises OSError."""
    digest = hashlib.sha256()
    for part in parts:
        digest.update(f"{len(part)}:{part}".encode("utf-8", "surrogatepass"))
    with Path(path).open("rb") as file:
        while block := file.read(BLOCK):
            digest.update(block)
    return digest.hexdigest()
