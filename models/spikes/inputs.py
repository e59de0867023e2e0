"""Inputs: what the detector receives for one epoch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Self

from models.segment import Segment
from models.spikes.counts import SeriesCounts
from models.spikes.episodes.episode import Episode, ThemeFacts
from models.spikes.launches.effect import LaunchEffect


@dataclass(frozen=True, slots=True)
class DetectionInputs:
    """Everything that detection at the end of one epoch depends on.

    end_bucket: first bucket after the epoch; counts in it and later ones are ignored.
    counts: the tickets of all series.
    themes: the live themes; series of other themes are ignored.
    episodes: all open episodes, and the closed ones of the last 8 weeks.
    launches: all launches whose window touches the last 8 weeks, or is still to come.
    families: groups of similar themes, each theme in at most one; evidence of small themes is pooled within them.
    """

    end_bucket: int
    counts: SeriesCounts
    themes: Mapping[int, ThemeFacts]
    episodes: Sequence[Episode] = ()
    launches: Sequence[LaunchEffect] = ()
    families: Sequence[Sequence[int]] = ()

    def canonical(self) -> Self:
        """Return the same with episodes, launches and families in an order that does not depend on how they were read."""
        return replace(
            self,
            episodes=sorted(self.episodes, key=_episode_key),
            launches=sorted(self.launches, key=lambda launch: launch.launch_id),
            families=sorted(tuple(sorted(one)) for one in self.families),
        )


def _episode_key(episode: Episode) -> tuple[int, int, Segment, int]:
    return episode.theme_id, episode.start, episode.segment, -1 if episode.end is None else episode.end
