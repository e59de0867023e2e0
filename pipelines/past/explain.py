"""Explaining the past: why the miner found a spike in a theme and segment at some time, or why it did not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from models.bucket import bucket_of
from models.epochs import epoch_start
from models.segment import EVERYTHING, Segment
from models.spikes.episodes.episode import EpisodeChange
from models.spikes.explain.explanation import SignalExplanation
from models.spikes.explain.plain_verdict import EpisodeCounts, PlainVerdict, verdict_of_episode, verdict_of_test
from models.spikes.explain.why import explain
from models.theme import ALL_TICKETS
from pipelines.epoch.detection import Detection
from pipelines.past.restore import BeyondRecord, NothingMined, epoch_at, opening_epochs, recall
from pipelines.settings import MiningSettings
from store.epochs import read_miner
from store.errors import SpikeUnknown, StoreError, ThemeUnknown
from store.spikes import StoredSpike, read_spikes
from store.themes import read_themes
from store.types import LARGEST_ID


class SegmentUnreadable(StoreError):
    """The text names no segment."""

    def __init__(self, text: str) -> None:
        from models.redaction import quoted

        super().__init__(f"received the segment {quoted(text, 200)}; valid is a form such as region=US,platform=ios")


class SegmentUnwatched(StoreError):
    """No counts are kept of the segment."""

    def __init__(self, segment: Segment, dimensions: tuple[str, ...], pairs: tuple[tuple[str, str], ...]) -> None:
        self.segment = segment
        kept = ", ".join([*dimensions, *(" with ".join(pair) for pair in pairs)])
        super().__init__(f"received the segment {segment}, of which no counts are kept; valid are values of {kept}")


class SegmentUnseen(StoreError):
    """No ticket ever had the segment's values."""

    def __init__(self, segment: Segment) -> None:
        self.segment = segment
        super().__init__(
            f"received the segment {segment}, which no ticket has had; give values that tickets have, as "
            "`groundswell spikes list` writes them"
        )


UNANSWERABLE = (SegmentUnreadable, SegmentUnwatched, SegmentUnseen, BeyondRecord, NothingMined)
"""What a person can correct by asking for something else."""


@dataclass(frozen=True, slots=True)
class PastExplanation:
    """Why there was a spike or none, with the theme's name; `exact` where the journal holds exactly what was known then.

    spike: the episode that was asked about, None where a time was.
    """

    why: SignalExplanation
    theme_name: str
    exact: bool
    merged_into: int | None = None
    spike: StoredSpike | None = None

    @property
    def verdict(self) -> PlainVerdict:
        """Whether it signalled, in one sentence; of an episode, whether it was reported."""
        if self.spike is None:
            return verdict_of_test(self.why)
        return verdict_of_episode(figures_of(self.spike), self.spike.gate, self.spike.spike_id)

    @property
    def sentences(self) -> tuple[str, ...]:
        """The answer in plain sentences."""
        return (*self.why.sentences, *self._notes())

    def as_json(self) -> dict[str, Any]:
        """Write the answer as `--json` prints it."""
        one = self.spike
        return {
            **self.why.as_json(), "answer": self.verdict.as_json(), "theme_name": self.theme_name, "exact": self.exact,
            "sentences": list(self.sentences),
            "spike_id": None if one is None else one.spike_id, "gate": None if one is None else one.gate,
        }  # fmt: skip

    def _notes(self) -> list[str]:
        notes = []
        if self.spike is not None and self.spike.gate is not None:
            notes.append(f"No alert was sent of spike {self.spike.spike_id}: {self.spike.gate.replace('_', ' ')}.")
        if self.merged_into is not None:
            notes.append(f"The theme was merged into theme {self.merged_into} since.")
        if not self.exact:
            notes.append(
                "This epoch was mined before the journal was kept: late, retracted and moved tickets count as they do now."
            )
        return notes


def figures_of(spike: StoredSpike) -> EpisodeCounts:
    """Return what a verdict says of an episode: its figures at the newest epoch that tested it."""
    return EpisodeCounts(
        observed=spike.observed, expected=spike.expected, p_value=spike.p_value, kind=spike.kind, segment=spike.segment
    )


