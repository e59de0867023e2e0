"""Where an excess is, and why: a place is never a cause, and neither is a consequence."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import timedelta

from alerts.digest.escape import plain
from alerts.digest.records import ExcessPlace, SupportedCause
from models.causes.cause import EARLIER_SPIKE, CauseKind
from models.causes.sentences import named, titled
from models.change import Change
from models.formats import percent
from store.digest_rows import DigestCause, DigestRows, DigestSpike

LEAST_SHARE = 0.2
"""A change whose scope holds less of the excess than this explains too little to be named as its cause."""

ONSET_UNCERTAINTY = timedelta(minutes=15)
"""An onset is known only to within its first tickets: what was recorded later than this after it is no cause."""

MOST_PLACES = 3
MOST_REASONS = 3

_SYMPTOM = re.compile(
    r"\b(tickets?|complaints?|contacts?|escalations?|reopen\w*|re-open\w*|backlogs?|queues?|csat|ratings?|call volume|chat volume)\b",
    re.IGNORECASE,
)
"""What support sees of a failure. An incident that is recorded in these words reports the excess and does not cause it."""


def places(spikes: Sequence[DigestSpike]) -> tuple[ExcessPlace, ...]:
    """List where the excess of an item is: the segments of its spikes' causes, else those that the spikes were found in."""
    found: dict[str, ExcessPlace] = {}
    for spike in spikes:
        segments = [cause for cause in spike.causes if cause.kind == CauseKind.SEGMENT and cause.segment is not None]
        for cause in segments:
            if cause.segment is not None and cause.segment.pairs:
                place = ExcessPlace(cause.segment, _named(cause), cause.contribution, cause.relative_risk)
                found.setdefault(cause.segment.key, place)
        if not segments and spike.segment.pairs:
            found.setdefault(
                spike.segment.key, ExcessPlace(spike.segment, titled(named(spike.segment)), 1.0, spike.ratio)
            )
    return tuple(sorted(found.values(), key=lambda place: (-place.share, place.segment.key))[:MOST_PLACES])


def reasons(spikes: Sequence[DigestSpike], rows: DigestRows) -> tuple[SupportedCause, ...]:
    """Rank why it happened: changes and recorded incidents as the explanation ranked them, then launches."""
    found: dict[tuple[str, str], SupportedCause] = {}
    for spike in spikes:
        for cause in spike.causes:
            reason = _reason(cause, spike, rows)
            if reason is not None:
                found.setdefault((reason.kind, reason.title), reason)
    ranked = sorted(found.values(), key=lambda reason: reason.kind == CauseKind.LAUNCH)
    return tuple(ranked[:MOST_REASONS])


def seen_before(spikes: Iterable[DigestSpike]) -> str | None:
    """Return the sentence about an earlier spike that this one resembles: a precedent, not a cause."""
    for spike in spikes:
        for cause in spike.causes:
            if cause.kind == CauseKind.INCIDENT and (cause.change_id or "").startswith(EARLIER_SPIKE):
                return plain(cause.reason)
    return None


def no_cause(spikes: Sequence[DigestSpike]) -> str:
    """Say that nothing on record supports a cause, with the explanation's own words where it has some."""
    for spike in spikes:
        if spike.verdict.startswith("No supported cause"):
            return plain(spike.verdict)
    return "No supported cause: nothing on record explains it."


def _reason(cause: DigestCause, spike: DigestSpike, rows: DigestRows) -> SupportedCause | None:
    if cause.kind == CauseKind.LAUNCH:
        return _launch(cause, spike, rows)
    if cause.kind not in (CauseKind.CHANGE, CauseKind.INCIDENT) or (cause.change_id or "").startswith(EARLIER_SPIKE):
        return None
    change = rows.changes.get(cause.change_id or "")
    if change is not None and not _may_cause(change, spike):
        return None
    if cause.contribution < LEAST_SHARE:
        return None
    title = plain(change.title) if change is not None else plain(cause.change_id or "")
    return SupportedCause(
        kind=change.kind if change is not None else cause.kind,
        title=title,
        sentence=plain(cause.reason),
        share=cause.contribution,
        time=None if change is None else change.time,
        url=None if change is None else change.url,
    )


def _may_cause(change: Change, spike: DigestSpike) -> bool:
    latest = spike.start if change.kind == CauseKind.INCIDENT else spike.start + ONSET_UNCERTAINTY
    reports = change.kind == CauseKind.INCIDENT and _SYMPTOM.search(change.title) is not None
    return change.time <= latest and not reports


def _launch(cause: DigestCause, spike: DigestSpike, rows: DigestRows) -> SupportedCause | None:
    """Name a launch that ran; the plan that an excess is measured against is no cause of what exceeds it."""
    if cause.change_id == spike.launch_id and spike.kind == "launch_excess":
        return None
    launch = next((one for one in rows.launches if one.launch_id == cause.change_id), None)
    if launch is None:
        return SupportedCause(cause.kind, plain(cause.change_id or ""), plain(cause.reason), cause.contribution)
    scope = f"; its scope, {named(launch.scope)}, holds {percent(cause.contribution)} of it"
    sentence = f"{launch.title} ({launch.kind}) was running when it began{scope if launch.scope.pairs else ''}."
    return SupportedCause(cause.kind, plain(launch.title), plain(sentence), cause.contribution, launch.start)


def _named(cause: DigestCause) -> str:
    return plain(titled(named(cause.segment))) if cause.segment is not None else ""
