"""Positions of what is redacted."""

from __future__ import annotations

import re
from collections.abc import Iterable

Span = tuple[int, int]
"""A half-open range of characters, [start, end)."""


def spans_of(patterns: Iterable[re.Pattern[str]], text: str) -> list[Span]:
    """Return the spans of the group `found` in all matches of the patterns, in order, without those that begin in an earlier one."""
    return without_overlaps(match.span("found") for pattern in patterns for match in pattern.finditer(text))


def without_overlaps(spans: Iterable[Span]) -> list[Span]:
    """Return spans in order, without those that begin inside an earlier one."""
    separate: list[Span] = []
    for start, end in sorted(spans):
        if not separate or start >= separate[-1][1]:
            separate.append((start, end))
    return separate


def merged(spans: Iterable[Span]) -> list[Span]:
    """Return spans in order; those that overlap become one."""
    whole: list[Span] = []
    for start, end in sorted(spans):
        if whole and start < whole[-1][1]:
            whole[-1] = (whole[-1][0], max(end, whole[-1][1]))
        else:
            whole.append((start, end))
    return whole


def longest(spans: Iterable[Span]) -> list[Span]:
    """Return the longest of the spans that begin at the same character, in order and without those that begin inside an earlier one."""
    ends: dict[int, int] = {}
    for start, end in spans:
        ends[start] = max(end, ends.get(start, 0))
    return without_overlaps(ends.items())


def cover(view: str, spans: Iterable[Span], mark: str) -> str:
    """Replace each character of the spans, which are in order, by a mark of one character."""
    return cover_each(view, ((start, end, mark) for start, end in spans))


def cover_each(view: str, spans: Iterable[tuple[int, int, str]]) -> str:
    """Replace each character of the spans, which are in order, by the mark of the span."""
    pieces, done = [], 0
    for start, end, mark in spans:
        pieces += [view[done:start], mark * (end - start)]
        done = max(done, end)
    return "".join([*pieces, view[done:]])
