"""Labelling: agreement against published examples, and estimates from audits against simulated truth."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.arrays import Floats
from models.labelling.accuracy import JudgedCase, compare_accuracy, difference_interval
from models.labelling.agreement import bootstrap_alphas, krippendorff_alpha, measure_agreement, value_counts
from models.labelling.case_label import CaseLabel
from models.labelling.coverage import AuditedCase, estimate_coverage
from models.labelling.label_set import LabelQuestion, MeasurementLevel
from models.labelling.precision import AuditLabel, estimate_precision
from models.labelling.weighted import EstimatedShare, estimate_share
from models.proportion import wilson_interval

START = datetime(2026, 11, 2, 9, tzinfo=UTC)

# Krippendorff 2011, "Computing Krippendorff's Alpha-Reliability", section C: four observers, twelve units.
_OBSERVED = ("123321412...", "1233224125.3", ".3332342251.", "12332441251.")
# The example of Wikipedia's article, which the package's tests use: three coders, fifteen units.
_CODED = (".....34121133.3", "1.213343.......", "..21344.21133.4")


def labels_of(rows: tuple[str, ...]) -> list[CaseLabel]:
    """One labeller a row, one case a column."""
    return [
        CaseLabel(ticket_id=f"u{column:02}", question="q", value=value, labeller=f"l{row}", at=START)
        for row, text in enumerate(rows)
        for column, value in enumerate(text)
        if value != "."
    ]


def question(level: MeasurementLevel = MeasurementLevel.NOMINAL) -> LabelQuestion:
    """A question with five values."""
    return LabelQuestion(name="q", prompt="", values=("1", "2", "3", "4", "5"), level=level)


class TestAgreement:
    """Krippendorff's alpha."""

    @pytest.mark.parametrize(
        ("rows", "level", "published"),
        [
            (_OBSERVED, MeasurementLevel.NOMINAL, 0.743),
            (_OBSERVED, MeasurementLevel.ORDINAL, 0.815),
            (_CODED, MeasurementLevel.NOMINAL, 0.691),
        ],
    )
    def test_alpha_is_that_of_published_examples(
        self, rows: tuple[str, ...], level: MeasurementLevel, published: float
    ) -> None:
        """Krippendorff's own example and the one of the package give the published figures."""
        counts = value_counts(labels_of(rows), question(level))
        assert krippendorff_alpha(counts, level) == pytest.approx(published, abs=0.0005)

    def test_two_observers_of_binary_data(self) -> None:
        """Krippendorff 2011, section A: ten articles, two observers, alpha 0.095."""
        rows = ("0100000010".replace("0", "2"), "1110010000".replace("0", "2"))
        assert krippendorff_alpha(value_counts(labels_of(rows), question())) == pytest.approx(0.095, abs=0.0005)

    @given(
        st.lists(st.lists(st.integers(0, 3), min_size=3, max_size=3), min_size=2, max_size=12),
        st.sampled_from(list(MeasurementLevel)),
    )
    def test_resamples_are_computed_as_the_package_computes_them(
        self, rows: list[list[int]], level: MeasurementLevel
    ) -> None:
        """With each case drawn once, the bootstrap's alpha is that of the package."""
        counts = np.array(rows, np.float64)
        alpha = krippendorff_alpha(counts, level)
        if alpha is not None:
            found = bootstrap_alphas(counts, np.ones((1, len(counts))), level)
            assert found[0] == pytest.approx(alpha, abs=1e-9)

    def test_a_labeller_who_answers_by_chance_has_the_least_agreement(self) -> None:
        """Agreement is given in total, by theme and by labeller, and finds who differs; only blind labels count."""
        chance = np.random.default_rng(5)
        truth = chance.integers(1, 6, 120)
        labels = []
        for case, value in enumerate(truth):
            for name, skill in (("ana", 0.95), ("ben", 0.95), ("cem", 0.0)):
                said = value if chance.random() < skill else chance.integers(1, 6)
                labels.append(CaseLabel(ticket_id=f"u{case}", question="q", value=str(said), labeller=name, at=START))
        labels.append(CaseLabel(ticket_id="x", question="q", value="1", labeller="eva", at=START, blind=False))
        themes = {f"u{case}": "4" if case % 2 else "7" for case in range(120)}
        found = measure_agreement(labels, question(), themes, np.random.default_rng(0), 199)
        by = {(one.by, one.group): one for one in found}
        assert list(by) == [
            ("all", None), ("theme", "4"), ("theme", "7"), ("labeller", "ana"), ("labeller", "ben"), ("labeller", "cem"),
        ]  # fmt: skip
        alphas = {group: one.alpha or 0.0 for (kind, group), one in by.items() if kind == "labeller"}
        assert alphas["cem"] < 0.2
        assert min(alphas["ana"], alphas["ben"]) > 0.4
        total = by["all", None]
        assert total.low is not None
        assert total.alpha is not None
        assert total.high is not None
        assert total.low < total.alpha < total.high

    def test_there_is_no_alpha_without_two_labels_or_two_values(self) -> None:
        """What alpha says nothing of is None, with the share of equal pairs next to it."""
        nothing = measure_agreement(labels_of(("1",)), question(), {}, np.random.default_rng(0))[0]
        equal = measure_agreement(labels_of(("111", "111")), question(), {}, np.random.default_rng(0))[0]
        assert (nothing.alpha, nothing.same, equal.alpha, equal.same, equal.low) == (None, None, None, 1.0, None)


