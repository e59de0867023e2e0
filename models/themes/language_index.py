"""The themes of one language that the embedding model does not read."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from models.themes.discover.learning import LexicalVectors
from models.themes.index import ThemeIndex
from models.themes.lineage import (
    Assignment,
    Birth,
    Discovery,
    LineageReason,
    Move,
    NewTicket,
    RememberedTicket,
)
from models.themes.settings import ThemeSettings

FEWEST_TICKETS = 5
"""Tickets of a language from which on they have a theme: a few may be in it by a false identification."""


class LanguageIndex:
    """Groups the tickets of one language by their words, and puts the others together into one theme, the remainder.

    Two ways to write of one problem often share no word, so most tickets of a small language are similar to no other. They
    are in the remainder, which stands for the language and not for a problem, until their words form a theme. Inside `index`
    the tickets of the remainder have no theme.

    Parameters
    ----------
    language : str
        ISO 639 code.
    index : ThemeIndex
        Of the vectors of words.
    remainder : int, optional
        The theme of the tickets that are in no theme of words; None while the language has fewer than `FEWEST_TICKETS`.
    unthemed : set of ticket ids
        Tickets that people took out of all themes, the remainder included.
    """

    def __init__(
        self, language: str, index: ThemeIndex, remainder: int | None = None, unthemed: Iterable[str] = ()
    ) -> None:
        self.language = language
        self.index = index
        self.remainder = remainder
        self._unthemed = set(unthemed)

    @classmethod
    def restore(
        cls, language: str, settings: ThemeSettings, state: Mapping[str, Any], rows: Iterable[RememberedTicket]
    ) -> LanguageIndex:
        """Continue from a saved `state` and the language's stored rows; see `ThemeIndex.restore`."""
        remainder, stored = state.get("remainder"), list(rows)
        index = ThemeIndex.restore(
            settings, state, [replace(row, theme_id=None) if row.theme_id == remainder else row for row in stored]
        )
        outside = () if remainder is None else (row.ticket_id for row in stored if row.theme_id is None)
        return cls(language, index, remainder, index.holds(list(outside)))

    def state(self) -> dict[str, Any]:
        """Return what cannot be derived from the stored rows: JSON-ready."""
        return {**self.index.state(), "remainder": self.remainder}

    def tickets(self) -> list[RememberedTicket]:
        """List the tickets in the window as `ThemeIndex.tickets` does, with the language and the remainder's id."""
        return [
            replace(row, language=self.language, theme_id=self._outside(row.ticket_id, row.theme_id))
            for row in self.index.tickets()
        ]

    def assign(self, tickets: Sequence[NewTicket]) -> list[Assignment]:
        """Assign tickets of the language in canonical order; those similar to no theme belong to the remainder."""
        found = self.index.assign(tickets)
        if self.remainder is None:
            return found
        return [
            one if one.theme_id is not None else replace(one, theme_id=self.remainder, nearest=self.remainder)
            for one in found
        ]

    def discover(
        self, now: datetime, lexical_vectors: LexicalVectors | None, rising: Mapping[int, datetime]
    ) -> Discovery:
        """Find new themes as `ThemeIndex.discover` does, and begin the remainder once there are enough tickets."""
        found = self.index.discover(now, lexical_vectors, rising)
        moves = []
        for move in found.moves:
            before = self._outside(move.ticket_id, move.from_theme)
            self._unthemed.discard(move.ticket_id)
            moves.append(replace(move, from_theme=before, to_theme=move.to_theme or self.remainder))
        births = [replace(birth, language=self.language) for birth in found.births]
        begun = self._begin(now)
        if begun is not None:
            births.append(begun)
            known = {move.ticket_id: at for at, move in enumerate(moves)}
            for ticket in begun.members:
                if ticket in known:
                    moves[known[ticket]] = replace(moves[known[ticket]], to_theme=begun.theme_id)
                else:
                    moves.append(Move(ticket, None, begun.theme_id, LineageReason.LANGUAGE))
        return Discovery(tuple(births), found.merges, tuple(moves))

    def forget(self, ticket_ids: Collection[str]) -> None:
        """Drop retracted or erased tickets from the window."""
        self.index.forget(ticket_ids)
        self._unthemed.difference_update(ticket_ids)

    def merge(self, from_id: int, into_id: int) -> None:
        """Follow a merge that people decided, also of the remainder."""
        if from_id == self.remainder:
            rest = set(self.index.rows_of(None)) - self._unthemed
            self.remainder, self._unthemed = None, set()
            self.index.move(rest, into_id)
        elif into_id == self.remainder:
            self.index.move(self.index.rows_of(from_id), None)
        else:
            self.index.merge(from_id, into_id)

    def move(self, ticket_ids: Collection[str], theme_id: int | None) -> None:
        """Follow a move that people decided; tickets that are not in the window are ignored."""
        held = self.index.holds(ticket_ids)
        self._unthemed.difference_update(held)
        if theme_id is None and self.remainder is not None:
            self._unthemed |= held
        self.index.move(held, None if theme_id == self.remainder else theme_id)

    def _begin(self, now: datetime) -> Birth | None:
        """Make the remainder of the tickets without a theme, if there are enough and it does not exist yet."""
        if self.remainder is not None:
            return None
        members = self.index.rows_of(None)
        if len(members) < FEWEST_TICKETS:
            return None
        self.remainder = self.index.new_theme()
        numbers = {"size": float(len(members))}
        return Birth(
            self.remainder, now.astimezone(UTC), LineageReason.LANGUAGE, members, numbers, language=self.language
        )

    def _outside(self, ticket_id: str, theme: int | None) -> int | None:
        """Return a theme as others see it: the remainder for a ticket without a theme that nobody took out of it."""
        return theme if theme is not None or ticket_id in self._unthemed else self.remainder
