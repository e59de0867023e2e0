"""How the usual mix of segments follows rollouts, hours of the day and launches."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.segment import EVERYTHING, Segment
from models.spikes import Detector, Episode, LaunchEffect, SeriesCounts, SeriesKey, ThemeFacts, ThemeLift, segments_of
from models.spikes.baseline.baseline import adjusted_share
from models.spikes.inputs import DetectionInputs

HOUR, DAY = 12, 288
MONDAY = 480_096 * HOUR
TODAY = MONDAY + 14 * DAY
NEW = Segment.of({"app_version": "38.2.0"})
MERCHANT = Segment.of({"user_type": "merchant"})
LIVE = Segment.of({"business_line": "live"})


class Stream:
    """Tickets of some themes, each with attributes that a function of bucket and theme draws."""

    def __init__(self, attributes, themes=12, per_day=30.0, days=15, seed=7):
        self.random = np.random.default_rng(seed)
        self.rows = []
        self.attributes = attributes
        self.counts = SeriesCounts()
        self.facts = {theme: ThemeFacts(MONDAY) for theme in range(1, themes + 1)}
        self.launches = []
        self.episodes = {}
        for theme in self.facts:
            for bucket in self.random.integers(MONDAY, MONDAY + days * DAY, self.random.poisson(per_day * days)):
                self.ticket(theme, int(bucket))

    def ticket(self, theme, bucket, segment=EVERYTHING):
        """Count a ticket of a theme (None: of no theme) in all its series, with the segment's values fixed."""
        drawn = self.attributes(self.random, bucket, theme)
        if drawn is None:
            return
        for counted_in in segments_of({**drawn, **segment.as_dict()}):
            for counted in {0, theme or 0}:
                self.counts.add(bucket, SeriesKey(counted, counted_in), 1)
                self.rows.append((bucket, counted, counted_in, 1))

    def surge(self, theme, start, end, tickets, segment=EVERYTHING):
        """Add evenly spaced tickets in a segment."""
        for bucket in np.linspace(start, end - 1, tickets).astype(int):
            self.ticket(theme, int(bucket), segment)

    def run(self, start, end, step=3):
        """Test every few epochs, keep the episodes, and return all findings."""
        reported, detector = [], Detector()
        for bucket in range(start, end, step):
            for finding in detector.detect(
                DetectionInputs(
                    bucket,
                    self.counts,
                    themes=self.facts,
                    episodes=list(self.episodes.values()),
                    launches=self.launches,
                )
            ):
                reported.append(finding)
                self.episodes[finding.theme_id, finding.start] = Episode(
                    finding.theme_id, finding.segment, finding.start, finding.end, finding.kind, finding.launch_id,
                    finding.severity,
                )  # fmt: skip
        return reported


def opened(reported):
    """The findings that opened an episode."""
    return [finding for finding in reported if finding.change == "opened"]


def rollout(random, bucket, _theme):
    """A version that first appears today at 09:10 and has 40 % of tickets twelve hours later."""
    share = np.clip((bucket - TODAY - 9 * HOUR - 2) / (12 * HOUR), 0.0, 1.0) * 0.4
    return {
        "app_version": "38.2.0" if random.random() < share else "38.1.0",
        "region": str(random.choice(["US", "BR", "IN"], p=[0.6, 0.2, 0.2])),
    }


def office_hours(random, bucket, theme):
    """Merchants write from 8 to 18 o'clock only, others at all hours; theme 1 is of merchants alone."""
    at_work = 8 <= bucket // HOUR % 24 < 18
    if random.random() < (1.0 if theme == 1 else 0.2):
        return {"user_type": "merchant", "channel": "email"} if at_work else None
    return {"user_type": "buyer", "channel": str(random.choice(["email", "in_app"]))}


def lines(random, _bucket, _theme):
    """Three business lines and a rare payment method."""
    return {
        "business_line": str(random.choice(["ecommerce", "live", "ads"], p=[0.5, 0.3, 0.2])),
        "payment_method": str(random.choice(["card", "pix"], p=[0.95, 0.05])),
    }


# -- rollouts ------------------------------------------------------------------------------------------------


def test_rollout_in_which_all_themes_move_alike_is_silent():
    """A version that every theme begins to have is no spike of any theme, from its first ticket on."""
    assert Stream(rollout).run(TODAY + 8 * HOUR, TODAY + DAY) == []


