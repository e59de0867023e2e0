"""The calls of the detector, with what the miner's state knows at the end of an epoch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.segment import Segment
from models.spikes import Finding, SeriesKey
from models.spikes.context import DetectionContext
from models.spikes.episodes.episode import ExpectedRange
from pipelines.context import EpochWindow
from pipelines.launches.effects import effects
from pipelines.state import MinerState

Floats = NDArray[np.float64]


class Detection:
    """The detector at the end of an epoch.

    What it reads of themes, episodes and launches is collected once: build it anew when any of these has changed.
    """

    def __init__(self, state: MinerState, window: EpochWindow) -> None:
        self._detector = state.detector
        self._counts = state.counts.series
        self._end = window.bucket
        self.launches = effects(state, window)
        self.facts = state.themes.facts()
        self._known: dict[str, Any] = {
            "themes": self.facts, "episodes": state.episodes.as_detected(), "launches": self.launches,
        }  # fmt: skip

    def judge(self) -> tuple[DetectionContext, list[Finding]]:
        """Judge all series; returns what they were judged with, and the findings."""
        return self._detector.judge(self._end, self._counts, **self._known)

    def expected_range(self, key: SeriesKey, windows: Sequence[tuple[int, int]]) -> list[ExpectedRange]:
        """Return the expected mean and 95 % range of a series over windows of buckets [start, end)."""
        return self._detector.band(key, windows, self._counts, end_bucket=self._end, **self._known)

    def forecast(
        self, theme_ids: Sequence[int], segment: Segment, windows: Sequence[tuple[int, int]], lift: float = 1.0
    ) -> tuple[list[int], Floats, Floats]:
        """Return what would be usual without any launch, times `lift`.

        Returns the themes of those asked for that are known, and the mean and variance of their counts, each of shape
        (themes, windows).
        """
        return self._detector.forecast(
            theme_ids, segment, windows, self._counts, end_bucket=self._end, lift=lift, **self._known
        )
