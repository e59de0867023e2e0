"""Names of themes, from the words of their tickets."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from itertools import chain
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from models.embedding.base import Embedder
from models.embedding.cache import CachedEmbedder
from models.themes.naming.candidates import NameCandidates, ThemeName, sentence, singular
from models.themes.naming.phrases import Lexicon, count_phrases
from models.themes.window.centering import on_grid

_OTHER_THEME_WEIGHT = 0.5
"""Weight of a phrase's closeness to the nearest other theme, against its closeness to its own theme."""

_PHRASE_CACHE = 8_000_000

NO_NAMES: Mapping[int, ThemeName] = MappingProxyType({})


def name_themes(
    documents: Mapping[int, Sequence[str]],
    taken: Collection[str] = (),
    only: Collection[int] | None = None,
    persons: Mapping[int, Sequence[str]] | None = None,
) -> dict[int, ThemeName]:
    """Name themes by their words alone; see `Namer.name`, which is faster when it is called again."""
    return Namer().name(documents, taken, only, persons=persons)


class Namer:
    """Names themes. What it caches between calls makes it faster and changes no name.

    Parameters
    ----------
    make_embedder : callable, optional
        Returns the embedder that measures how close a phrase is to a theme; called when first needed. Without one,
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
        current: Mapping[int, ThemeName] = NO_NAMES,
        persons: Mapping[int, Sequence[str]] | None = None,
    ) -> dict[int, ThemeName]:
        """Name themes by class-based TF-IDF, re-ranked by meaning.

        Phrases that many tickets of the theme and few others use (Grootendorst, BERTopic, 2022) are put on a short
        list. Of these, the phrase is chosen that is closest to the theme's centre and far from the nearest other theme's,
        both relative to the mean of all centres. A current name is kept unless another one is clearly better.

        Names are unique among themselves and do not repeat a `taken` one, also not in another order of its words.
        They contain no digits, no redaction placeholders and no phrase that the tickets of one person alone contain, such as a name;
        a current name or keyword that does is dropped. The same input gives the same names in any order of themes.

        Parameters
        ----------
        documents : mapping of theme id to texts
            Redacted texts of each live theme's tickets; some tens of them are enough. A word's weight depends on the
            other themes, so pass all.
        taken : collection of str
            Names that are in use, for example those that people pinned.
        only : collection of int, optional
            Themes to name; the others only influence the weight of words. Default: all.
        centres : mapping of theme id to array of shape (dimensions,), optional
            Mean vectors of the themes, by the same embedder. A theme without one is named by its words alone.
        current : mapping of theme id to ThemeName
            The present names of the themes to be named.
        persons : mapping of theme id to str, optional
            Who wrote each text. By default each text is another person's.
        """
        wanted = set(documents) if only is None else set(only) & set(documents)
        counted = dict(count_phrases(self._lexicon, documents, wanted, persons))
        candidates = {
            theme: NameCandidates(self._lexicon, phrases, current.get(theme)) for theme, phrases in counted.items()
        }
        if self._make_embedder is not None and centres and candidates:
            self._embedder = self._embedder or CachedEmbedder(self._make_embedder(), _PHRASE_CACHE)
            _rank_by_meaning(self._embedder, candidates, centres)
        used = {_key(name) for name in taken}
        found: dict[int, ThemeName] = {}
        # Current names are kept before new ones are chosen; then large themes choose first: the plainest phrase
        # goes to the theme that most tickets are about.
        for theme in sorted(wanted, key=lambda theme: (not _keeps(candidates, theme), -len(documents[theme]), theme)):
            own = candidates.get(theme)
            keywords = own.keywords() if own else ()
            name = _unused(own.names() if own else (), keywords, used, theme)
            used.add(_key(name))
            found[theme] = ThemeName(name, keywords)
        return {theme: found[theme] for theme in sorted(found)}


def _rank_by_meaning(
    embedder: Embedder, candidates: Mapping[int, NameCandidates], centres: Mapping[int, NDArray[np.floating]]
) -> None:
    """Score each short list by meaning; on the grid sums are exact, whatever their order."""
    themes = sorted(centres)
    middle = on_grid(np.mean([centres[theme] for theme in themes], axis=0, dtype=np.float64))
    relative = np.asarray(on_grid(np.stack([centres[theme] for theme in themes])) - middle, np.float64)
    ranked = [theme for theme in sorted(candidates) if theme in centres and candidates[theme].shortlist]
    # One call for all: the embedder fills its batches.
    vectors = embedder.embed([phrase for theme in ranked for phrase in candidates[theme].shortlist])
    phrases = np.asarray(on_grid(vectors) - middle, np.float64)
    start = 0
    for theme in ranked:
        end = start + len(candidates[theme].shortlist)
        closeness = phrases[start:end] @ relative.T
        column, start = themes.index(theme), end
        own = closeness[:, column].copy()
        closeness[:, column] = 0.0
        candidates[theme].rank(own - _OTHER_THEME_WEIGHT * closeness.max(axis=1))


def _keeps(candidates: Mapping[int, NameCandidates], theme: int) -> bool:
    return theme in candidates and candidates[theme].keeps


def _key(name: str) -> str:
    """Reduce a name to what people would confuse: the same words in another order or number have the same key."""
    return " ".join(sorted(singular(name.casefold()).split()))


def _unused(names: Iterable[str], keywords: Sequence[str], used: Collection[str], theme: int) -> str:
    for name in chain(names, keywords):
        if _key(name) not in used:
            return sentence(name)
    spelled = _spelled_number(theme)
    while _key(spelled) in used:
        spelled += " more"
    return spelled


def _spelled_number(theme: int) -> str:
    """Name tickets without words, uniquely and without digits: `Wordless tickets c`."""
    letters = ""
    while theme > 0:
        theme, rest = divmod(theme - 1, 26)
        letters = chr(ord("a") + rest) + letters
    return f"Wordless tickets {letters}"
