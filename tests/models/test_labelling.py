"""Labelling: label sets, the choice of cases, settled values, drift, effort, ratings and forms of exchange."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.labelling.case_label import AdjudicatedLabel, CaseLabel, disputed_tickets, latest_labels, settled_values
from models.labelling.drift import detect_drift, gold_periods
from models.labelling.effort import measure_effort
from models.labelling.exchange import LabelFormat, read_labels, write_labels
from models.labelling.label_set import LabelSet, MeasurementLevel, read_label_sets
from models.labelling.precision import ThemePrecision
from models.labelling.queue import (
    AuditDesign,
    QueueCandidate,
    QueueCase,
    choose_ai_handled,
    choose_audit,
    choose_disputed,
    choose_theme,
    choose_uncertain,
)
from models.labelling.rating import next_cases, rate_model
from models.labelling.sampling import allocate, confidence_bands

START = datetime(2026, 11, 2, 9, tzinfo=UTC)


def label(
    ticket: str, value: str, labeller: str = "ana", *, hours: float = 0.0, seconds: float | None = None
) -> CaseLabel:
    """A label for the question `tone`."""
    at = START + timedelta(hours=hours)
    return CaseLabel(ticket_id=ticket, question="tone", value=value, labeller=labeller, at=at, seconds=seconds)


def candidates(*sizes: int, unthemed: int = 0, handlers: tuple[str, ...] = ("ai",)) -> list[QueueCandidate]:
    """Tickets of themes 1, 2, … with so many each."""
    themes = [index for index, size in enumerate(sizes, start=1) for _ in range(size)] + [None] * unthemed
    return [
        QueueCandidate(
            ticket_id=f"t{number:04}", theme_id=theme, confidence=(number * 37 % 100) / 100, handled_by=handlers[number % len(handlers)]
        )
        for number, theme in enumerate(themes)
    ]  # fmt: skip


class TestLabelSets:
    """Label sets."""

    def test_the_set_that_comes_with_the_program_asks_the_five_questions(self) -> None:
        """Without any file there is a set that asks for theme, root cause, resolution, policy and tone."""
        (found,) = read_label_sets()
        assert [one.name for one in found.questions] == [
            "theme", "root_cause", "resolution_correct", "policy_followed", "tone",
        ]  # fmt: skip
        assert found.question("tone").level is MeasurementLevel.ORDINAL

    def test_each_question_says_how_to_answer_and_what_its_values_mean(self) -> None:
        """The set that comes with the program describes each question and each value; another may leave both out."""
        for question in read_label_sets()[0].questions:
            assert question.description
            assert [value for value, _ in question.meanings] == list(question.values or ("none",))
        (plain,) = read_label_sets("[a.questions.q]\nvalues = ['x', 'y']")
        assert (plain.questions[0].meaning("x"), plain.questions[0].meanings) == ("", ())

    def test_a_definition_reads_what_it_writes(self) -> None:
        """A stored definition is the same set again."""
        (found,) = read_label_sets()
        assert LabelSet.parse(found.name, found.as_json()) == found

    @pytest.mark.parametrize(
        ("text", "says"),
        [
            ("[a]\ntitle = 'x'", "without questions"),
            ("[a.questions.q]\nvalues = ['x']", "two or more"),
            ("[a.questions.q]\nvalues = ['x', 'y']\ncorrect = 'z'", "valid are x, y"),
            ("[a.questions.q]\nvalues = 'themes'\nlevel = 'ordinal'", "ordinal"),
            ("[a.questions.q]\nvalue = ['x', 'y']", "valid are prompt"),
            ("[a.questions.q]\nvalues = ['x', 'y']\nmeanings = {z = 'last'}", "a text for x, y"),
            ("[a.questions.q]\nvalues = ['x', 'y']\nmeanings = {x = 1}", "meaning of x of q"),
            ("[a.questions.q]\nvalues = ['x', 'y']\ndescription = []", "description of q"),
            ("[A.questions.q]\nvalues = ['x', 'y']", "label set 'A'"),
            ("[a.questions.q", "Expected"),
        ],
    )
    def test_what_is_no_label_set_is_refused_with_what_is_valid(self, text: str, says: str) -> None:
        """An error names what was received and what is valid."""
        with pytest.raises(ValueError, match=says):
            read_label_sets(text)

    @pytest.mark.parametrize("value", ["0", "-1", "4.5", "no", "99999999999"])
    def test_a_theme_is_a_number_or_none(self, value: str) -> None:
        """The question for the theme takes numbers of themes and `none` only, in one way of writing."""
        question = read_label_sets()[0].question("theme")
        assert (question.check("007"), question.check("none")) == ("7", "none")
        with pytest.raises(ValueError, match="number of a theme"):
            question.check(value)


class TestChoice:
    """The choice of cases."""

    @given(st.lists(st.integers(0, 60), min_size=1, max_size=12), st.integers(0, 300), st.floats(0.0, 1.0))
    def test_shares_add_up_and_no_stratum_gets_more_than_it_has(
        self, sizes: list[int], total: int, power: float
    ) -> None:
        """All cases are shared out, none twice, and each stratum gets one where there are enough."""
        given_ = allocate(np.array(sizes), total, power)
        assert given_.sum() == min(total, sum(sizes))
        assert (given_ <= sizes).all()
        if total >= sum(size > 0 for size in sizes):
            assert all(found > 0 for found, size in zip(given_, sizes, strict=True) if size)

    def test_power_zero_is_equal_and_power_one_proportional(self) -> None:
        """The power goes from the same for each theme to a share by size."""
        assert allocate(np.array([100, 300, 600]), 30).tolist() == [10, 10, 10]
        assert allocate(np.array([100, 300, 600]), 30, 1.0).tolist() == [3, 9, 18]

    def test_bands_are_of_equal_size_also_where_all_confidences_are_equal(self) -> None:
        """Bands are made by rank."""
        assert np.bincount(confidence_bands(np.ones(40), 8)).tolist() == [10, 10, 10, 10]
        assert confidence_bands(np.ones(40), 1).max() == 0

    @given(st.lists(st.integers(1, 40), min_size=1, max_size=8), st.integers(0, 20), st.integers(1, 80))
    def test_the_weights_of_an_audit_add_up_to_the_tickets(self, sizes: list[int], unthemed: int, size: int) -> None:
        """Where each stratum gets a case, an audit represents each ticket once."""
        tickets = candidates(*sizes, unthemed=unthemed)
        chosen = choose_audit(tickets, size, np.random.default_rng(1), AuditDesign(largest=4))
        assert len({one.ticket_id for one in chosen}) == len(chosen) == min(size, len(tickets))
        if size >= min(len(sizes), 5) + (unthemed > 0):
            assert sum(one.weight or 0 for one in chosen) == pytest.approx(len(tickets))

    def test_the_same_generator_chooses_the_same_cases_whatever_the_order(self) -> None:
        """A queue can be drawn again from its seed."""
        tickets = candidates(40, 30, 20, unthemed=10, handlers=("ai", "human"))
        choices: list[Callable[[list[QueueCandidate], np.random.Generator], list[QueueCase]]] = [
            lambda some, chance: choose_audit(some, 20, chance),
            lambda some, chance: choose_uncertain(some, 20, chance),
            lambda some, chance: choose_theme(some, 2, 20, chance),
            lambda some, chance: choose_ai_handled(some, 20, chance, baseline=True),
        ]
        for choose in choices:
            first = choose(tickets, np.random.default_rng(3))
            assert first == choose(tickets[::-1], np.random.default_rng(3))
            assert len(first) == 20

    def test_uncertain_cases_are_those_with_the_least_confidence(self) -> None:
        """No ticket that was left out has less confidence than one that was chosen."""
        tickets = candidates(50)
        chosen = choose_uncertain(tickets, 10, np.random.default_rng(0))
        left = {one.ticket_id for one in tickets} - {one.ticket_id for one in chosen}
        assert max(one.confidence for one in chosen) <= min(one.confidence for one in tickets if one.ticket_id in left)

    def test_disputed_cases_come_by_the_number_of_disputed_questions(self) -> None:
        """Only disputed tickets are chosen, those with the most disputed questions first."""
        disputed = {"t0003": ("tone",), "t0001": ("tone", "theme"), "gone": ("tone",)}
        chosen = choose_disputed(candidates(5), disputed, 9, np.random.default_rng(0))
        assert [one.ticket_id for one in chosen] == ["t0001", "t0003"]

    def test_a_baseline_has_as_many_persons_cases_of_the_same_themes(self) -> None:
        """Half of the cases are of persons, and none is of a theme that AI does not handle."""
        tickets = candidates(30, 30, handlers=("ai", "human", "vendor"))
        tickets += [QueueCandidate(ticket_id="x", theme_id=9, confidence=1.0, handled_by="human")]
        chosen = choose_ai_handled(tickets, 20, np.random.default_rng(0), baseline=True)
        assert sum((one.stratum or "").startswith("ai") for one in chosen) == 10
        assert {one.theme_id for one in chosen} == {1, 2}


class TestSettledValues:
    """What labels and adjudication settle."""

    def test_a_later_label_replaces_an_earlier_one_of_the_same_labeller(self) -> None:
        """Each labeller has one value for a question about a ticket."""
        found = latest_labels([label("a", "good", hours=1), label("a", "poor"), label("a", "poor", "ben")])
        assert [(one.labeller, one.value) for one in found] == [("ana", "good"), ("ben", "poor")]

    def test_an_adjudicated_value_wins_and_a_dispute_has_none_until_then(self) -> None:
        """Labellers who disagree settle nothing; an adjudicator does, also against all labellers."""
        labels = [label("a", "good"), label("a", "poor", "ben"), label("b", "good"), label("c", "good")]
        decided = [AdjudicatedLabel(ticket_id="c", question="tone", value="poor", adjudicator="eva", at=START)]
        assert settled_values(labels, decided, "tone") == {"b": "good", "c": "poor"}
        assert disputed_tickets(labels, decided) == {"a": ("tone",)}
        decided.append(AdjudicatedLabel(ticket_id="a", question="tone", value="good", adjudicator="eva", at=START))
        assert settled_values(labels, decided, "tone")["a"] == "good"
        assert not disputed_tickets(labels, decided)


class TestLabellers:
    """Drift and effort of labellers."""

    def test_a_labeller_who_gets_worse_is_said_to_drift_and_a_steady_one_is_not(self) -> None:
        """The latest week is tested against the earlier ones."""
        gold = {f"g{number}": "good" for number in range(200)}
        labels = []
        for number in range(120):
            week = 24 * 7 * (number // 40)
            labels += [
                label(f"g{number}", "poor" if number >= 80 and number % 2 else "good", hours=week),
                label(f"g{number}", "poor" if number % 20 == 0 else "good", "ben", hours=week),
            ]
        periods = gold_periods(labels, gold, "tone")
        assert [one.equal for one in periods] == [40, 40, 20, 38, 38, 38]
        drift = {one.labeller: one for one in detect_drift(periods)}
        assert (drift["ana"].drifts, drift["ben"].drifts) == (True, False)
        assert drift["ana"].earlier == 1.0

    def test_one_period_is_no_drift(self) -> None:
        """There is nothing to compare the first period with."""
        (found,) = detect_drift(gold_periods([label("g", "good")], {"g": "poor"}, "tone"))
        assert (found.p_value, found.drifts, found.latest) == (None, False, 0.0)

    def test_the_time_of_a_case_is_that_of_all_its_questions(self) -> None:
        """Questions of one case are added up, and a case without a time is left out."""
        other = CaseLabel(ticket_id="a", question="theme", value="4", labeller="ana", at=START, seconds=20.0)
        labels = [label("a", "good", seconds=10.0), other, label("b", "good", seconds=50.0), label("c", "good", "ben")]
        everyone, ana = measure_effort(labels)
        assert (everyone.cases, everyone.median, ana.labeller, ana.median) == (2, 40.0, "ana", 40.0)


def precision(
    theme: int | None, share: float, *, tickets: int = 100, labelled: int = 10, deviation: float = 0.05
) -> ThemePrecision:
    """A theme's estimated precision."""
    return ThemePrecision(
        theme_id=theme, tickets=tickets, labelled=labelled, correct=5, plain=share, precision=share, low=share, high=share,
        deviation=deviation,
    )  # fmt: skip


