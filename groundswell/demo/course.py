"""Courses: how a ticket of the demo is handled, from the first answer to the solution and the rating."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Any

from groundswell.demo.desk import SPECIALIST, Desks, Handler, vendor_of
from groundswell.demo.followup import Followup

HARD = frozenset({
    "unauthorised_purchase", "accidental_gift", "settlement_short", "chargeback_lost", "reserve_held", "tax_withheld",
    "payout_pending_review", "tip_reversed", "brand_deal_unpaid", "ads_account_suspended", "coins_vanished",
})  # fmt: skip
"""Issues that take long, whoever works at them."""

ROUTINE = frozenset({"refund_not_arrived", "refund_rejected", "refund_wrong_amount", "refund_to_closed_card"})
"""Issues that a new AI routine handles from `ROUTINE_FROM` on, counted from launch day."""

ROUTINE_FROM = timedelta(days=-11)

_DIFFICULTY = 8.0
_CONTAINED = {"hard": 0.32, "usual": 0.62, "routine": 0.92}
_CONTAINED_OF_REST = {"hard": 0.05, "usual": 0.15, "routine": 0.85}
"""Of those that are not stated to be solved."""
_REMOVING = ("ticket.merged", "ticket.spam", "ticket.deleted")
_KNOWN = (*_REMOVING, "ticket.solved", "ticket.reassigned")
"""Types of events that say who handles a ticket, so that the routine leaves it where it is."""
_TAKEN_OVER = 0.9

REPLIES = (
    "Thank you for your patience. I have checked the payment in our ledger and passed it on with your order number.",
    "I am sorry for the trouble. I have opened a case with our payment partner and will write again as soon as it answers.",
    "I looked into your account: the payment is there, and I have asked the team that can correct it to do so.",
    "Thank you for writing. I can see what happened, and I am correcting it now.",
)
QUESTIONS = (
    "Could you send me the date and the amount that your bank shows? Then I can find the payment.",
    "Which version of the app do you use, and does it happen again after you sign in anew?",
)
ANSWERS = ("It was yesterday evening, the amount is the one in my first message.", "I tried again, it is the same.")
CLOSINGS = (
    "This is done. The amount will show on your side within two banking days.",
    "I have corrected it. Please open the app again; you should see it now.",
    "Our partner has confirmed the payment, so everything is in order now.",
)
BOT_REPLIES = (
    "Thank you, we have received your message. I am checking the state of your payment.",
    "I found your last payment. Here is its state, and what you can do now.",
)


@dataclass(frozen=True, slots=True)
class Case:
    """A ticket that is to be handled.

    Parameters
    ----------
    created: when it was created.
    data: its attributes.
    issue: what it is about.
    stated: what is known to happen to it anyway, in order of time; None where nothing is.
    """

    created: datetime
    data: Mapping[str, Any]
    issue: str
    stated: Sequence[Followup] | None = None

    def first(self, *kinds: str) -> Followup | None:
        """Return the first of the stated events of these types."""
        return next((one for one in self.stated or () if one.type in kinds), None)


class CourseWriter:
    """Draws the events that handle tickets, those apart that are stated already."""

    def __init__(self, rng: Random, desks: Desks, launch_day: datetime) -> None:
        self._rng = rng
        self._desks = desks
        self._routine_from = launch_day + ROUTINE_FROM

    def draw(self, case: Case) -> Iterator[Followup]:
        """Draw the events of a ticket; what is removed is answered by the machine at most."""
        begun, is_ai = case.created, case.data["handled_by"] == "ai"
        if self._is_routine(case) and not is_ai and case.first(*_KNOWN) is None and self._rng.random() < _TAKEN_OVER:
            begun, is_ai = begun + timedelta(seconds=20), True
            yield Followup("ticket.reassigned", begun, {"handled_by": "ai"})
        if is_ai:
            begun += timedelta(seconds=int(5 + self._rng.lognormvariate(3.0, 0.6)))
            yield _comment(begun, "bot", self._rng.choice(BOT_REPLIES))
        if case.first(*_REMOVING):
            return
        passed, solved = case.first("ticket.reassigned"), case.first("ticket.solved")
        taken = begun + timedelta(seconds=int(60 + 600 * self._rng.lognormvariate(0, 0.7)))
        if passed and (solved is None or passed.time < solved.time):
            yield from self._by_person(case, Handler(None, passed.data["team"]), max(passed.time, begun))
        elif not is_ai:
            yield from self._by_person(case, Handler(case.data["vendor"], case.data["team"]), begun)
        elif self._is_contained(case) or (solved is not None and taken >= solved.time):
            yield from self._by_machine(case, begun)
        else:
            handler = self._taker(case)
            yield _hand_over(taken, handler)
            yield from self._by_person(case, handler, taken)

    def _is_routine(self, case: Case) -> bool:
        return case.issue in ROUTINE and case.created >= self._routine_from

    def _kind(self, case: Case) -> str:
        return "routine" if self._is_routine(case) else "hard" if case.issue in HARD else "usual"

    def _is_contained(self, case: Case) -> bool:
        """Whether AI solves it: for a ticket that is solved anyway mostly so, else as its issue allows."""
        kind = self._kind(case)
        if case.first("ticket.solved"):
            return kind != "hard" or self._rng.random() < 0.5
        return self._rng.random() < (_CONTAINED if case.stated is None else _CONTAINED_OF_REST)[kind]

    def _taker(self, case: Case) -> Handler:
        is_vendor = self._rng.random() < 0.55
        return Handler(vendor_of(case.data["region"]) if is_vendor else None, case.data["team"])

    def _by_machine(self, case: Case, begun: datetime) -> Iterator[Followup]:
        if case.first("ticket.solved"):
            return
        solved = begun + timedelta(seconds=int(30 + 1200 * self._rng.lognormvariate(0, 0.9)))
        yield Followup("ticket.solved", solved, {})
        yield from self._rating(solved, 0.72 if self._kind(case) == "routine" else 0.62)
        if self._rng.random() < 0.07:
            back = solved + self._hours(9.0)
            handler = self._taker(case)
            yield Followup("ticket.reopened", back, _handled(handler))
            yield from self._again(case, handler, back)

    def _by_person(self, case: Case, handler: Handler, begun: datetime) -> Iterator[Followup]:
        rng, limit = self._rng, case.first("ticket.solved")
        if self._is_passed_on(case, handler):
            handler = Handler(SPECIALIST, handler.team)
            begun += timedelta(minutes=int(10 + 20 * rng.lognormvariate(0, 0.7)))
            yield _hand_over(begun, handler)
        replied = self._desks.reply_at(rng, handler, begun, case.data["priority"])
        if limit is not None:
            if replied >= limit.time:
                replied = begun + (limit.time - begun) * (0.2 + 0.6 * rng.random())
            if replied < limit.time:
                yield _comment(replied, "agent", rng.choice(REPLIES))
            yield from self._after_stated(case, handler)
            return
        if rng.random() < 0.16:
            yield _comment(replied, "agent", rng.choice(QUESTIONS), waits_for="requester")
            answered = replied + self._hours(4.0)
            yield _comment(answered, "requester", rng.choice(ANSWERS))
            replied = self._desks.reply_at(rng, handler, answered, case.data["priority"])
        yield _comment(replied, "agent", rng.choice(REPLIES))
        yield from self._to_the_end(case, handler, replied)

    def _to_the_end(self, case: Case, handler: Handler, begun: datetime) -> Iterator[Followup]:
        rng = self._rng
        is_hard = case.issue in HARD
        solved = self._desks.solved_at(rng, handler, begun, _DIFFICULTY if is_hard else 1.0)
        if is_hard or rng.random() < 0.3:
            yield _comment(solved - timedelta(seconds=30), "agent", rng.choice(CLOSINGS))
        yield Followup("ticket.solved", solved, {})
        yield from self._rating(solved, 0.72 + handler.desk.good - (0.24 if is_hard else 0.0))
        if rng.random() < handler.desk.reopened * (1.6 if is_hard else 1.0):
            back = solved + self._hours(9.0)
            yield Followup("ticket.reopened", back, {})
            yield from self._again(case, handler, back)

    def _after_stated(self, case: Case, handler: Handler) -> Iterator[Followup]:
        """Solve again what is reopened and, by what is stated, never solved again."""
        reopened = case.first("ticket.reopened")
        if reopened is not None:
            yield from self._again(case, handler, reopened.time)

    def _again(self, case: Case, handler: Handler, since: datetime) -> Iterator[Followup]:
        replied = self._desks.reply_at(self._rng, handler, since, case.data["priority"])
        yield _comment(replied, "agent", self._rng.choice(REPLIES))
        yield Followup("ticket.solved", self._desks.solved_at(self._rng, handler, replied, 0.5), {})

    def _is_passed_on(self, case: Case, handler: Handler) -> bool:
        return handler.vendor not in (None, SPECIALIST) and case.issue in HARD and self._rng.random() < 0.7

    def _rating(self, solved: datetime, good: float) -> Iterator[Followup]:
        if self._rng.random() < 0.22:
            rating = self._rng.choice((4, 5, 5)) if self._rng.random() < good else self._rng.choice((1, 2, 3, 3))
            yield Followup("ticket.rated", solved + self._hours(0.5), {"csat": rating})

    def _hours(self, median: float) -> timedelta:
        return timedelta(seconds=int(60 + 3600 * median * self._rng.lognormvariate(0, 0.8)))


def _handled(handler: Handler) -> dict[str, Any]:
    named = {"handled_by": "vendor", "vendor": handler.vendor} if handler.vendor else {"handled_by": "human"}
    return {**named, "team": handler.team}


def _hand_over(time: datetime, handler: Handler) -> Followup:
    return Followup("ticket.reassigned", time, _handled(handler))


def _comment(time: datetime, role: str, body: str, **more: str) -> Followup:
    return Followup("comment.added", time, {"body": body, "author_role": role, "public": True, **more})
