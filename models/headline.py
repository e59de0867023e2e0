"""The first sentence of the page that says whether something needs a person."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from models.formats import ago, counted
from models.freshness import Freshness, FreshnessState


class Tone(StrEnum):
    """How a headline is shown: only what the detector signals is `act`."""

    ACT = "act"
    OLD = "old"
    CALM = "calm"


@dataclass(frozen=True, slots=True)
class Headline:
    """The sentence, and what must be known in addition to it."""

    tone: Tone
    sentence: str
    notes: tuple[str, ...] = ()


def headline_of(freshness: Freshness, *, waiting: int, acknowledged: int, launches: int = 0) -> Headline:
    """Say in a sentence whether something needs a person.

    Parameters
    ----------
    waiting: open incidents that nobody has acknowledged. acknowledged: those that somebody looks after. launches: those under way that
    are outside their plan.

    Without fresh data nobody can know: then the sentence says that, and what was open when the data ended comes after it. Recorded
    data is judged as it was at its end.
    """
    verb = "is" if acknowledged == 1 else "are"
    notes = (f"{counted(acknowledged, 'incident')} {verb} acknowledged.",) if acknowledged else ()
    if freshness.state is FreshnessState.EMPTY:
        return Headline(Tone.OLD, "No ticket has come in yet")
    if freshness.state in (FreshnessState.LATE, FreshnessState.BEHIND):
        open_then = _needs(waiting, launches, then=True)
        return Headline(Tone.OLD, _not_fresh(freshness), (f"{open_then} when the newest mined ticket came.", *notes))
    return Headline(Tone.ACT if waiting or launches else Tone.CALM, _needs(waiting, launches), notes)


def freshness_text(freshness: Freshness) -> str:
    """Say how old what is shown is, as a part of a sentence: `newest ticket 7 days ago`."""
    age = freshness.age
    if age is None:
        return "no ticket yet"
    return "mining is behind" if freshness.state is FreshnessState.BEHIND else f"newest ticket {ago(age)}"


def _not_fresh(freshness: Freshness) -> str:
    age = freshness.age
    if age is None or freshness.newest is None:
        return "No fresh data"
    if freshness.state is FreshnessState.LATE:
        return f"No fresh data: newest ticket {ago(age)}"
    if freshness.mined_until is None:
        return "Mining is behind: tickets come in, and none is looked at yet"
    behind = ago(freshness.at - freshness.mined_until)
    return f"Mining is behind: the newest ticket that was looked at came {behind}"


def _needs(waiting: int, launches: int, *, then: bool = False) -> str:
    counts = ((waiting, "incident"), (launches, "launch"))
    named = " and ".join(_number(number, noun) for number, noun in counts if number)
    if not named:
        return "Nothing needed a person" if then else "Nothing needs a person"
    verb = "needed" if then else "needs" if waiting + launches == 1 else "need"
    return f"{named} {verb} a person"


def _number(number: int, noun: str) -> str:
    return f"{number:,} launches" if noun == "launch" and number > 1 else counted(number, noun)
