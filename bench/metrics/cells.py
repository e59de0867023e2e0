"""Cells at three sizes: how many there are, what a refresh adds for them, and how much processor time a page takes.

`python -m bench.metrics.cells` prints the figures and stores them in `bench/results/cells.json`. Rows of handling are written directly,
evenly over 90 days, with 5,000 themes of which a few are large.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
from sqlalchemy import Engine, func, insert, select

from bench.result import save
from models.metrics.cell_figures import figures_of_cells
from models.metrics.figures import FigurePeriod
from pipelines.handling.cells import HandledRows, change_by, read_handled, recount
from store.database import open_database, reading, upgrade
from store.handling import write_handling
from store.handling_cells import CellQuery, rank_values, read_cells
from store.schema import handling_cells, handling_groups, ticket_handling

SIZES = (10_000, 100_000, 1_000_000)
DAYS = 90
THEMES = 5_000
END = datetime(2026, 11, 30, tzinfo=UTC)
BATCH = 2_000
REPEATS = 7

VALUES = {
    "business_line": 5, "user_type": 4, "product": 20, "payment_method": 10, "region": 50, "platform": 4, "channel": 5,
    "language": 20, "priority": 4, "vendor": 8, "team": 30, "source": 3,
}  # fmt: skip
"""How many values a dimension has; the first are the most frequent ones."""


def main() -> None:
    """Measure each size in a database of its own, on SQLite."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES)
    asked = parser.parse_args()
    rows = []
    for size in asked.sizes:
        with tempfile.TemporaryDirectory() as folder:
            rows.append(measure(Path(folder), size))
            print(rows[-1], flush=True)
        save("cells", {"days": DAYS, "themes": THEMES, "sizes": rows}, show=False)


def measure(folder: Path, size: int) -> dict[str, Any]:
    """Return the figures of a database with so many tickets."""
    engine = open_database(f"sqlite:///{folder / 'bench.db'}")
    upgrade(engine)
    for rows in made_rows(size):
        with engine.begin() as connection:
            connection.execute(insert(ticket_handling), rows)
    before = (folder / "bench.db").stat().st_size
    start = time.process_time()
    with engine.begin() as connection:
        cells = recount(connection, END)
    counted = time.process_time() - start
    with reading(engine) as connection:
        groups = connection.execute(select(func.count()).select_from(handling_groups)).scalar_one()
        by_pair = _cells_by_pair(connection)
        pages = {name: _median_ms(connection, page) for name, page in PAGES.items()}
    changed_ms, changed_cells = _changed(engine)
    found = {
        "tickets": size, "cells": cells, "groups": groups, "recount_s": round(counted, 1),
        "recount_ms_per_ticket": round(1000 * counted / size, 3),
        "megabytes": round(((folder / "bench.db").stat().st_size - before) / 1e6),
        "change_ms_per_ticket": changed_ms, "changed_cells_per_ticket": changed_cells, **pages, "cells_by_pair": by_pair,
    }  # fmt: skip
    engine.dispose()
    return found


def made_rows(size: int) -> Iterator[list[dict[str, Any]]]:
    """Yield rows of handling, of a fixed seed."""
    rng = np.random.default_rng(20)
    for first in range(0, size, BATCH * 5):
        number = min(BATCH * 5, size - first)
        codes = {name: _often(rng, count, number) for name, count in VALUES.items()}
        theme = _often(rng, THEMES, number)
        # A theme is of one business line, and mostly of one team.
        codes["business_line"] = theme % VALUES["business_line"]
        codes["team"] = np.where(rng.random(number) < 0.8, theme % VALUES["team"], codes["team"])
        ages = rng.random(number) * DAYS * 86_400
        reply, solved, again = (rng.lognormal(mean, 1.2, number) for mean in (7.5, 10.5, 11.0))
        chances = rng.random((6, number))
        yield [
            _row(first + at, {name: f"{name}-{code[at]}" for name, code in codes.items()}, int(theme[at]) + 1,
                 (float(ages[at]), float(reply[at]), float(solved[at]), float(again[at])), chances[:, at].tolist())
            for at in range(number)
        ]  # fmt: skip


def _often(rng: np.random.Generator, count: int, number: int) -> Any:
    """Return values of which the k-th is as frequent as 1 / (k + 3)."""
    weights = 1 / (np.arange(count) + 3)
    return rng.choice(count, number, p=weights / weights.sum())


