from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.segment import EVERYTHING, Segment
from models.spikes import (
    Detector,
    Episode,
    LaunchEffect,
    SeriesCounts,
    SeriesKey,
    SpikeSettings,
    ThemeFacts,
    ThemeLift,
    segments_of,
)
from models.spikes.inputs import DetectionInputs

HOUR, DAY = 12, 288
MONDAY = 480_096 * HOUR
TODAY = MONDAY + 21 * DAY + 12 * HOUR
LIVE = Segment.of({"business_line": "live"})
PAIR = Segment.of({"region": "BR", "payment_method": "pix"})
MIX = {
    "business_line": (["ecommerce", "live", "ads"], [0.5, 0.3, 0.2]),
    "region": (["US", "BR", "IN"], [0.6, 0.2, 0.2]),
    "payment_method": (["card", "pix", "wallet"], [0.7, 0.1, 0.2]),
}


class World:
    """A stream of tickets with some themes of steady volume, tested epoch by epoch."""

    def __init__(self, seed=1, themes=10, per_day=8.0, until=TODAY, start=MONDAY):
        self.random = np.random.default_rng(seed)
        self.counts = SeriesCounts()
        self.rows = []
        self.facts = {theme: ThemeFacts(start) for theme in range(1, themes + 1)}
        self.detector = Detector()
        self.episodes = {}
        self.launches = []
        for theme in self.facts:
            self.usual(theme, start, until, per_day)

    def usual(self, theme, start, end, per_day):
        """Add a theme's steady volume."""
        for _ in range(self.random.poisson(per_day * (end - start) / DAY)):
            self.ticket(theme, int(self.random.integers(start, end)))

    def ticket(self, theme, bucket, segment=EVERYTHING):
        """Count one ticket in all its series."""
        attributes = {name: str(self.random.choice(values, p=weights)) for name, (values, weights) in MIX.items()}
        for counted_in in segments_of({**attributes, **segment.as_dict()}):
            for key in (SeriesKey(0, counted_in), SeriesKey(theme, counted_in)):
                self.counts.add(bucket, key, 1)
                self.rows.append((bucket, key.theme_id, counted_in.key, 1))

    def surge(self, theme, start, end, tickets, segment=EVERYTHING):
        """Add evenly spaced tickets in a segment."""
        for bucket in np.linspace(start, end - 1, tickets).astype(int):
            self.ticket(theme, int(bucket), segment)

    def judge(self, end):
        """Test the epoch that ends at a bucket."""
        return self.detector.detect(
            DetectionInputs(
                end, self.counts, themes=self.facts, episodes=list(self.episodes.values()), launches=self.launches
            )
        )

    def run(self, start, end, step=1):
        """Test every epoch (or every few of them), keep the episodes as a miner would, and return what changed."""
        reported = []
        for bucket in range(start, end, step):
            for finding in self.judge(bucket):
                if finding.change == "opened":
                    self.episodes[finding.theme_id, finding.start] = Episode(
                        finding.theme_id, finding.segment, finding.start, None, finding.kind, finding.launch_id,
                        finding.severity,
                    )  # fmt: skip
                else:
                    known = self.episodes[finding.theme_id, finding.start]
                    self.episodes[finding.theme_id, finding.start] = replace(
                        known,
                        segment=finding.segment,
                        end=finding.end,
                        severity=max(known.severity, finding.severity),
                    )
                if finding.change != "updated":
                    reported.append((bucket, finding))
        return reported


def test_quiet_stream_is_silent():
    """Three weeks of steady volume and a day more give no episode."""
    world = World(until=TODAY + DAY)
    assert world.run(TODAY, TODAY + DAY, step=3) == []


