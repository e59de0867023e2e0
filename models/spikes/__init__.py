"""Spikes: counts per theme and segment, what they should be, and where they are more than that.

`SeriesCounts` holds the counts, `Detector` judges them at the end of each epoch, `LaunchEffect` says what is
planned. Everything said is a function of the counts as they stand, the episodes, the launches and the bucket
asked about, so a process that reloads the counts goes on with the same answers.
"""

from models.spikes.counts import SeriesCounts
from models.spikes.detector import Detector
from models.spikes.episodes.episode import Episode, ExpectedRange, Finding, ThemeFacts
from models.spikes.launches.effect import LaunchEffect, ThemeLift
from models.spikes.series import ALL_TICKETS, DIMENSIONS, PAIRS, SeriesKey, segments_of
from models.spikes.settings import SpikeSettings

__all__ = [
    "ALL_TICKETS",
    "DIMENSIONS",
    "PAIRS",
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
