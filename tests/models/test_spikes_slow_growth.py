import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.segment import EVERYTHING
from models.spikes import Detector, Episode, SeriesCounts, SeriesKey, SpikeSettings, ThemeFacts
from models.spikes.baseline.seasonal_profile import WEEK, fit_nested_profile, fit_profile
from models.spikes.families.slow_growth import DAYS
from models.spikes.inputs import DetectionInputs
from models.spikes.statistics.cusum import evidence_of_shift, shift_p_values

HOUR, DAY = 12, 288
MONDAY = 480_096 * HOUR
TODAY = MONDAY + 28 * DAY
SHIFTS = (1.5, 2.0, 4.0)
COUNTS = st.lists(st.integers(0, 40), min_size=2, max_size=40)


@given(COUNTS, st.floats(0.1, 10.0), st.floats(1.0, 3.0), st.data())
@settings(max_examples=100, deadline=None)
def test_another_ticket_never_weakens_the_evidence(counts, mean, dispersion, data):
    """One ticket more in any tested step, all else fixed, gives a p-value that is no larger."""
    seen = np.array([counts], dtype=np.float64)
    usual, spread = np.full(seen.shape, mean), np.array([dispersion])
    before = shift_p_values(seen, usual, spread, SHIFTS)[0]
    seen[0, data.draw(st.integers(0, len(counts) - 1))] += 1
    assert shift_p_values(seen, usual, spread, SHIFTS)[0] <= before


@given(COUNTS, st.floats(0.1, 10.0), st.floats(1.0, 3.0))
@settings(max_examples=100, deadline=None)
def test_cusum_equals_its_recursion(counts, mean, dispersion):
    """Read backwards the sums give what the recursion S = max(0, S + z) gives step by step."""
    seen = np.array([counts], dtype=np.float64)
    found, begun = evidence_of_shift(seen, np.full(seen.shape, mean), np.array([dispersion]), 2.0)
    extra = max(dispersion - 1.0, 1e-6)
    now = 0.0
    for count in counts:
        now = max(0.0, now + np.log(2.0) * count - (count + mean / extra) * np.log1p(extra / (1.0 + extra)))
    assert found[0] == pytest.approx(now, abs=1e-6)
    assert (begun[0] == len(counts)) == (found[0] == 0)


def test_p_values_keep_their_level():
    """Without a rise at most a share p of series has a p-value of p or less."""
    random = np.random.default_rng(3)
    counts = random.negative_binomial(2.0 / 0.5, 1 / 1.5, (4_000, 60)).astype(np.float64)
    p_values, _ = shift_p_values(counts, np.full(counts.shape, 2.0), np.full(4_000, 1.5), SHIFTS)
    for level in (0.01, 0.05, 0.2):
        assert (p_values <= level).mean() <= level + 3 * np.sqrt(level / 4_000)


def test_silent_series_show_nothing():
    """A series that is always zero has p = 1."""
    p_values, starts = shift_p_values(np.zeros((1, 50)), np.full((1, 50), 0.3), np.ones(1), SHIFTS)
    assert (p_values[0], starts[0]) == (1.0, 50)


class Record:
    """Counts of themes by the hour, in all, with episodes kept as a miner would."""

    def __init__(self, rates, until, seed=1, growth=None):
        random = np.random.default_rng(seed)
        self.counts = SeriesCounts()
        self.facts = {theme: ThemeFacts(MONDAY) for theme in range(1, len(rates) + 1)}
        self.episodes = {}
        self.detector = Detector(SpikeSettings(false_alerts_per_week=0.1))
        for theme, rate in enumerate(rates, 1):
            for bucket in range(MONDAY, until):
                times = growth(theme, bucket) if growth else 1.0
                tickets = int(random.poisson(times * rate / HOUR))
                self.counts.add(bucket, SeriesKey(theme, EVERYTHING), tickets)
                self.counts.add(bucket, SeriesKey(0, EVERYTHING), tickets)

    def run(self, start, end):
        """Test every hour; returns the findings that opened or closed, with the bucket."""
        reported = []
        for at in range(start + HOUR, end + 1, HOUR):
            for one in self.detector.detect(
                DetectionInputs(at, self.counts, themes=self.facts, episodes=list(self.episodes.values()))
            ):
                self.episodes[one.theme_id, one.kind, one.start] = Episode(
                    one.theme_id, one.segment, one.start, one.end, one.kind, one.launch_id, one.severity
                )
                reported += [(at, one)] if one.change != "updated" else []
        return reported


