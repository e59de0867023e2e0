"""Phrases of themes, counted: how many tickets of each theme use them, and how rare they are elsewhere."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from models.arrays import Floats, Ints, Mask
from models.themes.naming.proper import is_unnamed
from models.themes.naming.wording import phrase_edges
from models.themes.naming.words import BREAK, Spelling, is_unspaced, spell, stem

LONGEST = 4
"""Words of a phrase."""

LONGEST_UNSPACED = 20
"""Characters of a phrase in a script without spaces."""

FEWEST_PERSONS = 2
"""Persons whose tickets use a phrase, in whatever themes: a phrase of one person alone may be a name, and names that person's theme."""

FEW_TEXTS = 8
"""A theme with fewer texts may be described by a phrase that a single text of it uses; in a larger one at least two must use it."""

_PRIOR = 2.0
"""Occurrences that the last word's usual end of a phrase counts for, in addition to those of the phrase itself."""

_RAREST_EDGE = 0.1
"""A word that never begins or ends a phrase may still do so as often as this: in a language without a list of function words."""

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
        self._read: dict[str, tuple[Ints, Mask]] = {}
        self._spelled: dict[str, Spelling] = {}
        self.words: list[str] = []
        self.stems: list[int] = []
        self._stem_numbers: dict[str, int] = {}
        self.unspaced: list[bool] = []

    def begin(self) -> None:
        """Empty the cache if it is full; to be called before a corpus is read, never during it."""
        if len(self._read) > self._limit:
            self._numbers, self._read, self._spelled, self._stem_numbers = {}, {}, {}, {}
            self.words, self.stems, self.unspaced = [], [], []

    def read(self, text: str) -> tuple[Ints, Mask]:
        """Return the numbers of a text's words, -1 where a phrase ends, and, of shape (2, n), where one may begin and end."""
        known = self._read.get(text)
        if known is None:
            spelling = spell(text)
            numbers = np.array([*map(self._number, spelling.words), -1], np.int64)
            begins, ends = phrase_edges(spelling)
            known = self._read[text] = (numbers, np.array([[*begins, True], [*ends, True]], bool))
        return known

    def spelling(self, text: str) -> Spelling:
        """Return a text as it is written, with its words."""
        known = self._spelled.get(text)
        if known is None:
            known = self._spelled[text] = spell(text)
        return known

    def known(self, phrase: str) -> list[int]:
        """Return the numbers of the words of a phrase; none if one of its words was in no text, or may be in no name."""
        words = [word for word in spell(phrase).words if word != BREAK]
        numbers = [self._numbers.get(word, -1) for word in words]
        return (
            numbers if all(one >= 0 and not is_unnamed(word) for one, word in zip(numbers, words, strict=True)) else []
        )

    def _number(self, word: str) -> int:
        if word == BREAK or is_unnamed(word):
            return -1
        number = self._numbers.get(word)
        if number is None:
            number = self._numbers[word] = len(self.words)
            self.words.append(word)
            self.stems.append(self._stem_numbers.setdefault(stem(word), len(self._stem_numbers)))
            self.unspaced.append(is_unspaced(word))
        return number


