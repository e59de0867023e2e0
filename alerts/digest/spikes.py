"""The spikes of a digest, with their explanations."""

from __future__ import annotations

from collections.abc import Sequence

from alerts.digest.escape import plain
from alerts.digest.records import ChangeLink, DigestExplanation, SpikeStory
from alerts.reason import excess_sentence, where
from models.alert import AlertKind, Gate
from models.formats import amount, counted, utc_minute
from store.digests import DigestRows, DigestSpike


def spikes_of(theme_id: int, rows: DigestRows) -> list[DigestSpike]:
    """List the spikes of a theme, the most severe first."""
    own = (spike for spike in rows.spikes if spike.theme_id == theme_id)
    return sorted(own, key=lambda spike: (-spike.severity, spike.spike_id))


def spike_stories(spikes: Sequence[DigestSpike], rows: DigestRows) -> tuple[SpikeStory, ...]:
    """Describe spikes within the window that `rows` were collected for."""
    return tuple(_story(spike, rows) for spike in spikes)


def _story(spike: DigestSpike, rows: DigestRows) -> SpikeStory:
    return SpikeStory(
        spike_id=spike.spike_id,
        sentence=plain(_sentence(spike, rows)),
        start=max(spike.start, rows.window.start),
        end=min(spike.end or rows.window.end, rows.window.end),
        ended=spike.end,
        explanations=tuple(
            DigestExplanation(plain(cause.reason), cause.contribution, _change(cause.change_id, rows))
            for cause in spike.causes
        ),
        verdict=plain(spike.verdict),
        note=plain(spike.note) if spike.note else None,
        withheld=_withheld(spike.gate),
    )


def _sentence(spike: DigestSpike, rows: DigestRows) -> str:
    if spike.kind == AlertKind.MISSING_VOLUME:
        return (
            f"only {counted(spike.observed, 'ticket')} since {utc_minute(spike.start)} "
            f"where {amount(spike.expected)} were expected{where(spike.segment)}"
        )
    launch = next((launch.title for launch in rows.launches if launch.launch_id == spike.launch_id), None)
    return excess_sentence(
        spike, rows.window.start, launch=None if spike.launch_id is None else launch or spike.launch_id
    )


def _withheld(gate: str | None) -> str | None:
    if gate is None:
        return None
    because = {one.value: one.because for one in Gate}  # a later version may have stored a gate of its own
    return because.get(gate, gate.replace("_", " "))


def _change(change_id: str | None, rows: DigestRows) -> ChangeLink | None:
    change = rows.changes.get(change_id) if change_id is not None else None
    return None if change is None else ChangeLink(plain(change.title), change.kind, change.time, change.url)
