"""What stored labels say: agreement, precision, accuracy, labellers, calibrations, and labels in and out."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest
from sqlalchemy import select, text, update

from models.labelling.exchange import LabelFormat, read_labels
from models.labelling.queue import QueueKind
from pipelines.labelling.adjudicate import adjudicate, make_gold
from pipelines.labelling.case import next_case, save_labels
from pipelines.labelling.draw import end_queue
from pipelines.labelling.exchange import export_labels, import_labels
from pipelines.labelling.labellers import calibration_scores, labeller_results
from pipelines.labelling.results import next_best, queue_results, theme_report
from pipelines.labelling.said import settled_themes
from store.database import open_database, upgrade
from store.labelling import read_candidates
from store.labels.cases import read_cases
from store.labels.confidences import read_confidences
from store.labels.errors import LabelInvalid, LabelPermissionMissing, LabelQueueClosed
from store.schema import assignments, audit, themes
from tests.pipelines.labelling_desk import ACME, ANA, BEN, EVA, ODA, VIC, LabellingDesk


@pytest.fixture
def desk(database_url: str) -> Iterator[LabellingDesk]:
    """Return a desk with twelve tickets."""
    engine = open_database(database_url)
    upgrade(engine)
    yield LabellingDesk(engine)
    engine.dispose()


def label_all(desk: LabellingDesk, queue, people, answer) -> None:
    """Let each person label all cases of a queue that they get; `answer` makes the answers of a case and a person."""
    for person in people:
        while (one := desk.do(next_case, queue.queue_id, person, desk.later())) is not None:
            desk.do(save_labels, one.case.case_id, answer(one.case, person), person, desk.later(), seconds=12.0)


def right_theme(case, person) -> dict[str, str]:
    """Say the theme that the case has, but for T-00, which fits none, and T-02, on which Ben disagrees."""
    fits = case.ticket_id != "T-00" and (case.ticket_id, person.name) != ("T-02", "ben")
    return {"theme": str(case.theme_id) if fits else "none"}


def test_an_audit_gives_precision_with_agreement_and_what_to_label_next(desk: LabellingDesk):
    """Six cases of theme 4, of which one is wrong and one disputed, six of theme 5: the figures are those of a hand count."""
    queue = desk.queue(kind=QueueKind.AUDIT, size=12, tickets=(), questions=("theme",))
    label_all(desk, queue, (ANA, BEN), right_theme)
    found = desk.read(lambda c: queue_results(c, queue.queue_id, ODA))
    (theme,) = found.questions
    assert (found.cases, found.closed, found.labelled, found.hidden) == (12, 12, 12, 0)
    assert (theme.settled, theme.disputed, theme.values) == (11, 1, {"4": 4, "5": 6, "none": 1})
    assert theme.agreement[0].same == pytest.approx(11 / 12)
    assert [(one.theme_id, one.labelled, one.correct) for one in found.themes.precision] == [
        (None, 11, 10),
        (4, 5, 4),
        (5, 6, 6),
    ]
    assert found.themes.rating.coverage == 1.0
    assert [(one.labeller, one.cases, one.median) for one in found.effort] == [
        (None, 24, 12.0),
        ("ana", 12, 12.0),
        ("ben", 12, 12.0),
    ]
    assert json.loads(json.dumps(found.as_json(), default=str))["questions"][0]["disputed"] == 1
    assert desk.read(lambda c: next_best(c, queue.queue_id, ODA)) == []
    disputed = next(one for one in desk.read(lambda c: read_cases(c, ODA)) if one.ticket_id == "T-02")
    desk.do(adjudicate, disputed.case_id, {"theme": "4"}, ODA, desk.later())
    assert desk.read(lambda c: queue_results(c, queue.queue_id, ODA)).questions[0].values["4"] == 5
    assert desk.read(lambda c: settled_themes(c, ODA)) == {
        f"T-{n:02}": None if n == 0 else 4 + n % 2 for n in range(12)
    }


def test_figures_are_made_of_labels_that_may_be_seen(desk: LabellingDesk):
    """An open case counts nowhere, and who may still label a ticket in another queue gets the figures without it."""
    queue = desk.queue("T-00", "T-01", per_case=1)
    label_all(desk, queue, (ANA,), lambda *_: {"tone": "good"})
    second = desk.queue("T-00", per_case=3)
    label_all(desk, second, (ANA, BEN), lambda *_: {"tone": "poor"})
    oda, eva = (desk.read(lambda c, p=person: queue_results(c, queue.queue_id, p)) for person in (ODA, EVA))
    assert (oda.labelled, oda.hidden, oda.questions[0].values) == (2, 0, {"good": 2})
    assert (eva.labelled, eva.hidden, eva.questions[0].values) == (1, 1, {"good": 1})
    assert desk.read(lambda c: queue_results(c, second.queue_id, ODA)).labelled == 0
    with pytest.raises(LabelPermissionMissing):
        desk.do(queue_results, queue.queue_id, ANA)


def test_a_judge_of_a_vendor_gets_figures_of_its_tickets(desk: LabellingDesk):
    """Cases, labels and the tickets that precision is of are those of the scope."""
    queue = desk.queue(kind=QueueKind.AUDIT, size=12, tickets=(), questions=("theme",))
    label_all(desk, queue, (ANA, BEN), right_theme)
    judge = replace(ODA, name="vendor judge", scope=ACME)
    found = desk.read(lambda c: queue_results(c, queue.queue_id, judge))
    assert (found.cases, found.labelled) == (4, 4)
    assert [one.tickets for one in found.themes.precision] == [4, 2, 2]


def test_accuracy_of_ai_is_compared_with_persons(desk: LabellingDesk):
    """Of a drawn queue with a baseline, by the handler at the draw and the settled answers."""
    queue = desk.queue(
        kind=QueueKind.AI_HANDLED, size=8, baseline=True, per_case=1, tickets=(), questions=("resolution_correct",)
    )
    cases = {one.ticket_id: one for one in desk.read(lambda c: read_cases(c, ODA))}
    label_all(desk, queue, (ANA,), lambda case, _: {"resolution_correct": "yes" if case.handled_by == "ai" else "no"})
    (found,) = desk.read(lambda c: queue_results(c, queue.queue_id, ODA)).questions
    assert (found.accuracy[0].ai.share, found.accuracy[0].human.share) == (1.0, 0.0)
    assert sum(one.handled_by == "ai" for one in cases.values()) == 4


def test_themes_are_rated_by_all_queues_and_merges(desk: LabellingDesk):
    """Labels of an audit and of a theme's sample count together, for the theme that holds the tickets now."""
    audit_queue = desk.queue(kind=QueueKind.AUDIT, size=4, tickets=(), questions=("theme",), per_case=1, seed=1)
    sample = desk.queue(kind=QueueKind.THEME, theme_id=5, size=3, tickets=(), questions=("theme",), per_case=1, seed=1)
    assert desk.read(lambda c: theme_report(c, ODA)) is None
    label_all(desk, audit_queue, (ANA,), right_theme)
    label_all(desk, sample, (BEN,), right_theme)
    labelled = {one.ticket_id for one in desk.read(lambda c: read_cases(c, ODA))}
    report = desk.read(lambda c: theme_report(c, ODA))
    assert report.precision[0].labelled == len(labelled)
    with desk.engine.begin() as connection:
        connection.execute(update(themes).where(themes.c.id == 5).values(merged_into=4))
        connection.execute(update(assignments).values(theme_id=4))
    report = desk.read(lambda c: theme_report(c, ODA))
    assert [(one.theme_id, one.labelled) for one in report.precision] == [(None, len(labelled)), (4, len(labelled))]


