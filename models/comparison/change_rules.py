"""Rules of the evaluation of a change."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class UnitWeighting(StrEnum):
    """Whose mean effect is estimated: that on a ticket, or that on a theme whatever its tickets."""

    TICKETS = "tickets"
    UNITS = "units"


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeRules:
    """Rules of the evaluation of a change; every default works.

    weighting: of units. least_units: treated units, and controls, from which on the variation of the treated ones is used, at least 3.
    least_controls_of_few: controls that fewer treated units need, at least 5. least_periods: periods with
    tickets that a unit needs before and after the change, at least 2. controls_per_unit: controls that are matched to each treated
    unit. caliper: largest distance of a match, in standard deviations of level and trend over all units. transition: periods from
    the change on that are left out, while it is introduced. confidence: of intervals, 0.5 to 1 (exclusive). doubt: chance that a
    check contradicts an assumption that holds, over all checks together.
    """

    weighting: UnitWeighting = UnitWeighting.TICKETS
    least_units: int = 4
    least_controls_of_few: int = 10
    least_periods: int = 3
    controls_per_unit: int = 2
    caliper: float = 1.0
    transition: int = 0
    confidence: float = 0.95
    doubt: float = 0.1

    def __post_init__(self) -> None:
        """Refuse what no evaluation can follow."""
        if self.least_units < 3:
            raise ValueError(
                f"The least number of units is {self.least_units}; their variation is not known from fewer than 3."
            )
        if self.least_controls_of_few < 5:
            raise ValueError(
                f"The least number of controls of few units is {self.least_controls_of_few}; it must be at least 5."
            )
        if self.least_periods < 2:
            raise ValueError(f"The least number of periods is {self.least_periods}; it must be at least 2.")
        if not 0.5 <= self.confidence < 1.0:
            raise ValueError(f"The confidence is {self.confidence}; it must be at least 0.5 and below 1, such as 0.95.")
