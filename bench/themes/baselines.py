"""Other methods on the same stream: one-pass leader, refit and match, k-means with the true number."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from importlib.util import find_spec

import numpy as np
from numpy.typing import NDArray

from bench.themes.arrivals import WARM_UP, Arrivals
from bench.themes.outcome import Outcome
from bench.themes.scores import Alert, Labels

Vectors = NDArray[np.float32]

_EVERY = 1_000
_WINDOW = 4_000
_OVERLAP = 0.5
_ALERT_SIZE = 5


def leader(threshold: float) -> Callable[[Vectors, Labels, Arrivals], Outcome]:
    """One-pass leader: a text joins the nearest centroid if its cosine reaches `threshold`, else it leads a new theme.

    A theme that began after the warm-up is announced with its fifth text.
    """

    def run(vectors: Vectors, _labels: Labels, arrived: Arrivals) -> Outcome:
        begun = time.perf_counter()
        count = len(vectors)
        warm = int(np.searchsorted(arrived.times, WARM_UP))
        sums = np.zeros((count, vectors.shape[1]), np.float32)
        centres = np.zeros_like(sums)
        members: list[list[int]] = []
        themes = np.zeros(count, np.int64)
        out = Outcome(themes, themes[:warm], themes)
        for row, vector in enumerate(vectors):
            known = len(members)
            similarities = centres[:known] @ vector
            best = int(np.argmax(similarities)) if known else -1
            if best < 0 or similarities[best] < threshold:
                best = known
                members.append([])
            members[best].append(row)
            sums[best] += vector
            centres[best] = sums[best] / np.linalg.norm(sums[best])
            themes[row] = best + 1
            if len(members[best]) == _ALERT_SIZE and members[best][0] >= warm:
                out.alerts.append(Alert(row + 1, list(members[best])))
        out.seconds = time.perf_counter() - begun
        return out

    return run


def kmeans(vectors: Vectors, labels: Labels, _arrived: Arrivals) -> Outcome:
    """K-means over the complete stream with the true number of themes: it finds nothing while the stream arrives."""
    from sklearn.cluster import KMeans

    begun = time.perf_counter()
    number = len(set(labels[labels >= 0].tolist()))
    themes = KMeans(number, n_init=1, random_state=0).fit_predict(vectors).astype(np.int64) + 1
    return Outcome(themes, themes[:0], themes, seconds=time.perf_counter() - begun)


def refits() -> dict[str, Callable[[Vectors, Labels, Arrivals], Outcome]]:
    """UMAP with HDBSCAN, and EVoC, refitted every 1,000 texts over the last 4,000; empty where they are not installed."""
    found = {}
    if find_spec("umap"):
        found["umap_hdbscan_refit"] = _refit(_umap_hdbscan)
    if find_spec("evoc"):
        found["evoc_refit"] = _refit(_evoc)
    if len(found) < 2:
        print("left out the baselines that are not installed: `make bench-setup` brings UMAP and EVoC")
    return found


def _refit(cluster: Callable[[Vectors], Labels]) -> Callable[[Vectors, Labels, Arrivals], Outcome]:
    def run(vectors: Vectors, _labels: Labels, arrived: Arrivals) -> Outcome:
        begun = time.perf_counter()
        count = len(vectors)
        warm = int(np.searchsorted(arrived.times, WARM_UP))
        themes = np.zeros(count, np.int64)
        first = np.zeros(count, np.int64)
        out = Outcome(first, themes[:0], themes)
        newest = seen = 0
        compared = 0
        for stop in (*range(warm, count, _EVERY), count):
            start = max(0, stop - _WINDOW)
            groups = cluster(vectors[start:stop])
            before = themes[start:stop].copy()
            after, born, newest = _matched(before, groups, newest)
            themes[start:stop] = after
            first[seen:stop] = after[seen - start :] if seen > start else after[-(stop - seen) :]
            if stop == warm:
                out.learned = after.copy()
            else:
                out.alerts += [Alert(stop, (start + np.flatnonzero(after == theme)).tolist()) for theme in born]
                changed = int(((before != 0) & (after != 0) & (before != after)).sum())
                both = int(((before != 0) & (after != 0)).sum())
                out.unrecorded += changed
                compared += both
                out.largest = max(out.largest, changed / max(1, both))
            seen = stop
        out.switched = out.unrecorded
        out.seconds = time.perf_counter() - begun
        return out

    return run


def _matched(before: Labels, groups: Labels, newest: int) -> tuple[Labels, list[int], int]:
    """Give groups the themes of which they contain half of the texts (MONIC, Spiliopoulou 2006), new numbers to the others."""
    pairs = zip(before.tolist(), groups.tolist(), strict=True)
    shared = Counter((theme, group) for theme, group in pairs if theme and group >= 0)
    sizes = Counter(before.tolist())
    names: dict[int, int] = {}
    for (theme, group), count in sorted(shared.items(), key=lambda pair: (-pair[1], pair[0])):
        if group not in names and theme not in names.values() and count >= _OVERLAP * sizes[theme]:
            names[group] = theme
    born = []
    for group in sorted(set(groups.tolist()) - {-1} - set(names)):
        newest += 1
        names[group] = newest
        born.append(newest)
    return np.array([names.get(group, 0) for group in groups.tolist()], np.int64), born, newest


def _umap_hdbscan(vectors: Vectors) -> Labels:
    import warnings

    from hdbscan import HDBSCAN
    from umap import UMAP

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        reduced = UMAP(n_neighbors=15, n_components=5, min_dist=0.0, metric="cosine", random_state=0).fit_transform(
            vectors
        )
        model = HDBSCAN(min_cluster_size=max(5, len(vectors) // 200), min_samples=5)
        return np.asarray(model.fit(np.asarray(reduced, np.float64)).labels_, np.int64)


def _evoc(vectors: Vectors) -> Labels:
    import warnings

    from evoc import EVoC

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return np.asarray(EVoC(random_state=0).fit_predict(vectors), np.int64)
