"""Phrases of names that the tickets of too few persons contain."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from models.themes.naming.phrases import FEWEST_PERSONS
from models.themes.naming.words import BREAK, is_unspaced, split


class Wordings:
    """The words of some texts, as names are made of them.

    Parameters
    ----------
    texts : iterable of (person, text)
        Redacted texts, with who wrote each.
    """

    def __init__(self, texts: Iterable[tuple[str, str]]) -> None:
        self._read = [(person, *_words(text)) for person, text in texts]

    def shares(self, phrase: str, others: Sequence[Wordings], fewest: int = FEWEST_PERSONS) -> bool:
        """Return whether these texts contain a part of a phrase that fewer than `fewest` persons of `others` use.

        The parts are its words and, from two persons on, all of them in one text; in a script without spaces, the phrase.
        """
        words, joined = _words(phrase)
        parts = [{word} for word in words if not is_unspaced(word)]
        if fewest > 1 and len(parts) > 1:
            parts.append(set().union(*parts))
        unspaced = "".join(character for character in joined if is_unspaced(character))
        wanted = [*((part, "") for part in parts), *([(set[str](), unspaced)] if unspaced else [])]
        return any(
            self.users(*part) and len(set().union(*(other.users(*part) for other in others))) < fewest
            for part in wanted
        )

    def users(self, words: set[str], characters: str) -> set[str]:
        """Return who used all of these words, and these characters in a row, in one text."""
        return {person for person, own, joined in self._read if words <= own and characters in joined}


def _words(text: str) -> tuple[set[str], str]:
    """Return the words of a text, particles apart from their verbs as names show them, and all of them joined."""
    found = [part for word in split(text) for part in (word.split("_") if word != BREAK else [" "])]
    return {word for word in found if word != " "}, "".join(found)
