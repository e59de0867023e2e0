"""Difference-in-differences: a published example, few units, matching, and what contradicts the assumptions."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import ttest_ind

from models.comparison.change_rules import ChangeRules, UnitWeighting
from models.comparison.cluster_robust import difference_of_means, few_against_many
from models.comparison.differences import evaluate_change
from models.comparison.effect import Assumption
from models.comparison.outcomes import Outcome, RateOutcome
from models.comparison.panel import PanelRow, TooFewUnits
from models.comparison.report import Measure

WEEKS = range(24)
START = 16
EQUAL = ChangeRules(weighting=UnitWeighting.UNITS)


def panel(seed, treated=6, others=14, *, effect=0.0, trend=0.0, early=0, growth=1.0):
    """Draw weekly means of themes with levels of their own, weeks that all share, and what happens to the treated ones."""
    generator = np.random.default_rng(seed)
    shared = generator.normal(0.0, 0.02, len(WEEKS))
    rows = []
    for unit in range(treated + others):
        level, mine = generator.normal(0.8, 0.03), unit < treated
        for week in WEEKS:
            mean = (
                level
                + shared[week]
                + generator.normal(0.0, 0.02)
                + mine * (trend * week + effect * (week >= START - early))
            )
            number = int(200 * (growth if mine and week >= START else 1.0))
            rows.append(PanelRow(f"{'t' if mine else 'c'}{unit:02d}", week, number, float(mean)))
    return rows


def names(rows, letter):
    """Return the units whose names begin with a letter."""
    return sorted({row.unit for row in rows if row.unit.startswith(letter)})


def check(effect, assumption):
    """Return one check."""
    return next(found for found in effect.checks if found.assumption is assumption)


def test_card_and_krueger_1994():
    """Employment in New Jersey and Pennsylvania before and after the minimum wage of 1992: 2.75 with a standard error of 1.36.

    Card and Krueger 1994, American Economic Review 84, table 3: means 20.44, 21.03, 23.33, 21.17; standard errors of the changes
    .54 and 1.25. Published is 2.76, from unrounded means. Restaurants are made up so that they have these means and errors.
    """
    rows = []
    for state, before, after, error in (("NJ", 20.44, 21.03, 0.54), ("PA", 23.33, 21.17, 1.25)):
        for at, side in enumerate((-1.5, -0.5, 0.5, 1.5)):
            change = after - before + side * error * np.sqrt(4.0) / np.std((-1.5, -0.5, 0.5, 1.5), ddof=1)
            rows += [PanelRow(f"{state}{at}", period, 1, before) for period in (0, 1, 2)]
            rows += [PanelRow(f"{state}{at}", period, 1, before + change) for period in (3, 4, 5)]
    found = evaluate_change(rows, names(rows, "NJ"), 3, EQUAL, controls=names(rows, "PA"))
    assert found.value == pytest.approx(2.75)
    assert (found.treated_means, found.control_means) == (pytest.approx((20.44, 21.03)), pytest.approx((23.33, 21.17)))
    low, high = found.interval
    assert high - found.value == pytest.approx(found.value - low)
    standard_error = np.hypot(0.54, 1.25)
    assert standard_error == pytest.approx(1.36, abs=0.005)
    assert found.freedom == pytest.approx(standard_error**4 / (0.54**4 / 3 + 1.25**4 / 3))
    assert found.p_value == pytest.approx(float(ttest_p(2.75 / standard_error, found.freedom)))


def ttest_p(statistic, freedom):
    """Return a two-sided p-value of Student's t."""
    from scipy.stats import t

    return 2 * t.sf(abs(statistic), freedom)


