"""Blindness, whatever people do in whatever order: nobody sees another's label of a case that they may still label."""

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import Connection, Engine, delete, select

from models.access import Permission, Person
from models.labelling.queue import QueueKind
from pipelines.labelling.adjudicate import adjudicate, case_opinions, list_disputes, list_gold, make_gold
from pipelines.labelling.case import case_feedback, next_case, save_labels, skip_case
from pipelines.labelling.draw import QueueRequest, create_queue, end_queue
from store.database import open_database, reading, upgrade
from store.errors import StoreError
from store.labels.adjudications import read_adjudications
from store.labels.cases import read_cases
from store.labels.reading import read_labels
from store.schema import (
    label_adjudications,
    label_cases,
    label_claims,
    label_gold,
    label_queues,
    label_set_versions,
    label_sets,
    labels,
    tickets,
)
from tests.pipelines.labelling_desk import ODA, PEOPLE, TONES, LabellingDesk

TICKETS = ("T-00", "T-01", "T-02", "T-03")
LABELLERS = tuple(one for one in PEOPLE if one.may(Permission.LABEL))
JUDGES = tuple(one for one in PEOPLE if one.may(Permission.ADJUDICATE))
TABLES = (
    label_gold,
    label_adjudications,
    labels,
    label_claims,
    label_cases,
    label_queues,
    label_set_versions,
    label_sets,
)


