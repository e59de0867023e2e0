"""Comparison on the same case mix: published examples, Simpson's paradox, sparse strata, and what must not change a figure."""

import itertools
import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.comparison.adjusted import coefficients
from models.comparison.cells import MeanCell, RateCell
from models.comparison.day_correlation import daily_correlation, day_correlation
from models.comparison.limits import AdjustedFigure, Contrast
from models.comparison.report import Verdict
from models.comparison.rules import ComparisonRules
from models.comparison.standardize import compare_means, compare_rates

AGES = ("under 20", "20-24", "25-29", "30-34", "35-39", "40 and over")
BIRTHS = {
    "1": (230061, 329449, 114920, 39487, 14208, 3052),
    "2": (72202, 326701, 208667, 83228, 28466, 5375),
    "3": (15050, 175702, 207081, 117300, 45026, 8660),
    "4": (2293, 68800, 132424, 98301, 46075, 9834),
    "5+": (327, 30666, 123419, 149919, 104088, 34392),
}
CASES = {
    "1": (107, 141, 60, 40, 39, 25),
    "2": (25, 150, 110, 84, 82, 39),
    "3": (3, 71, 114, 103, 108, 75),
    "4": (1, 26, 64, 89, 137, 96),
    "5+": (0, 8, 63, 112, 262, 295),
}

BERKELEY = {
    "A": ((825, 512), (108, 89)),
    "B": ((560, 353), (25, 17)),
    "C": ((325, 120), (593, 202)),
    "D": ((417, 138), (375, 131)),
    "E": ((191, 53), (393, 94)),
    "F": ((373, 22), (341, 24)),
}
"""Applicants and admissions of men and of women at the six largest departments."""

THREE = ComparisonRules(dimensions=("theme", "user_type", "priority"), least_group=1)


def one(*names: str) -> ComparisonRules:
    """Return rules for strata of these dimensions."""
    return ComparisonRules(dimensions=names)


def of(report, group):
    """Return the result of one group."""
    return next(result for result in report.groups if result.group == group)


def test_down_syndrome_by_birth_order_as_fleiss_and_fay_and_feuer_published():
    """Rates per 100,000 births by birth order, adjusted for the mother's age, are those of Fay and Feuer 1997 (Fleiss 1981, p. 249).

    Source: Statistics in Medicine 16, table 1, data of Stark and Mantel 1966; the figures are also those of `ageadjust.direct` of the R
    package epitools.
    """
    cells = [
        RateCell(order, (age,), BIRTHS[order][at], CASES[order][at]) for order in BIRTHS for at, age in enumerate(AGES)
    ]
    standard = {(age,): sum(BIRTHS[order][at] for order in BIRTHS) / 5 for at, age in enumerate(AGES)}
    found = compare_rates(cells, one("age"), standard=standard)
    assert [round(1e5 * of(found, order).unadjusted, 1) for order in BIRTHS] == [56.3, 67.6, 83.3, 115.5, 167.1]
    assert [round(1e5 * of(found, order).adjusted, 1) for order in BIRTHS] == [92.3, 91.2, 85.1, 92.7, 75.5]
    low, high = of(found, "1").interval
    assert (1e5 * low, 1e5 * high) == pytest.approx((80.4, 106.0), abs=1.0)  # published by the gamma method


def test_alaska_and_florida_1977_as_le_published():
    """Deaths per 100,000, adjusted to the US standard million of 1970, are 788.6 and 770.6 (Le 2003, Introductory Biostatistics).

    Table 1.8; the book rounds expected deaths to whole numbers, which is worth 0.1.
    """
    standard = dict(zip([(age,) for age in "abcde"], (84_416, 294_353, 316_744, 205_745, 98_742), strict=True))
    rates = {"Alaska": (405.0, 83.6, 261.0, 777.6, 4933.3), "Florida": (375.3, 60.3, 190.5, 1101.5, 4397.9)}
    people = 10_000_000
    cells = [
        RateCell(state, (age,), people, round(rate * people / 1e5))
        for state, found in rates.items()
        for age, rate in zip("abcde", found, strict=True)
    ]
    found = compare_rates(cells, one("age"), standard=standard)
    assert [1e5 * of(found, state).adjusted for state in rates] == pytest.approx([788.6, 770.6], abs=0.1)


