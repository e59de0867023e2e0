"""Measures one epoch of 10,000 new tickets: assigning them and discovering, at three sizes.

usage: python -m bench.themes.epoch [--sizes 200:10000 700:100000 2000:1000000]

A size is themes:stored tickets. The vectors are drawn around one centre for each theme; so many tickets are mined
before, in epochs of 5,000, that half of the themes are rare and remain as exemplars alone.
"""

from __future__ import annotations

import argparse
import json
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.result import save
from models.themes import NewTicket, RememberedTicket, ThemeIndex, ThemeSettings

START = datetime(2026, 1, 5, tzinfo=UTC)
EPOCH = timedelta(minutes=5)
NEW = 10_000
_BATCH = 5_000
_SPREAD = 0.75


def draw(centres: NDArray[np.float32], themes: NDArray[np.int64], random: np.random.Generator) -> NDArray[np.float16]:
    """Tickets around the centres of their themes: unit vectors, shape (n, 384)."""
    noise = random.standard_normal((len(themes), centres.shape[1]), np.float32)
    rows = centres[themes] + _SPREAD * noise / np.linalg.norm(noise, axis=1, keepdims=True)
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), np.float16)


def learned(
    settings: ThemeSettings, centres: NDArray[np.float32], stored: int, random: np.random.Generator
) -> ThemeIndex:
    """Make an index that has mined `stored` tickets: it starts with five of each theme, then half of the themes get no more."""
    count = len(centres)
    themes = np.repeat(np.arange(count), settings.exemplars)
    rows = [
        RememberedTicket(f"S-{number}", int(theme) + 1, START, vector)
        for number, (theme, vector) in enumerate(zip(themes, draw(centres, themes, random), strict=True))
    ]
    state = ThemeIndex(settings).state()
    state |= {"next_theme": count + 1, "started": int(START.timestamp() * 1000), "learned": True, "threshold": 0.5}
    # Of the tickets before the window, the index has the exemplars alone.
    state |= {"remembered": 0, "kept": [row.ticket_id for row in rows]}
    index = ThemeIndex.restore(settings, state, rows)
    recent = min(stored, settings.memory + _BATCH)
    for start in range(0, recent, _BATCH):
        size = min(_BATCH, recent - start)
        drawn = random.integers(0, max(1, count // 2), size)
        index.assign(tickets(f"O-{start}", centres, drawn, START + timedelta(hours=1), random))
    index.discover(START + timedelta(hours=1) + EPOCH)
    return index


def tickets(
    name: str, centres: NDArray[np.float32], themes: NDArray[np.int64], at: datetime, random: np.random.Generator
) -> list[NewTicket]:
    """Tickets of the given themes, all at one time."""
    vectors = draw(centres, themes, random)
    return [NewTicket(f"{name}-{number}", at, vector) for number, vector in enumerate(vectors)]


def measure(themes: int, stored: int) -> dict[str, Any]:
    """Seconds of an epoch with 10,000 new tickets in all themes, one in a hundred of them of a new problem."""
    random = np.random.default_rng(themes)
    settings = ThemeSettings()
    centres = random.standard_normal((themes + 1, 384), np.float32)
    centres /= np.linalg.norm(centres, axis=1, keepdims=True)
    index = learned(settings, centres[:themes], stored, random)
    live = len({row.theme_id for row in index.tickets() if row.theme_id})
    drawn = np.where(random.random(NEW) < 0.01, themes, random.integers(0, themes, NEW))
    new = tickets("N", centres, drawn, START + timedelta(hours=2), random)
    begun = time.perf_counter()
    assigned = index.assign(new)
    between = time.perf_counter()
    found = index.discover(START + timedelta(hours=2) + EPOCH)
    ended = time.perf_counter()
    right = sum(one.theme_id == theme + 1 for one, theme in zip(assigned, drawn.tolist(), strict=True))
    return {
        "themes": live,
        "stored": stored,
        "in_the_window": len(index.tickets()),
        "assign_seconds": round(between - begun, 3),
        "discover_seconds": round(ended - between, 3),
        "seconds": round(ended - begun, 3),
        "assigned_right": round(right / NEW, 3),
        "births": len(found.births),
        "state_bytes": len(json.dumps(index.state())),
    }


def main() -> None:
    """Measure the sizes and print them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", nargs="+", default=["200:10000", "700:100000", "2000:1000000"])
    options = parser.parse_args()
    results = {size: measure(*(int(number) for number in size.split(":"))) for size in options.sizes}
    save("themes_epoch", results)


if __name__ == "__main__":
    main()
