"""Changes as sums of mix and rate effects."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.arrays import Floats
from models.metrics.decomposition import Decomposition, StratumRates

DEATHS_1970 = (
    (2968, 18.469), (11484, 0.751), (34614, 0.391), (30992, 1.146), (21983, 1.287), (20314, 2.672), (20928, 6.636), (16897, 15.691),
    (11339, 34.723), (5720, 79.763), (1315, 176.837), (535, 36.993), (2162, 1.352), (6120, 0.541), (4781, 2.040), (3096, 3.523),
    (2718, 6.746), (2363, 12.967), (1767, 24.471), (1149, 45.091), (448, 74.902), (117, 123.205),
)  # fmt: skip
"""People in thousands and deaths of a thousand by race and age, United States (Das Gupta 1993, table 5.3)."""

DEATHS_1985 = (
    (3041, 9.163), (11577, 0.462), (27450, 0.248), (32711, 0.929), (35480, 1.084), (27411, 1.810), (19555, 4.715), (19795, 12.187),
    (15254, 27.728), (8022, 64.068), (2472, 157.570), (707, 17.208), (2692, 0.738), (6473, 0.328), (6841, 1.103), (6547, 2.045),
    (4352, 3.724), (3034, 8.052), (2540, 17.812), (1749, 34.128), (804, 68.276), (236, 125.161),
)  # fmt: skip


def _rates(number: Floats, value: Floats, variance: Floats | None = None) -> StratumRates:
    """Return strata of one day."""
    return StratumRates(
        number[None, :], value, np.zeros(len(number)) if variance is None else variance, np.zeros((1, len(number)))
    )


def test_it_agrees_with_the_published_example_of_das_gupta() -> None:
    """Deaths of the United States fell by 2.228 by their rates and rose by 1.522 by age and .020 by race: table 5.3 of 1993."""
    before, after = (_rates(*np.array(one).T) for one in (DEATHS_1970, DEATHS_1985))
    found = Decomposition(before, after)
    whole = found.whole()
    assert (found.before, found.after) == pytest.approx((9.421833, 8.735618), abs=1e-6)
    assert whole.rate.value == pytest.approx(-2.2277254, abs=1e-6)
    assert whole.mix.value == pytest.approx(1.5217347 + 0.0197749, abs=1e-6)


counts = st.lists(
    st.tuples(st.integers(0, 50), st.integers(0, 50), st.floats(0, 1), st.floats(0, 1)), min_size=1, max_size=8
).filter(lambda rows: sum(row[0] for row in rows) > 0 and sum(row[1] for row in rows) > 0)


def _two(rows: list[tuple[int, int, float, float]]) -> Decomposition:
    n0, n1, r0, r1 = (np.array(column, dtype=np.float64) for column in zip(*rows, strict=True))
    return Decomposition(
        _rates(n0, np.where(n0 > 0, r0, np.nan), r0 * (1 - r0) / np.maximum(n0, 1)),
        _rates(n1, np.where(n1 > 0, r1, np.nan), r1 * (1 - r1) / np.maximum(n1, 1)),
    )


@given(rows=counts, data=st.data())
def test_the_terms_of_any_division_sum_to_the_change(
    rows: list[tuple[int, int, float, float]], data: st.DataObject
) -> None:
    """All mix and rate effects sum to the change, and those of some strata and of the others to the effects of all."""
    found = _two(rows)
    members = np.array(data.draw(st.lists(st.booleans(), min_size=len(rows), max_size=len(rows))))
    some, others, whole = found.effects(members), found.effects(~members), found.whole()
    assert whole.total.value == pytest.approx(found.change, abs=1e-12)
    for name in ("mix", "rate", "total"):
        parts = [getattr(one, name) for one in (some, others, whole)]
        assert parts[0].value + parts[1].value == pytest.approx(parts[2].value, abs=1e-12)
        assert all(part.error >= 0 for part in parts)


@given(rows=counts)
def test_a_stratum_of_one_period_has_no_rate_effect(rows: list[tuple[int, int, float, float]]) -> None:
    """A new or gone stratum contributes by the mix alone, and the error of its rate effect is 0."""
    found = _two(rows)
    for at, (before, after, _, _) in enumerate(rows):
        if not before or not after:
            effects = found.effects(np.arange(len(rows)) == at)
            assert effects.rate.value == effects.rate.error == 0.0


def test_growth_of_a_stratum_above_the_mean_raises_the_total() -> None:
    """With rates that stay, the stratum that grows and the one that shrinks both contribute upwards if the first is the better one."""
    found = _two([(50, 70, 0.9, 0.9), (50, 30, 0.5, 0.5)])
    assert found.mix == pytest.approx([0.2 * (0.9 - 0.74), -0.2 * (0.5 - 0.74)])
    assert found.change == pytest.approx(0.08)


def test_a_period_without_cases_is_refused() -> None:
    """There is no change from or to nothing."""
    with pytest.raises(ValueError, match="without cases"):
        Decomposition(_rates(np.zeros(2), np.full(2, np.nan)), _rates(np.ones(2), np.ones(2)))


def _shares(hits: Floats, cases: Floats) -> StratumRates:
    """Return strata of counts by day, shape (days, strata) each."""
    number = cases.sum(axis=0)
    value = np.where(number > 0, hits.sum(axis=0) / np.maximum(number, 1), np.nan)
    some = np.nan_to_num(value)
    return StratumRates(
        cases, value, some * (1 - some) / np.maximum(number, 1), (hits - cases * some) / np.maximum(number, 1)
    )


@pytest.mark.parametrize("day_noise", [0.0, 0.5])
def test_intervals_cover_the_truth(day_noise: float) -> None:
    """Intervals of 95 % of a theme's effects cover the true ones in 93 to 99 % of simulated changes, also where days differ."""
    generator = np.random.default_rng(5)
    mixes = np.array([[0.5, 0.3, 0.15, 0.05], [0.4, 0.3, 0.25, 0.05]])
    logits = np.array([[2.2, 1.4, 0.8, 0.0], [2.0, 1.4, 0.4, 0.0]])
    truth = _truth(generator, mixes, logits, day_noise)
    covered = []
    for _ in range(400):
        found = Decomposition(*(_drawn(generator, *one, day_noise) for one in zip(mixes, logits, strict=True)))
        for at in range(4):
            effects = found.effects(np.arange(4) == at)
            for name, value in (("mix", truth.mix[at]), ("rate", truth.rate[at])):
                low, high = getattr(effects, name).interval()
                covered.append(low <= value <= high)
    assert 0.93 <= np.mean(covered) <= 0.99


def _drawn(generator: np.random.Generator, mix: Floats, logit: Floats, noise: float) -> StratumRates:
    shift = generator.normal(0, noise, (14, 1)) if noise else np.zeros((14, 1))
    cases = generator.multinomial(120, mix, size=14).astype(np.float64)
    hits = generator.binomial(cases.astype(np.int64), 1 / (1 + np.exp(-logit - shift))).astype(np.float64)
    return _shares(hits, cases)


def _truth(generator: np.random.Generator, mixes: Floats, logits: Floats, noise: float) -> Decomposition:
    shift = generator.normal(0, noise, (100_000, 1)) if noise else np.zeros((1, 1))
    return Decomposition(
        *(
            _rates(mix * 1e6, (1 / (1 + np.exp(-logit - shift))).mean(axis=0))
            for mix, logit in zip(mixes, logits, strict=True)
        )
    )
