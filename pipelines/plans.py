"""Plans resolved to themes: which ones each line of a launch means."""

from __future__ import annotations

from datetime import timedelta

from models.launch import Launch
from pipelines.memory import Memory
from pipelines.moment import Moment

AHEAD = timedelta(days=1)
"""Plans are resolved from so long before their window on: the day before may be lifted, and its last hour expects the first."""


def resolve_plans(memory: Memory, moment: Moment) -> None:
    """Resolve the plans of launches to themes, from the day before on, anew each epoch: themes born meanwhile are among them."""
    for launch in moment.launches:
        if launch.start - AHEAD < moment.end and (moment.end <= launch.end or launch.launch_id not in memory.planned):
            memory.planned[launch.launch_id] = [meant(memory, launch, at) for at in range(len(launch.lifts))]


def meant(memory: Memory, launch: Launch, at: int) -> list[int]:
    """The themes that a line of a plan means now, the nearest first; none for a line that names all, or a past launch."""
    lift = launch.lifts[at]
    if lift.about is not None:
        return list(dict.fromkeys(survivor(memory, theme) for theme, _ in memory.index.similar(lift.about)))
    return [] if lift.theme_id is None else [survivor(memory, lift.theme_id)]


def survivor(memory: Memory, theme: int) -> int:
    """The theme that holds a theme's tickets, after all merges."""
    while (record := memory.themes.get(theme)) is not None and record.merged_into is not None:
        theme = record.merged_into
    return theme


def planned_themes(memory: Memory) -> dict[str, set[int]]:
    """Themes that each launch plans for, however they were named."""
    return {
        launch: {survivor(memory, theme) for group in groups for theme in group}
        for launch, groups in memory.planned.items()
    }


def planned_groups(memory: Memory) -> dict[str, list[list[int]]]:
    """The same by group of each plan, in the plan's order: themes of one group share an envelope."""
    return {
        launch: [sorted({survivor(memory, theme) for theme in group}) for group in groups]
        for launch, groups in memory.planned.items()
    }
