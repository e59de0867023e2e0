"""Scores names and keywords of themes on labelled texts, and how the names read.

usage: python -m bench.themes.names [--seeds 3] [--no-save]

Themes are the true intents: BANKING77, of which every second intent was used for development and the others only for the report,
the insurance turns, the demo's texts, and generated requests that hold given names, days, places and brands. On BANKING77 also
the groups that density finds. A name is right when the nearest of all descriptions of the corpus (labels with spaces) to its
embedding is that of the theme's most frequent label. How names read is measured without labels: the share that a ticket has as
one span, apart from articles and forms of "be" and "have", with what somebody has not received put first or not; the share that
holds a given name, a day, a month or a place; and how many names are the same. Stability: texts arrive in random order, themes
are named at every tenth of them, with the current names passed in as the pipeline does; the names and top keywords of a theme at
one time are compared with those at the next (Jaccard). All names are printed, to be read.
"""

from __future__ import annotations

import argparse
import re
import statistics
import time
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from random import Random
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.result import save
from bench.themes.data import Corpus, banking77, insurance, vectors_of
from bench.themes.requests import requests
from bench.vectors import StoringEmbedder, vectors_file
from groundswell.demo.issue import load_issues
from groundswell.demo.wording import write_text
from groundswell.session import embedder_choice
from groundswell.settings import Settings
from models.embedding import Embedder
from models.redaction import Redactor
from models.text import ticket_text
from models.themes import Namer, ThemeName
from models.themes.grouping.density import density_groups
from models.themes.naming.proper import PLACES, is_unnamed
from models.themes.naming.words import words_of

TEXTS = 60
"""Texts per theme, as the pipeline takes."""

GRAIN = 200
STEPS = 10
EACH = 60

PURE = 0.8
"""A theme of which this share has one label is of one problem; a name of another one may be right for the label that is not counted."""

_LEFT_OUT = words_of(
    "a an the my your our their his her its this that these those some any me us him them just really even so very too also please "
    "simply actually already currently now is are was were am been being has have had"
)

Labels = NDArray[np.int64]
Rows = Mapping[int, Sequence[int]]


