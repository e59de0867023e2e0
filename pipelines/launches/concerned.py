"""Which running launches something concerns: it is above their plan, planned by them, or in their scope."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta

from models.launch import Launch
from models.segment import Segment

AFTERMATH = timedelta(hours=2)
"""What a launch caused may be noticed so long after its end."""

MAJORITY = 0.5
"""Share of the tickets that must be in a launch's scope."""


def launches_concerned(
    launches: Iterable[Launch],
    at: datetime,
    mix: Mapping[Segment, int],
    *,
    exceeded: str | None = None,
    theme_id: int = 0,
    themes_of: Mapping[str, Collection[int]] | None = None,
) -> tuple[str, ...]:
    """Return the titles of the launches that run at `at`, or ended shortly before, and that these tickets concern.

    Parameters
    ----------
    mix: the tickets by their attributes.
    exceeded: id of the launch whose plan they are above, which is always concerned.
    theme_id, themes_of: the theme of the tickets, and the themes that each launch plans for, by its id.
    """
    total = sum(mix.values())
    found = []
    for launch in launches:
        inside = sum(number for segment, number in mix.items() if segment.within(launch.scope))
        runs = launch.start <= at < launch.end + AFTERMATH
        planned = theme_id in (themes_of or {}).get(launch.launch_id, ())
        if launch.launch_id == exceeded or (runs and (planned or (total > 0 and inside >= MAJORITY * total))):
            found.append(launch.title)
    return tuple(found)