def test_slow_growth_of_a_small_theme_is_reported_once():
    """A theme of seven tickets a day that trebles over two days is one spike, though none of its hours is unusual."""
    record = Record(
        [0.3] * 8, TODAY + 6 * DAY,
        growth=lambda theme, bucket: 1.0 + np.clip((bucket - TODAY) / DAY, 0, 2.0) if theme == 1 else 1.0,
    )  # fmt: skip
    reported = [one for _, one in record.run(TODAY, TODAY + 6 * DAY)]
    assert [(one.theme_id, one.change) for one in reported] == [(1, "opened"), (1, "closed")]
    assert reported[0].ratio > 1.5
    assert reported[0].start > TODAY - DAY


def test_growth_that_is_over_is_not_reported():
    """Days after a rise has ended, the long windows that still contain it report nothing."""
    record = Record(
        [0.3] * 8, TODAY + 6 * DAY,
        growth=lambda theme, bucket: 3.0 if theme == 1 and TODAY <= bucket < TODAY + 4 * DAY else 1.0,
    )  # fmt: skip
    during = record.detector.detect(DetectionInputs(TODAY + 4 * DAY, record.counts, themes=record.facts))
    assert [one.theme_id for one in during] == [1]
    assert record.detector.detect(DetectionInputs(TODAY + 6 * DAY, record.counts, themes=record.facts)) == []


def test_level_shift_is_one_signal_and_then_the_level():
    """Volume that rises for good opens one episode, which closes as the new level; nothing follows."""
    record = Record(
        [1.0] * 8, TODAY + 10 * DAY, seed=2, growth=lambda theme, bucket: 2.5 if theme == 1 and bucket >= TODAY else 1.0
    )
    reported = record.run(TODAY, TODAY + 10 * DAY)
    assert [(one.theme_id, one.change, one.shifted) for _, one in reported] == [
        (1, "opened", False),
        (1, "closed", True),
    ]


def test_growth_of_everything_is_not_growth_of_each_theme():
    """Where all themes rise slowly together, no theme is reported for growth of its own."""
    record = Record(
        [2.0] * 10, TODAY + 3 * DAY, growth=lambda _, bucket: 1.0 + 0.15 * np.clip((bucket - TODAY) / DAY, 0, 3)
    )
    assert {one.theme_id for _, one in record.run(TODAY, TODAY + 3 * DAY)} <= {0}


def test_tested_days_are_within_the_kept_history():
    """Hourly counts reach further back than the tested days and the weeks from which their level is learned."""
    assert SeriesCounts().history_hours > 3 * DAYS * 24


def test_nested_profile_of_a_small_theme_is_closer_to_the_truth():
    """Eight weeks of two tickets a day: shrinking by day and weekday first errs less than by hour of the week alone."""
    random = np.random.default_rng(5)
    hours = np.arange(8 * WEEK)
    parent = np.ones((50, WEEK))
    truth = 1.0 + 0.8 * np.cos(2 * np.pi * (np.arange(WEEK) - 14) / 24)
    counts = random.poisson(0.1 * truth[hours % WEEK], (50, len(hours))).astype(np.float64)
    weights = np.ones(counts.shape)
    errors = [
        float(((fit(counts, weights, hours % WEEK, parent, strength) - truth) ** 2).mean())
        for fit, strength in ((fit_nested_profile, 10.0), (fit_profile, 5.0))
    ]
    assert errors[0] < 0.7 * errors[1]
    assert np.allclose(fit_nested_profile(counts, weights, hours % WEEK, parent, 10.0).mean(axis=1), 1.0)
