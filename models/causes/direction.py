"""Direction: whether too many tickets are explained or too few; the rest of the search is the same."""

from __future__ import annotations

from typing import Protocol

import numpy as np

from models.arrays import Floats, Mask

_ROUNDS = 30
_LEAST_LEFT = 1e-6


class Direction(Protocol):
    """How causes change the number of tickets where they hold.

    sign: 1 where they add tickets, -1 where they remove them. subject: what is to be explained, in words; onset: what
    began, in words.
    """

    @property
    def sign(self) -> float:
        """1 or -1."""

    @property
    def subject(self) -> str:
        """What is to be explained."""

    @property
    def onset(self) -> str:
        """What began."""

    def fit(self, observed: Floats, expected: Floats, inside: Mask) -> Floats:
        """Estimate the maximum-likelihood factors of each set's members, shape (sets, members).

        observed, expected: shape (sets, cells). inside: which members contain each cell, shape (cells, members).
        """

    def multiplier(self, factor: Floats, inside: Mask) -> Floats:
        """Return the factor on each cell's expectation, shape (sets, cells)."""

    def alone(self, factor: Floats) -> Floats:
        """Return the share of its usual tickets that each member adds by itself, below 0 where it removes them."""


class Rise:
    """Causes that add tickets independently: a cell's mean is `expected (1 + sum of its members' factors)`."""

    sign, subject, onset = 1.0, "the excess", "the rise"

    def fit(self, observed: Floats, expected: Floats, inside: Mask) -> Floats:
        """Estimate factors, 0 or more, of the Poisson likelihood by expectation and maximisation."""
        member = inside.astype(np.float64)
        base = expected @ member
        factor = np.maximum(observed @ member / base - 1.0, 1e-3)
        for _ in range(_ROUNDS):
            mean = 1.0 + factor @ member.T
            factor = factor * ((observed / mean) @ member) / base
        return factor

    def multiplier(self, factor: Floats, inside: Mask) -> Floats:
        """Return 1 plus the sum of a cell's factors."""
        return np.asarray(1.0 + factor @ inside.T)

    def alone(self, factor: Floats) -> Floats:
        """Return the factor itself."""
        return factor


class Fall:
    """Causes that remove tickets, one after the other: a cell's mean is `expected x product of its members' factors`."""

    sign, subject, onset = -1.0, "what is missing", "the silence"

    def fit(self, observed: Floats, expected: Floats, inside: Mask) -> Floats:
        """Estimate the shares that are left, 0 to 1, of the Poisson likelihood by iterative proportional fitting."""
        member = inside.astype(np.float64)
        seen, factor = observed @ member, np.ones((len(observed), inside.shape[1]))
        for _ in range(_ROUNDS):
            for at in range(inside.shape[1]):
                factor[:, at] = 1.0
                usual = (expected * self.multiplier(factor, inside)) @ member[:, at]
                factor[:, at] = np.clip(seen[:, at] / np.maximum(usual, 1e-12), _LEAST_LEFT, 1.0)
        return factor

    def multiplier(self, factor: Floats, inside: Mask) -> Floats:
        """Return the product of a cell's factors."""
        return np.asarray(np.exp(np.log(factor) @ inside.T))

    def alone(self, factor: Floats) -> Floats:
        """Return what is left, less 1."""
        return np.asarray(factor - 1.0)


RISE: Direction = Rise()
FALL: Direction = Fall()