def test_surge_in_a_pair_of_values_is_found_and_named():
    """A surge in one region and payment method opens one episode there, with its start, and closes after it."""
    world = World(until=TODAY + DAY)
    world.surge(3, TODAY, TODAY + 6 * HOUR, 40, PAIR)
    reported = world.run(TODAY, TODAY + DAY, step=3)
    assert [(f.change, f.theme_id, f.segment) for _, f in reported] == [("opened", 3, PAIR), ("closed", 3, PAIR)]
    (opened_at, opened), (_, closed) = reported
    assert opened_at - TODAY <= 2 * HOUR
    assert abs(opened.start - TODAY) <= HOUR
    assert opened.observed > 5 * opened.expected
    assert 0 <= opened.q_value < 0.05
    assert opened.gate is None
    assert abs(closed.end - (TODAY + 6 * HOUR)) <= 3 * HOUR
    assert closed.observed >= 40


def test_surge_everywhere_is_not_attributed_to_a_segment():
    """A rise that is alike in all segments is an episode of the theme in total."""
    world = World(until=TODAY + DAY)
    world.surge(3, TODAY, TODAY + 3 * HOUR, 60)
    world.run(TODAY, TODAY + 3 * HOUR)
    (finding,) = world.judge(TODAY + 3 * HOUR)
    assert (finding.theme_id, finding.segment, finding.change) == (3, EVERYTHING, "updated")
    assert finding.total_observed == finding.observed


def test_theme_signals_again_after_its_episode():
    """Two surges a week apart are two episodes."""
    world = World(until=TODAY + 9 * DAY)
    for start in (TODAY, TODAY + 7 * DAY):
        world.surge(2, start, start + 3 * HOUR, 30)
    reported = world.run(TODAY, TODAY + 12 * HOUR) + world.run(TODAY + 7 * DAY, TODAY + 7 * DAY + 12 * HOUR)
    assert [f.change for _, f in reported if f.theme_id == 2] == ["opened", "closed", "opened", "closed"]


def test_level_shift_signals_once_and_is_learned():
    """A theme that stays at six times its volume is reported once; then that is its level."""
    world = World(themes=6, until=TODAY + 8 * DAY)
    world.usual(4, TODAY, TODAY + 8 * DAY, 40.0)
    reported = [f for _, f in world.run(TODAY, TODAY + 8 * DAY, step=6) if f.theme_id == 4]
    assert [(f.change, f.shifted) for f in reported] == [("opened", False), ("closed", True)]
    (span,) = world.detector.band(
        DetectionInputs(TODAY + 8 * DAY, world.counts, themes=world.facts, episodes=list(world.episodes.values())),
        SeriesKey(4, EVERYTHING),
        [(TODAY + 7 * DAY, TODAY + 8 * DAY)],
    )
    assert span.low <= 48 <= span.high


@pytest.mark.parametrize("history", [0, 1, 30, 12 * HOUR])
def test_little_history_says_nothing(history):
    """Without a day of history nothing is tested, whatever the counts."""
    world = World(until=TODAY, start=TODAY - max(history, 1), per_day=50.0 if history else 0.0)
    world.surge(1, TODAY, TODAY + HOUR, 50)
    assert world.judge(TODAY + HOUR) == []


def test_empty_counts_say_nothing():
    """No tickets, no themes: no findings and no error."""
    detector = Detector()
    assert detector.detect(DetectionInputs(TODAY, SeriesCounts(), themes={})) == []
    assert detector.detect(DetectionInputs(TODAY, SeriesCounts(), themes={1: ThemeFacts(TODAY - DAY)})) == []


def test_stream_of_one_segment_value():
    """When all tickets share every value, the theme's total is what is named."""
    counts = SeriesCounts()
    for bucket in range(MONDAY, TODAY, 30):
        for theme in (0, 1):
            for segment in segments_of({"region": "US"}):
                counts.add(bucket, SeriesKey(theme, segment), 1)
    for segment in segments_of({"region": "US"}):
        counts.add(TODAY, SeriesKey(0, segment), 30)
        counts.add(TODAY, SeriesKey(1, segment), 30)
    findings = Detector().detect(DetectionInputs(TODAY + 1, counts, themes={1: ThemeFacts(MONDAY)}))
    assert [(f.theme_id, f.segment) for f in findings] == [(1, EVERYTHING)]


