"""Plain verdicts: whether something signalled and whether anybody was alerted, in one sentence that begins with yes or no.

Pages, the command line and the JSON API take the wording from here. Figures in detail are in `sentences`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from models.alert import Gate
from models.decision_path import StageName, StageResult
from models.formats import counted
from models.segment import EVERYTHING, Segment
from models.spike import SpikeKind
from models.spikes.explain.explanation import SignalExplanation, SignalVerdict, WindowTest

RAREST = 1e-6
"""Chances below it are written as less than it: what is rarer cannot be distinguished by anybody."""

_LATER = (StageName.GROUPING, StageName.ROUTING, StageName.QUIET_HOURS, StageName.DELIVERY)
"""Stages after an alert was opened: they delay a message, or join it to another one."""


@dataclass(frozen=True, slots=True)
class PlainVerdict:
    """An answer for a person: `yes`, and the sentence that gives it with the first reason."""

    yes: bool
    sentence: str

    def as_json(self) -> dict[str, Any]:
        """Write it as `--json` prints it."""
        return {"yes": self.yes, "sentence": self.sentence}


@dataclass(frozen=True, slots=True, kw_only=True)
class EpisodeCounts:
    """What a verdict says of an episode. p_value: chance of as much by chance, in [0, 1]; None where no test was made."""

    observed: int
    expected: float
    p_value: float | None = None
    kind: str = SpikeKind.SPIKE
    segment: Segment = EVERYTHING


def odds(p_value: float) -> str:
    """Write a chance as people say it: `1 in 10,000`, `less than 1 in 1,000,000`, `better than 1 in 2`."""
    if p_value > 0.5:
        return "better than 1 in 2"
    if p_value < RAREST:
        return f"less than 1 in {1 / RAREST:,.0f}"
    whole = 1 / p_value
    # Two digits say all that a chance is good for, and beyond a thousand one.
    digits = 0 if whole < 100 else -(len(str(int(whole))) - (2 if whole < 1000 else 1))
    return f"1 in {round(whole, digits):,.0f}"


def usual(expected: float) -> str:
    """Write how many tickets were expected: `6`, `0.4`, `almost none`."""
    if expected < 0.05:
        return "almost none"
    return f"{expected:,.0f}" if expected >= 3 or float(expected).is_integer() else f"{expected:.1f}"


def seen(figures: EpisodeCounts) -> str:
    """Write what came: `41 tickets where 6 were expected, in region=BR; chance of that 1 in 10,000`."""
    few = figures.kind == SpikeKind.MISSING_VOLUME
    expected = usual(figures.expected)
    where = "" if figures.segment == EVERYTHING else f", in {_place(figures.segment)}"
    tail = (
        "" if figures.p_value is None or figures.p_value >= 1 else f"; chance of {'as few' if few else 'that'} {odds(figures.p_value)}"
    )  # fmt: skip
    verb = "was" if expected == "1" else "were"
    return (
        f"{'only ' if few else ''}{counted(figures.observed, 'ticket')} where {expected} {verb} expected{where}{tail}"
    )


def verdict_of_episode(
    figures: EpisodeCounts, gate: str | None, reported_by: int | None = None, reason: str | None = None
) -> PlainVerdict:
    """Say whether an episode was reported.

    Parameters
    ----------
    gate: what withheld its alert; None where nothing did. reported_by: the alert that was opened of it.
    reason: what the stage that withheld it found, as the end of a sentence; without it the gate's own reason is given.
    """
    if gate is not None:
        return _no(f"No: {reason or because(gate)}. {_capital(seen(figures))}.")
    alone = "" if reported_by is not None else " No alert was opened of it alone."
    return _yes(f"Yes, it signalled: {seen(figures)}.{alone}")


def verdict_of_alert(
    stages: Iterable[StageResult], reason: str, figures: EpisodeCounts | None = None, *, opened: bool = True
) -> PlainVerdict:
    """Say whether a signal reached people: the first stage that withheld it, else what came.

    Parameters
    ----------
    stages: what each stage found, in order. reason: the sentence of the alert, for signals that are no episode.
    opened: whether an alert was opened of it.
    """
    found = tuple(stages)
    what = _sentence_of(reason) if figures is None else seen(figures)
    refused = next((one for one in found if one.passed is False and (one.stage not in _LATER or not opened)), None)
    if refused is not None or not opened:
        why = "nobody was alerted" if refused is None else withheld(refused)
        return _no(f"No: {why}. {_capital(what)}.")
    waits = next((one for one in found if one.passed is False), None)
    tail = "" if waits is None else f" Not all of its messages have gone out: {waits.reason}."
    return _yes(f"Yes, it signalled: {what}.{tail}")


def verdict_of_theme(opened: EpisodeCounts | None, gate: str | None, *, ever: bool) -> PlainVerdict:
    """Say whether the detector signals a theme now.

    Parameters
    ----------
    opened: its most severe open episode; None where none is open. gate: what withheld the alert of that.
    ever: whether an episode of it is recorded at all.
    """
    if opened is not None:
        alone = "" if gate is None else f" Nobody was alerted: {because(gate)}."
        return _yes(f"Yes, it signals: {seen(opened)}.{alone}")
    return _no("No, it does not signal now." if ever else "No, it does not signal now, and no spike of it is recorded.")


def verdict_of_test(why: SignalExplanation) -> PlainVerdict:
    """Say whether a theme signalled at the end of an epoch, from the detector's own explanation."""
    finding = why.finding
    if finding is not None and why.verdict in (SignalVerdict.SIGNAL, SignalVerdict.GOING_ON, SignalVerdict.ENDED):
        figures = EpisodeCounts(
            observed=finding.observed, expected=finding.expected, p_value=finding.p_value, kind=finding.kind,
            segment=finding.segment,
        )  # fmt: skip
        if why.verdict is SignalVerdict.ENDED:
            return _no(f"No longer: it was over. {_capital(seen(figures))}.")
        since = "it signalled" if why.verdict is SignalVerdict.SIGNAL else "it was signalling already"
        if finding.gate is not None:
            return _no(f"No: {because(finding.gate)}. {_capital(seen(figures))}.")
        return _yes(f"Yes, {since}: {seen(figures)}.")
    return _no(f"No: {_obstacle(why)}.")