class TestShares:
    """Shares from weighted samples."""

    @given(st.integers(0, 40), st.integers(0, 40))
    def test_a_simple_sample_gives_wilsons_interval(self, hits: int, misses: int) -> None:
        """With equal weights and one stratum it is Wilson's interval, but for the few degrees of freedom."""
        number = hits + misses
        values = np.array([1.0] * hits + [0.0] * misses)
        found = estimate_share(values, np.ones(number), np.full(number, 3.0), ["all"] * number)
        if not number:
            assert found == EstimatedShare(0, None, None, None)
            return
        low, high = wilson_interval(hits, number)
        assert found.low is not None
        assert found.high is not None
        assert found.share == pytest.approx(hits / number)
        assert found.low <= low + 1e-9
        assert found.high >= high - 1e-9
        if number > 30:
            assert [found.low, found.high] == pytest.approx([low, high], abs=0.02)

    def test_weights_undo_what_the_design_preferred(self) -> None:
        """A theme that was drawn ten times as often counts by its tickets, not by its labels."""
        hits = np.array([1.0] * 10 + [0.0] * 10)
        weights = np.array([1.0] * 10 + [9.0] * 10)
        found = estimate_share(hits, np.ones(20), weights, ["a"] * 10 + ["b"] * 10)
        assert found.share == pytest.approx(0.1)

    def test_the_difference_of_two_shares_is_newcombes(self) -> None:
        """Newcombe 1998, table II, method 10: 56/70 less 48/80 is 0.2, with 0.0524 to 0.3339."""
        parts = [EstimatedShare(n, x / n, *wilson_interval(x, n)) for x, n in ((56, 70), (48, 80))]
        found = difference_interval(*parts)
        assert found == pytest.approx((0.2, 0.0524, 0.3339), abs=0.00005)

    def test_ai_is_compared_with_persons_on_the_mix_that_ai_handles(self) -> None:
        """Equal accuracy in each theme is an equal accuracy of all, whatever the mix of each."""
        cases = []
        for theme, right, ai, human in ((1, 0.9, 90, 10), (2, 0.5, 10, 90)):
            for handler, number in (("ai", ai), ("human", human)):
                cases += [
                    JudgedCase(theme_id=theme, handler=handler, correct=n < right * number, weight=1.0, stratum=f"{handler} {theme}")
                    for n in range(number)
                ]  # fmt: skip
        everything, *themes = compare_accuracy(cases)
        assert everything.difference == pytest.approx(0.0, abs=1e-9)
        assert everything.ai.share == pytest.approx(0.86)
        assert [one.theme_id for one in themes] == [1, 2]


