"""A panel without what all periods share: the effects of periods are estimated from the controls and taken out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from models.arrays import Floats, Ints, Mask
from models.comparison.change_rules import ChangeRules, UnitWeighting
from models.comparison.cluster_robust import ClusterEstimate, difference_of_means, few_against_many
from models.comparison.panel import Panel


@dataclass(frozen=True, slots=True)
class AdjustedPanel:
    """Treated units and controls of a panel, with residuals from the effects of periods.

    panel: with the used periods alone. treated, controls: positions. residual: shape (units, periods). least_treated: treated units
    from which on their own variation is used; fewer are taken to vary as the controls.
    """

    panel: Panel
    treated: Ints
    controls: Ints
    residual: Floats
    weighting: UnitWeighting
    least_treated: int

    def contrast(self, before: Mask, after: Mask) -> ClusterEstimate:
        """Return how much more the treated units changed between two sets of periods than the controls, by unit means."""
        first, first_tickets = self.means(self.residual, before)
        second, second_tickets = self.means(self.residual, after)
        # The variance of a difference of two means is inverse to this.
        both = first_tickets * second_tickets / np.maximum(first_tickets + second_tickets, 1e-300)
        return self.compare(second - first, both)

    def slopes(self, before: Mask) -> ClusterEstimate:
        """Return how much steeper the treated units rose within some periods than the controls, in one period."""
        return self.compare(*self._unit_slopes(before))

    def beyond_trends(self, before: Mask, after: Mask) -> ClusterEstimate:
        """Return how much more the treated units changed than the controls beyond what each unit's trend before would have made."""
        slope, spread = self._unit_slopes(before)
        first, _ = self.means(self.residual, before)
        second, _ = self.means(self.residual, after)
        time = np.broadcast_to(self.panel.periods.astype(np.float64), self.residual.shape)
        gap = self.means(time, after)[0] - self.means(time, before)[0]
        # The uncertainty of the slope is most of that of the difference.
        return self.compare(second - first - slope * gap, spread)

    def _unit_slopes(self, before: Mask) -> tuple[Floats, Floats]:
        """Return the slope of each unit within some periods, and its precision, shape (units,) each."""
        weights = self.panel.tickets[:, before]
        time = self.panel.periods[before].astype(np.float64)
        total = np.maximum(weights.sum(axis=1), 1e-300)
        centred = time[None, :] - ((weights * time).sum(axis=1) / total)[:, None]
        spread: Floats = (weights * centred**2).sum(axis=1)
        together = (weights * centred * self.residual[:, before]).sum(axis=1)
        return np.divide(together, spread, out=np.zeros(len(total)), where=spread > 0), spread

    def volume(self, before: Mask, after: Mask) -> ClusterEstimate:
        """Return how much more the logarithm of tickets in a period grew for the treated units than for the controls."""
        first = self.panel.tickets[:, before].sum(axis=1) / before.sum()
        second = self.panel.tickets[:, after].sum(axis=1) / after.sum()
        growth = np.log(np.maximum(second, 1e-9)) - np.log(np.maximum(first, 1e-9))
        return self.compare(growth, first * second / np.maximum(first + second, 1e-300))

    def compare(self, values: Floats, precision: Floats) -> ClusterEstimate:
        """Compare treated units with controls by a value of each, shape (units,); those without precision are left out."""
        weights = np.where(precision > 0, precision if self.weighting is UnitWeighting.TICKETS else 1.0, 0.0)
        one, other = self.treated[weights[self.treated] > 0], self.controls[weights[self.controls] > 0]
        estimate = difference_of_means if len(one) >= self.least_treated else few_against_many
        return estimate(values[one], values[other], weights[one], weights[other])

    def means(self, values: Floats, periods: Mask) -> tuple[Floats, Floats]:
        """Return the mean of each unit over some periods by its tickets, and the tickets, shape (units,) each."""
        tickets = self.panel.tickets[:, periods]
        total = tickets.sum(axis=1)
        return (tickets * values[:, periods]).sum(axis=1) / np.maximum(total, 1e-300), total


def take_out_periods(panel: Panel, treated: Ints, controls: Ints, rules: ChangeRules) -> AdjustedPanel:
    """Take the effects of periods, which the controls show, out of all units.

    The means of controls are fitted as effects of units and periods, weighted by tickets; the effects of periods are those of days on
    which all themes do better or worse. Periods without tickets of a control are left out.

    References
    ----------
    Borusyak, Jaravel and Spiess 2024, Review of Economic Studies 91 (imputation from units that are not treated).
    """
    used = panel.tickets[controls].sum(axis=0) > 0
    panel = Panel(panel.units, panel.periods[used], panel.tickets[:, used], panel.mean[:, used])
    tickets, mean = panel.tickets[controls], panel.mean[controls]
    n, periods = tickets.shape
    normal = np.zeros((n + periods, n + periods))
    normal[np.arange(n), np.arange(n)] = tickets.sum(axis=1)
    normal[n + np.arange(periods), n + np.arange(periods)] = tickets.sum(axis=0)
    normal[:n, n:], normal[n:, :n] = tickets, tickets.T
    totals = tickets * mean
    # Effects are known up to a constant, which every difference of periods removes.
    solution = np.linalg.pinv(normal, hermitian=True) @ np.concatenate([totals.sum(axis=1), totals.sum(axis=0)])
    residual = panel.mean - solution[n:][None, :]
    return AdjustedPanel(panel, treated, controls, residual, rules.weighting, rules.least_units)