class TestRating:
    """The rating of the model."""

    def test_the_score_is_the_mean_of_its_four_parts(self) -> None:
        """Coverage, balance, purity and the worst tenth of the themes count the same."""
        found = rate_model(
            [precision(None, 0.8), precision(1, 0.9), precision(2, 0.6)],
            {1: 50, 2: 30, None: 20},
            {1: 5, 2: 3, None: 2},
        )
        assert (found.coverage, found.balance, found.purity, found.worst) == (0.8, 1.0, 0.8, 0.6)
        assert found.score == pytest.approx(80.0)
        assert found.grade == "good"
        assert [one.theme_id for one in found.worst_themes] == [2, 1]

    def test_without_labels_there_is_no_score(self) -> None:
        """A rating that is founded on nothing is not given."""
        found = rate_model([precision(None, 0.9, labelled=0), precision(1, 0.9, labelled=0)], {1: 50, None: 50}, {})
        assert (found.score, found.coverage, found.balance) == (None, 0.5, 0.0)

    def test_the_next_cases_are_of_large_themes_of_uncertain_precision(self) -> None:
        """A theme with four times the deviation gets four times the cases."""
        ratings = [precision(None, 0.8), precision(1, 0.9, deviation=0.02), precision(2, 0.7, deviation=0.08)]
        chosen = next_cases(ratings, candidates(50, 50, 50), 20, np.random.default_rng(0))
        assert [one.theme_id for one in chosen] == [2] * 16 + [1] * 4


