"""What follows from past launches for the next one, and how a launch changes expectations."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.bucket import BUCKETS_PER_DAY, BUCKETS_PER_HOUR
from models.segment import EVERYTHING
from models.spikes import (
    ALL_TICKETS,
    Detector,
    LaunchEffect,
    SeriesCounts,
    SeriesKey,
    SpikeSettings,
    ThemeFacts,
    ThemeLift,
)
from models.spikes.inputs import DetectionInputs
from models.spikes.launches.effect import LiftStep
from models.spikes.launches.response import (
    PHASES,
    PastLaunch,
    common_curve,
    curve_like,
    own_curves,
    phases_of,
    planned_curve,
    responding_themes,
)  # fmt: skip
from models.spikes.statistics.count_tails import mixed_tail, upper_tail
from tests.models.lifted import BEGIN, MONDAY, lifted

HOUR, DAY = BUCKETS_PER_HOUR, BUCKETS_PER_DAY


def past(
    lifts: dict[int, float], *, usual: float = 200.0, planned: frozenset[int] = frozenset(), days: int = 1
) -> PastLaunch:
    """A launch in whose phases each theme had `usual` tickets times its lift."""
    seen = {}
    for theme, lift in lifts.items():
        figures = np.zeros((len(PHASES), 2))
        for phase, first, last in phases_of(0, days * DAY):
            hours = usual * (last - first) / DAY
            figures[phase] = hours * (lift if 0 < phase < len(PHASES) - 1 else 1.0), hours
        seen[theme] = figures
    return PastLaunch("past", "holiday", 0, days * DAY, planned, planned_all=False, seen=seen)


@given(start=st.integers(0, 10**6), length=st.integers(1, 20 * DAY))
def test_phases_cover_the_window_and_the_days_around_it(start: int, length: int):
    """One after the other, without gaps, from the day before to the day after."""
    reported = phases_of(start, start + length)
    assert reported[0][1] == start - DAY
    assert reported[-1][2] == start + length + DAY
    assert all(one[2] == other[1] for one, other in itertools.pairwise(reported))
    assert all(first < last for _, first, last in reported)


def test_a_kind_never_seen_may_be_anything_from_half_to_twice():
    """Without past launches the expected lift is near 1 and wide; the day after is likewise, the day before as usual."""
    curve, own = common_curve([], 0, DAY)
    assert {(step.start, step.end) for step in curve} >= {(0, 2 * HOUR), (DAY, 2 * DAY)}
    assert all(0.9 < step.lift < 1.3 and 0.2 < step.deviation < 0.6 for step in curve)
    assert own == pytest.approx(0.25)


def test_past_launches_move_and_narrow_what_is_expected():
    """Five holidays at a third of the usual volume move the expectation there and narrow it; one does so less than five."""
    lifts = {ALL_TICKETS: 0.35, 1: 0.35, 2: 0.35}
    inside = [
        next(step for step in common_curve([past(lifts)] * n, 0, DAY)[0] if step.start == 6 * HOUR) for n in (0, 1, 5)
    ]
    assert inside[0].lift > inside[1].lift > inside[2].lift
    assert inside[2].lift == pytest.approx(0.37, abs=0.05)
    assert inside[0].deviation > inside[2].deviation


def test_themes_with_a_response_of_their_own_are_distinguished():
    """A theme that rises fivefold while all others fall has a curve of its own; one that falls with them has none."""
    lifts = {ALL_TICKETS: 0.5, 1: 5.0, **dict.fromkeys(range(2, 9), 0.5)}
    curves = own_curves([past(lifts)] * 2, 0, DAY)
    assert set(curves) == {1}
    assert all(3.5 < step.lift < 7.0 for step in curves[1] if 0 <= step.start < DAY)


@given(lift=st.floats(1.1, 8.0), share=st.floats(0.1, 0.9))
def test_a_planned_lift_keeps_its_mean_over_the_window(lift: float, share: float):
    """Past launches give the time of the volume, the plan its amount."""
    early = past({1: 4.0}, planned=frozenset({1}), days=2)
    early.seen[1][1:4, 0] *= 2 * share
    early.seen[1][4:, 0] *= 2 * (1 - share)
    curve = planned_curve([early, early], lift, 0, 2 * DAY, 0.2)
    inside = [step for step in curve if step.start >= 0 and step.end <= 2 * DAY]
    assert sum(step.lift * (step.end - step.start) for step in inside) / (2 * DAY) == pytest.approx(lift)
    assert all(step.deviation >= 0.2 for step in inside)
    assert planned_curve([], lift, 0, DAY, 0.2) == ()


def test_a_plan_like_a_past_launch_takes_its_themes_and_lifts():
    """Planned themes and those that clearly responded are carried over, at the given factor; the rest is not."""
    one = past({ALL_TICKETS: 1.2, 1: 4.0, 2: 1.0, 3: 3.0}, planned=frozenset({1}))
    assert responding_themes(one) == [1, 3]
    curve = curve_like(one, 1, 1000, 1000 + DAY, 1.5, 0.15)
    assert curve[0].start == 1000 - DAY
    inside = [step.lift for step in curve if 1000 <= step.start < 1000 + DAY]
    assert all(4.5 < lift < 7.0 for lift in inside)


# -- in the detector
# ------------------------------------------------------------------------------------------------

SETTINGS = SpikeSettings(false_alerts_per_week=1.0)
THEMES = range(1, 9)
FACTS = {theme: ThemeFacts(MONDAY * HOUR) for theme in THEMES}


def counted(lifts: dict[int, float], hours: int = 12, rate: int = 4) -> SeriesCounts:
    """Themes with `rate` tickets an hour, times their lift in the first hours of the launch."""
    return lifted(THEMES, lifts, rate=rate, hours=hours)


def found(counts: SeriesCounts, launch: LaunchEffect | None, hours: int = 12) -> set[int]:
    """Themes in which an episode opens within the first hours of the launch."""
    detector = Detector(SETTINGS)
    reported: set[int] = set()
    for hour in range(1, hours + 1):
        findings = detector.detect(
            DetectionInputs(BEGIN + hour * HOUR, counts, themes=FACTS, launches=[] if launch is None else [launch])
        )
        reported |= {one.theme_id for one in findings if one.change == "opened"}
    return reported


def holiday(*, own: float = 0.25) -> LaunchEffect:
    """A holiday without a plan, of a kind never seen."""
    curve, _ = common_curve([], BEGIN, BEGIN + DAY)
    return LaunchEffect("h", BEGIN, BEGIN + DAY, common=curve, own=own)


def test_a_holiday_without_a_plan_is_silent_and_hides_no_incident():
    """All themes at twice the usual are the holiday's; one at five times that is reported, and only that."""
    doubled = dict.fromkeys(THEMES, 2.0)
    assert found(counted(doubled), holiday()) == set()
    assert found(counted({**doubled, 3: 10.0}), holiday()) == {3}
    assert found(counted({3: 5.0}), holiday()) == {3}


