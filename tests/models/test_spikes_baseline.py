import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.segment import EVERYTHING, Segment
from models.spikes import Detector, Episode, SeriesCounts, SeriesKey, SpikeSettings, ThemeFacts
from models.spikes.baseline.fit import fit_baseline
from models.spikes.expectation.common_volume import outliers
from models.spikes.inputs import DetectionInputs
from models.theme import ALL_TICKETS

MONDAY = 480_096
WEEK, BUCKETS = 168, 12


def learned(mean, dispersion, seed=0):
    """The baseline of themes whose hourly means are given, at the end of these hours."""
    random = np.random.default_rng(seed)
    spread = dispersion - 1.0
    hourly = random.poisson(random.gamma(mean / spread, spread)) if spread > 0 else random.poisson(mean)
    counts = SeriesCounts()
    for theme, row in enumerate(hourly, 1):
        for hour in np.flatnonzero(row).tolist():
            counts.add((MONDAY + hour) * BUCKETS, SeriesKey(theme, EVERYTHING), int(row[hour]))
    for hour, n in enumerate(hourly.sum(axis=0).tolist()):
        counts.add((MONDAY + hour) * BUCKETS, SeriesKey(ALL_TICKETS, EVERYTHING), n)
    facts = {theme: ThemeFacts(MONDAY * BUCKETS) for theme in range(1, len(mean) + 1)}
    return fit_baseline(DetectionInputs((MONDAY + mean.shape[1]) * BUCKETS, counts, facts), SpikeSettings())


