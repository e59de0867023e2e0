"""What a ticket's events make of it."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.event import TicketEventType
from pipelines.ticket_lifecycle import TicketLifecycle, fold_events
from store.epochs import TakenEvent

START = datetime(2026, 11, 20, tzinfo=UTC)


def taken(*kinds: str) -> list[TakenEvent]:
    """Events of a ticket, a minute apart; `rated:4` carries a rating."""
    late = False
    return [
        TakenEvent(
            "/desk", f"e-{n}", kind.split(":")[0] if "." in kind else f"ticket.{kind.split(':')[0]}", "T-1",
            START + timedelta(minutes=n), late, {"csat": int(kind.split(":")[1])} if ":" in kind else None,
        )
        for n, kind in enumerate(kinds)
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("kinds", "expected"),
    [
        ((), TicketLifecycle()),
        (("escalated", "reassigned", "comment.added"), TicketLifecycle()),
        (("solved",), TicketLifecycle(status="solved")),
        (("solved", "reopened"), TicketLifecycle(status="open")),
        (("merged",), TicketLifecycle(counted=False, status="merged")),
        (("spam",), TicketLifecycle(counted=False, status="spam")),
        (("deleted",), TicketLifecycle(counted=False, status="deleted")),
        (("deleted", "undeleted"), TicketLifecycle(status="open")),
        (("deleted", "undeleted", "deleted"), TicketLifecycle(counted=False, status="deleted")),
        (("merged", "undeleted"), TicketLifecycle(counted=False, status="merged")),
        (("spam", "reopened"), TicketLifecycle(counted=False, status="spam")),
        (("deleted", "solved"), TicketLifecycle(counted=False, status="solved")),
        (("redacted",), TicketLifecycle()),
        (("rated:5",), TicketLifecycle(csat=5)),
        (("rated:5", "rated:2"), TicketLifecycle(csat=2)),
        (("merged", "rated:1"), TicketLifecycle(counted=False, status="merged", csat=1)),
    ],
    ids=lambda value: "+".join(value) or "nothing" if isinstance(value, tuple) else None,
)
def test_standing(kinds: tuple[str, ...], expected: TicketLifecycle):
    """Merge, spam and deletion retract a ticket; only an undeletion of a deleted one restores it."""
    assert fold_events(taken(*kinds)) == expected


@given(st.lists(st.sampled_from([kind.value for kind in TicketEventType if kind is not TicketEventType.RATED])))
def test_volume_follows_retraction_alone(kinds: list[str]):
    """Whatever else happens to a ticket, it counts unless its last retraction was not undone."""
    lasting = "ticket.merged" in kinds or "ticket.spam" in kinds
    turns = [kind for kind in kinds if kind in ("ticket.deleted", "ticket.undeleted")]
    deleted = bool(turns) and turns[-1] == "ticket.deleted"
    assert fold_events(taken(*kinds)).counted == (not lasting and not deleted)
