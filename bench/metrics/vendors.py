"""Vendors of a known skill with case mixes of their own, and the figures that they would have on a common case mix."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from models.arrays import Floats, Ints
from models.comparison.cells import MeanCell, RateCell, TimeCell

USER_TYPES = ("buyer", "creator", "merchant")
PRIORITIES = ("high", "low", "normal")


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """A simulated comparison set.

    vendors, themes: their numbers. tickets: of all vendors together. spread: how far case mixes are from each other: standard
    deviations of the logarithms of their parts. base: rate of success of the usual stratum.
    """

    vendors: int = 6
    themes: int = 30
    tickets: int = 6_000
    spread: float = 0.3
    base: float = 0.9


@dataclass(frozen=True, slots=True)
class Simulated:
    """A draw: the strata, the tickets of each vendor, shape (vendors, strata), and the rate of each, of the same shape."""

    strata: list[tuple[str, ...]]
    tickets: Floats
    rates: Floats


def draw(setting: Setting, effects: Floats, generator: np.random.Generator) -> Simulated:
    """Draw case mixes, tickets and rates. effects: what each vendor adds to the logit of a success, shape (vendors,)."""
    strata = [
        (f"theme {theme:03d}", user, priority)
        for theme in range(setting.themes)
        for user in USER_TYPES
        for priority in PRIORITIES
    ]
    popular = generator.dirichlet(np.full(setting.themes, 0.7))
    users, priorities = generator.dirichlet(np.full(3, 2.0)), generator.dirichlet(np.full(3, 2.0))
    common = (popular[:, None, None] * users[None, :, None] * priorities[None, None, :]).ravel()
    own = _own_mixes(setting, generator)
    mixes = common[None, :] * own
    mixes /= mixes.sum(axis=1, keepdims=True)
    sizes = generator.dirichlet(np.full(setting.vendors, 3.0)) * setting.tickets
    tickets = np.stack([generator.multinomial(int(size), mix) for size, mix in zip(sizes, mixes, strict=True)])
    hardness = (
        generator.normal(0.0, 0.8, setting.themes)[:, None, None]
        + generator.normal(0.0, 0.5, 3)[None, :, None]
        + np.array([-1.2, 0.4, 0.0])[None, None, :]
        + generator.normal(0.0, 0.3, (setting.themes, 3, 3))
    ).ravel()
    logit = np.log(setting.base / (1.0 - setting.base)) + hardness[None, :] + effects[:, None]
    return Simulated(strata, tickets.astype(np.float64), 1.0 / (1.0 + np.exp(-logit)))


def _own_mixes(setting: Setting, generator: np.random.Generator) -> Floats:
    """Draw how much more of each stratum than usual each vendor gets, shape (vendors, strata)."""
    scale = setting.spread
    themes = np.exp(generator.normal(0.0, 3.0 * scale, (setting.vendors, setting.themes, 1, 1)))
    users = np.exp(generator.normal(0.0, 1.5 * scale, (setting.vendors, 1, 3, 1)))
    priorities = np.exp(generator.normal(0.0, 3.0 * scale, (setting.vendors, 1, 1, 3)))
    found: Floats = (themes * users * priorities).reshape(setting.vendors, -1)
    return found


def rate_cells(drawn: Simulated, generator: np.random.Generator) -> list[RateCell]:
    """Draw the successes of each vendor in each stratum."""
    successes = generator.binomial(drawn.tickets.astype(int), drawn.rates)
    return [
        RateCell(name(vendor), drawn.strata[at], int(drawn.tickets[vendor, at]), int(successes[vendor, at]))
        for vendor, at in np.argwhere(drawn.tickets > 0)
    ]


@dataclass(frozen=True, slots=True)
class DatedTickets:
    """Tickets one by one: vendor, position of the stratum, day, and whether it was a success; shape (tickets,) each."""

    vendor: Ints
    stratum: Ints
    day: Ints
    success: Ints

    def cells(self, strata: list[tuple[str, ...]]) -> list[RateCell]:
        """Count tickets and successes by vendor and stratum."""
        key = self.vendor * len(strata) + self.stratum
        tickets, hits = np.bincount(key), np.bincount(key, weights=self.success)
        return [
            RateCell(name(at // len(strata)), strata[at % len(strata)], int(tickets[at]), int(hits[at]))
            for at in np.flatnonzero(tickets)
        ]


def dated_tickets(drawn: Simulated, days: int, spread: float, generator: np.random.Generator) -> DatedTickets:
    """Draw tickets of some days, which add a normal amount of standard deviation `spread` to the logit of a vendor's successes."""
    cells = np.argwhere(drawn.tickets > 0)
    number = drawn.tickets[cells[:, 0], cells[:, 1]].astype(int)
    vendor, stratum = np.repeat(cells, number, axis=0).T
    day = generator.integers(0, days, len(vendor))
    rate = drawn.rates[vendor, stratum]
    logit = np.log(rate / (1.0 - rate)) + generator.normal(0.0, spread, (len(drawn.tickets), days))[vendor, day]
    success = generator.random(len(vendor)) < 1.0 / (1.0 + np.exp(-logit))
    return DatedTickets(vendor, stratum, day, success.astype(np.int64))


def mean_cells(drawn: Simulated, effects: Floats, generator: np.random.Generator) -> list[MeanCell]:
    """Draw costs: gamma with shape 2, whose mean grows as the rate of success falls."""
    cells = []
    for vendor, at in np.argwhere(drawn.tickets > 0):
        scale = 10.0 * (1.5 - drawn.rates[vendor, at]) * np.exp(effects[vendor]) / 2.0
        values = generator.gamma(2.0, scale, int(drawn.tickets[vendor, at]))
        cells.append(
            MeanCell(name(vendor), drawn.strata[at], len(values), float(values.sum()), float((values**2).sum()))
        )
    return cells


def time_cells(
    drawn: Simulated, effects: Floats, generator: np.random.Generator, horizon: float = 120.0
) -> list[TimeCell]:
    """Draw times until resolution in hours: lognormal, longer in hard strata; what takes longer than it is observed is still open."""
    cells = []
    for vendor, at in np.argwhere(drawn.tickets > 0):
        number = int(drawn.tickets[vendor, at])
        centre = np.log(12.0) + 2.0 * (0.9 - drawn.rates[vendor, at]) + effects[vendor]
        hours = generator.lognormal(centre, 1.0, number)
        seen = generator.uniform(0.0, 4.0 * horizon, number).clip(1.0, horizon)
        closed = hours <= seen
        times = np.maximum(np.round(np.minimum(hours, seen), 1), 0.1)
        cells.append(
            TimeCell(
                name(vendor), drawn.strata[at], tuple(times), tuple(closed.astype(int)), tuple(1 - closed.astype(int))
            )
        )
    return cells


def name(vendor: int) -> str:
    """Name a vendor."""
    return f"vendor {vendor:02d}"