def test_episode_whose_tickets_are_all_retracted_closes():
    """An open episode of a theme that has no ticket left goes on without error and closes."""
    world = World()
    world.facts[60] = ThemeFacts(MONDAY)
    given = [Episode(60, PAIR, TODAY - DAY, None, severity=50.0)]
    (finding,) = world.detector.detect(DetectionInputs(TODAY, world.counts, themes=world.facts, episodes=given))
    assert (finding.theme_id, finding.change, finding.observed) == (60, "closed", 0)


def test_retracted_tickets_do_not_count():
    """A surge that is taken back before the epoch ends is no surge."""
    world = World()
    world.surge(1, TODAY, TODAY + HOUR, 20)
    for bucket, theme, key, n in world.rows[-20 * 10 :]:
        world.counts.add(bucket, SeriesKey(theme, Segment.from_key(key)), -n)
    assert all(f.observed < 20 for f in world.judge(TODAY + HOUR))


def test_young_stream_is_gated():
    """In the learning period episodes are reported with the gate `learning_period_lasts`."""
    world = World(start=TODAY - 3 * DAY)
    world.surge(1, TODAY, TODAY + HOUR, 20)
    (finding,) = world.judge(TODAY + HOUR)
    assert finding.gate == "learning_period_lasts"


def test_new_theme_is_compared_with_large_themes():
    """A theme that began an hour ago is compared with a large theme, so its first tickets are no spike."""
    world = World()
    world.facts[99] = ThemeFacts(TODAY - HOUR)
    world.surge(99, TODAY - HOUR, TODAY, 6)
    assert world.judge(TODAY) == []


# -- launches ------------------------------------------------------------------------------------------------


def launch(groups, scope=LIVE, start=TODAY, hours=24):
    """A launch of a day in LIVE."""
    return LaunchEffect("launch-1", start, start + hours * HOUR, scope, 0.3, tuple(groups))


def test_volume_inside_the_plan_is_silent():
    """A theme lifted twentyfold in the launch's scope, as planned, raises nothing during or after the launch."""
    world = World(until=TODAY + 2 * DAY)
    world.launches = [launch([ThemeLift(frozenset({1}), 20.0)])]
    world.surge(1, TODAY, TODAY + DAY, 48, LIVE)
    assert world.run(TODAY, TODAY + 2 * DAY, step=3) == []


def test_same_volume_without_the_plan_is_a_spike():
    """Without the launch the same tickets are an episode: it is the plan that makes them expected."""
    world = World(until=TODAY + 2 * DAY)
    world.surge(1, TODAY, TODAY + DAY, 48, LIVE)
    assert {f.theme_id for _, f in world.run(TODAY, TODAY + 2 * DAY, step=3)} == {1}


def test_volume_above_the_plan_is_launch_excess():
    """Four times what is planned signals the launch's excess with its id and the envelope as expectation."""
    world = World(until=TODAY + 2 * DAY)
    world.launches = [launch([ThemeLift(frozenset({1}), 6.0)])]
    world.surge(1, TODAY, TODAY + DAY, 60, LIVE)
    reported = [f for _, f in world.run(TODAY, TODAY + DAY, step=3) if f.change == "opened"]
    assert [(f.theme_id, f.kind, f.launch_id, f.segment) for f in reported] == [(1, "launch_excess", "launch-1", LIVE)]
    assert reported[0].expected > 0.8


def test_themes_of_one_example_share_their_envelope():
    """One of two themes under a plan may take all of the planned volume."""
    world = World(until=TODAY + DAY)
    world.launches = [launch([ThemeLift(frozenset({1, 2}), 12.0)])]
    world.surge(1, TODAY, TODAY + DAY, 50, LIVE)
    assert world.run(TODAY, TODAY + DAY, step=3) == []
    alone = World(until=TODAY + DAY)
    alone.launches = [launch([ThemeLift(frozenset({1}), 6.0), ThemeLift(frozenset({2}), 6.0)])]
    alone.surge(1, TODAY, TODAY + DAY, 50, LIVE)
    assert {f.theme_id for _, f in alone.run(TODAY, TODAY + DAY, step=3)} == {1}


