"""Rules of a comparison: how strata are put together, what is too small, and how certain a statement must be."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparisonRules:
    """Rules of a comparison on the same case mix; every default works.

    dimensions: names of the parts of a stratum, from the coarsest. Sparse strata are put together from the right: theme x user type x
    priority, then theme x user type, then theme.
    least_cell: tickets that each compared group needs in a stratum, at least 1; below it the stratum is put together with others.
    least_group: tickets of a group, below which it is not compared.
    least_effective, least_events: what an adjusted figure needs to be judged: its effective sample size, and for a rate the expected
    tickets with and without success in a sample of that size.
    confidence: of intervals and statements, 0.5 to 1 (exclusive).
    design_effect: how many times tickets that depend on each other, as those of one agent, enlarge the variance; at least 1.
    day_correlation, days: intraclass correlation of the tickets that a group gets on one day, 0 to 1, and over how many days they are
    spread: the variance of a figure that is worth n tickets is 1 + day_correlation n / days times as large.
    replicates: of the bootstrap of medians, at least 99.
    """

    dimensions: tuple[str, ...] = ("theme", "user_type", "priority")
    least_cell: int = 5
    least_group: int = 30
    least_effective: float = 30.0
    least_events: float = 5.0
    confidence: float = 0.95
    design_effect: float = 1.0
    day_correlation: float = 0.0
    days: int = 1
    replicates: int = 999

    def __post_init__(self) -> None:
        """Refuse what no comparison can follow."""
        if not self.dimensions:
            raise ValueError("A comparison got no dimensions; name at least one, such as theme.")
        if self.least_cell < 1:
            raise ValueError(f"The least number of tickets in a stratum is {self.least_cell}; it must be at least 1.")
        if not 0.5 <= self.confidence < 1.0:
            raise ValueError(f"The confidence is {self.confidence}; it must be at least 0.5 and below 1, such as 0.95.")
        if self.design_effect < 1.0:
            raise ValueError(
                f"The design effect is {self.design_effect}; it must be at least 1, for independent tickets."
            )
        if not 0.0 <= self.day_correlation <= 1.0 or self.days < 1:
            raise ValueError(
                f"The correlation of days is {self.day_correlation} over {self.days} days; it must be 0 to 1, over at least one day."
            )
        if self.replicates < 99:
            raise ValueError(f"The bootstrap has {self.replicates} replicates; it needs at least 99.")
