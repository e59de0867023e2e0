"""Groups complete corpora, the number of themes unknown, and compares the groups with labels and with two baselines.

usage: python -m bench.themes.offline

One configuration for all: BANKING77, its test texts, random intents of it, its test texts with texts that belong
nowhere, and the insurance turns. The baselines, EVoC and average linkage with the threshold of the best silhouette,
run on the insurance turns; EVoC is in the bench group.
"""

from __future__ import annotations

import time
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.result import save
from bench.themes.agreement import agreement
from bench.themes.data import NOISE, Corpus, banking77, insurance, out_of_scope
from models.themes.grouping.groups import theme_groups
from models.themes.grouping.lexical import lexical_vectors

Labels = NDArray[np.int64]


def figures_of(corpus: Corpus, found: Labels) -> dict[str, Any]:
    """Agreement with the labels, themes found (those of five texts and more) and true, share without a theme."""
    labels = {str(row): label for row, label in enumerate(corpus.labels) if label != NOISE}
    themes = {str(row): int(theme) if theme >= 0 else None for row, theme in enumerate(found.tolist())}
    results = agreement(labels, themes)
    count, true = int((np.bincount(found[found >= 0], minlength=1) >= 5).sum()), len(set(labels.values()))
    return {
        "texts": len(corpus), "true": true, "themes": count, "ratio": round(count / true, 2),
        "b3": round(results.f1, 3), "ami": round(results.ami, 3), "ari": round(results.ari, 3),
        "accuracy": round(accuracy(corpus.labels, found), 3), "unthemed": round(float((found < 0).mean()), 3),
    }  # fmt: skip


def accuracy(labels: list[str], found: Labels) -> float:
    """Share of texts whose theme is matched with their label, by the best one-to-one matching (Kuhn 1955)."""
    from scipy.optimize import linear_sum_assignment

    truth = np.unique(labels, return_inverse=True)[1].ravel()
    table = np.zeros((int(found.max(initial=0)) + 1, int(truth.max()) + 1))
    there = found >= 0
    np.add.at(table, (found[there], truth[there]), 1)
    rows, columns = linear_sum_assignment(-table)
    return float(table[rows, columns].sum() / len(truth))


def grouped(corpus: Corpus) -> Labels:
    """Our grouping, with the words of the texts."""
    return theme_groups(corpus.vectors, lexical=lexical_vectors(corpus.texts))


def average_linkage(corpus: Corpus) -> Labels:
    """Average linkage of cosines, cut where the silhouette is largest among 5 to 60 groups."""
    from scipy.cluster.hierarchy import fcluster, linkage
    from sklearn.metrics import silhouette_score

    tree = linkage(corpus.vectors.astype(np.float64), "average", metric="cosine")
    cuts = [fcluster(tree, count, "maxclust") for count in range(5, 61)]
    best = max(cuts, key=lambda cut: float(silhouette_score(corpus.vectors, cut, metric="cosine")))
    return np.asarray(best - 1, np.int64)


def evoc(corpus: Corpus) -> Labels | None:
    """EVoC with its defaults, or None where it is not installed."""
    try:
        from evoc import EVoC
    except ImportError:
        return None
    np.random.seed(0)  # noqa: NPY002 - EVoC draws from the global generator
    return np.asarray(EVoC().fit_predict(corpus.vectors), np.int64)


def corpora() -> dict[str, Corpus]:
    """All corpora by name."""
    everything, test = banking77(), banking77("test")
    names = sorted(set(everything.labels))
    found = {"all": everything, "test": test}
    for count, seeds in ((10, 2), (20, 5), (40, 5)):
        for seed in range(seeds):
            chosen = np.random.default_rng(1000 * count + seed).choice(len(names), count, replace=False)
            found[f"{count} intents, seed {seed}"] = everything.with_labels([names[row] for row in chosen])
    return {**found, "test with noise": test + out_of_scope(), "insurance": insurance()}


def main() -> None:
    """Group, score, print, save."""
    results: dict[str, Any] = {}
    for name, corpus in corpora().items():
        begun = time.perf_counter()
        results[name] = figures_of(corpus, grouped(corpus))
        results[name]["seconds"] = round(time.perf_counter() - begun, 1)
        print(f"{name:22} {results[name]}", flush=True)
    turns = insurance()
    for name, baseline in (("EVoC", evoc), ("average linkage", average_linkage)):
        found = baseline(turns)
        results[f"insurance, {name}"] = "not installed" if found is None else figures_of(turns, found)
    save("themes_offline", results)


if __name__ == "__main__":
    main()
