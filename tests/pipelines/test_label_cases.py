"""Labelling: queues in the database, one case at a time for each person, adjudication and calibration."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from models.labelling.queue import QueueKind
from pipelines.labelling.adjudicate import adjudicate, case_opinions, list_disputes, list_gold, make_gold
from pipelines.labelling.case import (
    HELD_FOR,
    case_feedback,
    list_queues,
    next_case,
    previous_case,
    save_labels,
    show_case,
    skip_case,
)
from pipelines.labelling.draw import QueueRequest, create_queue, end_queue
from store.audit import list_audit
from store.database import open_database, upgrade
from store.labels.cases import read_cases
from store.labels.errors import (
    LabelCaseClosed,
    LabelCaseOpen,
    LabelCaseUnknown,
    LabelInvalid,
    LabellingRefused,
    LabelPermissionMissing,
    LabelQueueClosed,
    LabelQueueUnknown,
    LabelsHidden,
)
from store.labels.reading import count_hidden, read_labels
from store.labels.removal import drop_labels
from store.schema import audit, themes, tickets
from tests.pipelines.handling_desk import START
from tests.pipelines.labelling_desk import ANA, BEN, EVA, ODA, VIC, LabellingDesk


@pytest.fixture
def desk(database_url: str) -> Iterator[LabellingDesk]:
    """Return a desk with twelve tickets."""
    engine = open_database(database_url)
    upgrade(engine)
    yield LabellingDesk(engine)
    engine.dispose()


def say(desk: LabellingDesk, queue, person, *tones: str) -> list[int]:
    """Label the next cases of a queue for a person; returns their numbers."""
    done = []
    for tone in tones:
        one = desk.do(next_case, queue.queue_id, person, desk.later())
        desk.do(save_labels, one.case.case_id, {"tone": tone}, person, desk.later(), seconds=10.0)
        done.append(one.case.case_id)
    return done


def test_a_drawn_audit_keeps_how_likely_each_case_was(desk: LabellingDesk):
    """The weights of the cases, one over their probabilities, add up to the tickets, and the seed draws the same cases again."""
    first, again = (desk.queue(kind=QueueKind.AUDIT, size=6, seed=7, tickets=()) for _ in range(2))
    cases = [desk.read(lambda c, q=one: read_cases(c, ODA, q.queue_id)) for one in (first, again)]
    assert [one.ticket_id for one in cases[0]] == [one.ticket_id for one in cases[1]]
    assert sum(one.weight for one in cases[0]) == pytest.approx(first.candidates)
    assert first.candidates == 12


def test_two_people_at_once_get_places_of_their_own(desk: LabellingDesk):
    """A case has as many places as labellers; who took one has it until their time is over, and finds it again."""
    queue = desk.queue("T-00", "T-01", per_case=1)
    ana = desk.do(next_case, queue.queue_id, ANA, desk.later())
    ben = desk.do(next_case, queue.queue_id, BEN, desk.later())
    assert (ana.case.ticket_id, ben.case.ticket_id) == ("T-00", "T-01")
    assert desk.do(next_case, queue.queue_id, ANA, desk.later()).case == ana.case
    assert desk.do(next_case, queue.queue_id, EVA, desk.later()) is None
    desk.later(seconds=HELD_FOR.total_seconds() + 10)
    assert desk.do(next_case, queue.queue_id, EVA, desk.now).case == ana.case
    # Ana was slow, and is still welcome as long as nobody else has labelled it.
    assert desk.do(save_labels, ana.case.case_id, {"tone": "good"}, ANA, desk.later()).closed
    with pytest.raises(LabelCaseClosed):
        desk.do(save_labels, ana.case.case_id, {"tone": "poor"}, EVA, desk.later())


def test_labels_are_hidden_until_the_case_has_all_of_them(desk: LabellingDesk):
    """While a case is open each person sees their own labels; then those who took part, and who adjudicates, see all."""
    queue = desk.queue("T-00")
    (case,) = say(desk, queue, ANA, "good")
    for person in (BEN, EVA, ODA):
        assert desk.do(case_opinions, case, person).labels == ()
    assert not desk.do(case_opinions, case, ANA).complete
    say(desk, queue, BEN, "poor")
    for person in (ANA, BEN, EVA, ODA):
        seen = desk.do(case_opinions, case, person)
        assert [(one.labeller, one.value, one.blind) for one in seen.labels] == [
            ("ana", "good", True),
            ("ben", "poor", True),
        ]
        assert seen.complete
        assert seen.disputed == ("tone",)
    assert desk.do(case_opinions, case, VIC).labels == ()


def test_labels_of_a_ticket_are_hidden_while_it_waits_in_another_queue(desk: LabellingDesk):
    """Who may still label the ticket elsewhere neither sees nor adjudicates it, until they label or skip it there."""
    first, second = desk.queue("T-00", per_case=1), desk.queue("T-00", per_case=3)
    (case,) = say(desk, first, ANA, "good")
    assert [one.value for one in desk.do(case_opinions, case, ODA).labels] == ["good"]
    assert desk.do(case_opinions, case, EVA).labels == ()
    assert desk.read(lambda c: count_hidden(c, EVA)) == 1
    with pytest.raises(LabelsHidden, match=f"queue {second.queue_id};"):
        desk.do(adjudicate, case, {"tone": "good"}, EVA, desk.later())
    other = desk.do(next_case, second.queue_id, EVA, desk.later()).case
    desk.do(skip_case, other.case_id, EVA, desk.later())
    assert [one.value for one in desk.do(case_opinions, case, EVA).labels] == ["good"]


def test_a_label_of_who_could_have_seen_another_is_not_blind(desk: LabellingDesk):
    """It counts, but not in agreement: Eva adjudicates, so that she could look at the closed case before the second queue was drawn."""
    say(desk, desk.queue("T-00", per_case=1), ANA, "good")
    again = desk.queue("T-00", per_case=3)
    for person in (EVA, BEN):
        say(desk, again, person, "good")
    desk.do(end_queue, again.queue_id, ODA, desk.later())
    found = desk.read(lambda c: read_labels(c, ODA, queue_id=again.queue_id))
    assert [(one.labeller, one.blind) for one in found] == [("eva", False), ("ben", True)]


def test_disputes_are_adjudicated_by_somebody_else(desk: LabellingDesk):
    """The adjudicated value wins, who labelled the case does not adjudicate it, and an open case waits."""
    queue = desk.queue("T-00", "T-01")
    (case, other) = say(desk, queue, ANA, "good", "good")
    with pytest.raises(LabelCaseOpen):
        desk.do(adjudicate, case, {"tone": "good"}, ODA, desk.later())
    say(desk, queue, EVA, "poor", "good")
    assert [(one.case.case_id, one.questions) for one in desk.do(list_disputes, ODA)] == [(case, ("tone",))]
    with pytest.raises(LabellingRefused, match="somebody else"):
        desk.do(adjudicate, case, {"tone": "good"}, EVA, desk.later())
    decided = desk.do(adjudicate, case, {"tone": "acceptable"}, ODA, desk.later(), note="card 4242 4242 4242 4242")
    assert [(one.label.value, one.note) for one in decided.adjudicated] == [("acceptable", "card [CARD]")]
    assert desk.do(list_disputes, ODA) == []
    assert desk.do(make_gold, case, ODA, desk.later()) == 1
    assert desk.do(make_gold, other, ODA, desk.later(), note="polite") == 1
    assert [(one.ticket_id, one.value) for one in desk.do(list_gold, ODA)] == [("T-00", "acceptable"), ("T-01", "good")]


def test_a_calibration_shows_the_gold_label_after_ones_own(desk: LabellingDesk):
    """Each labeller labels all its cases, sees what was right after each, and cannot change it then."""
    (case,) = say(desk, desk.queue("T-01", per_case=1), ANA, "good")
    desk.do(make_gold, case, ODA, desk.later(), note="She thanks twice.")
    session = desk.queue(kind=QueueKind.CALIBRATION, tickets=())
    for person, tone, equal in ((BEN, "poor", False), (EVA, "good", True)):
        shown = desk.do(next_case, session.queue_id, person, desk.later())
        assert desk.do(case_feedback, shown.case.case_id, person) == ()
        assert person is BEN or desk.do(list_gold, person) == []
        saved = desk.do(save_labels, shown.case.case_id, {"tone": tone}, person, desk.later())
        assert not saved.closed
        (found,) = saved.feedback
        assert (found.own, found.gold, found.note, found.equal) == (tone, "good", "She thanks twice.", equal)
        with pytest.raises(LabellingRefused, match="gold"):
            desk.do(save_labels, shown.case.case_id, {"tone": "good"}, person, desk.later())


def test_a_labeller_of_a_vendor_gets_its_tickets_only(desk: LabellingDesk):
    """Cases of other tickets are not counted, not given and not found; a queue without one of theirs does not exist for them."""
    mixed, foreign = desk.queue("T-00", "T-01", "T-03"), desk.queue("T-01")
    assert [(one.queue.queue_id, one.cases, one.left) for one in desk.do(list_queues, VIC)] == [(mixed.queue_id, 2, 2)]
    assert [desk.do(next_case, mixed.queue_id, VIC, desk.later()).case.ticket_id] == ["T-00"]
    say(desk, mixed, VIC, "good", "good")
    assert desk.do(next_case, mixed.queue_id, VIC, desk.later()) is None
    hidden = next(one for one in desk.read(lambda c: read_cases(c, ODA, mixed.queue_id)) if one.ticket_id == "T-01")
    for action in (
        lambda: desk.do(show_case, hidden.case_id, VIC),
        lambda: desk.do(save_labels, hidden.case_id, {"tone": "good"}, VIC, desk.now),
    ):
        with pytest.raises(LabelCaseUnknown):
            action()
    with pytest.raises(LabelQueueUnknown):
        desk.do(next_case, foreign.queue_id, VIC, desk.later())


def test_a_queue_may_be_for_some_labellers(desk: LabellingDesk):
    """Others who may label are refused; who may not label at all is refused before."""
    queue = desk.queue("T-00", labellers=("ana",))
    with pytest.raises(LabellingRefused, match="other labellers"):
        desk.do(next_case, queue.queue_id, BEN, desk.later())
    with pytest.raises(LabelPermissionMissing):
        desk.do(next_case, queue.queue_id, ODA, desk.later())
    with pytest.raises(LabelPermissionMissing):
        desk.queue("T-00", person=ANA)


def test_ones_own_label_may_be_changed_until_the_case_is_closed(desk: LabellingDesk):
    """The case before is given again with what one said; the second labeller closes it."""
    queue = desk.queue("T-00", "T-01")
    (case,) = say(desk, queue, ANA, "good")
    before = desk.do(previous_case, queue.queue_id, ANA)
    assert (before.case.case_id, before.own) == (case, {"tone": "good"})
    desk.do(save_labels, case, {"tone": "poor"}, ANA, desk.later())
    with pytest.raises(LabellingRefused, match="skipped"):
        desk.do(skip_case, case, ANA, desk.later())
    say(desk, queue, BEN, "good")
    assert {one.value for one in desk.do(case_opinions, case, ANA).labels} == {"poor", "good"}
    assert desk.do(previous_case, queue.queue_id, ANA) is None
    assert desk.do(show_case, case, ANA).final
    desk.do(end_queue, queue.queue_id, ODA, desk.later())
    with pytest.raises(LabelQueueClosed):
        desk.do(next_case, queue.queue_id, ANA, desk.later())


@pytest.mark.parametrize(
    ("answers", "said"),
    [
        ({}, "no answer to tone"),
        ({"tone": "loud"}, "valid are poor, acceptable, good"),
        ({"theme": "4"}, "valid are tone"),
    ],
)
def test_what_is_no_answer_is_refused(desk: LabellingDesk, answers: dict[str, str], said: str):
    """The sentence says what is missing or valid, and nothing is stored."""
    queue = desk.queue("T-00")
    case = desk.do(next_case, queue.queue_id, ANA, desk.later()).case
    with pytest.raises(LabelInvalid, match=said):
        desk.do(save_labels, case.case_id, answers, ANA, desk.later())
    assert desk.do(show_case, case.case_id, ANA).own == {}


def test_a_merged_theme_is_stored_as_the_one_that_holds_its_tickets(desk: LabellingDesk):
    """Two labellers who name a theme before and after its merge agree."""
    queue = desk.queue("T-00", questions=("theme",))
    case = desk.do(next_case, queue.queue_id, ANA, desk.later()).case
    with desk.engine.begin() as connection:
        connection.execute(update(themes).where(themes.c.id == 5).values(merged_into=4))
    desk.do(save_labels, case.case_id, {"theme": "5"}, ANA, desk.later())
    assert desk.do(show_case, case.case_id, ANA).own == {"theme": "4"}
    with pytest.raises(LabelInvalid, match="theme 77"):
        desk.do(save_labels, case.case_id, {"theme": "77"}, ANA, desk.later())


def test_a_ticket_without_a_text_is_passed_over(desk: LabellingDesk):
    """It was erased or no longer counts since the queue was drawn."""
    queue = desk.queue("T-00", "T-01", "T-02")
    with desk.engine.begin() as connection:
        connection.execute(update(tickets).where(tickets.c.id == "T-00").values(title="", body=""))
        connection.execute(update(tickets).where(tickets.c.id == "T-01").values(counted=False))
    assert desk.do(next_case, queue.queue_id, ANA, desk.later()).case.ticket_id == "T-02"


def test_each_action_is_in_the_audit_log_without_a_value(desk: LabellingDesk):
    """Who drew, took, labelled, skipped, adjudicated and closed what, and when; not what they said."""
    queue = desk.queue("T-00", "T-01", per_case=1)
    (case,) = say(desk, queue, ANA, "good")
    desk.do(skip_case, desk.do(next_case, queue.queue_id, ANA, desk.later()).case.case_id, ANA, desk.later())
    desk.do(adjudicate, case, {"tone": "poor"}, ODA, desk.later())
    desk.do(make_gold, case, ODA, desk.later())
    desk.do(end_queue, queue.queue_id, ODA, desk.later())
    lines = desk.read(list_audit)
    assert [one["action"] for one in reversed(lines)] == [
        "wrote a label set", "drew a label queue", "took a case to label", "labelled a case", "took a case to label", "skipped a case",
        "adjudicated a case", "gave gold labels", "closed a label queue",
    ]  # fmt: skip
    assert "good" not in str(lines)
    assert desk.read(lambda c: len(c.execute(select(audit)).all())) == len(lines)


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"size": 0}, "valid are 1 to"), ({"per_case": -1}, "valid are 0"), ({"kind": QueueKind.THEME}, "number of its theme"),
        ({"kind": QueueKind.LISTED}, "ids of its tickets"), ({"labellers": ()}, "without labellers"),
        ({"questions": ("mood",)}, "valid are theme, root_cause"), ({"kind": QueueKind.CALIBRATION}, "no gold labels"),
        ({"kind": QueueKind.DISPUTED}, "no disputed cases"),
    ],
)  # fmt: skip
def test_a_queue_that_cannot_be_drawn_says_why(desk: LabellingDesk, values, said: str):
    """Nothing is stored, and the sentence says what is valid."""
    with pytest.raises(LabelInvalid, match=said):
        desk.do(create_queue, QueueRequest(**{"kind": QueueKind.AUDIT, **values}), ODA, desk.later())
    assert desk.do(list_queues, ODA) == []


def test_a_period_limits_what_is_drawn(desk: LabellingDesk):
    """Tickets created from the start on and before the end are drawn from."""
    queue = desk.queue(
        kind=QueueKind.AUDIT, tickets=(), since=START + timedelta(minutes=2), until=START + timedelta(minutes=5)
    )
    assert queue.candidates == 3


def test_labels_go_with_the_text_that_they_are_of(desk: LabellingDesk):
    """What was said of an erased ticket is deleted: its cases, labels, decisions and gold labels; others stay."""
    queue = desk.queue("T-00", "T-01", per_case=1)
    for case in say(desk, queue, ANA, "good", "good"):
        desk.do(adjudicate, case, {"tone": "poor"}, ODA, desk.later())
        desk.do(make_gold, case, ODA, desk.later())
    assert desk.do(drop_labels, ["T-00"]) == 5
    assert desk.do(drop_labels, ["T-00"]) == 0
    assert [one.ticket_id for one in desk.read(lambda c: read_cases(c, ODA))] == ["T-01"]
    assert {one.ticket_id for one in desk.read(lambda c: read_labels(c, ODA))} == {"T-01"}
    assert [one.ticket_id for one in desk.do(list_gold, ODA)] == ["T-01"]
