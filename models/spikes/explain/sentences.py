"""What `why` found, in plain sentences."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from models.bucket import BUCKETS_PER_DAY, BUCKETS_PER_HOUR, start_of
from models.segment import EVERYTHING
from models.spikes.series import ALL_TICKETS

if TYPE_CHECKING:
    from models.spikes.explain.why import PlanEnvelope, SignalExplanation, TestedSeries, WindowTest


def sentences(why: SignalExplanation) -> tuple[str, ...]:
    """The verdict, then the figures that it rests on."""
    return (_verdict(why), *_details(why))


def chance(p_value: float) -> str:
    """A p-value as people read it: `.04`, `.0004`, `3e-09`."""
    if p_value >= 0.995:
        return "1"
    if p_value >= 0.095:
        return f"{p_value:.2f}".removeprefix("0")
    if p_value < 1e-5:
        return f"{p_value:.0e}"
    return f"{p_value:.{max(2, -_exponent(p_value))}f}".removeprefix("0")


def _exponent(value: float) -> int:
    return int(f"{value:e}".partition("e")[2])


def _verdict(why: SignalExplanation) -> str:
    whose = "All tickets" if why.theme_id == ALL_TICKETS else f"Theme {why.theme_id}"
    at = f"{start_of(why.end):%Y-%m-%d %H:%M} UTC"
    told = {
        "signal": f"{whose} signalled at {at}: {_episode(why)}.",
        "going_on": f"{whose} was in an episode at {at}, which went on: {_episode(why)}.",
        "ended": f"The episode of {_lower(whose)} ended at {at}: {_episode(why)}.",
        "warmup": (
            f"Nothing is tested at {at}: the baseline had {why.history_hours} hours of history and needs {why.warmup_hours}."
        ),
        "unknown_then": f"{whose} did not signal at {at}: it held no ticket then.",
        "shares_envelope": (
            f"{whose} did not signal at {at} on its own: a launch's plan judges it together with "
            f"{_themes(one for one in why.with_themes if one != why.theme_id)}, which told of it or was held back."
        ),
        "planned": f"{whose} did not signal at {at}: a launch lifts all themes, so that their sum is judged by the plan alone.",
        "few_tickets": f"{whose} did not signal at {at}: fewer than {why.min_tickets} tickets in the longest window.",
        "not_above": f"{whose} did not signal at {at}: no window with {why.min_tickets} tickets holds more than expected.",
        "chance": f"{whose} did not signal at {at}: chance explains it.",
    }  # fmt: skip
    return told[why.verdict] if why.verdict != "held" else _held(why, whose, at)


def _lower(whose: str) -> str:
    return whose[0].lower() + whose[1:]


def _themes(numbers: Iterator[int]) -> str:
    return ", ".join(f"theme {number}" for number in numbers) or "another theme"


def _held(why: SignalExplanation, whose: str, at: str) -> str:
    held = why.held
    assert held is not None  # noqa: S101 - the verdict `held` says so
    if held.least > held.severity:
        return (
            f"{whose} did not signal at {at}: p {chance(held.p_value)} was enough, but an episode ended lately, and another one "
            f"needs severity {held.least:.0f}; it had {held.severity:.0f}."
        )
    return (
        f"{whose} did not signal at {at}: p {chance(held.p_value)} was enough, but only {held.observed} tickets came since "
        f"the rise began, of {why.min_tickets} that an episode needs."
    )


def _episode(why: SignalExplanation) -> str:
    one = why.finding
    if one is None:
        return ""
    where = "" if one.segment == EVERYTHING else f" in {one.segment}"
    plan = f" of the plan of {one.launch_id}" if one.launch_id else ""
    return (
        f"{one.observed} tickets{where} since {start_of(one.start):%Y-%m-%d %H:%M} UTC where {amount(one.expected)}{plan} were "
        f"expected, p {chance(one.p_value)}"
    )


def _details(why: SignalExplanation) -> Iterator[str]:
    if why.windows:
        yield _strongest(why)
    if why.tested is not None and why.tested.tests:
        yield _level(why, why.tested)
    if why.nearest is not None and why.verdict == "chance" and why.nearest.p_value < 1:
        yield (
            f"Of its other series {why.nearest.segment} came nearest: p {chance(why.nearest.p_value)}; needs "
            f"{chance(why.nearest.needed)}."
        )
    if why.more is not None:
        more = "ticket" if why.more == 1 else "tickets"
        buckets = why.windows[0].end - why.windows[0].start
        yield f"{why.more} more {more} in the last {buckets * 5} minutes would have signalled."
    if why.growth is not None:
        told = f"p {chance(why.growth.p_value)}; needs {chance(why.growth.needed)}"
        yield f"Slow growth over the last 1, 3 and 7 days has {told}."
    if why.missing is not None and why.missing.p_value < 1:
        where = "" if why.missing.segment == EVERYTHING else f" in {why.missing.segment}"
        yield f"Missing volume{where} has p {chance(why.missing.p_value)}; needs {chance(why.missing.needed)}."
    for envelope in why.envelopes:
        yield _plan(envelope, of_all=why.theme_id == ALL_TICKETS)
    if why.latch is not None and why.verdict != "held":
        yield (
            f"An episode of it ended at {start_of(why.latch.ended):%Y-%m-%d %H:%M} UTC: until "
            f"{start_of(why.latch.until):%Y-%m-%d %H:%M} UTC another one needs severity {why.latch.least:.0f}."
        )
    if why.finding is not None and why.finding.gate == "learning":
        yield "The stream was in its learning period: the episode is kept and carries the gate `learning`."


def _strongest(why: SignalExplanation) -> str:
    window = min(why.windows, key=lambda one: (one.p_value, one.start))
    where = "" if why.segment == EVERYTHING else f" in {why.segment}"
    planned = f", {amount(window.planned)} of them planned" if abs(window.planned) >= 0.05 else ""
    told = f"p {chance(window.p_value)}" if window.p_value < 1 else "no more than chance brings"
    return (
        f"The {_span(window)} window{where} holds {window.observed} against {amount(window.expected)} expected{planned} "
        f"(95 % of the time {window.low:.0f} to {window.high:.0f}), {told}."
    )


def _level(why: SignalExplanation, tested: TestedSeries) -> str:
    made = {"total": "totals of themes", "segment": "segments", "all": "sums of all tickets", "envelope": "plans",
        "growth": "themes", "missing": "series",
    }  # fmt: skip
    among = f" among {tested.tests:,} {made[tested.family]}" if tested.tests > 1 else ""
    return (
        f"All windows together have p {chance(tested.p_value)}; a signal needs {chance(tested.needed)}{among}, at "
        f"{why.budget:g} expected false alerts a week."
    )


def _plan(one: PlanEnvelope, *, of_all: bool) -> str:
    where = "" if one.segment == EVERYTHING else f" in {one.segment}"
    tested = "" if one.p_value is None else f", p {chance(one.p_value)}; needs {chance(one.needed or 0.0)}"
    near = (
        ""
        if one.near is None
        else f", {one.near} where {amount(one.near_expected or 0.0)} were planned nearest to its text"
    )
    if one.common is not None:
        whose = "All themes have" if of_all else "The other themes have"
        led = "plans" if of_all else "and the other themes lead to expect"
        return (
            f"Launch {one.launch_id} {led} {amount(one.expected)}{where} since {start_of(one.start):%Y-%m-%d %H:%M} UTC "
            f"(95 % of the time {one.low:.0f} to {one.high:.0f}); {one.observed} came{tested}. {whose} "
            f"{one.common.sentence}."
        )
    return (
        f"Launch {one.launch_id} plans {amount(one.expected)}{where} since {start_of(one.start):%Y-%m-%d %H:%M} UTC "
        f"(95 % of the time {one.low:.0f} to {one.high:.0f}); {one.observed} came{near}{tested}."
    )


def amount(tickets: float) -> str:
    """An expected number of tickets: one decimal where it says something."""
    if tickets < 0.05:
        return "almost none"
    return f"{tickets:,.0f}" if tickets >= 100 else f"{tickets:.1f}"


def _span(window: WindowTest) -> str:
    buckets = window.end - window.start
    if buckets < BUCKETS_PER_HOUR:
        return f"{buckets * 5}-minute"
    if buckets < BUCKETS_PER_DAY:
        return f"{buckets / BUCKETS_PER_HOUR:g}-hour"
    return f"{buckets / BUCKETS_PER_DAY:g}-day"
