"""Read an object that is larger than memory: a page whose list of tickets is read element by element."""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum, auto
from typing import Any, BinaryIO

from stream.raw import RefusalReason, RefusedEvent


def page_records(head: bytes, rest: BinaryIO) -> Iterator[Any]:
    """Yield each element of the lists of an object as an object with that element alone, and with what stood before the list.

    `head` are the first bytes, which begin with the object; what follows the object is read in the same way. Where the data is
    damaged, the rest of it is refused as a whole: the end of a value is not known there.
    """
    import ijson

    reader, count = _PageReader(ijson.ObjectBuilder), 0
    try:
        for event, value in ijson.basic_parse(_Joined(head, rest), multiple_values=True, use_float=True):
            for element in reader.feed(event, value):
                count += 1
                yield element
    except ijson.JSONError:
        detail = (
            f"the data is damaged after {count:,} elements of a page, and what follows cannot be read; export it again"
        )
        yield RefusedEvent(RefusalReason.NOT_JSON, detail, "")


class _Place(Enum):
    OUTSIDE = auto()
    OBJECT = auto()
    LIST_OF_OBJECT = auto()
    LIST = auto()


class _PageReader:
    """Follows the events of a parser; values below a page's lists are built as a whole."""

    def __init__(self, builder: Any) -> None:
        self._new_builder = builder
        self._builder: Any = None
        self._depth = 0
        self._place = _Place.OUTSIDE
        self._header: dict[str, Any] = {}
        self._key = ""

    def feed(self, event: str, value: Any) -> Iterator[Any]:
        """Take the next event, and yield the element that it completes."""
        begins = event in ("start_map", "start_array")
        if self._builder is not None:
            self._builder.event(event, value)
            self._depth += begins - (event in ("end_map", "end_array"))
            if self._depth == 0:
                built, self._builder = self._builder.value, None
                yield from self._complete(built)
        elif event == "map_key":
            self._key = str(value)
        elif event in ("end_map", "end_array"):
            self._place = _Place.OBJECT if self._place is _Place.LIST_OF_OBJECT else _Place.OUTSIDE
        elif begins and not self._enter(event):
            self._builder, self._depth = self._new_builder(), 1
            self._builder.event(event, value)
        elif not begins:
            yield from self._complete(value)

    def _enter(self, event: str) -> bool:
        """Enter a page or one of its lists; False where a value of its own begins."""
        if self._place is _Place.OUTSIDE:
            self._header = {}
            self._place = _Place.OBJECT if event == "start_map" else _Place.LIST
        elif self._place is _Place.OBJECT and event == "start_array":
            self._place = _Place.LIST_OF_OBJECT
        else:
            return False
        return True

    def _complete(self, value: Any) -> Iterator[Any]:
        if self._place is _Place.OBJECT:
            self._header[self._key] = value
        elif self._place is _Place.LIST_OF_OBJECT:
            yield {**self._header, self._key: [value]}
        else:
            yield value


class _Joined:
    """Bytes that were read already, and then the rest of a file."""

    def __init__(self, head: bytes, rest: BinaryIO) -> None:
        self._head = head
        self._rest = rest

    def read(self, size: int = -1) -> bytes:
        if self._head:
            part, self._head = (self._head, b"") if size < 0 else (self._head[:size], self._head[size:])
            return part
        return self._rest.read(size)
