"""The next step that a digest recommends: one, by fixed rules in their order. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

LEAST_SHARE = 0.5
"""Share of the excess that the scope of a change must hold for its owner to be asked first."""

ESCALATED_SHARE = 0.5
"""From this share of escalated tickets on agents need words for customers before anything else is decided."""


LARGE_EXCESS = 20.0
"""Tickets above what was expected from which an unexplained rise is worth a question though it is over."""


class Action(StrEnum):
    """What is recommended; the order of the members is that in which a reader should act."""

    CHECK_INTAKE = "check_intake"
    REOPEN = "reopen"
    ASK_CHANGE_OWNER = "ask_change_owner"
    ESCALATE_KNOWN_ISSUE = "escalate_known_issue"
    FIND_CAUSE = "find_cause"
    COMPARE_PLAN = "compare_plan"
    FLAG = "flag"
    EXTEND_SOP = "extend_sop"
    CONFIRM_FIX = "confirm_fix"
    WATCH = "watch"

    @property
    def urgency(self) -> int:
        """Place in the order in which a reader should act, 0 for the first."""
        return tuple(Action).index(self)


@dataclass(frozen=True, slots=True)
class NextStep:
    """What is recommended, and the sentence that says so."""

    action: Action
    sentence: str


@dataclass(frozen=True, slots=True)
class StepFacts:
    """What the rules look at; texts are one line of visible characters.

    `change` is the change that the record supports best, as `release iOS 38.2.0`, and `change_share` the share of the excess in its
    scope. `known` is the title of the known issue, `key` its Jira key, `workaround` whether agents have one, `beyond` whether it
    alerted beyond its own envelope. `launch` is the launch whose plan was exceeded.
    """

    open: bool
    missing: bool = False
    place: str = ""
    change: str | None = None
    change_share: float = 0.0
    known: str | None = None
    key: str | None = None
    workaround: bool = False
    fixed: bool = False
    regressed: bool = False
    beyond: bool = False
    launch: str | None = None
    new: bool = False
    excess: float = 0.0
    escalated_share: float | None = None


def next_step(facts: StepFacts) -> NextStep:
    """Recommend one step: the first rule that applies."""
    for rule in (_missing, _known, _change, _launch):
        step = rule(facts)
        if step is not None:
            return step
    return _unexplained(facts)


def _missing(facts: StepFacts) -> NextStep | None:
    if not facts.missing:
        return None
    place = f" from {facts.place}" if facts.place else ""
    if facts.open:
        return NextStep(
            Action.CHECK_INTAKE,
            f"Check that tickets{place} still reach you: an intake that fails looks like a quiet day.",
        )
    return NextStep(Action.WATCH, "Tickets come again: check once whether those of the gap are still to arrive.")


def _known(facts: StepFacts) -> NextStep | None:
    if facts.known is None:
        return None
    named = facts.key or f"“{facts.known}”"
    if facts.regressed:
        return NextStep(Action.REOPEN, f"Reopen {named}: tickets are back after the fix.")
    if facts.beyond:
        return NextStep(
            Action.ESCALATE_KNOWN_ISSUE,
            f"Ask the owner of {named} for a new date: volume is beyond what was flagged.",
        )
    if not facts.workaround:
        return NextStep(Action.EXTEND_SOP, f"Add a workaround to {named}: agents have none to offer.")
    if facts.fixed:
        return NextStep(Action.CONFIRM_FIX, f"Confirm that the fix of {named} works before closing it.")
    return NextStep(Action.WATCH, f"Wait for {named}: it is within its envelope, and agents have a workaround.")


def _change(facts: StepFacts) -> NextStep | None:
    if facts.change is None or facts.change_share < LEAST_SHARE:
        return None
    if facts.open:
        return NextStep(Action.ASK_CHANGE_OWNER, f"Ask the owner of {facts.change} whether it can be rolled back now.")
    return NextStep(
        Action.ASK_CHANGE_OWNER,
        f"Ask the owner of {facts.change} what ended it, and flag the theme as a known issue until that is sure.",
    )


def _launch(facts: StepFacts) -> NextStep | None:
    if facts.launch is None:
        return None
    if facts.open:
        return NextStep(
            Action.COMPARE_PLAN,
            f"Ask who runs {facts.launch} what is going wrong, and plan agents for the rest of it.",
        )
    return NextStep(
        Action.COMPARE_PLAN,
        f"Take this excess into the plan of the next launch like {facts.launch}, and flag it as a known issue if it was a fault.",
    )


def _unexplained(facts: StepFacts) -> NextStep:
    if facts.escalated_share is not None and facts.escalated_share >= ESCALATED_SHARE:
        return NextStep(
            Action.EXTEND_SOP,
            "Give agents an answer first: many of these tickets are escalated, and no cause is known.",
        )
    if facts.open:
        return NextStep(
            Action.FIND_CAUSE,
            "Read the quotes, name an owner and flag it as a known issue: nothing on record explains it.",
        )
    if facts.new:
        return NextStep(Action.FLAG, "Flag it as a known issue, or archive it if it was a single event.")
    if facts.excess >= LARGE_EXCESS:
        return NextStep(
            Action.FLAG,
            "Find out what ended it, and flag it as a known issue until that is known: it is over, and nothing on record explains it.",
        )
    return NextStep(Action.WATCH, "Wait and watch: it is over, and nothing on record explains it.")
