"""Planned rises: rises that the plan of a running launch explains, of themes which its texts do not reach, or not at first."""

from __future__ import annotations

from collections.abc import Iterator

from models.bucket import bucket_of
from models.launch import Launch, PlannedLift
from models.planned_rise import (
    NEARNESS_LEVEL,
    ONSET_ERROR,
    PlannedRise,
    RiseCount,
    chance_of_nearness,
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
    end = context.window.end
    for launch in context.window.launches:
        runs = launch.start <= spike.start + ONSET_ERROR and launch.start < end < launch.end + AFTERMATH
        if runs and launch.scope.within(spike.segment):
            found = _explained(context, launch, spike.theme_id)
            if found is not None:
                return found
    return None


def _explained(context: EpochContext, launch: Launch, theme: int) -> PlannedRise | None:
    """Return the line of a launch that explains what a theme has since the launch began, the nearest of several."""
    nearest = sorted(_near_lines(context.state, launch, theme), key=lambda one: (one[0], -one[1]))
    if not nearest:
        return None
    settings = context.state.detector.settings
    deviation = deviation_of(launch.tolerance, settings.tolerance_coverage)
    counts = _ThemeCounts(context, launch, theme)
    for p_value, closeness, line in nearest:
        inside = counts.inside(line.lift, deviation)
        if inside is not None and is_as_planned(inside, counts.outside(), settings.launch_level):
            return PlannedRise(
                title=launch.title, lift=line.lift, closeness=closeness, p_value=p_value,
                observed=inside.observed, expected=inside.mean,
            )  # fmt: skip
    return None


def _near_lines(state: MinerState, launch: Launch, theme: int) -> Iterator[tuple[float, float, PlannedLift]]:
    """Yield the lines whose text is nearer to a theme than by chance: the probability, the closeness, the line."""
    survivor = state.themes.survivor
    planned = [{survivor(each) for each in group} for group in state.plans.groups_of(launch.launch_id)]
    texts = [(at, line, line.about) for at, line in enumerate(launch.lifts) if line.about is not None]
    for at, line, about in texts:
        closeness = [(survivor(each), value) for each, value in state.index.closeness(about)]
        of_theme = max((value for each, value in closeness if each == theme), default=-1.0)
        # One of several texts is near by chance that much more easily (Bonferroni).
        chance = len(texts) * chance_of_nearness(closeness, theme, set().union(*planned))
        p_value = 0.0 if at < len(planned) and theme in planned[at] else chance
        if p_value <= NEARNESS_LEVEL:
            yield p_value, of_theme, line


class _ThemeCounts:
    """The tickets of a theme since a launch began, inside its scope and outside, and what is planned and usual there.

    Inside is everything where no counts of the scope are kept.
    """

    def __init__(self, context: EpochContext, launch: Launch, theme: int) -> None:
        self._state, self._theme = context.state, theme
        self._detection = Detection(context.state, context.window)
        self._span = (bucket_of(launch.start), bucket_of(min(context.window.end, launch.end)))
        self._scope, _ = counted_scope(context.state, launch.scope)

    def inside(self, lift: float, deviation: float) -> RiseCount | None:
        """Return the count in the scope, and what is expected with a lift; None where nothing is known of the theme."""
        return self._count(self._scope, lift, deviation)

    def outside(self) -> RiseCount | None:
        """Return the count outside the scope, and what is usual there; None where the scope is everything."""
        scope, everything = self._count(self._scope), self._count(EVERYTHING)
        if self._scope == EVERYTHING or scope is None or everything is None:
            return None
        mean = max(everything.mean - scope.mean, 0.0)
        return RiseCount(everything.observed - scope.observed, mean, max(everything.variance - scope.variance, mean))

    def _count(self, segment: Segment, lift: float = 1.0, deviation: float = 0.0) -> RiseCount | None:
        known, mean, variance = self._detection.forecast([self._theme], segment, [self._span], lift)
        if not known:
            return None
        seen = self._state.counts.total(SeriesKey(self._theme, segment), *self._span)
        return RiseCount(seen, float(mean[0, 0]), float(variance[0, 0]), deviation * float(mean[0, 0]))
