"""The words of one theme's texts: where a phrase occurs, how it is written, and how many texts carry each word."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

import numpy as np

from models.arrays import Floats, Ints
from models.themes.naming.phrases import Lexicon
from models.themes.naming.wording import commonest, headline, is_denied

_WRITTEN = 5
"""Occurrences of a phrase whose wording is compared."""


_SAMPLED = 12
"""Texts that are looked at for how many of their words are written with a capital."""

_CAPITALS = 0.25


class ThemeWords:
    """The words of one theme's texts.

    Parameters
    ----------
    lexicon : Lexicon
        Numbers the words.
    texts : sequence of str
        The theme's texts.
    left_out : array of int
        Words that phrases are found across, as across function words.
    """

    def __init__(self, lexicon: Lexicon, texts: Sequence[str], left_out: Ints) -> None:
        self.texts = len(texts)
        self._lexicon = lexicon
        self._texts = texts
        read = [lexicon.read(text)[0] for text in texts]
        lengths = np.array([len(numbers) for numbers in read], np.int64)
        tokens = np.concatenate([*read, np.zeros(0, np.int64)])
        kept = ~np.isin(tokens, left_out)
        self._tokens: Ints = tokens[kept]
        self._text_of: Ints = np.repeat(np.arange(len(read)), lengths)[kept]
        self._place: Ints = (np.arange(len(tokens)) - np.repeat(np.cumsum(lengths) - lengths, lengths))[kept]

    def wording(self, words: Sequence[int]) -> str:
        """Return how the texts write the words of a phrase, as a headline.

        Empty where no text says them as one phrase, and where most texts deny what the phrase says.
        """
        written, denied = self._occurrences(words)
        return commonest(written) if denied <= len(written) else ""

    def says_the_opposite(self, words: Sequence[int]) -> bool:
        """Return whether most texts that have the words of a phrase in a row deny what it says: a negation is before them."""
        written, denied = self._occurrences(words)
        return denied > len(written)

    def _occurrences(self, words: Sequence[int]) -> tuple[list[list[str]], int]:
        """Return the first headlines of a phrase, and how many of its occurrences until then are denied."""
        last = len(self._tokens) - len(words) + 1
        found = np.flatnonzero(self._tokens[: max(0, last)] == words[0])
        for offset, word in enumerate(words[1:], 1):
            found = found[self._tokens[found + offset] == word]
        written, denied = list[list[str]](), 0
        for at in found.tolist():
            spelling = self._lexicon.spelling(self._texts[self._text_of[at]])
            start, end = int(self._place[at]), int(self._place[at + len(words) - 1])
            if is_denied(spelling, start):
                denied += 1
            elif (own := headline(spelling, start, end)) is not None:
                written.append(own)
            if max(denied, len(written)) == _WRITTEN:
                break
        return written, denied

    @cached_property
    def carried(self) -> Floats:
        """Share of the texts that have a word of the same stem, for each word of the lexicon, and 1 for no word."""
        stems = np.array(self._lexicon.stems, np.int64)
        is_word = self._tokens >= 0
        radix = len(stems) + 1
        used = np.unique(self._text_of[is_word] * radix + stems[self._tokens[is_word]])
        share = np.bincount(used % radix, minlength=radix) / max(1, len(self._texts))
        return np.append(share[stems], 1.0)

    @cached_property
    def titles_say_nothing(self) -> bool:
        """Whether so many words have a capital that it marks no proper names: in German, and in headlines."""
        step = 1 + len(self._texts) // _SAMPLED
        written = [
            word for text in self._texts[::step] for word in self._lexicon.spelling(text).written[1:] if len(word) > 1
        ]
        return sum(word[0].isupper() for word in written) > _CAPITALS * len(written)

    def together(self, words: Sequence[int]) -> Ints:
        """Return the texts that have all of these words, by position."""
        texts = np.arange(len(self._texts))
        for word in words:
            texts = np.intersect1d(texts, self._text_of[self._tokens == word])
        return texts
