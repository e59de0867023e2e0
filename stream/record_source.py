"""Sources of what is no table: the JSON of a system, and mail."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator
from itertools import islice

from stream.connectors.contract import Connector
from stream.connectors.payloads import json_raws, mail_raws
from stream.errors import SourceTruncated
from stream.files.compression import BROKEN
from stream.files.encoding import Encoding, detect
from stream.files.json_decode import FALLBACK
from stream.files.json_pages import page_records
from stream.files.json_values import JsonRecord, json_records
from stream.files.opening import Content
from stream.raw import Raw, RefusedEvent
from stream.recognition.json_kinds import JsonKind, json_connector, json_kinds
from stream.source import file_fingerprint, file_stream

SAMPLE = 50
"""Values that are looked at to recognise their system."""


class JsonSource:
    """The values of a JSON file as events; the position of a record is its number in the file, counted from 1."""

    def __init__(self, content: Content, *, encoding: str | None = None, complete_lines_only: bool = False) -> None:
        self._content = content
        self._complete_lines_only = complete_lines_only
        self._encoding = detect(content, encoding)
        self.kind = recognise(content, self._encoding)
        self._connector: Connector = json_connector(self.kind.name)
        self.stream = stream_name(content)

    def records(self) -> Iterator[Raw]:
        """Yield the events of each value, and the values that cannot be read as refusals."""
        number = 0
        try:
            for raw in json_raws(self._values(), self._connector):
                number = raw.position
                yield raw
        except BROKEN as error:
            raise SourceTruncated(self._content.path, number) from error

    def fingerprint(self) -> str | None:
        """Return the digest of the file and of how it is read; None for standard input."""
        if self._content.is_stdin:
            return None
        return file_fingerprint(self._content.path, "json", self.kind.name, str(self._encoding))

    def description(self) -> str:
        """Say what the file was taken for, and by what."""
        return f"{self._content.path}: JSON of {self.kind.name.capitalize()} (seen by {self.kind.evidence})"

    def read_share(self) -> float | None:
        """Share of the input that was read so far, in [0, 1]; None where that is unknown."""
        return self._content.read_share()

    def close(self) -> None:
        """Close the file; standard input stays open."""
        self._content.close()

    def _values(self) -> Iterator[JsonRecord]:
        return json_records(
            self._content.stream(), encoding=self._encoding.name, fallback=self._encoding.fallback or FALLBACK,
            complete_lines_only=self._complete_lines_only,
        )  # fmt: skip


class MailSource:
    """The messages of a mailbox, or one message, as events; the position of a record is the message's number, counted from 1."""

    def __init__(self, content: Content) -> None:
        self._content = content
        self.stream = stream_name(content)

    def records(self) -> Iterator[Raw]:
        """Yield the event of each message."""
        number = 0
        try:
            for raw in mail_raws(self._content.stream, twice=not self._content.is_stdin):
                number = raw.position
                yield raw
        except BROKEN as error:
            raise SourceTruncated(self._content.path, number) from error

    def fingerprint(self) -> str | None:
        """Return the digest of the file; None for standard input."""
        return None if self._content.is_stdin else file_fingerprint(self._content.path, "mail")

    def description(self) -> str:
        """Say what the file was taken for."""
        return f"{self._content.path}: mail; first messages are tickets, answers to them are comments"

    def read_share(self) -> float | None:
        """Share of the input that was read so far, in [0, 1]; None where that is unknown."""
        return self._content.read_share()

    def close(self) -> None:
        """Close the file; standard input stays open."""
        self._content.close()


def recognise(content: Content, encoding: Encoding) -> JsonKind:
    """Return whose values the first bytes hold; what is nobody's is read as CloudEvents, which say what is wrong with each value."""
    read = json_records(io.BytesIO(content.head), encoding=encoding.name, complete_lines_only=True)
    values = [one.value for one in islice(read, SAMPLE) if not isinstance(one.value, RefusedEvent)]
    if not values:
        # A page of many tickets on one line does not end in the first bytes: its first elements are looked at.
        text = content.head.decode(encoding.name, errors="replace").lstrip("\ufeff")
        elements = islice(page_records(text.encode("utf-8", "replace"), io.BytesIO()), SAMPLE)
        values = [one for one in elements if not isinstance(one, RefusedEvent)]
    found = json_kinds(values)
    return found[0] if found else JsonKind("cloudevents", 0.0, "nothing; its values are read as events")


def stream_name(content: Content) -> str:
    """Return the name under which an input's progress is stored."""
    if content.is_stdin:
        return f"stdin:{hashlib.sha256(content.head).hexdigest()[:16]}"
    return file_stream(content.path)
