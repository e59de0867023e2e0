"""How tickets attach to a known issue: with what confidence, and which sentence shows why."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum

LONGEST = 240
"""Characters of a sentence that is quoted; longer ones are cut around what they share with the issue."""

COMPARED = 3
"""Nearest tickets of the issue whose mean similarity is the closeness of a ticket to it."""

_END = re.compile(r"(?<=[.!?;\u2026])\s+|(?<=[\u3002\uff01\uff1f\uff1b])|\n+")
"""Ends of sentences, those of East Asian scripts without white space after them."""
_WORD = re.compile(r"[^\W\d_]{2,}|\d{3,}|[\u3040-\u30ff\u3400-\u9fff]")


class AttachmentWay(StrEnum):
    """How a ticket came to a known issue, or that it was taken out."""

    THEME = "theme"
    """It joined one of the issue's themes."""
    LINK = "link"
    """Its ticket system links it to a ticket of the issue, or to the issue in Jira."""
    PERSON = "person"
    """A person attached it."""
    DETACHED = "detached"
    """A person took it out; it does not attach again by itself."""


def confidence_of(share: float, similarities: Sequence[float]) -> float:
    """Return how sure it is that a ticket is about a known issue, in [0, 1].

    The geometric mean of the theme's share of the vote on the ticket and of the mean cosine to the `COMPARED` nearest tickets that
    the issue has already; the share alone while it has none.

    Parameters
    ----------
    share: share in [0, 1] of the neighbours' vote for the theme.
    similarities: cosines to the tickets that the issue has, in any order.
    """
    share = min(1.0, max(0.0, share))
    nearest = sorted(similarities, reverse=True)[:COMPARED]
    if not nearest:
        return round(share, 4)
    closeness = min(1.0, max(0.0, sum(nearest) / len(nearest)))
    return round(math.sqrt(share * closeness), 4)


def words_about(texts: Iterable[str]) -> dict[str, float]:
    """Return the words of an issue's title, names and keywords, each with its weight: the more often it is said, the more."""
    counts = Counter(word for text in texts for word in _words(text))
    return {word: 1.0 + math.log(n) for word, n in counts.items()}


def quote_of(title: str, body: str, about: Mapping[str, float]) -> str:
    """Return the sentence of a ticket that shows why it is attached: of its body where one shares anything, since titles say less."""
    return nearest_sentence(body, about, sharing=True) or nearest_sentence(f"{title}\n{body}", about)


def nearest_sentence(text: str, about: Mapping[str, float], *, sharing: bool = False) -> str:
    """Return the sentence of a ticket's text that shares most with an issue, on one line; the first one where none shares anything.

    `about` is what `words_about` returns. Of equally near ones the first is taken; "" for a text without words, and with `sharing` for
    one that shares none.
    """
    sentences = [" ".join(one.split()) for one in _END.split(text)]
    sentences = [one for one in sentences if _WORD.search(one)]
    if not sentences:
        return ""
    # `max` returns the first of equally near ones.
    best = max(sentences, key=lambda one: _nearness(one, about))
    return "" if sharing and not _nearness(best, about) else _clipped(best, about)


def _nearness(sentence: str, about: Mapping[str, float]) -> float:
    words = set(_words(sentence))
    shared = sum(weight for word, weight in about.items() if _said(word, words))
    # Without the length, the longest sentence would win.
    return shared / math.sqrt(len(words) + 3)


def _said(word: str, words: set[str]) -> bool:
    # Endings differ: "refund" is said by "refunded", and "payments" by "payment".
    return word in words or (len(word) > 4 and any(_alike(word, one) for one in words))


def _alike(one: str, other: str) -> bool:
    shorter, longer = sorted((one, other), key=len)
    return len(shorter) > 4 and len(longer) - len(shorter) <= 3 and longer.startswith(shorter)


def _words(text: str) -> list[str]:
    return [found.group().casefold() for found in _WORD.finditer(text)]


def _clipped(sentence: str, about: Mapping[str, float]) -> str:
    if len(sentence) <= LONGEST:
        return sentence
    first = next((at.start() for at in _WORD.finditer(sentence) if _said(at.group().casefold(), set(about))), 0)
    start = max(0, min(first - LONGEST // 4, len(sentence) - LONGEST + 2))
    part = sentence[start : start + LONGEST - 2].strip()
    return ("…" if start else "") + part + ("…" if start + LONGEST - 2 < len(sentence) else "")