class TestCoverage:
    """Coverage from audits."""

    def test_missing_tickets_are_found_outside_the_theme_and_count_by_weight(self) -> None:
        """Ten of the theme's labels are right and one of ten unthemed ones is its own, which stands for 20 tickets."""
        cases = [AuditedCase(assigned=1, true=1, weight=10.0, stratum="theme 1") for _ in range(10)]
        cases += [
            AuditedCase(assigned=None, true=1 if n == 0 else None, weight=20.0, stratum="none") for n in range(10)
        ]
        everything, one = estimate_coverage(cases)
        assert (everything.theme_id, one.theme_id) == (None, 1)
        assert one.coverage.share == pytest.approx(100 / 120)
        assert one.coverage.low is not None
        assert 0.4 < one.coverage.low < 0.83
        assert estimate_coverage([]) == []


def simulated(
    chance: np.random.Generator, themes: int, per_theme: int
) -> tuple[list[AuditLabel], dict[int, Floats], Floats]:
    """Labels of a simulated audit, the confidences of all tickets, and the true precision of each theme."""
    labels, confidences, truth = [], {}, []
    for theme in range(1, themes + 1):
        values = chance.beta(4.0, 1.5, 400)
        logits = 1.8 + chance.normal(0.0, 0.5) + 5.0 * (values - 0.73)
        right = chance.random(400) < 1.0 / (1.0 + np.exp(-logits))
        confidences[theme] = values
        truth.append(right.mean())
        labels += [
            AuditLabel(theme_id=theme, confidence=float(values[n]), correct=bool(right[n])) for n in range(per_theme)
        ]
    return labels, confidences, np.array(truth)


class TestPrecision:
    """Precision from few labels."""

    def test_few_labels_are_worth_more_together_than_alone(self) -> None:
        """With ten labels a theme the model's error is at most six tenths of that of the plain share, and intervals hold."""
        chance = np.random.default_rng(7)
        errors, plain, covered = [], [], []
        for _ in range(12):
            labels, confidences, truth = simulated(chance, 20, 10)
            found = estimate_precision(labels, confidences, chance, 800)[1:]
            errors += [one.precision - value for one, value in zip(found, truth, strict=True)]
            plain += [(one.plain or 0.0) - value for one, value in zip(found, truth, strict=True)]
            covered += [one.low <= value <= one.high for one, value in zip(found, truth, strict=True)]
        assert np.sqrt(np.mean(np.square(errors))) < 0.6 * np.sqrt(np.mean(np.square(plain)))
        assert 0.91 <= np.mean(covered) <= 0.99

    def test_a_theme_that_is_labelled_whole_is_known_exactly(self) -> None:
        """What is labelled counts as labelled, and nothing is left to the model."""
        confidences = {1: np.linspace(0.1, 0.9, 30), 2: np.linspace(0.2, 0.8, 30)}
        labels = [AuditLabel(theme_id=1, confidence=float(c), correct=n % 3 > 0) for n, c in enumerate(confidences[1])]
        _, first, second = estimate_precision(labels, confidences, np.random.default_rng(0), 400)
        assert [first.low, first.high, first.precision] == pytest.approx([2 / 3] * 3)
        assert second.labelled == 0
        assert second.high - second.low > 0.2

    def test_many_labels_outweigh_what_other_themes_have(self) -> None:
        """A bad theme with many labels is not drawn towards the good ones."""
        confidences = {theme: np.linspace(0.3, 0.99, 5000) for theme in range(1, 9)}
        labels = [
            AuditLabel(theme_id=theme, confidence=float(c), correct=theme > 1 or n % 2 == 0)
            for theme, values in confidences.items()
            for n, c in enumerate(values[::25])
        ]
        found = {one.theme_id: one for one in estimate_precision(labels, confidences, np.random.default_rng(0), 400)}
        assert found[1].precision == pytest.approx(0.5, abs=0.03)
        assert found[2].precision > 0.97

    def test_the_same_generator_gives_the_same_figures_and_nothing_gives_none(self) -> None:
        """Estimates can be repeated; without themes there are none."""
        labels, confidences, _ = simulated(np.random.default_rng(1), 5, 4)
        first, again = (estimate_precision(labels, confidences, np.random.default_rng(2), 100) for _ in range(2))
        assert first == again
        assert estimate_precision([], {}, np.random.default_rng(0)) == []