def drifting(rate, themes, weeks=8, drift=0.1, seed=1):
    """Hourly means with a daily wave and a level that moves each week."""
    random = np.random.default_rng(seed)
    hours = np.arange(weeks * WEEK)
    level = np.exp(np.cumsum(random.normal(0.0, drift, (themes, weeks)), axis=1))[:, hours // WEEK]
    return rate * level * np.exp(0.4 * np.cos(2 * np.pi * hours / 24))


@pytest.mark.parametrize(("rate", "dispersion"), [(1.0, 1.5), (20.0, 1.0), (20.0, 1.5), (20.0, 3.0)])
def test_neither_drift_nor_what_the_profile_learned_counts_as_dispersion(rate, dispersion):
    """Variance over mean is found within a fifth, though the level moves by a tenth each week."""
    found = learned(drifting(rate, 30), dispersion)
    assert found.dispersion[1:] == pytest.approx(np.full(30, dispersion), rel=0.2)


def test_themes_that_differ_in_dispersion_keep_their_own():
    """Only differences that chance explains are shrunk to the pool: these are not."""
    mean = np.full((30, 8 * WEEK), 10.0)
    mean[15:, ::48] *= 8.0  # regular bursts: they are not in the profile, and so are dispersion
    found = learned(mean, 1.2).dispersion[1:]
    assert found[:15].max() < found[15:].min()


def test_a_large_theme_is_followed_within_days_and_a_small_one_is_not_moved_by_chance():
    """Three days after a change of level by a third, two fifths of it are learned at 20 tickets an hour, and less at one in two."""
    mean = np.ones((6, 8 * WEEK)) * np.array([20.0, 20.0, 20.0, 0.5, 0.5, 0.5])[:, None]
    mean[:, -72:] *= 4 / 3
    found = learned(mean, 1.2)
    raised = found.level[1:] / mean[:, 0] - 1.0
    assert raised[:3].mean() > 0.4 / 3
    assert abs(raised[3:].mean()) < 0.4 / 3
    assert (found.level_variance[1:4] < found.level_variance[4:]).all()


@given(st.integers(5, 60), st.floats(1.0, 50.0), st.floats(0.0, 100.0))
@settings(max_examples=50, deadline=None)
def test_one_themes_rise_or_silence_is_not_common(themes, usual, times):
    """However far one theme rises or falls, the common factor moves by no more than its deviations by chance."""
    means = np.full(themes, usual)
    seen = means.copy()
    seen[0] *= times
    factor = float(outliers(seen[None], means[None], np.full(themes, 1.5))[1][0])
    most = (2.58 * np.sqrt(1.5 * usual * max(factor, 1.0)) + 5.0) / means.sum()
    assert abs(factor - 1.0) <= most + 1e-9


@given(st.integers(10, 60), st.lists(st.sampled_from([0.0, 5.0, 20.0]), min_size=1, max_size=4))
@settings(max_examples=50, deadline=None)
def test_large_themes_that_are_apart_do_not_move_the_common_factor(themes, times):
    """Up to four of ten and more themes with forty tickets each are recognised, silent or many times as large."""
    means = np.full(themes, 40.0)
    seen = means.copy()
    seen[: len(times)] *= times
    apart, factor = (one[0] for one in outliers(seen[None], means[None], np.full(themes, 1.5)))
    assert apart.tolist() == [True] * len(times) + [False] * (themes - len(times))
    assert factor == pytest.approx(1.0)


@given(st.integers(2, 60), st.floats(1.0, 50.0), st.floats(0.1, 20.0))
@settings(max_examples=50, deadline=None)
def test_what_all_themes_have_in_common_is_kept(themes, usual, times):
    """A rise or fall of all themes alike counts in full."""
    seen = np.full(themes, usual * times)
    apart, factor = (one[0] for one in outliers(seen[None], np.full((1, themes), usual), np.full(themes, 1.5)))
    assert not apart.any()
    assert factor == pytest.approx(times)


HISTORY = 3 * WEEK
END = (MONDAY + HISTORY) * BUCKETS


@pytest.fixture(scope="module")
def busy_counts():
    """Three weeks of two themes, of which one had four days at five times its volume that ended an hour ago."""
    counts = SeriesCounts()
    random = np.random.default_rng(5)
    for hour in range(HISTORY):
        raised = HISTORY - 97 <= hour < HISTORY - 1
        for theme, n in ((1, int(random.poisson(10.0 if raised else 2.0))), (2, int(random.poisson(3.0)))):
            for key in (theme, ALL_TICKETS) if n else ():
                counts.add((MONDAY + hour) * BUCKETS, SeriesKey(key, EVERYTHING), n)
    return counts


SPANS = st.tuples(st.integers(1, 110 * BUCKETS), st.one_of(st.none(), st.integers(0, 110 * BUCKETS)))


@given(SPANS, SPANS, st.sampled_from(["spike", "missing_volume"]))
@settings(max_examples=60, deadline=None)
def test_cached_baselines_never_change_a_result(busy_counts, first, then, signal):
    """However episodes open, continue and close between two queries, the second has the same result without the first."""

    def reported(detector, span):
        start, length = END - span[0], span[1]
        end = None if length is None else min(start + 1 + length, END)
        facts = {theme: ThemeFacts(MONDAY * BUCKETS) for theme in (1, 2)}
        known = [Episode(1, EVERYTHING, start, end, signal, None, 10.0)]
        return detector.band(
            DetectionInputs(END, busy_counts, themes=facts, episodes=known), SeriesKey(1, EVERYTHING), [(END, END + 12)]
        )

    kept = Detector()
    reported(kept, first)
    assert reported(kept, then) == reported(Detector(), then)


def test_a_segment_that_was_just_met_is_expected_the_same_after_a_restart(busy_counts):
    """At all hours a segment without tickets in what was learned has exactly its usual share, known to the baseline or not."""
    facts = {theme: ThemeFacts(MONDAY * BUCKETS) for theme in (1, 2)}
    windows = [(END - width, END) for width in range(1, 289)]

    def factor(counts):
        return fit_baseline(DetectionInputs(END, counts, facts), SpikeSettings()).hour_factor(np.array([1]), windows)

    met = SeriesCounts()
    for theme in (1, ALL_TICKETS):
        hours = busy_counts.hourly(MONDAY, MONDAY + HISTORY)
        of_theme = hours.rows == busy_counts.row(SeriesKey(theme, EVERYTHING))
        for hour, n in zip(hours.slots[of_theme].tolist(), hours.counts[of_theme].tolist(), strict=True):
            met.add(hour * BUCKETS, SeriesKey(theme, EVERYTHING), n)
        met.add(END - 1, SeriesKey(theme, Segment.of({"region": "US"})), 1)
    assert (factor(met) == 1.0).all()
    assert (factor(busy_counts) == 1.0).all()