@settings(max_examples=40, deadline=None)
@given(st.integers(3, 9), st.integers(3, 9), st.integers(0, 10_000))
def test_equal_weights_give_welch_s_test(treated, controls, seed):
    """With equal weights the estimate, its p-value and its interval are those of Welch's t-test."""
    generator = np.random.default_rng(seed)
    one, other = generator.normal(0.0, 1.0, treated), generator.normal(0.5, 3.0, controls)
    found = difference_of_means(one, other, np.ones(treated), np.ones(controls))
    expected = ttest_ind(one, other, equal_var=False)
    assert found.p_value == pytest.approx(expected.pvalue)
    assert found.freedom == pytest.approx(expected.df)
    assert found.interval(0.95) == pytest.approx(tuple(expected.confidence_interval(0.95)))


def test_the_variance_of_weighted_means_is_unbiased():
    """Where units vary alike, the mean of the estimated variances is the variance of the difference, for uneven weights too."""
    generator = np.random.default_rng(7)
    weights, others = np.array([1.0, 2.0, 3.0, 10.0]), np.array([1.0, 1.0, 4.0])
    found = [
        difference_of_means(generator.normal(size=4), generator.normal(size=3), weights, others).error ** 2
        for _ in range(4000)
    ]
    share, other = weights / weights.sum(), others / others.sum()
    assert np.mean(found) == pytest.approx((share**2).sum() + (other**2).sum(), rel=0.05)


@pytest.mark.parametrize("weighting", UnitWeighting)
def test_an_effect_is_found_and_its_assumptions_hold(weighting):
    """An effect of five points is estimated with its interval; the sentences say what is assumed and that nothing contradicts it."""
    rows = panel(1, effect=0.05)
    found = evaluate_change(rows, names(rows, "t"), START, ChangeRules(weighting=weighting), measure=Measure.RATE)
    assert found.value == pytest.approx(0.05, abs=0.015)
    assert found.interval[0] < 0.05 < found.interval[1]
    assert found.p_value < 0.01
    assert not found.contradicted
    assert found.beyond_trends[1][0] < 0.05 < found.beyond_trends[1][1]
    assert set(found.controls) <= set(names(rows, "c"))
    assert "The effect is +4.8 points" in found.sentences[0]
    assert sum("the data do not contradict it" in sentence for sentence in found.sentences) == 4
    assert "corrected for all 4 checks by Holm's method, is below 0.1." in " ".join(found.sentences)
    assert found.expected == pytest.approx(found.treated_means[1] - found.value)
    assert [one.period for one in found.series] == list(WEEKS)


def test_no_effect_is_shown_where_there_is_none():
    """Weeks that are bad for all themes are no effect."""
    rows = panel(2)
    found = evaluate_change(rows, names(rows, "t"), START, measure=Measure.RATE)
    assert found.p_value > 0.05
    assert "An effect is not shown" in found.sentences[0]


def test_a_trend_before_the_change_is_contradicted_and_measured():
    """Where the treated themes were rising already, the check says how much of the effect the trend would make."""
    rows = panel(3, trend=0.01)
    found = evaluate_change(rows, names(rows, "t"), START, EQUAL, controls=names(rows, "c"))
    trend = check(found, Assumption.PARALLEL_TRENDS)
    assert trend.contradicted
    assert trend.value == pytest.approx(0.01 * 12, abs=0.03)
    assert check(found, Assumption.PLACEBO).contradicted
    value, (low, high) = found.beyond_trends
    assert low < 0.0 < high
    assert abs(value) < 0.5 * found.value
    assert "It rests on trends that are parallel" in " ".join(found.sentences)
    assert found.contradicted
    assert "not to be taken for the effect" in " ".join(found.sentences)


def test_an_effect_before_the_change_is_anticipation():
    """Themes that move in the last weeks before the change contradict that nothing changed before it."""
    rows = panel(4, effect=0.08, early=3)
    found = evaluate_change(rows, names(rows, "t"), START, EQUAL, controls=names(rows, "c"))
    assert check(found, Assumption.NO_ANTICIPATION).contradicted


