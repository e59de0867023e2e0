"""Plans resolved to themes: which themes each line of a launch means, and which of their tickets are nearest to its text."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import timedelta
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from models.arrays import Mask
from models.bucket import BUCKET_SECONDS, bucket_of
from models.event import MATCHED
from models.launch import Launch
from models.segment import EVERYTHING, Segment
from models.spikes.launches.nearest_tickets import NearestTickets, counted_tickets, nearest_to_text
from models.themes import LanguageIndexes
from pipelines.context import EpochWindow
from pipelines.state import MinerState


class SurvivingThemes(Protocol):
    """The themes, as far as they say which theme holds the tickets of a merged one."""

    def survivor(self, theme_id: int) -> int:
        """Return the theme that holds the tickets of another now."""


class Resolving(Protocol):
    """What resolving a plan needs of the miner's state."""

    @property
    def index(self) -> LanguageIndexes:
        """The remembered tickets and their grouping."""

    @property
    def themes(self) -> SurvivingThemes:
        """The themes."""


InScope = Callable[[Segment, Collection[str]], Collection[str]]
"""Tells which of some tickets are in a segment."""

AHEAD = timedelta(days=1)
"""Plans are resolved from this long before their window on: the day before may be lifted, and its last hour expects the first."""
KEPT = timedelta(days=4)
"""For this long after a launch an episode of it may be open, which is judged by the tickets nearest to its texts."""


def resolve_plans(state: MinerState, window: EpochWindow, in_scope: InScope) -> None:
    """Resolve the plans of launches to themes anew, from the day before each launch on, so that new themes are included.

    While a launch runs, a theme is not left out again because its nearest tickets changed a little: its tickets since the launch
    began would then all be beyond what is usual.

    in_scope: by it the tickets nearest to a text are counted inside the launch's scope alone, where counts of the scope are kept.
    """
    plans = state.plans
    for launch in window.launches:
        known = launch.launch_id in plans.groups
        if launch.start - AHEAD < window.end and (window.end <= launch.end or not known):
            earlier = plans.groups_of(launch.launch_id) if launch.start < window.end else ()
            plans.groups[launch.launch_id] = resolved(state, launch, earlier)
        if launch.start < window.end <= launch.end:
            scoped = _ScopedTickets(state, launch, window.bucket, in_scope)
            plans.nearest[launch.launch_id] = [
                _nearest_tickets(state, launch, line, group, scoped)
                for line, group in enumerate(plans.groups[launch.launch_id])
            ]
        elif window.end > launch.end + KEPT:
            plans.nearest.pop(launch.launch_id, None)
            plans.inside.pop(launch.launch_id, None)


def resolved(state: Resolving, launch: Launch, earlier: Sequence[Sequence[int]] = ()) -> list[list[int]]:
    """Return the themes of each line of a plan, the nearest first.

    earlier: the themes of each line as they were found before; those that a text still nearly reaches are kept.

    A theme that several texts reach belongs to the line whose text it is nearest to, so that its lift is applied once. A line
    keeps its nearest theme all the same.
    """
    known = [earlier[line] if line < len(earlier) else () for line in range(len(launch.lifts))]
    found = [_closeness(state, launch, line, kept) for line, kept in enumerate(known)]
    best = {theme: max(line.get(theme, -1.0) for line in found) for line in found for theme in line}
    return [[theme for at, theme in enumerate(line) if at == 0 or line[theme] >= best[theme]] for line in found]


def meant(state: MinerState, launch: Launch, line: int) -> list[int]:
    """Return the themes that a line of a plan means now, the nearest first.

    None for a line that names all themes, or a past launch.
    """
    return resolved(state, launch)[line]


def clearly_meant(state: MinerState, launches: Mapping[str, Launch], launch_id: str, theme: int) -> bool:
    """Tell whether a plan names a theme, or whether most tickets nearest to one of its texts are the theme's.

    A text between themes may mean none of them: missing volume there says nothing about the plan. A plan that is to be like
    another launch means what the plan of that launch means.
    """
    own = launches[launch_id].lifts
    others = [launches[lift.like].lifts for lift in own if lift.like is not None and lift.like in launches]
    lines = [line for lifts in (own, *others) for line in lifts]
    return any(
        state.themes.survivor(line.theme_id) == theme
        if line.theme_id is not None
        else _has_most_of(state, line.about, theme)
        for line in lines
    )