_TEXT = st.text(st.characters(exclude_categories=["Cc", "Cs"]), min_size=1, max_size=12).filter(
    lambda text: text[0] != "'"
)
_LABELS = st.lists(
    st.builds(
        CaseLabel, ticket_id=_TEXT, question=_TEXT, value=_TEXT, labeller=_TEXT, at=st.datetimes(timezones=st.just(UTC)),
        blind=st.booleans(), seconds=st.none() | st.floats(0, 1e5), queue_id=st.none() | st.integers(1, 99),
    ),
    max_size=5,
)  # fmt: skip


class TestExchange:
    """Forms of exchange."""

    @given(_LABELS, st.sampled_from([LabelFormat.JSONL, LabelFormat.CSV]))
    def test_labels_are_read_as_they_were_written(self, labels: list[CaseLabel], form: LabelFormat) -> None:
        """JSON lines and CSV lose nothing, also of values that a spreadsheet could take for formulas."""
        assert read_labels(write_labels(labels, form), form) == labels

    def test_label_studio_keeps_ticket_labeller_value_time_and_seconds(self) -> None:
        """One task per ticket, one annotation per labeller, one result per question."""
        labels = [label("a", "good", seconds=3.0), label("a", "poor", "ben"), label("b", "good")]
        text = write_labels(labels, LabelFormat.LABEL_STUDIO, {"c": {"text": "not labelled yet"}})
        assert read_labels(text, LabelFormat.LABEL_STUDIO) == labels

    def test_an_export_of_label_studio_is_read(self) -> None:
        """Numbers of users and skipped annotations, as Label Studio itself writes them, are understood."""
        text = """[{"id": 1, "data": {"ticket_id": "z-1"}, "annotations": [
          {"id": 9, "completed_by": 10, "was_cancelled": false, "lead_time": 4.5, "created_at": "2021-03-09T22:16:08.728353Z",
           "result": [{"id": "x", "type": "choices", "from_name": "tone", "to_name": "text", "value": {"choices": ["good"]}}]},
          {"id": 10, "completed_by": 11, "was_cancelled": true, "created_at": "2021-03-09T22:16:08Z", "result": []}]}]"""
        (found,) = read_labels(text, LabelFormat.LABEL_STUDIO)
        assert (found.ticket_id, found.question, found.value, found.labeller, found.seconds) == (
            "z-1", "tone", "good", "10", 4.5,
        )  # fmt: skip

    @pytest.mark.parametrize(
        ("text", "form", "says"),
        [
            ("{", LabelFormat.JSONL, "line 1"),
            ('{"ticket_id": "a"}', LabelFormat.JSONL, "line 1 is no label"),
            ("ticket_id,question,value,labeller,at\na,b,,d,2026-01-01T00:00:00Z", LabelFormat.CSV, "line 2"),
            ("{}", LabelFormat.LABEL_STUDIO, "no list"),
            ('[{"data": {}}]', LabelFormat.LABEL_STUDIO, "task 1"),
        ],
    )
    def test_what_cannot_be_read_is_named(self, text: str, form: LabelFormat, says: str) -> None:
        """An error names the line or the task."""
        with pytest.raises(ValueError, match=says):
            read_labels(text, form)
