"""The baseline between epochs: it is learned again only when something that it depends on has changed."""

from __future__ import annotations

from models.bucket import BUCKETS_PER_HOUR
from models.spikes.baseline.baseline import Baseline
from models.spikes.baseline.fit import fit_baseline
from models.spikes.baseline.learnable_hours import episodes_before
from models.spikes.counts import SeriesCounts
from models.spikes.inputs import DetectionInputs
from models.spikes.settings import SpikeSettings


class BaselineCache:
    """Keep the last baseline, and learn it again when anything that it depends on has changed."""

    def __init__(self, settings: SpikeSettings) -> None:
        self._settings = settings
        self._fitted: tuple[object, Baseline] | None = None
        self._fitted_on: SeriesCounts | None = None

    def of(self, inputs: DetectionInputs) -> Baseline:
        """Return the baseline as of the end of an epoch."""
        edge = inputs.end_bucket // BUCKETS_PER_HOUR - self._settings.guard_hours
        issues = (facts.known_issue_since for facts in inputs.themes.values())
        flagged = [since // BUCKETS_PER_HOUR for since in issues if since is not None]
        key = (
            edge,
            inputs.counts.revision_before(max([edge, *flagged])),
            tuple(sorted(inputs.themes.items(), key=lambda item: item[0])),
            episodes_before(inputs, edge, self._settings),
            tuple(inputs.launches),
        )
        if self._fitted is None or self._fitted_on is not inputs.counts or self._fitted[0] != key:
            inputs.counts.trim(inputs.end_bucket)
            self._fitted = (key, fit_baseline(inputs, self._settings))
            self._fitted_on = inputs.counts
        return self._fitted[1]
