"""Names of themes, from the words of their tickets."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from models.embedding.base import Embedder
from models.embedding.cache import CachedEmbedder
from models.themes.naming.phrases import Lexicon, Phrases, count_phrases
from models.themes.naming.words import words_of
from models.themes.window.ticket_window import on_grid

KEYWORDS = 10

_NAME_WORDS = 2
_KEYWORD_WORDS = 3
_KEPT_KEYWORD = 1.5
"""A keyword that stands gives way to one that weighs more by this factor."""

_SHORTLIST = 16
"""Phrases of a theme whose meaning is looked at; each costs an embedding."""

_SPREAD = 0.3
"""Weight of how many tickets use a phrase against how much its words say; 1 would prefer pairs to longer phrases."""

_NEIGHBOUR = 0.5
"""Closeness to the nearest other theme counts so much against a name as closeness to its own for it."""

_CLEARLY_CLOSER = 0.05
_CLEARLY_HEAVIER = 1.3
"""A name gives way to one that is closer to the theme by so much, or without an embedder heavier by this factor."""

_GOES_ON = 0.8
"""In a script without spaces a phrase that goes on in the same way in so many of its texts is part of a longer one."""

_PHRASE_CACHE = 8_000_000

_DANGLING = words_of("after before not no without against still never cannot up out off down back again")
_OPENERS_TO_AVOID = words_of("after before again back up out off down")

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class ThemeName:
    """A readable phrase of two to four words, and up to ten keywords, best first."""

    name: str
    keywords: tuple[str, ...]


NONE_STANDING: Mapping[int, ThemeName] = MappingProxyType({})


def name_themes(
    documents: Mapping[int, Sequence[str]], taken: Collection[str] = (), only: Collection[int] | None = None
) -> dict[int, ThemeName]:
    """Name themes by their words alone; see `Namer.name`, which remembers what it read before."""
    return Namer().name(documents, taken, only)


class Namer:
    """Names themes. What it remembers between calls makes it faster and changes no name.

    Parameters
    ----------
    make_embedder : callable, optional
        Gives the embedder that tells how near a phrase is to a theme; called when first needed. Without one,
        words alone decide.
    """

    def __init__(self, make_embedder: Callable[[], Embedder] | None = None) -> None:
        self._lexicon = Lexicon()
        self._make_embedder = make_embedder
        self._embedder: CachedEmbedder | None = None

    def name(
        self,
        documents: Mapping[int, Sequence[str]],
        taken: Collection[str] = (),
        only: Collection[int] | None = None,
        *,
        centres: Mapping[int, NDArray[np.floating]] | None = None,
        standing: Mapping[int, ThemeName] = NONE_STANDING,
    ) -> dict[int, ThemeName]:
        """Name themes by class-based TF-IDF, re-ranked by meaning.

        Phrases that many tickets of the theme and few others use (Grootendorst, BERTopic, 2022) are put on a short
        list; of these the one is taken that is closest to the theme's centre and far from the nearest other theme's,
        both seen from the mean of all centres. A name that stands is kept unless another one is clearly better.

        Names are unique among themselves and do not repeat a `taken` one, also not in another order of its words;
        they hold no digits and no redaction placeholders. The same input gives the same names in any order of themes.

        Parameters
        ----------
        documents : mapping of theme id to texts
            Redacted texts of each live theme's tickets; some tens of them are enough. A word's weight depends on the
            other themes, so pass all.
        taken : collection of str
            Names that are in use, for example those that people pinned.
        only : collection of int, optional
            Themes to name; the others only lend weight to words. Default: all.
        centres : mapping of theme id to array of shape (dimensions,), optional
            Mean vectors of the themes, by the same embedder. A theme without one is named by its words alone.
        standing : mapping of theme id to ThemeName
            What the themes to be named are called so far.
        """
        wanted = set(documents) if only is None else set(only) & set(documents)
        named = dict(count_phrases(self._lexicon, documents, wanted))
        choices = {theme: _Choice(self._lexicon, phrases, standing.get(theme)) for theme, phrases in named.items()}
        if self._make_embedder is not None and centres and choices:
            self._embedder = self._embedder or CachedEmbedder(self._make_embedder(), _PHRASE_CACHE)
            self._weigh(self._embedder, choices, centres)
        used = {_key(name) for name in taken}
        found: dict[int, ThemeName] = {}
        # Names that stand are kept before new ones are chosen; then large themes choose first: the plainest phrase
        # goes to the theme that most tickets speak of.
        for theme in sorted(wanted, key=lambda theme: (not _keeps(choices, theme), -len(documents[theme]), theme)):
            choice = choices.get(theme)
            keywords = choice.keywords() if choice else ()
            name = _unused(choice.names() if choice else (), keywords, used, theme)
            used.add(_key(name))
            found[theme] = ThemeName(name, keywords)
        return {theme: found[theme] for theme in sorted(found)}

    def _weigh(
        self, embedder: Embedder, choices: Mapping[int, _Choice], centres: Mapping[int, NDArray[np.floating]]
    ) -> None:
        """Score each short list by meaning; on the grid sums are exact, whatever their order."""
        themes = sorted(centres)
        middle = on_grid(np.mean([centres[theme] for theme in themes], axis=0, dtype=np.float64))
        apart = np.asarray(on_grid(np.stack([centres[theme] for theme in themes])) - middle, np.float64)
        asked = [theme for theme in sorted(choices) if theme in centres and choices[theme].shortlist]
        # One call for all: the embedder fills its batches.
        vectors = embedder.embed([phrase for theme in asked for phrase in choices[theme].shortlist])
        phrases = np.asarray(on_grid(vectors) - middle, np.float64)
        start = 0
        for theme in asked:
            end = start + len(choices[theme].shortlist)
            closeness = phrases[start:end] @ apart.T
            place, start = themes.index(theme), end
            own = closeness[:, place].copy()
            closeness[:, place] = 0.0
            choices[theme].rank(own - _NEIGHBOUR * closeness.max(axis=1))


class _Choice:
    """What a theme could be called: `shortlist` are phrases as they are spoken, best first."""

    def __init__(self, lexicon: Lexicon, phrases: Phrases, standing: ThemeName | None) -> None:
        self._lexicon = lexicon
        self._standing = standing
        self._phrases = phrases
        unspaced: NDArray[np.bool_] = np.append(lexicon.unspaced, True).astype(bool)[phrases.words].min(axis=1)
        self._whole = _whole(phrases, unspaced)
        self._unspaced = unspaced
        self._weighty = self._score()
        places = list(islice(self._descending(self._weighty, _NAME_WORDS), _SHORTLIST))
        if standing is not None and standing.name not in map(_sentence, map(self._spoken, places)):
            places += self._places_of(standing.name)
        self.shortlist = [self._spoken(at) for at in places]
        self._scores = self._weighty[places]
        self._by_meaning = False
        self._order()

    def rank(self, scores: Floats) -> None:
        """Take these scores of the short list instead of those by words."""
        self._scores, self._by_meaning = scores, True
        self._order()

    @property
    def keeps(self) -> bool:
        """Whether the name that stands is still good enough."""
        return bool(self._standing and self._ranked and _sentence(self._ranked[0]) == self._standing.name)

    def names(self) -> Iterator[str]:
        """The short list, best first, and behind it what else would do."""
        yield from self._ranked
        yield from map(self._spoken, self._descending(self._weighty, _NAME_WORDS))

    def keywords(self) -> tuple[str, ...]:
        """Up to ten phrases of at most three words, best first; none repeats or only lengthens another."""
        short = (self._phrases.lengths <= _KEYWORD_WORDS) & ~self._unspaced
        score = np.where(short | (self._whole & (self._phrases.lengths > 1)), self._phrases.weights, 0.0)
        known = set(self._standing.keywords) if self._standing else set()
        for place in np.flatnonzero(score > 0).tolist() if known else ():
            if self._spoken(place) in known:
                score[place] *= _KEPT_KEYWORD
        chosen: list[str] = []
        seen: list[str] = []
        for place in self._descending(score, 1):
            spoken = self._spoken(place)
            root = spoken if self._unspaced[place] else f" {_singular(spoken)} "
            longer = self._phrases.lengths[place] > 1
            if self._unspaced[place]:
                repeats = any(_overlap(root, other) for other in seen)
            else:
                repeats = any(root in other or (longer and other in root and " " in other.strip()) for other in seen)
            if not repeats:
                chosen.append(spoken)
                seen.append(root)
            if len(chosen) == KEYWORDS:
                break
        return tuple(chosen)

    def _order(self) -> None:
        order = sorted(
            range(len(self.shortlist)), key=lambda at: (-round(float(self._scores[at]), 9), self.shortlist[at])
        )
        self._ranked = [self.shortlist[at] for at in order]
        if self._standing is None or not order:
            return
        best = self._scores[order[0]]
        bar = best - _CLEARLY_CLOSER if self._by_meaning else best / _CLEARLY_HEAVIER
        kept = [at for at in order if _sentence(self.shortlist[at]) == self._standing.name and self._scores[at] >= bar]
        self._ranked = list(dict.fromkeys([*(self.shortlist[at] for at in kept), *self._ranked]))

    def _score(self) -> Floats:
        """Phrases of two words or more, by the weights that their words gather and by how many tickets use them."""
        phrases = self._phrases
        single = phrases.lengths == 1
        of_word = np.zeros(len(self._lexicon.words) + 1)
        of_word[phrases.words[single, 0]] = phrases.weights[single]
        gathered = np.where(self._unspaced, phrases.weights * phrases.lengths, of_word[phrases.words].sum(axis=1))
        ordered = np.sort(phrases.words, axis=1)
        repeats = ((ordered[:, 1:] == ordered[:, :-1]) & (ordered[:, 1:] >= 0)).any(axis=1) & ~self._unspaced
        return np.where((phrases.lengths >= 2) & self._whole & ~repeats, gathered * phrases.share**_SPREAD, 0.0)

    def _descending(self, score: Floats, fewest: int) -> Iterator[int]:
        """Places of positive scores whose phrases read well, best first, ties by the phrase."""
        places = np.flatnonzero(score > 0)
        falling = -np.round(score[places], 9)
        places = places[np.argsort(falling, kind="stable")]
        falling = np.sort(falling)
        start = 0
        while start < len(places):
            end = int(np.searchsorted(falling, falling[start], side="right"))
            tied = places[start:end].tolist()
            # The words' numbers, and so the order of rows, depend on what was read before.
            for place in sorted(tied, key=self._spoken) if len(tied) > 1 else tied:
                if _reads(self._spelled(place), fewest):
                    yield place
            start = end

    def _places_of(self, name: str) -> list[int]:
        return [at for at in np.flatnonzero(self._weighty > 0).tolist() if _sentence(self._spoken(at)) == name]

    def _spelled(self, place: int) -> list[str]:
        return [self._lexicon.words[word] for word in self._phrases.words[place] if word >= 0]

    def _spoken(self, place: int) -> str:
        words = self._spelled(place)
        return ("" if self._unspaced[place] else " ").join(words).replace("_", " ")


def _reads(words: Sequence[str], fewest: int) -> bool:
    """Tell whether words can stand as a phrase: they neither start nor end in the air."""
    return len(words) >= fewest and words[0] not in _OPENERS_TO_AVOID and words[-1] not in _DANGLING


def _whole(phrases: Phrases, unspaced: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Phrases that are not parts of a longer one: always so where words are written apart."""
    whole = np.ones(len(unspaced), bool)
    rows = np.flatnonzero(unspaced).tolist()
    places = {tuple(phrases.words[row][: phrases.lengths[row]].tolist()): row for row in rows}
    for words, row in places.items():
        for part in (words[:-1], words[1:]):
            if part in places and phrases.share[row] >= _GOES_ON * phrases.share[places[part]]:
                whole[places[part]] = False
    return whole


