"""The causes of a spike or of missing volume, its evidence, and what it was explained from, written to the store."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import blake2b
from typing import Any

import numpy as np
from sqlalchemy import Connection

from models.causes import Cause, CauseInputs, Explanation, MissingVolume, PastSpike, explain
from models.causes.cause import EARLIER_SPIKE
from models.causes.missing import LOOK_AROUND, missing_since
from models.causes.sentences import called
from models.change import Change
from models.launch import Launch
from models.segment import Segment
from models.source_silence import ended_sentence, silence_sentence, source_of
from models.spike import SpikeKind
from models.spikes import Finding
from models.spikes.episodes.episode import EpisodeChange
from models.theme import ALL_TICKETS
from models.themes import representatives
from pipelines.context import EpochContext
from store.plans import read_changes
from store.spikes import StoredSpike, read_causes, read_ended_spikes, write_causes
from store.tickets import TicketAttributes, read_attributes, read_vectors

EVIDENCE = 5
REFERENCE_TICKETS = 1_000
"""Tickets from before the spike that say what is usual: enough for shares of one percent."""
BACKGROUND_TICKETS = 2_000
"""Tickets of all themes, which say what is usual where the theme itself is new."""
WINDOW_TICKETS = 5_000
PAST_SPIKES = 5
"""Earlier spikes of the theme that a spike is compared with, the newest."""
CHANGES_BACK = timedelta(days=2)
"""How long before a spike a change may be to be considered at all; the explanation weighs time itself."""
GUARD = timedelta(hours=6)
GROWTH = 1.5
"""An open spike is explained again each time it has grown by this factor: early figures are few."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Question:
    """What is to be explained.

    tickets: those since `since`, of some themes (none: of all). expected: how many of them are usual or planned.
    missing: the volume that does not come, where that is to be explained. onset: when it began, if later than `since`.
    changes, past: what may explain it: recorded changes, and earlier spikes of the themes.
    """

    tickets: Sequence[TicketAttributes]
    themes: Collection[int]
    since: datetime
    expected: float
    dispersion: float = 1.0
    missing: MissingVolume | None = None
    onset: datetime | None = None
    changes: Sequence[Change] = field(default=())
    past: Sequence[PastSpike] = field(default=())


def explain_spike(context: EpochContext, spike: StoredSpike, finding: Finding) -> StoredSpike:
    """Explain a spike where that is due, and write its causes. Returns the spike with its explanation.

    An explanation is due when the spike opened or closed, when it grew by half since it was last explained, and when a change or a
    launch arrived or was revised meanwhile, however late.
    """
    source = source_of(spike.segment)
    if source is not None:
        return _of_silence(context, spike, source)
    about = themes_read(spike, finding)
    changes = read_changes(context.connection, spike.start - CHANGES_BACK, context.window.end, about=about)
    recorded = fingerprint(changes, context.window.launches)
    if not is_due(spike, finding, recorded):
        return spike
    question = _question(context, spike, finding, changes)
    answer = _answer(context, question)
    write_causes(context.connection, spike.spike_id, [_row(cause) for cause in answer.causes])
    state = spike.state.with_(explained=size_of(spike), changes=recorded)
    if question.missing is not None:
        return spike.with_(verdict=answer.verdict, state=state)
    inside = [one for one in question.tickets if spike.segment.holds(one.attributes)]
    return spike.with_(
        evidence=_evidence(context, inside[-200:]),
        verdict=answer.verdict,
        state=state.with_(requesters=len({one.person for one in inside})),
    )


def _of_silence(context: EpochContext, spike: StoredSpike, source: str) -> StoredSpike:
    """Say what is known of a silent source; its tickets have no causes, since nobody knows them."""
    end = spike.end
    if end is None:
        return spike.with_(verdict=silence_sentence(source, spike.start, context.window.end, spike.expected))
    return spike.with_(verdict=ended_sentence(source, spike.start, end, spike.expected, spike.observed))