def test_launch_does_not_lift_tickets_outside_its_scope():
    """A surge of a planned theme in another business line is reported."""
    world = World(until=TODAY + DAY)
    world.launches = [launch([ThemeLift(frozenset({1}), 20.0)])]
    outside = Segment.of({"business_line": "ads"})
    world.surge(1, TODAY, TODAY + 2 * HOUR, 25, outside)
    assert [f.segment for _, f in world.run(TODAY, TODAY + 3 * HOUR)] == [outside]


def test_launch_hours_do_not_raise_the_level():
    """After a launch the theme's level is what it was before."""
    world = World(until=TODAY + 2 * DAY)
    span = [(TODAY + 2 * DAY, TODAY + 3 * DAY)]
    key = SeriesKey(1, EVERYTHING)
    world.launches = [launch([ThemeLift(frozenset({1}), 20.0)])]
    given = {"end_bucket": TODAY + 2 * DAY, "themes": world.facts, "launches": world.launches}
    before = world.detector.band(DetectionInputs(counts=world.counts, **given), key, span)[0].mean
    world.surge(1, TODAY, TODAY + DAY, 48, LIVE)
    after = Detector().band(DetectionInputs(counts=world.counts, **given), key, span)[0].mean
    assert after == pytest.approx(before, rel=0.05)


def test_band_shows_the_envelope():
    """The expected band is lifted during the launch, in its scope, and wider."""
    world = World()
    world.launches = [launch([ThemeLift(frozenset({1}), 20.0)])]
    spans = [(TODAY - DAY, TODAY), (TODAY, TODAY + DAY)]
    given = {"end_bucket": TODAY, "themes": world.facts, "launches": world.launches}
    before, during = world.detector.band(DetectionInputs(counts=world.counts, **given), SeriesKey(1, LIVE), spans)
    assert during.mean == pytest.approx(20 * before.mean, rel=0.35)
    assert before.low <= before.mean <= before.high
    assert during.high - during.low > before.high - before.low
    other = world.detector.band(DetectionInputs(counts=world.counts, **given), SeriesKey(2, LIVE), spans)
    assert other[1].mean < 2 * other[0].mean
    assert world.detector.band(DetectionInputs(counts=world.counts, **given), SeriesKey(77, LIVE), spans) == []


def test_ranges_of_many_themes_are_those_of_each():
    """Computed for all themes at once, the expected ranges are the very same, under a plan too; unknown themes are left out."""
    world = World()
    world.launches = [launch([ThemeLift(frozenset({1, 2}), 20.0), ThemeLift(frozenset({3}), 2.0)])]
    inputs = DetectionInputs(TODAY, world.counts, themes=world.facts, launches=world.launches)
    for segment, window in ((EVERYTHING, (TODAY, TODAY + HOUR)), (LIVE, (TODAY - DAY, TODAY + 5))):
        found = world.detector.ranges(inputs, [*range(4), 77], segment, window)
        assert found == {
            theme: world.detector.band(inputs, SeriesKey(theme, segment), [window])[0] for theme in range(4)
        }
        assert list(found) == [0, 1, 2, 3]


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"end": TODAY}, "give a later end"),
        ({"tolerance": -0.1}, "give a share of 0 or more"),
        ({"lift_all": 0.0}, "give a multiple above 0"),
    ],
)
def test_impossible_launches_are_refused(values, message):
    """The error for an impossible launch states in one sentence what to give instead."""
    with pytest.raises(ValueError, match=message):
        LaunchEffect(**{"launch_id": "x", "start": TODAY, "end": TODAY + 1, **values})


# -- known issues --------------------------------------------------------------------------------------------


