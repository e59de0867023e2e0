"""Sentences: an explanation in plain words."""

from __future__ import annotations

from collections.abc import Iterator

from models.alert import Gate
from models.bucket import BUCKETS_PER_DAY, BUCKETS_PER_HOUR, start_of
from models.formats import amount, utc_minute
from models.segment import EVERYTHING, Segment
from models.spikes.episodes.episode import Finding
from models.spikes.explain.explanation import (
    PlanEnvelope,
    SignalExplanation,
    SignalVerdict,
    TestedSeries,
    WindowTest,
)
from models.spikes.outcome import Family
from models.theme import ALL_TICKETS

_TESTED_AMONG = {
    Family.TOTAL: "totals of themes",
    Family.SEGMENT: "segments",
    Family.ALL: "sums of all tickets",
    Family.ENVELOPE: "plans",
    Family.GROWTH: "themes",
    Family.POOLED: "groups of small themes",
    Family.MISSING: "series",
}


def sentences(why: SignalExplanation) -> tuple[str, ...]:
    """Write the verdict, then the figures on which it is based."""
    return (_verdict(why), *_details(why))


def chance(p_value: float) -> str:
    """Format a p-value for readers: `.04`, `.0004`, `3e-09`."""
    if p_value >= 0.995:
        return "1"
    if p_value >= 0.095:
        return f"{p_value:.2f}".removeprefix("0")
    if p_value < 1e-5:
        return f"{p_value:.0e}"
    return f"{p_value:.{max(2, -_exponent(p_value))}f}".removeprefix("0")


def _exponent(value: float) -> int:
    return int(f"{value:e}".partition("e")[2])


def _time(bucket: int) -> str:
    return utc_minute(start_of(bucket))


def _within(segment: Segment) -> str:
    return "" if segment == EVERYTHING else f" in {segment}"


def _verdict(why: SignalExplanation) -> str:
    subject = "All tickets" if why.theme_id == ALL_TICKETS else f"Theme {why.theme_id}"
    at = _time(why.end)
    if why.verdict == SignalVerdict.SIGNAL:
        return f"{subject} signalled at {at}: {_episode(why)}."
    if why.verdict == SignalVerdict.GOING_ON:
        return f"{subject} was in an episode at {at}, which went on: {_episode(why)}."
    if why.verdict == SignalVerdict.ENDED:
        return f"The episode of {subject[0].lower()}{subject[1:]} ended at {at}: {_episode(why)}."
    if why.verdict == SignalVerdict.WARMUP:
        return (
            f"Nothing is tested at {at}: the baseline had {why.history_hours} hours of history and needs "
            f"{why.warmup_hours}."
        )
    return f"{subject} did not signal at {at}{_obstacle(why)}."


def _obstacle(why: SignalExplanation) -> str:
    """Write what prevented a signal, as the end of a sentence."""
    if why.verdict == SignalVerdict.SUPPRESSED:
        return f": {_suppressed(why)}"
    if why.verdict == SignalVerdict.SHARES_ENVELOPE:
        others = ", ".join(f"theme {one}" for one in why.with_themes if one != why.theme_id) or "another theme"
        return f" on its own: a launch's plan judges it together with {others}, which signalled or was held back"
    if why.verdict == SignalVerdict.POOLED and why.finding is not None:
        return f" on its own: it rises together with theme {why.finding.theme_id}, which holds the episode: {_episode(why)}"
    return {
        SignalVerdict.UNKNOWN_THEN: ": it held no ticket then",
        SignalVerdict.PLANNED: ": a launch lifts all themes, so that their sum is judged by the plan alone",
        SignalVerdict.FEW_TICKETS: f": fewer than {why.min_tickets} tickets in the longest window",
        SignalVerdict.NOT_ABOVE: f": no window with {why.min_tickets} tickets holds more than expected",
        SignalVerdict.CHANCE: ": chance explains it",
    }[why.verdict]


def _suppressed(why: SignalExplanation) -> str:
    signal = why.suppressed
    assert signal is not None  # noqa: S101 - the verdict requires it
    if signal.least > signal.severity:
        return (
            f"p {chance(signal.p_value)} was enough, but an episode ended lately, and another one needs severity "
            f"{signal.least:.0f}; it had {signal.severity:.0f}"
        )
    return (
        f"p {chance(signal.p_value)} was enough, but only {signal.observed} tickets came since the rise began, of "
        f"{why.min_tickets} that an episode needs"
    )


def _episode(why: SignalExplanation) -> str:
    one = why.finding
    if one is None:
        return ""
    plan = f" of the plan of {one.launch_id}" if one.launch_id else ""
    return (
        f"{one.observed} tickets{_within(one.segment)} since {_time(one.start)} where {amount(one.expected)}{plan} were "
        f"expected{_pooled(one)}, p {chance(one.p_value)}"
    )