def main() -> None:
    """Score and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--no-save", action="store_true", help="print the figures only")
    options = parser.parse_args()
    choice = embedder_choice(Settings())
    embedder = StoringEmbedder(choice.name, choice.load, vectors_file())
    figures: dict[str, Any] = {}
    for name, corpus in _corpora().items():
        figures |= {f"{name}_{key}": value for key, value in _score(name, corpus, embedder, options.seeds).items()}
    if options.no_save:
        print("\n".join(f"{key} {value}" for key, value in figures.items()))
    else:
        save("themes_names", figures)


def _corpora() -> dict[str, Corpus]:
    asked, labels = requests(EACH, 11)
    return {
        "banking77": banking77(), "insurance": insurance(), "demo": _demo(),
        "requests": Corpus(asked, labels, vectors_of(asked)),
    }  # fmt: skip


def _demo() -> Corpus:
    rng, redact = Random(23), Redactor().redact
    texts, labels = list[str](), list[str]()
    for issue in load_issues():
        for _ in range(EACH):
            written = write_text(
                rng, issue, rng.choice(("US", "GB", "DE", "BR")), rng.choice(("in_app", "email")), "en"
            )
            texts.append(ticket_text(redact(written.title).text, redact(written.body).text))
            labels.append(issue.name)
    return Corpus(texts, labels, vectors_of(texts))


def _score(name: str, corpus: Corpus, embedder: Embedder, seeds: int) -> dict[str, Any]:
    intents = sorted(set(corpus.labels))
    truth = np.array([intents.index(label) for label in corpus.labels], np.int64)
    themes = {"intents": truth}
    if name == "banking77":
        themes["groups"] = density_groups(corpus.vectors, max(5, len(corpus) // GRAIN))
    figures: dict[str, Any] = {}
    for kind, grouping in themes.items():
        figures[kind] = len(set(grouping.tolist()) - {-1})
        found = [_retrieval(embedder, corpus, grouping, truth, seed, shown=seed == 0) for seed in range(seeds)]
        for key in found[0]:
            figures[f"{kind}_{key}"] = round(statistics.mean(one[key] for one in found), 4)
    if name == "banking77":
        stable = [_stability(embedder, corpus, truth, seed) for seed in range(seeds)]
        figures |= {key: round(statistics.mean(one[key] for one in stable), 4) for key in stable[0]}
    return figures


def _sample(themes: Labels, order: NDArray[np.int64]) -> dict[int, list[int]]:
    """The newest texts of each theme when they arrive in this order."""
    rows: dict[int, list[int]] = defaultdict(list)
    for row in order[::-1].tolist():
        if themes[row] >= 0 and len(rows[int(themes[row])]) < TEXTS:
            rows[int(themes[row])].append(row)
    return dict(rows)


def _name(namer: Namer, corpus: Corpus, rows: Rows, current: Mapping[int, ThemeName]) -> dict[int, ThemeName]:
    documents = {theme: [corpus.texts[row] for row in some] for theme, some in rows.items()}
    centres = {theme: corpus.vectors[some].astype(np.float64).mean(axis=0) for theme, some in rows.items()}
    return namer.name(documents, centres=centres, current=current)


def _retrieval(
    embedder: Embedder, corpus: Corpus, themes: Labels, truth: Labels, seed: int, *, shown: bool
) -> dict[str, float]:
    rows = _sample(themes, np.random.default_rng(seed).permutation(len(corpus)))
    namer = Namer(lambda: embedder)
    named = _name(namer, corpus, rows, {})
    begun = time.process_time()
    _name(namer, corpus, rows, {})
    took = time.process_time() - begun
    descriptions = [_description(label) for label in sorted(set(corpus.labels))]
    labels = {theme: Counter(truth[themes == theme].tolist()) for theme in rows}
    wanted = {theme: found.most_common(1)[0][0] for theme, found in labels.items()}
    pure = [theme for theme, found in labels.items() if found[wanted[theme]] >= PURE * found.total()]
    right = _right(embedder, named, wanted, descriptions)
    by_words = _right(embedder, _name(Namer(), corpus, rows, {}), wanted, descriptions)
    if shown:
        for theme in sorted(rows):
            print(f"{'ok' if right[theme] else '--'} {descriptions[wanted[theme]]:52} {named[theme].name}")
    names = [named[theme].name for theme in sorted(named)]
    return {
        "retrieval_at_1": float(np.mean(list(right.values()))),
        "retrieval_at_1_of_one_problem": float(np.mean([right[theme] for theme in pure])),
        "retrieval_at_1_of_the_report_half": float(np.mean([right[theme] for theme in right if theme % 2])),
        "retrieval_at_1_by_words_alone": float(np.mean(list(by_words.values()))),
        "names_that_are_a_span": float(np.mean([_is_span(named[one].name, corpus, rows[one]) for one in named])),
        "names_with_a_person_day_or_place": float(np.mean([_is_proper(name) for name in names])),
        "names_given_twice": len(names) - len({name.casefold() for name in names}),
        "words_of_a_name": float(np.mean([len(name.split()) for name in names])),
        "cpu_seconds_a_call_warm": took,
    }


def _description(label: str) -> str:
    return " ".join(re.sub(r"([a-z])([A-Z])", r"\1 \2", label).replace("_", " ").split())


def _right(
    embedder: Embedder, named: Mapping[int, ThemeName], wanted: Mapping[int, int], descriptions: Sequence[str]
) -> dict[int, bool]:
    themes = sorted(named)
    names = embedder.embed([named[theme].name for theme in themes]).astype(np.float32)
    nearest = (names @ embedder.embed(descriptions).astype(np.float32).T).argmax(axis=1)
    return {theme: bool(nearest[at] == wanted[theme]) for at, theme in enumerate(themes)}


def _is_span(name: str, corpus: Corpus, rows: Sequence[int]) -> bool:
    """Whether one of the texts has the words of a name in a row, words aside that headlines leave out."""
    words = _words(name)
    verb = next((at for at, word in enumerate(words) if word in {"not", "never"}), None)
    orders = [words]
    if verb is not None:
        verb -= words[verb - 1 : verb] == ["still"]
        orders.append(words[verb:] + words[:verb])
    texts = [f" {' '.join(_words(corpus.texts[row]))} " for row in rows]
    return any(f" {' '.join(order)} " in text for order in orders for text in texts)


def _words(text: str) -> list[str]:
    plain = re.sub(r"can't|cannot|cant", "cannot", text.lower().replace("’", "'"))
    plain = re.sub(r"\b(?:is|are|was|were|has|have|had)n'?t\b", "not", plain)
    tokens = re.findall(r"[a-z']+|[^\sa-z'\-]", plain)
    return [token for token in tokens if token not in _LEFT_OUT]


def _is_proper(name: str) -> bool:
    return any(is_unnamed(word) or word in PLACES for word in name.lower().split())


def _stability(embedder: Embedder, corpus: Corpus, themes: Labels, seed: int) -> dict[str, float]:
    order = np.random.default_rng(seed).permutation(len(corpus))
    found: dict[str, float] = {}
    for label, keeps in (("", True), ("_without_current_names", False)):
        namer, current = Namer(lambda: embedder), dict[int, ThemeName]()
        overlaps, same = [], []
        for step in range(1, STEPS + 1):
            rows = _sample(themes, order[: len(order) * step // STEPS])
            named = _name(namer, corpus, rows, current if keeps else {})
            for theme in named.keys() & current.keys():
                old, new = set(current[theme].keywords), set(named[theme].keywords)
                overlaps.append(len(old & new) / len(old | new))
                same.append(named[theme].name == current[theme].name)
            current = named
        found[f"keyword_jaccard_median{label}"] = statistics.median(overlaps)
        found[f"names_kept{label}"] = statistics.mean(same)
    return found


if __name__ == "__main__":
    main()
