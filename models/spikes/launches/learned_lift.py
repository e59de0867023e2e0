"""A common lift as it is reported; stored spikes are read with it, so it needs no arrays."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class LearnedLift:
    """A common lift as it is reported: the planned multiple, and the one of all themes other than the reported one.

    low, high: 90 % interval of `lift`.
    """

    launch_id: str
    planned: float
    lift: float
    low: float
    high: float

    def as_json(self) -> dict[str, Any]:
        """Return the form that is stored and shown."""
        return {
            "launch_id": self.launch_id, "planned": self.planned, "lift": self.lift, "low": self.low, "high": self.high,
        }  # fmt: skip

    @property
    def sentence(self) -> str:
        """`x2.4 the usual (x2.2 to x2.6) where x1.5 was planned`."""
        return f"x{self.lift:.1f} the usual (x{self.low:.1f} to x{self.high:.1f}) where x{self.planned:.3g} was planned"