def test_berkeley_admissions_of_1973():
    """Men are admitted more often in all, women in the same departments: Simpson's paradox (Bickel, Hammel and O'Connell 1975)."""
    cells = [
        RateCell(sex, (department,), *pair)
        for department, pairs in BERKELEY.items()
        for sex, pair in zip(("men", "women"), pairs, strict=True)
    ]
    found = compare_rates(cells, one("department"), reference="men")
    weights = {department: (pairs[0][0] + pairs[1][0]) / 4526 for department, pairs in BERKELEY.items()}
    for at, sex in enumerate(("men", "women")):
        by_hand = sum(weights[one] * pairs[at][1] / pairs[at][0] for one, pairs in BERKELEY.items())
        assert of(found, sex).adjusted == pytest.approx(by_hand, abs=1e-12)
    assert (round(of(found, "men").unadjusted, 3), round(of(found, "women").unadjusted, 3)) == (0.445, 0.304)
    (reversal,) = found.reversals
    assert (reversal.higher, reversal.lower) == ("women", "men")
    assert next(stratum.name for stratum in reversal.strata) == "A"
    assert {stratum.name for stratum in reversal.strata} == {"A", "B", "D", "F"}
    assert reversal.agreeing == pytest.approx(sum(weights[one] for one in "ABDF"))
    assert "Simpson's paradox" in " ".join(found.sentences)


def test_kidney_stones_of_charig_1986():
    """Open surgery removes more stones of each size, percutaneous nephrolithotomy more in all (Charig et al. 1986, BMJ 292)."""
    cells = [
        RateCell("open", ("small",), 87, 81),
        RateCell("open", ("large",), 263, 192),
        RateCell("percutaneous", ("small",), 270, 234),
        RateCell("percutaneous", ("large",), 80, 55),
    ]
    found = compare_rates(cells, one("size"))
    assert (of(found, "open").unadjusted, of(found, "percutaneous").unadjusted) == pytest.approx((273 / 350, 289 / 350))
    assert of(found, "open").adjusted == pytest.approx(357 / 700 * 81 / 87 + 343 / 700 * 192 / 263)
    assert of(found, "percutaneous").adjusted == pytest.approx(357 / 700 * 234 / 270 + 343 / 700 * 55 / 80)
    (reversal,) = found.reversals
    assert (reversal.higher, reversal.lower, reversal.agreeing) == ("open", "percutaneous", pytest.approx(1.0))
    assert found.comparisons == 1
    assert of(found, "open").verdict is Verdict.NOT_SHOWN


def test_the_interval_of_one_stratum_is_newcombe_s():
    """The interval of a difference of two rates is that of Newcombe 1998 (table II, method 10): 56/70 and 48/80 give .0524 to .3339."""
    figures = [
        AdjustedFigure(value=hits / n, variance=hits / n * (1 - hits / n) / n, effective=n)
        for hits, n in ((56, 70), (48, 80))
    ]
    assert Contrast(*figures).difference_limits(0.95) == pytest.approx((0.0524, 0.3339), abs=5e-5)


@given(
    st.integers(1, 60),
    st.integers(61, 200),
    st.integers(1, 60),
    st.integers(61, 200),
    st.sampled_from([0.8, 0.95, 0.99]),
)
def test_interval_ratio_and_p_value_agree(first, of_first, second, of_second, confidence):
    """The interval of the difference excludes 0 exactly where that of the ratio excludes 1 and where p is below 1 - confidence."""
    figures = [
        AdjustedFigure(value=hits / n, variance=hits / n * (1 - hits / n) / n, effective=n)
        for hits, n in ((first, of_first), (second, of_second))
    ]
    contrast = Contrast(*figures)
    low, high = contrast.difference_limits(confidence)
    lowest, highest = contrast.ratio_limits(confidence)
    assert (low > 0, high < 0) == (lowest > 1, highest < 1)
    assert (low > 0 or high < 0) == (contrast.p_value() < 1 - confidence)
    assert lowest <= contrast.first.value / contrast.second.value <= highest


