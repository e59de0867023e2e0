"""Labels of the demo: what two people said of its cases, whom they disagree with, and what a third one decided."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from sqlalchemy import Connection

from groundswell.demo.course import HARD
from groundswell.demo.issue import Issue, load_issues
from models.access import Person, Role, permissions_of
from models.labelling.queue import QueueKind
from pipelines.labelling.adjudicate import adjudicate, list_disputes, make_gold
from pipelines.labelling.draw import QueueRequest, create_queue, end_queue
from store.labels.cases import LabelCase, close_full_case, put_claim, put_labels, read_cases
from store.labels.claim_state import ClaimState
from store.labels.queues import LabelQueue

LABELLERS, ADJUDICATOR = ("ana", "ben"), "chi"
AUDITED, JUDGED, UNCERTAIN, CALIBRATED = 100, 200, 25, 8
"""Cases of the queues."""

SAMPLED = "payment_stuck_pending"
"""The issue of whose theme a sample waits for labels."""

_RIGHT = {"ana": 0.97, "ben": 0.92}
"""How often each labeller says what is so, of each question."""

_CAUSES: Mapping[str, str] = {
    "bank_confirmation_blank": "product_defect", "payment_stuck_pending": "configuration", "gift_not_delivered": "product_defect",
    "coins_not_credited": "product_defect", "charged_twice": "product_defect", "card_declined": "third_party",
    "refund_not_arrived": "third_party", "payout_failed": "third_party", "unauthorised_purchase": "fraud", "tip_reversed": "fraud",
    "accidental_gift": "user_error", "saved_card_remove": "user_error",
}  # fmt: skip
"""The cause of each issue; of all others it is the policy."""

_OTHERS: Mapping[str, Sequence[str]] = {
    "root_cause": ("unknown", "policy", "third_party", "product_defect"),
    "resolution_correct": ("yes", "no", "unclear"),
    "policy_followed": ("yes", "no", "unclear"),
    "tone": ("acceptable", "good", "poor"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class LabelledTickets:
    """The truth about the mined tickets: the issue of each, the theme of each issue, and when labelling begins."""

    issues: Mapping[str, str]
    themes: Mapping[str, int]
    start: datetime


def write_labels(connection: Connection, known: LabelledTickets, seed: int) -> None:
    """Draw the demo's queues and label them as people would.

    An audit with two labellers has disputes, of which some are adjudicated; what AI handled has one labeller; a calibration compares
    both with gold labels; and the tickets with the least certain themes and a sample of one theme wait for labels.
    """
    _Labelling(connection, known, Random(seed)).run(seed)


class _Labelling:
    def __init__(self, connection: Connection, known: LabelledTickets, rng: Random) -> None:
        self._connection = connection
        self._known = known
        self._rng = rng
        self._now = known.start
        self._issues = {one.name: one for one in load_issues()}
        self._people = {name: Person(name=name, permissions=permissions_of(Role.LABELLER)) for name in LABELLERS}
        self._chief = Person(name=ADJUDICATOR, permissions=permissions_of(Role.SPECIALIST))

    def run(self, seed: int) -> None:
        audit = self._draw(QueueRequest(kind=QueueKind.AUDIT, size=AUDITED, labellers=LABELLERS, seed=seed))
        for name in LABELLERS:
            self._label(audit, name)
        self._adjudicate(audit.queue_id)
        judged = QueueRequest(
            kind=QueueKind.AI_HANDLED, size=JUDGED, per_case=1, baseline=True, labellers=("ana",), seed=seed,
            questions=("resolution_correct", "policy_followed", "tone"),
        )  # fmt: skip
        self._label(self._draw(judged), "ana")
        calibration = QueueRequest(kind=QueueKind.CALIBRATION, size=CALIBRATED, labellers=LABELLERS, seed=seed)
        compared = self._draw(calibration)
        for name in LABELLERS:
            self._label(compared, name)
        end_queue(self._connection, compared.queue_id, self._chief, self._now)
        self._draw(QueueRequest(kind=QueueKind.UNCERTAIN, size=UNCERTAIN, per_case=2, seed=seed))
        if SAMPLED in self._known.themes:
            theme = self._known.themes[SAMPLED]
            self._draw(QueueRequest(kind=QueueKind.THEME, size=UNCERTAIN, per_case=2, theme_id=theme, seed=seed))

    def _draw(self, request: QueueRequest) -> LabelQueue:
        self._now += timedelta(minutes=10)
        return create_queue(self._connection, request, self._chief, self._now)

    def _label(self, queue: LabelQueue, name: str) -> None:
        """Label all cases of a queue, without what a page does for each: no other person looks meanwhile."""
        person, connection = self._people[name], self._connection
        for case in read_cases(connection, self._chief, queue.queue_id):
            seconds = self._rng.lognormvariate(3.6, 0.5)
            self._now += timedelta(seconds=seconds)
            truth = self._truth(case)
            answers = {one: self._said(case, name, one, truth[one]) for one in queue.questions}
            put_labels(connection, case, name, answers, at=self._now, seconds=round(seconds, 1), blind=True)
            put_claim(connection, case.case_id, person, ClaimState.LABELLED, at=self._now, until=self._now)
            close_full_case(connection, case.case_id, queue.per_case, self._now)

    def _said(self, case: LabelCase, name: str, question: str, truth: str) -> str:
        if self._rng.random() < _RIGHT[name]:
            return truth
        others = self._similar(case) if question == "theme" else _OTHERS[question]
        return self._rng.choice([one for one in others if one != truth] or [truth])

    def _similar(self, case: LabelCase) -> Sequence[str]:
        """Return what a labeller may take the theme of a case for: those of its product and people, and none."""
        issue = self._issues.get(self._known.issues.get(case.ticket_id, ""))
        about = [] if issue is None else [one for one in self._issues.values() if _is_like(one, issue)]
        return ("none", *(str(self._known.themes[one.name]) for one in about if one.name in self._known.themes))

    def _truth(self, case: LabelCase) -> Mapping[str, str]:
        """Return what is so of a case; each time that it is asked for, the same."""
        issue = self._known.issues.get(case.ticket_id, "other")
        drawn = Random(case.ticket_id)
        wrong = 0.28 if issue in HARD else 0.12
        is_right = drawn.random() >= wrong * (2.0 if case.handled_by == "ai" else 1.0)
        theme = self._known.themes.get(issue)
        return {
            "theme": "none" if theme is None else str(theme),
            "root_cause": _CAUSES.get(issue, "policy"),
            "resolution_correct": "yes" if is_right else "no",
            "policy_followed": "yes" if is_right or drawn.random() < 0.4 else "no",
            "tone": drawn.choice(("acceptable", "good") if case.handled_by == "ai" else ("good", "good", "acceptable")),
        }

    def _adjudicate(self, queue_id: int) -> None:
        """Decide some of the disputes, and make gold labels of these cases."""
        disputes = list_disputes(self._connection, self._chief, queue_id)
        for dispute in disputes[:CALIBRATED]:
            self._now += timedelta(minutes=2)
            truth = self._truth(dispute.case)
            answers = {name: truth[name] for name in dispute.questions}
            adjudicate(self._connection, dispute.case.case_id, answers, self._chief, self._now, note=_NOTE)
            make_gold(self._connection, dispute.case.case_id, self._chief, self._now)


def _is_like(one: Issue, other: Issue) -> bool:
    return one.user_type == other.user_type and bool(set(one.products) & set(other.products))


_NOTE = "By the procedure: what the text shows counts, not what it suggests."
