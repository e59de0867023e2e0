"""Names of themes of a language that the embedding model does not read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence

from models.language.names import language_name
from models.language.words import features

SEVERAL = "several problems"

_FEWEST_SHARE = 0.7
"""Share of a theme's texts that one word must be in for the theme to be of one problem. Its tickets were grouped by words alone, so
half and half of two problems is the usual mixture, in which no word of one of them is in more than half of the texts."""

_LIFT = 3.0
"""How many times more frequent that word must be than in other texts of the language, which have its function words alike."""

_SHOWN_WORDS = 2


def is_one_problem(texts: Sequence[str], others: Sequence[str]) -> bool:
    """Return whether texts of one language have a word in common that distinguishes them from other texts of the language.

    `texts` are a theme's, `others` those of the language's other themes. Without others there is nothing to tell what a word of
    the problem is from what all texts have, so the answer is no.
    """
    if not texts or not others:
        return False
    own, usual = _documents(texts), _documents(others)
    return any(
        count >= _FEWEST_SHARE * len(texts) and count / len(texts) >= _LIFT * usual[word] / len(others)
        for word, count in own.items()
    )


def language_theme_name(language: str, *, problem: str | None, words: Sequence[str], taken: Collection[str]) -> str:
    """Name a theme of a language: by its problem, or as several problems.

    Parameters
    ----------
    language : str
        ISO 639 code.
    problem : str, optional
        What its tickets are about in their own words; None where they are about several problems.
    words : sequence of str
        Keywords that distinguish it from other themes of several problems.
    taken : collection of str
        Names of other themes; the name is not among them.
    """
    spoken = language_name(language)
    base = f"{spoken}: {problem or SEVERAL}"
    named = [base, *(f"{base} ({', '.join(words[:count])})" for count in range(1, _SHOWN_WORDS + 1) if words[:count])]
    number = 2
    while (name := named.pop(0)) in taken:
        if not named:
            named.append(f"{base} {number}")
            number += 1
    return name


def without_language(name: str, language: str | None) -> str:
    """Return the name of a theme without its language in front."""
    return name if language is None else name.removeprefix(f"{language_name(language)}: ")


def _documents(texts: Sequence[str]) -> Counter[str]:
    """Count the texts that contain each word, or group of characters."""
    return Counter(word for text in texts for word in features(text))
