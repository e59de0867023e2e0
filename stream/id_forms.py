"""Forms of ids: whether the long numbers that a source identifies its records by are numbers by nature, or card numbers.

A tenth of all numbers passes a card's check digit by chance. Numbers that pass much more often are card numbers in the wrong field.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from math import sqrt

FIRST = 1_000
"""Ids of a source that its forms are decided by."""

FEWEST = 10
"""Numbers that a decision needs."""

FEWEST_OTHER = 3
"""Numbers of a form that are certainly no card numbers, where most ids of the source are numbers."""

CHANCE = 0.1
"""Share of numbers that pass the check digit (Luhn) by chance, at most: all of them may be in an issuer's range."""

SHARE = 0.1
"""Least share of a source's ids that a form has where most ids are not numbers."""

_RUN = re.compile(r"[0-9]+(?:[\-./\\_,:;|*~']{1,3}[0-9]+)*")
_GROUP = re.compile(r"[0-9]+")
_LETTERS = re.compile(r"[^\W\d_]+")
_LONG = 13
_PLAIN = re.compile(r"[!-~]+")

Field = tuple[str, str]
"""A source, and which of its identities: `id`, or `subject` (also `into`)."""


def form_of(identity: str) -> str | None:
    """Return the form of an identity that contains a number of 13 or more digits: `#14:a.a`; None for others.

    Numbers become `#` and the lengths of their groups, other digits `0`, letters `a`. An identity with other characters than visible
    ASCII has no form: no system numbers its records so.
    """
    if not _PLAIN.fullmatch(identity):
        return None
    parts, done, long = [], 0, False
    for run in _RUN.finditer(identity):
        lengths = [len(group) for group in _GROUP.findall(run.group())]
        is_long = sum(lengths) >= _LONG
        long = long or is_long
        parts += [
            _LETTERS.sub("a", identity[done : run.start()]),
            "#" + "-".join(map(str, lengths)) if is_long else "0",
        ]
        done = run.end()
    return "".join([*parts, _LETTERS.sub("a", identity[done:])]) if long else None


class IdTally:
    """Counts the forms of the first thousand different ids of a source."""

    def __init__(self) -> None:
        self._seen: set[int] = set()
        self._numbers: Counter[str] = Counter()
        self._cards: Counter[str] = Counter()
        self._replaced = 0

    @property
    def full(self) -> bool:
        """Whether enough ids are counted."""
        return len(self._seen) >= FIRST

    def add(self, identity: str, form: str | None, *, card: bool, replaced: bool = False) -> None:
        """Count an id once. `card`: its number passes as one of a card; `replaced`: it is stored as a hash of such a number."""
        key = hash(identity)
        if key in self._seen:
            return
        self._seen.add(key)
        self._replaced += replaced
        if form is not None:
            self._numbers[form] += 1
            self._cards[form] += card

    def forms(self) -> frozenset[str]:
        """Return the forms whose numbers are ids: they are frequent, and pass as card numbers no more often than by chance."""
        ids, numbers = len(self._seen), self._numbers.total() + self._replaced
        if numbers < FEWEST:
            return frozenset()
        mostly = numbers >= ids / 2 and _by_chance(self._cards.total() + self._replaced, numbers)
        found = set()
        for form, count in self._numbers.items():
            other = count - self._cards[form]
            frequent = other >= FEWEST_OTHER if mostly else other >= max(FEWEST, SHARE * ids)
            if frequent and _by_chance(self._cards[form], count):
                found.add(form)
        return frozenset(found)


class IdForms:
    """What is known of the forms of ids, by source and field. Reading it and adding to it from several threads is safe."""

    def __init__(self, known: Mapping[Field, Iterable[str]] | None = None) -> None:
        self._known: dict[Field, frozenset[str]] = {}
        self.learn(known or {})

    def learn(self, known: Mapping[Field, Iterable[str]]) -> None:
        """Add forms that were decided."""
        for field, forms in known.items():
            self._known[field] = self._known.get(field, frozenset()) | frozenset(forms)

    def of(self, field: Field) -> frozenset[str]:
        """Return the forms whose numbers are ids there."""
        return self._known.get(field, frozenset())

    def has(self, field: Field, form: str | None) -> bool:
        """Return whether numbers of this form are ids there."""
        return form is not None and form in self._known.get(field, ())


def _by_chance(cards: int, numbers: int) -> bool:
    """Return whether so many of the numbers pass by chance: not beyond three standard deviations of a binomial distribution."""
    return cards <= CHANCE * numbers + 3 * sqrt(CHANCE * (1 - CHANCE) * numbers)
