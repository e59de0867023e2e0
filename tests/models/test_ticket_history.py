"""Histories of tickets: what each event means for replies, handling, waiting and resolutions."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.event import TicketEventType as Kind
from models.metrics.handling import TicketHandling, summarize
from models.metrics.history import HandlerKind, HistoryEvent, TicketCreation, WaitedFor, fold_history

START = datetime(2026, 11, 20, 8, tzinfo=UTC)
HUMAN = {"author_role": "agent"}


def at(minutes: float) -> datetime:
    """Return a time so many minutes after the creation."""
    return START + timedelta(minutes=minutes)


def event(kind: Kind, minutes: float, **data: object) -> HistoryEvent:
    """Make an event so many minutes after the creation."""
    return HistoryEvent(kind, at(minutes), data)


def row(*events: HistoryEvent, **creation: object) -> TicketHandling:
    """Fold and summarize the events of one ticket."""
    return summarize(fold_history(TicketCreation(time=START, **creation), events))


def test_a_ticket_without_events_is_open_and_unanswered():
    """A ticket without events is open and unanswered."""
    made = row(handled_by="ai", team="payments")
    assert (made.first_reply_at, made.first_resolved_at, made.resolved_at, made.reopens) == (None, None, None, 0)
    assert (made.handled_by, made.team, made.had_human, made.transfers) == ("ai", "payments", False, 0)


def test_the_first_public_answer_counts_and_an_internal_note_does_not():
    """The first public answer counts and an internal note does not."""
    made = row(
        event(Kind.COMMENTED, 5, author_role="agent", public=False),
        event(Kind.COMMENTED, 9, author_role="requester"),
        event(Kind.COMMENTED, 12, **HUMAN),
    )
    assert (made.first_reply_at, made.replies, made.messages) == (at(12), 1, 1)


def test_a_machine_answers_first_and_a_person_later():
    """A machine answers first and a person later."""
    made = row(event(Kind.COMMENTED, 1, author_role="bot"), event(Kind.COMMENTED, 30, **HUMAN), handled_by="ai")
    assert (made.first_reply_at, made.first_human_reply_at) == (at(1), at(30))
    assert (made.replies, made.human_replies, made.had_human) == (2, 1, True)


def test_a_ticket_that_is_reopened_keeps_its_first_resolution_and_is_resolved_by_its_last():
    """A ticket that is reopened keeps its first resolution and is resolved by its last."""
    made = row(
        event(Kind.SOLVED, 60), event(Kind.SOLVED, 70), event(Kind.REOPENED, 100), event(Kind.REOPENED, 110), event(Kind.SOLVED, 160)
    )  # fmt: skip
    assert (made.first_resolved_at, made.first_reopened_at, made.resolved_at, made.reopens) == (
        at(60),
        at(100),
        at(160),
        1,
    )


def test_a_ticket_is_open_again_once_it_is_reopened():
    """A ticket is open again once it is reopened."""
    assert row(event(Kind.SOLVED, 60), event(Kind.REOPENED, 100)).resolved_at is None


def test_who_resolved_it_is_who_handled_it_then_and_not_who_handles_it_now():
    """Who resolved it is who handled it then and not who handles it now."""
    made = row(
        event(Kind.SOLVED, 10), event(Kind.REOPENED, 20), event(Kind.REASSIGNED, 21, vendor="acme", team="l2"), handled_by="ai"
    )  # fmt: skip
    assert (made.resolved_by, made.handled_by, made.vendor, made.team) == ("ai", "vendor", "acme", "l2")


def test_a_handler_that_is_no_vendor_ends_the_vendors_work():
    """A handler that is no vendor ends the vendors work."""
    made = row(event(Kind.REASSIGNED, 5, handled_by="human"), handled_by="vendor", vendor="acme", team="l1")
    assert (made.handled_by, made.vendor, made.team, made.transfers) == ("human", None, "l1", 1)


def test_a_reassignment_within_the_team_is_no_transfer():
    """A reassignment within the team is no transfer."""
    made = row(event(Kind.REASSIGNED, 5), event(Kind.REASSIGNED, 6, team="l1"), team="l1")
    assert made.transfers == 0


def test_waiting_ends_with_the_requesters_message_a_status_or_the_solution():
    """Waiting ends with the requesters message a status or the solution."""
    history = fold_history(
        TicketCreation(time=START),
        [
            event(Kind.UPDATED, 10, waits_for="requester"),
            event(Kind.UPDATED, 12, waits_for="requester"),
            event(Kind.COMMENTED, 40, author_role="requester"),
            event(Kind.UPDATED, 50, waits_for="third_party"),
            event(Kind.COMMENTED, 55, author_role="requester"),
            event(Kind.UPDATED, 60, waits_for="agent"),
            event(Kind.UPDATED, 70, waits_for="requester"),
            event(Kind.SOLVED, 90),
        ],
    )
    spans = [(span.start, span.end, span.waited_for) for span in history.waiting]
    assert spans == [
        (at(10), at(40), WaitedFor.REQUESTER), (at(50), at(60), WaitedFor.THIRD_PARTY), (at(70), at(90), WaitedFor.REQUESTER),
    ]  # fmt: skip
    made = summarize(history)
    assert (made.requester_wait, made.third_party_wait) == (50 * 60, 10 * 60)


def test_a_solved_ticket_waits_for_nobody():
    """A solved ticket waits for nobody."""
    assert row(event(Kind.SOLVED, 5), event(Kind.UPDATED, 6, waits_for="requester")).requester_wait == 0


@pytest.mark.parametrize("kind", [Kind.MERGED, Kind.SPAM, Kind.DELETED])
def test_a_ticket_that_was_merged_deleted_or_spam_counts_no_longer(kind):
    """A ticket that was merged deleted or spam counts no longer."""
    assert row(event(kind, 7)).removed_at == at(7)


def test_a_deletion_can_be_undone_and_a_merge_cannot():
    """A deletion can be undone and a merge cannot."""
    assert row(event(Kind.DELETED, 7), event(Kind.UNDELETED, 8)).removed_at is None
    assert row(event(Kind.MERGED, 7, into="T-2"), event(Kind.UNDELETED, 8)).removed_at == at(7)


def test_the_last_rating_counts():
    """The last rating counts."""
    made = row(event(Kind.RATED, 7, csat=1), event(Kind.RATED, 9, csat=5))
    assert (made.csat, made.rated_at) == (5, at(9))


def test_an_escalation_is_noted_once_and_at_the_creation_where_it_came_escalated():
    """An escalation is noted once and at the creation where it came escalated."""
    assert row(event(Kind.ESCALATED, 3), event(Kind.ESCALATED, 9)).escalated_at == at(3)
    assert row(escalated=True).escalated_at == START


def test_the_answer_that_the_source_states_is_used_only_where_no_answer_is_among_the_events():
    """The answer that the source states is used only where no answer is among the events."""
    stated = {"reply_time_in_minutes": {"calendar": 25, "business": 5}}
    assert row(measures=stated).first_reply_at == at(25)
    assert row(event(Kind.COMMENTED, 12, **HUMAN), measures=stated).first_reply_at == at(12)
    assert row(measures={"reply_time_in_minutes": "soon"}).first_reply_at is None


def test_an_event_from_before_the_creation_is_taken_as_of_the_creation():
    """An event from before the creation is taken as of the creation."""
    assert row(event(Kind.COMMENTED, -3, **HUMAN)).first_reply_at == START


def test_a_history_whose_comments_were_deleted_says_so():
    """A history whose comments were deleted says so."""
    history = fold_history(TicketCreation(time=START), [HistoryEvent(Kind.COMMENTED, at(5), None)])
    assert not history.is_complete


EVENTS = st.lists(
    st.builds(
        HistoryEvent,
        st.sampled_from(list(Kind)).filter(lambda kind: kind is not Kind.CREATED),
        st.integers(-60, 10_000).map(at),
        st.fixed_dictionaries(
            {},
            optional={
                "author_role": st.sampled_from(["requester", "agent", "bot"]),
                "public": st.booleans(),
                "waits_for": st.sampled_from(["agent", "requester", "third_party"]),
                "handled_by": st.sampled_from(["ai", "human", "vendor"]),
                "vendor": st.sampled_from(["acme", "zenith"]),
                "team": st.sampled_from(["l1", "l2"]),
                "csat": st.integers(1, 5),
            },
        ),
    ),
    max_size=12,
).map(lambda found: sorted(found, key=lambda one: one.time))


@given(EVENTS)
def test_a_history_never_runs_backwards(events):
    """Replies, waits and resolutions are in order, within the ticket's life, and do not overlap."""
    history = fold_history(TicketCreation(time=START, handled_by="ai"), events)
    times = [time for one in history.resolutions for time in (one.time, one.reopened_at) if time is not None]
    waits = [time for one in history.waiting for time in (one.start, one.end) if time is not None]
    for found in (times, waits, [reply.time for reply in history.replies], [span.start for span in history.handling]):
        assert found == sorted(found)
        assert all(time >= START for time in found)
    assert all(one.reopened_at is not None for one in history.resolutions[:-1])
    assert all(one.end is not None for one in history.waiting[:-1])


@given(EVENTS)
def test_a_row_agrees_with_its_history(events):
    """Counts of a row are those of the events, and no time of it precedes the creation."""
    made = row(*events, handled_by="ai")
    assert made.human_replies <= made.replies
    assert made.replies_before_resolution <= made.replies
    assert (made.resolved_at is None) or made.resolved_at >= made.first_resolved_at
    assert (made.first_resolved_at is None) == (made.resolved_by is None)
    assert made.reopens <= sum(one.type is Kind.REOPENED for one in events)
    assert made.messages == sum(
        one.type is Kind.COMMENTED and (one.data or {}).get("author_role") == "requester" for one in events
    )
    if made.human_replies or made.handled_by in (HandlerKind.HUMAN, HandlerKind.VENDOR):
        assert made.had_human
