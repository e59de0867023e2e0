"""The signals of an item: its spikes, each in a sentence with its figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from alerts.digest.escape import plain
from alerts.digest.language import ReaderDates
from alerts.digest.records import SignalStory
from models.alert import AlertKind, Gate
from models.causes.sentences import named
from models.formats import amount, counted, multiple
from store.digest_rows import DigestRows, DigestSpike

MINOR = (
    Gate.FEWER_TICKETS_THAN_MINIMUM,
    Gate.FEWER_REQUESTERS_THAN_MINIMUM,
    Gate.KNOWN_ISSUE_WITHIN_ENVELOPE,
    Gate.SEVERAL_PROBLEMS,
)
"""A spike that was withheld for one of these is described under its theme, and does not make the theme notable."""


def leads(rows: DigestRows) -> dict[int, int]:
    """Return for each spike the theme that its item is about: that which causes its incident, else its own."""
    causing = {incident.incident_id: incident.theme_id for incident in rows.incidents}
    return {
        spike.spike_id: causing.get(spike.incident_id, spike.theme_id)
        if spike.incident_id is not None
        else spike.theme_id
        for spike in rows.spikes
    }


def spikes_by_lead(rows: DigestRows) -> Mapping[int, tuple[DigestSpike, ...]]:
    """Group the spikes by the theme that their item is about, the most severe first."""
    lead = leads(rows)
    found: dict[int, list[DigestSpike]] = {}
    for spike in sorted(rows.spikes, key=lambda spike: (-spike.severity, spike.spike_id)):
        found.setdefault(lead[spike.spike_id], []).append(spike)
    return {theme_id: tuple(spikes) for theme_id, spikes in found.items()}


def signal_stories(spikes: Sequence[DigestSpike], rows: DigestRows, dates: ReaderDates) -> tuple[SignalStory, ...]:
    """Describe spikes as readers of an audience read them."""
    return tuple(
        SignalStory(
            spike_id=spike.spike_id,
            kind=spike.kind,
            sentence=plain(_sentence(spike, rows, dates)),
            start=spike.start,
            end=spike.end,
            observed=spike.observed,
            expected=spike.expected,
            severity=spike.severity,
            launch_id=spike.launch_id,
            withheld=_withheld(spike.gate),
            note=plain(spike.note) if spike.note else None,
        )
        for spike in spikes
    )


def _sentence(spike: DigestSpike, rows: DigestRows, dates: ReaderDates) -> str:
    since = dates.moment(spike.start, rows.window.start)
    until = "it lasts" if spike.end is None else f"it ended at {dates.moment(spike.end, spike.start)}"
    if spike.end is not None and spike.end > rows.window.end:
        until = "it went on after this"
    place = f", in {named(spike.segment)}" if spike.segment.pairs else ""
    if spike.kind == AlertKind.MISSING_VOLUME:
        return (
            f"only {counted(spike.observed, 'ticket')} from {since} on where {amount(spike.expected)} were expected"
            f"{place}; {until}"
        )
    launch = next((one.title for one in rows.launches if one.launch_id == spike.launch_id), spike.launch_id)
    usual = f"the plan of {launch} expects" if launch else ""
    expected = f"{usual} {amount(spike.expected)}" if usual else f"{amount(spike.expected)} were expected"
    return f"{counted(spike.observed, 'ticket')} from {since} on where {expected} ({multiple(spike.ratio)}){place}; {until}"


def _withheld(gate: str | None) -> str | None:
    if gate is None:
        return None
    because = {one.value: one.because for one in Gate}  # a later version may have stored a gate of its own
    return because.get(gate, gate.replace("_", " "))