def test_known_issue_is_silent_at_its_volume_and_reported_when_it_grows():
    """A flagged theme is compared with its volume at the time it was flagged."""
    world = World(until=TODAY + 2 * DAY)
    world.usual(1, TODAY - DAY, TODAY + DAY, 60.0)
    world.facts[1] = ThemeFacts(MONDAY, known_issue_since=TODAY)
    assert world.run(TODAY, TODAY + DAY, step=3) == []
    world.surge(1, TODAY + DAY, TODAY + DAY + 3 * HOUR, 80)
    assert {f.theme_id for _, f in world.run(TODAY + DAY, TODAY + DAY + 3 * HOUR)} == {1}


# -- common volume -------------------------------------------------------------------------------------------


def test_rise_of_everything_is_reported_once():
    """When all themes rise together all tickets are reported, not each theme."""
    world = World(themes=20, until=TODAY + DAY)
    for theme in world.facts:
        world.usual(theme, TODAY, TODAY + DAY, 12.0)
    opened = [f for _, f in world.run(TODAY, TODAY + DAY, step=3) if f.change == "opened"]
    assert 0 in {f.theme_id for f in opened}
    assert len(opened) <= 3


# -- the same answer -----------------------------------------------------------------------------------------


@settings(max_examples=8, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(2, 30))
def test_reloaded_counts_give_the_same_bits(seed, later):
    """A detector that reloads the rows in another order gives exactly the findings of one that continued."""
    end = TODAY + later
    world = World(themes=4, until=TODAY + 40)
    world.surge(2, TODAY - 4, TODAY + 20, 25, PAIR)
    world.launches = [launch([ThemeLift(frozenset({1}), 3.0)])]
    world.run(TODAY - 2, end)
    odd = SeriesKey(2, Segment.of({"region": "ZZ"}))
    for n in (3, -3):  # added and removed: nothing of it is in the store
        world.counts.add(TODAY - 1, odd, n)
        world.counts.add(TODAY - 5 * DAY, odd, n)
    rows = list(world.rows)
    np.random.default_rng(seed).shuffle(rows)
    counts = SeriesCounts()
    counts.restore(rows)
    fresh = Detector().detect(
        DetectionInputs(
            end, counts, themes=world.facts, episodes=list(world.episodes.values()), launches=world.launches
        )
    )
    assert fresh == world.judge(end)
    assert fresh


def test_correction_of_old_counts_is_noticed():
    """Counts that change behind the guard gap change the baseline at once."""
    world = World()
    key, span = SeriesKey(1, EVERYTHING), [(TODAY, TODAY + DAY)]
    given = {"end_bucket": TODAY, "themes": world.facts}
    before = world.detector.band(DetectionInputs(counts=world.counts, **given), key, span)
    world.surge(1, TODAY - 3 * DAY, TODAY - 2 * DAY, 4)
    after = world.detector.band(DetectionInputs(counts=world.counts, **given), key, span)
    assert after != before
    assert after == Detector().band(DetectionInputs(counts=world.counts, **given), key, span)


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 3), st.integers(0, 30))
def test_series_without_tickets_never_signals(theme, tickets):
    """A theme with no tickets in the tested windows has no finding, whatever the others have."""
    world = World(themes=4)
    world.facts[50] = ThemeFacts(MONDAY)
    world.surge(theme + 1, TODAY, TODAY + HOUR, tickets)
    assert 50 not in {finding.theme_id for finding in world.judge(TODAY + HOUR)}


def test_budget_sets_the_sensitivity():
    """Every episode that opens under a small budget of false alerts opens under a larger one too, and more do."""
    small, large = World(), World()
    small.detector = Detector(SpikeSettings(false_alerts_per_week=0.01))
    large.detector = Detector(SpikeSettings(false_alerts_per_week=50.0))
    for world in (small, large):
        world.surge(1, TODAY, TODAY + HOUR, 30)
        world.surge(2, TODAY, TODAY + 3 * HOUR, 7)
    opened = [{f.theme_id for f in world.judge(TODAY + 3 * HOUR)} for world in (small, large)]
    assert opened[0] == {1}
    assert opened[1] >= {1, 2}