counts = st.tuples(st.integers(20, 60), st.floats(0, 1))
"""Tickets of a stratum and the share of success."""


@st.composite
def rate_tables(draw):
    """Draw cells of three groups in six strata that all have."""
    strata = [(theme, user, "normal") for theme in ("a", "b", "c") for user in ("buyer", "seller")]
    return [
        RateCell(group, stratum, tickets, round(share * tickets))
        for group in ("x", "y", "z")
        for stratum in strata
        for tickets, share in [draw(counts)]
    ]


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.integers(1, 4), st.floats(0, 1), st.floats(0, 1)), min_size=2, max_size=5))
def test_groups_with_equal_mix_keep_their_figures(strata):
    """Where all groups have the same case mix, the adjusted figure is the unadjusted one, and there is no reversal."""
    cells = [
        RateCell(group, (str(at), "", ""), tickets * size, round(share * tickets * size))
        for at, (tickets, *shares) in enumerate(strata)
        for group, size, share in zip("xy", (20, 60), shares, strict=True)
    ]
    found = compare_rates(cells, THREE)
    for result in found.groups:
        assert result.adjusted == pytest.approx(result.unadjusted)
    assert found.reversals == ()


@settings(max_examples=25, deadline=None)
@given(rate_tables(), st.randoms(use_true_random=False), st.floats(0.01, 1000))
def test_order_and_scale_change_nothing(cells, random, scale):
    """The order of rows, cells in parts and the scale of the weights change no figure; other names of strata neither."""
    found = compare_rates(cells, THREE)
    parts = [replace(cell, tickets=cell.tickets - 1) for cell in cells if cell.successes < cell.tickets]
    parts += [replace(cell, tickets=1, successes=0) for cell in cells if cell.successes < cell.tickets]
    parts += [cell for cell in cells if cell.successes == cell.tickets]
    random.shuffle(parts)
    assert compare_rates(parts, THREE) == found
    pooled = {}
    for cell in cells:
        pooled[cell.stratum] = pooled.get(cell.stratum, 0) + scale * cell.tickets
    scaled = compare_rates(cells, THREE, standard=pooled)
    for one_result, other in zip(found.groups, scaled.groups, strict=True):
        assert other.adjusted == pytest.approx(one_result.adjusted)
        assert other.interval == pytest.approx(one_result.interval)
    names = {"a": "b", "b": "c", "c": "a"}
    renamed = compare_rates(
        [replace(cell, stratum=(names[cell.stratum[0]], *cell.stratum[1:])) for cell in cells], THREE
    )
    for one_result, other in zip(found.groups, renamed.groups, strict=True):
        assert other.adjusted == pytest.approx(one_result.adjusted)


@settings(max_examples=25, deadline=None)
@given(rate_tables())
def test_adjusted_rates_are_weighted_means_and_lie_in_their_interval(cells):
    """An adjusted rate is the mean of the rates of strata by the pooled mix; its interval holds it and lies between 0 and 1."""
    found = compare_rates(cells, THREE)
    pooled = {
        stratum: sum(cell.tickets for cell in cells if cell.stratum == stratum)
        for stratum in {c.stratum for c in cells}
    }
    for result in found.groups:
        by_hand = sum(
            pooled[cell.stratum] * cell.successes / cell.tickets for cell in cells if cell.group == result.group
        ) / sum(pooled.values())
        assert result.adjusted == pytest.approx(by_hand)
        assert 0 <= result.interval[0] <= result.adjusted <= result.interval[1] <= 1


