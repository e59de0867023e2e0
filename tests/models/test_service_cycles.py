"""Promises to tickets: when they are due, what pauses them, and whether they were kept."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.event import TicketEventType as Kind
from models.metrics.business_hours import BusinessClock, BusinessSchedule, OpenHours, always_open
from models.metrics.history import HistoryEvent, TicketCreation, WaitedFor, fold_history
from models.service_levels.cycle import cycles_of
from models.service_levels.policy import AnsweredBy, ServicePolicy, ServiceTarget, policy_of

START = datetime(2026, 11, 20, 8, tzinfo=UTC)
CALENDAR = BusinessClock(always_open(), date(2026, 11, 1), date(2027, 1, 31))
HOUR = timedelta(hours=1)
SOLVED, REOPENED, COMMENT, UPDATE = Kind.SOLVED, Kind.REOPENED, Kind.COMMENTED, Kind.UPDATED
AGENT, CUSTOMER, BOT = {"author_role": "agent"}, {"author_role": "requester"}, {"author_role": "bot"}


def at(hours):
    """Return a time so many hours after the creation."""
    return START + hours * HOUR


def cycles(target, hours, *events, clock=CALENDAR, **options):
    """Return the cycles of one promise; events are (hours, type, data)."""
    policy = ServicePolicy(name="p", targets={ServiceTarget(target): hours * HOUR}, **options)
    found = [HistoryEvent(kind, at(time), data) for time, kind, data in events]
    return cycles_of(fold_history(TicketCreation(time=START), found), policy, clock)


def test_a_first_reply_in_time_keeps_the_promise():
    """A first reply in time keeps the promise."""
    (found,) = cycles("first_reply", 1, (0.9, COMMENT, AGENT))
    assert (found.stopped_at, found.breached_at, found.elapsed) == (at(0.9), None, 0.9 * HOUR)
    (late,) = cycles("first_reply", 1, (1.5, COMMENT, AGENT))
    assert (late.stopped_at, late.breached_at) == (at(1.5), at(1))


def test_a_reply_at_the_moment_that_it_is_due_is_in_time():
    """A reply at the moment that it is due is in time."""
    assert cycles("first_reply", 1, (1, COMMENT, AGENT))[0].breached_at is None


def test_an_open_promise_is_due_and_missed_once_that_has_passed():
    """An open promise is due and missed once that has passed."""
    (found,) = cycles("first_reply", 1)
    assert (found.stopped_at, found.due_at, found.breached_at) == (None, at(1), None)
    assert not found.is_breached(at(0.99))
    assert found.is_breached(at(1))


def test_a_machine_answers_only_where_the_policy_says_so():
    """A machine answers only where the policy says so."""
    assert cycles("first_reply", 1, (0.1, COMMENT, BOT))[0].stopped_at is None
    assert cycles("first_reply", 1, (0.1, COMMENT, BOT), answered_by=AnsweredBy.ANYONE)[0].stopped_at == at(0.1)


def test_a_ticket_that_is_solved_without_an_answer_needs_none():
    """A ticket that is solved without an answer needs none."""
    (found,) = cycles("first_reply", 4, (2, SOLVED, {}))
    assert (found.stopped_at, found.breached_at) == (at(2), None)


def test_the_next_reply_counts_from_the_oldest_unanswered_message():
    """Zendesk, "Defining SLA policies": next reply time begins with the oldest unanswered comment of a customer."""
    found = cycles(
        "next_reply", 1,
        (0.2, COMMENT, CUSTOMER), (0.5, COMMENT, AGENT), (2, COMMENT, CUSTOMER), (2.5, COMMENT, CUSTOMER), (3.5, COMMENT, AGENT),
        (5, COMMENT, CUSTOMER), (5.5, COMMENT, AGENT), (6, COMMENT, CUSTOMER),
    )  # fmt: skip
    assert [(one.number, one.started_at, one.stopped_at, one.breached_at) for one in found] == [
        (1, at(2), at(3.5), at(3)), (2, at(5), at(5.5), None), (3, at(6), None, None),
    ]  # fmt: skip
    assert found[2].due_at == at(7)


def test_before_the_first_answer_no_next_one_is_due():
    """Before the first answer no next one is due."""
    assert cycles("next_reply", 1, (1, COMMENT, CUSTOMER), (2, COMMENT, CUSTOMER)) == []


def test_a_resolution_is_paused_while_the_requester_is_waited_for():
    """Zendesk, requester wait time: the time in the statuses new, open and on hold, and not in pending."""
    events = [
        (1, UPDATE, {"waits_for": "requester"}),
        (21, UPDATE, {"waits_for": "third_party"}),
        (22, UPDATE, {"waits_for": "agent"}),
    ]
    (found,) = cycles("resolution", 4, *events, (23, SOLVED, {}))
    assert (found.elapsed, found.breached_at, found.stopped_at) == (3 * HOUR, None, at(23))
    (paused,) = cycles("resolution", 4, events[0])
    assert (paused.due_at, paused.stopped_at, paused.elapsed) == (None, None, 1 * HOUR)
    (running,) = cycles("resolution", 4, *events)
    assert running.due_at == at(24)


def test_a_policy_may_pause_for_a_third_party_too():
    """Zendesk, agent work time: the time in the statuses new and open alone."""
    events = [(1, UPDATE, {"waits_for": "third_party"}), (5, UPDATE, {"waits_for": "agent"}), (6, SOLVED, {})]
    both = frozenset({WaitedFor.REQUESTER, WaitedFor.THIRD_PARTY})
    assert cycles("resolution", 4, *events)[0].breached_at == at(4)
    assert cycles("resolution", 4, *events, pauses=both)[0].elapsed == 2 * HOUR


def test_a_reopened_ticket_goes_on_with_the_time_that_it_had():
    """A reopened ticket goes on with the time that it had."""
    (found,) = cycles("resolution", 4, (3, SOLVED, {}), (10, REOPENED, {}), (12, SOLVED, {}))
    assert (found.stopped_at, found.elapsed, found.breached_at) == (at(12), 5 * HOUR, at(11))
    (open_again,) = cycles("resolution", 4, (3, SOLVED, {}), (10, REOPENED, {}))
    assert (open_again.stopped_at, open_again.due_at) == (None, at(11))


def test_a_ticket_that_is_reopened_with_no_time_left_is_missed_at_once():
    """A ticket that is reopened with no time left is missed at once."""
    assert cycles("resolution", 3, (3, SOLVED, {}), (10, REOPENED, {}), (12, SOLVED, {}))[0].breached_at == at(10)


def test_a_merged_ticket_stops():
    """A merged ticket stops."""
    (found,) = cycles("resolution", 4, (1, Kind.MERGED, {"into": "T-2"}))
    assert (found.stopped_at, found.breached_at) == (at(1), None)


def test_business_hours_of_the_policy_decide():
    """Created on a Friday at 08:00 UTC, nine o'clock in Berlin, with eight hours a day: ten hours end on Monday at eleven."""
    berlin = ZoneInfo("Europe/Berlin")
    office = BusinessSchedule(berlin, {day: (OpenHours(540, 1020),) for day in range(5)})
    clock = BusinessClock(office, date(2026, 11, 1), date(2026, 12, 31))
    assert cycles("resolution", 10, clock=clock)[0].due_at == datetime(2026, 11, 23, 11, tzinfo=berlin)


