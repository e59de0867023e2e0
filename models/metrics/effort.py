"""Effort: what the tickets of each theme cost, how much of all effort that is, and how few themes hold most of it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from models.arrays import Floats
from models.metrics.case_sums import CaseSums
from models.metrics.cost import CostTable, HandlerCost

FEW_TICKETS = 30
"""Below so many tickets a theme's means are marked as too small to judge."""


class EffortMeasure(StrEnum):
    """What effort is counted in; the values are those of `?measure=`."""

    COST = "cost"
    HUMAN_REPLIES = "human_replies"
    HANDLING_TIME = "handling_time"
    TRANSFERS = "transfers"


EFFORT_TITLES = {
    EffortMeasure.COST: "Cost",
    EffortMeasure.HUMAN_REPLIES: "Answers of persons",
    EffortMeasure.HANDLING_TIME: "Handling time",
    EffortMeasure.TRANSFERS: "Transfers",
}
"""How pages name the measures."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ThemeEffort:
    """What the tickets of a theme that were created in a period took so far.

    Parameters
    ----------
    theme: its number as text; "" for tickets without one.
    tickets: created in the period and not removed. few: fewer than `FEW_TICKETS`.
    share: of all tickets, 0 to 1.
    effort: in the measure; the cost in the table's currency, the handling time in seconds, else a number.
    per_ticket: effort by ticket; None without tickets. Of the handling time it is the mean of those that are solved.
    effort_share: of the effort of all themes, 0 to 1; None where there is none at all.
    reached: share of all effort that this theme and all that take more have, 0 to 1 (Pareto).
    cost: of the tickets, in the currency of the table; None without a table.
    replies, human_replies, transfers, escalated: of the tickets, so far.
    handling_seconds: mean time in which a solved ticket was open and waited neither for the requester nor for a third party; None where
        none is solved.
    """

    theme: str
    tickets: int
    few: bool
    share: float
    effort: float
    per_ticket: float | None
    effort_share: float | None
    reached: float | None
    cost: float | None
    replies: int
    human_replies: int
    transfers: int
    escalated: int
    handling_seconds: float | None

    @property
    def weight(self) -> float | None:
        """How many times the theme's share of effort is its share of tickets; None without both."""
        return self.effort_share / self.share if self.effort_share is not None and self.share else None


