"""The benefit of labels: quality on unlabelled texts by the number of labelled ones.

usage: python -m bench.themes.labels [--seeds 3] [--part test]

Labels are drawn at random. A map of the embedding is learned from them, and they join or separate texts in the graph; only
texts without a label are measured.
"""

from __future__ import annotations

import argparse
from typing import Any

import numpy as np

from bench.result import save
from bench.themes.agreement import agreement
from bench.themes.data import Corpus, banking77
from models.themes.grouping.groups import theme_groups
from models.themes.grouping.lexical import lexical_vectors
from models.themes.rebuild.label_map import learn_map


def quality(corpus: Corpus, labels: int, seed: int) -> float:
    """B-cubed F1 over the texts without a label."""
    truth = np.unique(corpus.labels, return_inverse=True)[1].ravel()
    known = np.full(len(corpus), -1, np.int64)
    chosen = np.random.default_rng(seed).choice(len(corpus), labels, replace=False)
    known[chosen] = truth[chosen]
    vectors = learn_map(corpus.vectors, known).apply(corpus.vectors) if labels else corpus.vectors
    found = theme_groups(vectors, lexical=lexical_vectors(corpus.texts), known=known if labels else None)
    rest = np.flatnonzero(known < 0).tolist()
    themes = {str(row): int(found[row]) if found[row] >= 0 else None for row in rest}
    return agreement({str(row): corpus.labels[row] for row in rest}, themes).f1


def main() -> None:
    """Draw the curve, print, save."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--part", choices=["all", "test"], default="test")
    options = parser.parse_args()
    corpus = banking77(*([] if options.part == "all" else [options.part]))
    results: dict[str, Any] = {"texts": len(corpus)}
    for labels in (0, 50, 100, 200, 500):
        results[f"b3_with_{labels}_labels"] = float(np.mean([quality(corpus, labels, s) for s in range(options.seeds)]))
        print(labels, results[f"b3_with_{labels}_labels"], flush=True)
    save("themes_labels", results)


if __name__ == "__main__":
    main()
