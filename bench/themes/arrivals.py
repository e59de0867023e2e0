"""The order in which labelled texts arrive: most during all of the stream, some from an onset on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

WARM_UP = 0.2
"""Share of the stream in which nothing is announced."""

_EMERGING = 20
_SURGES = 10
_PROMPT = 0.6
_BURST = 0.02


@dataclass(frozen=True, slots=True)
class Arrivals:
    """One stream: `order` lists the rows of the texts as they arrive, `times` their times in shares of the stream, ascending.

    `onsets` maps each intent that emerges to the time of its onset, `surges` each that surges to that of its burst.
    """

    order: NDArray[np.int64]
    times: NDArray[np.float64]
    onsets: dict[int, float]
    surges: dict[int, float]


def arrivals(labels: NDArray[np.int64], seed: int, *, surges: bool = False) -> Arrivals:
    """Draw the arrival of texts: 20 intents emerge, the others are there from the beginning.

    An emerging intent has its onset at U(.25, .80) of the stream; 60 % of its texts come an exponential time of mean
    .02 after it, the rest evenly from the onset to the end. With `surges`, ten of the other intents bring 40 % of
    their texts in a burst of .02 of the stream.

    Parameters
    ----------
    labels : array of shape (n,)
        Intent of each text; -1 for noise, which comes evenly.
    seed : int
        Draws intents, onsets and times.
    surges : bool
        Whether known intents surge.
    """
    random = np.random.default_rng(seed)
    intents = random.permutation(np.unique(labels[labels >= 0]))
    times = random.random(len(labels))
    onsets: dict[int, float] = {}
    bursts: dict[int, float] = {}
    for intent in intents[:_EMERGING].tolist():
        texts = np.flatnonzero(labels == intent)
        onset = float(random.uniform(0.25, 0.80))
        prompt = random.random(len(texts)) < _PROMPT
        soon = onset + random.exponential(_BURST, len(texts))
        times[texts] = np.where(prompt, soon, random.uniform(onset, 1.0, len(texts)))
        onsets[intent] = onset
    for intent in intents[_EMERGING : _EMERGING + _SURGES].tolist() if surges else ():
        texts = np.flatnonzero(labels == intent)
        begin = float(random.uniform(0.25, 0.80))
        surging = random.random(len(texts)) < 0.4
        bursts[intent] = begin
        times[texts[surging]] = begin + random.uniform(0.0, _BURST, int(surging.sum()))
    order = np.argsort(times, kind="stable")
    return Arrivals(order, times[order], onsets, bursts)