def test_theme_that_surges_in_a_version_being_rolled_out_is_reported():
    """One theme far ahead of the rollout is reported in that version, against what the others have there."""
    stream = Stream(rollout)
    stream.surge(3, TODAY + 12 * HOUR, TODAY + 14 * HOUR, 24, NEW)
    reported = stream.run(TODAY + 11 * HOUR, TODAY + 15 * HOUR)
    assert [(f.theme_id, f.segment) for f in opened(reported)] == [(3, NEW)]
    assert all(f.expected > 0.01 for f in reported)
    assert reported[-1].observed >= 20


def test_surge_in_the_first_minutes_of_a_version_is_reported():
    """A theme that breaks as soon as a version appears is reported although nobody else has it yet."""
    stream = Stream(rollout)
    stream.surge(3, TODAY + 9 * HOUR + 2, TODAY + 10 * HOUR, 8, NEW)
    assert [(f.theme_id, f.segment) for f in opened(stream.run(TODAY + 9 * HOUR, TODAY + 11 * HOUR))] == [(3, NEW)]


def test_figures_go_on_as_they_began():
    """The expectation reported when an episode opens is the one of the next epochs, a little later."""
    stream = Stream(rollout)
    stream.surge(3, TODAY + 12 * HOUR, TODAY + 14 * HOUR, 24, NEW)
    reported = [f for f in stream.run(TODAY + 11 * HOUR, TODAY + 14 * HOUR, step=1) if f.theme_id == 3]
    begun = next(at for at, f in enumerate(reported) if f.segment == NEW)
    for before, after in zip(reported[begun:], reported[begun + 1 :], strict=False):
        assert before.expected <= after.expected * 1.1 <= before.expected * 2.0
        assert after.ratio == pytest.approx(after.observed / after.expected)


def test_reloaded_stream_gives_the_same_bits():
    """During a rollout and a launch, counts reloaded in another order give the same findings to the last bit."""
    stream = Stream(rollout)
    stream.surge(3, TODAY + 12 * HOUR, TODAY + 14 * HOUR, 24, NEW)
    stream.launches = plans(lift=2.5, scope_of_sale=Segment.of({"region": "US"}))
    stream.run(TODAY + 12 * HOUR, TODAY + 13 * HOUR)
    rows = list(stream.rows)
    stream.random.shuffle(rows)
    fresh = SeriesCounts()
    fresh.restore((bucket, theme, part, n) for bucket, theme, part, n in rows)
    asked = {"themes": stream.facts, "episodes": list(stream.episodes.values()), "launches": stream.launches}
    odd = SeriesKey(3, Segment.of({"app_version": "0.0.1"}))
    for n in (3, -3):  # added and removed: nothing of it is in the store
        stream.counts.add(TODAY, odd, n)
    reported = Detector().detect(DetectionInputs(TODAY + 13 * HOUR, fresh, **asked))
    assert reported == Detector().detect(DetectionInputs(TODAY + 13 * HOUR, stream.counts, **asked))
    assert reported


# -- hours of the day ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", [3, 4, 5, 6])
def test_segment_with_its_own_hours_is_silent(seed):
    """Merchants' mornings raise nothing in their segment, and nothing in all tickets."""
    reported = Stream(office_hours, days=17, seed=seed).run(TODAY, TODAY + 3 * DAY, step=6)
    assert [f for f in reported if f.segment == MERCHANT or f.theme_id == 0] == []


def test_band_of_a_segment_follows_its_hours():
    """More merchants are expected at ten than at three, and a theme of merchants alone is all in their segment."""
    stream = Stream(office_hours)
    night, morning = [(TODAY + at * HOUR, TODAY + (at + 1) * HOUR) for at in (3, 10)]

    def means(theme, segment):
        spans = Detector().band(
            DetectionInputs(TODAY, stream.counts, themes=stream.facts), SeriesKey(theme, segment), [night, morning]
        )
        return np.array([span.mean for span in spans])

    share = means(0, MERCHANT) / means(0, EVERYTHING)
    assert share[1] > 4 * share[0]
    assert share[1] == pytest.approx(0.27, abs=0.07)
    assert np.all(means(1, MERCHANT) / means(1, EVERYTHING) > 0.6)


