"""What an index saves at the end of an epoch, and how it is restored."""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from zlib import compress, decompress

import numpy as np
from numpy.typing import NDArray

from models.themes.assign.state import AssignmentState, YoungTheme
from models.themes.discover.convergence import Convergence
from models.themes.discover.division import Division
from models.themes.discover.gathering import Gathering
from models.themes.discover.learning import Learning
from models.themes.discover.separation import Reference
from models.themes.lineage import RememberedTicket
from models.themes.settings import ThemeSettings
from models.themes.times import milliseconds
from models.themes.window.centering import from_steps, on_grid, steps_of
from models.themes.window.ticket_window import UNTHEMED, TicketWindow


@dataclass
class IndexState:
    """Everything that an index knows between two epochs; the names of the saved values are those of earlier versions.

    Parameters
    ----------
    assignment : AssignmentState
    learning : Learning
    gathering : Gathering
    convergence : Convergence
    division : Division
    """

    assignment: AssignmentState
    learning: Learning
    gathering: Gathering
    convergence: Convergence
    division: Division

    @classmethod
    def empty(cls, settings: ThemeSettings) -> IndexState:
        """Return the state of an index that has seen no ticket."""
        assignment = AssignmentState(settings)
        return cls(
            assignment, Learning(assignment), Gathering(assignment), Convergence(assignment), Division(assignment)
        )

    def save(self) -> dict[str, Any]:
        """Return what cannot be derived from the stored rows: JSON-ready, a few kilobytes.

        `remembered` is the number of tickets in the window without the exemplars, `kept` names the exemplars.
        """
        assignment, window = self.assignment, self.assignment.window
        return {
            "next_theme": assignment.next_theme,
            "started": assignment.started,
            "learned": self.learning.finished,
            "learned_size": self.learning.learned_size,
            "gathered_at": self.gathering.searched_at,
            "gathered_pool": self.gathering.searched_size,
            "compared_at": self.convergence.compared_at,
            "mixed": [list(pair) for pair in self.convergence.mixed],
            "threshold": assignment.threshold,
            "centre": steps_of(window.centre),
            "young": {str(theme): list(young) for theme, young in assignment.young.items()},
            "remembered": len(window) - window.exemplar_count,
            "kept": [window.ticket(row) for row in range(window.exemplar_count)],
            "changed": _pack(window.changes),
            "most_changes": {str(theme): changes for theme, changes in sorted(assignment.most_changes.items())},
            "separated": [list(pair) for pair in sorted(assignment.separated)],
            "halves": None if self.division.reference is None else list(self.division.reference),
            "divided_at": {str(theme): list(last) for theme, last in sorted(self.division.tested.items())},
        }

    @classmethod
    def restore(cls, settings: ThemeSettings, saved: Mapping[str, Any], rows: Sequence[RememberedTicket]) -> IndexState:
        """Continue from what `save` returned and the stored rows; raises `ValueError` where rows are missing."""
        state = cls.empty(settings)
        assignment = state.assignment
        assignment.next_theme = int(saved["next_theme"])
        assignment.started = saved["started"]
        assignment.threshold = saved["threshold"]
        assignment.young = {
            int(theme): YoungTheme(*numbers)
            for theme, numbers in sorted(saved["young"].items(), key=lambda item: int(item[0]))
        }
        state.learning.finished = bool(saved["learned"])
        state.learning.learned_size = int(saved["learned_size"])
        state.gathering.searched_at = int(saved["gathered_at"])
        state.gathering.searched_size = int(saved["gathered_pool"])
        # States of earlier versions lack what follows: they continue as if themes had just been compared.
        state.convergence.compared_at = int(saved.get("compared_at", state.gathering.searched_at))
        state.convergence.mixed = [(int(older), int(younger)) for older, younger in saved.get("mixed", ())]
        # A threshold that was saved without a centre is one of raw vectors.
        window = assignment.window
        window.recentre(from_steps(saved.get("centre", ()), len(window.centre)))
        _restore_window(window, rows, int(saved["remembered"]), saved.get("kept", ()))
        _restore_changes(state, saved)
        return state


def remembered_tickets(window: TicketWindow) -> list[RememberedTicket]:
    """List the tickets in the window, exemplars first, in the order of assignment; raw vectors on the grid."""
    return [
        RememberedTicket(
            window.ticket(row),
            int(window.themes[row]) or None,
            datetime.fromtimestamp(int(window.times[row]) / 1000, UTC),
            window.raw_vectors[row].copy(),
        )
        for row in range(len(window))
    ]


def _restore_changes(state: IndexState, saved: Mapping[str, Any]) -> None:
    """Continue with what discovery changed; states of earlier versions lack it, and begin without."""
    assignment, division, window = state.assignment, state.division, state.assignment.window
    changed = _unpack(saved.get("changed", ""))
    # Rows that were removed meanwhile, with a change of the model, leave no way to tell whose changes are whose.
    if len(changed) == len(window):
        window.changes[:] = changed
    assignment.most_changes = {int(theme): int(changes) for theme, changes in saved.get("most_changes", {}).items()}
    assignment.separated = {(int(one), int(other)) for one, other in saved.get("separated", ())}
    division.tested = {
        int(theme): (int(size), int(time)) for theme, (size, time) in saved.get("divided_at", {}).items()
    }
    if "halves" in saved:
        division.reference = None if saved["halves"] is None else Reference(*saved["halves"])
    else:
        division.measure()


def _pack(changes: NDArray[np.int8]) -> str:
    """Write small numbers, most of them 0, as a short text; empty where all are 0."""
    return b64encode(compress(changes.tobytes(), 9)).decode() if changes.any() else ""


def _unpack(text: str) -> NDArray[np.int8]:
    """Read back what `_pack` wrote: shape (n,), or (0,) where all were 0."""
    return np.frombuffer(decompress(b64decode(text)) if text else b"", np.int8)


def _restore_window(
    window: TicketWindow, stored: Sequence[RememberedTicket], window_size: int, exemplar_ids: Collection[str]
) -> None:
    if len(stored) < window_size:
        raise ValueError(
            f"{len(stored)} remembered tickets were given, but the saved state holds {window_size}; "
            "pass every ticket that was assigned and not forgotten, in the order of assignment"
        )
    split, wanted = len(stored) - window_size, set(exemplar_ids)
    exemplars = [row for row in stored[:split] if row.ticket_id in wanted]
    if len(exemplars) < len(wanted):
        raise ValueError(
            f"{len(exemplars)} exemplars of themes were given, but the saved state names {len(wanted)}; "
            "pass the tickets that it names under `kept` as well, in the order of assignment"
        )
    rows = [*exemplars, *stored[split:]]
    if rows:
        window.restore(
            [row.ticket_id for row in rows],
            np.array([milliseconds(row.time) for row in rows], np.int64),
            on_grid(np.stack([row.vector for row in rows])),
            np.array([row.theme_id or UNTHEMED for row in rows], np.int64),
            len(exemplars),
        )
