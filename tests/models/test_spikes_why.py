"""Why and why not: the explanation is the detector's own result, and names what prevented a signal."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from models.segment import EVERYTHING, Segment
from models.spikes import Episode, SpikeSettings, ThemeLift
from models.spikes.detector import Detector
from models.spikes.explain.sentences import sentences
from models.spikes.explain.why import explain
from models.spikes.inputs import DetectionInputs
from models.spikes.launches.nearest_tickets import NearestTickets
from models.spikes.statistics.multiple_testing import false_discovery_rates, needed_p
from tests.models.test_spikes import DAY, HOUR, LIVE, PAIR, TODAY, World, launch

STOPPED = {"shares_envelope", "held", "planned", "few_tickets", "not_above", "chance"}
SEGMENTS = (EVERYTHING, LIVE, PAIR, Segment.of({"region": "BR"}))


def judged(world, end):
    """Return the context and the findings of an epoch."""
    return world.detector.judge(
        DetectionInputs(
            end, world.counts, themes=world.facts, episodes=list(world.episodes.values()), launches=world.launches
        )
    )


def keep(world, findings):
    """Keep the episodes, as a miner would."""
    for one in findings:
        key = one.theme_id, one.start
        known = world.episodes.get(key)
        severity = max(one.severity, known.severity if known else 0.0)
        world.episodes[key] = Episode(one.theme_id, one.segment, one.start, one.end, one.kind, one.launch_id, severity)


def check(context, findings, theme, segment):
    """Assert that the explanation reports what the detector found, or else the test that prevented a signal."""
    why = explain(context, findings, theme, segment)
    own = sorted((one for one in findings if one.theme_id == theme), key=lambda one: one.kind == "missing_volume")
    assert (why.verdict in ("signal", "going_on", "ended")) == bool(own)
    assert why.sentences[0]
    if own:
        assert why.finding is own[0]
        assert why.as_json()["episode"]["p_value"] == own[0].p_value
        if why.verdict == "signal" and own[0].kind == "spike" and own[0].budget > 0:
            speaking = [one for one in (why.tested, why.nearest, why.growth) if one is not None]
            assert any(one.p_value == own[0].p_value for one in speaking) or segment != own[0].segment
        return why
    assert why.verdict in STOPPED
    if why.verdict == "chance":
        assert why.tested.p_value > why.tested.needed or segment != EVERYTHING
        assert why.nearest is None or why.nearest.p_value > why.nearest.needed or segment != EVERYTHING
    return why


@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    seed=st.integers(0, 49),
    surges=st.lists(
        st.tuples(st.integers(1, 5), st.integers(4, 40), st.integers(1, 8), st.sampled_from(SEGMENTS)),
        min_size=1,
        max_size=3,
    ),
    planned=st.sampled_from([None, "themes", "all"]),
)
def test_the_explanation_is_the_detectors_own_answer(seed, surges, planned):
    """Where the detector opens an episode, `why` reports `signal` with its p-value; where it does not, it names what prevented it."""
    world = World(seed=seed, themes=5, per_day=6.0, until=TODAY + DAY)
    if planned == "all":
        world.launches = [replace(launch([ThemeLift(frozenset({3}), 3.0)]), lift_all=2.0)]
    if planned == "themes":
        world.launches = [launch([ThemeLift(frozenset({1, 2}), 6.0), ThemeLift(frozenset({3}), 3.0)])]
    for theme, tickets, hours, segment in surges:
        world.surge(theme, TODAY, TODAY + hours * HOUR, tickets, segment)
    for end in range(TODAY + 6, TODAY + 14 * HOUR, 3 * HOUR):
        context, findings = judged(world, end)
        for theme in (0, *world.facts):
            for segment in SEGMENTS[:1] if theme == 0 else SEGMENTS[:3]:
                check(context, findings, theme, segment)
        keep(world, findings)


def test_a_signal_is_reported_with_its_figures():
    """The sentences of a signal name the segment, the counts and the p-value, and the JSON has the same."""
    world = World(until=TODAY + DAY)
    world.surge(3, TODAY, TODAY + 2 * HOUR, 40, PAIR)
    context, findings = judged(world, TODAY + 2 * HOUR)
    why = check(context, findings, 3, EVERYTHING)
    assert why.verdict == "signal"
    assert "Theme 3 signalled at" in why.sentences[0]
    assert "payment_method pix, region BR" in why.sentences[0]
    reported = why.as_json()
    assert reported["signal"]
    assert [one["minutes"] for one in reported["windows"]] == [15, 60, 120, 180, 360]
    assert reported["tested"]["p_value"] <= reported["tested"]["needed"]
    assert all(one["low"] <= one["expected"] + 1 for one in reported["windows"])


def test_a_missing_signal_states_how_many_more_tickets_it_needs():
    """With just as many further tickets as stated the same epoch signals, and with one less it does not."""
    world = World(until=TODAY + DAY)
    world.surge(3, TODAY, TODAY + HOUR, 3)
    end = TODAY + HOUR
    context, findings = judged(world, end)
    why = check(context, findings, 3, EVERYTHING)
    assert why.verdict in ("chance", "few_tickets", "not_above")
    assert why.more > 1
    for tickets, opened in ((why.more - 1, False), (why.more, True)):
        other = World(until=TODAY + DAY)
        other.surge(3, TODAY, TODAY + HOUR, 3)
        table_before = explain(*judged(other, end), 3)
        for _ in range(tickets):
            other.counts.add(end - 1, (3, EVERYTHING), 1)
        now = explain(*judged(other, end), 3)
        assert now.windows[0].observed == table_before.windows[0].observed + tickets
        assert (now.tested.p_value <= now.tested.needed) == opened


def test_a_small_budget_prevents_a_signal_of_a_large_one():
    """An episode's budget is the one from which it is reported: just above it signals, just below it does not."""
    world = World(until=TODAY + DAY)
    world.surge(3, TODAY, TODAY + 2 * HOUR, 12)
    (finding,) = judged(world, TODAY + 2 * HOUR)[1]
    assert 0 < finding.budget <= world.detector.settings.false_alerts_per_week
    for factor, opened in ((1.001, True), (0.999, False)):
        world.detector = Detector(SpikeSettings(false_alerts_per_week=finding.budget * factor))
        context, findings = judged(world, TODAY + 2 * HOUR)
        why = check(context, findings, 3, EVERYTHING)
        assert (why.verdict == "signal") == opened


