"""What happens to themes: every change of identity is one of these records, with its reason and numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray


class LineageReason(StrEnum):
    """Why a theme was born, merged, or took a ticket from elsewhere."""

    LEARNED = "learned"
    """Found by grouping in the silent learning period."""
    EMERGED = "emerged"
    """Its tickets' neighbours were improbably recent: something new is happening. The only birth that causes a `new_theme` alert."""
    GATHERED = "gathered"
    """Found by density among unthemed tickets that gathered slowly: nothing new, only now large enough."""
    SURGED = "surged"
    """Split from a theme of which only a subset surged: the theme contained two problems, and none of them is new."""
    REORGANISED = "reorganised"
    """The learning period's grouping changed as more tickets came."""
    CONVERGED = "converged"
    """Two themes that came to contain the same tickets."""
    LANGUAGE = "language"
    """The tickets of a language that the embedding model does not read, as far as their words form no theme: several problems."""
    DECIDED = "decided"
    """A person decided it."""
    REBUILT = "rebuilt"
    """A person switched to a rebuild."""


@dataclass(frozen=True, slots=True)
class NewTicket:
    """A ticket to assign: `vector` has shape (384,), unit length, and was stored as float16.

    `language` is that of the ticket's words, of which the vector is, where the embedding model does not read it.
    """

    ticket_id: str
    time: datetime
    vector: NDArray[np.floating]
    language: str | None = None


@dataclass(frozen=True, slots=True)
class Assignment:
    """The theme that a ticket got.

    `theme_id` is None for an unthemed ticket; `nearest` is then the closest theme (None while there is no theme).
    `confidence` in [0, 1] is the share of the neighbours' vote for `nearest` or `theme_id`.
    """

    ticket_id: str
    theme_id: int | None
    confidence: float
    nearest: int | None


@dataclass(frozen=True, slots=True)
class Birth:
    """A new theme, with the tickets it starts with (their moves are listed in the same `Discovery`).

    `split_from` is the theme whose tickets they were, where the new theme was split off. `language` is that of its tickets,
    where the embedding model does not read it.
    """

    theme_id: int
    time: datetime
    reason: LineageReason
    members: tuple[str, ...]
    numbers: Mapping[str, float] = field(default_factory=dict)
    split_from: int | None = None
    language: str | None = None


@dataclass(frozen=True, slots=True)
class Merge:
    """`theme_id` ended, and all its tickets, in the window or not, belong to `into` from now on."""

    theme_id: int
    into: int
    time: datetime
    reason: LineageReason
    numbers: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Move:
    """A ticket that changed its theme; None means unthemed."""

    ticket_id: str
    from_theme: int | None
    to_theme: int | None
    reason: LineageReason


@dataclass(frozen=True, slots=True)
class Discovery:
    """What one call of `discover` changed; apply births, then moves, then merges.

    `moves` lists every ticket in the window whose theme changed, those of births included; the tickets of a
    merged theme that are not listed follow it.
    """

    births: tuple[Birth, ...] = ()
    merges: tuple[Merge, ...] = ()
    moves: tuple[Move, ...] = ()

    def __bool__(self) -> bool:
        """True if anything changed."""
        return bool(self.births or self.merges or self.moves)


@dataclass(frozen=True, slots=True)
class RememberedTicket:
    """A stored row from which the index is restored; rows are ordered as they were mined. `language` as in `NewTicket`."""

    ticket_id: str
    theme_id: int | None
    time: datetime
    vector: NDArray[np.floating]
    language: str | None = None
