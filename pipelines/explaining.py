"""Explain, written down: a spike's causes, its evidence, and what it was explained from."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from hashlib import blake2b
from typing import Any

from sqlalchemy import Connection

from models.causes import Cause, PastSpike, explain
from models.causes.cause import EARLIER_SPIKE
from models.causes.wording import called
from models.change import Change
from models.launch import Launch
from models.segment import Segment
from models.spikes import ALL_TICKETS, Finding
from models.spikes.episode import MISSING
from models.themes import representatives
from pipelines.memory import Memory
from pipelines.moment import Moment
from pipelines.plans import survivor
from pipelines.settings import MiningSettings
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
MISSING_VERDICT = "Volume is missing; there is no excess to explain."
GROWTH = 1.5
"""An open spike is explained again each time it has grown by this factor: early figures are few."""


def explain_spike(
    connection: Connection,
    memory: Memory,
    moment: Moment,
    spike: StoredSpike,
    finding: Finding,
    settings: MiningSettings,
) -> StoredSpike:
    """Explain a spike where that is due, and write its causes.

    It is due when the spike opened or closed, grew by half since it was last explained, and when a change or a
    launch arrived or was revised meanwhile, however late. Where volume is missing there is no excess to explain.
    """
    if finding.signal == MISSING:
        return spike.with_(verdict=MISSING_VERDICT)
    changes = read_changes(connection, spike.start - CHANGES_BACK, moment.end)
    recorded = fingerprint(changes, moment.launches)
    if not is_due(spike, finding, recorded):
        return spike
    themes = sorted(finding.theme_ids or (spike.theme_id,))
    chosen = [] if themes == [ALL_TICKETS] else themes
    tickets = read_attributes(connection, chosen, spike.start, spike.end or moment.end, WINDOW_TICKETS)
    # The last hours before the start may hold the spike's own first tickets.
    before = spike.start - GUARD
    usual = read_attributes(connection, chosen, None, before, REFERENCE_TICKETS)
    background = read_attributes(connection, [], None, before, BACKGROUND_TICKETS)
    answer = explain(
        [one[3] for one in tickets],
        [one[3] for one in usual],
        _expected(finding, len(tickets)),
        start=spike.start,
        background=[one[3] for one in background],
        dispersion=finding.dispersion,
        dimensions=settings.dimensions,
        changes=changes,
        launches=moment.launches,
        past=_past(connection, memory, spike, chosen),
        arrivals=[one[1] for one in tickets],
    )
    write_causes(connection, spike.spike_id, [_row(cause) for cause in answer.causes])
    inside = [one[0] for one in tickets if spike.segment.holds(one[3])]
    state = {"explained": spike.observed, "changes": recorded, "requesters": _requesters(tickets, inside)}
    return spike.with_(
        evidence=_evidence(connection, inside[-200:], moment, {one[0]: one[1] for one in tickets}),
        verdict=answer.verdict,
        state={**spike.state, **state},
    )


def is_due(spike: StoredSpike, finding: Finding, recorded: str) -> bool:
    """Whether a spike is to be explained anew; `recorded` is what `fingerprint` makes of the changes and launches known now."""
    told = spike.state.get("explained")
    grown = told is None or spike.observed >= GROWTH * told
    return grown or finding.change == "closed" or recorded != spike.state.get("changes")


def _expected(finding: Finding, tickets: int) -> float:
    """Tickets expected among those read: of a window too large to be read, the part that was."""
    if tickets < WINDOW_TICKETS or finding.total_observed <= tickets:
        return finding.total_expected
    return finding.total_expected * tickets / finding.total_observed


def fingerprint(changes: Sequence[Change], launches: Sequence[Launch]) -> str:
    """What was recorded and planned, in a short text that differs when any of it does."""
    known = [(one.change_id, one.kind, one.title, one.scope.key, one.time.isoformat()) for one in changes]
    planned = [(one.launch_id, one.scope.key, one.start.isoformat(), one.end.isoformat()) for one in launches]
    return blake2b(repr((known, planned)).encode(), digest_size=8).hexdigest()


def _past(connection: Connection, memory: Memory, spike: StoredSpike, theme_ids: Collection[int]) -> list[PastSpike]:
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


def _requesters(tickets: Sequence[tuple[str, datetime, str | None, Any]], inside: Sequence[str]) -> int:
    wanted = set(inside)
    return len({one[2] or one[0] for one in tickets if one[0] in wanted})


def _evidence(
    connection: Connection, ids: Sequence[str], moment: Moment, times: Mapping[str, datetime]
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
