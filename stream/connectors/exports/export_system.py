"""What is known of a ticket system's exports as tables."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from stream.tables.headers import Names, plain

ReadComment = Callable[[str], tuple[str, str, str] | None]
"""Splits a comment's cell into time, author and text; None where it is not of that shape."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportSystem:
    """A ticket system: how its tables are recognised, and what its columns and values mean.

    `marks` are headers that hardly any other system has, `usual` those that its exports have as well; both as `headers.plain`
    writes them. `columns` are its own names of the fields, and under "" those
    of columns that say nothing about the ticket. `values` map a field's value, in small letters, to ours.
    `keeps_ids` says that a row's `id` is the event's own also where the ticket was created by it.
    """

    name: str
    source: str
    marks: frozenset[str] = frozenset()
    usual: frozenset[str] = frozenset()
    columns: Names = field(default_factory=dict)
    values: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    read_comment: ReadComment | None = None
    keeps_ids: bool = False

    def likeness(self, header: Sequence[str]) -> float:
        """Return how sure the header is one of this system, in [0, 1].

        Two marks, or one mark and half of the usual names, are as good as certain; usual names alone are not.
        """
        names = {plain(column) for column in header}
        marks, usual = len(names & self.marks), len(names & self.usual)
        if not marks:
            # All of the short list that some systems export, and nothing else.
            return 0.6 if usual >= 6 and usual >= 0.75 * len(names) else 0.0
        return min(1.0, 0.5 + 0.25 * marks + 0.05 * usual)


def named(text: str) -> tuple[str, ...]:
    """Return a list of headers, separated by commas, as they are looked up."""
    return tuple(dict.fromkeys(plain(name) for name in text.split(",")))
