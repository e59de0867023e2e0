"""The phrases that could name one theme, and its keywords."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np

from models.arrays import Floats, Mask
from models.themes.naming.phrases import Lexicon, Phrases
from models.themes.naming.words import words_of

KEYWORDS = 10

_NAME_WORDS = 2
_KEYWORD_WORDS = 3
_KEPT_KEYWORD = 1.5
"""A current keyword is replaced by one whose weight is larger by this factor."""

_SHORTLIST = 16
"""Phrases of a theme whose meaning is compared; each costs an embedding."""

_SHARE_EXPONENT = 0.3
"""Weight of how many tickets use a phrase against the weights of its words; 1 would prefer pairs to longer phrases."""

_CLEARLY_CLOSER = 0.05
_CLEARLY_HEAVIER = 1.3
"""A name is replaced by one that is closer to the theme by so much, or without an embedder heavier by this factor."""

_CONTINUES = 0.8
"""In a script without spaces, a phrase that continues in the same way in this share of its texts is a fragment of a longer one."""

_DANGLING = words_of("after before not no without against still never cannot up out off down back again")
_OPENERS_TO_AVOID = words_of("after before again back up out off down")


@dataclass(frozen=True, slots=True)
class ThemeName:
    """A readable phrase of two to four words, and up to ten keywords, best first."""

    name: str
    keywords: tuple[str, ...]


class NameCandidates:
    """What a theme could be called: `shortlist` contains readable phrases, best first.

    Parameters
    ----------
    lexicon : Lexicon
        The words of the phrases' numbers.
    phrases : Phrases
        The theme's phrases.
    current : ThemeName, optional
        Its present name, which is on the short list if the tickets still use it.
    """

    def __init__(self, lexicon: Lexicon, phrases: Phrases, current: ThemeName | None) -> None:
        self._lexicon = lexicon
        self._current = current
        self._phrases = phrases
        unspaced: Mask = np.append(lexicon.unspaced, True).astype(bool)[phrases.words].min(axis=1)
        self._complete = _complete(phrases, unspaced)
        self._unspaced = unspaced
        self._word_scores = self._score_by_words()
        rows = list(islice(self._descending(self._word_scores, _NAME_WORDS), _SHORTLIST))
        if current is not None and current.name not in map(sentence, map(self._readable, rows)):
            rows += self._rows_of(current.name)
        self.shortlist = [self._readable(row) for row in rows]
        self._scores = self._word_scores[rows]
        self._by_meaning = False
        self._sort()

    def rank(self, scores: Floats) -> None:
        """Use these scores of the short list instead of those by words."""
        self._scores, self._by_meaning = scores, True
        self._sort()

    @property
    def keeps(self) -> bool:
        """Whether the current name is still good enough."""
        return bool(self._current and self._ranked and sentence(self._ranked[0]) == self._current.name)

    def names(self) -> Iterator[str]:
        """Yield the short list, best first, and after it what else would do."""
        yield from self._ranked
        yield from map(self._readable, self._descending(self._word_scores, _NAME_WORDS))

    def keywords(self) -> tuple[str, ...]:
        """Return up to ten phrases of at most three words, best first; none repeats or only lengthens another."""
        chosen: list[str] = []
        roots: list[str] = []
        for row in self._descending(self._keyword_scores(), 1):
            phrase = self._readable(row)
            root = phrase if self._unspaced[row] else f" {singular(phrase)} "
            longer = self._phrases.lengths[row] > 1
            if self._unspaced[row]:
                repeats = any(_overlap(root, other) for other in roots)
            else:
                repeats = any(root in other or (longer and other in root and " " in other.strip()) for other in roots)
            if not repeats:
                chosen.append(phrase)
                roots.append(root)
            if len(chosen) == KEYWORDS:
                break
        return tuple(chosen)

    def _keyword_scores(self) -> Floats:
        short = (self._phrases.lengths <= _KEYWORD_WORDS) & ~self._unspaced
        scores = np.where(short | (self._complete & (self._phrases.lengths > 1)), self._phrases.weights, 0.0)
        known = set(self._current.keywords) if self._current else set()
        for row in np.flatnonzero(scores > 0).tolist() if known else ():
            if self._readable(row) in known:
                scores[row] *= _KEPT_KEYWORD
        return scores

    def _sort(self) -> None:
        """Sort the short list by its scores; a current name stays first unless another one is clearly better."""
        order = sorted(
            range(len(self.shortlist)), key=lambda at: (-round(float(self._scores[at]), 9), self.shortlist[at])
        )
        self._ranked = [self.shortlist[at] for at in order]
        if self._current is None or not order:
            return
        best = self._scores[order[0]]
        bar = best - _CLEARLY_CLOSER if self._by_meaning else best / _CLEARLY_HEAVIER
        kept = [at for at in order if sentence(self.shortlist[at]) == self._current.name and self._scores[at] >= bar]
        self._ranked = list(dict.fromkeys([*(self.shortlist[at] for at in kept), *self._ranked]))

    def _score_by_words(self) -> Floats:
        """Score phrases of two words or more by the sum of their words' weights and by how many tickets use them."""
        phrases = self._phrases
        single = phrases.lengths == 1
        of_word = np.zeros(len(self._lexicon.words) + 1)
        of_word[phrases.words[single, 0]] = phrases.weights[single]
        summed = np.where(self._unspaced, phrases.weights * phrases.lengths, of_word[phrases.words].sum(axis=1))
        ordered = np.sort(phrases.words, axis=1)
        repeats = ((ordered[:, 1:] == ordered[:, :-1]) & (ordered[:, 1:] >= 0)).any(axis=1) & ~self._unspaced
        usable = (phrases.lengths >= 2) & self._complete & ~repeats
        return np.where(usable, summed * phrases.share**_SHARE_EXPONENT, 0.0)

    def _descending(self, scores: Floats, fewest_words: int) -> Iterator[int]:
        """Yield the rows of positive scores whose phrases read well, best first, ties by the phrase."""
        rows = np.flatnonzero(scores > 0)
        negated = -np.round(scores[rows], 9)
        rows = rows[np.argsort(negated, kind="stable")]
        negated = np.sort(negated)
        start = 0
        while start < len(rows):
            end = int(np.searchsorted(negated, negated[start], side="right"))
            tied = rows[start:end].tolist()
            # The words' numbers, and so the order of rows, depend on what was read before.
            for row in sorted(tied, key=self._readable) if len(tied) > 1 else tied:
                if reads_well(self._words_of(row), fewest_words):
                    yield row
            start = end

    def _rows_of(self, name: str) -> list[int]:
        rows = np.flatnonzero(self._word_scores > 0).tolist()
        return [row for row in rows if sentence(self._readable(row)) == name]

    def _words_of(self, row: int) -> list[str]:
        return [self._lexicon.words[word] for word in self._phrases.words[row] if word >= 0]

    def _readable(self, row: int) -> str:
        words = self._words_of(row)
        return ("" if self._unspaced[row] else " ").join(words).replace("_", " ")


