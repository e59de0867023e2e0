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
    """Found by density in the silent learning period."""
    EMERGED = "emerged"
    """Neighbours improbably recent: something new is happening; the one birth worth a `new_theme` alert."""
    GATHERED = "gathered"
    """Found by density among unthemed tickets that gathered slowly: nothing new, only now large enough."""
    SURGED = "surged"
    """Part of a theme that surges while the rest does not: the theme held two problems, and none of them is new."""
    REORGANISED = "reorganised"
    """The learning period's grouping changed as more tickets came."""
    CONVERGED = "converged"
    """Two themes that came to hold the same tickets."""
    DECIDED = "decided"
    """A person said so."""
    REBUILT = "rebuilt"
    """A rebuild that a person switched to."""


@dataclass(frozen=True, slots=True)
class NewTicket:
    """A ticket to assign: `vector` has shape (384,), unit length, and was stored as float16."""

    ticket_id: str
    time: datetime
    vector: NDArray[np.floating]


@dataclass(frozen=True, slots=True)
class Assignment:
    """Where a ticket went.

    `theme_id` is None for an unthemed ticket; `nearest` is then the theme that came closest (None while there
    is no theme). `confidence` in [0, 1]: the share of the neighbours' vote that `nearest` or `theme_id` took.
    """

    ticket_id: str
    theme_id: int | None
    confidence: float
    nearest: int | None


@dataclass(frozen=True, slots=True)
class Birth:
    """A new theme, with the tickets it starts with (their moves are listed in the same `Discovery`).

    `parted_from` is the theme that it was a part of, where it came by parting one.
    """

    theme_id: int
    time: datetime
    reason: LineageReason
    members: tuple[str, ...]
    numbers: Mapping[str, float] = field(default_factory=dict)
    parted_from: int | None = None


@dataclass(frozen=True, slots=True)
class Merge:
    """`theme_id` ended and all its tickets, remembered or not, belong to `into` from here on."""

    theme_id: int
    into: int
    time: datetime
    reason: LineageReason
    numbers: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Move:
    """A ticket that changed its theme; None stands for unthemed."""

    ticket_id: str
    from_theme: int | None
    to_theme: int | None
    reason: LineageReason


@dataclass(frozen=True, slots=True)
class Discovery:
    """What one call of `discover` changed; apply births, then moves, then merges.

    `moves` lists every remembered ticket whose theme changed, those of births included; the tickets of a
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
    """A stored row from which the index is restored: rows come in the order in which they were mined."""

    ticket_id: str
    theme_id: int | None
    time: datetime
    vector: NDArray[np.floating]