def _overlap(phrase: str, other: str) -> bool:
    """Tell whether two phrases without spaces have half of the shorter one in common: windows over one sentence do."""
    half = -(-min(len(phrase), len(other)) // 2)
    return any(phrase[at : at + half] in other for at in range(len(phrase) - half + 1))


def _keeps(choices: Mapping[int, _Choice], theme: int) -> bool:
    return theme in choices and choices[theme].keeps


def _singular(phrase: str) -> str:
    """Fold plurals, so that "virtual cards" counts as "virtual card"."""
    return " ".join(word[:-1] if word.endswith("s") and len(word) > 3 else word for word in phrase.split())


def _key(name: str) -> str:
    """What two names have in common that people would confuse: the same words in another order or number."""
    return " ".join(sorted(_singular(name.casefold()).split()))


def _unused(names: Iterable[str], keywords: Sequence[str], used: Collection[str], theme: int) -> str:
    for name in chain(names, keywords):
        if _key(name) not in used:
            return _sentence(name)
    spelled = _spelled_number(theme)
    while _key(spelled) in used:
        spelled += " more"
    return spelled


def _sentence(phrase: str) -> str:
    return phrase[:1].upper() + phrase[1:]


def _spelled_number(theme: int) -> str:
    """A name for tickets without words, unique and without digits: `Wordless tickets c`."""
    letters = ""
    while theme > 0:
        theme, rest = divmod(theme - 1, 26)
        letters = chr(ord("a") + rest) + letters
    return f"Wordless tickets {letters}"
