"""Generated streams in which five problems are born on one day, from the demo's texts and from mixtures of corpora."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random

import numpy as np

from bench.themes.data import Corpus, banking77, insurance, vectors_of
from groundswell.demo.issue import load_issues
from groundswell.demo.wording import STYLES_BY_CHANNEL, write_text
from models.themes import NewTicket

START = datetime(2026, 1, 5, tzinfo=UTC)
LAUNCH_DAY, LENGTH = 9.0, 12.0
"""In days after the start: when the problems are born, and when the stream ends."""

BORN = 5
_WITHIN, _MEAN_WAIT, _PROMPT = 10 / 24, 5 / 24, 0.7
"""Problems begin within so many days after the launch day's start. A share of their tickets comes an exponential time of that mean
after the beginning, the others evenly until the end."""

_FEWEST, _MOST = 40, 90
"""Tickets of a problem that is born."""

_TEXTS_OF_AN_ISSUE = 90
_REGIONS = ("US", "GB", "BR", "ID", "DE")


@dataclass(frozen=True, slots=True)
class LaunchDay:
    """One stream: tickets in the order of arrival, the problem of each, and when each of the five problems began."""

    tickets: list[NewTicket]
    texts: list[str]
    labels: list[str]
    onsets: dict[str, datetime]


def demo_texts() -> Corpus:
    """Texts of the demo's issues, as many of each, in the styles of all channels."""
    rng = Random(18)
    texts, labels = [], []
    for issue in load_issues():
        for _ in range(_TEXTS_OF_AN_ISSUE):
            text = write_text(rng, issue, rng.choice(_REGIONS), rng.choice(list(STYLES_BY_CHANNEL)), "en")
            texts.append(f"{text.title}\n{text.body}")
            labels.append(issue.name)
    return Corpus(texts, labels, vectors_of(texts))


def corpora() -> dict[str, Corpus]:
    """The corpora that streams are drawn from."""
    return {"demo": demo_texts(), "banking": banking77(), "insurance": insurance()}


def launch_day(kind: str, sources: dict[str, Corpus], seed: int, *, similar: bool) -> LaunchDay:
    """Draw a stream.

    Parameters
    ----------
    kind : str
        `demo`, `banking` (40 of its intents) or `mixture` (of all three).
    sources : mapping
        What `corpora` returned.
    seed : int
        Draws texts, problems and times.
    similar : bool
        True takes five problems that are close to each other, False any five.
    """
    random = np.random.default_rng(seed)
    corpus = _chosen(kind, sources, random)
    born = _problems(corpus, random, similar=similar)
    labels = np.array(corpus.labels)
    days = random.random(len(corpus)) * LENGTH
    kept = np.ones(len(corpus), bool)
    onsets = {}
    for problem in born:
        rows = random.permutation(np.flatnonzero(labels == problem))
        count = int(random.integers(_FEWEST, _MOST + 1))
        kept[rows[count:]] = False
        onset = LAUNCH_DAY + float(random.uniform(0.0, _WITHIN))
        prompt = random.random(len(rows)) < _PROMPT
        days[rows] = np.where(
            prompt, onset + random.exponential(_MEAN_WAIT, len(rows)), random.uniform(onset, LENGTH, len(rows))
        )
        onsets[problem] = START + timedelta(days=onset)
    order = [row for row in np.argsort(days, kind="stable").tolist() if kept[row] and days[row] < LENGTH]
    tickets = [
        NewTicket(str(at), START + timedelta(days=float(days[row])), corpus.vectors[row])
        for at, row in enumerate(order)
    ]
    return LaunchDay(tickets, [corpus.texts[row] for row in order], [corpus.labels[row] for row in order], onsets)


def _chosen(kind: str, sources: dict[str, Corpus], random: np.random.Generator) -> Corpus:
    if kind == "demo":
        return sources["demo"]
    if kind == "banking":
        return _some(sources["banking"], random, 40)
    parts = [_some(sources["banking"], random, 20), _some(sources["demo"], random, 20), sources["insurance"]]
    return parts[0] + parts[1] + parts[2]


def _some(corpus: Corpus, random: np.random.Generator, count: int) -> Corpus:
    names = sorted(set(corpus.labels))
    return corpus.with_labels([names[at] for at in random.permutation(len(names))[:count].tolist()])


def _problems(corpus: Corpus, random: np.random.Generator, *, similar: bool) -> list[str]:
    labels = np.array(corpus.labels)
    names = [str(name) for name in np.unique(labels) if (labels == name).sum() >= _FEWEST]
    if not similar:
        return [names[at] for at in random.permutation(len(names))[:BORN].tolist()]
    centres = np.stack([corpus.vectors[labels == name].mean(axis=0) for name in names])
    centres /= np.linalg.norm(centres, axis=1, keepdims=True)
    first = int(random.integers(len(names)))
    nearest = np.argsort(-np.round(centres @ centres[first], 6), kind="stable")
    return [names[at] for at in nearest[:BORN].tolist()]
