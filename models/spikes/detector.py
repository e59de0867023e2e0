"""The detector: runs the families of tests at the end of an epoch, and applies the error budget."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from models.arrays import BucketWindow, Floats, Ints
from models.segment import Segment
from models.spikes.baseline.cache import BaselineCache
from models.spikes.context import DetectionContext, segment_order
from models.spikes.counts import SeriesCounts
from models.spikes.episodes.episode import ExpectedRange, Finding
from models.spikes.families.all_tickets import candidate_of_all
from models.spikes.families.error_budget import ErrorBudget
from models.spikes.families.incomplete_data import incomplete_data
from models.spikes.families.missing_volume import missing_volume
from models.spikes.families.plan_excess import candidates_over_plans
from models.spikes.families.pooled_excess import pooled_candidates
from models.spikes.families.slow_growth import growing_themes
from models.spikes.families.theme_excess import candidates_over_usual
from models.spikes.families.window_table import tabulate
from models.spikes.inputs import DetectionInputs
from models.spikes.lifecycle import follow, open_episode, open_growth
from models.spikes.series import SeriesKey
from models.spikes.settings import SpikeSettings
from models.spikes.statistics.count_tails import quantile


class Detector:
    """Find themes and segments with more tickets than their calendar and plans lead one to expect.

    Each series is tested over nested trailing windows with the exact tail of a negative binomial, combined by Simes.
    Benjamini-Hochberg bounds the false-discovery rate of an epoch, first over the themes' totals, then over segments
    of the other themes, at levels that follow from `false_alerts_per_week`. A theme has one open episode at a time.
    Small themes are tested together with those of their family at full hours, over windows of up to a day.
    All tickets are tested last, in their total alone, without the themes that have an episode.

    The answer is a function of the arguments alone: the baseline is kept between calls, and learned again whenever
    anything that it depends on has changed.

    Parameters
    ----------
    settings: see `SpikeSettings`.
    """

    def __init__(self, settings: SpikeSettings | None = None) -> None:
        self.settings = settings or SpikeSettings()
        self._budget = ErrorBudget(self.settings.false_alerts_per_week)
        self._baselines = BaselineCache(self.settings)
        self._order: tuple[SeriesCounts | None, Ints] = (None, np.zeros(0, dtype=np.int64))

    def detect(self, inputs: DetectionInputs) -> list[Finding]:
        """Test all series at the end of an epoch.

        Returns
        -------
        Findings in the order of theme ids: one for every open episode (`updated` or `closed`) and every new one.
        """
        return self.judge(inputs)[1]

    def judge(self, inputs: DetectionInputs) -> tuple[DetectionContext, list[Finding]]:
        """Do the same as `detect`, and return the context with the outcomes of the tests, which `explain` reads."""
        context = self.context(inputs)
        if context.baseline.history_hours < self.settings.warmup_hours:
            return context, []
        open_episodes = [episode for episode in context.episodes if episode.end is None]
        busy = context.busy(open_episodes)
        findings = [follow(context, episode, busy) for episode in open_episodes]
        findings += self._excesses(context, busy)
        grown = self._growths(context, busy) + self._pooled(context, busy)
        candidate = candidate_of_all(context, busy, self._budget)
        of_all = None if candidate is None else open_episode(context, candidate, busy)
        findings += [] if of_all is None else [of_all]
        reported = [replace(finding, budget=_needed_budget(context, finding)) for finding in findings] + grown
        missing = missing_volume(context, self._budget)
        reported += [self._budget.needed(finding, self._budget.missing) for finding in missing]
        reported += incomplete_data(context, self._budget)
        return context, sorted(reported, key=lambda finding: (finding.theme_id, finding.kind, finding.start))

    def band(self, inputs: DetectionInputs, key: SeriesKey, windows: Sequence[BucketWindow]) -> list[ExpectedRange]:
        """Compute the expected mean and 95 % range of a series over windows, as known at the end of the epoch.

        Under a launch it is the envelope. Empty for a theme that is not live.
        """
        context = self.context(inputs)
        if not windows or key.theme_id not in context.baseline.position:
            return []
        expected = context.expected(context.series((key.theme_id,), key.segment), list(windows))
        low = quantile(0.025, expected.mean[0], expected.variance[0])
        high = quantile(0.975, expected.mean[0], expected.variance[0])
        return [
            ExpectedRange(start, end, float(expected.mean[0, at]), float(low[at]), float(high[at]))
            for at, (start, end) in enumerate(windows)
        ]

    def ranges(
        self, inputs: DetectionInputs, theme_ids: Sequence[int], segment: Segment, window: BucketWindow
    ) -> dict[int, ExpectedRange]:
        """Compute what `band` does for themes in one segment over one window, those that are not live left out."""
        context = self.context(inputs)
        known = [theme for theme in theme_ids if theme in context.baseline.position]
        if not known:
            return {}
        expected = context.expected(context.series(known, segment), [window])
        mean, variance = expected.mean[:, 0], expected.variance[:, 0]
        low, high = quantile(0.025, mean, variance), quantile(0.975, mean, variance)
        return {
            theme: ExpectedRange(*window, float(mean[at]), float(low[at]), float(high[at]))
            for at, theme in enumerate(known)
        }

    def forecast(
        self,
        inputs: DetectionInputs,
        theme_ids: Sequence[int],
        segment: Segment,
        windows: Sequence[BucketWindow],
        *,
        lift: float = 1.0,
    ) -> tuple[list[int], Floats, Floats]:
        """Predict what would be usual without any launch, times `lift`, as known at the end of the epoch.

        Returns the live themes among those asked for, and the mean and variance of their counts, each of shape (themes,
        windows).
        """
        context = self.context(inputs)
        known = [theme for theme in theme_ids if theme in context.baseline.position]
        if not known or not windows:
            return known, np.zeros((len(known), len(windows))), np.zeros((len(known), len(windows)))
        usual = context.with_launches(()).expected(context.series(known, segment), list(windows))
        positions = [context.baseline.position[theme] for theme in known]
        counting = context.baseline.dispersion[positions][:, None] * usual.mean
        return known, lift * usual.mean, lift * counting + lift**2 * (usual.variance - counting)

    def context(self, inputs: DetectionInputs) -> DetectionContext:
        """Build the context of an epoch."""
        counts = inputs.counts
        canonical = inputs.canonical()
        baseline = self._baselines.of(canonical)
        if self._order[0] is not counts or len(self._order[1]) != len(counts.segments):
            self._order = (counts, segment_order(counts.segments))
        return DetectionContext.of(canonical, baseline, self.settings, self._order[1])

    def _excesses(self, context: DetectionContext, busy: set[int]) -> list[Finding]:
        """Open episodes of themes above a plan or above the usual; their themes are added to `busy`."""
        table = tabulate(context)
        over_plans = candidates_over_plans(context, busy)
        over_usual = candidates_over_usual(context, table, busy, self._budget)
        found = []
        for candidate in (*over_plans, *over_usual):
            finding = None if candidate.theme_id in busy else open_episode(context, candidate, busy)
            if finding is not None:
                found.append(finding)
                busy |= set(context.unit(finding.theme_id))
        return found

    def _growths(self, context: DetectionContext, busy: set[int]) -> list[Finding]:
        """Open episodes of themes that have grown slowly; their themes are added to `busy`."""
        found = []
        for growth in growing_themes(context, busy, self._budget):
            finding = open_growth(context, growth, busy)
            if finding is not None:
                found.append(self._budget.needed(finding, self._budget.growth))
                busy.add(growth.theme_id)
        return found

    def _pooled(self, context: DetectionContext, busy: set[int]) -> list[Finding]:
        """Open episodes of small themes, alone or together with similar ones; their themes are added to `busy`."""
        found = []
        for candidate, level in pooled_candidates(context, busy, self._budget):
            if busy.isdisjoint({candidate.theme_id, *candidate.theme_ids}):
                finding = open_episode(context, candidate, busy)
                if finding is not None:
                    found.append(self._budget.needed(finding, level))
                    busy |= context.busy([finding])
        return found


def _needed_budget(context: DetectionContext, finding: Finding) -> float:
    """Return the false alerts a week at which this epoch's tests just support a finding; infinite where none does."""
    found = [outcome.needed_budget(theme) for outcome in context.outcomes for theme in context.unit(finding.theme_id)]
    return min((one for one in found if one is not None), default=np.inf)
