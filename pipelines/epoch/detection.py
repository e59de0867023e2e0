"""The calls of the detector, with what the miner's state knows at the end of an epoch."""

from __future__ import annotations

from collections.abc import Sequence

from models.arrays import BucketWindow, Floats
from models.segment import Segment
from models.spikes import DetectionInputs, Finding, SeriesKey
from models.spikes.context import DetectionContext
from models.spikes.episodes.episode import ExpectedRange
from pipelines.context import EpochWindow
from pipelines.launches.effects import effects
from pipelines.state import MinerState


class Detection:
    """The detector at the end of an epoch.

    What it reads of themes, episodes and launches is collected once: build it anew when any of these has changed.
    """

    def __init__(self, state: MinerState, window: EpochWindow) -> None:
        self._detector = state.detector
        self.launches = effects(state, window)
        self.facts = state.themes.facts()
        self._inputs = DetectionInputs(
            window.bucket, state.counts.series, self.facts, state.episodes.as_detected(), self.launches, state.families
        )

    def judge(self) -> tuple[DetectionContext, list[Finding]]:
        """Judge all series; returns what they were judged with, and the findings."""
        return self._detector.judge(self._inputs)

    def expected_range(self, key: SeriesKey, windows: Sequence[BucketWindow]) -> list[ExpectedRange]:
        """Return the expected mean and 95 % range of a series over windows of buckets [start, end)."""
        return self._detector.band(self._inputs, key, windows)

    def expected_ranges(
        self, theme_ids: Sequence[int], segment: Segment, window: BucketWindow
    ) -> dict[int, ExpectedRange]:
        """Return the expected mean and 95 % range of themes in one segment over one window, those that are not live left out."""
        return self._detector.ranges(self._inputs, theme_ids, segment, window)

    def forecast(
        self, theme_ids: Sequence[int], segment: Segment, windows: Sequence[BucketWindow], lift: float = 1.0
    ) -> tuple[list[int], Floats, Floats]:
        """Return what would be usual without any launch, times `lift`.

        Returns the themes of those asked for that are known, and the mean and variance of their counts, each of shape
        (themes, windows).
        """
        return self._detector.forecast(self._inputs, theme_ids, segment, windows, lift=lift)