def _pooled(one: Finding) -> str:
    together = one.launch_id is None and len(one.theme_ids) > 1
    return f" in {len(one.theme_ids)} similar small themes together" if together else ""


def _details(why: SignalExplanation) -> Iterator[str]:
    yield from _of_windows(why)
    if why.growth is not None:
        figures = f"p {chance(why.growth.p_value)}; needs {chance(why.growth.needed)}"
        yield f"Slow growth over the last 1, 3 and 7 days has {figures}."
    if why.pooled is not None and why.pooled.p_value < 1:
        figures = f"p {chance(why.pooled.p_value)}; needs {chance(why.pooled.needed)}"
        yield f"With the small themes that are similar, over up to a day{_within(why.pooled.segment)}, it has {figures}."
    if why.missing is not None and why.missing.p_value < 1:
        figures = f"p {chance(why.missing.p_value)}; needs {chance(why.missing.needed)}"
        yield f"Missing volume{_within(why.missing.segment)} has {figures}."
    for envelope in why.envelopes:
        yield _plan(envelope, of_all=why.theme_id == ALL_TICKETS)
    if why.latch is not None and why.verdict != SignalVerdict.SUPPRESSED:
        yield (
            f"An episode of it ended at {_time(why.latch.ended)}: until {_time(why.latch.until)} another one needs "
            f"severity {why.latch.least:.0f}."
        )
    if why.finding is not None and why.finding.gate == Gate.LEARNING_PERIOD_LASTS:
        yield "The stream was in its learning period: the episode is kept and carries the gate `learning_period_lasts`."


def _of_windows(why: SignalExplanation) -> Iterator[str]:
    if why.windows:
        yield _strongest(why)
    if why.tested is not None and why.tested.tests:
        yield _level(why, why.tested)
    if why.nearest is not None and why.verdict == SignalVerdict.CHANCE and why.nearest.p_value < 1:
        yield (
            f"Of its other series {why.nearest.segment} came nearest: p {chance(why.nearest.p_value)}; needs "
            f"{chance(why.nearest.needed)}."
        )
    if why.more is not None:
        more = "ticket" if why.more == 1 else "tickets"
        buckets = why.windows[0].end - why.windows[0].start
        yield f"{why.more} more {more} in the last {buckets * 5} minutes would have signalled."


def _strongest(why: SignalExplanation) -> str:
    window = min(why.windows, key=lambda one: (one.p_value, one.start))
    planned = f", {amount(window.planned)} of them planned" if abs(window.planned) >= 0.05 else ""
    p_value = f"p {chance(window.p_value)}" if window.p_value < 1 else "no more than chance brings"
    return (
        f"The {_length(window)} window{_within(why.segment)} holds {window.observed} against {amount(window.expected)} "
        f"expected{planned} (95 % of the time {window.low:.0f} to {window.high:.0f}), {p_value}."
    )


def _level(why: SignalExplanation, tested: TestedSeries) -> str:
    among = f" among {tested.tests:,} {_TESTED_AMONG[tested.family]}" if tested.tests > 1 else ""
    return (
        f"All windows together have p {chance(tested.p_value)}; a signal needs {chance(tested.needed)}{among}, at "
        f"{why.budget:g} expected false alerts a week."
    )


def _plan(one: PlanEnvelope, *, of_all: bool) -> str:
    tested = "" if one.p_value is None else f", p {chance(one.p_value)}; needs {chance(one.needed or 0.0)}"
    expected = (
        f"{amount(one.expected)}{_within(one.segment)} since {_time(one.start)} (95 % of the time {one.low:.0f} to "
        f"{one.high:.0f}); {one.observed} came"
    )
    if one.common is not None:
        others = "All themes have" if of_all else "The other themes have"
        led = "plans" if of_all else "and the other themes lead to expect"
        return f"Launch {one.launch_id} {led} {expected}{tested}. {others} {one.common.sentence}."
    nearest = ""
    if one.nearest is not None:
        planned = amount(one.nearest_expected or 0.0)
        nearest = f", {one.nearest} where {planned} were planned nearest to its text"
    return f"Launch {one.launch_id} plans {expected}{nearest}{tested}."


def _length(window: WindowTest) -> str:
    buckets = window.end - window.start
    if buckets < BUCKETS_PER_HOUR:
        return f"{buckets * 5}-minute"
    if buckets < BUCKETS_PER_DAY:
        return f"{buckets / BUCKETS_PER_HOUR:g}-hour"
    return f"{buckets / BUCKETS_PER_DAY:g}-day"
