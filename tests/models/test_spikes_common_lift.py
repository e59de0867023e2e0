"""Plans for all themes: what they have in common is reported once and separated from what a theme has of its own."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.spikes import LaunchEffect, ThemeFacts, ThemeLift
from models.spikes.detector import Detector
from models.spikes.episodes.episode import Episode
from models.spikes.explain.why import explain
from models.spikes.inputs import DetectionInputs
from models.spikes.launches.common_lift import common_factor, learned_lift_of
from models.spikes.launches.effect import LiftStep
from models.spikes.settings import SpikeSettings
from models.theme import ALL_TICKETS
from tests.models.lifted import BEGIN, MONDAY, lifted

HOUR, DAY = 12, 288
THEMES = range(1, 13)
FACTS = {theme: ThemeFacts(MONDAY * HOUR) for theme in THEMES}
EVEN = dict.fromkeys(THEMES, 1.0)


def counted(lifts, *, rate=3.0, hours=8, seed=3):
    """Themes with `rate` tickets an hour, times their lift from the launch on."""
    return lifted(THEMES, lifts, rate=rate, hours=hours, seed=seed)


def plan(lift=1.5, **more):
    """A launch of a day that lifts all themes alike."""
    return LaunchEffect("sale", BEGIN, BEGIN + DAY, tolerance=0.3, lift_all=lift, **more)


def followed(counts, launch, hours=8, detector=None):
    """All findings of the launch's first hours, epochs being half hours, with the episodes kept as a miner would."""
    detector = detector or Detector(SpikeSettings())
    known, opened = {}, []
    for end in range(BEGIN + 6, BEGIN + hours * HOUR + 1, 6):
        for one in detector.detect(
            DetectionInputs(end, counts, themes=FACTS, episodes=list(known.values()), launches=[launch])
        ):
            known[one.theme_id, one.start] = Episode(
                one.theme_id, one.segment, one.start, one.end, one.kind, one.launch_id, one.severity
            )
            if one.change == "opened":
                opened.append(one)
    return opened


def test_a_common_lift_that_comes_as_planned_is_silent():
    """Half as much again in all themes, as planned: nothing is reported."""
    assert followed(counted(dict.fromkeys(THEMES, 1.5)), plan()) == []


def test_a_common_error_of_a_plan_is_reported_once_with_its_lift():
    """All themes come threefold where half as much again was planned: one excess of all tickets, and none of a theme."""
    (excess,) = followed(counted(dict.fromkeys(THEMES, 3.0)), plan())
    assert (excess.theme_id, excess.kind, excess.launch_id) == (ALL_TICKETS, "launch_excess", "sale")
    assert excess.ratio > 1.4
    assert excess.common.planned == 1.5
    assert excess.common.low < excess.common.lift < excess.common.high
    assert excess.common.lift > 1.9
    assert excess.common.sentence.endswith("where x1.5 was planned")


def test_what_a_theme_has_beyond_the_common_lift_is_its_own():
    """Under a common error of the plan the theme that comes tenfold is reported too, against what the others have."""
    opened = followed(counted({**dict.fromkeys(THEMES, 3.0), 5: 12.0}), plan())
    assert {one.theme_id for one in opened} == {ALL_TICKETS, 5}
    own = next(one for one in opened if one.theme_id == 5)
    assert (own.kind, own.launch_id) == ("launch_excess", "sale")
    assert own.common.planned == 1.5


def test_a_theme_that_rises_where_the_others_do_not_is_reported_within_the_plan():
    """All was planned threefold and nothing came but one theme: its share rose, and it is a spike, not an excess over the plan."""
    opened = followed(counted({5: 2.8}, rate=12.0), plan(3.0))
    assert {(one.theme_id, one.kind, one.launch_id) for one in opened} == {(5, "spike", None)}
    assert opened[0].common.lift < 1.5


def test_a_theme_with_a_line_of_its_own_keeps_its_envelope():
    """A theme that the plan names is compared with its own lift, whatever the others have."""
    launch = plan(expected=(ThemeLift(frozenset({5}), 9.0),))
    assert followed(counted({**dict.fromkeys(THEMES, 1.5), 5: 9.0}), launch) == []
    opened = followed(counted({**dict.fromkeys(THEMES, 3.0), 5: 9.0}), launch)
    assert {one.theme_id for one in opened} == {ALL_TICKETS}


def test_a_curve_is_scaled_by_what_is_learned():
    """Where past launches give the curve of a lift for all, the learned factor multiplies that curve."""
    curve = (LiftStep(BEGIN, BEGIN + 4 * HOUR, 1.5, 0.18), LiftStep(BEGIN + 4 * HOUR, BEGIN + DAY, 1.5, 0.18))
    flat, steps = plan(), replace(plan(), curve_all=curve)
    counts = counted(dict.fromkeys(THEMES, 3.0))
    assert [one.theme_id for one in followed(counts, steps)] == [one.theme_id for one in followed(counts, flat)]