def test_a_calibration_is_scored_against_gold(desk: LabellingDesk):
    """Each labeller reads their own score at once, and who adjudicates all scores when the session is closed; drift counts them too."""
    first = desk.queue("T-01", "T-02", per_case=1)
    label_all(desk, first, (ANA,), lambda *_: {"tone": "good"})
    for case in desk.read(lambda c: read_cases(c, ODA)):
        desk.do(make_gold, case.case_id, ODA, desk.later())
    session = desk.queue(kind=QueueKind.CALIBRATION, tickets=(), labellers=("ben", "eva"))
    label_all(desk, session, (BEN,), lambda case, _: {"tone": "good" if case.ticket_id == "T-01" else "poor"})
    (score,) = desk.read(lambda c: calibration_scores(c, session.queue_id, BEN))
    assert (score.labeller, score.question, score.cases, score.equal, score.share) == ("ben", "tone", 2, 1, 0.5)
    assert score.low < 0.5 < score.high
    assert desk.read(lambda c: calibration_scores(c, session.queue_id, EVA)) == []
    desk.do(end_queue, session.queue_id, ODA, desk.later())
    assert [one.labeller for one in desk.read(lambda c: calibration_scores(c, session.queue_id, ODA))] == ["ben"]
    found = desk.read(lambda c: labeller_results(c, ODA))
    assert {(one.labeller, one.cases, one.equal) for one in found.periods["tone"]} == {("ana", 2, 2), ("ben", 2, 1)}
    assert not any(one.drifts for one in found.drift["tone"])


