"""Plans resolved to themes: which ones each line of a launch means, and which tickets of them are nearest to its text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta

import numpy as np
from numpy.typing import NDArray

from models.bucket import BUCKET_SECONDS, bucket_of
from models.launch import Launch
from models.spikes.launches.nearest_tickets import NearestTickets, near_text
from pipelines.context import EpochWindow
from pipelines.state import MinerState

AHEAD = timedelta(days=1)
"""Plans are resolved from so long before their window on: the day before may be lifted, and its last hour expects the first."""
REMEMBERED = timedelta(days=4)
"""So long after a launch an episode of it may be open, which is told from the tickets nearest to its texts."""


def resolve_plans(memory: MinerState, moment: EpochWindow) -> None:
    """Resolve the plans of launches to themes, from the day before on, anew each epoch: themes born meanwhile are among them."""
    for launch in moment.launches:
        if launch.start - AHEAD < moment.end and (moment.end <= launch.end or launch.launch_id not in memory.planned):
            memory.planned[launch.launch_id] = resolved(memory, launch)
        if launch.start < moment.end <= launch.end:
            groups = memory.planned[launch.launch_id]
            memory.near[launch.launch_id] = [
                _nearest(memory, launch, at, group, moment.bucket) for at, group in enumerate(groups)
            ]
        elif moment.end > launch.end + REMEMBERED:
            memory.near.pop(launch.launch_id, None)


def resolved(memory: MinerState, launch: Launch) -> list[list[int]]:
    """The themes of each line of a plan, the nearest first.

    A theme that several texts reach belongs to the line whose text it is nearest to: a lift is meant once. A line keeps its
    nearest theme all the same.
    """
    found = [_close(memory, launch, at) for at in range(len(launch.lifts))]
    best = {theme: max(line.get(theme, -1.0) for line in found) for line in found for theme in line}
    return [[theme for at, theme in enumerate(line) if at == 0 or line[theme] >= best[theme]] for line in found]


def meant(memory: MinerState, launch: Launch, at: int) -> list[int]:
    """The themes that a line of a plan means now, the nearest first; none for a line that names all, or a past launch."""
    return resolved(memory, launch)[at]


def clearly_meant(memory: MinerState, launches: Mapping[str, Launch], launch_id: str, theme: int) -> bool:
    """Whether a plan names a theme, or most tickets nearest to one of its texts are the theme's.

    A text that lies between themes may mean none of them: silence there says nothing of the plan. A plan that is to be like another
    launch means what that one's plan means.
    """
    own = launches[launch_id].lifts
    others = [launches[lift.like].lifts for lift in own if lift.like is not None and lift.like in launches]
    lines = [line for lifts in (own, *others) for line in lifts]
    return any(
        survivor(memory, line.theme_id) == theme if line.theme_id is not None else _mostly(memory, line.about, theme)
        for line in lines
    )


def _mostly(memory: MinerState, about: NDArray[np.floating] | None, theme: int) -> bool:
    return about is not None and memory.index.share_near(about, theme) > 0.5


def _close(memory: MinerState, launch: Launch, at: int) -> dict[int, float]:
    """Closeness of each theme that a line of a plan reaches, the nearest first; one that is named by its id is as close as can be."""
    lift = launch.lifts[at]
    if lift.about is None:
        return {} if lift.theme_id is None else {survivor(memory, lift.theme_id): 2.0}
    found: dict[int, float] = {}
    for theme, closeness in memory.index.similar(lift.about):
        found.setdefault(survivor(memory, theme), closeness)
    return found


def _nearest(memory: MinerState, launch: Launch, at: int, themes: Sequence[int], end: int) -> NearestTickets | None:
    """The tickets nearest to a line's text, of the theme that it means most; None for a line without a text."""
    about = launch.lifts[at].about
    if about is None or not themes:
        return None
    times, cosines = memory.index.around(about, themes[0])
    buckets = np.asarray(times, dtype=np.int64) // (1000 * BUCKET_SECONDS)
    return near_text(themes[0], buckets, cosines, bucket_of(launch.start), end)


def survivor(memory: MinerState, theme: int) -> int:
    """The theme that holds a theme's tickets, after all merges."""
    while (record := memory.themes.get(theme)) is not None and record.merged_into is not None:
        theme = record.merged_into
    return theme


def planned_themes(memory: MinerState) -> dict[str, set[int]]:
    """Themes that each launch plans for, however they were named."""
    return {
        launch: {survivor(memory, theme) for group in groups for theme in group}
        for launch, groups in memory.planned.items()
    }


def planned_groups(memory: MinerState) -> dict[str, list[list[int]]]:
    """The same by group of each plan, in the plan's order: themes of one group share an envelope, and the first is meant most."""
    return {
        launch: [list(dict.fromkeys(survivor(memory, theme) for theme in group)) for group in groups]
        for launch, groups in memory.planned.items()
    }
