"""Passages of erased texts in what people wrote: found by runs of words, so that punctuation and case do not matter."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

WORDS = 5
"""Words in a row that make a quotation. Fewer are phrases that many people write."""

FEWEST = 4
"""Words of the shortest text that is looked for as a whole."""

REMOVED = "[ERASED]"

_WORD = re.compile(r"\w+")


class Passages:
    """Runs of words of some texts, and their removal from other texts. Linear in the length of either."""

    def __init__(self, texts: Iterable[str]) -> None:
        self._runs: set[tuple[str, ...]] = set()
        for text in texts:
            words = [match.group().casefold() for match in _WORD.finditer(text)]
            if FEWEST <= len(words) < WORDS:
                self._runs.add(tuple(words))
            self._runs.update(tuple(words[at : at + WORDS]) for at in range(len(words) - WORDS + 1))
        self._lengths = sorted({len(run) for run in self._runs}, reverse=True)

    def __bool__(self) -> bool:
        """Return whether there is anything to look for."""
        return bool(self._runs)

    def removed_from(self, text: str) -> str:
        """Return a text with `[ERASED]` in the place of each quotation; the same text where it has none."""
        words = [(match.group().casefold(), *match.span()) for match in _WORD.finditer(text)]
        quoted = [False] * len(words)
        for length in self._lengths:
            for at in range(len(words) - length + 1):
                if tuple(word for word, _, _ in words[at : at + length]) in self._runs:
                    quoted[at : at + length] = [True] * length
        pieces, done = [], 0
        for at, (_, start, end) in enumerate(words):
            if not quoted[at]:
                continue
            if at == 0 or not quoted[at - 1]:
                pieces += [text[done:start], REMOVED]
            done = end
        return "".join([*pieces, text[done:]])

    def removed_from_value(self, value: Any) -> Any:
        """Return a JSON value with the quotations removed from each of its texts; keys stay."""
        if isinstance(value, str):
            return self.removed_from(value)
        if isinstance(value, dict):
            return {key: self.removed_from_value(part) for key, part in value.items()}
        if isinstance(value, list):
            return [self.removed_from_value(part) for part in value]
        return value
