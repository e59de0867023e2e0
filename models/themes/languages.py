"""The indexes of themes of a stream in several languages: one for what the embedding model reads, one for each other language."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Any

from numpy.typing import NDArray

from models.arrays import Floats, Ints, Mask
from models.themes.assign.constraints import NO_CONSTRAINTS, Constraints
from models.themes.discover.learning import LexicalVectors
from models.themes.index import ThemeIndex
from models.themes.language_index import LanguageIndex
from models.themes.lineage import Assignment, Discovery, NewTicket, RememberedTicket
from models.themes.settings import ThemeSettings
from models.themes.times import milliseconds


class LanguageIndexes:
    """Assigns tickets to themes and discovers new ones, each language that the embedding model does not read by itself.

    The vectors of such tickets are those of their words (`models.language.word_vectors`), since the model's would be arbitrary:
    they are compared with tickets of the same language only, and neither change the themes of others nor the thresholds of these.
    It is driven as a `ThemeIndex` is, and gives the same answers where the model reads all tickets. Ids of themes are unique
    over all languages, and people may put tickets of several languages into one theme.
    """

    def __init__(self, settings: ThemeSettings) -> None:
        self._settings = settings
        self._read = ThemeIndex(settings)
        self._others: dict[str, LanguageIndex] = {}
        self._constraints = NO_CONSTRAINTS

    @classmethod
    def restore(
        cls, settings: ThemeSettings, state: Mapping[str, Any], rows: Iterable[RememberedTicket]
    ) -> LanguageIndexes:
        """Continue from a saved `state` and the stored rows; see `ThemeIndex.restore`, whose rules hold for each language.

        Raises `ValueError` where rows of a language are missing.
        """
        by_language: dict[str | None, list[RememberedTicket]] = {}
        for row in rows:
            by_language.setdefault(row.language, []).append(row)
        indexes = cls(settings)
        indexes._read = ThemeIndex.restore(settings, state, by_language.get(None, ()))
        for language, saved in sorted(state.get("languages", {}).items()):
            indexes._others[language] = LanguageIndex.restore(language, settings, saved, by_language.get(language, ()))
        return indexes

    @classmethod
    def switched(
        cls, settings: ThemeSettings, state: Mapping[str, Any], rows: Sequence[RememberedTicket]
    ) -> LanguageIndexes:
        """Continue with the vectors of another model, which are `rows`; what is learned of closeness is learned anew from them.

        Tickets of a language that this model does not read have no theme: rebuilds take it from them.
        """
        by_language: dict[str | None, list[RememberedTicket]] = {None: []}
        for row in rows:
            by_language.setdefault(row.language, []).append(row)
        indexes = cls(settings)
        read = by_language.pop(None)
        indexes._read = ThemeIndex.restore(settings, {**state, "remembered": len(read), "kept": []}, read)
        blank = ThemeIndex(settings).state()
        for language, some in by_language.items():
            begun = {**blank, "remembered": len(some), "started": milliseconds(some[0].time)}
            indexes._others[str(language)] = LanguageIndex.restore(str(language), settings, begun, some)
        indexes.recalibrate()
        return indexes

    def state(self) -> dict[str, Any]:
        """Return what cannot be derived from the stored rows, JSON-ready: the state of the read index, the others in `languages`."""
        others = {language: index.state() for language, index in self._in_order()}
        return {**self._read.state(), **({"languages": others} if others else {})}

    def tickets(self) -> list[RememberedTicket]:
        """List the tickets in the windows: those that the model reads first, then language by language."""
        return self._read.tickets() + [row for _, index in self._in_order() for row in index.tickets()]

    def assign(self, tickets: Sequence[NewTicket]) -> list[Assignment]:
        """Assign an epoch's tickets in canonical order, each among those of its language."""
        by_language: dict[str | None, list[NewTicket]] = {}
        for ticket in tickets:
            by_language.setdefault(ticket.language, []).append(ticket)
        found = {one.ticket_id: one for one in self._read.assign(by_language.pop(None, []))}
        for unwritten in self._others.keys() - by_language.keys():
            # What was assigned in the epoch before must not be searched for emerging groups again.
            self._others[unwritten].index.assign([])
        for language in sorted(filter(None, by_language)):
            found.update((one.ticket_id, one) for one in self._of(language).assign(by_language[language]))
        return [found[ticket.ticket_id] for ticket in tickets]

    def discover(
        self,
        now: datetime,
        lexical_vectors: LexicalVectors | None = None,
        rising: Mapping[int, datetime] = MappingProxyType({}),
    ) -> Discovery:
        """Find new themes of every language as of `now`, the epoch's end; see `ThemeIndex.discover`."""
        found = [self._read.discover(now, lexical_vectors, rising)]
        for _, index in self._in_order():
            index.index.next_theme = self._read.next_theme
            found.append(index.discover(now, lexical_vectors, rising))
            self._read.next_theme = index.index.next_theme
        if len(found) == 1:
            return found[0]
        return Discovery(
            tuple(birth for one in found for birth in one.births),
            tuple(merge for one in found for merge in one.merges),
            tuple(move for one in found for move in one.moves),
        )

    def forget(self, ticket_ids: Collection[str]) -> None:
        """Drop retracted or erased tickets; ids that are not in a window are ignored."""
        self._read.forget(ticket_ids)
        for index in self._others.values():
            index.forget(ticket_ids)

    def constrain(self, constraints: Constraints) -> None:
        """Honour what people decided from now on."""
        self._constraints = constraints
        self._read.constrain(constraints.of_language(None))
        for language, index in self._others.items():
            index.index.constrain(constraints.of_language(language))

    def recalibrate(self) -> None:
        """Calibrate on the tickets in the windows, after vectors of another model took the place of the old ones."""
        self._read.recalibrate()
        for index in self._others.values():
            index.index.recalibrate()

    def merge(self, from_id: int, into_id: int) -> None:
        """Follow a merge that people decided."""
        self._read.merge(from_id, into_id)
        for index in self._others.values():
            index.merge(from_id, into_id)

    def move(self, ticket_ids: Collection[str], theme_id: int | None) -> None:
        """Follow a move that people decided; tickets that are in no window are ignored."""
        self._read.move(ticket_ids, theme_id)
        for index in self._others.values():
            index.move(ticket_ids, theme_id)

    def new_theme(self) -> int:
        """Take the next theme id, for a theme that people make."""
        return self._read.new_theme()

    def likeness(self, one: int, other: int) -> float | None:
        """Return the cosine of the centres of two themes' tickets of one language; None where no language has both."""
        return next((found for index in self._all() if (found := index.likeness(one, other)) is not None), None)

    def recent_likeness(self, one: tuple[int, datetime], other: tuple[int, datetime]) -> float | None:
        """Return the cosine of the centres of what two themes took since a time each; None where no language has both."""
        return next((found for index in self._all() if (found := index.recent_likeness(one, other)) is not None), None)

    @property
    def threshold(self) -> float | None:
        """The closeness from which a ticket that the model reads is assigned to a theme; None before it is calibrated."""
        return self._read.threshold

    def similar(self, vector: NDArray[Any], kept: Collection[int] = ()) -> list[tuple[int, float]]:
        """Find the themes that a text which the model reads belongs to; see `ThemeIndex.similar`."""
        return self._read.similar(vector, kept)

    def likenesses(self, theme_id: int) -> list[tuple[int, float]]:
        """Find the likeness of a theme of tickets which the model reads to every other one; see `ThemeIndex.likenesses`."""
        return self._read.likenesses(theme_id)

    def share_near(self, vector: NDArray[Any], theme_id: int) -> float:
        """Return the share of a theme among the tickets that would vote on a text which the model reads."""
        return self._read.share_near(vector, theme_id)

    def around(self, vector: NDArray[Any], theme_id: int) -> tuple[Ints, Floats]:
        """Return times and cosines of a theme's tickets, as `ThemeIndex.around`, in the first language that has any."""
        found = [index.around(vector, theme_id) for index in self._all()]
        return next((one for one in found if len(one[0])), found[0])

    def around_themes(
        self, vector: NDArray[Any], theme_ids: Collection[int]
    ) -> tuple[Callable[[Mask], tuple[str, ...]], Ints, Floats]:
        """Return the tickets of themes around a text which the model reads; see `ThemeIndex.around_themes`."""
        return self._read.around_themes(vector, theme_ids)

    def remainders(self) -> set[int]:
        """Return the themes that stand for a language and not for a problem."""
        return {index.remainder for index in self._others.values() if index.remainder is not None}

    def _of(self, language: str) -> LanguageIndex:
        """Return the index of a language, a new one at its first ticket."""
        if language not in self._others:
            self._others[language] = LanguageIndex(language, ThemeIndex(self._settings))
            self._others[language].index.constrain(self._constraints.of_language(language))
        return self._others[language]

    def _in_order(self) -> list[tuple[str, LanguageIndex]]:
        return sorted(self._others.items())

    def _all(self) -> list[ThemeIndex]:
        return [self._read, *(index.index for _, index in self._in_order())]
