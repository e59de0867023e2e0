"""Precision of themes from few labels: a model of the confidence with an effect of each theme."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from models.arrays import Floats, Ints

BANDS = 12
"""Bands of confidence over all tickets: inside a band, confidences count as equal."""

DRAWS = 2000
"""Draws from the posterior; the error of a bound is about a tenth of the interval's standard deviation."""

_NODES = np.linspace(-4.5, 4.5, 61)
"""Effects of a theme, in standard deviations of all effects."""

_STEPS = np.linspace(-3.0, 3.0, 7)
"""Positions along each axis of the posterior of the three parameters, in standard deviations."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditLabel:
    """A labelled ticket: the theme that it is assigned to, the confidence of that, and whether the label says the same theme."""

    theme_id: int
    confidence: float
    correct: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ThemePrecision:
    """The share of a theme's tickets that belong to it, 0 to 1, with an interval of 95 %.

    `plain` is the share of its labelled tickets alone, None without one. `theme_id` is None for all themes together.
    """

    theme_id: int | None
    tickets: int
    labelled: int
    correct: int
    plain: float | None
    precision: float
    low: float
    high: float
    deviation: float


def estimate_precision(
    labels: Sequence[AuditLabel], confidences: Mapping[int, Floats], generator: np.random.Generator, draws: int = DRAWS
) -> list[ThemePrecision]:
    """Estimate the precision of each theme from the labels of all, and that of all tickets with a theme, which comes first.

    The chance that a ticket belongs to its theme is modelled as logit(p) = a + b * confidence + u, where u is the theme's
    effect, normal with standard deviation s. The three parameters have weakly informative priors (a: normal, 3; b: normal, 2, of
    the standardised confidence; s: half-normal, 1) and are integrated over a grid around their mode (Rue, Martino and Chopin 2009,
    JRSS B 71, 319 to 392). The precision is the mean over all tickets of the theme, whose confidences are known: the labelled ones
    count as labelled, the others by the model. A theme with few labels is drawn towards what others of the same confidence have, by
    as much as themes are alike (Fay and Herriot 1979; Rao and Molina 2015, "Small Area Estimation", chapter 9). Intervals cover
    95 % on average over themes (Morris 1983, JASA 78, 47 to 55).

    The tickets may have been chosen by theme and confidence in any way, since the model contains both, but not by what the labels say.

    Parameters
    ----------
    labels : labelled tickets of the themes in `confidences`; others are ignored
    confidences : for each theme, the confidence of each of its tickets, 0 to 1, shape (tickets,)
    generator : chance of the draws
    draws : number of draws from the posterior
    """
    themes = sorted(theme for theme, values in confidences.items() if len(values))
    if not themes:
        return []
    cells = _cells(labels, confidences, themes)
    probabilities = _draw_probabilities(cells, generator, draws)
    unlabelled = np.maximum(cells.tickets - cells.labelled, 0)
    totals = generator.binomial(unlabelled, probabilities).sum(axis=2) + cells.correct.sum(axis=1)
    known = unlabelled.sum(axis=1) + cells.labelled.sum(axis=1)
    smooth = (unlabelled * probabilities).sum(axis=2) + cells.correct.sum(axis=1)
    found = [_summary(None, cells, slice(None), totals.sum(axis=1) / known.sum(), smooth.sum(axis=1) / known.sum())]
    for index, theme in enumerate(themes):
        found.append(
            _summary(
                theme, cells, slice(index, index + 1), totals[:, index] / known[index], smooth[:, index] / known[index]
            )
        )
    return found


@dataclass(frozen=True, slots=True, eq=False)
class _Cells:
    """Counts by theme and band of confidence, each of shape (themes, bands), and the standardised confidence of each band."""

    position: Floats
    tickets: Ints
    labelled: Ints
    correct: Ints


def _cells(labels: Sequence[AuditLabel], confidences: Mapping[int, Floats], themes: list[int]) -> _Cells:
    everything = np.concatenate([confidences[theme] for theme in themes])
    edges = np.unique(np.quantile(everything, np.linspace(0.0, 1.0, BANDS + 1)[1:-1]))
    bands = len(edges) + 1
    sums = np.bincount(np.searchsorted(edges, everything), everything, bands)
    counts = np.bincount(np.searchsorted(edges, everything), minlength=bands)
    middles = np.where(counts > 0, sums / np.maximum(counts, 1), 0.0)
    spread = float(everything.std())
    position = (middles - everything.mean()) / spread if spread > 0.0 else np.zeros(bands)
    tickets = np.stack([np.bincount(np.searchsorted(edges, confidences[theme]), minlength=bands) for theme in themes])
    places = {theme: index for index, theme in enumerate(themes)}
    labelled, correct = np.zeros_like(tickets), np.zeros_like(tickets)
    for one in labels:
        if one.theme_id in places:
            cell = places[one.theme_id], int(np.searchsorted(edges, one.confidence))
            labelled[cell] += 1
            correct[cell] += one.correct
    return _Cells(position, tickets, labelled, correct)


def _log_likelihoods(cells: _Cells, parameters: Floats) -> Floats:
    """The log likelihood of the labels of each theme at each node of its effect: shape (themes, nodes)."""
    level, slope, log_scale = parameters
    logits = level + slope * cells.position[:, None] + np.exp(log_scale) * _NODES
    hits, misses = -np.logaddexp(0.0, -logits), -np.logaddexp(0.0, logits)
    return np.asarray(cells.correct @ hits + (cells.labelled - cells.correct) @ misses, np.float64)


def _log_posterior(cells: _Cells, parameters: Floats) -> float:
    level, slope, log_scale = parameters
    if not -7.0 < log_scale < 3.0:
        return -np.inf
    prior = -((level / 3.0) ** 2 + (slope / 2.0) ** 2 + np.exp(2.0 * log_scale)) / 2.0 + log_scale
    logs = _log_likelihoods(cells, parameters) + _node_logs()
    top = logs.max(axis=1, keepdims=True)
    return float(prior + (np.log(np.exp(logs - top).sum(axis=1)) + top[:, 0]).sum())


def _node_logs() -> Floats:
    logs = -(_NODES**2) / 2.0
    return np.asarray(logs - np.log(np.exp(logs).sum()))


def _grid(cells: _Cells) -> tuple[Floats, Floats]:
    """Points of the posterior of the parameters, shape (points, 3), and their weights."""
    from scipy.optimize import minimize

    def cost(parameters: Floats) -> float:
        value = _log_posterior(cells, parameters)
        return -value if np.isfinite(value) else 1e9

    mode = minimize(cost, np.array([1.0, 0.5, -0.5]), method="Nelder-Mead", options={"xatol": 1e-3, "fatol": 1e-4}).x
    values, axes = np.linalg.eigh(_curvature(cost, mode))
    spread = axes / np.sqrt(np.clip(values, 0.25, None))
    steps = np.stack(np.meshgrid(_STEPS, _STEPS, _STEPS, indexing="ij"), axis=-1).reshape(-1, 3)
    points = mode + steps @ spread.T
    logs = np.array([_log_posterior(cells, one) for one in points])
    weights = np.exp(logs - logs.max())
    return points, weights / weights.sum()


def _curvature(cost: Callable[[Floats], float], at: Floats, step: float = 0.05) -> Floats:
    """The matrix of second differences of a function of three parameters."""
    unit = np.eye(len(at)) * step
    found = np.empty((len(at), len(at)))
    for i, one in enumerate(unit):
        for j, other in enumerate(unit):
            around = cost(at + one + other) - cost(at + one - other) - cost(at - one + other) + cost(at - one - other)
            found[i, j] = around / (4.0 * step**2)
    return found


def _draw_probabilities(cells: _Cells, generator: np.random.Generator, draws: int) -> Floats:
    """Draw the chance that a ticket belongs to its theme, for each band: shape (draws, themes, bands)."""
    points, weights = _grid(cells)
    numbers = generator.multinomial(draws, weights)
    width = _NODES[1] - _NODES[0]
    found = []
    for point, number in zip(points, numbers, strict=True):
        if not number:
            continue
        logs = _log_likelihoods(cells, point) + _node_logs()
        shares = np.exp(logs - logs.max(axis=1, keepdims=True)).cumsum(axis=1)
        chance = generator.random((number, len(shares), 1)) * shares[:, -1, None]
        nodes = _NODES[(chance > shares).sum(axis=2).clip(max=len(_NODES) - 1)]
        nodes = nodes + (generator.random(nodes.shape) - 0.5) * width
        logits = point[0] + point[1] * cells.position + np.exp(point[2]) * nodes[:, :, None]
        found.append(np.exp(-np.logaddexp(0.0, -logits)))
    return np.concatenate(found)


def _summary(theme: int | None, cells: _Cells, rows: slice, drawn: Floats, smooth: Floats) -> ThemePrecision:
    labelled, correct = int(cells.labelled[rows].sum()), int(cells.correct[rows].sum())
    low, high = (float(one) for one in np.quantile(drawn, (0.025, 0.975)))
    return ThemePrecision(
        theme_id=theme, tickets=int(cells.tickets[rows].sum()), labelled=labelled, correct=correct,
        plain=correct / labelled if labelled else None, precision=float(smooth.mean()), low=low, high=high,
        deviation=float(drawn.std()),
    )  # fmt: skip
