"""The first ids of a finite input: their forms are decided before anything is stored."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

from stream.id_forms import Field, IdTally, form_of
from stream.identity import Identities, has_replaced_number

NewNames = Mapping[Field, Mapping[str, str]]
"""By source and field: identities as they were stored before their form was known, and as they are stored now."""


class FirstIds:
    """Counts the ids that `identities` makes storable, and lets it keep those that are numbers by nature.

    A form is decided after a thousand ids of its source, or at the end of the input. What was replaced before is in `names`.
    """

    def __init__(self, identities: Identities) -> None:
        self._identities = identities
        self._tallies: defaultdict[Field, IdTally] = defaultdict(IdTally)
        self._replaced: defaultdict[Field, dict[str, str]] = defaultdict(dict)
        self._decided: set[Field] = set()
        identities.observe = self._observe

    def decide(self) -> dict[Field, frozenset[str]]:
        """Decide what is not decided yet, and stop counting; returns the forms of all sources that have some."""
        for field in set(self._tallies) - self._decided:
            self._decide(field)
        self._identities.observe = None
        found = {field: tally.forms() for field, tally in self._tallies.items()}
        return {field: forms for field, forms in found.items() if forms}

    def names(self) -> NewNames:
        """Return the identities that were replaced before their form was known."""
        found: dict[Field, dict[str, str]] = {}
        for (source, field), replaced in self._replaced.items():
            now = {hashed: self._identities.stored(text, field, source) for hashed, text in replaced.items()}
            found[source, field] = {hashed: name for hashed, name in now.items() if name != hashed}
        return {field: names for field, names in found.items() if names}

    def _observe(self, source: str, field: str, text: str, stored: str) -> None:
        place = (source, field)
        if place in self._decided:
            return
        card = stored != text and has_replaced_number(stored)
        if card:
            self._replaced[place][stored] = text
        tally = self._tallies[place]
        tally.add(text, form_of(text), card=card)
        if tally.full:
            self._decide(place)

    def _decide(self, field: Field) -> None:
        self._decided.add(field)
        self._identities.forms.learn({field: self._tallies[field].forms()})
