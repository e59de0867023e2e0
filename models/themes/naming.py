"""Names of themes, from the words of their tickets."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

KEYWORDS = 10

_PLACEHOLDER = re.compile(r"\[[A-Z][A-Z_]*\]")
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
_LONGEST_WORD = 30

_GOES_ON = 0.25
"""Share of the tickets that use a pair of words which must go on in the same way for a longer name."""

_CANDIDATES = 100


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Words that carry the complaint; the usual list of stop words drops them, and "refund arrived" is no problem.
_MEANINGFUL = _words(
    "no not never nothing cannot without twice after before again off out down up top bill call system fill "
    "move back cry against still"
)
_GREETINGS = _words("hi hello hey thanks thank regards dear please pls sorry ok okay")
_FILLERS = _words(
    "just really want wanted need like know think got did does doing don let im ive i'm i've i'd i'll it's "
    "that's what's there's you're they're says said tell help thing things make sure use using way try tried "
    "trying going gone went"
)
_PARTICLES = _words("up out off down back")
_DANGLING = _words("after before not no without against still never cannot up out off down back again")
_OPENERS_TO_AVOID = _words("after before again back up out off down")
_NEGATED = re.compile(r"n['’]t$")


@dataclass(frozen=True, slots=True)
class ThemeName:
    """A readable phrase of two to five words, and up to ten keywords, best first."""

    name: str
    keywords: tuple[str, ...]


def name_themes(
    documents: Mapping[int, Sequence[str]], taken: Collection[str] = (), only: Collection[int] | None = None
) -> dict[int, ThemeName]:
    """Name themes by class-based TF-IDF (Grootendorst, BERTopic, 2022): frequent here and rare elsewhere.

    Pass all live themes, since a word's weight depends on the others. Names are unique among themselves and
    do not repeat a `taken` one; they hold no digits and no redaction placeholders. The same documents give
    the same names in any order of themes.

    Parameters
    ----------
    documents : mapping of theme id to texts
        Redacted texts of each theme's tickets; some tens of them are enough.
    taken : collection of str
        Names that are in use, for example those that people pinned.
    only : collection of int, optional
        Themes to name; the others only lend weight to words. Default: all.
    """
    themes = sorted(documents)
    texts = [[_tokens(text) for text in documents[theme]] for theme in themes]
    phrases = _Phrases.count(texts)
    used = {name.casefold() for name in taken}
    # Large themes choose first: the plainest phrase goes to the theme that most tickets speak of.
    names: dict[int, ThemeName] = {}
    wanted = [place for place, theme in enumerate(themes) if only is None or theme in only]
    for place in sorted(wanted, key=lambda place: (-len(texts[place]), themes[place])):
        keywords = phrases.keywords(place)
        name = _unused(phrases.names(place), keywords, used, themes[place])
        used.add(name.casefold())
        names[themes[place]] = ThemeName(name, keywords)
    return names


@cache
def _stop_words() -> frozenset[str]:
    """Return the usual English stop words with greetings and fillers, without those that carry the complaint."""
    from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS

    return frozenset((ENGLISH_STOP_WORDS | _GREETINGS | _FILLERS) - _MEANINGFUL)


def _tokens(text: str) -> list[str]:
    """Lower-case words that carry meaning, in the order of the text.

    Contractions of "not" are resolved to it; a particle stays with its verb ("top_up"), for "up pending" is no
    phrase.
    """
    stop, words = _stop_words(), list[str]()
    for match in _WORD.finditer(_PLACEHOLDER.sub(" ", text)):
        # Superscripts are digits to a reader, yet letters to the pattern.
        word = "".join(sign for sign in match.group().lower().replace("’", "'") if not sign.isnumeric())
        if _NEGATED.search(word):
            word = "cannot" if word == "can't" else "not"
        if word in _PARTICLES and words:
            words[-1] = words[-1] if words[-1].endswith(f"_{word}") else f"{words[-1]}_{word}"
        elif word not in stop and 2 <= len(word) <= _LONGEST_WORD and words[-1:] != [word]:
            words.append(word)
    return words


@dataclass(frozen=True)
class _Phrases:
    """Phrases of one to four words with their weights: `weights` has shape (themes, phrases), `spread` too."""

    words: NDArray[Any]
    lengths: NDArray[np.int64]
    weights: NDArray[np.float64]
    spread: NDArray[np.float64]

    @classmethod
    def count(cls, texts: Sequence[Sequence[list[str]]]) -> _Phrases:
        """Count phrases; weight: frequency in the theme x log(1 + mean theme length / frequency)."""
        from sklearn.feature_extraction.text import CountVectorizer

        flat = [tokens for documents in texts for tokens in documents]
        if not any(flat):
            nothing = np.zeros((len(texts), 0))
            return cls(np.array([], object), np.zeros(0, np.int64), nothing, nothing)
        counter = CountVectorizer(analyzer=_ngrams)
        counts = counter.fit_transform(flat)
        words = counter.get_feature_names_out()
        ends = np.cumsum([0, *(len(documents) for documents in texts)])
        per_theme = np.zeros((len(texts), len(words)))
        spread = np.zeros_like(per_theme)
        for place, (start, end) in enumerate(pairwise(ends)):
            own = counts[start:end]
            per_theme[place] = np.asarray(own.sum(axis=0)).ravel()
            spread[place] = np.asarray((own > 0).sum(axis=0)).ravel() / max(1, end - start)
        lengths = np.array([phrase.count(" ") + 1 for phrase in words], np.int64)
        single = per_theme[:, lengths == 1]
        size = np.maximum(1.0, single.sum(axis=1, keepdims=True))
        rarity = np.log1p(single.sum() / len(texts) / per_theme.sum(axis=0))
        return cls(words, lengths, per_theme / size * rarity, spread)

    def keywords(self, theme: int) -> tuple[str, ...]:
        """Up to ten phrases of at most three words, best first; none repeats or only lengthens another."""
        chosen: list[str] = []
        seen: list[str] = []
        score = np.where(self.lengths <= 3, self.weights[theme], 0.0)
        for place in _descending(score, self.words):
            phrase = str(self.words[place])
            root = f" {_singular(phrase)} "
            if _stands(phrase) and not any(root in other or (" " in other.strip() and other in root) for other in seen):
                chosen.append(_spoken(phrase))
                seen.append(root)
            if len(chosen) == KEYWORDS:
                break
        return tuple(chosen)

    def names(self, theme: int) -> list[str]:
        """Phrases that would do as a name, best first: they gather weighty words and many tickets use them.

        A pair of words is lengthened to a phrase of three or four where enough of its tickets go on that way.
        """
        single = self.lengths == 1
        weight_of = dict(zip(self.words[single], self.weights[theme, single], strict=True))
        score = np.zeros(len(self.words))
        for place in np.flatnonzero((self.weights[theme] > 0) & (self.lengths >= 2)).tolist():
            words = str(self.words[place]).split()
            if _stands(str(self.words[place])):
                gathered = sum(weight_of[word] for word in dict.fromkeys(words))
                score[place] = gathered * self.spread[theme, place] ** 0.5
        pairs = np.where(self.lengths == 2, score, 0.0)
        longer = [place for place in _descending(score, self.words) if self.lengths[place] > 2]
        best: dict[str, None] = {}
        for place in _descending(pairs, self.words):
            pair, enough = f" {self.words[place]} ", _GOES_ON * self.spread[theme, place]
            for other in longer:
                if self.spread[theme, other] >= enough and pair in f" {self.words[other]} ":
                    best[_spoken(str(self.words[other]))] = None
                    break
            best[_spoken(str(self.words[place]))] = None
            if len(best) > _CANDIDATES:
                break
        return list(best)


def _ngrams(tokens: list[str]) -> list[str]:
    return [" ".join(tokens[at : at + n]) for n in range(1, 5) for at in range(len(tokens) - n + 1)]


def _descending(score: NDArray[np.float64], words: NDArray[Any]) -> list[int]:
    """Places of positive scores, best first, ties by the phrase."""
    places = np.flatnonzero(score > 0)
    return sorted(places.tolist(), key=lambda place: (-round(float(score[place]), 12), words[place]))


def _stands(phrase: str) -> bool:
    """Tell whether a phrase reads as one: it neither starts nor ends in the air."""
    words = phrase.split()
    return words[0] not in _OPENERS_TO_AVOID and words[-1] not in _DANGLING


def _singular(phrase: str) -> str:
    """Fold plurals, so that "virtual cards" counts as "virtual card"."""
    return " ".join(word[:-1] if word.endswith("s") and len(word) > 3 else word for word in phrase.split())


def _spoken(phrase: str) -> str:
    return phrase.replace("_", " ")


def _unused(names: Sequence[str], keywords: Sequence[str], used: Collection[str], theme: int) -> str:
    for name in names:
        if (title := _sentence(name)).casefold() not in used:
            return title
    for word in keywords:
        if (title := _sentence(word)).casefold() not in used:
            return title
    return _spelled(theme)


def _sentence(phrase: str) -> str:
    return phrase[:1].upper() + phrase[1:]


def _spelled(theme: int) -> str:
    """A name for tickets without words, unique and without digits: `Wordless tickets c`."""
    letters = ""
    while theme > 0:
        theme, rest = divmod(theme - 1, 26)
        letters = chr(ord("a") + rest) + letters
    return f"Wordless tickets {letters}"