def test_another_volume_after_the_change_is_another_composition():
    """Where the volume of the treated themes doubles at the change, the tickets are not those of before."""
    rows = panel(5, growth=2.0)
    found = evaluate_change(rows, names(rows, "t"), START, EQUAL, controls=names(rows, "c"))
    composition = check(found, Assumption.STABLE_COMPOSITION)
    assert composition.value == pytest.approx(1.0)
    assert composition.contradicted


def test_controls_are_matched_once_each_on_level_and_trend():
    """Each treated theme gets the controls nearest to it; one that is far from all is left out with its reason."""
    rows = panel(6)
    rows += [PanelRow("t-far", week, 200, 0.1) for week in WEEKS]
    found = evaluate_change(rows, [*names(rows, "t")], START)
    assert len(found.controls) == len(set(found.controls)) == len(found.pairs)
    assert [unit.unit for unit in found.left_out] == ["t-far"]
    assert "standard deviations of its level and trend" in found.left_out[0].reason
    assert "t-far is left out" in " ".join(found.sentences)


def test_a_transition_is_left_out():
    """Periods in which a change is introduced count neither as before nor as after."""
    rows = panel(8, effect=0.05)
    wild = [
        PanelRow(row.unit, row.period, row.tickets, 0.0)
        if row.period in (START, START + 1) and row.unit[0] == "t"
        else row
        for row in rows
    ]
    one, other = (
        evaluate_change(
            found,
            names(rows, "t"),
            START,
            ChangeRules(weighting=UnitWeighting.UNITS, transition=2),
            controls=names(rows, "c"),
        )
        for found in (rows, wild)
    )
    assert one.value == pytest.approx(other.value)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.floats(-1.0, 1.0), st.floats(0.1, 10.0))
def test_what_all_share_changes_nothing_and_scale_only_scales(seed, shift, scale):
    """A shift of all units in a period, and of one unit in all periods, leaves the effect; a scale multiplies it."""
    rows = panel(seed, 4, 5)
    moved = [
        PanelRow(
            row.unit, row.period, row.tickets, scale * (row.mean + shift * (row.period % 5) + shift * len(row.unit))
        )
        for row in rows
    ]
    one, other = (
        evaluate_change(found, names(rows, "t"), START, EQUAL, controls=names(rows, "c")) for found in (rows, moved)
    )
    assert other.value == pytest.approx(scale * one.value, abs=1e-9)
    assert other.p_value == pytest.approx(one.p_value, rel=1e-4)


@pytest.mark.parametrize(("treated", "others", "said"), [
    (6, 3, "Of the other themes, 3 have tickets in at least 3 days .* an evaluation needs 4"),
    (1, 9, "Of the other themes, 9 have tickets .* an evaluation needs 10"), (6, 1, "Of the other themes, 1 has tickets"),
])  # fmt: skip
def test_too_few_units_say_what_is_needed(treated, others, said):
    """With fewer than four control themes, or ten for few treated ones, there is no evaluation, but a sentence with what is needed."""
    rows = panel(9, treated, others)
    with pytest.raises(TooFewUnits, match=said):
        evaluate_change(rows, names(rows, "t"), START)


def test_themes_without_tickets_before_and_after_are_too_few():
    """A change whose themes have too few periods with tickets is refused, and so are too few named controls."""
    rows = panel(9, 1, 12)
    with pytest.raises(TooFewUnits, match="Of the themes that the change concerns, 0 have tickets"):
        evaluate_change([row for row in rows if row.unit[0] == "c" or row.period < START], ["t00"], START)
    with pytest.raises(TooFewUnits, match=r"Of the themes to compare with, 3 have tickets .* needs 10"):
        evaluate_change(rows, ["t00"], START, controls=names(rows, "c")[:3])


def test_a_theme_is_not_compared_with_itself():
    """A treated theme among those to compare with is named, and not taken for one without tickets."""
    rows = panel(9, 1, 12)
    with pytest.raises(ValueError, match="received 't00' both as concerned by the change and to compare with"):
        evaluate_change(rows, ["t00"], START, controls=[*names(rows, "c"), "t00"])


