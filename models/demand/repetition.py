"""Repetition: what a single message does not show. Bots that answer each other, and one wording sent to or by many.

A canned sentence that thousands of people send about an outage is demand: it is a person's wording, which repetition by many
never changes. Only wordings that a machine or a sender of spam is suspected of become that kind when they are repeated.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta

from models.demand.kind import DemandKind, DemandRule, DemandVerdict
from models.demand.sentences import fold, own_words

WITHIN = timedelta(days=1)
"""Repetitions are counted over this long."""

LOOP = 3
"""Messages of one requester with one wording of a machine, or word for word alike, from which on they are a loop."""

LOOP_OF_A_PERSON = 10
"""The same for any wording, numbers left out: a merchant may write about three orders in the same words."""

FLOOD = 10
"""Requesters with one suspected wording from which on it is what it is suspected to be."""

VARIED = 5
"""Different texts of a requester within `VARIED_WITHIN` from which on it is an account that many people share."""

VARIED_WITHIN = timedelta(days=7)

_GREETING = re.compile(
    r"^(hi|hello|hey|dear|hallo|guten tag|sehr geehrter?|liebe[r]?|bonjour|cher|chère|hola|estimad[oa]|olá|caro|prezado|ciao|"
    r"gentile|beste|здравствуйте|уважаем\w+)\b[^,.!\n]{0,40}[,!]",
    re.MULTILINE,
)
_VARYING = re.compile(r"\[[a-z]+\]|\S*\d\S*")
_WORD = re.compile(r"[^\W_]+|0")
_STOPS = re.compile(r"[.!?\u3002\n]+")
_SENTENCES, _WORDS = 4, 5


@dataclass(frozen=True, slots=True)
class StoredWording:
    """What repetition reads of a ticket: its requester, the hash of its skeleton, and its verdict so far."""

    kind: DemandKind
    rule: DemandRule | None
    suspected: DemandKind | None

    @property
    def can_change(self) -> bool:
        """Whether repetition may change the kind: not what a source or a person said."""
        return self.rule not in (DemandRule.SOURCE, DemandRule.PERSON)

    @property
    def can_loop(self) -> bool:
        """Whether it is of a kind that loops are made of."""
        return self.can_change and self.kind in (
            DemandKind.CUSTOMER,
            DemandKind.AUTOMATIC_REPLY,
            DemandKind.BOUNCE,
            DemandKind.LOOP,
        )

    @property
    def of_machine(self) -> bool:
        """Whether a machine's wording is proved or suspected."""
        return self.kind is not DemandKind.CUSTOMER or self.suspected is not None


def skeleton_of(title: str, body: str, verdict: DemandVerdict) -> str:
    """Return what messages of one template have in common; empty where there is no text.

    Numbers, placeholders and the name in a greeting are left out. Of the wording of a machine only the first words of its first
    sentences remain, so that names and codes in its slots do not make it another one.

    >>> skeleton_of("Case 7", "Hi Ada, your case 7 was created.", DemandVerdict(DemandKind.AUTOMATIC_REPLY))
    'case 0|hi your case 0 was'
    """
    text = _VARYING.sub("0", _GREETING.sub(r"\1 ", f"{fold(title)}\n{own_words(fold(body))}"))
    sentences = [words for one in _STOPS.split(text) if (words := _WORD.findall(one))]
    if verdict.kind is DemandKind.CUSTOMER and verdict.suspected is None:
        return "|".join(" ".join(words) for words in sentences)
    return "|".join(" ".join(words[:_WORDS]) for words in sentences[:_SENTENCES])