@dataclass(frozen=True, slots=True)
class RankedEfforts:
    """Effort by theme.

    Parameters
    ----------
    themes: sums by theme. measure: what effort is counted in. efforts: of each theme, shape (themes,).
    costs: of each theme, shape (themes,); None without a table of costs.
    """

    themes: CaseSums
    measure: EffortMeasure
    efforts: Floats
    costs: Floats | None

    def listed(self, limit: int | None = None, only: Collection[str] | None = None) -> list[ThemeEffort]:
        """Return the themes that have tickets, those that take most first: `limit` of them, `only` some. Shares are of all themes."""
        created, keys = self.themes.count("created"), self.themes.keys
        order = np.lexsort((np.array([key.theme for key in keys], dtype=np.str_), -created, -self.efforts))
        reached, tickets = np.cumsum(self.efforts[order]), int(created.sum())
        total = float(reached[-1]) if len(order) else 0.0
        chosen = [
            (at, place)
            for place, at in enumerate(order.tolist())
            if created[at] and (only is None or keys[at].theme in only)
        ][:limit]
        records = self.themes.at([at for at, _ in chosen]).records()
        return [
            self._effort(at, one, float(reached[place]), total, tickets)
            for (at, place), one in zip(chosen, records, strict=True)
        ]

    def themes_with(self, share: float) -> int | None:
        """Return how few themes have a share (0 to 1) of the effort of all tickets with a theme; None where there is no effort."""
        efforts = self._of_themes()
        total = efforts.sum()
        return int(np.searchsorted(np.cumsum(efforts), share * total * (1 - 1e-12))) + 1 if total else None

    def shares_reached(self, points: int) -> list[tuple[float, float]]:
        """Return the curve of Pareto as (share of themes, share of their effort), from (0, 0) to (1, 1), in about so many points."""
        efforts = self._of_themes()
        if not efforts.sum():
            return []
        reached = np.cumsum(efforts) / efforts.sum()
        # Dense at the beginning, where the curve is steep.
        at = np.unique(np.ceil(np.linspace(0.0, 1.0, points + 1)[1:] ** 3 * len(reached)).astype(np.int64))
        return [(0.0, 0.0), *((float(one) / len(reached), float(reached[one - 1])) for one in at.tolist())]

    def _of_themes(self) -> Floats:
        """Return the efforts of all groups that have a theme, descending."""
        has_theme = np.array([bool(key.theme) for key in self.themes.keys], dtype=np.bool_)
        found: Floats = -np.sort(-self.efforts[has_theme & (self.themes.count("created") > 0)])
        return found

    def _effort(self, at: int, one: Mapping[str, int], reached: float, total: float, tickets: int) -> ThemeEffort:
        took, solved, created = float(self.efforts[at]), one["handled"], one["created"]
        number = solved if self.measure is EffortMeasure.HANDLING_TIME else created
        return ThemeEffort(
            theme=self.themes.keys[at].theme, tickets=created, few=created < FEW_TICKETS, share=created / tickets, effort=took,
            per_ticket=took / number if number else None, effort_share=took / total if total else None,
            reached=min(reached / total, 1.0) if total else None, cost=None if self.costs is None else float(self.costs[at]),
            replies=one["replies"], human_replies=one["human_replies"], transfers=one["transfers"], escalated=one["escalated"],
            handling_seconds=one["handled_seconds"] / solved if solved else None,
        )  # fmt: skip


def rank_efforts(
    sums: CaseSums, measure: EffortMeasure, costs: CostTable | None = None, priced: CaseSums | None = None
) -> RankedEfforts:
    """Return the effort of themes. Raises ValueError for a cost without a table of costs.

    Parameters
    ----------
    sums: those of `FOR_EFFORT`.
    priced: those of `FOR_COST` by vendor, where `sums` are not divided by vendor.
    """
    if measure is EffortMeasure.COST and costs is None:
        raise ValueError("received the measure cost without a table of costs; valid are the other measures")
    themes = sums.by_theme()
    cost = None if costs is None else _by_theme(priced or sums, [key.theme for key in themes.keys], costs)
    if measure is EffortMeasure.COST and cost is not None:
        return RankedEfforts(themes, measure, cost, cost)
    return RankedEfforts(themes, measure, themes.count(_NAMES[measure]).astype(np.float64), cost)


def costs_of(sums: CaseSums, costs: CostTable) -> Floats:
    """Return the cost of each group of tickets, as `CostTable.of` has it for each ticket, shape (g,)."""
    ai = costs.handlers.get("ai", HandlerCost())
    prices = [costs.vendors.get(key.vendor) or costs.handlers.get(key.handler, HandlerCost()) for key in sums.keys]
    per_ticket = np.array([price.per_ticket for price in prices], dtype=np.float64)
    per_reply = np.array([price.per_reply for price in prices], dtype=np.float64)
    human = sums.count("human_replies")
    found: Floats = per_ticket * sums.count("created") + per_reply * human
    return found + ai.per_reply * (sums.count("replies") - human)


def _by_theme(sums: CaseSums, themes: Sequence[str], costs: CostTable) -> Floats:
    place = {theme: at for at, theme in enumerate(themes)}
    at = np.array([place[key.theme] for key in sums.keys], dtype=np.int64)
    return np.bincount(at, costs_of(sums, costs), len(themes)).astype(np.float64)


_NAMES = {
    EffortMeasure.HUMAN_REPLIES: "human_replies", EffortMeasure.HANDLING_TIME: "handled_seconds", EffortMeasure.TRANSFERS: "transfers",
}  # fmt: skip
