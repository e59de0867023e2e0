"""The launches of a digest: plan against actual, in the window."""

from __future__ import annotations

from collections.abc import Mapping

from alerts.digest.escape import plain
from alerts.digest.hours import hours_of
from alerts.digest.records import LaunchStory, PlanLine
from alerts.ownership import EVERYONE, Audience
from models.plan_position import PlanVerdict, position_of
from models.theme import ALL_TICKETS
from store.digests import DigestLaunch, DigestRows


def launch_stories(rows: DigestRows, audience: Audience, names: Mapping[int, str]) -> tuple[LaunchStory, ...]:
    """Describe the launches that concern an audience; `names` are those of its themes, by id."""
    named = {ALL_TICKETS: "All tickets together", **names} if audience.name == EVERYONE else names
    stories = []
    for launch in rows.launches:
        lines = plan_lines(launch, rows, named)
        if lines or audience.name == EVERYONE or not launch.scope.pairs or audience.match.touches(launch.scope):
            stories.append(LaunchStory(plain(launch.title), launch.kind, launch.start, launch.end, launch.scope, lines))
    return tuple(stories)


def plan_lines(launch: DigestLaunch, rows: DigestRows, names: Mapping[int, str]) -> tuple[PlanLine, ...]:
    """Compare each named theme that the launch's plan covers with it: those above plan first, then by tickets."""
    lines = []
    for theme_id, name in names.items():
        planned = [
            hour
            for hour in hours_of(theme_id, rows)
            if hour.band is not None and hour.band.launch_id == launch.launch_id
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