def test_a_recent_episode_suppresses_a_weaker_one():
    """After an episode one of the same strength is suppressed, and the severity that it needs is stated."""
    world = World(until=TODAY + DAY)
    world.surge(3, TODAY, TODAY + 2 * HOUR, 30)
    end = TODAY + 2 * HOUR
    world.episodes[3, 0] = Episode(3, EVERYTHING, TODAY - 9 * HOUR, TODAY - HOUR, severity=1e6)
    context, findings = judged(world, end)
    why = check(context, findings, 3, EVERYTHING)
    assert why.verdict == "held"
    assert why.suppressed.severity < why.suppressed.least == why.latch.least == 2e6
    assert "needs severity 2000000" in why.sentences[0]


def test_before_there_is_history_nothing_is_tested():
    """Without a day of history the reason is the warm-up; a theme that does not exist yet is reported as unknown."""
    world = World(start=TODAY - 10 * HOUR)
    assert explain(*judged(world, TODAY), 1).verdict == "warmup"
    assert explain(*judged(world, TODAY), 99).verdict == "unknown_then"


def test_a_running_plan_is_reported_with_its_envelope():
    """Inside its plan a theme names the launch, what it plans and what came, and the level of its test."""
    world = World(until=TODAY + DAY)
    world.launches = [launch([ThemeLift(frozenset({1}), 20.0)])]
    world.surge(1, TODAY, TODAY + DAY, 48, LIVE)
    context, findings = judged(world, TODAY + 10 * HOUR)
    (envelope,) = check(context, findings, 1, EVERYTHING).envelopes
    assert envelope.segment == LIVE
    assert envelope.low <= envelope.observed <= envelope.high
    assert envelope.p_value > envelope.needed == world.detector.settings.launch_level
    assert explain(context, findings, 2).envelopes == ()
    nearest = NearestTickets((1,), 100, (0.5,), ((TODAY, 10), (TODAY + 10 * HOUR, 99)))
    world.launches = [launch([ThemeLift(frozenset({1}), 20.0, core=1, nearest=(nearest,))])]
    why = explain(*judged(world, TODAY + 10 * HOUR), 1)
    assert why.envelopes[0].nearest == 10
    assert 0.3 * envelope.expected < why.envelopes[0].nearest_expected < envelope.expected
    assert "came, 10 where " in " ".join(sentences(why))


def test_missing_volume_and_slow_growth_are_reported_with_their_tests():
    """A theme that fell silent is reported as missing with its test, and one that continues with that of slow growth."""
    world = World(themes=4, per_day=48.0, until=TODAY - DAY)
    for theme in (1, 2, 4):
        world.usual(theme, TODAY - DAY, TODAY, 48.0)
    context, findings = judged(world, TODAY)
    silent = check(context, findings, 3, EVERYTHING)
    assert (silent.verdict, silent.finding.kind) == ("signal", "missing_volume")
    assert silent.missing.p_value <= silent.missing.needed
    assert any("Missing volume has p" in one for one in silent.sentences)
    usual = check(context, findings, 1, EVERYTHING)
    assert usual.growth.p_value > usual.growth.needed
    assert any("Slow growth over" in one for one in usual.sentences)
    assert usual.as_json()["growth"]["family"] == "growth"
    assert check(*judged(world, TODAY + 1), 1, EVERYTHING).growth is None


@settings(max_examples=200)
@given(
    others=st.lists(st.floats(1e-12, 1.0), max_size=20),
    level=st.floats(1e-6, 0.2),
    extra=st.integers(0, 50),
    own=st.floats(1e-12, 1.0),
)
def test_needed_p_is_where_benjamini_hochberg_rejects(others, level, extra, own):
    """A test is rejected together with the others exactly where its p-value is at most the needed one."""
    tests = len(others) + 1 + extra
    needed = needed_p(np.array(others), level, tests)
    rate = false_discovery_rates(np.array([*others, own]), tests)[-1]
    if own != pytest.approx(needed, rel=1e-9):
        assert (rate <= level) == (own < needed)
