"""Launches as the detector uses them: planned lifts of themes inside a scope and a window."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Self

from models.arrays import BucketWindow
from models.segment import EVERYTHING, Segment
from models.spikes.launches.nearest_tickets import NearestTickets


@dataclass(frozen=True, slots=True)
class LiftStep:
    """Usual volume x lift in the buckets [start, end).

    `deviation` is the standard deviation of the lifted mean, as a share of it.
    """

    start: int
    end: int
    lift: float
    deviation: float

    @property
    def window(self) -> BucketWindow:
        """The buckets of the step."""
        return (self.start, self.end)


LiftCurve = tuple[LiftStep, ...]
"""How a lift changes over a launch and the days around it; empty where only the total over the launch is known."""


@dataclass(frozen=True, slots=True)
class ThemeLift:
    """Themes that share one envelope, and the multiple of their usual volume that is planned.

    theme_ids: several themes where one example text of the plan resolves to all of them.
    core: of several themes the one that matches the text best; it is tested against an envelope of its own, too.
    nearest: the tickets nearest to the text: of `core`, and of all its themes where the text reaches several.
    curve: how the lift changed over time under past launches of the kind; empty without any.
    """

    theme_ids: frozenset[int]
    lift: float
    curve: LiftCurve = ()
    core: int | None = None
    # Counts, on which the baseline does not depend.
    nearest: tuple[NearestTickets, ...] = field(default=(), compare=False)

    def __post_init__(self) -> None:
        if not self.lift > 0:
            raise ValueError(f"The lift of a launch is {self.lift}; give a multiple of the usual volume above 0.")


@dataclass(frozen=True, slots=True)
class LaunchEffect:
    """What a launch adds to expectations: usual volume x lift inside its scope and window.

    Parameters
    ----------
    launch_id: the launch's identity.
    start, end: bucket numbers, end exclusive.
    scope: segment in which volume is lifted; empty means everywhere.
    tolerance: relative error of the planned mean that the plan allows, 0 or more.
    expected: the lifts by group of themes, in the plan's order; where a theme is named twice the first applies.
    lift_all: multiple for every theme not named in `expected`; None when the plan names themes only.
    curve_all: how that lift changes over time.
    common: what the calendar brings without a plan to every theme that is not named, as holidays do. How much it is
        today is learned from the other themes, and what exceeds it is a spike.
    own: relative standard deviation by which a theme differs from the common lift.
    """

    launch_id: str
    start: int
    end: int
    scope: Segment = EVERYTHING
    tolerance: float = 0.3
    expected: tuple[ThemeLift, ...] = ()
    lift_all: float | None = None
    curve_all: LiftCurve = ()
    common: LiftCurve = ()
    own: float = 0.0

    def __post_init__(self) -> None:
        if self.end <= self.start:
            raise ValueError(
                f"Launch {self.launch_id} ends at bucket {self.end}, not after its start {self.start}; "
                "give a later end."
            )
        if self.tolerance < 0:
            raise ValueError(f"Launch {self.launch_id} has tolerance {self.tolerance}; give a share of 0 or more.")
        if self.lift_all is not None and not self.lift_all > 0:
            raise ValueError(f"Launch {self.launch_id} has lift_all {self.lift_all}; give a multiple above 0.")

    @classmethod
    def of(
        cls,
        launch_id: str,
        start: int,
        end: int,
        lifts: dict[int, float],
        *,
        scope: Segment = EVERYTHING,
        tolerance: float = 0.3,
    ) -> Self:
        """Make a launch whose themes each have an envelope of their own."""
        groups = tuple(ThemeLift(frozenset({theme}), lift) for theme, lift in sorted(lifts.items()))
        return cls(launch_id, start, end, scope, tolerance, groups)

    @property
    def window(self) -> BucketWindow:
        """The buckets of the launch."""
        return (self.start, self.end)

    @property
    def reach(self) -> BucketWindow:
        """The buckets that the launch may lift: its window, and the days around it that its curves cover."""
        steps = [*self.curve_all, *self.common, *(step for group in self.expected for step in group.curve)]
        return min([self.start, *(step.start for step in steps)]), max([self.end, *(step.end for step in steps)])

    @property
    def named(self) -> frozenset[int]:
        """The themes that have a line of their own in the plan."""
        return frozenset(theme for group in self.expected for theme in group.theme_ids)

    def names(self, theme_id: int) -> bool:
        """Check whether the plan has a line for a theme, apart from one for all."""
        return any(theme_id in group.theme_ids for group in self.expected)

    def curve_of(self, theme_id: int) -> LiftCurve:
        """Return the curve of a planned theme; empty where the plan has none, or does not mention the theme."""
        for group in self.expected:
            if theme_id in group.theme_ids:
                return group.curve
        return self.curve_all

    def nearest_of(self, theme_id: int) -> tuple[NearestTickets, ...]:
        """Return the tickets nearest to the plan's text for a theme, from the theme alone or with others; none where not known."""
        return tuple(one for group in self.expected for one in group.nearest if theme_id in one.theme_ids)

    def lift_of(self, theme_id: int) -> float | None:
        """Return the planned multiple for a theme, or None when the plan does not mention it."""
        for group in self.expected:
            if theme_id in group.theme_ids:
                return group.lift
        return self.lift_all
