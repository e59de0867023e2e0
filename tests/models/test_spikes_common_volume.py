"""The common volume: what some themes do by themselves is not reported of the others, and what all have in common is reported once."""

import numpy as np
import pytest

from models.segment import EVERYTHING
from models.spikes import DetectionInputs, Detector, Episode, SeriesCounts, SeriesKey, SpikeSettings, ThemeFacts
from models.spikes.baseline.fit import fit_baseline
from models.theme import ALL_TICKETS

MONDAY = 480_072
WEEK, DAY, BUCKETS = 168, 24, 12
RATES = np.array([12.0, 9.0, 6.0, *[2.0] * 17])
FACTS = {theme: ThemeFacts(MONDAY * BUCKETS) for theme in range(1, len(RATES) + 1)}


def means(hours):
    """Hourly means of twenty themes, of which three have nearly half of the volume."""
    return RATES[:, None] * np.exp(0.4 * np.cos(2 * np.pi * np.arange(hours) / DAY))


def counted(mean, seed=1):
    """Counts drawn from hourly means; the newest day by bucket, older hours in their first one."""
    random = np.random.default_rng(seed)
    counts = SeriesCounts()
    for theme, row in enumerate(mean, 1):
        for hour, expected in enumerate(row.tolist()):
            parts = BUCKETS if hour >= mean.shape[1] - DAY else 1
            for bucket, n in enumerate(random.poisson(expected / parts, parts).tolist()):
                at = (MONDAY + hour) * BUCKETS + bucket
                counts.add(at, SeriesKey(theme, EVERYTHING), n)
                counts.add(at, SeriesKey(ALL_TICKETS, EVERYTHING), n)
    return counts


def opened(counts, hours, episodes=()):
    """What a detector without earlier findings opens at the end of each of these hours of the stream."""
    detector = Detector()
    inputs = [DetectionInputs((MONDAY + hour) * BUCKETS, counts, FACTS, episodes) for hour in hours]
    return [(one.theme_id, one.kind) for each in inputs for one in detector.detect(each) if one.change == "opened"]


def test_the_silence_of_some_themes_is_no_rise_of_the_others():
    """Three themes with nearly half of the tickets fall silent: the seventeen others are as usual, and nothing is reported of them."""
    mean = means(3 * WEEK)
    mean[:3, -12:] = 0.0
    reported = opened(counted(mean), range(3 * WEEK - 11, 3 * WEEK + 1, 2))
    assert {kind for _, kind in reported} == {"missing_volume"}
    assert {theme for theme, _ in reported} == {1, 2, 3}


def scattered(themes, tickets, hours):
    """Counts of three weeks, and in the last hours some more tickets in each of some themes: (themes, tickets) of them in all."""
    counts, end = counted(means(3 * WEEK) / 20), (MONDAY + 3 * WEEK) * BUCKETS
    for at in range(tickets):
        for theme in themes:
            bucket = end - 1 - at * hours * BUCKETS // tickets
            counts.add(bucket, SeriesKey(theme, EVERYTHING), 1)
            counts.add(bucket, SeriesKey(ALL_TICKETS, EVERYTHING), 1)
    return counts


@pytest.mark.parametrize(("themes", "tickets", "common"), [((5, 9, 14, 18), 4, False), (range(1, 21), 1, True)])
def test_a_rise_of_all_tickets_is_one_that_themes_have_in_common(themes, tickets, common):
    """At night the tickets of one new problem lie in four themes: no rise of all; as many spread over all themes are one."""
    detector, end = Detector(), (MONDAY + 3 * WEEK) * BUCKETS
    found = detector.detect(DetectionInputs(end, scattered(themes, tickets, 2), FACTS))
    assert [one.theme_id for one in found if one.change == "opened"] == [ALL_TICKETS] * common


def test_an_open_silence_is_left_out_of_the_common_volume():
    """Themes whose silence is on record do not count in what the others are compared with, and neither do those that rise."""
    mean = means(3 * WEEK)
    mean[0, -12:] = 0.0
    end = (MONDAY + 3 * WEEK) * BUCKETS
    kinds = {1: "missing_volume", 2: "spike"}
    episodes = [Episode(theme, EVERYTHING, end - 12 * BUCKETS, None, kind) for theme, kind in kinds.items()]
    context = Detector().context(DetectionInputs(end, counted(mean), FACTS, episodes))
    assert context.irregular() == {1, 2}
    factor = context.volume(context.windows).factor
    assert factor.shape == (len(FACTS) + 1, len(context.windows))
    assert factor[4:] == pytest.approx(1.0, abs=0.2)


def test_an_hour_after_a_silence_of_all_is_compared_with_itself():
    """Two hours without any ticket lower what is expected of six hours, and not what is expected of the hour after them."""
    mean = means(3 * WEEK)
    mean[:, -4:-2] = 0.0
    counts = counted(mean)
    assert opened(counts, range(3 * WEEK - 1, 3 * WEEK + 1)) == []
    context = Detector().context(DetectionInputs((MONDAY + 3 * WEEK) * BUCKETS, counts, FACTS))
    quarter, hour, *_, six_hours = context.volume(context.windows).factor[5]
    assert six_hours < 0.9 < quarter
    assert six_hours < 0.9 < hour


def test_holidays_on_one_weekday_do_not_become_the_weekday():
    """Three of seven Thursdays had a fifth of the volume: the next one is expected to be as the other days are."""
    mean = means(7 * WEEK)
    for week in (2, 4, 6):
        mean[:, week * WEEK + 3 * DAY : week * WEEK + 4 * DAY] *= 0.2
    found = fit_baseline(DetectionInputs((MONDAY + 7 * WEEK) * BUCKETS, counted(mean), FACTS), SpikeSettings())
    days = found.profile.reshape(len(found.profile), 7, DAY).mean(axis=2)
    assert days[0, 3] == pytest.approx(1.0, abs=0.05)
    assert days[1:, 3].mean() == pytest.approx(1.0, abs=0.05)


@pytest.mark.parametrize(("kind", "times"), [("spike", 3.0), ("missing_volume", 0.1)])
def test_a_level_that_was_accepted_for_a_theme_is_accepted_for_all_tickets(kind, times):
    """After four days a theme's new volume is its level: of all tickets it is expected too, and not reported once more."""
    mean = means(5 * WEEK)
    mean[0, -6 * DAY :] *= times
    end = (MONDAY + 5 * WEEK) * BUCKETS
    start = end - 6 * DAY * BUCKETS
    episode = Episode(1, EVERYTHING, start, start + 4 * DAY * BUCKETS, kind)
    counts = counted(mean)
    found = fit_baseline(DetectionInputs(end, counts, FACTS, [episode]), SpikeSettings())
    now = RATES.sum() + (times - 1.0) * RATES[0]
    assert found.level[0] == pytest.approx(now * np.exp(0.4 * np.cos(np.arange(0, 6.28, 0.01))).mean(), rel=0.05)
    assert opened(counts, [5 * WEEK], [episode]) == []