@settings(max_examples=40, deadline=None)
@given(
    scale=st.floats(0.2, 50.0),
    common=st.floats(0.4, 4.0),
    themes=st.integers(2, 30),
    seed=st.integers(0, 1_000),
)
def test_the_scale_of_all_volumes_cancels(scale, common, themes, seed):
    """Where plan and tickets of all are multiplied alike, dispersion growing along, the factor stays what it was."""
    random = np.random.default_rng(seed)
    mean = random.uniform(20.0, 60.0, (themes, 3))
    seen = mean * common * random.uniform(0.9, 1.1, mean.shape)
    speaking, dispersion = np.ones(themes, dtype=bool), np.full(themes, 1.5)
    one = common_factor(seen, mean, mean, dispersion, speaking, 0.2)
    other = common_factor(scale * seen, scale * mean, scale * mean, scale * dispersion, speaking, 0.2)
    if scale * mean.min() * common > 10.0:  # below it no theme is ever taken for an outlier
        assert other[0] == pytest.approx(one[0], rel=1e-6)
        assert other[1] == pytest.approx(one[1], rel=1e-6)


@settings(max_examples=60, deadline=None)
@given(more=st.integers(1, 500), at=st.integers(0, 9), seed=st.integers(0, 1_000), deviation=st.floats(0.0, 0.6))
def test_a_theme_does_not_affect_its_own_comparison(more, at, seed, deviation):
    """A theme's own tickets do not move its own factor by more than the outliers that they reveal, and no other's down."""
    random = np.random.default_rng(seed)
    mean = random.uniform(5.0, 40.0, (10, 1))
    seen = random.poisson(mean).astype(float)
    speaking, dispersion = np.ones(10, dtype=bool), np.full(10, 1.3)
    before, _ = common_factor(seen, mean, mean, dispersion, speaking, deviation)
    silent = speaking.copy()
    silent[at] = False
    alone, _ = common_factor(seen, mean, mean, dispersion, silent, deviation)
    seen[at] += more
    after, variance = common_factor(seen, mean, mean, dispersion, silent, deviation)
    assert after == pytest.approx(alone)
    assert abs(before[at] - alone[at]) < 0.25
    assert (variance > 0).all()


@settings(max_examples=60, deadline=None)
@given(deviation=st.floats(0.05, 0.6), common=st.floats(0.3, 4.0))
def test_early_hours_rely_on_the_plan_and_later_ones_on_the_tickets(deviation, common):
    """Without tickets of others the factor is the plan's; with ever more of them it goes to what they have."""
    speaking, dispersion = np.ones(20, dtype=bool), np.ones(20)
    factors = []
    for tickets in (1e-6, 1.0, 30.0, 3_000.0):
        mean = np.full((20, 1), tickets)
        factors.append(float(common_factor(common * mean, mean, mean, dispersion, speaking, deviation)[0][0, 0]))
    assert factors[0] == pytest.approx(1.0, abs=1e-3)
    away = [abs(factor - common) for factor in factors]
    assert all(later <= earlier + 1e-9 for earlier, later in pairwise(away))
    assert factors[-1] == pytest.approx(common, rel=0.25, abs=0.1)


def test_the_interval_of_a_lift_contains_nine_cases_in_ten():
    """The reported interval is that of the Gamma distribution with the factor's mean and variance."""
    random = np.random.default_rng(5)
    one = learned_lift_of("sale", 2.0, 1.2, 0.03)
    draws = 2.0 * random.gamma(1.2**2 / 0.03, 0.03 / 1.2, 100_000)
    assert one.lift == pytest.approx(2.4)
    assert np.mean((draws > one.low) & (draws < one.high)) == pytest.approx(0.9, abs=0.005)


def test_why_reports_the_common_lift_separately():
    """For all tickets the plan and what came are reported with the common lift; for a theme, what the others lead to expect."""
    counts = counted(dict.fromkeys(THEMES, 3.0))
    context, findings = Detector(SpikeSettings()).judge(
        DetectionInputs(BEGIN + 6 * HOUR, counts, themes=FACTS, launches=[plan()])
    )
    (of_all,) = explain(context, findings, ALL_TICKETS).envelopes
    (single,) = explain(context, findings, 4).envelopes
    assert of_all.observed > of_all.high
    assert of_all.p_value <= of_all.needed
    assert single.low <= single.observed <= single.high
    assert single.p_value is None
    for envelope in (of_all, single):
        assert envelope.common.planned == 1.5
        assert 2.2 < envelope.common.lift < 3.5
    why = explain(context, findings, 4)
    assert any("The other themes have x" in one for one in why.sentences)
    assert why.as_json()["envelopes"][0]["common"]["planned"] == 1.5
