"""The simulated desk: 60 themes of different size in channels, regions and two sources, over weeks of history and tested days."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bench.spikes.live import DISPERSION, DRIFT, WEEK
from bench.spikes.outbreak import negative_binomial
from models.arrays import Floats
from models.bucket import BUCKETS_PER_HOUR
from models.segment import EVERYTHING, Segment
from models.spikes import ALL_TICKETS, SeriesCounts, SeriesKey

THEMES = 60
LARGEST, SLOPE = 20.0, 0.8
"""Tickets an hour of the largest theme, and the power of the rank by which the others are smaller: 137 an hour in all."""
CHANNELS = (("in_app", 0.5), ("email", 0.3), ("chat", 0.2))
REGIONS = (("US", 0.4), ("BR", 0.3), ("DE", 0.2), ("JP", 0.1))
SOURCES = (("/zendesk/acme", 0.75), ("/jira/ops", 0.25))
DIMENSIONS = (("channel", CHANNELS), ("region", REGIONS), ("source", SOURCES))
CONCENTRATION = 30.0
"""Of the Dirichlet distribution of each theme's mix around the mix of all: shares differ by about a fifth."""
HISTORY_WEEKS = 7
BY_BUCKET_HOURS = 24
"""Newest hours of the history that are counted by bucket; older ones are counted in the first bucket of their hour."""

Cells = npt.NDArray[np.int64]
"""Tickets by theme, slot of time, channel, region and source."""


@dataclass(frozen=True)
class Effect:
    """What happens to some tickets from `start` to `end`, in hours of the tested days (below 0: of the history).

    times: multiple of the volume of the themes (all where none are named). keep: share that arrives of the tickets in a channel or of
    a source. dumped: whether those that do not arrive come in together when the effect ends.
    """

    start: float
    end: float
    themes: tuple[int, ...] = ()
    times: float = 1.0
    towards: float | None = None
    channel: str | None = None
    source: str | None = None
    keep: float = 1.0
    dumped: bool = False


