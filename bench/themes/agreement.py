"""Agreement of themes with labels that people gave, for benchmarks and tests."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Mapping
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, slots=True)
class Agreement:
    """Measures over the same tickets, unthemed ones as singletons.

    `precision`, `recall`, `f1` in (0, 1]: B-cubed (Bagga and Baldwin 1998): for each ticket the share of its
    theme with its label, the share of its label in its theme, and the harmonic mean of the two averages.
    `ami`: adjusted mutual information (Vinh, Epps and Bailey 2010). `ari`: adjusted Rand index (Hubert and
    Arabie 1985). The last two are 1 for full agreement and about 0 for chance.
    """

    tickets: int
    precision: float
    recall: float
    f1: float
    ami: float
    ari: float


def agreement(labels: Mapping[str, Hashable], themes: Mapping[str, int | None]) -> Agreement:
    """Compare themes with labels, over the labelled tickets.

    Parameters
    ----------
    labels : mapping of ticket id to label
        The tickets to count; leave out those whose label is noise.
    themes : mapping of ticket id to theme
        None or absent for unthemed tickets.

    Raises
    ------
    ValueError
        No ticket is labelled.
    """
    from sklearn.metrics import adjusted_mutual_info_score, adjusted_rand_score

    if not labels:
        raise ValueError("no labelled ticket was given; agreement needs at least one")
    truth = _numbered([labels[ticket] for ticket in labels])
    found = _numbered([_theme_or_own(ticket, themes.get(ticket)) for ticket in labels])
    count = len(labels)
    per_theme, per_label = np.bincount(found), np.bincount(truth)
    cells = Counter(zip(found, truth, strict=True)).items()
    precision = sum(n * n / int(per_theme[theme]) for (theme, _), n in cells) / count
    recall = sum(n * n / int(per_label[label]) for (_, label), n in cells) / count
    return Agreement(
        tickets=count,
        precision=precision,
        recall=recall,
        f1=2 * precision * recall / (precision + recall),
        ami=float(adjusted_mutual_info_score(truth, found)),
        ari=float(adjusted_rand_score(truth, found)),
    )


def _theme_or_own(ticket: str, theme: int | None) -> Hashable:
    return ("unthemed", ticket) if theme is None else theme


def _numbered(values: list[Hashable]) -> list[int]:
    numbers: dict[Hashable, int] = {}
    return [numbers.setdefault(value, len(numbers)) for value in values]
