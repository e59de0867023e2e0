"""The manifest: all erasures, outside the database, so that they can be applied again after a backup of before was restored.

One signed line of JSON for each erasure. It holds keyed hashes only: nobody learns from it whose text was erased.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import orjson

from groundswell.erasure.errors import ManifestInvalid
from groundswell.erasure.signing import Signer
from models.times import parse_rfc3339, rfc3339
from store.erasure.scope import ErasureScope, ErasureSubject

VERSION = 1


@dataclass(frozen=True, slots=True)
class ManifestEntry:
    """One erasure: its id, when it was, and its subject without ids and texts."""

    erasure_id: str
    at: datetime
    subject: ErasureSubject


class Manifest:
    """The file of all erasures."""

    def __init__(self, path: Path, signer: Signer) -> None:
        self.path = path
        self._signer = signer

    def append(self, entry: ManifestEntry) -> None:
        """Add an erasure, on the disk when this returns; only its owner may read a file that is made."""
        self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        line = orjson.dumps(self._signer.signed(_content(entry))) + b"\n"
        handle = os.open(self.path, os.O_CREAT | os.O_RDWR | os.O_APPEND, 0o600)
        try:
            # A line that a killed process left without its end must not spoil this one.
            size = os.fstat(handle).st_size
            torn = size > 0 and os.pread(handle, 1, size - 1) != b"\n"
            os.write(handle, b"\n" + line if torn else line)
            os.fsync(handle)
        finally:
            os.close(handle)

    def entries(self) -> list[ManifestEntry]:
        """Read all erasures, each once, in their order; none where there is no file.

        Raises `ManifestInvalid` for a line that was changed or is signed by another installation. A line that breaks off, as a killed
        process leaves it, belongs to an erasure that did not begin.
        """
        try:
            lines = self.path.read_bytes().split(b"\n")
        except FileNotFoundError:
            return []
        found = {one.erasure_id: one for number, line in enumerate(lines, 1) for one in self._entry(number, line)}
        return list(found.values())

    def _entry(self, number: int, line: bytes) -> Iterator[ManifestEntry]:
        if not line.strip():
            return
        try:
            fields = orjson.loads(line)
        except orjson.JSONDecodeError:
            if line.startswith(b"{") and not line.rstrip().endswith(b"}"):
                return
            raise ManifestInvalid(self.path, number, "it is no JSON") from None
        problem = self._signer.problem(fields) if isinstance(fields, dict) else "it is no JSON object"
        if problem is not None:
            raise ManifestInvalid(self.path, number, problem)
        yield _entry(fields)


def _content(entry: ManifestEntry) -> dict[str, Any]:
    return {
        "version": VERSION, "id": entry.erasure_id, "at": rfc3339(entry.at),
        "scope": entry.subject.scope.value, "subject": entry.subject.subject, "requesters": list(entry.subject.requesters),
    }  # fmt: skip


def _entry(fields: Mapping[str, Any]) -> ManifestEntry:
    at = parse_rfc3339(fields["at"])
    if at is None:
        raise ValueError(f"received the time {fields['at']}; valid is RFC 3339")
    scope = ErasureScope(fields["scope"])
    subject = ErasureSubject(scope, fields["subject"], requesters=tuple(fields["requesters"]))
    return ManifestEntry(fields["id"], at, subject)