@pytest.mark.parametrize("form", list(LabelFormat))
def test_exported_labels_are_imported_as_they_were(desk: LabellingDesk, form: LabelFormat):
    """In each format what was said comes back, as a queue of its own that is closed; mail addresses are redacted."""
    queue = desk.queue("T-00", "T-01")
    people = (ANA, replace(BEN, name="ben@example.com"))
    label_all(desk, queue, people, lambda _, person: {"tone": "good" if person is ANA else "poor"})
    exported = desk.do(export_labels, ODA, desk.later(), form, queue_id=queue.queue_id)
    assert (exported.labels, "ben@example.com" in exported.text, "[EMAIL]" in exported.text) == (4, False, True)
    given = read_labels(exported.text, form)
    done = desk.do(import_labels, given, ODA, desk.later())
    assert (done.labels, done.cases, done.left_out) == (4, 2, 0)
    again = desk.do(export_labels, ODA, desk.later(), form, queue_id=done.queue_id)
    assert {(one.ticket_id, one.labeller, one.value) for one in read_labels(again.text, form)} == {
        (one.ticket_id, one.labeller, one.value) for one in given
    }
    with pytest.raises(LabelQueueClosed):
        desk.do(import_labels, given, ODA, desk.later(), queue_id=done.queue_id)
    actions = desk.read(lambda c: list(c.execute(select(audit.c.action)).scalars()))
    assert (actions.count("exported labels"), actions.count("imported labels")) == (2, 1)


def test_imported_labels_fill_the_places_of_a_queue(desk: LabellingDesk):
    """A case with an imported label wants one less; labels of other tickets are counted, and what is no label is refused."""
    source = desk.queue("T-00", "T-01", per_case=1)
    label_all(desk, source, (ANA,), lambda *_: {"tone": "good"})
    given = read_labels(desk.do(export_labels, ODA, desk.later(), LabelFormat.JSONL).text, LabelFormat.JSONL)
    queue = desk.queue("T-00", "T-02", per_case=2)
    done = desk.do(import_labels, given, ODA, desk.later(), queue_id=queue.queue_id)
    assert (done.labels, done.left_out) == (1, 1)
    label_all(desk, queue, (BEN,), lambda *_: {"tone": "poor"})
    closed = {
        one.ticket_id: one.closed_at is not None for one in desk.read(lambda c: read_cases(c, ODA, queue.queue_id))
    }
    assert closed == {"T-00": True, "T-02": False}
    wrong = [replace(given[0], value="loud"), replace(given[0], labeller="4242 4242 4242 4242")]
    for one in wrong:
        with pytest.raises(LabelInvalid):
            desk.do(import_labels, [one], ODA, desk.later())
    with pytest.raises(LabelInvalid, match="no labels"):
        desk.do(import_labels, [], ODA, desk.later())


def test_confidences_are_those_of_all_tickets_to_a_thousandth(desk: LabellingDesk):
    """What the database counts equals the confidences one by one, of all tickets and of a scope and a period."""
    with desk.engine.begin() as connection:
        for number in range(12):
            one = assignments.c.ticket_id == f"T-{number:02}"
            values = {"confidence": 0.07 * number, "theme_id": None if number == 11 else 4 + number % 2}
            connection.execute(update(assignments).where(one).values(values))
    for scope in (ODA.scope, VIC.scope):
        found = desk.read(lambda c, s=scope: read_confidences(c, s))
        expected: dict[int | None, list[float]] = {}
        for one in desk.read(lambda c, s=scope: read_candidates(c, s)):
            expected.setdefault(one.theme_id, []).append(one.confidence)
        assert set(found) == set(expected)
        for theme, values in found.items():
            np.testing.assert_allclose(np.sort(values), np.sort(expected[theme]), atol=0.0006)
    later = desk.read(lambda c: read_confidences(c, ODA.scope, since=desk.now + timedelta(days=9)))
    assert later == {}


def test_the_view_of_labels_has_closed_cases_only(desk: LabellingDesk):
    """One row for each question of a case that waits for nothing: its value where it is settled, and no labeller."""
    queue = desk.queue("T-00", "T-01", "T-02", questions=("tone",))
    for person in (ANA, BEN):
        for tone in ("good", "poor" if person is ANA else "good"):
            case = desk.do(next_case, queue.queue_id, person, desk.later()).case
            desk.do(save_labels, case.case_id, {"tone": tone}, person, desk.later(), seconds=4.0)
    query = text(
        "SELECT ticket_id, question, value, adjudicated, labels, different_values, blind_labels, mean_seconds FROM v_label ORDER BY 1"
    )
    rows = desk.read(lambda c: [tuple(one) for one in c.execute(query)])
    assert rows == [("T-00", "tone", "good", False, 2, 1, 2, 4.0), ("T-01", "tone", None, False, 2, 2, 2, 4.0)]
    desk.queue("T-00")
    assert [one[0] for one in desk.read(lambda c: [tuple(row) for row in c.execute(query)])] == ["T-01"]
