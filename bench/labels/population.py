"""Simulated tickets whose true themes are known: 20 themes of unequal size and precision, and unthemed tickets."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from models.arrays import Floats, Ints
from models.labelling.queue import QueueCandidate

THEMES = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulatedWorld:
    """How precision arises: logit = level + slope * standardised confidence + theme effect, normal with deviation `spread`.

    `stepped` replaces the straight line by a step at a confidence of 0.6, which the estimator's model does not contain.
    """

    level: float = 2.0
    slope: float = 1.0
    spread: float = 0.5
    stepped: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class SimulatedTickets:
    """Tickets with the theme that they are assigned to and the true one (0: none), and the confidence of the assignment."""

    assigned: Ints
    true: Ints
    confidence: Floats

    def candidates(self) -> list[QueueCandidate]:
        """The tickets as a queue takes them; a ticket's id is its position."""
        return [
            QueueCandidate(ticket_id=f"{number:07}", theme_id=int(theme) or None, confidence=float(confidence))
            for number, (theme, confidence) in enumerate(zip(self.assigned, self.confidence, strict=True))
        ]

    def precision(self) -> Floats:
        """The true precision of each theme."""
        return np.array([np.mean(self.true[self.assigned == theme] == theme) for theme in range(1, THEMES + 1)])

    def coverage(self) -> Floats:
        """The true coverage of each theme."""
        return np.array([np.mean(self.assigned[self.true == theme] == theme) for theme in range(1, THEMES + 1)])


def simulate_tickets(world: SimulatedWorld, chance: np.random.Generator) -> SimulatedTickets:
    """Draw about 10,000 tickets: a wrong one belongs to another theme or, like two thirds of the unthemed, to none."""
    sizes = np.round(np.exp(chance.normal(6.0, 0.7, THEMES))).astype(np.int64) + 50
    assigned = np.concatenate([np.repeat(np.arange(1, THEMES + 1), sizes), np.zeros(sizes.sum() // 4, np.int64)])
    middles = np.concatenate([[-0.5], chance.normal(1.2, 0.5, THEMES)])
    confidence = 1.0 / (1.0 + np.exp(-(middles[assigned] + chance.normal(0.0, 1.2, len(assigned)))))
    position = np.where(confidence < 0.6, -1.5, 0.6) if world.stepped else (confidence - 0.72) / 0.2
    effects = chance.normal(0.0, world.spread, THEMES + 1)
    right = chance.random(len(assigned)) < 1.0 / (
        1.0 + np.exp(-(world.level + world.slope * position + effects[assigned]))
    )
    other = (assigned + chance.integers(1, THEMES, len(assigned)) - 1) % THEMES + 1
    other[(assigned == 0) & (chance.random(len(assigned)) < 2 / 3)] = 0
    other[(assigned > 0) & (chance.random(len(assigned)) < 0.5)] = 0
    true = np.where(right & (assigned > 0), assigned, other)
    return SimulatedTickets(assigned, true, confidence)
