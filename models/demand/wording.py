"""The phrases of `phrases.toml`, compiled when they are first used."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Self

# Answers keep the subject that they answer, in the short form of their mail program's language.
_ANSWER = r"^(?:(?:re|aw|antw|sv|vs|odp|rif|res|回复|答复|回覆)\s?(?:\[\d+\])?\s?: ?)*"
_WORD_FIRST = re.compile(r"(?:\\b)?(?:\(\?:)*[a-zà-ÿ]")
_OTHER_SCRIPT = re.compile(r"(?:\\b|\(\?:|\[)*[^\x00-\x7f]")
_END_OF_FORM = r"(?=\s*(?:$|[:|(\[–—-]|re\s?:|aw\s?:|\d))"


@dataclass(frozen=True, slots=True)
class PhraseSet:
    """Phrases of which any is looked for, arranged so that most texts are dismissed quickly.

    Parameters
    ----------
    words: those that begin with a Latin letter, tried where a word begins. others: the rest; most are of other scripts.
    ascii_others: whether one of the rest can be in a text of ASCII characters.
    """

    words: re.Pattern[str] | None
    others: re.Pattern[str] | None
    ascii_others: bool

    @classmethod
    def of(cls, phrases: Sequence[str]) -> Self:
        """Compile phrases; those that begin with a Latin letter match where a word begins only."""
        words = [phrase.removeprefix(r"\b") for phrase in phrases if _WORD_FIRST.match(phrase)]
        others = [phrase for phrase in phrases if not _WORD_FIRST.match(phrase)]
        return cls(
            re.compile(rf"\b(?:{_any(words)})") if words else None,
            re.compile(_any(others)) if others else None,
            any(not _OTHER_SCRIPT.match(phrase) for phrase in others),
        )

    def search(self, text: str) -> re.Match[str] | None:
        """Return the first phrase that is found, None where there is none."""
        found = self.words.search(text) if self.words else None
        if found is None and self.others and (self.ascii_others or not text.isascii()):
            found = self.others.search(text)
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """What is searched for in a folded text.

    Parameters
    ----------
    topics: phrases of each topic, searched in one sentence. bounced: kinds of phrases of mail systems about a mail that did not
        arrive: the number of different ones counts.
    away, bounce, acknowledgement: the beginnings of subjects.
    forwarded: the beginning of the subject of a forwarded mail.
    own: the first person singular. trouble: a question or a complaint.
    """

    topics: Mapping[str, PhraseSet]
    bounced: Sequence[PhraseSet]
    away: re.Pattern[str]
    bounce: re.Pattern[str]
    acknowledgement: re.Pattern[str]
    forwarded: re.Pattern[str]
    own: PhraseSet
    trouble: PhraseSet


@cache
def load_wording() -> Wording:
    """Read and compile the phrases, once in a process: they never change."""
    phrases = tomllib.loads(files("models.demand").joinpath("phrases.toml").read_text("utf-8"))
    titles, person = phrases["titles"], phrases["person"]
    return Wording(
        topics={topic: PhraseSet.of(listed) for topic, listed in phrases["topics"].items()},
        bounced=[PhraseSet.of(listed) for listed in phrases["bounced"].values()],
        away=re.compile(rf"{_ANSWER}\[?(?:{_any(titles['away'])})\]?{_END_OF_FORM}"),
        bounce=re.compile(rf"{_ANSWER}(?:{_any(titles['bounce'])})"),
        acknowledgement=re.compile(rf"{_ANSWER}(?:{_any(titles['number'])})?(?:{_any(titles['ticket'])})"),
        forwarded=re.compile(_any(person["forwarded"])),
        own=PhraseSet.of(person["own"]),
        trouble=PhraseSet.of(person["trouble"]),
    )


def _any(phrases: Sequence[str]) -> str:
    return "|".join(phrases)