def because(gate: str) -> str:
    """Write the reason of a gate as the end of a sentence; a gate of another version stays as it is named."""
    return Gate(gate).because if gate in set(Gate) else gate.replace("_", " ")


def withheld(stage: StageResult) -> str:
    """Write what a stage that withheld a signal found: the plain reason of its gate, then its figures."""
    if stage.gate is None:
        return stage.reason
    plain = because(stage.gate)
    return plain if stage.reason in ("", plain) else f"{plain} ({stage.reason})"


def _yes(sentence: str) -> PlainVerdict:
    return PlainVerdict(yes=True, sentence=sentence)


def _no(sentence: str) -> PlainVerdict:
    return PlainVerdict(yes=False, sentence=sentence)


def _together(why: SignalExplanation) -> str:
    """Write with which themes one is tested that has no signal of its own."""
    if why.verdict == SignalVerdict.POOLED and why.finding is not None:
        return f"not on its own; it rises together with theme {why.finding.theme_id}, which has the spike"
    others = ", ".join(f"theme {one}" for one in why.with_themes if one != why.theme_id) or "another theme"
    return f"not on its own; a launch's plan tests it together with {others}"


def _obstacle(why: SignalExplanation) -> str:
    """Write what prevented a signal, as the end of a sentence."""
    if why.verdict in (SignalVerdict.SHARES_ENVELOPE, SignalVerdict.POOLED):
        return _together(why)
    if why.verdict == SignalVerdict.SUPPRESSED:
        return _suppressed(why)
    strongest = _strongest(why)
    if why.verdict == SignalVerdict.CHANCE and strongest is not None:
        needs = "" if why.tested is None or not why.tested.tests else f", and a signal needs {odds(why.tested.needed)}"
        p_value = strongest.p_value if why.tested is None else why.tested.p_value
        return f"chance explains {_counts(strongest)}; chance of that {odds(p_value)}{needs}"
    if why.verdict == SignalVerdict.NOT_ABOVE and strongest is not None:
        return f"there were not more tickets than expected; {_counts(strongest)}"
    if why.verdict == SignalVerdict.FEW_TICKETS and strongest is not None:
        most = max(one.observed for one in why.windows)
        return f"there were too few tickets to test; {counted(most, 'ticket')} came, and {why.min_tickets} are needed"
    return {
        SignalVerdict.UNKNOWN_THEN: "it held no ticket then",
        SignalVerdict.WARMUP: f"nothing was tested yet; there were {why.history_hours} hours of history, and {why.warmup_hours} are "
        "needed",
        SignalVerdict.PLANNED: "a launch lifts all themes, so that its plan alone judges their sum",
        SignalVerdict.FEW_TICKETS: "there were too few tickets to test",
        SignalVerdict.NOT_ABOVE: "there were not more tickets than expected",
    }.get(why.verdict, "chance explains what came")


def _suppressed(why: SignalExplanation) -> str:
    signal = why.suppressed
    if signal is not None and signal.least > signal.severity:
        return (
            f"an episode ended lately, and another one needs severity {signal.least:.0f}; it had {signal.severity:.0f}, "
            f"chance of that {odds(signal.p_value)}"
        )
    tickets = "" if signal is None else f"; {counted(signal.observed, 'ticket')} came, and {why.min_tickets} are needed"
    return f"too few tickets came since the rise began{tickets}"


def _strongest(why: SignalExplanation) -> WindowTest | None:
    return min(why.windows, key=lambda one: (one.p_value, one.start), default=None)


def _counts(window: WindowTest) -> str:
    return seen(EpisodeCounts(observed=window.observed, expected=window.expected))


def _place(segment: Segment) -> str:
    return ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in segment.pairs)


def _sentence_of(reason: str) -> str:
    return reason.strip().rstrip(".") or "it passed every stage"


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
