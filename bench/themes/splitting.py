"""Measures which subset of a theme rises: on themes as they are found, when one problem of many in them surges.

usage: python -m bench.themes.splitting [--seeds 20 21 22]

On streams of BANKING77 with ten surges (docs/benchmarks/protocols.md) each surge is examined after 15 and 30 of its tickets, as the
miner examines a theme with an open episode. All other themes are examined too, as if their last twelve tickets were a rise: a split of
these is a mistake. For comparison, the same 2-means is run without the tests, taking the half with more recent tickets.
The shared data is outside the project: GROUNDSWELL_SHARED_DATA names its folder.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np

from bench.result import save
from bench.themes.arrivals import WARM_UP, Arrivals, arrivals
from bench.themes.data import banking77
from bench.themes.scores import Labels
from bench.themes.stream import START, Vectors, epochs
from models.themes import LineageReason, NewTicket, RememberedTicket, ThemeIndex, ThemeSettings
from models.themes.discover.bisection import bisect
from models.themes.discover.surging import rising_side
from models.themes.grouping.lexical import lexical_vectors

EXAMINED_AFTER = (15, 30)
FALSE_RISE = 12
MIXED = 0.75
"""Share of a theme's tickets that its largest intent has at most, where the theme is mixed."""


@dataclass
class SurgeResult:
    """One surge and the result for its theme: purities and recall of the surging intent, `split` None where the theme was not split."""

    largest: float
    before: float
    split: float | None
    recall: float | None
    plain: float
    mistaken: int
    others: int


def examine(
    index: ThemeIndex, settings: ThemeSettings, now: datetime, since: int, intent: int, labels: Labels
) -> SurgeResult | None:
    """Let a copy of the index find which subset of the surging intent's theme rises; None where the intent has no theme."""
    rows = index.tickets()
    members_of: dict[int, list[RememberedTicket]] = {}
    for row in rows:
        if row.theme_id is not None:
            members_of.setdefault(row.theme_id, []).append(row)
    surging = Counter(
        row.theme_id for row in rows if labels[int(row.ticket_id)] == intent and int(row.ticket_id) >= since
    )
    theme = surging.most_common(1)[0][0]
    if theme is None:
        return None
    begun = next(row.time for row in rows if int(row.ticket_id) >= since)
    others = {
        key: members[-FALSE_RISE].time for key, members in members_of.items() if key != theme and len(members) >= 30
    }
    found = ThemeIndex.restore(settings, index.state(), rows).discover(now, None, {theme: begun, **others})
    parts_of: dict[int | None, list[frozenset[str]]] = {}
    for birth in found.births:
        if birth.reason is LineageReason.SURGED:
            parts_of.setdefault(birth.split_from, []).append(frozenset(birth.members))
    own = np.array([labels[int(row.ticket_id)] == intent for row in members_of[theme]])
    largest = Counter(labels[int(row.ticket_id)] for row in members_of[theme]).most_common(1)[0][1] / len(own)
    result = SurgeResult(
        largest,
        float(own.mean()),
        None,
        None,
        _plain(members_of[theme], begun, own),
        len(parts_of.keys() & others.keys()),
        len(others),
    )
    if theme in parts_of:
        ids = [row.ticket_id for row in members_of[theme]]
        recent = np.array([row.time >= begun for row in members_of[theme]])
        left = [np.array([ticket in part for ticket in ids]) for part in parts_of[theme]]
        # The subset that rises is the one with the surge, whether it left or stayed.
        rising = max([~np.logical_or.reduce(left), *left], key=lambda part: float(recent[part].mean()))
        result.split, result.recall = float(own[rising].mean()), float(rising[own].mean())
    return result


def _plain(members: Sequence[RememberedTicket], begun: datetime, own: np.ndarray[Any, np.dtype[np.bool_]]) -> float:
    """Return the purity of the rising half by 2-means alone."""
    recent = np.array([row.time >= begun for row in members])
    vectors = np.stack([row.vector for row in members]).astype(np.float32)
    halves = bisect(vectors, vectors[recent].mean(axis=0))
    if halves is None:
        return float(own.mean())
    rising = rising_side(halves.leaving, recent)
    return float(own[rising].mean())


def results_of(texts: Sequence[str], vectors: Vectors, labels: Labels, arrived: Arrivals) -> Iterator[SurgeResult]:
    """Mine one stream and examine each of its surges."""
    settings = ThemeSettings()
    index, length = ThemeIndex(settings), settings.learning / WARM_UP
    due = []
    for intent, begin in arrived.surges.items():
        tickets = np.flatnonzero((labels == intent) & (arrived.times >= begin))
        due += [(int(tickets[count]), int(tickets[0]), intent) for count in EXAMINED_AFTER if count < len(tickets)]
    for start, stop, now in epochs(arrived, length):
        index.assign([NewTicket(str(at), START + length * arrived.times[at], vectors[at]) for at in range(start, stop)])
        index.discover(now, lambda ids: lexical_vectors([texts[int(ticket)] for ticket in ids]))
        for _, since, intent in [one for one in due if start <= one[0] < stop]:
            found = examine(index, settings, now, since, intent, labels)
            if found is not None:
                yield found


def figures(found: Sequence[SurgeResult]) -> dict[str, Any]:
    """Sums and means over surges."""
    mixed = [one for one in found if one.largest < MIXED]
    split = [one for one in mixed if one.split is not None]
    single = [one for one in found if one.largest >= MIXED]
    return {
        "surges_examined": len(found), "in_mixed_themes": len(mixed), "split": len(split),
        "purity_before": float(np.mean([one.before for one in split])),
        "purity_of_the_rising_subset": float(np.mean([one.split for one in split if one.split is not None])),
        "recall_of_the_rising_subset": float(np.mean([one.recall for one in split if one.recall is not None])),
        "purity_by_2_means_alone": float(np.mean([one.plain for one in mixed])),
        "themes_of_one_problem": len(single), "of_these_split": sum(one.split is not None for one in single),
        "false_rises": sum(one.others for one in found), "of_these_split_by_mistake": sum(one.mistaken for one in found),
    }  # fmt: skip


def main() -> None:
    """Run the streams and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", nargs="+", type=int, default=[20, 21, 22])
    options = parser.parse_args()
    corpus = banking77()
    intents = sorted(set(corpus.labels))
    labels = np.array([intents.index(label) for label in corpus.labels], np.int64)
    found: list[SurgeResult] = []
    for seed in options.seeds:
        arrived = arrivals(labels, seed, surges=True)
        texts = [corpus.texts[row] for row in arrived.order]
        found += results_of(texts, corpus.vectors[arrived.order], labels[arrived.order], arrived)
    save("themes_parting", {"seeds": options.seeds, **figures(found)})


if __name__ == "__main__":
    main()