def segment_of(text: str | None) -> Segment:
    """Read a segment as people write it: `region=US,platform=ios`; no text means all tickets. Raises `SegmentUnreadable`."""
    from models.redaction import redact

    parts = [one.partition("=") for one in (text or "").split(",") if one.strip()]
    values = {name.strip(): value.strip() for name, _, value in parts}
    # No stored value has a card number in it, and one that is divided at its separators could not be quoted as one.
    sensitive = {"CARD", "TRACK"} & redact(text or "").counts.keys()
    if sensitive or len(values) < len(parts) or not all(name and value for name, value in values.items()):
        raise SegmentUnreadable(text or "")
    return Segment.of(values)


def ask(
    connection: Connection,
    settings: MiningSettings,
    theme_id: int,
    time: datetime | None = None,
    segment: Segment = EVERYTHING,
) -> PastExplanation:
    """Explain why a theme had a spike at a time, or why it did not.

    Parameters
    ----------
    theme_id: 0 means all tickets.
    time: timezone-aware; the last epoch that had ended by then is explained (default: the last mined one).

    Raises `ThemeUnknown`, `SegmentUnwatched`, `SegmentUnseen`, `NothingMined` and `BeyondRecord`.
    """
    themes = read_themes(connection)
    if theme_id != ALL_TICKETS and theme_id not in themes:
        raise ThemeUnknown(theme_id)
    epoch = epoch_at(connection, time if time is not None else _newest(connection, settings))
    check_watched(segment, settings)
    return _answer(connection, settings, themes, theme_id, epoch, segment)


def ask_of_spike(connection: Connection, settings: MiningSettings, spike_id: int) -> PastExplanation:
    """Explain why an episode opened, at the epoch that opened it. Raises `SpikeUnknown`."""
    spike = next(iter(read_spikes(connection, spike_ids=[spike_id])), None) if abs(spike_id) <= LARGEST_ID else None
    if spike is None:
        raise SpikeUnknown(spike_id)
    past = recall(connection, settings, opening_epochs(connection, settings.lateness)[spike_id])
    judged, findings = Detection(past.state, past.window).judge()
    themes = [
        one.theme_id for one in findings if one.change == EpisodeChange.OPENED and one.start == bucket_of(spike.start)
    ]
    theme = spike.theme_id if spike.theme_id in themes or not themes else themes[0]
    names = read_themes(connection)
    found = explain(judged, findings, theme, EVERYTHING if theme == ALL_TICKETS else spike.segment)
    return PastExplanation(found, _name(names, theme), past.exact, _merged(names, theme), spike)


def _answer(
    connection: Connection,
    settings: MiningSettings,
    themes: Mapping[int, Any],
    theme_id: int,
    epoch: int,
    segment: Segment,
) -> PastExplanation:
    past = recall(connection, settings, epoch)
    if segment != EVERYTHING and past.state.counts.number_of(segment) is None:
        raise SegmentUnseen(segment)
    judged, findings = Detection(past.state, past.window).judge()
    found = explain(judged, findings, theme_id, segment)
    return PastExplanation(found, _name(themes, theme_id), past.exact, _merged(themes, theme_id))


def check_watched(segment: Segment, settings: MiningSettings) -> None:
    """Check that counts are kept of a segment. Raises `SegmentUnwatched`."""
    names = segment.dimensions
    kept = {(), *((name,) for name in settings.dimensions), *(tuple(sorted(pair)) for pair in settings.pairs)}
    if names not in kept:
        raise SegmentUnwatched(segment, settings.dimensions, settings.pairs)


def _newest(connection: Connection, settings: MiningSettings) -> datetime:
    row = read_miner(connection)
    seconds = float(row.state.get("epoch_seconds", settings.epoch.total_seconds()))
    return epoch_start(row.next_epoch or 0, seconds)


def _name(themes: Mapping[int, Any], theme_id: int) -> str:
    return "All tickets" if theme_id == ALL_TICKETS else str(themes[theme_id].name)


def _merged(themes: Mapping[int, Any], theme_id: int) -> int | None:
    return None if theme_id == ALL_TICKETS else themes[theme_id].merged_into
