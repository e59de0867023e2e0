"""The phrases of `phrases.toml`, compiled when they are first used."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

# Answers keep the subject that they answer, in the short form of their mail program's language.
_ANSWER = r"^(?:(?:re|aw|antw|sv|vs|odp|rif|res|回复|答复|回覆)\s?(?:\[\d+\])?\s?: ?)*"
_END_OF_FORM = r"(?=\s*(?:$|[:|(\[–—-]|re\s?:|aw\s?:|\d))"


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

    topics: Mapping[str, re.Pattern[str]]
    bounced: Sequence[re.Pattern[str]]
    away: re.Pattern[str]
    bounce: re.Pattern[str]
    acknowledgement: re.Pattern[str]
    forwarded: re.Pattern[str]
    own: re.Pattern[str]
    trouble: re.Pattern[str]


@cache
def load_wording() -> Wording:
    """Read and compile the phrases, once in a process: they never change."""
    phrases = tomllib.loads(files("models.demand").joinpath("phrases.toml").read_text("utf-8"))
    titles, person = phrases["titles"], phrases["person"]
    return Wording(
        topics={topic: re.compile(_any(listed)) for topic, listed in phrases["topics"].items()},
        bounced=[re.compile(_any(listed)) for listed in phrases["bounced"].values()],
        away=re.compile(rf"{_ANSWER}\[?(?:{_any(titles['away'])})\]?{_END_OF_FORM}"),
        bounce=re.compile(rf"{_ANSWER}(?:{_any(titles['bounce'])})"),
        acknowledgement=re.compile(rf"{_ANSWER}(?:{_any(titles['number'])})?(?:{_any(titles['ticket'])})"),
        forwarded=re.compile(_any(person["forwarded"])),
        own=re.compile(_any(person["own"])),
        trouble=re.compile(_any(person["trouble"])),
    )


def _any(phrases: Sequence[str]) -> str:
    return "|".join(phrases)
