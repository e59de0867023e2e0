"""Find where a JSON value ends in bytes, without decoding it, and whether it is damaged before it ends."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import StrEnum

DEEPEST = 200
"""Levels of nesting that are followed; payloads of ticket systems have about ten."""

# A string of JSON holds no line end: one that is open at the end of its line is damaged, and does not swallow the next lines.
_TOKEN = re.compile(rb'"(?:[^"\\\n]|\\[^\n])*+"|["{}\[\]]')
_SPACE = b" \t\r\n"
_CLOSES = {0x7D: 0x7B, 0x5D: 0x5B}
_OPEN_OBJECT, _OPEN_ARRAY, _COLON, _COMMA, _QUOTE = 0x7B, 0x5B, 0x3A, 0x2C, 0x22


class ScanState(StrEnum):
    """What a scan found."""

    MORE = "more"
    ENDED = "ended"
    DAMAGED = "damaged"


@dataclass(slots=True)
class Scan:
    """A scan of one object or array that begins at `start`; `at` is where it goes on, and where the value ended."""

    start: int
    at: int = field(init=False)
    _open: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.at = self.start

    @property
    def is_page(self) -> bool:
        """Whether it is in a list of the object at `start`."""
        return self._open[:2] == [_OPEN_OBJECT, _OPEN_ARRAY]

    def feed(self, data: bytes, *, ended: bool) -> ScanState:
        """Go on in `data`, which holds all bytes from `start` on; `ended` says that no more will come."""
        for found in _TOKEN.finditer(data, self.at):
            byte = data[found.start()]
            if byte == _QUOTE:
                if found.end() - found.start() == 1:
                    return self._open_string(data, found.start(), ended=ended)
            elif byte in (_OPEN_OBJECT, _OPEN_ARRAY):
                if len(self._open) >= DEEPEST or not self._may_open(data, found.start()):
                    return ScanState.DAMAGED
                self._open.append(byte)
            elif not self._open or self._open.pop() != _CLOSES[byte]:
                return ScanState.DAMAGED
            self.at = found.end()
            if not self._open:
                return ScanState.ENDED
        return ScanState.MORE

    def _open_string(self, data: bytes, at: int, *, ended: bool) -> ScanState:
        self.at = at
        return ScanState.DAMAGED if ended or data.find(b"\n", at) >= 0 else ScanState.MORE

    def _may_open(self, data: bytes, at: int) -> bool:
        """Whether a value may begin here: after a colon in an object, after a comma or the bracket in an array."""
        if not self._open:
            return True
        at -= 1
        while data[at] in _SPACE:
            at -= 1
        return data[at] == _COLON if self._open[-1] == _OPEN_OBJECT else data[at] in (_COMMA, _OPEN_ARRAY)


def next_start(data: bytes, start: int, *, in_array: bool) -> int | None:
    """Return where reading goes on after the damaged value at `start`: at the next line like its own; None where there is none.

    A line like its own has the same indentation, and an object (or the end of the array) begins on it. Where the value begins in
    the middle of a line, any later line on which an object begins will do.
    """
    line = data.rfind(b"\n", 0, start) + 1
    indentation = data[line:start]
    same = re.escape(indentation) if not indentation.strip(b" \t") else rb"[ \t]*+"
    found = re.compile(rb"\n" + same + (rb"(?=[{\]])" if in_array else rb"(?=[{\[])")).search(data, start)
    return None if found is None else found.end()