def base_means(random: np.random.Generator, hours: int) -> Floats:
    """Draw the usual mean of each theme by the hour, shape (themes, hours): waves of a day and a week, and a drifting level."""
    hour = np.arange(WEEK)
    depth, week_depth = random.uniform(0.4, 0.8, (THEMES, 1)), random.uniform(0.1, 0.4, (THEMES, 1))
    phase = random.normal(15.0, 1.0, (THEMES, 1))
    wave = depth * np.cos(2 * np.pi * (hour - phase) / 24) + week_depth * np.cos(2 * np.pi * (hour - 60.0) / WEEK)
    rates = LARGEST / np.arange(1, THEMES + 1) ** SLOPE
    weeks = -(-hours // WEEK)
    steps = random.normal(0.0, DRIFT, (THEMES, weeks))
    level = np.exp(np.cumsum(steps, axis=1) - steps.sum(axis=1, keepdims=True))
    at = np.arange(hours)
    return np.asarray(rates[:, None] * np.exp(wave)[:, at % WEEK] * level[:, at // WEEK])


def _mix(random: np.random.Generator) -> Floats:
    """Draw the joint mix of each theme, shape (themes, channels x regions x sources); dimensions are independent."""
    mixes = [
        random.dirichlet(CONCENTRATION * np.array([share for _, share in values]), THEMES) for _, values in DIMENSIONS
    ]
    joint = np.einsum("ta,tb,tc->tabc", *mixes)
    return np.asarray(joint.reshape(THEMES, -1))


class Desk:
    """Simulated tickets: a history, and tested days with some effects.

    Parameters
    ----------
    days: tested days after the history. shift: hours of the usual pattern by which the tested days are ahead of the history.
    """

    def __init__(self, seed: int, days: int, effects: tuple[Effect, ...] = (), *, shift: int = 0) -> None:
        random = np.random.default_rng([seed, 60])
        self.first_tested = HISTORY_WEEKS * WEEK
        hours = self.first_tested + days * 24
        means = base_means(random, hours + abs(shift))
        at = np.arange(hours)
        mean = means[:, at + np.where(at >= self.first_tested, shift, 0)]
        for effect in effects:
            self._multiply(mean, effect)
        counts = negative_binomial(random, mean, DISPERSION)
        mix = _mix(random)
        old = self.first_tested - BY_BUCKET_HOURS
        shape = (THEMES, -1, len(CHANNELS), len(REGIONS), len(SOURCES))
        self.by_hour: Cells = random.multinomial(counts[:, :old], mix[:, None, :]).reshape(shape)
        split = random.multinomial(counts[:, old:], np.full(BUCKETS_PER_HOUR, 1 / BUCKETS_PER_HOUR))
        buckets = split.reshape(THEMES, -1)
        self.by_bucket: Cells = random.multinomial(buckets, mix[:, None, :]).reshape(shape)
        for effect in effects:
            self._withhold(random, effect)

    def _multiply(self, mean: Floats, effect: Effect) -> None:
        first, last = (self.first_tested + int(hour) for hour in (effect.start, effect.end))
        length = min(last, mean.shape[1]) - first
        times = np.full(length, effect.times)
        if effect.towards is not None:
            times = np.exp(np.linspace(np.log(effect.times), np.log(effect.towards), last - first))[:length]
        rows = [theme - 1 for theme in effect.themes] or list(range(THEMES))
        mean[rows, first : first + length] *= times

    def _withhold(self, random: np.random.Generator, effect: Effect) -> None:
        if effect.keep == 1.0:
            return
        first, last = (int((BY_BUCKET_HOURS + hour) * BUCKETS_PER_HOUR) for hour in (effect.start, effect.end))
        part = self.by_bucket[:, first:last]
        where = [slice(None)] * 5
        for axis, (name, values) in enumerate(DIMENSIONS, 2):
            wanted = {"channel": effect.channel, "source": effect.source}.get(name)
            if wanted is not None:
                where[axis] = slice(*[at + [value for value, _ in values].index(wanted) for at in (0, 1)])
        held = part[tuple(where)]
        kept = random.binomial(held, effect.keep)
        if effect.dumped and last < self.by_bucket.shape[1]:
            self.by_bucket[:, last][tuple(where[:1] + where[2:])] += (held - kept).sum(axis=1)
        part[tuple(where)] = kept

    def counts(self, monday: int) -> SeriesCounts:
        """Count the tickets as the detector reads them; `monday` is the hour since 1970 at which the history begins."""
        counts = SeriesCounts()
        hours = (monday + np.arange(self.by_hour.shape[1])) * BUCKETS_PER_HOUR
        first = (monday + self.first_tested - BY_BUCKET_HOURS) * BUCKETS_PER_HOUR
        for cells, slots in (
            (self.by_hour, hours), (self.by_bucket, first + np.arange(self.by_bucket.shape[1])),
        ):  # fmt: skip
            for segment, by_theme, themes in _series(cells):
                for row, theme in enumerate(themes):
                    key = SeriesKey(theme, segment)
                    for at in np.flatnonzero(by_theme[row]).tolist():
                        counts.add(int(slots[at]), key, int(by_theme[row, at]))
        return counts


def _series(cells: Cells) -> Iterator[tuple[Segment, Cells, range]]:
    """Sum cells to series: per segment the tickets by theme and slot, and the themes; sources are counted of all tickets only."""
    own = range(1, THEMES + 1)
    total = cells.sum(axis=(2, 3, 4))
    yield EVERYTHING, total, own
    yield EVERYTHING, total.sum(axis=0, keepdims=True), range(ALL_TICKETS, ALL_TICKETS + 1)
    for axis, (name, values) in enumerate(DIMENSIONS, 2):
        others = tuple(each for each in (2, 3, 4) if each != axis)
        split = cells.sum(axis=others)
        for at, (value, _) in enumerate(values):
            segment = Segment.of({name: value})
            if name != "source":
                yield segment, split[:, :, at], own
            yield segment, split[:, :, at].sum(axis=0, keepdims=True), range(ALL_TICKETS, ALL_TICKETS + 1)
