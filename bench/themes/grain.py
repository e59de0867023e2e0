"""Compares the number of themes found with the number of intents on many development corpora.

usage: python -m bench.themes.grain [--only NAME] [--held-out]

The corpora (`bench.themes.varied`) have 450 to 25,000 texts of 11 to 147 intents, written, spoken and long, balanced and
skewed, with and without texts of no intent; --held-out draws others, which no setting was chosen on. For each corpus the
table has the themes for each intent that the grouping finds (`ratio`), its accuracy, and the best accuracy of ten
resolutions of the same graph (four of a large one). `ratio_left_out` is the ratio with a criterion whose three constants
are fitted without the corpus: the mean and the standard deviation of the labels' cohesion over the other corpora, and the
tolerance of the margin that brings the ratios of the others closest to 1. `ratio_by_margin` is that of the margin alone,
where a resolution counts e times less for each twentieth that its margin is below the largest.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.result import save
from bench.themes.data import NOISE, Corpus
from bench.themes.offline import accuracy
from bench.themes.varied import held_out, recipes
from models.themes.grouping.consensus import louvain
from models.themes.grouping.groups import consensus_groups, graph_views, mean_graph
from models.themes.grouping.lexical import lexical_vectors
from models.themes.grouping.resolution import (
    RESOLUTIONS,
    Separation,
    resolution_weights,
    separation,
    weighted_resolution,
)
from models.themes.window.centering import on_grid, unit

Labels = NDArray[np.int64]
_SMALLEST = 5
_TOLERANCES = (0.1, 0.15, 0.2, 0.3)
_LARGE = 5000
_CUTS, _FEW_CUTS = range(0, 19, 2), range(2, 14, 3)
"""Resolutions at which a corpus is cut, and a large one."""


@dataclass(frozen=True, slots=True)
class Scan:
    """A corpus at all resolutions: separations, and at some resolutions (`cut`) the ratio and accuracy of the consensus."""

    separations: list[Separation]
    cut: list[int]
    ratios: list[float]
    accuracies: list[float]
    cohesion: float

    def ratio(self, resolution: float) -> float:
        """Ratio at a resolution, interpolated."""
        logs = np.interp(np.log(resolution), np.log(RESOLUTIONS[self.cut]), np.log(np.maximum(self.ratios, 1e-3)))
        return float(np.exp(logs))


def measure(corpus: Corpus) -> tuple[dict[str, Any], Scan]:
    """Group a corpus as the product does, and at many resolutions; texts that are equal count once."""
    corpus = corpus.take(np.sort(np.unique(corpus.vectors, axis=0, return_index=True)[1]))
    centred = on_grid(corpus.vectors - corpus.vectors.mean(axis=0, dtype=np.float64))
    rows = unit(centred)
    graphs, _ = graph_views(on_grid(rows), lexical_vectors(corpus.texts))
    nobody = np.full(len(corpus), -1, np.int64)
    graph = mean_graph(graphs)
    separations = [separation(rows, louvain(graph, resolution, 0)) for resolution in RESOLUTIONS.tolist()]
    resolution = weighted_resolution(resolution_weights(separations))
    found = consensus_groups(graphs, resolution, nobody, _SMALLEST)
    cut = list(_CUTS if len(corpus) < _LARGE else _FEW_CUTS)
    groups = [consensus_groups(graphs, RESOLUTIONS[one], nobody, _SMALLEST) for one in cut]
    accuracies = [accuracy(*_labelled(corpus, one)) for one in groups]
    ratio, right = _ratio(corpus, found), accuracy(*_labelled(corpus, found))
    record = {
        "texts": len(corpus), "intents": _intents(corpus), "ratio": round(ratio, 2), "accuracy": round(right, 3),
        "best_accuracy": round(max(right, *accuracies), 3),
    }  # fmt: skip
    labels = np.unique(corpus.labels, return_inverse=True)[1].ravel()
    labelled = np.array(corpus.labels) != NOISE
    scan = Scan(separations, cut, [_ratio(corpus, one) for one in groups], accuracies,
                separation(rows[labelled], labels[labelled]).cohesion)  # fmt: skip
    return record, scan


def _labelled(corpus: Corpus, found: Labels) -> tuple[list[str], Labels]:
    rows = [row for row, label in enumerate(corpus.labels) if label != NOISE]
    return [corpus.labels[row] for row in rows], found[rows]


def _intents(corpus: Corpus) -> int:
    """Intents of at least as many texts as a theme has."""
    count = np.unique([label for label in corpus.labels if label != NOISE], return_counts=True)[1]
    return int((count >= _SMALLEST).sum())


def _ratio(corpus: Corpus, found: Labels) -> float:
    """Themes of which at least half the texts have an intent, for each intent."""
    size = np.bincount(found[found >= 0])
    labelled = np.array(corpus.labels) != NOISE
    share = np.bincount(found[(found >= 0) & labelled], minlength=len(size)) / np.maximum(size, 1)
    return float(((size >= _SMALLEST) & (share >= 0.5)).sum()) / _intents(corpus)


def left_out(scans: dict[str, Scan]) -> dict[str, float]:
    """Ratio of each corpus with constants that are fitted to the others."""
    return {name: _with_constants(one, *_fit([s for other, s in scans.items() if other != name]))
            for name, one in scans.items()}  # fmt: skip


def by_margin(scan: Scan) -> float:
    """Ratio where a resolution counts e times less for each twentieth that its margin is below the largest."""
    margin = np.array([one.margin for one in scan.separations])
    return scan.ratio(weighted_resolution(np.exp((margin / margin.max() - 1.0) / 0.05)))


def _fit(scans: list[Scan]) -> tuple[float, float, float]:
    """Position and scale of the cohesion and tolerance of the margin."""
    cohesion = np.array([scan.cohesion for scan in scans])
    position, scale = float(cohesion.mean()), float(cohesion.std())

    def error(tolerance: float) -> float:
        return float(sum(np.log(_with_constants(scan, position, scale, tolerance)) ** 2 for scan in scans))

    return position, scale, min(_TOLERANCES, key=error)


def _with_constants(scan: Scan, position: float, scale: float, tolerance: float) -> float:
    weights = resolution_weights(scan.separations, cohesion=position, scale=scale, tolerance=tolerance)
    return scan.ratio(weighted_resolution(weights))


def main() -> None:
    """Measure all corpora, print and save."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default="")
    parser.add_argument("--held-out", action="store_true")
    options = parser.parse_args()
    results: dict[str, Any] = {}
    scans: dict[str, Scan] = {}
    for name, make in (held_out() if options.held_out else recipes()).items():
        if options.only in name:
            results[name], scans[name] = measure(make())
            print(f"{name:32} {results[name]}", flush=True)
    if len(scans) > 1:
        for name, ratio in left_out(scans).items():
            results[name] |= {"ratio_left_out": round(ratio, 2), "ratio_by_margin": round(by_margin(scans[name]), 2)}
    ratios = [record["ratio"] for record in results.values()]
    lost = [record["best_accuracy"] - record["accuracy"] for record in results.values()]
    summary: dict[str, Any] = {
        "corpora": len(results), "smallest_ratio": min(ratios), "largest_ratio": max(ratios),
        **{f"within_0.7_to_1.4_{key}": sum(0.7 <= record.get(key, 0) <= 1.4 for record in results.values())
           for key in ("ratio", "ratio_left_out", "ratio_by_margin")},
        "accuracy_lost": round(float(np.mean(lost)), 3),
    }  # fmt: skip
    if len(scans) > 1:
        summary["constants_of_all"] = [round(one, 3) for one in _fit(list(scans.values()))]
    print(summary)
    if not options.only:
        save("themes_grain_held_out" if options.held_out else "themes_grain", {**summary, **results})


if __name__ == "__main__":
    main()
