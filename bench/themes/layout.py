"""The map of themes: how far themes move from one day to the next, and how long a layout takes.

usage: python -m bench.themes.layout [--demo DATABASE]

The demo's week is arranged at the end of each day, from the tickets until then, each layout after the one before; without a database of
the demo, it is run first. Movements are shares of the width of the map. The times are of made-up themes, 21 to a subject, on a database
with 50 tickets of each: reading them, arranging them for the first time, and arranging them again.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Engine, select

from bench.console.generate import MODEL, fill
from bench.result import save
from models.themes.layout.arrange import ArrangedTheme, ThemePlace, arrange
from store.database import open_database, reading, upgrade
from store.epochs import read_miner
from store.schema import assignments, tickets, vectors
from store.theme_centres import CENTRE_TICKETS, read_centres
from store.theme_layout import read_live_themes

SIZES = (100, 500, 1_000, 5_000)
WIDTH = 2.0


def main() -> None:
    """Measure both, and save the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--demo", help="database of the demo")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        url = asked.demo or _demo(Path(folder))
        figures: dict[str, Any] = {"days": days_of(url), "sizes": {f"{size:,} themes": time_of(size) for size in SIZES}}
    save("themes_layout", figures)


def days_of(url: str) -> dict[str, dict[str, Any]]:
    """Arrange each day of a database, and compare it with the day before."""
    engine = open_database(url)
    members, words = _members(engine)
    engine.dispose()
    newest = max(at for own in members.values() for at, _ in own)
    day = min(at for own in members.values() for at, _ in own).replace(hour=0, minute=0, second=0, microsecond=0)
    before: dict[int, ThemePlace] = {}
    found: dict[str, dict[str, Any]] = {}
    while day < newest:
        day += timedelta(days=1)
        themes = []
        for theme, own in members.items():
            until = [vector for at, vector in own if at < day]
            if until:
                mean = np.mean(until[-CENTRE_TICKETS:], axis=0, dtype=np.float64)
                themes.append(ArrangedTheme(theme, len(until), mean / np.linalg.norm(mean), words[theme]))
        after = arrange(themes, before)
        if before:
            found[f"{day:%Y-%m-%d}"] = _compared(before, after)
        before = after
    return found


def time_of(number: int) -> dict[str, float]:
    """Return the seconds of each step for so many themes."""
    with tempfile.TemporaryDirectory() as folder:
        engine = open_database(f"sqlite:///{folder}/layout.db")
        upgrade(engine)
        fill(engine, number * 60, number)
        begun = time.perf_counter()
        with reading(engine) as connection:
            centres, live = read_centres(connection, MODEL), read_live_themes(connection)
        read = time.perf_counter()
        engine.dispose()
    themes = [ArrangedTheme(theme, live[theme].size, centre, live[theme].words) for theme, centre in centres.items()]
    first = arrange(themes, {})
    arranged = time.perf_counter()
    arrange(themes, first)
    again = time.perf_counter()
    return {
        "reading, s": round(read - begun, 2),
        "first layout, s": round(arranged - read, 2),
        "next layout, s": round(again - arranged, 2),
        "memory of the process, MB": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }


def _compared(before: Mapping[int, ThemePlace], after: Mapping[int, ThemePlace]) -> dict[str, Any]:
    both = [theme for theme in after if theme in before]
    moved = [np.hypot(after[one].x - before[one].x, after[one].y - before[one].y) / WIDTH for one in both]
    return {
        "themes": len(after),
        "new": len(after) - len(both),
        "moved, median": round(float(np.median(moved)), 4),
        "moved, most": round(float(max(moved)), 4),
        "in the same family": round(float(np.mean([after[one].family_id == before[one].family_id for one in both])), 3),
        "families": len({one.family_id for one in after.values()} - {None}),
    }


def _members(
    engine: Engine,
) -> tuple[dict[int, list[tuple[datetime, NDArray[np.float16]]]], dict[int, tuple[str, ...]]]:
    query = (
        select(assignments.c.theme_id, tickets.c.time, vectors.c.vector)
        .join(tickets, tickets.c.id == assignments.c.ticket_id)
        .join(vectors, vectors.c.ticket_id == assignments.c.ticket_id)
        .order_by(tickets.c.time)
    )
    found: defaultdict[int, list[tuple[datetime, NDArray[np.float16]]]] = defaultdict(list)
    with reading(engine) as connection:
        live = read_live_themes(connection)
        model = str(read_miner(connection).state["model"])
        for theme, at, vector in connection.execute(query.where(vectors.c.model == model)):
            if theme in live:
                found[theme].append((at, np.frombuffer(vector, "<f2")))
    return found, {theme: one.words for theme, one in live.items()}


def _demo(folder: Path) -> str:
    command = [sys.executable, "-c", "from groundswell.cli import main; main()", "demo", "--folder", str(folder)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return f"sqlite:///{folder / 'demo.db'}"


if __name__ == "__main__":
    main()
