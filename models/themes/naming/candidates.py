"""The phrases that could name one theme, and its keywords."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np

from models.arrays import Floats, Mask
from models.themes.naming.phrases import FEW_TEXTS, LONGEST, Lexicon, Phrases
from models.themes.naming.proper import PLACES
from models.themes.naming.theme_words import ThemeWords
from models.themes.naming.words import words_of

KEYWORDS = 10

_NAME_WORDS = 2
_KEYWORD_WORDS = 3
_KEPT_KEYWORD = 1.5
"""A current keyword is replaced by one whose weight is larger by this factor."""

_SHORTLIST = 12
"""Phrases of a theme whose meaning is compared; each costs an embedding."""

_TRIED = 36
"""Phrases of a theme whose wording is looked for."""

_CARRIED = 0.05
"""Share of a theme's tickets that have each word of its name, in some form: a rarer one is an example, or misspelt."""

_SHARED_PROPER = 1 / 3
"""Share of a theme's tickets that have a proper name which is in the name of the theme."""

_SHARE_EXPONENT = 0.3
"""Weight of how many tickets use a phrase against the weights of its words; 1 would prefer pairs to longer phrases."""

_CLEARLY_CLOSER = 0.4
_CLEARLY_HEAVIER = 1.5
"""A name is replaced by one that is closer to the theme by so much, or without an embedder heavier by this factor."""

_CONTINUES = 0.8
"""In a script without spaces, a phrase that continues in the same way in this share of its texts is a fragment of a longer one."""

_CONTINUES_SPACED = 0.5
"""The same where words are separated, for a word that follows at once: "disposable virtual" is mostly "disposable virtual card"."""

_DANGLING = words_of(
    "different other same outside inside near after before not no without against still never cannot up out off down back again ago"
)
_OPENERS_TO_AVOID = words_of(
    "possible able looking trying hoping wondering needed after before again back up out off down"
)


@dataclass(frozen=True, slots=True)
class ThemeName:
    """A readable phrase of two to four words, and up to ten keywords, best first."""

    name: str
    keywords: tuple[str, ...]


class NameCandidates:
    """What a theme could be called: `shortlist` contains phrases as its tickets write them, best first.

    Parameters
    ----------
    lexicon : Lexicon
        The words of the phrases' numbers.
    phrases : Phrases
        The theme's phrases.
    texts : sequence of str
        The texts that the phrases were counted in.
    current : ThemeName, optional
        Its present name, which is on the short list if the tickets still use its words.
    """

    def __init__(self, lexicon: Lexicon, phrases: Phrases, texts: Sequence[str], current: ThemeName | None) -> None:
        self._lexicon = lexicon
        self._current = current
        self._phrases = phrases
        self._words = ThemeWords(lexicon, texts, phrases.left_out)
        self._fewest = 1 / max(1, len(texts)) if len(texts) < FEW_TEXTS else max(2 / len(texts), _CARRIED)
        unspaced: Mask = np.append(lexicon.unspaced, True).astype(bool)[phrases.words].min(axis=1)
        self._complete = _complete(phrases, unspaced)
        self._unspaced = unspaced
        self._word_scores = self._score_by_words()
        self._rows: dict[str, int] = {}
        scored = self._shortlist()
        self.shortlist = list(scored)
        self._scores = np.array(list(scored.values()))
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
        rows = list(self._descending(self._word_scores, _NAME_WORDS))
        yield from filter(None, map(self._worded, rows))
        yield from map(self._readable, rows)

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
        order = sorted(range(len(self.shortlist)), key=lambda at: (-round(float(self._scores[at]), 9), at))
        self._ranked = [self.shortlist[at] for at in order]
        self._ranked[:1] = map(self._lengthened, self._ranked[:1])
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
        carried = self._words.carried[phrases.words].min(axis=1) >= self._fewest
        usable = (phrases.lengths >= 2) & self._complete & ~repeats & (carried | self._unspaced)
        return np.where(usable, summed * phrases.share**_SHARE_EXPONENT * phrases.complete, 0.0)

    def _shortlist(self) -> dict[str, float]:
        """Return the best phrases by words, as the tickets write them, with their scores; the current name among them.

        Of phrases with the same words in other forms the first is taken: each place costs an embedding.
        """
        found: dict[str, float] = {}
        known = set[tuple[int, ...]]()
        for row in islice(self._descending(self._word_scores, _NAME_WORDS), _TRIED):
            forms = tuple(self._lexicon.stems[word] for word in self._phrases.words[row] if word >= 0)
            name = "" if forms in known else self._worded(row)
            if name:
                found.setdefault(name, float(self._word_scores[row]))
                self._rows.setdefault(name, row)
                known.add(forms)
            if len(found) == _SHORTLIST:
                break
        current = self._current and self._score_of(self._current.name)
        if self._current is not None and current and self._current.name not in map(sentence, found):
            found[self._current.name] = current
        return found

    def _lengthened(self, name: str) -> str:
        """Return a phrase of the short list with the word that mostly follows it at once: "receive physical" with "card".

        Of two words that follow equally often it is the first in the alphabet.
        """
        phrases, row = self._phrases, self._rows.get(name, -1)
        if row < 0 or self._unspaced[row] or (length := int(phrases.lengths[row])) == LONGEST:
            return name
        longer = (phrases.lengths == length + 1) & (phrases.share >= _CONTINUES_SPACED * phrases.share[row])
        longer &= (phrases.words[:, :length] == phrases.words[row, :length]).all(axis=1)
        for one in self._descending(np.where(longer, phrases.share, 0.0), _NAME_WORDS):
            written = self._worded(one)
            if written.lower().rpartition(" ")[0] == name.lower():
                return written
        return name

    def _worded(self, row: int) -> str:
        """Return how the tickets write a phrase; "" where they do not say it as one, or where it is an example of few of them."""
        words = self._phrases.words[row, : self._phrases.lengths[row]].tolist()
        name = self._readable(row) if self._unspaced[row] else self._words.wording(words)
        return name if name and self._general(name, words) else ""

    def _general(self, name: str, words: Sequence[int]) -> bool:
        """Return whether enough tickets share each proper name in a name: a place, and a word that is written with a capital."""
        titled = {one.lower() for one in name.split() if one[:1].isupper() and not one.isupper()}
        titled = set() if titled and self._words.titles_say_nothing else titled
        carried = self._words.carried
        return all(
            carried[one] >= _SHARED_PROPER
            for one in words
            if self._lexicon.words[one] in PLACES or self._lexicon.words[one] in titled
        )

    def _score_of(self, name: str) -> float:
        """Return the score by words of a name in use; 0 where the tickets do not use its words any more."""
        words = self._lexicon.known(name)
        single = self._phrases.lengths == 1
        weights = dict(
            zip(self._phrases.words[single, 0].tolist(), self._phrases.weights[single].tolist(), strict=True)
        )
        if not words or any(one not in weights or self._words.carried[one] < self._fewest for one in words):
            return 0.0
        if self._words.says_the_opposite(words):
            return 0.0
        share = max(1, len(self._words.together(words))) / max(1, self._words.texts)
        return float(sum(weights[one] for one in words) * share**_SHARE_EXPONENT) if self._general(name, words) else 0.0

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
