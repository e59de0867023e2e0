"""How well themes agree with labels, and alerts with what emerged."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Labels = NDArray[np.int64]

RIGHT_PURITY = 0.6


def agreement(labels: Labels, themes: Labels) -> dict[str, float]:
    """B-cubed F1 (Bagga and Baldwin 1998), adjusted mutual information, adjusted Rand index and IDF1.

    Both arrays have shape (n,); theme 0 is none, and such a text is a group by itself. IDF1 is the F1 of the best one-to-one
    matching of themes and labels (Ristani et al. 2016).
    """
    from scipy.optimize import linear_sum_assignment
    from sklearn.metrics import adjusted_mutual_info_score, adjusted_rand_score

    alone = np.where(themes == 0, -1 - np.arange(len(themes)), themes)
    _, true = np.unique(labels, return_inverse=True)
    _, found = np.unique(alone, return_inverse=True)
    pairs = Counter(zip(true.tolist(), found.tolist(), strict=True))
    true_sizes, found_sizes = np.bincount(true), np.bincount(found)
    recall = sum(n * n / true_sizes[a] for (a, _), n in pairs.items()) / len(labels)
    precision = sum(n * n / found_sizes[b] for (_, b), n in pairs.items()) / len(labels)
    themed = sorted({b for _, b in pairs if themes[np.flatnonzero(found == b)[0]] != 0})
    column_of = {b: column for column, b in enumerate(themed)}
    table = np.zeros((len(true_sizes), max(1, len(themed))))
    for (a, b), n in pairs.items():
        if b in column_of:
            table[a, column_of[b]] = n
    matched = table[linear_sum_assignment(-table)].sum()
    return {
        "b3_f1": 2 * precision * recall / (precision + recall),
        "b3_precision": precision,
        "b3_recall": recall,
        "ami": float(adjusted_mutual_info_score(true, found)),
        "ari": float(adjusted_rand_score(true, found)),
        "idf1": 2 * matched / (len(labels) + int((themes != 0).sum())),
    }


@dataclass(frozen=True, slots=True)
class Alert:
    """A new theme that was announced: how many texts had arrived by then, and which texts it contained."""

    seen: int
    members: Sequence[int]


def emergence(
    alerts: Sequence[Alert], arrived: Labels, times: NDArray[np.float64], onsets: Mapping[int, float]
) -> dict[str, Any]:
    """Score alerts: recall, delays, duplicates and false ones.

    Parameters
    ----------
    alerts : sequence of Alert
        In the order in which they were made; `members` are rows of `arrived`.
    arrived : array of shape (n,)
        Label of each text in the order of arrival.
    times : array of shape (n,)
        When each arrived.
    onsets : mapping
        Label to time of its onset, for what emerged.
    """
    delays: dict[int, int] = {}
    duplicates = false = 0
    for alert in alerts:
        label, count = Counter(arrived[list(alert.members)].tolist()).most_common(1)[0]
        pure = count >= RIGHT_PURITY * len(alert.members)
        if not pure or label not in onsets or times[alert.seen - 1] < onsets[label]:
            false += 1
        elif label in delays:
            duplicates += 1
        else:
            delays[label] = int((arrived[: alert.seen] == label).sum())
    return {
        "recall": len(delays) / max(1, len(onsets)),
        "delays": sorted(delays.values()),
        "duplicates": duplicates,
        "false": false,
    }