def explain_plan(context: EpochContext, spike: StoredSpike, launch: Launch, themes: Collection[int]) -> StoredSpike:
    """Explain why planned themes did not come, from the launch's start on, and write the causes.

    Parameters
    ----------
    spike: what was expected of the themes in its segment, and what came.
    themes: all that the line of the plan means.
    """
    end = context.window.end
    tickets = read_attributes(context.connection, themes, spike.start, end, WINDOW_TICKETS)
    missing = MissingVolume(spike.segment, spike.expected, launch_id=launch.launch_id)
    question = _Question(
        tickets=tickets,
        themes=tuple(themes),
        since=spike.start,
        expected=_expected_around(missing, tickets),
        missing=missing,
        changes=read_changes(context.connection, spike.start - CHANGES_BACK, end, about=themes),
    )
    answer = _answer(context, question)
    write_causes(context.connection, spike.spike_id, [_row(cause) for cause in answer.causes])
    return spike.with_(verdict=f"{spike.verdict} {answer.verdict}")


def is_due(spike: StoredSpike, finding: Finding, recorded: str) -> bool:
    """Tell whether a spike is to be explained anew; `recorded` is the `fingerprint` of the changes and launches known now."""
    before = spike.state.explained
    grown = before is None or size_of(spike) >= GROWTH * before
    return grown or finding.change == EpisodeChange.CLOSED or recorded != spike.state.changes


def size_of(spike: StoredSpike) -> float:
    """Return how large a spike has grown: its tickets, or those that are missing."""
    return spike.expected - spike.observed if spike.missing else spike.observed


def fingerprint(changes: Sequence[Change], launches: Sequence[Launch]) -> str:
    """Return what was recorded and planned as a short text that differs when any of it does."""
    known = [(one.change_id, one.kind, one.title, one.scope.key, one.time.isoformat()) for one in changes]
    planned = [(one.launch_id, one.scope.key, one.start.isoformat(), one.end.isoformat()) for one in launches]
    return blake2b(repr((known, planned)).encode(), digest_size=8).hexdigest()


def themes_read(spike: StoredSpike, finding: Finding) -> list[int]:
    """Return the themes whose tickets explain a spike; none, which means all tickets, for a spike of all tickets."""
    themes = sorted(finding.theme_ids or (spike.theme_id,))
    return [] if themes == [ALL_TICKETS] else themes


def _question(context: EpochContext, spike: StoredSpike, finding: Finding, changes: Sequence[Change]) -> _Question:
    """Return what a finding asks: why so many, or why so few in its segment."""
    connection, end = context.connection, spike.end or context.window.end
    themes = themes_read(spike, finding)
    tickets = read_attributes(connection, themes, spike.start, end, WINDOW_TICKETS)
    read = _share_read(finding, len(tickets))
    known: dict[str, Any] = {
        "tickets": tickets, "themes": themes, "since": spike.start, "dispersion": finding.dispersion, "changes": changes,
        "past": _past(context, spike, themes),
    }  # fmt: skip
    if finding.kind is not SpikeKind.MISSING_VOLUME:
        return _Question(expected=finding.total_expected * read, **known)
    near = read_attributes(connection, themes, spike.start - LOOK_AROUND, spike.start + LOOK_AROUND, WINDOW_TICKETS)
    arrivals = [one.time for one in near if spike.segment.holds(one.attributes)]
    onset, doubt = missing_since(arrivals, spike.start, end, finding.observed, finding.expected)
    missing = MissingVolume(spike.segment, finding.expected * read, doubt)
    return _Question(expected=_expected_around(missing, tickets), missing=missing, onset=onset, **known)


def _expected_around(missing: MissingVolume, tickets: Sequence[TicketAttributes]) -> float:
    """Return the tickets expected in all segments where one is missing: outside it, as many as came."""
    return missing.expected + sum(not missing.segment.holds(one.attributes) for one in tickets)