def test_days_of_a_holiday_are_not_learned():
    """After a holiday at five times the volume the usual is what it was before; without the calendar it would be more."""
    counts = counted(dict.fromkeys(THEMES, 5.0), hours=24)
    end, key = BEGIN + DAY + 8 * HOUR, SeriesKey(1, EVERYTHING)

    def usual(until: int, launches: list[LaunchEffect]) -> float:
        span = [(until + 2 * DAY, until + 9 * DAY)]
        return (
            Detector(SETTINGS).band(DetectionInputs(until, counts, themes=FACTS, launches=launches), key, span)[0].mean
        )

    assert usual(end, [holiday()]) == pytest.approx(usual(BEGIN, []), rel=0.05)
    assert usual(end, []) > 1.01 * usual(end, [holiday()])


def test_a_curve_lifts_its_own_hours():
    """The expected volume follows the steps of a curve, also on the day before; deviations widen the band."""
    curve = (
        LiftStep(BEGIN - DAY, BEGIN, 1.5, 0.2),
        LiftStep(BEGIN, BEGIN + 2 * HOUR, 6.0, 0.2),
        LiftStep(BEGIN + 2 * HOUR, BEGIN + DAY, 2.0, 0.2),
    )
    launch = LaunchEffect("l", BEGIN, BEGIN + DAY, expected=(ThemeLift(frozenset({1}), 2.3, curve),))
    assert launch.reach == (BEGIN - DAY, BEGIN + DAY)
    counts, key = counted({}, hours=0), SeriesKey(1, EVERYTHING)
    spans = [(BEGIN - DAY, BEGIN), (BEGIN, BEGIN + 2 * HOUR), (BEGIN + 2 * HOUR, BEGIN + DAY)]

    def means(launches: list[LaunchEffect]) -> list[float]:
        reported = Detector(SETTINGS).band(
            DetectionInputs(BEGIN - DAY, counts, themes=FACTS, launches=launches), key, spans
        )
        return [span.mean for span in reported]

    ratios = np.array(means([launch])) / np.array(means([]))
    assert ratios == pytest.approx([1.5, 6.0, 2.0], rel=0.02)


