"""Explain, written down: the causes of a spike or of a silence, its evidence, and what it was explained from."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import blake2b
from typing import Any

from sqlalchemy import Connection

from models.causes import Cause, Explanation, MissingVolume, PastSpike, explain
from models.causes.cause import EARLIER_SPIKE
from models.causes.missing import LOOK_AROUND, missing_since
from models.causes.sentences import called
from models.change import Change
from models.launch import Launch
from models.segment import Segment
from models.spikes import ALL_TICKETS, Finding
from models.spikes.episodes.episode import MISSING
from models.themes import representatives
from pipelines.context import EpochWindow
from pipelines.launches.resolve_plans import survivor
from pipelines.settings import MiningSettings
from pipelines.state import MinerState
from store.plans import read_changes
from store.spikes import StoredSpike, read_causes, write_causes
from store.tickets import read_attributes, read_vectors

EVIDENCE = 5
REFERENCE_TICKETS = 1_000
"""Tickets from before the spike that say what is usual: enough for shares of one percent."""
BACKGROUND_TICKETS = 2_000
"""Tickets of all themes that fill in where the theme itself has hardly a past."""
WINDOW_TICKETS = 5_000
PAST_SPIKES = 5
"""Earlier spikes of the theme that a spike is compared with, the newest."""
CHANGES_BACK = timedelta(days=2)
"""How long before a spike a change may lie to be considered at all; the explanation weighs time itself."""
GUARD = timedelta(hours=6)
_Row = tuple[str, datetime, str | None, dict[str, str | None]]
"""A ticket as it is read: id, time, requester, attributes."""
GROWTH = 1.5
"""An open spike is explained again each time it has grown by this factor: early figures are few."""


def explain_spike(
    connection: Connection,
    memory: MinerState,
    moment: EpochWindow,
    spike: StoredSpike,
    finding: Finding,
    settings: MiningSettings,
) -> StoredSpike:
    """Explain a spike where that is due, and write its causes.

    It is due when the spike opened or closed, grew by half since it was last explained, and when a change or a
    launch arrived or was revised meanwhile, however late.
    """
    changes = read_changes(connection, spike.start - CHANGES_BACK, moment.end)
    recorded = fingerprint(changes, moment.launches)
    if not is_due(spike, finding, recorded):
        return spike
    themes = sorted(finding.theme_ids or (spike.theme_id,))
    chosen = [] if themes == [ALL_TICKETS] else themes
    tickets = read_attributes(connection, chosen, spike.start, spike.end or moment.end, WINDOW_TICKETS)
    question = _question(connection, moment, spike, finding, chosen, tickets)
    past = _past(connection, memory, spike, chosen)
    answer = _answer(connection, question, moment, settings.dimensions, changes, past)
    write_causes(connection, spike.spike_id, [_row(cause) for cause in answer.causes])
    state = {"explained": size_of(spike), "changes": recorded}
    if question.silence is not None:
        return spike.with_(verdict=answer.verdict, state={**spike.state, **state})
    inside = [one[0] for one in tickets if spike.segment.holds(one[3])]
    return spike.with_(
        evidence=_evidence(connection, inside[-200:], moment, {one[0]: one[1] for one in tickets}),
        verdict=answer.verdict,
        state={**spike.state, **state, "requesters": _requesters(tickets, inside)},
    )


def explain_plan(
    connection: Connection,
    moment: EpochWindow,
    spike: StoredSpike,
    launch: Launch,
    themes: Collection[int],
    dimensions: Sequence[str],
) -> StoredSpike:
    """Explain why planned themes did not come, from the launch's start on, and write the causes.

    Parameters
    ----------
    spike: what was expected of the themes in its segment, and what came.
    themes: all that the line of the plan means.
    """
    tickets = read_attributes(connection, themes, spike.start, moment.end, WINDOW_TICKETS)
    silence = MissingVolume(spike.segment, spike.expected, launch_id=launch.launch_id)
    question = _Question(tickets, tuple(themes), spike.start, _around(silence, tickets), 1.0, silence)
    changes = read_changes(connection, spike.start - CHANGES_BACK, moment.end)
    answer = _answer(connection, question, moment, dimensions, changes, [])
    write_causes(connection, spike.spike_id, [_row(cause) for cause in answer.causes])
    return spike.with_(verdict=f"{spike.verdict} {answer.verdict}")


@dataclass(frozen=True, slots=True)
class _Question:
    """What is to be explained: tickets since `since`, of some themes (none: of all), and how many are usual or planned."""

    tickets: Sequence[_Row]
    themes: Collection[int]
    since: datetime
    expected: float
    dispersion: float = 1.0
    silence: MissingVolume | None = None
    onset: datetime | None = None


def _question(
    connection: Connection,
    moment: EpochWindow,
    spike: StoredSpike,
    finding: Finding,
    themes: Collection[int],
    tickets: Sequence[_Row],
) -> _Question:
    """What a finding asks: why so many, or why so few in its segment."""
    read = _part_read(finding, len(tickets))
    if finding.signal != MISSING:
        return _Question(tickets, themes, spike.start, finding.total_expected * read, finding.dispersion)
    near = read_attributes(connection, themes, spike.start - LOOK_AROUND, spike.start + LOOK_AROUND, WINDOW_TICKETS)
    arrivals = [one[1] for one in near if spike.segment.holds(one[3])]
    end = spike.end or moment.end
    onset, doubt = missing_since(arrivals, spike.start, end, finding.observed, finding.expected)
    silence = MissingVolume(spike.segment, finding.expected * read, doubt)
    return _Question(tickets, themes, spike.start, _around(silence, tickets), finding.dispersion, silence, onset)


def _around(silence: MissingVolume, tickets: Sequence[_Row]) -> float:
    """Tickets expected in all where a segment is silent: what came outside it is taken as it came."""
    return silence.expected + sum(not silence.segment.holds(one[3]) for one in tickets)


def _answer(
    connection: Connection,
    question: _Question,
    moment: EpochWindow,
    dimensions: Sequence[str],
    changes: Sequence[Change],
    past: Sequence[PastSpike],
) -> Explanation:
    # The last hours before the start may hold the spike's own first tickets.
    before = question.since - GUARD
    usual = read_attributes(connection, question.themes, None, before, REFERENCE_TICKETS)
    background = read_attributes(connection, [], None, before, BACKGROUND_TICKETS)
    return explain(
        [one[3] for one in question.tickets],
        [one[3] for one in usual],
        question.expected,
        start=question.onset or question.since,
        background=[one[3] for one in background],
        dispersion=question.dispersion,
        dimensions=dimensions,
        changes=changes,
        launches=moment.launches,
        past=past,
        arrivals=[one[1] for one in question.tickets],
        silence=question.silence,
    )


def is_due(spike: StoredSpike, finding: Finding, recorded: str) -> bool:
    """Whether a spike is to be explained anew; `recorded` is what `fingerprint` makes of the changes and launches known now."""
    told = spike.state.get("explained")
    grown = told is None or size_of(spike) >= GROWTH * told
    return grown or finding.change == "closed" or recorded != spike.state.get("changes")


def size_of(spike: StoredSpike) -> float:
    """How large a spike has grown: its tickets, or those that are missing."""
    return spike.expected - spike.observed if spike.kind == MISSING else spike.observed


def _part_read(finding: Finding, tickets: int) -> float:
    """Share of a window that was read, 0 to 1: below 1 where it is too large."""
    whole = tickets < WINDOW_TICKETS or finding.total_observed <= tickets
    return 1.0 if whole else tickets / finding.total_observed


def fingerprint(changes: Sequence[Change], launches: Sequence[Launch]) -> str:
    """What was recorded and planned, in a short text that differs when any of it does."""
    known = [(one.change_id, one.kind, one.title, one.scope.key, one.time.isoformat()) for one in changes]
    planned = [(one.launch_id, one.scope.key, one.start.isoformat(), one.end.isoformat()) for one in launches]
    return blake2b(repr((known, planned)).encode(), digest_size=8).hexdigest()


def _past(
    connection: Connection, memory: MinerState, spike: StoredSpike, theme_ids: Collection[int]
) -> list[PastSpike]:
    """The theme's newest spikes that were over before this one began, as they were explained then."""
    themes = set(theme_ids) or {spike.theme_id}
    over = [
        one
        for one in memory.spikes.values()
        if one.end is not None
        and one.end <= spike.start
        and one.kind == spike.kind
        and survivor(memory, one.theme_id) in themes
    ]
    newest = sorted(over, key=lambda one: (one.start, one.spike_id))[-PAST_SPIKES:]
    causes = read_causes(connection, [one.spike_id for one in newest])
    return [_past_spike(connection, one, causes.get(one.spike_id, []), theme_ids) for one in newest]


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
        tuple(one[1] for one in read_attributes(connection, theme_ids, spike.start, end, WINDOW_TICKETS)),
        next((called(change) for change in changes if change.change_id == named), None),
    )


