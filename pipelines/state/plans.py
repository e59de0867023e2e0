"""Launch plans in the miner's state: the themes that each plan means, the tickets nearest to its texts, and reviews."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from models.segment import Segment
from models.spikes.launches.nearest_tickets import NearestTickets
from store.reviews import StoredReview


@dataclass
class LaunchPlans:
    """What is known of plans, by launch id.

    Parameters
    ----------
    groups: the themes of each line of a plan, the one that the line means most first.
    nearest: the tickets nearest to the text of each line, none for a line without a text.
    inside: whether tickets are in the scope of a launch, by launch, scope and ticket: a plan may be revised. Read again after a
    restart.
    reviews: how volume responded to the launches that are over.
    """

    groups: dict[str, list[list[int]]] = field(default_factory=dict)
    nearest: dict[str, list[tuple[NearestTickets, ...]]] = field(default_factory=dict)
    inside: dict[str, dict[Segment, dict[str, bool]]] = field(default_factory=dict, compare=False)
    reviews: dict[str, StoredReview] = field(default_factory=dict)

    def groups_of(self, launch_id: str) -> Sequence[Sequence[int]]:
        """Return the themes of each line of a plan; none while it is not resolved."""
        return self.groups.get(launch_id, ())

    def nearest_of(self, launch_id: str, line: int) -> tuple[NearestTickets, ...]:
        """Return the tickets nearest to the text of a line; none where that is not known."""
        known = self.nearest.get(launch_id, ())
        return known[line] if line < len(known) else ()

    def nearest_as_json(self) -> dict[str, list[Any]]:
        """Write the nearest tickets in the form in which JSON returns them."""
        return {launch: [[one.as_json() for one in line] for line in lines] for launch, lines in self.nearest.items()}

    def set(self, groups: Mapping[str, Sequence[Sequence[int]]], nearest: Mapping[str, Sequence[Any]]) -> None:
        """Set groups and nearest tickets to their stored JSON form."""
        self.groups = {launch: [list(group) for group in lines] for launch, lines in groups.items()}
        self.nearest = {launch: [_of_json(line) for line in lines] for launch, lines in nearest.items()}


def _of_json(line: Any) -> tuple[NearestTickets, ...]:
    """Read a line; earlier versions wrote one object, or null."""
    written = [line] if isinstance(line, dict) else line or []
    return tuple(NearestTickets.of_json(one) for one in written)
