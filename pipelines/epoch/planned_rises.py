"""Planned rises: rises that the plan of a running launch explains, of themes which its texts do not reach, or not at first."""

from __future__ import annotations

from collections.abc import Iterator

from models.arrays import BucketWindow
from models.bucket import bucket_of
from models.launch import Launch, PlannedLift
from models.planned_rise import (
    LIKENESS_LEVEL,
    ONSET_ERROR,
    PlannedRise,
    RiseCount,
    chance_of_likeness,
    is_as_planned,
)
from models.segment import EVERYTHING, Segment
from models.spike import SpikeKind
from models.spikes import SeriesKey
from models.spikes.expectation.lift import deviation_of
from models.theme import ALL_TICKETS
from pipelines.context import EpochContext
from pipelines.epoch.detection import Detection
from pipelines.launches.concerned import AFTERMATH
from pipelines.launches.effects import counted_scope
from pipelines.state import MinerState
from store.spikes import StoredSpike


def planned_rise(context: EpochContext, spike: StoredSpike) -> PlannedRise | None:
    """Return the plan that explains a rise; None where none does, and while the rise is beyond it.

    The rise must not be limited to a segment inside the scope: a plan lifts the scope alike.
    """
    if spike.kind is not SpikeKind.SPIKE or spike.launch_id is not None or spike.theme_id == ALL_TICKETS:
        return None
    for launch in context.window.launches:
        began_in_it = launch.start <= spike.start + ONSET_ERROR and spike.start < launch.end
        if began_in_it and launch.start < context.window.end and launch.scope.within(spike.segment):
            found = _explained(context, launch, spike.theme_id)
            if found is not None:
                return found
    return None


def _explained(context: EpochContext, launch: Launch, theme: int) -> PlannedRise | None:
    """Return the line of a launch that explains what a theme has since the launch began, the likeliest of several."""
    lines = sorted(_like_lines(context.state, launch, theme), key=lambda one: one[0])
    if not lines:
        return None
    settings = context.state.detector.settings
    deviation = deviation_of(launch.tolerance, settings.tolerance_coverage)
    counts = _ThemeCounts(context, launch, theme)
    for p_value, line in lines:
        inside = counts.inside(line.lift, deviation)
        if inside is not None and is_as_planned(inside, counts.elsewhere(), settings.launch_level):
            return PlannedRise(
                title=launch.title, lift=line.lift, p_value=p_value, observed=inside.observed, expected=inside.mean,
            )  # fmt: skip
    return None


def _like_lines(state: MinerState, launch: Launch, theme: int) -> Iterator[tuple[float, PlannedLift]]:
    """Yield the lines of which the theme that their text means most is more like a theme than by chance: the probability, the line."""
    survivor = state.themes.survivor
    groups = [[survivor(each) for each in group] for group in state.plans.groups_of(launch.launch_id)]
    planned = {each for group in groups for each in group}
    texts = [
        (line, group) for line, group in zip(launch.lifts, groups, strict=False) if line.about is not None and group
    ]
    for line, group in texts:
        if theme in group:
            yield 0.0, line
            continue
        likeness = [(survivor(each), value) for each, value in state.index.likenesses(group[0])]
        # Of several texts one has a similar theme by chance that much more easily (Bonferroni).
        p_value = len(texts) * chance_of_likeness(likeness, theme, planned)
        if p_value <= LIKENESS_LEVEL:
            yield p_value, line


class _ThemeCounts:
    """The tickets of a theme in a launch, inside its scope and outside, and after it, and what is planned and usual there.

    Inside is everything where no counts of the scope are kept.
    """

    def __init__(self, context: EpochContext, launch: Launch, theme: int) -> None:
        self._state, self._theme = context.state, theme
        self._detection = Detection(context.state, context.window)
        now, calm_from = context.window.bucket, bucket_of(launch.end + AFTERMATH)
        self._span = (bucket_of(launch.start), min(now, bucket_of(launch.end)))
        self._after = (calm_from, now) if calm_from < now else None
        self._scope, _ = counted_scope(context.state, launch.scope)

    def inside(self, lift: float, deviation: float) -> RiseCount | None:
        """Return the count in the scope, and what is expected with a lift; None where nothing is known of the theme."""
        return self._count(self._scope, lift, deviation)

    def elsewhere(self) -> list[RiseCount]:
        """Return the counts where the plan lifts nothing, and what is usual there: outside the scope, and after the launch."""
        scope, everything = self._count(self._scope), self._count(EVERYTHING)
        after = None if self._after is None else self._count(EVERYTHING, window=self._after)
        found = [] if after is None else [after]
        if self._scope != EVERYTHING and scope is not None and everything is not None:
            mean = max(everything.mean - scope.mean, 0.0)
            variance = max(everything.variance - scope.variance, mean)
            found.append(RiseCount(everything.observed - scope.observed, mean, variance))
        return found

    def _count(
        self, segment: Segment, lift: float = 1.0, deviation: float = 0.0, window: BucketWindow | None = None
    ) -> RiseCount | None:
        span = window or self._span
        known, mean, variance = self._detection.forecast([self._theme], segment, [span], lift)
        if not known:
            return None
        seen = self._state.counts.total(SeriesKey(self._theme, segment), *span)
        return RiseCount(seen, float(mean[0, 0]), float(variance[0, 0]), deviation * float(mean[0, 0]))