@dataclass(frozen=True)
class Phrases:
    """Phrases of one theme, in no particular order.

    `words` has shape (phrases, longest): numbers of the words, -1 after the end; `lengths`, `share` (share of the
    theme's texts that use the phrase), `weights` (class-based TF-IDF) and `complete` (how often a phrase begins and ends where
    this one does, over all themes) have shape (phrases,). `left_out` are the words that nearly all themes use.
    """

    words: Ints
    lengths: Ints
    share: Floats
    weights: Floats
    complete: Floats
    left_out: Ints


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
    flat = [numbers for texts in read for numbers, _ in texts]
    if not flat:
        return
    tokens = np.concatenate(flat)
    edges = np.concatenate([edges for texts in read for _, edges in texts], axis=1)
    texts = np.repeat(np.arange(len(flat)), [len(numbers) for numbers in flat])
    theme_of = np.repeat(np.arange(len(themes)), sizes)
    corpus = _Corpus(
        tokens, edges, texts, theme_of, sizes, np.array(lexicon.unspaced, bool), _person_of(themes, sizes, persons)
    )
    flat_words = corpus.flat_words()
    corpus = corpus.without(flat_words)
    named = np.isin(themes, list(wanted))
    table = corpus.table(named)
    for at in np.flatnonzero(named).tolist():
        yield themes[at], table.of(at, flat_words)


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
    edges: Mask
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
        """Leave words out; where they were, a phrase may begin and end, as next to other function words."""
        keep = ~np.isin(self.tokens, words)
        begins, ends = self.edges
        begins, ends = begins | np.append(False, ~keep[:-1]), ends | np.append(~keep[1:], False)
        edges = np.stack([begins, ends])[:, keep]
        return replace(self, tokens=self.tokens[keep], edges=edges, texts=self.texts[keep])

    def table(self, named: Mask) -> _Table:
        """Count the phrases of the themes to be named, of every length, in all themes."""
        small = (self.sizes < FEW_TEXTS)[self.theme_of]
        starts = np.flatnonzero(self.tokens >= 0)
        grams = self.tokens[starts]
        words = max(1, len(self.unspaced))
        tables: list[_Table] = []
        # Of the words that were read here, not of all that the lexicon numbered before.
        width = LONGEST_UNSPACED if self.unspaced[grams].any() else LONGEST
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
            complete = self._completeness(grams, starts, heads, length)[gram[public]]
            tables.append(_Table(theme[public], spelled[gram[public]], share[public], weights[public], complete))
            # What a theme to be named uses at least twice (or once, if it is small) may be the start of a longer phrase.
            needed = np.bincount(gram[named[theme]], minlength=len(heads)) > 0
            texts = np.bincount(gram, share * self.sizes[theme], len(heads))
            keep = needed[grams] & shared[grams] & ((texts[grams] >= 1.5) | small[self.texts[starts]])
            starts, grams = starts[keep], grams[keep]
        return _Table.joined(tables, named, self.sizes)

    def _completeness(self, grams: Ints, starts: Ints, heads: Ints, length: int) -> Floats:
        """Return for each gram how often a phrase begins and ends where it does, as for its first and last word where it is rare."""
        seen = np.bincount(grams)
        found = np.ones(len(seen))
        for side, offset in enumerate((0, length - 1)):
            usual = self._usual_edges[side][self.tokens[heads + offset]]
            ended = np.bincount(grams, self.edges[side, starts + offset])
            found *= (ended + _PRIOR * usual) / (seen + _PRIOR)
        return found

    @cached_property
    def _usual_edges(self) -> Floats:
        """How often a phrase begins and ends with each word, shape (2, words)."""
        is_word = self.tokens >= 0
        words = self.tokens[is_word]
        seen = np.bincount(words, minlength=len(self.unspaced))
        edges = [np.bincount(words, side[is_word], len(self.unspaced)) for side in self.edges]
        return np.maximum(np.stack(edges) / np.maximum(seen, 1), _RAREST_EDGE)

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
    complete: Floats

    @classmethod
    def joined(cls, tables: Sequence[_Table], named: Mask, sizes: Ints) -> _Table:
        if not tables:
            none = np.zeros((0, LONGEST_UNSPACED), np.int64)
            return cls(none[:, 0], none, np.zeros(0), np.zeros(0), np.zeros(0))
        theme, words, share, weights, complete = (
            np.concatenate([getattr(table, name) for table in tables])
            for name in ("theme", "words", "share", "weights", "complete")
        )
        enough = (share * sizes[theme] >= 1.5) | (sizes[theme] < FEW_TEXTS)
        keep = named[theme] & enough
        order = np.flatnonzero(keep)[np.argsort(theme[keep], kind="stable")]
        return cls(theme[order], words[order], share[order], weights[order], complete[order])

    def of(self, theme: int, left_out: Ints) -> Phrases:
        start, end = np.searchsorted(self.theme, [theme, theme + 1])
        words = self.words[start:end]
        lengths = (words >= 0).sum(axis=1)
        return Phrases(
            words, lengths, self.share[start:end], self.weights[start:end], self.complete[start:end], left_out
        )