def _row(
    number: int, names: dict[str, str], theme: int, seconds: tuple[float, ...], chances: list[float]
) -> dict[str, Any]:
    age, reply, solved, again = seconds
    created = END - timedelta(seconds=age)

    def after(*passed: float) -> datetime | None:
        return created + timedelta(seconds=sum(passed)) if sum(passed) < age else None

    reopened = after(reply + solved, again) if chances[0] < 0.08 else None
    handled = "ai" if chances[1] < 0.4 else "human" if chances[1] < 0.7 else "vendor"
    begun = "ai" if chances[1] < 0.6 else handled
    return {
        **names, "ticket_id": f"T-{number:08}", "theme_id": theme, "created_by": begun, "handled_by": handled,
        "vendor": names["vendor"] if handled == "vendor" else None, "resolved_by": handled if after(reply + solved) else None,
        "created_at": created, "removed_at": after(reply) if chances[2] < 0.01 else None, "first_reply_at": after(reply),
        "first_human_reply_at": after(reply) if handled != "ai" else None, "first_resolved_at": after(reply + solved),
        "first_reopened_at": None, "resolved_at": after(reply + solved), "escalated_at": after(reply) if chances[3] < 0.05 else None,
        "rated_at": after(reply + solved) if chances[4] < 0.2 else None, "csat": 5 if chances[4] < 0.16 else 2, "reopens": 0,
        "replies": 1, "human_replies": int(handled != "ai"), "replies_before_resolution": 1, "messages": 0,
        "transfers": int(chances[5] < 0.1), "had_human": handled != "ai",
        "requester_wait": solved / 4 if after(reply + solved) else 0.0,
        "third_party_wait": 0.0,
        **({"first_reopened_at": reopened, "resolved_at": None, "reopens": 1}
           if reopened else {}),
    }  # fmt: skip


def _cells_by_pair(connection: Any) -> dict[str, int]:
    pair = (handling_groups.c.dimension, handling_groups.c.filter_dimension)
    query = select(*pair, func.count()).join(handling_cells, handling_cells.c.group_id == handling_groups.c.id)
    return {f"{row[0]} {row[1]}".strip() or "all": row[2] for row in connection.execute(query.group_by(*pair))}


def _changed(engine: Engine) -> tuple[float, float]:
    """Return milliseconds and cells for each ticket of a batch of the newest day's tickets that are solved."""
    with engine.begin() as connection:
        newest = select(ticket_handling.c.ticket_id).order_by(ticket_handling.c.created_at.desc()).limit(BATCH)
        ids = sorted(connection.execute(newest).scalars())
        stored = read_handled(connection, ids)
        solved = [{**row, "first_resolved_at": END, "resolved_at": END, "reopens": 0} for row in stored.tickets]
        write_handling(connection, solved)
        start = time.process_time()
        number = change_by(connection, stored, HandledRows(solved, (), ()))
        return round(1000 * (time.process_time() - start) / len(ids), 3), round(number / len(ids), 1)


LAST = (END - datetime(1970, 1, 1, tzinfo=UTC)).days
PERIOD = FigurePeriod(END - timedelta(days=30), END, END)


def _by_day(connection: Any) -> None:
    cells = read_cells(connection, CellQuery(LAST - 30, LAST))[""]
    for day in range(30):
        start = PERIOD.start + timedelta(days=day)
        figures_of_cells(cells, FigurePeriod(start, start + timedelta(days=1), END))


def _by_dimension(connection: Any) -> None:
    for cells in read_cells(connection, CellQuery(LAST - 30, LAST, "vendor")).values():
        figures_of_cells(cells, PERIOD)


def _filtered(connection: Any) -> None:
    for cells in read_cells(
        connection, CellQuery(LAST - 30, LAST, "team", ("business_line", "business_line-1"))
    ).values():
        figures_of_cells(cells, PERIOD)


def _by_theme(connection: Any) -> None:
    query = CellQuery(LAST - 30, LAST, "theme_id")
    for cells in read_cells(connection, query, rank_values(connection, query, 100)).values():
        figures_of_cells(cells, PERIOD)


PAGES: dict[str, Callable[[Any], None]] = {
    "by_day_ms": _by_day, "by_vendor_ms": _by_dimension, "by_team_of_a_business_line_ms": _filtered,
    "by_theme_top_100_ms": _by_theme,
}  # fmt: skip
"""The queries and figures of pages of 30 days."""


def _median_ms(connection: Any, page: Callable[[Any], None]) -> float:
    taken = []
    for _ in range(REPEATS):
        start = time.process_time()
        page(connection)
        taken.append(1000 * (time.process_time() - start))
    return round(median(taken), 1)


if __name__ == "__main__":
    main()
