"""Sums by theme, handler and vendor, the effort of themes and the quality of AI that are made of them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.metrics.ai_quality import ThemeVerdict, ai_themes, share_difference
from models.metrics.case_sums import FOR_AI, FOR_EFFORT, CaseKey, CaseSums, divide_by_vendor
from models.metrics.cost import CostTable, HandlerCost
from models.metrics.effort import EffortMeasure, rank_efforts
from models.metrics.figures import Figure, share_figure

SUMMED = tuple(dict.fromkeys((*FOR_EFFORT, *FOR_AI)))

COSTS = CostTable(
    "EUR",
    {"ai": HandlerCost(0.0, 0.5), "human": HandlerCost(2.0, 1.0), "vendor": HandlerCost(1.0)},
    {"acme": HandlerCost(4.0, 2.0)},
)


def sums(*groups):
    """Make sums of (theme, handler, vendor, counts by name)."""
    keys = [CaseKey(theme, handler, vendor) for theme, handler, vendor, _ in groups]
    counts = [[given_counts.get(name, 0) for name in SUMMED] for *_, given_counts in groups]
    return CaseSums(SUMMED, keys, np.array(counts, dtype=np.int64).reshape(len(groups), len(SUMMED)))


def test_sums_of_a_theme_are_those_of_its_handlers():
    """The sums of a theme add up its groups."""
    found = sums(
        ("7", "ai", "", {"created": 3}), ("8", "ai", "", {"created": 1}), ("7", "human", "", {"created": 2}),
    ).by_theme()  # fmt: skip
    assert {key.theme: one["created"] for key, one in zip(found.keys, found.records(), strict=True)} == {"7": 5, "8": 1}


def test_work_of_vendors_is_divided_by_name():
    """Sums by handler are divided by vendor, and what no name has is left to the handler `vendor`."""
    by_handler = sums(("7", "ai", "", {"created": 3}), ("7", "vendor", "", {"created": 5, "replies": 9}))
    by_vendor = sums(("7", "vendor", "", {"created": 4}), ("7", "vendor", "acme", {"created": 4, "replies": 7}))
    found = divide_by_vendor(by_handler, by_vendor)
    assert {(key.handler, key.vendor): found.count("created")[at] for at, key in enumerate(found.keys)} == {
        ("ai", ""): 3, ("vendor", ""): 1, ("vendor", "acme"): 4,
    }  # fmt: skip
    assert found.total() == by_handler.total()


def test_effort_is_the_cost_of_handlers_vendors_and_answers():
    """A theme's cost is made of the price of each ticket's handler, its persons' answers and those of AI."""
    one, other = rank_efforts(sums(
        ("7", "ai", "", {"created": 2, "replies": 4}), ("7", "vendor", "acme", {"created": 1, "replies": 3, "human_replies": 2}),
        ("8", "human", "", {"created": 5, "replies": 1, "human_replies": 1, "handled": 2, "handled_seconds": 600}),
    ), EffortMeasure.COST, COSTS).listed()  # fmt: skip
    assert (one.theme, one.cost, one.per_ticket) == ("8", 5 * 2.0 + 1.0, pytest.approx(2.2))
    assert (other.theme, other.cost) == ("7", 4 * 0.5 + 4.0 + 2 * 2.0 + 0.5)
    assert one.weight == pytest.approx((11 / 21.5) / (5 / 8))
    assert (one.reached, other.reached) == (pytest.approx(11 / 21.5), 1.0)
    assert (one.handling_seconds, other.handling_seconds) == (300, None)
    assert one.few


