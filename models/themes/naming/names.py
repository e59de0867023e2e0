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

_CONCENTRATION = 12.0
"""How sharply the meaning of a name points at a theme: concentration of the von Mises-Fisher distribution of names around themes."""

_FEWEST_THEMES = 20
_UNRELATED = 0.3
"""With fewer themes, others are assumed, as similar to each name as unrelated texts are: else any name would mean one of few."""

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
        """Name themes by what their tickets say, chosen by meaning.

        Phrases that many tickets of the theme and few others use, by class-based TF-IDF (Grootendorst, BERTopic, 2022), are put
        on a short list, as the tickets write them. Of these, the one is chosen that means this theme with the largest
        probability, where names are distributed around the centres of their themes (von Mises-Fisher; Banerjee et al. 2005).
        A current name is kept unless another one is clearly better.

        Names are unique among themselves and do not repeat a `taken` one, also not in another order of its words.
        They contain no digits, no redaction placeholders, no given names, weekdays and months, and no phrase that the tickets of one
        person alone contain; a current name or keyword that does is dropped. The same input gives the same names in any order of
        themes.

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
            theme: NameCandidates(self._lexicon, phrases, documents[theme], current.get(theme))
            for theme, phrases in counted.items()
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
    """Score each short list by the probability that the name means this theme; on the grid products are exact, whatever their order."""
    themes = sorted(centres)
    middles = np.asarray(on_grid(np.stack([centres[theme] for theme in themes])), np.float64)
    middles /= np.maximum(np.sqrt((middles**2).sum(axis=1, keepdims=True)), 1e-9)
    ranked = [theme for theme in sorted(candidates) if theme in centres and candidates[theme].shortlist]
    # One call for all: the embedder fills its batches.
    phrases = np.asarray(
        on_grid(embedder.embed([one for theme in ranked for one in candidates[theme].shortlist])), np.float64
    )
    others = max(0, _FEWEST_THEMES - len(themes)) * np.exp(_CONCENTRATION * _UNRELATED)
    start = 0
    for theme in ranked:
        end = start + len(candidates[theme].shortlist)
        likelihood = _CONCENTRATION * (phrases[start:end] @ middles.T)
        own = likelihood[:, themes.index(theme)]
        candidates[theme].rank(own - np.log(np.exp(likelihood).sum(axis=1) + others))
        start = end


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
