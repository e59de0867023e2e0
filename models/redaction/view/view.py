"""The view of a text: the text as recognizers read it, and where each of its characters comes from."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from models.redaction.span import Span

Characters = Iterable[tuple[str, int, int]]
"""Characters, each with the span that it was read from."""


@dataclass(frozen=True, slots=True)
class View:
    """A text as the recognizers read it.

    `starts[i]` is the position in the original at which character i begins, and `ends[i]` is where it ends there; both never decrease.
    Both are None when the positions in both texts are the same. `raw` is whether escapes are left in it, or read where none may be.
    """

    text: str
    starts: Sequence[int] | None = None
    ends: Sequence[int] | None = None
    raw: bool = False

    def original_span(self, start: int, end: int) -> Span:
        """Return the span in the original of the characters [start, end) of the view; start < end."""
        if self.starts is None or self.ends is None:
            return start, end
        return self.starts[start], max(self.ends[end - 1], self.starts[start] + 1)

    def span_in_view(self, start: int, end: int) -> Span:
        """Return the span of the view that comes from the characters [start, end) of the original; it may be empty."""
        if self.starts is None:
            return start, end
        return bisect_left(self.starts, start), bisect_left(self.starts, end)

    def rewritten(self, pattern: re.Pattern[str], decode: Callable[[re.Match[str]], Characters]) -> View:
        """Return the view in which every match of a pattern is replaced by the characters that `decode` reads in it.

        What `decode` yields has positions in this view. A match in which nothing changes is yielded as it is. The time is linear.
        """
        pieces: list[str] = []
        starts: list[int] = []
        ends: list[int] = []
        done = 0
        for match in pattern.finditer(self.text):
            self._copy(done, match.start(), pieces, starts, ends)
            for character, start, end in decode(match):
                first, last = self.original_span(start, end)
                pieces.append(character)
                starts.append(first)
                ends.append(last)
            done = match.end()
        if not done:
            return self
        self._copy(done, len(self.text), pieces, starts, ends)
        return View("".join(pieces), starts, ends)

    def _copy(self, start: int, end: int, pieces: list[str], starts: list[int], ends: list[int]) -> None:
        if start == end:
            return
        pieces.append(self.text[start:end])
        if self.starts is None or self.ends is None:
            starts.extend(range(start, end))
            ends.extend(range(start + 1, end + 1))
        else:
            starts.extend(self.starts[start:end])
            ends.extend(self.ends[start:end])