def _is_recorded(cause: Mapping[str, Any]) -> bool:
    """Whether an incident among the causes was recorded as a change, and is not an earlier spike."""
    return cause["kind"] == "incident" and not str(cause["change_id"]).startswith(EARLIER_SPIKE)


def _requesters(tickets: Sequence[_Row], inside: Sequence[str]) -> int:
    wanted = set(inside)
    return len({one[2] or one[0] for one in tickets if one[0] in wanted})


def _evidence(
    connection: Connection, ids: Sequence[str], moment: EpochWindow, times: Mapping[str, datetime]
) -> tuple[str, ...]:
    vectors = read_vectors(connection, ids, moment.model)
    known = [one for one in ids if one in vectors]
    if not known:
        return tuple(ids[-EVIDENCE:])
    import numpy as np

    chosen = representatives(np.stack([vectors[one] for one in known]), [times[one] for one in known])
    return tuple(known[at] for at in chosen)


def _row(cause: Cause) -> dict[str, Any]:
    return {
        "kind": cause.kind, "segment": None if cause.segment is None else cause.segment.as_dict(), "change_id": cause.change_id,
        "contribution": cause.contribution, "relative_risk": cause.relative_risk,
        "interval": None if cause.interval is None else list(cause.interval), "score": cause.score, "reason": cause.reason,
    }  # fmt: skip
