"""What a ticket's events make of it."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.event import TicketEventType
from pipelines.lifecycle import Standing, stand
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
    ("kinds", "standing"),
    [
        ((), Standing()),
        (("escalated", "reassigned", "comment.added"), Standing()),
        (("solved",), Standing(status="solved")),
        (("solved", "reopened"), Standing(status="open")),
        (("merged",), Standing(counted=False, status="merged")),
        (("spam",), Standing(counted=False, status="spam")),
        (("deleted",), Standing(counted=False, status="deleted")),
        (("deleted", "undeleted"), Standing(status="open")),
        (("deleted", "undeleted", "deleted"), Standing(counted=False, status="deleted")),
        (("merged", "undeleted"), Standing(counted=False, status="merged")),
        (("spam", "reopened"), Standing(counted=False, status="spam")),
        (("deleted", "solved"), Standing(counted=False, status="solved")),
        (("redacted",), Standing()),
        (("rated:5",), Standing(csat=5)),
        (("rated:5", "rated:2"), Standing(csat=2)),
        (("merged", "rated:1"), Standing(counted=False, status="merged", csat=1)),
    ],
    ids=lambda value: "+".join(value) or "nothing" if isinstance(value, tuple) else None,
)
def test_standing(kinds: tuple[str, ...], standing: Standing):
    """Merge, spam and deletion retract a ticket; only an undeletion of a deleted one restores it."""
    assert stand(taken(*kinds)) == standing


@given(st.lists(st.sampled_from([kind.value for kind in TicketEventType if kind is not TicketEventType.RATED])))
def test_volume_follows_retraction_alone(kinds: list[str]):
    """Whatever else happens to a ticket, it counts unless its last retraction stands."""
    lasting = "ticket.merged" in kinds or "ticket.spam" in kinds
    turns = [kind for kind in kinds if kind in ("ticket.deleted", "ticket.undeleted")]
    deleted = bool(turns) and turns[-1] == "ticket.deleted"
    assert stand(taken(*kinds)).counted == (not lasting and not deleted)
