"""Medians on the same case mix: Kaplan-Meier by stratum, open tickets, sparse strata, and the bootstrap."""

from dataclasses import replace

import numpy as np
import pytest

from models.comparison.cells import TimeCell
from models.comparison.kaplan_meier import make_axis, median
from models.comparison.medians import compare_medians
from models.comparison.report import Verdict
from models.comparison.rules import ComparisonRules
from models.metrics.survival import product_limit

RULES = ComparisonRules(dimensions=("theme",), replicates=199)


def cell(group, stratum, hours, unresolved=()):
    """Make a cell of single times."""
    times = (*hours, *unresolved)
    return TimeCell(
        group,
        stratum,
        tuple(times),
        (1,) * len(hours) + (0,) * len(unresolved),
        (0,) * len(hours) + (1,) * len(unresolved),
    )


def of(report, group):
    """Return the result of one group."""
    return next(result for result in report.groups if result.group == group)


def test_the_curve_is_that_of_the_leukaemia_trial_of_1963():
    """Survival in remission with 6-MP is .857 after 6 weeks and .448 after 23, as Freireich et al. 1963 is quoted since Cox 1972.

    Twenty-one patients, twelve of them censored; the median is 23 weeks, and 8 under placebo.
    """
    treated = cell("6-MP", ("a",), (6, 6, 6, 7, 10, 13, 16, 22, 23), (6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35))
    placebo = cell("placebo", ("a",), (1, 1, 2, 2, 3, 4, 4, 5, 5, 8, 8, 8, 8, 11, 11, 12, 12, 15, 17, 22, 23))
    axis = make_axis([treated, placebo])
    for one, expected in ((treated, 23.0), (placebo, 8.0)):
        counts = np.zeros((2, len(axis.hours)))
        np.add.at(counts[0], axis.positions(one.hours), one.resolved)
        np.add.at(counts[1], axis.positions(one.hours), one.unresolved)
        curve = product_limit(counts[0], counts.sum(axis=0))
        assert median(axis, curve) == expected
        if expected == 23.0:
            assert curve[axis.positions([6])] == pytest.approx(0.857, abs=5e-4)
            assert curve[axis.positions([23])] == pytest.approx(0.448, abs=5e-4)


def test_medians_are_standardised_by_the_mean_of_the_curves():
    """A vendor that gets more of the slow theme is as fast as the other one on the same mix, and slower unadjusted."""
    fast, slow = tuple(range(1, 42)), tuple(range(41, 82))
    cells = [
        cell("x", ("refund",), fast * 4),
        cell("x", ("payout",), slow),
        cell("y", ("refund",), fast),
        cell("y", ("payout",), slow * 4),
    ]
    found = compare_medians(cells, np.random.default_rng(1), RULES)
    assert (of(found, "x").unadjusted, of(found, "y").unadjusted) == (26.0, 56.0)
    assert of(found, "x").adjusted == of(found, "y").adjusted == 41.0
    assert of(found, "x").against.difference == 0.0
    assert of(found, "x").verdict is Verdict.NOT_SHOWN


def test_a_slower_group_is_found_and_the_same_generator_gives_the_same_report():
    """A group that takes twice as long is higher than the others; a report can be repeated."""
    draws = np.random.default_rng(5)
    cells = [
        cell(group, (theme,), tuple(draws.lognormal(2.0, 0.6, 120).round(2) * factor))
        for group, factor in (("x", 2.0), ("y", 1.0), ("z", 1.0))
        for theme in ("refund", "payout")
    ]
    found = compare_medians(cells, np.random.default_rng(2), RULES)
    assert of(found, "x").verdict is Verdict.HIGHER
    against = of(found, "x").against
    assert against.ratio_interval[0] > 1.0
    assert against.interval[0] > 0.0
    assert against.ratio == pytest.approx(2.0, rel=0.25)
    assert compare_medians(cells, np.random.default_rng(2), RULES) == found
    named = compare_medians(cells, np.random.default_rng(2), RULES, reference="y")
    assert of(named, "y").verdict is Verdict.REFERENCE


