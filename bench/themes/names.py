"""Scores names and keywords of themes on the shared labelled texts.

usage: python -m bench.themes.names [--seeds 3]

Themes are the true intents, and the groups that density finds. A name is right when the nearest of all intent descriptions
(labels with spaces) to its embedding is that of the theme's most frequent intent. Stability: texts arrive in random order,
themes are named at every tenth of them, and the top keywords of a theme at one time are compared with those at the next
(Jaccard), with the current names passed in as the pipeline does. GROUNDSWELL_SHARED_DATA names the data (default ../shared/data).
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import statistics
import time
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.result import save
from models.embedding import CachedEmbedder, Embedder, MiniLM
from models.themes import Namer, ThemeName
from models.themes.grouping.density import density_groups
from models.themes.window.centering import on_grid

TEXTS = 60
"""Texts per theme, as the pipeline takes."""

GRAIN = 200
STEPS = 10

Labels = NDArray[np.int64]
Rows = Mapping[int, Sequence[int]]


def main() -> None:
    """Score and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=3)
    options = parser.parse_args()
    shared = Path(os.environ.get("GROUNDSWELL_SHARED_DATA", "../shared/data"))
    embedder = CachedEmbedder(MiniLM(), 200_000_000)
    figures: dict[str, Any] = {}
    texts, labels = _banking(shared)
    vectors = embedder.embed(texts)
    intents = sorted(set(labels))
    truth = np.array([intents.index(label) for label in labels], np.int64)
    groups = density_groups(on_grid(vectors), max(5, len(texts) // GRAIN))
    descriptions = [" ".join(label.replace("_", " ").split()) for label in intents]
    for name, themes in (("intents", truth), ("groups", groups)):
        found = [
            _retrieval(embedder, texts, vectors, themes, truth, descriptions, seed) for seed in range(options.seeds)
        ]
        figures[f"banking77_{name}"] = len(set(themes.tolist()) - {-1})
        for key in found[0]:
            figures[f"banking77_{name}_{key}"] = round(statistics.mean(one[key] for one in found), 4)
    stable = [_stability(embedder, texts, vectors, truth, seed) for seed in range(options.seeds)]
    for key in stable[0]:
        figures[f"banking77_{key}"] = round(statistics.mean(one[key] for one in stable), 4)
    save("themes_names", figures)
    _show_insurance(shared, embedder)


def _banking(shared: Path) -> tuple[list[str], list[str]]:
    rows = []
    for part in ("train", "test"):
        with (shared / "banking77" / f"{part}.csv").open(encoding="utf-8", newline="") as file:
            rows += [(row["text"], row["category"]) for row in csv.DictReader(file)]
    return [text for text, _ in rows], [label for _, label in rows]


def _sample(themes: Labels, order: NDArray[np.int64]) -> dict[int, list[int]]:
    """The newest texts of each theme when they arrive in this order."""
    rows: dict[int, list[int]] = defaultdict(list)
    for row in order[::-1].tolist():
        if themes[row] >= 0 and len(rows[int(themes[row])]) < TEXTS:
            rows[int(themes[row])].append(row)
    return dict(rows)


def _name(
    namer: Namer, texts: Sequence[str], vectors: NDArray[np.float16], rows: Rows, current: Mapping[int, ThemeName]
) -> dict[int, ThemeName]:
    documents = {theme: [texts[row] for row in some] for theme, some in rows.items()}
    centres = {theme: vectors[some].astype(np.float64).mean(axis=0) for theme, some in rows.items()}
    return namer.name(documents, centres=centres, current=current)


def _retrieval(
    embedder: Embedder,
    texts: Sequence[str],
    vectors: NDArray[np.float16],
    themes: Labels,
    truth: Labels,
    descriptions: Sequence[str],
    seed: int,
) -> dict[str, float]:
    rows = _sample(themes, np.random.default_rng(seed).permutation(len(texts)))
    namer, plain = Namer(lambda: embedder), Namer()
    named = _name(namer, texts, vectors, rows, {})
    begun = time.perf_counter()
    _name(namer, texts, vectors, rows, {})
    took = time.perf_counter() - begun
    wanted = {theme: Counter(truth[themes == theme].tolist()).most_common(1)[0][0] for theme in rows}
    by_words = _name(plain, texts, vectors, rows, {})
    if seed == 0:
        for theme in sorted(rows):
            print(f"{descriptions[wanted[theme]]:52} {named[theme].name:40} {by_words[theme].name}")
    return {
        "retrieval_at_1": _right(embedder, named, wanted, descriptions),
        "retrieval_at_1_by_words_alone": _right(embedder, by_words, wanted, descriptions),
        "seconds_a_call_warm": took,
    }


def _right(
    embedder: Embedder, named: Mapping[int, ThemeName], wanted: Mapping[int, int], descriptions: Sequence[str]
) -> float:
    themes = sorted(named)
    names = embedder.embed([named[theme].name for theme in themes]).astype(np.float32)
    nearest = (names @ embedder.embed(descriptions).astype(np.float32).T).argmax(axis=1)
    return float(np.mean([nearest[at] == wanted[theme] for at, theme in enumerate(themes)]))


def _stability(
    embedder: Embedder, texts: Sequence[str], vectors: NDArray[np.float16], themes: Labels, seed: int
) -> dict[str, float]:
    order = np.random.default_rng(seed).permutation(len(texts))
    found: dict[str, float] = {}
    for label, keeps in (("", True), ("_without_current_names", False)):
        namer, current = Namer(lambda: embedder), dict[int, ThemeName]()
        overlaps, same = [], []
        for step in range(1, STEPS + 1):
            rows = _sample(themes, order[: len(order) * step // STEPS])
            named = _name(namer, texts, vectors, rows, current if keeps else {})
            for theme in named.keys() & current.keys():
                old, new = set(current[theme].keywords), set(named[theme].keywords)
                overlaps.append(len(old & new) / len(old | new))
                same.append(named[theme].name == current[theme].name)
            current = named
        found[f"keyword_jaccard_median{label}"] = statistics.median(overlaps)
        found[f"names_kept{label}"] = statistics.mean(same)
    return found


def _show_insurance(shared: Path, embedder: Embedder) -> None:
    """Names of the insurance turns' labelled intents, to be read; nothing is scored."""
    with (shared / "dstc11_insurance.jsonl").open(encoding="utf-8") as file:
        rows = [json.loads(line) for line in file]
    label, text = _fields(rows[0])
    texts = [row[text] for row in rows]
    intents = sorted({row[label] for row in rows})
    themes = np.array([intents.index(row[label]) for row in rows], np.int64)
    members = _sample(themes, np.arange(len(rows)))
    named = _name(Namer(lambda: embedder), texts, embedder.embed(texts), members, {})
    for theme, one in named.items():
        print(f"{intents[theme]:40} {one.name:40} {', '.join(one.keywords[:5])}")


def _fields(row: Mapping[str, Any]) -> tuple[str, str]:
    label = next(key for key in ("intent", "label", "category") if key in row)
    return label, next(key for key in ("utterance", "text") if key in row)


if __name__ == "__main__":
    main()
