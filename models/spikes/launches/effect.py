"""Launches as the detector sees them: planned lifts of themes inside a scope and a window."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Self

from models.segment import EVERYTHING, Segment
from models.spikes.launches.nearest_tickets import NearestTickets


@dataclass(frozen=True, slots=True)
class Step:
    """Usual x lift in the buckets [start, end); `deviation` is the standard deviation of the lifted mean, as a share of it."""

    start: int
    end: int
    lift: float
    deviation: float


Course = tuple[Step, ...]
"""How a lift goes up and down over a launch and the days around it; empty where only the whole is known."""


@dataclass(frozen=True, slots=True)
class ThemeLift:
    """Themes that share one envelope, and the multiple of their usual volume that is planned.

    Several themes stand together when one example text of the plan resolves to all of them; `core` is then the one that the text
    belongs to most, which is held against its own envelope too, and `near` its tickets nearest to the text. `course` is how past
    launches of the kind went; empty without any.
    """

    theme_ids: frozenset[int]
    lift: float
    course: Course = ()
    core: int | None = None
    # Counts, and nothing that the baseline depends on.
    near: NearestTickets | None = field(default=None, compare=False)

    def __post_init__(self) -> None:
        if not self.lift > 0:
            raise ValueError(f"The lift of a launch is {self.lift}; give a multiple of the usual volume above 0.")


@dataclass(frozen=True, slots=True)
class LaunchEffect:
    """What a launch adds to expectations: usual x lift inside its scope and window.

    Parameters
    ----------
    launch_id: the launch's identity.
    start, end: bucket numbers, end exclusive.
    scope: segment in which volume is lifted; empty means everywhere.
    tolerance: share of the planned mean within which the plan is meant, 0 or more.
    expected: the lifts by group of themes, in the plan's order; where themes are named twice the first holds.
    lift_all: multiple for every theme not named in `expected`; None when the plan names themes only. course_all: its course.
    common: what nobody planned and the calendar brings all the same to every theme that is not named, as holidays do. It is no
        plan: how much it is today is learned from the other themes, and what exceeds that is a spike.
    own: relative standard deviation by which a theme differs from the common lift.
    """

    launch_id: str
    start: int
    end: int
    scope: Segment = EVERYTHING
    tolerance: float = 0.3
    expected: tuple[ThemeLift, ...] = ()
    lift_all: float | None = None
    course_all: Course = ()
    common: Course = ()
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
    def reach(self) -> tuple[int, int]:
        """First bucket that it may lift, and the first one after it: the window, and the days around it that a course names."""
        steps = [*self.course_all, *self.common, *(step for group in self.expected for step in group.course)]
        return min([self.start, *(step.start for step in steps)]), max([self.end, *(step.end for step in steps)])

    def names(self, theme_id: int) -> bool:
        """Tell whether the plan has a line for a theme, apart from one for all."""
        return any(theme_id in group.theme_ids for group in self.expected)

    def course_of(self, theme_id: int) -> Course:
        """The course of a theme that is planned for; empty where the plan has none, or says nothing about it."""
        for group in self.expected:
            if theme_id in group.theme_ids:
                return group.course
        return self.course_all

    def near_of(self, theme_id: int) -> NearestTickets | None:
        """The tickets of a theme that are nearest to the text that planned for it; None where that is not known."""
        nearest = (group.near for group in self.expected if group.near is not None)
        return next((near for near in nearest if near.theme_id == theme_id), None)

    def lift_of(self, theme_id: int) -> float | None:
        """The planned multiple for a theme, or None when the plan says nothing about it."""
        for group in self.expected:
            if theme_id in group.theme_ids:
                return group.lift
        return self.lift_all