def test_checks_are_judged_by_corrected_chances():
    """The least p of the four checks counts four times (Holm 1979), and one is contradicted below the doubt of the rules alone."""
    rows = panel(1, effect=0.05)
    checks = evaluate_change(rows, names(rows, "t"), START).checks
    least = min(checks, key=lambda check: check.p_value)
    assert least.corrected_p_value == pytest.approx(min(4 * least.p_value, 1.0))
    assert all(check.contradicted == (check.corrected_p_value < 0.1) for check in checks)
    assert f"(p = {least.p_value:.2g}, corrected {least.corrected_p_value:.2g})" in least.sentence


def test_changes_are_evaluated_by_each_rate():
    """Every outcome that is a rate can be asked for, and none that is a time."""
    assert [one.value for one in RateOutcome] == [one.value for one in Outcome if not one.is_time]


def test_one_unit_against_many_is_the_test_of_a_single_case():
    """With equal weights, one unit against a sample has the t of Crawford and Howell (1998): the spread times sqrt(1 + 1/n)."""
    sample = np.array([52.0, 61.0, 47.0, 55.0, 58.0, 49.0, 51.0, 60.0, 54.0, 53.0])
    found = few_against_many(np.array([40.0]), sample, np.ones(1), np.ones(10))
    assert found.value == pytest.approx(40.0 - sample.mean())
    assert found.error == pytest.approx(sample.std(ddof=1) * np.sqrt(1.1))
    assert found.freedom == 9


def test_a_large_unit_is_taken_to_vary_less_than_small_controls():
    """Where the spread of controls falls with their weight, that of one large unit is the smaller one, and the reverse."""
    draw = np.random.default_rng(11)
    weights = np.repeat([10.0, 1000.0], 200)
    controls = draw.normal(0.0, 1.0, 400) / np.sqrt(weights)
    large, small = (few_against_many(np.zeros(1), controls, np.array([one]), weights) for one in (1000.0, 10.0))
    assert large.error == pytest.approx(1000**-0.5, rel=0.5)
    assert small.error == pytest.approx(10**-0.5, rel=0.15)


def test_a_change_of_one_theme_is_found_against_many_and_says_what_it_assumes():
    """An effect on one theme is found against twenty matched ones, and a sentence says that it is taken to vary as they do."""
    rows = panel(3, 1, 40, effect=0.06)
    found = evaluate_change(rows, ["t00"], START, measure=Measure.RATE)
    assert found.interval[0] < 0.06 < found.interval[1]
    assert found.p_value < 0.05
    assert len(found.controls) >= 10
    assert any("1 treated theme, against" in sentence for sentence in found.sentences)
    assert any("vary as the controls did" in sentence for sentence in found.sentences)


def test_one_theme_without_a_change_is_rarely_said_to_have_one():
    """Of a hundred panels in which nothing changed, about five in a hundred show an effect of the theme that is called treated."""
    found = 0
    for seed in range(100):
        rows = panel(1000 + seed, 1, 20)
        effect = evaluate_change(rows, ["t00"], START, EQUAL, controls=names(rows, "c"))
        found += effect.p_value < 0.05
    assert found <= 10


def test_a_unit_without_rows_is_refused():
    """A treated theme that is not in the rows is an error that names it."""
    with pytest.raises(ValueError, match="no tickets of nobody in this time"):
        evaluate_change(panel(1), ["nobody"], START)


@pytest.mark.parametrize("wrong", [{"least_units": 2}, {"least_periods": 1}, {"confidence": 1.0}])
def test_rules_of_changes_outside_their_range_are_refused(wrong):
    """Rules that no evaluation can follow are an error."""
    with pytest.raises(ValueError, match=r"must|not known"):
        ChangeRules(**wrong)
