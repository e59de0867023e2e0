"""Spikes: counts per theme and segment, what they should be, and where they are above or below that.

`SeriesCounts` holds the counts, `Detector` tests them at the end of each epoch, `LaunchEffect` describes what is
planned. Every result is a function of the counts, the episodes, the launches and the end of the epoch
(`DetectionInputs`), so that a process that reloads the counts continues with the same results.
"""

from typing import TYPE_CHECKING

from models.lazy import lazy_names
from models.theme import ALL_TICKETS

if TYPE_CHECKING:
    from models.spikes.counts import SeriesCounts
    from models.spikes.detector import Detector
    from models.spikes.episodes.episode import Episode, ExpectedRange, Finding, ThemeFacts
    from models.spikes.inputs import DetectionInputs
    from models.spikes.launches.effect import LaunchEffect, ThemeLift
    from models.spikes.series import DIMENSIONS, PAIRS, SeriesKey, segments_of
    from models.spikes.settings import SpikeSettings

__all__ = [
    "ALL_TICKETS",
    "DIMENSIONS",
    "PAIRS",
    "DetectionInputs",
    "Detector",
    "Episode",
    "ExpectedRange",
    "Finding",
    "LaunchEffect",
    "SeriesCounts",
    "SeriesKey",
    "SpikeSettings",
    "ThemeFacts",
    "ThemeLift",
    "segments_of",
]

__getattr__ = lazy_names(
    __name__,
    {
        "counts": ("SeriesCounts",),
        "detector": ("Detector",),
        "episodes.episode": ("Episode", "ExpectedRange", "Finding", "ThemeFacts"),
        "inputs": ("DetectionInputs",),
        "launches.effect": ("LaunchEffect", "ThemeLift"),
        "series": ("DIMENSIONS", "PAIRS", "SeriesKey", "segments_of"),
        "settings": ("SpikeSettings",),
    },
)