def sentence(phrase: str) -> str:
    """Capitalise the first letter."""
    return phrase[:1].upper() + phrase[1:]


def singular(phrase: str) -> str:
    """Remove the plural s of words, so that "virtual cards" counts as "virtual card"."""
    return " ".join(word[:-1] if word.endswith("s") and len(word) > 3 else word for word in phrase.split())


def reads_well(words: Sequence[str], fewest_words: int) -> bool:
    """Return whether words form a phrase: they neither start nor end with a word that needs another one."""
    return len(words) >= fewest_words and words[0] not in _OPENERS_TO_AVOID and words[-1] not in _DANGLING


def _complete(phrases: Phrases, unspaced: Mask) -> Mask:
    """Mark phrases that are no fragments of a longer one: all, in scripts that write spaces between words."""
    complete = np.ones(len(unspaced), bool)
    rows = np.flatnonzero(unspaced).tolist()
    row_of = {tuple(phrases.words[row][: phrases.lengths[row]].tolist()): row for row in rows}
    for words, row in row_of.items():
        for fragment in (words[:-1], words[1:]):
            if fragment in row_of and phrases.share[row] >= _CONTINUES * phrases.share[row_of[fragment]]:
                complete[row_of[fragment]] = False
    return complete


def _overlap(phrase: str, other: str) -> bool:
    """Return whether two phrases without spaces share half of the shorter one, as windows over one sentence do."""
    half = -(-min(len(phrase), len(other)) // 2)
    return any(phrase[at : at + half] in other for at in range(len(phrase) - half + 1))