def test_the_mean_of_one_stratum_has_the_delta_method_s_interval():
    """With many tickets the interval of an adjusted mean is its value -+ 1.96 of the root of the sum of squared weights by variance."""
    generator = np.random.default_rng(3)
    cells, by_hand = [], {}
    for group in "xy":
        for stratum, weight in (("a", 0.5), ("b", 0.5)):
            values = generator.normal(10.0, 3.0, 5000)
            cells.append(MeanCell(group, (stratum,), 5000, values.sum(), (values**2).sum()))
            mean, variance = by_hand.get(group, (0.0, 0.0))
            by_hand[group] = (mean + weight * values.mean(), variance + weight**2 * values.var(ddof=1) / 5000)
    found = compare_means(cells, one("theme"))
    for group, (mean, variance) in by_hand.items():
        half = 1.96 * math.sqrt(variance)
        assert of(found, group).adjusted == pytest.approx(mean)
        assert of(found, group).interval == pytest.approx((mean - half, mean + half), abs=2e-3)


def test_sparse_strata_are_put_together_up_the_hierarchy_and_said():
    """Priorities with too few tickets of a group are compared together within theme and user type; the report says how many."""
    cells = [RateCell("x", ("refund", "buyer", priority), 100, 50) for priority in ("high", "low", "normal")]
    cells += [RateCell("y", ("refund", "buyer", "normal"), 100, 60)]
    cells += [RateCell("y", ("refund", "buyer", priority), 3, 2) for priority in ("high", "low")]
    found = compare_rates(cells)
    assert found.mix.comparable == 1.0
    assert found.mix.blocks == 2
    (level,) = found.mix.collapsed
    assert (level.dimensions, level.strata) == (("theme", "user_type"), 2)
    assert "put together by theme x user_type" in " ".join(found.sentences)


def test_what_a_group_lacks_is_not_comparable():
    """A theme that one group does not handle counts for nobody, and its share and who lacks it are reported."""
    cells = [RateCell(group, (theme, "", ""), 100, 80) for group, theme in itertools.product("xy", ("refund", "coins"))]
    found = compare_rates([*cells, RateCell("x", ("payout", "", ""), 100, 0)])
    assert of(found, "x").adjusted == pytest.approx(0.8)
    assert of(found, "x").unadjusted == pytest.approx(160 / 300)
    assert found.mix.comparable == pytest.approx(400 / 500)
    (outside,) = found.mix.outside
    assert (outside.stratum, outside.tickets, outside.missing) == (("payout", "", ""), 100, ("y",))


def test_a_group_with_other_themes_is_left_out_rather_than_all_themes():
    """A team that shares one small theme with the others is left out with a sentence; the others are compared on what they share."""
    cells = [RateCell(group, (theme, "", ""), 100, 80) for group, theme in itertools.product("xy", "abcde")]
    cells += [RateCell("z", ("f", "", ""), 300, 80), RateCell("z", ("a", "", ""), 10, 8)]
    found = compare_rates(cells)
    assert of(found, "z").verdict is Verdict.NOT_COMPARED
    assert "It shares few themes with the others" in of(found, "z").sentence
    assert found.mix.comparable == 1.0
    named = compare_rates(cells, reference="z")
    assert of(named, "z").verdict is Verdict.REFERENCE or of(named, "z").verdict is Verdict.TOO_SMALL


def test_no_common_strata_is_said_and_no_error():
    """Two groups without a common theme have unadjusted figures, no adjusted ones, and a sentence."""
    found = compare_rates([RateCell("x", ("a", "", ""), 100, 80), RateCell("y", ("b", "", ""), 100, 80)])
    assert [result.verdict for result in found.groups] == [Verdict.NOT_COMPARED, Verdict.NOT_COMPARED]
    assert of(found, "x").unadjusted == 0.8
    assert "nothing can be compared" in found.sentences[0]


def test_a_small_sample_is_marked_with_its_reason():
    """A group whose effective sample is small, or expects few failures, is marked and not judged."""
    cells = [
        RateCell(group, ("a", "", ""), tickets, tickets - 1) for group, tickets in (("x", 1000), ("y", 40), ("z", 1000))
    ]
    found = compare_rates(cells)
    assert of(found, "y").verdict is Verdict.TOO_SMALL
    assert of(found, "y").against is None
    assert "failures are expected at the rate of all groups" in of(found, "y").sentence
    few = [RateCell("x", ("a", "", ""), 500, 250), RateCell("x", ("b", "", ""), 2000, 1000)]
    few += [RateCell("y", ("a", "", ""), 400, 250), RateCell("y", ("b", "", ""), 6, 3)]
    assert "are needed" in of(compare_rates(few), "y").sentence


