"""The verdict on a launch: inside its plan, to be watched, or outside its plan, with the reasons in sentences."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum

from models.formats import counted, figure
from models.plan_position import PlanPosition, PlanVerdict
from models.spike import SpikeKind

STALE_AFTER = timedelta(minutes=20)
"""A running launch whose newest ticket is older than this is not seen as it is."""

NEWCOMER_TICKETS = 5
"""A theme that is new since the launch began is a reason to look from so many tickets on."""

SENTENCES = 4
"""Themes or signals of one kind that have a sentence of their own; the others are counted."""


class LaunchLevel(StrEnum):
    """What a glance at a launch must say; the values are shown to people."""

    NOT_BEGUN = "not begun"
    UNPLANNED = "no plan to compare with"
    INSIDE = "inside plan"
    WATCH = "watch"
    OUTSIDE = "outside plan"


class ReasonWeight(StrEnum):
    """What a reason does to the verdict."""

    NOTE = "note"
    WATCH = "watch"
    OUTSIDE = "outside"


@dataclass(frozen=True, slots=True)
class VerdictReason:
    """One sentence that a verdict is founded on."""

    weight: ReasonWeight
    sentence: str


@dataclass(frozen=True, slots=True)
class NamedPosition:
    """A theme of the plan, and where it is against its envelope."""

    name: str
    position: PlanPosition


@dataclass(frozen=True, slots=True)
class OpenSignal:
    """An open spike: `own` where it is one of the launch's own plan, `in_scope` where most of it is inside the scope."""

    name: str
    kind: str
    own: bool
    in_scope: bool
    observed: int
    expected: float


@dataclass(frozen=True, slots=True, kw_only=True)
class LaunchSituation:
    """What is known of a launch at one time.

    Parameters
    ----------
    begun, over: where the newest event time is in relation to the window.
    planned: whether the plan has lines. total: all that the plan means, against its envelope.
    themes: the themes that the plan means. signals: the spikes that are open; once the launch is over, those of its window.
    newcomers: themes that appeared since the launch began, with their tickets. rising: themes outside the plan above their band.
    scoped: whether the launch has a scope, so that there is an outside.
    silent_for: age of the newest ticket, None where it does not matter.
    """

    begun: bool = True
    over: bool = False
    planned: bool = True
    total: PlanPosition = field(default_factory=lambda: PlanPosition(0, None))
    themes: Sequence[NamedPosition] = ()
    signals: Sequence[OpenSignal] = ()
    newcomers: Sequence[tuple[str, int]] = ()
    rising: Sequence[NamedPosition] = ()
    scoped: bool = True
    silent_for: timedelta | None = None


@dataclass(frozen=True, slots=True)
class LaunchVerdict:
    """The verdict, and its reasons: the weightiest first."""

    level: LaunchLevel
    reasons: tuple[VerdictReason, ...]

    def as_json(self) -> dict[str, object]:
        """Write the verdict as the JSON interface shows it."""
        reasons = [{"weight": one.weight.value, "sentence": one.sentence} for one in self.reasons]
        return {"verdict": self.level.value, "reasons": reasons}


def verdict_of(situation: LaunchSituation) -> LaunchVerdict:
    """Judge a launch.

    It is outside its plan where the total is outside its envelope, or the detector has an open signal against the plan. It is to be
    watched where a theme is outside its own envelope, something else signals or rises meanwhile, a new theme has gathered tickets, or
    no ticket has come for a while. A ratio alone never makes it worse than that.
    """
    if not situation.begun:
        reason = VerdictReason(ReasonWeight.NOTE, "No ticket of its window has come yet.")
        return LaunchVerdict(LaunchLevel.NOT_BEGUN, (reason,))
    order = list(ReasonWeight)
    found = [*_of_total(situation), *_of_signals(situation), *_of_themes(situation), *_of_others(situation)]
    reasons = tuple(sorted(found, key=lambda one: -order.index(one.weight)))
    weights = {one.weight for one in reasons}
    if ReasonWeight.OUTSIDE in weights:
        level = LaunchLevel.OUTSIDE
    elif ReasonWeight.WATCH in weights:
        level = LaunchLevel.WATCH
    elif situation.total.envelope is None:
        level = LaunchLevel.UNPLANNED
    else:
        level = LaunchLevel.INSIDE
    return LaunchVerdict(level, reasons)


