"""Phrases of themes, counted: how many tickets of each theme use them, and how rare they are elsewhere."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from models.arrays import Floats, Ints, Mask
from models.themes.naming.words import BREAK, is_unspaced, split

LONGEST = 4
"""Words of a phrase."""

LONGEST_UNSPACED = 20
"""Characters of a phrase in a script without spaces."""

FEWEST_PERSONS = 2
"""Persons whose tickets use a phrase, in whatever themes: a phrase of one person alone may be a name, and names that person's theme."""

_FEW_TEXTS = 8
"""A theme with fewer texts may be described by a phrase that a single text of it uses; in a larger one at least two must use it."""

_FLAT = 0.8
"""A word that is spread evenly over this share of the themes, as by chance, distinguishes none of them."""

_FLAT_THEMES = 8
"""With fewer themes, a word that all of them use may still describe them."""


class Lexicon:
    """Numbers for words, and a bounded cache of split texts, which has no influence on the results.

    Parameters
    ----------
    texts : int
        Texts that are cached at most; when there are more, the cache is emptied.
    """

    def __init__(self, texts: int = 50_000) -> None:
        self._limit = texts
        self._numbers: dict[str, int] = {}
        self._split: dict[str, Ints] = {}
        self.words: list[str] = []
        self.unspaced: list[bool] = []

    def begin(self) -> None:
        """Empty the cache if it is full; to be called before a corpus is read, never during it."""
        if len(self._split) > self._limit:
            self._numbers, self._split, self.words, self.unspaced = {}, {}, [], []

    def read(self, text: str) -> Ints:
        """Return the numbers of a text's words, -1 where a phrase ends and at the end."""
        known = self._split.get(text)
        if known is None:
            known = self._split[text] = np.array([*map(self._number, split(text)), -1], np.int64)
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

    `words` has shape (phrases, longest): numbers of the words, -1 after the end; `lengths`, `share` (share of the
    theme's texts that use the phrase) and `weights` (class-based TF-IDF) have shape (phrases,).
    """

    words: Ints
    lengths: Ints
    share: Floats
    weights: Floats


def count_phrases(
    lexicon: Lexicon,
    documents: Mapping[int, Sequence[str]],
    wanted: Collection[int],
    persons: Mapping[int, Sequence[str]] | None = None,
) -> Iterator[tuple[int, Phrases]]:
    """Count the phrases of the wanted themes; yields (theme, its phrases), by ascending theme.

    `persons` says who wrote each text; by default each text is another person's. Phrases of fewer than two persons are left out.

    The weight is class-based TF-IDF (Grootendorst, BERTopic, 2022) over shares of texts instead of counts of words,
    so that a theme with more texts has no larger weight: share here x log(1 + words per text / sum of shares).
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
    corpus = _Corpus(
        tokens, texts, theme_of, sizes, np.array(lexicon.unspaced, bool), _person_of(themes, sizes, persons)
    )
    corpus = corpus.without(corpus.flat_words())
    named = np.isin(themes, list(wanted))
    table = corpus.table(named)
    for at in np.flatnonzero(named).tolist():
        yield themes[at], table.of(at)


def _person_of(themes: Sequence[int], sizes: Ints, persons: Mapping[int, Sequence[str]] | None) -> Ints:
    """Return a number for the person of each text, in the order of the themes."""
    if persons is None:
        return np.arange(sizes.sum())
    numbers: dict[str, int] = {}
    return np.array([numbers.setdefault(one, len(numbers)) for theme in themes for one in persons[theme]], np.int64)


@dataclass(frozen=True)
class _Corpus:
    """Words of all texts in one array: `tokens` and the text of each, theme and person of each text, texts per theme."""

    tokens: Ints
    texts: Ints
    theme_of: Ints
    sizes: Ints
    unspaced: Mask
    person_of: Ints

    def flat_words(self) -> Ints:
        """Find words that are used as evenly over the themes as by chance (by the entropy of their shares)."""
        if len(self.sizes) < _FLAT_THEMES:
            return np.zeros(0, np.int64)
        is_word = self.tokens >= 0
        _, word, share = self._shares(self.tokens[is_word], self.texts[is_word])
        total = np.bincount(word, share, len(self.unspaced))
        fraction = share / total[word]
        entropy = np.bincount(word, -fraction * np.log(fraction), len(self.unspaced))
        users = np.bincount(word, minlength=len(self.unspaced))
        flat = (np.exp(entropy) >= _FLAT * len(self.sizes)) & (users >= _FLAT_THEMES) & ~self.unspaced
        return np.flatnonzero(flat)

    def without(self, words: Ints) -> _Corpus:
        keep = ~np.isin(self.tokens, words)
        return replace(self, tokens=self.tokens[keep], texts=self.texts[keep])

    def table(self, named: Mask) -> _Table:
        """Count the phrases of the themes to be named, of every length, in all themes."""
        small = (self.sizes < _FEW_TEXTS)[self.theme_of]
        starts = np.flatnonzero(self.tokens >= 0)
        grams = self.tokens[starts]
        words = max(1, len(self.unspaced))
        tables: list[_Table] = []
        width = LONGEST_UNSPACED if self.unspaced.any() else LONGEST
        mean_words = len(starts) / max(1, len(self.theme_of))
        for length in range(1, width + 1):
            if length > 1:
                ends = starts + length - 1
                inside = ends < len(self.tokens)
                starts, grams, ends = starts[inside], grams[inside], ends[inside]
                following = self.tokens[ends]
                continues = following >= 0
                if length > LONGEST:
                    continues &= self.unspaced[following]
                starts, grams = starts[continues], grams[continues] * words + following[continues]
            if not len(starts):
                break
            _, first, grams = np.unique(grams, return_index=True, return_inverse=True)
            heads = starts[first]
            shared = self._persons(grams, self.texts[starts]) >= FEWEST_PERSONS
            theme, gram, share = self._shares(grams, self.texts[starts])
            total = np.bincount(gram, share, len(heads))
            spelled = np.full((len(heads), width), -1, np.int64)
            spelled[:, :length] = self.tokens[heads[:, None] + np.arange(length)]
            weights = share * np.log1p(mean_words / total[gram])
            public = shared[gram]
            tables.append(_Table(theme[public], spelled[gram[public]], share[public], weights[public]))
            # What a theme to be named uses at least twice (or once, if it is small) may be the start of a longer phrase.
            needed = np.bincount(gram[named[theme]], minlength=len(heads)) > 0
            texts = np.bincount(gram, share * self.sizes[theme], len(heads))
            keep = needed[grams] & shared[grams] & ((texts[grams] >= 1.5) | small[self.texts[starts]])
            starts, grams = starts[keep], grams[keep]
        return _Table.joined(tables, named, self.sizes)

    def _persons(self, grams: Ints, texts: Ints) -> Ints:
        """Count the persons whose texts use each gram, in all themes."""
        radix = int(self.person_of.max(initial=0)) + 1
        used = np.unique(grams * radix + self.person_of[texts])
        return np.bincount(used // radix)

    def _shares(self, grams: Ints, texts: Ints) -> tuple[Ints, Ints, Floats]:
        """Return themes, grams and the share of the theme's texts that use the gram, for each pair that occurs."""
        radix = int(grams.max(initial=0)) + 1
        used = np.unique(texts * radix + grams)
        pairs, count = np.unique(self.theme_of[used // radix] * radix + used % radix, return_counts=True)
        theme = pairs // radix
        return theme, pairs % radix, count / self.sizes[theme]


@dataclass(frozen=True)
class _Table:
    """Rows of (theme, phrase): words, share, weight."""

    theme: Ints
    words: Ints
    share: Floats
    weights: Floats

    @classmethod
    def joined(cls, tables: Sequence[_Table], named: Mask, sizes: Ints) -> _Table:
        if not tables:
            none = np.zeros((0, LONGEST_UNSPACED), np.int64)
            return cls(none[:, 0], none, np.zeros(0), np.zeros(0))
        theme, words, share, weights = (
            np.concatenate([getattr(table, name) for table in tables])
            for name in ("theme", "words", "share", "weights")
        )
        enough = (share * sizes[theme] >= 1.5) | (sizes[theme] < _FEW_TEXTS)
        keep = named[theme] & enough
        order = np.flatnonzero(keep)[np.argsort(theme[keep], kind="stable")]
        return cls(theme[order], words[order], share[order], weights[order])

    def of(self, theme: int) -> Phrases:
        start, end = np.searchsorted(self.theme, [theme, theme + 1])
        words = self.words[start:end]
        return Phrases(words, (words >= 0).sum(axis=1), self.share[start:end], self.weights[start:end])