def _has_most_of(state: MinerState, about: NDArray[np.floating] | None, theme: int) -> bool:
    return about is not None and state.index.share_near(about, theme) > 0.5


def _closeness(state: Resolving, launch: Launch, line: int, kept: Sequence[int]) -> dict[int, float]:
    """Return the closeness of each theme that a line reaches, the nearest first; a theme named by its id is closest of all."""
    lift, survivor = launch.lifts[line], state.themes.survivor
    if lift.about is None:
        return {} if lift.theme_id is None else {survivor(lift.theme_id): 2.0}
    found: dict[int, float] = {}
    for theme, closeness in state.index.similar(lift.about, {survivor(theme) for theme in kept}):
        found.setdefault(survivor(theme), closeness)
    return found


def _nearest_tickets(
    state: MinerState, launch: Launch, line: int, themes: Sequence[int], scoped: _ScopedTickets
) -> tuple[NearestTickets, ...]:
    """Return the tickets nearest to a line's text: of the theme that it means most, and of all that it reaches.

    None for a line without a text, and of themes with few tickets from before the launch.
    """
    about, start = launch.lifts[line].about, bucket_of(launch.start)
    if about is None or not themes:
        return ()
    found = []
    for among in dict.fromkeys((tuple(themes[:1]), tuple(themes))):
        ids, times, cosines = state.index.around_themes(about, among)
        buckets = np.asarray(times, dtype=np.int64) // (1000 * BUCKET_SECONDS)
        inside = scoped.mask(ids, counted_tickets(buckets, start, scoped.end))
        found.append(nearest_to_text(among, buckets, cosines, start, scoped.end, inside, scoped.segment))
    return tuple(one for one in found if one is not None)


class _ScopedTickets:
    """Which tickets are in the scope of a launch, where counts of the scope are kept; each ticket is asked for once.

    segment: the scope, or everything where no counts of it are kept. end: bucket before which tickets are counted.
    """

    def __init__(self, state: MinerState, launch: Launch, end: int, in_scope: InScope) -> None:
        scope = launch.scope
        counted = state.counts.number_of(scope) is not None and set(scope.dimensions) <= set(MATCHED)
        self.segment, self.end, self._in_scope = scope if counted else EVERYTHING, end, in_scope
        self._known = state.plans.inside.setdefault(launch.launch_id, {}).setdefault(self.segment, {})

    def mask(self, ids: Callable[[Mask], tuple[str, ...]], asked: Mask) -> Mask | None:
        """Mark those of the tickets that `asked` marks; None where all tickets are inside."""
        if self.segment == EVERYTHING:
            return None
        tickets = ids(asked)
        unknown = [ticket for ticket in tickets if ticket not in self._known]
        inside = set(self._in_scope(self.segment, unknown)) if unknown else set()
        self._known.update((ticket, ticket in inside) for ticket in unknown)
        found = np.zeros(len(asked), dtype=bool)
        found[asked] = [self._known[ticket] for ticket in tickets]
        return found


def planned_themes(state: MinerState) -> dict[str, set[int]]:
    """Return the themes that each launch plans for, however its lines name them."""
    survivor = state.themes.survivor
    return {
        launch: {survivor(theme) for group in groups for theme in group}
        for launch, groups in state.plans.groups.items()
    }


def planned_groups(state: MinerState) -> dict[str, list[list[int]]]:
    """Return the themes of each line of each plan, in the plan's order.

    The themes of one line share an envelope, and the first is meant most.
    """
    survivor = state.themes.survivor
    return {
        launch: [list(dict.fromkeys(survivor(theme) for theme in group)) for group in groups]
        for launch, groups in state.plans.groups.items()
    }
