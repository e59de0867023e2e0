"""What one discovery records."""

from datetime import UTC, datetime

import numpy as np

from models.themes import Constraints, LineageReason, Move, ThemeSettings
from models.themes.assign.state import AssignmentState
from models.themes.discover.changes import DiscoveryChanges

NOW = datetime(2026, 9, 1, tzinfo=UTC)


def state_of(*themes):
    """Return a state with one ticket in the window for each theme given."""
    state = AssignmentState(ThemeSettings())
    vectors = np.eye(384, dtype=np.float32)[: len(themes)]
    state.window.append([f"T-{n}" for n in range(len(themes))], np.arange(len(themes)), vectors, np.array(themes))
    return state


def test_a_ticket_that_moves_twice_is_recorded_once():
    """The record goes from the first theme to the last; a ticket that moves back is not recorded."""
    state = state_of(1, 1, 0)
    changes = DiscoveryChanges(state, NOW)
    changes.move_rows(np.array([0, 1, 2]), 2, LineageReason.EMERGED)
    changes.move_rows(np.array([0]), 3, LineageReason.EMERGED)
    changes.move_rows(np.array([1]), 1, LineageReason.EMERGED)
    assert set(changes.discovery().moves) == {
        Move("T-0", 1, 3, LineageReason.EMERGED),
        Move("T-2", None, 2, LineageReason.EMERGED),
    }


def test_a_birth_lists_the_tickets_at_the_end():
    """Tickets that join a new theme after its birth was recorded are among its members."""
    state = state_of(0, 0, 0)
    changes = DiscoveryChanges(state, NOW)
    changes.move_rows(np.array([0, 1]), 5, LineageReason.GATHERED)
    changes.add_birth(5, LineageReason.GATHERED, size=2.0)
    changes.move_rows(np.array([2]), 5, LineageReason.GATHERED)
    assert [birth.members for birth in changes.discovery().births] == [("T-0", "T-1", "T-2")]


def test_tickets_that_people_placed_are_not_moved():
    """A discovery leaves them in their theme and records nothing."""
    state = state_of(1, 1)
    state.constrain(Constraints(fixed_tickets=frozenset({"T-0"})))
    changes = DiscoveryChanges(state, NOW)
    changes.move_rows(np.array([0, 1]), 2, LineageReason.EMERGED)
    assert state.window.themes.tolist() == [1, 2]
    assert [move.ticket_id for move in changes.discovery().moves] == ["T-1"]