def test_effort_in_another_measure_needs_no_costs():
    """Without a table of costs effort is counted in answers, time or transfers; a cost is refused."""
    made = sums(("7", "human", "", {"created": 2, "handled": 2, "handled_seconds": 50, "transfers": 3}))
    assert rank_efforts(made, EffortMeasure.HANDLING_TIME).listed()[0].per_ticket == 25
    assert rank_efforts(made, EffortMeasure.TRANSFERS).listed()[0].effort == 3
    assert rank_efforts(made, EffortMeasure.HUMAN_REPLIES).listed()[0].effort_share is None
    with pytest.raises(ValueError, match="without a table of costs"):
        rank_efforts(made, EffortMeasure.COST)


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(1, 9), st.integers(0, 9)), min_size=1, max_size=12))
def test_shares_of_effort_add_up_and_the_few_are_the_fewest(drawn):
    """Shares sum to one, the Pareto share rises to one, and no smaller number of themes reaches the share."""
    groups: dict[int, tuple[int, int]] = {}
    for theme, created, transfers in drawn:
        before = groups.get(theme, (0, 0))
        groups[theme] = (before[0] + created, before[1] + transfers)
    ranked = rank_efforts(
        sums(*((str(theme), "ai", "", {"created": n, "transfers": m}) for theme, (n, m) in groups.items())),
        EffortMeasure.TRANSFERS,
    )
    found = ranked.listed()
    assert sum(one.share for one in found) == pytest.approx(1)
    number = ranked.themes_with(0.8)
    if number is None:
        assert not any(one.effort for one in found)
        return
    efforts_sorted = sorted((one.effort for one in found), reverse=True)
    assert found[-1].reached == pytest.approx(1)
    assert ranked.listed(limit=2) == found[:2]
    assert ranked.listed(only={"3"}) == [one for one in found if one.theme == "3"]
    curve = ranked.shares_reached(50)
    assert (curve[0], curve[-1]) == ((0.0, 0.0), (1.0, pytest.approx(1)))
    assert curve == sorted(curve)
    assert sum(efforts_sorted[:number]) >= 0.8 * sum(efforts_sorted) - 1e-9
    assert sum(efforts_sorted[: number - 1]) < 0.8 * sum(efforts_sorted) + 1e-9


def _theme(name, decided, kept, **more):
    return (name, "ai", "", {"created": decided, "ai_begun": decided, "ai_decided": decided, "ai_alone": kept} | more)


def test_a_theme_that_does_worse_is_said_to_and_a_small_one_is_not_judged():
    """A verdict needs thirty cases and a difference beyond chance; the theme that lost most tickets comes first."""
    found = ai_themes(sums(_theme("1", 400, 200), _theme("2", 400, 330), _theme("3", 400, 320), _theme("4", 20, 0)))
    assert [(one.theme, one.lost, one.verdict) for one in found] == [
        ("1", 200, ThemeVerdict.WORSE), ("3", 80, ThemeVerdict.BETTER), ("2", 70, ThemeVerdict.BETTER),
        ("4", 20, ThemeVerdict.TOO_SMALL),
    ]  # fmt: skip


def test_themes_that_are_alike_are_rarely_said_to_differ():
    """Over draws of forty themes with one rate, at most one in ten has a theme that is said to differ: discoveries are controlled."""
    draw = np.random.default_rng(4)
    false = 0
    for _ in range(60):
        kept = draw.binomial(100, 0.7, 40)
        found = ai_themes(sums(*(_theme(str(at), 100, int(number)) for at, number in enumerate(kept))))
        false += any(one.verdict is not ThemeVerdict.NOT_SHOWN for one in found)
    assert false <= 6


def test_ai_could_take_what_it_would_keep_where_its_ratings_are_not_worse():
    """What AI could take is at the lower limit of what it keeps; nothing where its ratings are shown to be worse, or it is untried."""
    more = {"created": 200, "rated": 100}
    good, bad, untried = ai_themes(sums(
        ("1", "ai", "", {"created": 100, "ai_begun": 100, "ai_decided": 100, "ai_alone": 80, "rated": 100, "satisfied": 90}),
        ("1", "human", "", more | {"satisfied": 90}),
        ("2", "ai", "", {"created": 100, "ai_begun": 100, "ai_decided": 100, "ai_alone": 80, "rated": 100, "satisfied": 50}),
        ("2", "human", "", more | {"satisfied": 90}),
        ("3", "human", "", more),
    ))  # fmt: skip
    assert good.could_take == pytest.approx(200 * share_figure(80, 100).low)
    assert (bad.could_take, untried.could_take) == (None, None)
    assert bad.csat_difference.high < 0


def test_a_difference_of_shares_has_newcombes_interval():
    """Newcombe's example: 56 of 70 against 48 of 80 gives 0.20, from 0.0524 to 0.3339."""
    found = share_difference(share_figure(56, 70), share_figure(48, 80))
    assert (found.value, found.low, found.high) == (
        pytest.approx(0.2),
        pytest.approx(0.0524, abs=1e-4),
        pytest.approx(0.3339, abs=1e-4),
    )
    assert share_difference(share_figure(0, 0), share_figure(1, 2)) == Figure(None)
