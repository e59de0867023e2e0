"""The launches of a digest: plan against actual, in the window."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from alerts.digest.escape import plain
from alerts.digest.records import ClosingFigures, LaunchStory, PlanLine
from alerts.ownership import EVERYONE, Audience
from models.plan_position import PlanVerdict, position_of
from models.theme import ALL_TICKETS
from store.digest_rows import DigestLaunch, DigestRows


def launch_stories(
    rows: DigestRows,
    audience: Audience,
    names: Mapping[int, str],
    *,
    closing: Mapping[str, ClosingFigures] | None = None,
    wanted: Collection[str] = (),
) -> tuple[LaunchStory, ...]:
    """Describe the launches that concern an audience; `names` are those of its themes, by id.

    `wanted` are the launches whose whole plan the audience reads, whoever owns the themes; `closing` are the figures of launches that
    are over.
    """
    everything = {ALL_TICKETS: "All tickets together", **{theme.theme_id: theme.name for theme in rows.themes}}
    named = {ALL_TICKETS: "All tickets together", **names} if audience.name == EVERYONE else names
    stories = []
    for launch in rows.launches:
        followed = launch.launch_id in wanted
        lines = plan_lines(launch, rows, everything if followed else named)
        if lines or followed:
            stories.append(
                LaunchStory(
                    launch.launch_id, plain(launch.title), launch.kind, launch.start, launch.end, launch.scope, lines,
                    (closing or {}).get(launch.launch_id),
                )
            )  # fmt: skip
    return tuple(stories)


def plan_lines(launch: DigestLaunch, rows: DigestRows, names: Mapping[int, str]) -> tuple[PlanLine, ...]:
    """Compare each named theme that the launch's plan covers with it: those above plan first, then by tickets."""
    lines = []
    for theme_id, name in names.items():
        planned = [
            hour for hour in rows.hours(theme_id) if hour.band is not None and hour.band.launch_id == launch.launch_id
        ]
        if planned:
            exceeded = any(spike.theme_id == theme_id and spike.launch_id == launch.launch_id for spike in rows.spikes)
            lines.append(PlanLine(theme_id, plain(name), position_of(planned), exceeded))
    return tuple(
        sorted(
            lines,
            key=lambda line: (line.verdict is not PlanVerdict.ABOVE, -line.position.actual, line.theme_id),
        )
    )
