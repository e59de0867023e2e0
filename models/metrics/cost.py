"""Costs: what handling a ticket costs, by who handled it and how often they answered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from models.arrays import Floats
from models.metrics.columns import HandlingColumns


@dataclass(frozen=True, slots=True)
class HandlerCost:
    """What one handler costs, in the currency of the table: for each ticket, and for each public answer."""

    per_ticket: float = 0.0
    per_reply: float = 0.0

    def __post_init__(self) -> None:
        for name in ("per_ticket", "per_reply"):
            value = getattr(self, name)
            if not 0 <= value < float("inf"):
                raise ValueError(f"received {name} = {value}; valid is a cost of 0 or more")


@dataclass(frozen=True, slots=True)
class CostTable:
    """Costs by handler; `vendors` win over `handlers` for a ticket that this vendor handled last.

    Parameters
    ----------
    currency: code of the currency, such as EUR.
    handlers: by `ai`, `human`, `vendor`; others cost nothing.
    vendors: by the vendor's name.
    """

    currency: str
    handlers: Mapping[str, HandlerCost]
    vendors: Mapping[str, HandlerCost]

    def of(self, tickets: HandlingColumns) -> Floats:
        """Return the cost of each ticket, shape (n,), in the table's currency.

        A ticket costs what its last handler costs; answers of machines cost AI's answer, those of persons the last handler's.
        """
        ai = self.handlers.get("ai", HandlerCost())
        cost = np.zeros(len(tickets))
        human = tickets.counts["human_replies"]
        machine = tickets.counts["replies"] - human
        pairs = zip(tickets.names["handled_by"], tickets.names["vendor"], strict=True)
        for place, (handler, vendor) in enumerate(pairs):
            found = self.vendors.get(vendor) or self.handlers.get(handler, HandlerCost())
            cost[place] = found.per_ticket + found.per_reply * human[place] + ai.per_reply * machine[place]
        return cost