def _of_total(situation: LaunchSituation) -> Iterator[VerdictReason]:
    total, so_far = situation.total, "" if situation.over else " so far"
    if total.envelope is None:
        said = (
            "The plan has no envelope yet: none of its themes has had an hour of the window with a usual volume."
            if situation.planned
            else "No lift is planned, so there is nothing to compare the volume with but the usual."
        )
        yield VerdictReason(ReasonWeight.NOTE, said)
        return
    limits = f"{figure(total.envelope.low)} to {figure(total.envelope.high)}"
    numbers = f"{counted(total.actual, 'ticket')}{so_far} where {figure(total.envelope.mean)} were planned ({limits})"
    if total.verdict == PlanVerdict.INSIDE:
        yield VerdictReason(ReasonWeight.NOTE, f"The total is inside its envelope: {numbers}.")
    else:
        side = "above" if total.verdict == PlanVerdict.ABOVE else "below"
        yield VerdictReason(ReasonWeight.OUTSIDE, f"The total is {side} its envelope: {numbers}.")


def _of_signals(situation: LaunchSituation) -> Iterator[VerdictReason]:
    own = [one for one in situation.signals if one.own]
    yield from _some(
        [VerdictReason(ReasonWeight.OUTSIDE, _own_signal(one, over=situation.over)) for one in own],
        "signal",
        "against the plan",
    )
    others = [one for one in situation.signals if not one.own]
    said = [VerdictReason(ReasonWeight.WATCH, _other_signal(one, situation)) for one in others]
    yield from _some(said, "spike", "meanwhile")


def _own_signal(one: OpenSignal, *, over: bool) -> str:
    numbers = f"{counted(one.observed, 'ticket')} where {figure(one.expected)} were planned"
    signals = "signalled" if over else "signals"
    if one.kind == SpikeKind.MISSING_VOLUME:
        return f"The detector {signals} that what was planned for {one.name} {'did' if over else 'does'} not come: {numbers}."
    return f"The detector {signals} that {one.name} {'exceeded' if over else 'exceeds'} the plan: {numbers}."


def _other_signal(one: OpenSignal, situation: LaunchSituation) -> str:
    numbers = f"{counted(one.observed, 'ticket')} where {figure(one.expected)} were expected"
    where = "" if not situation.scoped else ", inside the scope" if one.in_scope else ", outside the scope"
    missing = "missing volume of " if one.kind == SpikeKind.MISSING_VOLUME else ""
    return f"A spike that the plan does not mean {'was' if situation.over else 'is'} open{where}: {missing}{one.name}, {numbers}."


def _of_themes(situation: LaunchSituation) -> Iterator[VerdictReason]:
    for verdict, side in ((PlanVerdict.ABOVE, "above"), (PlanVerdict.BELOW, "below")):
        chosen = [one for one in situation.themes if one.position.verdict == verdict]
        said = [
            VerdictReason(ReasonWeight.WATCH, _theme(one, f"{side} its part of the plan", situation)) for one in chosen
        ]
        yield from _some(said, "theme", f"{side} their part of the plan")


def _of_others(situation: LaunchSituation) -> Iterator[VerdictReason]:
    rising = [
        VerdictReason(ReasonWeight.WATCH, _theme(one, "not in the plan and above what is expected of it", situation))
        for one in situation.rising
    ]
    yield from _some(rising, "theme", "not in the plan above what is expected of them")
    large = [(name, size) for name, size in situation.newcomers if size >= NEWCOMER_TICKETS]
    new = [
        VerdictReason(ReasonWeight.WATCH, f"{name} is new since it began and has {counted(size, 'ticket')}.")
        for name, size in large
    ]
    yield from _some(new, "new theme", "since it began")
    silent = situation.silent_for
    if silent is not None and not situation.over and silent > STALE_AFTER:
        minutes = int(silent.total_seconds() // 60)
        length = counted(minutes, "minute") if minutes < 120 else counted(minutes // 60, "hour")
        yield VerdictReason(ReasonWeight.WATCH, f"No ticket has come for {length}: this shows how it was then.")


def _theme(one: NamedPosition, what: str, situation: LaunchSituation) -> str:
    envelope = one.position.envelope
    limits = "" if envelope is None else f" where {figure(envelope.low)} to {figure(envelope.high)} were expected"
    return f"{one.name} {'was' if situation.over else 'is'} {what}: {counted(one.position.actual, 'ticket')}{limits}."


def _some(reasons: list[VerdictReason], noun: str, rest: str) -> Iterator[VerdictReason]:
    yield from reasons[:SENTENCES]
    left = len(reasons) - SENTENCES
    if left > 0:
        yield VerdictReason(reasons[0].weight, f"{counted(left, f'more {noun}')} {rest}.")