def _answer(context: EpochContext, question: _Question) -> Explanation:
    # The last hours before the start may hold the spike's own first tickets.
    before = question.since - GUARD
    usual = read_attributes(context.connection, question.themes, None, before, REFERENCE_TICKETS)
    background = read_attributes(context.connection, [], None, before, BACKGROUND_TICKETS)
    return explain(
        CauseInputs(
            [one.attributes for one in question.tickets],
            [one.attributes for one in usual],
            question.expected,
            start=question.onset or question.since,
            background=[one.attributes for one in background],
            dispersion=question.dispersion,
            dimensions=context.rules.mining.dimensions,
            changes=question.changes,
            launches=context.window.launches,
            past=question.past,
            arrivals=[one.time for one in question.tickets],
            missing=question.missing,
            reference_times=[one.time for one in usual],
        )
    )


def _share_read(finding: Finding, tickets: int) -> float:
    """Return the share of a window that was read, 0 to 1: below 1 where it has too many tickets."""
    complete = tickets < WINDOW_TICKETS or finding.total_observed <= tickets
    return 1.0 if complete else tickets / finding.total_observed


def _past(context: EpochContext, spike: StoredSpike, theme_ids: Collection[int]) -> list[PastSpike]:
    """Return the theme's newest spikes that were over before this one began, as they were explained then."""
    state, themes = context.state, set(theme_ids) or {spike.theme_id}
    merged = {one.theme_id for one in state.themes.by_id() if state.themes.survivor(one.theme_id) in themes} | themes
    stored = read_ended_spikes(context.connection, merged, spike.kind, spike.start, PAST_SPIKES)
    # What this epoch has closed is not written yet.
    found = {one.spike_id: one for one in (*stored, *state.episodes)}
    over = [
        one
        for one in found.values()
        if one.end is not None and one.end <= spike.start and one.kind == spike.kind and one.theme_id in merged
    ]
    newest = sorted(over, key=lambda one: (one.start, one.spike_id))[-PAST_SPIKES:]
    causes = read_causes(context.connection, [one.spike_id for one in newest])
    return [_past_spike(context.connection, one, causes.get(one.spike_id, []), theme_ids) for one in newest]


def _past_spike(
    connection: Connection, spike: StoredSpike, causes: Sequence[Mapping[str, Any]], theme_ids: Collection[int]
) -> PastSpike:
    end = spike.end or spike.start
    named = next((one["change_id"] for one in causes if one["kind"] == "change" or _is_recorded(one)), None)
    changes = read_changes(connection, spike.start - CHANGES_BACK, end) if named else []
    return PastSpike(
        spike.spike_id,
        spike.start,
        end,
        tuple(Segment.of(one["segment"]) for one in causes if one["kind"] == "segment"),
        tuple(one.time for one in read_attributes(connection, theme_ids, spike.start, end, WINDOW_TICKETS)),
        next((called(change) for change in changes if change.change_id == named), None),
    )


def _is_recorded(cause: Mapping[str, Any]) -> bool:
    """Tell whether an incident among the causes was recorded as a change, and is not an earlier spike."""
    return cause["kind"] == "incident" and not str(cause["change_id"]).startswith(EARLIER_SPIKE)


def _evidence(context: EpochContext, tickets: Sequence[TicketAttributes]) -> tuple[str, ...]:
    """Return the ids of tickets that represent the given ones; the newest where none has a vector."""
    vectors = read_vectors(context.connection, [one.id for one in tickets], context.window.model)
    known = [one for one in tickets if one.id in vectors]
    if not known:
        return tuple(one.id for one in tickets[-EVIDENCE:])
    chosen = representatives(np.stack([vectors[one.id] for one in known]), [one.time for one in known])
    return tuple(known[at].id for at in chosen)


def _row(cause: Cause) -> dict[str, Any]:
    return {
        "kind": cause.kind, "segment": None if cause.segment is None else cause.segment.as_dict(), "change_id": cause.change_id,
        "contribution": cause.contribution, "relative_risk": cause.relative_risk,
        "interval": None if cause.interval is None else list(cause.interval), "score": cause.score, "reason": cause.reason,
    }  # fmt: skip