def test_real_differences_are_found_and_adjusted_for_all_comparisons():
    """A team that is worse by ten points is lower than the others; with more comparisons the adjusted p-value grows."""
    cells = [
        RateCell(group, (theme, "", ""), 1000, 800 if group == "x" else 900)
        for group, theme in itertools.product("vwxyz", "abc")
    ]
    found = compare_rates(cells)
    assert of(found, "x").verdict is Verdict.LOWER
    assert found.comparisons == 5
    against = of(found, "x").against
    assert against.difference == pytest.approx(-0.1)
    assert against.ratio == pytest.approx(8 / 9)
    assert against.adjusted_p_value == pytest.approx(min(5 * against.p_value, 1.0))
    assert against.simultaneous[0] < against.interval[0] < -0.1 < against.interval[1] < against.simultaneous[1]
    assert compare_rates(cells, reference="v").comparisons == 4


def tickets_by_day(generator, tickets=8000, days=28):
    """Draw group, stratum and day of tickets of four groups."""
    return (
        generator.integers(0, 4, tickets),
        generator.integers(0, tickets // 20, tickets),
        generator.integers(0, days, tickets),
    )


@pytest.mark.parametrize(("spread", "low", "high"), [(0.0, 0.0, 0.004), (0.15, 0.06, 0.13)])
def test_days_that_are_good_or_bad_for_a_vendor_are_correlated(spread, low, high):
    """Independent tickets do not correlate; a standard deviation of .15 of the rate of days is a correlation of .15^2 / .25 = .09."""
    generator = np.random.default_rng(5)
    group, stratum, day = tickets_by_day(generator)
    rate = np.clip(0.5 + generator.normal(0.0, spread, (4, 28))[group, day], 0.02, 0.98)
    assert low <= day_correlation(group, stratum, day, generator.random(8000) < rate, generator) <= high


def test_days_that_are_bad_for_all_and_few_days_have_no_correlation():
    """What a day does to all groups does not make them differ; from four days nothing can be said."""
    generator = np.random.default_rng(6)
    group, stratum, day = tickets_by_day(generator)
    rate = np.clip(0.5 + generator.normal(0.0, 0.15, 28)[day], 0.02, 0.98)
    good = generator.random(8000) < rate
    assert day_correlation(group, stratum, day, good, generator) < 0.004
    assert day_correlation(group, stratum, day % 4, good, generator) == 0.0
    assert day_correlation(group, stratum, day, np.ones(8000), generator) == 0.0


def test_independent_tickets_correlate_as_often_less_as_more_than_nothing():
    """In small cells too, the correlation of independent tickets is estimated without bias: it is above 0 in half of the draws."""
    found = []
    for seed in range(40):
        generator = np.random.default_rng(seed)
        group, stratum, day = tickets_by_day(generator, 1000, 14)
        found.append(day_correlation(group, stratum // 2, day, generator.random(1000) < 0.3, generator))
    assert np.mean(np.array(found) == 0.0) == pytest.approx(0.5, abs=0.2)
    assert np.mean(found) < 0.01


def test_correlated_days_widen_an_interval_as_their_variance_says():
    """With a correlation of .01 over 25 days, 10,000 tickets of a group have 1 + .01 * 10,000 / 25 = 5 times the variance."""
    cells = [RateCell(group, ("a", "", ""), 10_000, 5000) for group in "xy"]
    narrow, wide = (
        of(compare_rates(cells, ComparisonRules(day_correlation=correlation, days=25)), "x")
        for correlation in (0.0, 0.01)
    )
    ratio = (wide.interval[1] - wide.interval[0]) / (narrow.interval[1] - narrow.interval[0])
    assert ratio == pytest.approx(math.sqrt(5.0), rel=1e-2)
    assert wide.sample.effective == pytest.approx(2000)


def test_a_reference_that_is_too_small_is_said():
    """With a reference that is not compared, or has too small a sample, nobody is judged, and each sentence says why."""
    cells = [RateCell(group, ("a", "", ""), 500, 250) for group in "xy"]
    for few in (10, 31):
        found = compare_rates(
            [*cells, RateCell("z", ("a", "", ""), few, 5)], ComparisonRules(least_effective=40), reference="z"
        )
        assert of(found, "x").verdict is Verdict.TOO_SMALL
        assert "what it is compared with" in of(found, "x").sentence
        assert of(found, "z").verdict in (Verdict.NOT_COMPARED, Verdict.TOO_SMALL)
        assert found.comparisons == 0


def test_a_design_effect_widens_intervals():
    """Tickets that depend on each other by a design effect of 4 give an interval twice as wide."""
    cells = [RateCell(group, ("a", "", ""), 10_000, 5000) for group in "xy"]
    narrow, wide = (
        of(compare_rates(cells, ComparisonRules(design_effect=effect)), "x").interval for effect in (1.0, 4.0)
    )
    assert wide[1] - wide[0] == pytest.approx(2 * (narrow[1] - narrow[0]), rel=1e-2)


@settings(max_examples=30, deadline=None)
@given(st.integers(2, 4), st.integers(2, 5), st.integers(0, 10_000))
def test_strata_put_together_are_fitted_without_the_mix(groups, strata, seed):
    """Where figures are a sum of group and stratum, the fit gives each group its own effect, whatever the mixes."""
    generator = np.random.default_rng(seed)
    tickets = generator.integers(0, 5, (groups, strata)).astype(float)
    tickets[0] += 1
    tickets[:, 0] += 1
    weights = generator.dirichlet(np.ones(strata))
    effect, hardness = generator.normal(size=groups), generator.normal(size=strata)
    share = coefficients(tickets, weights)
    found = np.einsum("ghc,hc->g", share, (effect[:, None] + hardness[None, :]) * (tickets > 0))
    assert found == pytest.approx(effect + weights @ hardness)
    assert share.sum(axis=(1, 2)) == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("cells", "message"),
    [
        ([], "got no rows"),
        ([RateCell("x", ("a",), 1, 1)], "needs 3"),
        ([RateCell("x", ("a", "", ""), 1, 2)], "2 successes of 1 tickets"),
        ([RateCell("x", ("a", "", ""), -1, 0)], "must be at least 0"),
    ],
)
def test_wrong_rows_are_refused_with_a_sentence(cells, message):
    """Rows that contradict themselves are an error that says what is wrong."""
    with pytest.raises(ValueError, match=message):
        compare_rates(cells)


def test_an_unknown_reference_names_the_groups():
    """A reference that is no group is refused with the names of the groups."""
    with pytest.raises(ValueError, match="there are x, y"):
        compare_rates([RateCell(group, ("a", "", ""), 50, 25) for group in "xy"], reference="z")


@pytest.mark.parametrize(
    "wrong",
    [
        {"dimensions": ()},
        {"least_cell": 0},
        {"confidence": 1.0},
        {"design_effect": 0.5},
        {"replicates": 10},
        {"days": 0},
    ],
)
def test_rules_that_no_comparison_can_follow_are_refused(wrong):
    """Rules outside their range are an error."""
    with pytest.raises(ValueError, match=r"must|needs|no dimensions"):
        ComparisonRules(**wrong)


def test_the_correlation_of_days_is_found_in_daily_sums():
    """Days with rates of their own give their intraclass correlation, independent tickets almost none, and few days none."""
    draw = np.random.default_rng(5)
    rho, mean = 0.05, 0.8
    common = (1 - rho) / rho
    tickets = draw.integers(50, 200, (3, 200)).astype(float)
    rates = draw.beta(mean * common, (1 - mean) * common, tickets.shape)
    assert daily_correlation(tickets, draw.binomial(tickets.astype(int), rates)) == pytest.approx(rho, abs=0.015)
    assert daily_correlation(tickets, draw.binomial(tickets.astype(int), mean)) < 0.003
    assert daily_correlation(tickets[:, :4], tickets[:, :4]) == 0.0
