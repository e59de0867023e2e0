"""Silences in an epoch: what an ended one hid is decided again, and their owners are reminded and sent reports."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from alerts.silences.messages import HiddenSummary, reminder_due, reminder_sentence, report_sentence
from models.alert import Gate
from models.decision_path import StageName
from models.silence import Silence
from models.theme import ALL_TICKETS
from models.times import rfc3339
from pipelines.context import EpochContext
from pipelines.ticket_mix import newest_mix
from store.decided_signals import DecidedSignal, is_newest, read_hidden
from store.outbox import enqueue
from store.silences import mark_reminded, mark_reported
from store.spikes import read_spikes

NEWS_FOR = timedelta(hours=24)
"""A theme that stayed too small for an alert for this long after its birth is not news any more."""


@dataclass(frozen=True, slots=True)
class Uncovered:
    """What ended silences hid and what still lasts: new themes whose decision was withheld, and open spikes."""

    themes: tuple[int, ...] = ()
    spikes: tuple[int, ...] = ()


def uncover(context: EpochContext) -> Uncovered:
    """Find what the silences that ended since the last epoch hid, as far as it was never alerted and still lasts."""
    hidden = read_hidden(context.connection, [one.silence_id for one in context.silences.ended])
    waiting = [one for one in hidden if one.gate is not None and is_newest(context.connection, one)]
    spikes = [
        one.spike_id
        for one in context.state.episodes.open()
        if context.silences.ended and one.gate in (Gate.SILENCED, Gate.MUTED)
    ]
    return Uncovered(tuple(one.theme_id for one in waiting if one.spike_id is None), tuple(spikes))


def report_silences(context: EpochContext) -> None:
    """Remind the owners of silences that end soon, and report what those that ended have hidden; each once."""
    end = context.window.end
    for silence in context.silences.active:
        due = reminder_due(silence, context.rules.alerts.silence_reminder)
        if due is not None and due <= end and silence.reminded_at is None:
            _send(context, silence, "silence_reminder", reminder_sentence)
            mark_reminded(context.connection, silence.silence_id, end)
    for silence in context.silences.ended:
        if silence.ends_at is not None and silence.ends_at > silence.starts_at:
            _send(context, silence, "silence_report", report_sentence)
        mark_reported(context.connection, silence.silence_id, end)


def _send(context: EpochContext, silence: Silence, kind: str, write: Callable[[Silence, HiddenSummary], str]) -> None:
    hidden = read_hidden(context.connection, [silence.silence_id])
    found = summary(context, hidden)
    payload = {
        "kind": kind, "silence_id": silence.silence_id, "owner": silence.owner, "reason": write(silence, found),
        "signals": found.signals, "themes": list(found.themes), "tickets": found.tickets, "lasting": found.lasting,
        "ends_at": rfc3339(silence.ends_at), "review_at": rfc3339(silence.review_at),
    }  # fmt: skip
    enqueue(
        context.connection, key=f"{kind}:{silence.silence_id}", kind="silence", audience=_audience(context, silence, hidden),
        payload=payload, sequence=f"silence:{silence.silence_id}",
    )  # fmt: skip


def summary(context: EpochContext, hidden: Sequence[DecidedSignal]) -> HiddenSummary:
    """Sum up hidden signals. A theme's own spikes do not overlap; all tickets and a theme's birth count where nothing else does."""
    ids = [one.spike_id for one in hidden if one.spike_id is not None]
    spikes = {one.spike_id: one for one in read_spikes(context.connection, spike_ids=ids)} if ids else {}
    by_theme = Counter[int]()
    births = Counter[int]()
    for one in hidden:
        spike = None if one.spike_id is None else spikes.get(one.spike_id)
        if spike is not None:
            by_theme[spike.theme_id] += spike.observed
        else:
            births[context.state.themes.survivor(one.theme_id)] = _tickets(one)
    for theme, tickets in births.items():
        by_theme.setdefault(theme, tickets)
    whole = by_theme[ALL_TICKETS] if set(by_theme) == {ALL_TICKETS} else 0
    names = [
        context.state.themes.name_of(theme)
        for theme, _ in sorted(by_theme.items(), key=lambda pair: (-pair[1], pair[0]))
    ]
    lasting = sum(spike.end is None for spike in spikes.values()) + sum(_is_news(context, one) for one in hidden)
    return HiddenSummary(
        signals=len(hidden), themes=tuple(names), lasting=lasting,
        tickets=whole or sum(n for theme, n in by_theme.items() if theme != ALL_TICKETS),
    )  # fmt: skip


def _is_news(context: EpochContext, decided: DecidedSignal) -> bool:
    record = context.state.themes.get(decided.theme_id) if decided.spike_id is None else None
    seen = None if record is None or not record.live else record.last_seen
    return seen is not None and context.window.end - seen <= NEWS_FOR


def _tickets(decided: DecidedSignal) -> int:
    found = next((one.value for one in decided.stages if one.stage is StageName.MINIMUM_TICKETS), None)
    return int(found) if isinstance(found, int | float) else 0


def _audience(context: EpochContext, silence: Silence, hidden: Sequence[DecidedSignal]) -> str:
    """Return who gets the messages about a silence: its owner where that is an audience, else whom it concerns."""
    ownership = context.rules.ownership
    known = {one.name for one in ownership.audiences}
    for name in (silence.owner, silence.matchers.audience):
        if name in known:
            return str(name)
    named = [one for one in silence.matchers.themes if isinstance(one, int)] or [one.theme_id for one in hidden]
    theme = context.state.themes.survivor(named[0]) if named else ALL_TICKETS
    mix = newest_mix(context.connection, theme, context.window.end)
    return ownership.audience_of(mix, theme, context.state.themes.name_of(theme)).name
