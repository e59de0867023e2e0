"""A message read sentence by sentence: which phrases of machines each contains, and which sentences a person wrote."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from dataclasses import dataclass, field

from models.demand.wording import load_wording

LONGEST = 4_000
"""Characters of a text that are read: what wrote a message shows at its beginning."""

# NFKC turns the wide forms of the other marks into these.
_WIDE_STOPS = "\u3002"
_STOPS = f".!?{_WIDE_STOPS}"
_SENTENCE = re.compile(rf"[^{_STOPS}\n]*(?:\d\.\d[^{_STOPS}\n]*)*(?:[{_STOPS}]+(?=\s|$)|[{_WIDE_STOPS}]|\n|$|[.!?]+)")
_ORDINAL = re.compile(r"(?<=\b\d)\.(?= \w)|(?<=\b\d\d)\.(?= \w)")
"""The point of `4. Juni` does not end a sentence."""
_SPACES = re.compile(r"[^\S\n]+")
_APOSTROPHES = str.maketrans({"\u2019": "'", "\u2018": "'", "\u02bc": "'", "`": "'"})
_COPY = re.compile(
    r"^[ \t>*_-]*(?:-{2,} ?(?:original|begin|forwarded|ursprüngliche|message d'origine|mensaje original|messaggio originale|"
    r"mensagem original|this is a copy|below this line)|original message headers|below this line is a copy|received: from|_{10,}|"
    r"(?:on|am|le|el|em|il|op) .{5,120}(?:wrote|schrieb|écrit|escribió|escreveu|ha scritto|schreef)\b.{0,80}:|"
    r"(?:from|von|de|da|van|от|发件人|差出人): ?.{1,200}$)",
    re.MULTILINE,
)
"""Where the copy of another message begins."""

_PROVE_NOTHING = frozenset({"thanks"})
_FIRST_PERSON = frozenset({"absence", "redirect", "offer", "call"})
"""Phrases whose sentences are in the first person although no customer writes them."""

_OWN_THINGS = re.compile(
    r"\bmy (?!desk|office|e-?mails?|mail|inbox|absence|colleagues?|team|manager|assistant|deputy|mobile|cell|phone|return|leave|"
    r"vacation|holidays?|backup|replacement|behalf|website|whatsapp|telegram|name|late|portfolio|services?|page|channel|client)\w+"
)


@dataclass(frozen=True, slots=True)
class Reading:
    """What a text is made of.

    Parameters
    ----------
    topics: sentences with phrases of each topic. bounced: different kinds of bounce phrases.
    sentences: sentences with content. plain: those among them without any phrase of a machine.
    personal: sentences that a person with a question or a problem wrote.
    trouble: sentences with a question or a complaint.
    """

    topics: Counter[str] = field(default_factory=Counter)
    bounced: int = 0
    sentences: int = 0
    plain: int = 0
    personal: int = 0
    trouble: int = 0

    @property
    def explained(self) -> int:
        """Sentences whose phrases prove something."""
        return self.sentences - self.plain

    def has(self, *topics: str) -> int:
        """Sum the sentences of some topics."""
        return sum(self.topics[topic] for topic in topics)


def fold(text: str) -> str:
    """Write the beginning of a text as the phrases are written: NFKC, lower case, straight apostrophes, single spaces.

    Lines are kept.
    """
    start = text[:LONGEST]
    plain = start if start.isascii() else unicodedata.normalize("NFKC", start)
    return _SPACES.sub(" ", plain[:LONGEST].lower().translate(_APOSTROPHES)).strip()


def own_words(body: str) -> str:
    """Cut a folded body where the copy of another message begins; a body that begins with one is returned whole."""
    found = _COPY.search(body)
    return body if found is None or not body[: found.start()].strip() else body[: found.start()]


def read(body: str) -> Reading:
    """Read a folded body."""
    wording = load_wording()
    topics: Counter[str] = Counter()
    bounced: set[int] = set()
    sentences = plain = personal = trouble = 0
    for sentence in _split(body):
        said = {topic for topic, pattern in wording.topics.items() if pattern.search(sentence)}
        kinds = {number for number, pattern in enumerate(wording.bounced) if pattern.search(sentence)}
        topics.update(said)
        bounced |= kinds
        asks = _asks(sentence, said, bounced=bool(kinds))
        known = said - _PROVE_NOTHING
        # A short line may be a name, but "Any news?" is a question.
        if not (said or kinds or asks or _has_content(sentence)):
            continue
        sentences += 1
        plain += not (known or kinds)
        trouble += asks
        personal += asks or _is_own(sentence, known, bounced=bool(kinds))
    return Reading(topics, len(bounced), sentences, plain, personal, trouble)


def _asks(sentence: str, said: set[str], *, bounced: bool) -> bool:
    """Whether it is a question or a complaint, and not the question of a seller or the report of a mail system."""
    found = load_wording().trouble.search(sentence)
    if found is None or "redirect" in said:
        return False
    if found.group() == "?":
        return "call" not in said
    return not bounced or "?" in sentence


def _is_own(sentence: str, known: set[str], *, bounced: bool) -> bool:
    """Whether a person says something of their own: in the first person, where no phrase of a machine is in it."""
    if known & _FIRST_PERSON or bounced:
        return bool(_OWN_THINGS.search(sentence))
    return bool(load_wording().own.search(sentence))


def _split(body: str) -> list[str]:
    return [one for found in _SENTENCE.findall(_ORDINAL.sub("", body)) if (one := found.strip(" \n\t-*|>"))]


def _has_content(sentence: str) -> bool:
    """Whether it is more than a greeting, a name or a line of a signature."""
    return len(sentence.split()) >= 4 or (not sentence.isascii() and len(sentence) >= 8)
