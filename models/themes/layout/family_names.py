"""Names of families, from the names and keywords that their themes share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from models.themes.naming.candidates import reads_well, sentence
from models.themes.naming.phrases import Lexicon, Phrases, count_phrases

_LONGEST = 3
_LONGER = 1.3
"""Weight of a phrase of two or three words, which says more than one word that not many more themes share."""

UNNAMED_END = " and related"
"""How the name of a family ends whose themes share no phrase, after the name of its largest theme."""

_CLEARLY_BETTER = 1.3
"""A name is replaced by one whose weight is larger by this factor."""


def name_families(
    words: Mapping[int, Sequence[str]], families: Mapping[int, int], current: Mapping[int, str]
) -> dict[int, str]:
    """Name families by what most of their themes, and few others, have in their names and keywords.

    The weight is that by which themes are named, class-based TF-IDF (Grootendorst, BERTopic, 2022), with the words of a theme in
    place of the text of a ticket. At least two themes share the phrase; a family without one is named after its largest theme.

    Parameters
    ----------
    words : mapping of theme id to sequence of str
        The name of each theme, then its keywords; the themes with the most tickets first.
    families : mapping of theme id to int
        Number of the family of each theme that is in one.
    current : mapping of int to str
        Present names by number of family; one is kept unless another is clearly better.

    Returns
    -------
    dict of number of family to str
        Unique names; the largest families choose first.
    """
    documents: dict[int, list[str]] = {}
    largest: dict[int, str] = {}
    for theme, own in words.items():
        # A theme in no family is a class of its own: what it has in common with a family does not distinguish that one.
        number = families.get(theme, -theme)
        documents.setdefault(number, []).append(". ".join(own))
        largest.setdefault(number, own[0])
    lexicon, wanted = Lexicon(), set(families.values())
    offered = {
        number: _shared(lexicon, phrases, len(documents[number]), current.get(number))
        for number, phrases in count_phrases(lexicon, documents, wanted)
    }
    found: dict[int, str] = {}
    used: set[str] = set()
    for number in sorted(wanted, key=lambda one: (-len(documents[one]), one)):
        name = next((one for one in offered.get(number, ()) if one.casefold() not in used), None)
        found[number] = name or f"{largest[number]}{UNNAMED_END}"
        used.add(found[number].casefold())
    return found


def _shared(lexicon: Lexicon, phrases: Phrases, themes: int, current: str | None) -> list[str]:
    """List the phrases that at least two of the themes share, best first, ties by the phrase."""
    fit = (phrases.lengths <= _LONGEST) & (phrases.share * themes >= 1.5)
    scored: list[tuple[float, str]] = []
    for row in np.flatnonzero(fit).tolist():
        own = [word for word in phrases.words[row].tolist() if word >= 0]
        spelled = [lexicon.words[word] for word in own]
        if reads_well(spelled, 1):
            joint = "" if all(lexicon.unspaced[word] for word in own) else " "
            name = sentence(joint.join(spelled).replace("_", " "))
            kept = _CLEARLY_BETTER if name == current else 1.0
            scored.append((kept * float(phrases.weights[row]) * (_LONGER if len(own) > 1 else 1.0), name))
    return [name for _, name in sorted(scored, key=lambda one: (-round(one[0], 9), one[1]))]