def test_the_first_policy_that_applies_is_taken():
    """The first policy that applies is taken."""
    targets = {ServiceTarget.RESOLUTION: HOUR}
    policies = [
        ServicePolicy(name="urgent merchants", match={"user_type": ["merchant"], "priority": ["urgent", "high"]}, targets=targets),
        ServicePolicy(name="merchants", match={"user_type": ["merchant"]}, targets=targets),
    ]  # fmt: skip
    assert policy_of(policies, {"user_type": "merchant", "priority": "high"}) is policies[0]
    assert policy_of(policies, {"user_type": "merchant", "priority": None}) is policies[1]
    assert policy_of(policies, {"user_type": "buyer"}) is None


@pytest.mark.parametrize(("options", "sentence"), [
    ({"targets": {}}, "valid is at least one"),
    ({"targets": {ServiceTarget.RESOLUTION: timedelta()}}, "valid is a time above 0"),
    ({"targets": {ServiceTarget.RESOLUTION: HOUR}, "pauses": {WaitedFor.AGENT}}, "valid are requester and third_party"),
])  # fmt: skip
def test_a_policy_that_promises_nothing_is_refused(options, sentence):
    """A policy that promises nothing is refused."""
    with pytest.raises(ValueError, match=sentence):
        ServicePolicy(name="p", **options)


STEPS = st.lists(
    st.tuples(
        st.integers(1, 40),
        st.sampled_from([
            (SOLVED, {}), (REOPENED, {}), (COMMENT, AGENT), (COMMENT, CUSTOMER), (UPDATE, {"waits_for": "requester"}),
            (UPDATE, {"waits_for": "agent"}), (Kind.MERGED, {"into": "T-2"}),
        ]),
    ),
    max_size=12,
)  # fmt: skip


@given(STEPS, st.integers(1, 60), st.integers(0, 60))
def test_a_resolution_is_missed_when_its_running_hours_are_used_up(steps, target, seen):
    """Counted hour by hour: created, neither solved nor removed, and not waiting for the requester."""
    hours, events = 0, []
    for gap, (kind, data) in steps:
        hours += gap
        events.append((hours, kind, data))
    (found,) = cycles("resolution", target, *events)
    history = fold_history(
        TicketCreation(time=START), [HistoryEvent(kind, at(time), data) for time, kind, data in events]
    )
    used, missed = 0, None
    for hour in range(hours + seen):
        now = at(hour)
        solved = any(
            one.time <= now and (one.reopened_at is None or now < one.reopened_at) for one in history.resolutions
        )
        gone = history.removed_at is not None and history.removed_at <= now
        waits = any(one.start <= now and (one.end is None or now < one.end) for one in history.waiting)
        if not (solved or gone or waits):
            if used == target and missed is None:
                missed = now
            used += 1
    assert found.is_breached(at(hours + seen) - timedelta(seconds=1)) == (missed is not None)
    if found.breached_at is not None:
        assert found.breached_at == missed