def test_open_tickets_are_not_taken_for_fast_ones():
    """Tickets that are still open count as at risk until they were last seen: the median is that of the same tickets later."""
    hours = tuple(float(hour) for hour in range(1, 100))
    later = compare_medians([cell(group, ("a",), hours) for group in "xy"], np.random.default_rng(1), RULES)
    now = [cell(group, ("a",), hours[:60], (60.0,) * 39) for group in "xy"]
    assert of(compare_medians(now, np.random.default_rng(1), RULES), "x").adjusted == of(later, "x").adjusted == 50.0


def test_a_median_that_is_not_reached_is_said():
    """A group with more than half of its tickets open has no adjusted median, and the report says why."""
    cells = [cell("x", ("a",), (1.0,) * 20, (9.0,) * 60), cell("y", ("a",), (1.0,) * 80)]
    result = of(compare_medians(cells, np.random.default_rng(1), RULES), "x")
    assert (result.adjusted, result.interval, result.verdict) == (None, None, Verdict.TOO_SMALL)
    assert "still open" in result.sentence


def test_sparse_strata_that_are_put_together_do_not_bring_the_mix_back():
    """Within a theme whose priorities are put together, a group with only the slow one does not look slow."""
    rules = ComparisonRules(dimensions=("theme", "priority"), replicates=99)
    draws = np.random.default_rng(8)
    cells = []
    for theme in range(40):
        for group, numbers in (("x", {"high": 2, "low": 14}), ("y", {"high": 14, "low": 2})):
            for priority, number in numbers.items():
                hours = draws.exponential(2.0 if priority == "high" else 20.0, number).round(2) + 0.01
                cells.append(cell(group, (f"theme {theme}", priority), tuple(hours)))
    found = compare_medians(cells, np.random.default_rng(1), rules)
    x, y = of(found, "x"), of(found, "y")
    assert x.unadjusted > 3.0 * y.unadjusted
    assert x.adjusted == pytest.approx(y.adjusted, rel=0.35)
    assert x.against.interval[0] < 0.0 < x.against.interval[1]
    assert found.mix.collapsed[0].strata == 80


def test_a_design_effect_widens_the_interval_of_a_median():
    """Tickets that depend on each other by a design effect of 4 give an interval that is about twice as wide."""
    hours = tuple(np.random.default_rng(3).exponential(10.0, 400).round(2))
    cells = [cell(group, ("a",), hours) for group in "xy"]
    narrow, wide = (
        of(
            compare_medians(cells, np.random.default_rng(1), replace(RULES, design_effect=effect, replicates=499)), "x"
        ).interval
        for effect in (1.0, 4.0)
    )
    assert (wide[1] - wide[0]) / (narrow[1] - narrow[0]) == pytest.approx(2.0, rel=0.25)


def test_a_median_without_its_reference_is_not_judged():
    """With a named reference that has too few tickets to be compared, nobody is judged."""
    cells = [cell(group, ("a",), tuple(range(1, 60))) for group in "xy"] + [cell("z", ("a",), (1, 2, 3))]
    found = compare_medians(cells, np.random.default_rng(1), RULES, reference="z")
    assert {result.verdict for result in found.groups} == {Verdict.TOO_SMALL, Verdict.NOT_COMPARED}


def test_many_times_are_rounded_up_to_quantiles():
    """More than 256 different times are rounded to quantiles of all: a median moves by less than half a percent of the tickets."""
    hours = np.random.default_rng(4).lognormal(2.0, 1.0, 4000)
    axis = make_axis([cell("x", ("a",), tuple(hours))])
    assert len(axis.hours) <= 256
    counts = np.bincount(axis.positions(hours), minlength=len(axis.hours)).astype(float)
    assert np.mean(hours <= median(axis, product_limit(counts, counts))) == pytest.approx(0.5, abs=0.005)


@pytest.mark.parametrize(
    "wrong", [TimeCell("x", ("a",), (1.0, 2.0), (1,), (0,)), TimeCell("x", ("a",), (-1.0,), (1,), (0,))]
)
def test_wrong_histograms_are_refused(wrong):
    """A histogram whose parts differ in length, or with a negative time, is an error with a sentence."""
    with pytest.raises(ValueError, match=r"differ in number|below 0"):
        compare_medians([wrong], np.random.default_rng(1), RULES)