@given(st.floats(1e-6, 0.99), st.floats(1e-6, 0.99), st.floats(0.01, 1e5), st.floats(1.0, 10.0))
def test_adjusted_share_is_a_share(share, usual, factor, more):
    """A share stays between 0 and 1, grows with the factor, and is unchanged by a factor of 1."""
    first, second = (
        float(adjusted_share(np.array(share), np.array(usual), np.array(f))) for f in (factor, factor * more)
    )
    assert 0.0 <= first <= second * (1 + 1e-9) <= 1.0 + 1e-6
    assert float(adjusted_share(np.array(share), np.array(usual), np.array(1.0))) == pytest.approx(share)
    assert float(adjusted_share(np.array(1.0), np.array(usual), np.array(factor))) == pytest.approx(1.0)


# -- all tickets ---------------------------------------------------------------------------------------------


def test_rise_in_one_theme_is_not_reported_of_all_tickets():
    """A theme's own episode accounts for its tickets: all tickets have no episode in addition to it."""
    stream = Stream(lines)
    stream.surge(3, TODAY + HOUR, TODAY + 5 * HOUR, 300)
    assert {f.theme_id for f in stream.run(TODAY, TODAY + DAY)} == {3}


def test_rise_of_tickets_without_theme_is_reported_of_all_tickets_in_total():
    """A rise that no theme accounts for is an episode of all tickets, in no segment."""
    stream = Stream(lines)
    stream.surge(None, TODAY + HOUR, TODAY + 4 * HOUR, 200, LIVE)
    reported = stream.run(TODAY, TODAY + 5 * HOUR)
    assert {(f.theme_id, f.segment) for f in reported} == {(0, EVERYTHING)}
    assert reported[-1].observed >= 200
    assert reported[-1].total_observed == reported[-1].observed


# -- launches ------------------------------------------------------------------------------------------------


def plans(*, lift, scope_of_sale):
    """A launch that names theme 1, and a sale that begins later and lifts all themes a little."""
    return [
        LaunchEffect("launch", TODAY, TODAY + DAY, LIVE, 0.3, (ThemeLift(frozenset({1}), lift),)),
        LaunchEffect("sale", TODAY + HOUR, TODAY + DAY, scope_of_sale, 0.3, (), 1.3),
    ]


def test_launch_that_adds_most_is_named():
    """Of two launches over a theme the one that plans most of its volume is named, not the latest."""
    stream = Stream(lines)
    stream.launches = plans(lift=2.5, scope_of_sale=Segment.of({"business_line": "ecommerce"}))
    stream.surge(1, TODAY + 2 * HOUR, TODAY + 5 * HOUR, 60, Segment.of({"business_line": "ads"}))
    assert [(f.kind, f.launch_id) for f in opened(stream.run(TODAY, TODAY + 5 * HOUR))] == [("launch_excess", "launch")]


def test_lift_that_hardly_touches_a_theme_is_not_named():
    """A sale in a rare segment is no reason to call another theme's surge an excess over its plan."""
    stream = Stream(lines)
    stream.launches = plans(lift=2.5, scope_of_sale=Segment.of({"payment_method": "pix"}))
    stream.surge(2, TODAY + 2 * HOUR, TODAY + 5 * HOUR, 60)
    assert [(f.theme_id, f.kind, f.launch_id) for f in opened(stream.run(TODAY, TODAY + 5 * HOUR))] == [
        (2, "spike", None)
    ]


def test_segment_of_a_theme_inside_its_plan_is_no_launch_excess():
    """While a theme keeps to its plan, a rise in one payment method is that segment's own spike."""
    stream = Stream(lines)
    stream.launches = plans(lift=60.0, scope_of_sale=Segment.of({"business_line": "ecommerce"}))
    pix = Segment.of({"payment_method": "pix", "business_line": "live"})
    stream.surge(1, TODAY + 2 * HOUR, TODAY + 4 * HOUR, 30, pix)
    (finding,) = opened(stream.run(TODAY, TODAY + 4 * HOUR))
    assert (finding.theme_id, finding.kind, finding.launch_id) == (1, "spike", None)
    assert finding.segment == Segment.of({"payment_method": "pix"})
