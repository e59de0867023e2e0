"""Macros: standard sentences of agents and helpdesks, found because many different tickets contain them word for word."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from heapq import nsmallest

from models.text import languages
from models.text.quotations import is_field

FEWEST_WORDS = 6
"""Shorter sentences are said by many people."""

FEWEST_TICKETS = 20
FEWEST_REMAINDERS = 15
"""Tickets in which a sentence occurs, and different texts around it, from which on it is a macro."""

CAPACITY = 50_000
"""Sentences that are counted at the same time; the rarest are dropped beyond it (about 1 kB each)."""

MOST_TICKETS = 100_000
"""Tickets that are counted; macros show in far fewer."""

LONGEST_BEGINNING = 256

_SAMPLES = 32
_COMPARED = 400
_LONGEST_SAMPLE = 600
_SHORTEST_BEGINNING = 24
_WORDS_OF_BEGINNING = 4
_WORDS_OF_REMAINDER = 3

_SPLIT = re.compile(r"(?<=[.!?。！？])\s+|\n+")  # noqa: RUF001 (the full-width marks are intended)
_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")

_SIBLING_SHARE = 0.8
_TOPIC_SHARE = 0.4
_TOPIC_LIFT = 3.0


@dataclass(frozen=True, slots=True)
class Macro:
    """How a standard sentence begins, in lower case, and the number of tickets that contain it."""

    beginning: str
    tickets: int


@dataclass(slots=True)
class _Sentence:
    tickets: int = 0
    beginning: str = ""
    samples: dict[int, str] = field(default_factory=dict)
    """Texts of tickets with the sentence by the hash of what is around it, those with the smallest hashes."""


class MacroCounter:
    """Counts the sentences of tickets in bounded memory, and finds those that are macros.

    A sentence of at least six words is a macro where at least 20 tickets contain it, numbers and names aside, with at least 15
    different texts around it. A text that is repeated as a whole is none: it is one complaint of many customers, or one mail that was
    sent many times. Neither is a sentence about a topic, whose tickets share other words that are rare elsewhere. The result does not
    depend on the order of the tickets, as long as no more than `capacity` different sentences were counted.

    Parameters
    ----------
    capacity : int
        Sentences that are counted at the same time. Beyond it the rarest are dropped (lossy counting: Manku and Motwani 2002), so
        that a sentence in few of very many tickets may be missed.
    """

    def __init__(self, capacity: int = CAPACITY) -> None:
        self._capacity = capacity
        self._sentences: dict[int, _Sentence] = {}
        self._compared: dict[int, str] = {}
        self._tickets = 0

    def add(self, text: str) -> None:
        """Count a ticket's plain, redacted text; after 100,000 tickets no more are counted."""
        if self._tickets >= MOST_TICKETS or not text:
            return
        self._tickets += 1
        parts = [(raw, _masked(raw)) for raw in _SPLIT.split(text) if not is_field(raw)]
        words = sum(len(masked) for _, masked in parts)
        sample = text[:_LONGEST_SAMPLE]
        _keep_smallest(self._compared, _hash(text), sample, _COMPARED)
        counted = set()
        for at, (raw, masked) in enumerate(parts):
            key = _hash(" ".join(masked)) if len(masked) >= FEWEST_WORDS else None
            if key is None or key in counted:
                continue
            counted.add(key)
            around = " ".join(word for other, (_, others) in enumerate(parts) if other != at for word in others)
            enough = words - len(masked) >= _WORDS_OF_REMAINDER
            self._count(key, raw, _hash(around) if enough else None, sample)

    def macros(self) -> list[Macro]:
        """Return the macros found so far, the most frequent first; no beginning contains another one at its start."""
        found: dict[str, int] = {}
        for sentence in self._sentences.values():
            if sentence.tickets >= FEWEST_TICKETS and len(sentence.samples) >= FEWEST_REMAINDERS:
                beginning = sentence.beginning[:LONGEST_BEGINNING].strip()
                if _is_distinctive(beginning) and not self._has_topic(sentence):
                    found[beginning] = found.get(beginning, 0) + sentence.tickets
        shortest = [one for one in found if not any(one != other and one.startswith(other) for other in found)]
        return sorted((Macro(one, found[one]) for one in shortest), key=lambda macro: (-macro.tickets, macro.beginning))

    def _count(self, key: int, raw: str, around: int | None, sample: str) -> None:
        sentence = self._sentences.get(key)
        lowered = raw.strip().lower()
        if sentence is None:
            if len(self._sentences) >= self._capacity:
                self._drop_rarest()
            sentence = self._sentences[key] = _Sentence(beginning=lowered)
        sentence.tickets += 1
        if sentence.beginning != lowered:
            sentence.beginning = _common_start(sentence.beginning, lowered)
        if around is not None:
            _keep_smallest(sentence.samples, around, sample, _SAMPLES)

    def _drop_rarest(self) -> None:
        """Drop the sentences that occurred as rarely as the rarer half of all."""
        limit = sorted(one.tickets for one in self._sentences.values())[len(self._sentences) // 2]
        self._sentences = {key: one for key, one in self._sentences.items() if one.tickets > limit}

    def _has_topic(self, sentence: _Sentence) -> bool:
        """Return whether the tickets with a sentence share words that other tickets do not have: then it belongs to their topic."""
        texts = _smallest(sentence.samples, _SAMPLES)
        compared = _smallest(self._compared, _COMPARED)
        siblings = _siblings(texts)
        inside = Counter(word for text in texts for word in _words(text, siblings))
        outside = Counter(word for text in compared for word in _words(text, frozenset()))
        return any(
            count >= _TOPIC_SHARE * len(texts)
            and count / len(texts) >= _TOPIC_LIFT * (outside[word] + 1) / (len(compared) + 1)
            for word, count in inside.items()
        )


def _siblings(texts: Sequence[str]) -> frozenset[int]:
    """Return the sentences that nearly all texts contain: the rest of the same macro."""
    counts = Counter(key for text in texts for key in {key for key, _ in _keyed(text)})
    return frozenset(key for key, count in counts.items() if count >= _SIBLING_SHARE * len(texts))


def _keyed(text: str) -> Iterator[tuple[int, list[str]]]:
    for raw in _SPLIT.split(text):
        masked = _masked(raw)
        yield _hash(" ".join(masked)), masked


def _words(text: str, without: frozenset[int]) -> set[str]:
    found = {word for key, masked in _keyed(text) if key not in without for word in masked if len(word) > 2}
    return found - languages.FORM_WORDS


def _masked(sentence: str) -> list[str]:
    """Return the words of a sentence in lower case, numbers and names (capitals within the sentence) masked."""
    words = _WORD.findall(sentence)
    return [
        "#" if any(map(str.isdigit, word)) else "@" if at and word[0].isupper() and len(word) > 1 else word.lower()
        for at, word in enumerate(words)
    ]


def _common_start(one: str, other: str) -> str:
    """Return the whole words with which both sentences begin."""
    length = next((at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    if all(text[length : length + 1] in {"", " "} for text in (one, other)):
        return one[:length]
    return one[: one.rfind(" ", 0, length) + 1].rstrip()


def _is_distinctive(beginning: str) -> bool:
    """Return whether a beginning is long enough that no customer's sentence begins like it by chance."""
    return len(beginning) >= _SHORTEST_BEGINNING and len(_WORD.findall(beginning)) >= _WORDS_OF_BEGINNING


def _hash(text: str) -> int:
    return int.from_bytes(blake2b(text.encode("utf-8", "replace"), digest_size=8).digest())


def _keep_smallest(kept: dict[int, str], key: int, text: str, most: int) -> None:
    """Keep the texts with the smallest hashes: a sample that does not depend on the order of the texts."""
    kept[key] = min(text, kept.get(key, text))
    if len(kept) >= 2 * most:
        for dropped in kept.keys() - set(nsmallest(most, kept)):
            del kept[dropped]


def _smallest(kept: Mapping[int, str], most: int) -> list[str]:
    return [kept[key] for key in nsmallest(most, kept)]