class Labelling(RuleBasedStateMachine):
    """People who draw, label, skip, close, adjudicate and look; what each may still label is found by trying it."""

    def __init__(self, desk: LabellingDesk) -> None:
        super().__init__()
        self.desk = desk
        with desk.engine.begin() as connection:
            for table in TABLES:
                connection.execute(delete(table))
            self.vendors = {row.id: row.vendor for row in connection.execute(select(tickets.c.id, tickets.c.vendor))}

    @initialize(per_case=st.integers(1, 3))
    def begin(self, per_case: int) -> None:
        """Two queues have the same tickets from the start: cases of the first close while those of the second still want labels."""
        self.desk.queue(*TICKETS, per_case=1)
        self.desk.queue(*TICKETS, per_case=per_case + 1)

    @rule(
        judge=st.sampled_from(JUDGES), chosen=st.lists(st.sampled_from(TICKETS), min_size=1, max_size=2), per_case=st.integers(1, 3),
        kind=st.sampled_from([QueueKind.LISTED, QueueKind.CALIBRATION, QueueKind.DISPUTED]),
        only=st.sampled_from([None, ("ana", "eva")]),
    )  # fmt: skip
    def draw(
        self, judge: Person, chosen: list[str], per_case: int, kind: QueueKind, only: tuple[str, ...] | None
    ) -> None:
        """A further queue has some of the same tickets."""
        request = QueueRequest(kind=kind, tickets=tuple(chosen), per_case=per_case, labellers=only, questions=("tone",))
        self.attempt(create_queue, request, judge, self.desk.later())

    @rule(
        person=st.sampled_from(LABELLERS), place=st.integers(0, 3), tone=st.sampled_from(TONES), how=st.integers(0, 5)
    )
    def label(self, person: Person, place: int, tone: str, how: int) -> None:
        """A person takes the next case of a queue, and labels it, skips it or leaves it."""
        queues = self.queues()
        taken = self.attempt(next_case, queues[place % len(queues)], person, self.desk.later())
        if taken is not None and how:
            self.attempt(save_labels, taken.case.case_id, {"tone": tone}, person, self.desk.later())
        elif taken is not None and person.name == "eva":
            self.attempt(skip_case, taken.case.case_id, person, self.desk.later())

    @rule(person=st.sampled_from(LABELLERS), place=st.integers(0, 20), tone=st.sampled_from(TONES))
    def relabel(self, person: Person, place: int, tone: str) -> None:
        """A person labels a case of any queue by its number."""
        cases = self.cases()
        self.attempt(save_labels, cases[place % len(cases)].case_id, {"tone": tone}, person, self.desk.later())

    @rule(
        judge=st.sampled_from(JUDGES),
        place=st.integers(0, 20),
        tone=st.sampled_from(TONES),
        what=st.sampled_from([adjudicate, make_gold]),
    )
    def decide(self, judge: Person, place: int, tone: str, what: Any) -> None:
        """A judge adjudicates a case, or makes gold labels of it."""
        cases = self.cases()
        case = cases[place % len(cases)].case_id
        answers = [{"tone": tone}] if what is adjudicate else []
        self.attempt(what, case, *answers, judge, self.desk.later())

    @rule(person=st.sampled_from(PEOPLE), place=st.integers(0, 20))
    def look(self, person: Person, place: int) -> None:
        """What is shown of one case is no more than the listings have, and comparisons with gold are of what is final."""
        with reading(self.desk.engine) as connection:
            cases = read_cases(connection, person)
            case = cases[place % len(cases)]
            opinions = case_opinions(connection, case.case_id, person)
            said = [
                *(one.labeller for one in opinions.labels),
                *(one.label.adjudicator for one in opinions.adjudicated),
            ]
            if set(said) - {person.name} or case_feedback(connection, case.case_id, person):
                assert not self.can_label(connection, person, case.ticket_id)

    @precondition(lambda self: len(self.queues()) > 1)
    @rule(place=st.integers(0, 3))
    def close(self, place: int) -> None:
        """A queue is closed before all its cases are labelled."""
        queues = self.queues()
        self.attempt(end_queue, queues[place % len(queues)], ODA, self.desk.later())

    @invariant()
    def nobody_sees_what_could_sway_them(self) -> None:
        """What others said, in whatever listing, is of tickets that a person cannot label any more."""
        with reading(self.desk.engine) as connection:
            for person in PEOPLE:
                foreign = self.foreign(connection, person)
                assert not person.scope.limits or all(self.vendors[ticket] == "acme" for ticket in foreign)
                for ticket in foreign:
                    assert not self.can_label(connection, person, ticket), (person.name, ticket)

    @invariant()
    def who_adjudicates_and_does_not_label_sees_all_closed_cases(self) -> None:
        """Blindness hides no more than it must: Oda, who labels nothing, reads each label of a closed case and none of an open one."""
        with reading(self.desk.engine) as connection:
            closed = {one.case_id for one in read_cases(connection, ODA) if one.closed_at is not None}
            stored = connection.execute(select(labels.c.case_id, labels.c.labeller, label_cases.c.queue_id, label_cases.c.ticket_id)
                                        .join(label_cases, label_cases.c.id == labels.c.case_id)).all()  # fmt: skip
            expected = {(one.queue_id, one.ticket_id, one.labeller) for one in stored if one.case_id in closed}
            assert {(one.queue_id, one.ticket_id, one.labeller) for one in read_labels(connection, ODA)} == expected

    def foreign(self, connection: Connection, person: Person) -> set[str]:
        """Return the tickets of which a person reads something that another said, in any listing."""
        found = {one.ticket_id for one in read_labels(connection, person) if one.labeller != person.name}
        found |= {
            one.label.ticket_id
            for one in read_adjudications(connection, person)
            if one.label.adjudicator != person.name
        }
        if person in JUDGES:
            found |= {one.ticket_id for one in list_gold(connection, person) if one.author != person.name}
            found |= {one.case.ticket_id for one in list_disputes(connection, person)}
        return found

    def can_label(self, connection: Connection, person: Person, ticket: str) -> bool:
        """Try to label each case of a ticket, and take it back."""
        return any(
            self.succeeds(save_labels, case.case_id, {"tone": "good"}, person, self.desk.now)
            for case in read_cases(connection, person)
            if case.ticket_id == ticket and case.closed_at is None
        )

    def succeeds(self, action: Any, *given: Any) -> bool:
        """Check whether an action is possible, without doing it."""
        with self.desk.engine.connect() as connection, connection.begin() as transaction:
            try:
                action(connection, *given)
            except StoreError:
                return False
            finally:
                transaction.rollback()
        return True

    def attempt(self, action: Any, *given: Any) -> Any:
        """Do something; what is refused changes nothing."""
        try:
            return self.desk.do(action, *given)
        except StoreError:
            return None

    def queues(self) -> list[int]:
        """Return the numbers of all queues."""
        return self.desk.read(lambda connection: list(connection.execute(select(label_queues.c.id)).scalars()))

    def cases(self) -> list[Any]:
        """Return all cases."""
        return self.desk.read(lambda connection: read_cases(connection, ODA))


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    """Return an engine of a database at head."""
    opened = open_database(database_url)
    upgrade(opened)
    yield opened
    opened.dispose()


def test_nobody_sees_anothers_label_of_a_case_that_they_may_still_label(engine: Engine):
    """On both databases, in any order of drawing, labelling, skipping, closing, adjudicating and calibrating."""
    desk = LabellingDesk(engine, tickets=len(TICKETS))
    examples = 15 if engine.dialect.name == "sqlite" else 4
    few = settings(
        max_examples=examples, stateful_step_count=15, deadline=None, suppress_health_check=list(HealthCheck)
    )
    run_state_machine_as_test(lambda: Labelling(desk), settings=few)
