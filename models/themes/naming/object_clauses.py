"""Clauses that say what a person denies of a thing: "a payment I don't recognise"."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from typing import NamedTuple

_SPEAKERS = frozenset({"i", "we"})
_RELATIVES = frozenset({"that", "which"})

_DENIAL = re.compile(
    r"(?:(?:(?:do|did|have|had|could|can|was|am) )?(?:not|never) |(?:do|did|have|had|could|ca|was)n'?t |cannot )"
    r"(?:(?:even|ever|actually|really) )*(?=[^\W\d_])"
)
_LONGEST_DENIAL = 6
"""Tokens that are read after the speaker."""

_AFTER_VERB = frozenset({
    "on", "in", "at", "from", "with", "by", "for", "to", "of", "about", "and", "but", "or", "so", "when", "because", "since", "until",
    "before", "after", "yet",
})  # fmt: skip
"""Words that follow a verb without an object of its own."""


class ObjectClauses(NamedTuple):
    """Positions of tokens: the pronouns that begin such clauses, and their verbs."""

    pronouns: frozenset[int]
    verbs: frozenset[int]


_NONE = ObjectClauses(frozenset(), frozenset())


def find_object_clauses(lowered: Sequence[str], function_words: Collection[str]) -> ObjectClauses:
    """Find clauses in which a speaker denies something of the noun before, which is the object of the verb.

    Such a clause and its noun are one phrase, "withdrawal (that) I did not make", and its verb has a meaning even if it is a
    function word elsewhere. The verb has no object of its own: "in my account I don't see the refund" is no such clause.

    Parameters
    ----------
    lowered : sequence of str
        Tokens of a text in lower case.
    function_words : collection of str
        Words that are no nouns.
    """
    if _SPEAKERS.isdisjoint(lowered):
        return _NONE
    pronouns, verbs = set[int](), set[int]()
    for at in (at for at, token in enumerate(lowered) if token in _SPEAKERS):
        verb = _denied_verb(lowered, at + 1)
        noun = at - 2 if lowered[max(0, at - 1)] in _RELATIVES else at - 1
        if verb is None or noun < 0 or not lowered[noun][0].isalpha() or lowered[noun] in function_words:
            continue
        following = lowered[verb + 1 : verb + 2]
        if not following or following[0] in _AFTER_VERB or not following[0][0].isalpha():
            pronouns.update(range(noun + 1, at + 1))
            verbs.add(verb)
    return ObjectClauses(frozenset(pronouns), frozenset(verbs))


def _denied_verb(lowered: Sequence[str], at: int) -> int | None:
    """Return the position of the verb after "did not", "didn't", "never" and the like, which begin at `at`."""
    denial = _DENIAL.match(" ".join(lowered[at : at + _LONGEST_DENIAL]))
    return None if denial is None else at + denial.group().count(" ")
