"""Phrases of themes, counted: how many tickets of each theme use them, and how rare they are elsewhere."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.themes.naming.words import BREAK, is_unspaced, split

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

LONGEST = 4
"""Words of a phrase."""

LONGEST_UNSPACED = 20
"""Characters of a phrase in a script without spaces."""

_FEW_TEXTS = 8
"""A theme with fewer texts is described by what a single one says; of a larger one at least two must say it."""

_FLAT = 0.8
"""A word that is spread over so large a part of the themes as evenly as chance would tells none of them apart."""

_FLAT_THEMES = 8
"""With fewer themes, a word that all of them use may still be what they are about."""


class Lexicon:
    """Numbers for words, and texts that were split before; bounded, and without influence on what is found.

    Parameters
    ----------
    texts : int
        Texts that are kept at most; when there are more, everything is dropped and begun anew.
    """

    def __init__(self, texts: int = 50_000) -> None:
        self._most = texts
        self._numbers: dict[str, int] = {}
        self._read: dict[str, Ints] = {}
        self.words: list[str] = []
        self.unspaced: list[bool] = []

    def begin(self) -> None:
        """Make room: to be called before a corpus is read, never while one is."""
        if len(self._read) > self._most:
            self._numbers, self._read, self.words, self.unspaced = {}, {}, [], []

    def read(self, text: str) -> Ints:
        """Numbers of a text's words, -1 where a phrase ends and at the end."""
        known = self._read.get(text)
        if known is None:
            known = self._read[text] = np.array([*map(self._number, split(text)), -1], np.int64)
        return known

    def _number(self, word: str) -> int:
        if word == BREAK:
            return -1
        number = self._numbers.get(word)
        if number is None:
            number = self._numbers[word] = len(self.words)
            self.words.append(word)
            self.unspaced.append(is_unspaced(word))
        return number


@dataclass(frozen=True)
class Phrases:
    """Phrases of one theme, in no particular order.

    `words` has shape (phrases, longest): numbers of the words, -1 behind the end; `lengths`, `share` (part of the
    theme's texts that use the phrase) and `weights` (class-based TF-IDF) have shape (phrases,).
    """

    words: Ints
    lengths: Ints
    share: Floats
    weights: Floats


def count_phrases(
    lexicon: Lexicon, documents: Mapping[int, Sequence[str]], wanted: Collection[int]
) -> Iterator[tuple[int, Phrases]]:
    """Count the phrases of the wanted themes: (theme, its phrases), by ascending theme.

    The weight is class-based TF-IDF (Grootendorst, BERTopic, 2022) over shares of texts instead of counts of words,
    so that a theme with more texts does not weigh more: share here x log(1 + words per text / sum of shares).
    Words that are spread evenly over nearly all themes are left out as stop words, whatever the language.
    """
    lexicon.begin()
    themes = sorted(documents)
    read = [[lexicon.read(text) for text in documents[theme]] for theme in themes]
    sizes = np.array([len(texts) for texts in read], np.int64)
    flat = [numbers for texts in read for numbers in texts]
    if not flat:
        return
    tokens = np.concatenate(flat)
    texts = np.repeat(np.arange(len(flat)), [len(numbers) for numbers in flat])
    theme_of = np.repeat(np.arange(len(themes)), sizes)
    corpus = _Corpus(tokens, texts, theme_of, sizes, np.array(lexicon.unspaced, bool))
    corpus = corpus.without(corpus.flat_words())
    due = np.isin(themes, list(wanted))
    table = corpus.table(due)
    for place in np.flatnonzero(due).tolist():
        yield themes[place], table.of(place)