def test_an_excess_is_not_hidden_by_themes_that_a_plan_only_touches():
    """An example text reaches six themes that stay as they are: the one that is meant is compared with its own envelope."""
    group = ThemeLift(frozenset(range(1, 7)), 4.0, core=2)
    plan = LaunchEffect("l", BEGIN, BEGIN + DAY, expected=(group,))
    assert found(counted({2: 4.0}), plan) == set()
    assert found(counted({2: 14.0}), plan) == {2}


def test_all_tickets_expect_what_is_planned_once():
    """Of six themes that one text reaches one comes fourfold: all tickets are lifted by its tickets, and not by those of six."""
    themes = frozenset(range(1, 7))
    counts, key = counted({}, hours=0), SeriesKey(0, EVERYTHING)

    def mean(*groups: ThemeLift) -> float:
        plans = [LaunchEffect("l", BEGIN, BEGIN + DAY, expected=groups)] if groups else []
        (reported,) = Detector(SETTINGS).band(
            DetectionInputs(BEGIN, counts, themes=FACTS, launches=plans), key, [(BEGIN, BEGIN + DAY)]
        )
        return reported.mean

    by_group, one = mean(ThemeLift(themes, 4.0, core=2)), mean(ThemeLift(frozenset({2}), 4.0))
    assert by_group == pytest.approx(one)
    assert mean() < by_group < mean(ThemeLift(themes, 4.0))


def test_what_is_usual_is_reported_without_the_plan():
    """A forecast leaves launches out of the mean, and their hours out of what is learned."""
    counts = counted({1: 5.0}, hours=12)
    launch = LaunchEffect.of("l", BEGIN, BEGIN + 12 * HOUR, {1: 5.0})
    known, mean, variance = Detector(SETTINGS).forecast(
        DetectionInputs(BEGIN + 12 * HOUR, counts, themes=FACTS, launches=[launch]),
        [1, 99],
        EVERYTHING,
        [(BEGIN, BEGIN + 12 * HOUR)],
    )
    assert known == [1]
    assert mean[0, 0] == pytest.approx(48, rel=0.25)
    assert variance[0, 0] > mean[0, 0]


@given(count=st.integers(0, 400), mean=st.floats(0.5, 150), phi=st.floats(1.0, 4.0), share=st.floats(0.01, 0.6))
def test_an_uncertain_mean_weakens_the_evidence_of_an_excess(count: int, mean: float, phi: float, share: float):
    """Without uncertainty the tail is the plain one; with it a far excess is weaker evidence, and a larger count never is."""
    plain = mixed_tail(count, mean, phi * mean, 0.0)
    assert plain == upper_tail(count, mean, phi * mean)
    mixed = float(mixed_tail(count, mean, phi * mean, share * mean))
    assert 0.0 < mixed <= 1.0
    assert float(mixed_tail(count + 1, mean, phi * mean, share * mean)) <= mixed
    if count > 3.0 * mean + 10.0 * phi:
        assert mixed >= plain


def test_tails_over_a_plan_are_as_frequent_as_stated():
    """Over lifts drawn within the tolerance, five in a thousand tails are below .005."""
    random = np.random.default_rng(1)
    mean = np.full(100_000, 60.0)
    lifted = np.maximum(mean * (1 + 0.2 * random.normal(size=len(mean))), 1.0)
    seen = random.negative_binomial(lifted / 0.5, 1 / 1.5)
    share = float((mixed_tail(seen, mean, 1.5 * mean, 0.2 * mean) <= 0.005).mean())
    assert 0.004 < share < 0.006
