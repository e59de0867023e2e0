"""Names and keywords that a machine made, for people who may see a part of the tickets only.

Such a name is made of words of tickets. A person whose scope is limited reads it where each of its words also occurs in tickets of
their scope, so that it reveals nothing of the others.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence

_NO_LETTERS = re.compile(r"[\W_]+")
_UNSPACED = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]")
"""Characters of scripts that write no spaces between words."""

FUNCTION_WORDS = frozenset({
    "a", "an", "and", "are", "as", "at", "be", "been", "but", "by", "for", "from", "had", "has", "have", "in", "into", "is", "it",
    "its", "no", "not", "of", "on", "or", "our", "that", "the", "their", "them", "then", "this", "to", "was", "were", "when", "while",
    "with",
})  # fmt: skip
"""English words that reveal nothing by themselves: a name may have them where the tickets have not."""


class SeenWords:
    """The words of some texts, to be compared with those of names.

    >>> seen = SeenWords(["My top-up was declined", "card 4.1 declined again"])
    >>> seen.holds("Top-up declined"), seen.holds("Refund declined")
    (True, False)
    """

    def __init__(self, texts: Iterable[str]) -> None:
        # A separator that no normalized text has keeps a phrase from being found across two texts.
        self._texts = "\n".join(f" {_plain(text)} " for text in texts)

    def holds(self, text: str) -> bool:
        """Check whether each content word of a text occurs; a text without one is not held."""
        words = [word for one in text.split() if (word := _plain(one)) and word not in FUNCTION_WORDS]
        return bool(words) and _has_words_only(text) and all(self._has(word) for word in words)

    def _has(self, word: str) -> bool:
        return word in self._texts if _UNSPACED.search(word) else f" {word} " in self._texts


def name_for(theme_id: int, name: str, *, pinned: bool, seen: SeenWords) -> str:
    """Return the name that a person with a limited scope reads: the theme's own where a person gave it or their texts hold it."""
    return name if pinned or seen.holds(name) else f"Theme {theme_id}"


def keywords_for(keywords: Sequence[str], seen: SeenWords) -> tuple[str, ...]:
    """Return the keywords that the texts of the scope hold."""
    return tuple(one for one in keywords if seen.holds(one))


def _plain(text: str) -> str:
    """Lower-case words, separated by single spaces; a number such as 4.1 becomes two words."""
    return _NO_LETTERS.sub(" ", unicodedata.normalize("NFKC", text).casefold()).strip()


def _has_words_only(text: str) -> bool:
    """Check that every part has a letter or digit: a sign alone, such as an emoji, could not be looked for."""
    return all(_plain(one) or not one.strip("-–—·,;:.…/&+'\"()") for one in text.split())