@dataclass(frozen=True)
class _Corpus:
    """Words of all texts one behind another: `tokens` and the text of each, the theme of each text, texts per theme."""

    tokens: Ints
    texts: Ints
    theme_of: Ints
    sizes: Ints
    unspaced: NDArray[np.bool_]

    def flat_words(self) -> Ints:
        """Words whose use is spread over the themes as evenly as chance would (by the entropy of their shares)."""
        if len(self.sizes) < _FLAT_THEMES:
            return np.zeros(0, np.int64)
        held = self.tokens >= 0
        _, word, share = self._shares(self.tokens[held], self.texts[held])
        total = np.bincount(word, share, len(self.unspaced))
        part = share / total[word]
        entropy = np.bincount(word, -part * np.log(part), len(self.unspaced))
        users = np.bincount(word, minlength=len(self.unspaced))
        flat = (np.exp(entropy) >= _FLAT * len(self.sizes)) & (users >= _FLAT_THEMES) & ~self.unspaced
        return np.flatnonzero(flat)

    def without(self, words: Ints) -> _Corpus:
        keep = ~np.isin(self.tokens, words)
        return _Corpus(self.tokens[keep], self.texts[keep], self.theme_of, self.sizes, self.unspaced)

    def table(self, due: NDArray[np.bool_]) -> _Table:
        """Phrases that the due themes use, of every length, counted in all themes."""
        small = (self.sizes < _FEW_TEXTS)[self.theme_of]
        starts = np.flatnonzero(self.tokens >= 0)
        grams = self.tokens[starts]
        words = max(1, len(self.unspaced))
        parts: list[_Table] = []
        width = LONGEST_UNSPACED if self.unspaced.any() else LONGEST
        mean_words = len(starts) / max(1, len(self.theme_of))
        for length in range(1, width + 1):
            if length > 1:
                ends = starts + length - 1
                inside = ends < len(self.tokens)
                starts, grams, ends = starts[inside], grams[inside], ends[inside]
                following = self.tokens[ends]
                goes_on = following >= 0
                if length > LONGEST:
                    goes_on &= self.unspaced[following]
                starts, grams = starts[goes_on], grams[goes_on] * words + following[goes_on]
            if not len(starts):
                break
            _, first, grams = np.unique(grams, return_index=True, return_inverse=True)
            heads = starts[first]
            theme, gram, share = self._shares(grams, self.texts[starts])
            total = np.bincount(gram, share, len(heads))
            spelled = np.full((len(heads), width), -1, np.int64)
            spelled[:, :length] = self.tokens[heads[:, None] + np.arange(length)]
            parts.append(_Table(theme, spelled[gram], share, share * np.log1p(mean_words / total[gram])))
            # What a due theme says at least twice (or once, where it says little) may be the start of something longer.
            asked = np.bincount(gram[due[theme]], minlength=len(heads)) > 0
            texts = np.bincount(gram, share * self.sizes[theme], len(heads))
            keep = asked[grams] & ((texts[grams] >= 1.5) | small[self.texts[starts]])
            starts, grams = starts[keep], grams[keep]
        return _Table.joined(parts, due, self.sizes)

    def _shares(self, grams: Ints, texts: Ints) -> tuple[Ints, Ints, Floats]:
        """Themes, grams and the part of the theme's texts that use the gram, for each pair that occurs."""
        many = int(grams.max(initial=0)) + 1
        used = np.unique(texts * many + grams)
        pairs, count = np.unique(self.theme_of[used // many] * many + used % many, return_counts=True)
        theme = pairs // many
        return theme, pairs % many, count / self.sizes[theme]


@dataclass(frozen=True)
class _Table:
    """Rows of (theme, phrase): words, share, weight."""

    theme: Ints
    words: Ints
    share: Floats
    weights: Floats

    @classmethod
    def joined(cls, parts: Sequence[_Table], due: NDArray[np.bool_], sizes: Ints) -> _Table:
        if not parts:
            none = np.zeros((0, LONGEST_UNSPACED), np.int64)
            return cls(none[:, 0], none, np.zeros(0), np.zeros(0))
        theme, words, share, weights = (
            np.concatenate([getattr(part, name) for part in parts]) for name in ("theme", "words", "share", "weights")
        )
        enough = (share * sizes[theme] >= 1.5) | (sizes[theme] < _FEW_TEXTS)
        keep = due[theme] & enough
        order = np.flatnonzero(keep)[np.argsort(theme[keep], kind="stable")]
        return cls(theme[order], words[order], share[order], weights[order])

    def of(self, place: int) -> Phrases:
        start, end = np.searchsorted(self.theme, [place, place + 1])
        words = self.words[start:end]
        return Phrases(words, (words >= 0).sum(axis=1), self.share[start:end], self.weights[start:end])
