"""How fast exports are read on one core before embedding, compared with Python's `csv` on the same file, and in how much memory.

usage: python bench/ingest/reading.py [--megabytes 20] [--rounds 3] [--sizes 20 80 320]

`csv.reader` of a file that is opened as UTF-8 is the baseline: it guesses nothing and checks nothing. Both take turns in one run; the
ratio is of their medians. Memory is the peak of a process of its own that reads a file, for several sizes: it must not grow with them.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench.ingest.tables import write_export, write_long_field
from bench.result import save
from stream.files.container import container_of
from stream.files.opening import Content
from stream.files.tables import open_table
from stream.opening import OpenOptions, open_source
from stream.raw import RefusedEvent
from stream.validation import admit

CLOCK = datetime(2026, 12, 24, tzinfo=UTC)
LONG_FIELD = 100
"""Megabytes of one quoted field."""


def baseline(path: Path) -> int:
    """Read a file with `csv.reader` into dictionaries; return the number of its rows."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = csv.reader(file)
        header = next(rows)
        return sum(1 for row in rows if dict(zip(header, row, strict=True)))


def read(path: Path) -> int:
    """Read a file as `groundswell ingest` does: container, encoding and dialect are found, every row is checked."""
    with Content(str(path)) as content:
        return sum(1 for row in open_table(content, container_of(content)).rows() if row.cells)


def events(path: Path) -> int:
    """Read a file as events: the rows, and the connector that takes each column for a field."""
    source = open_source(str(path), OpenOptions())
    number = sum(1 for raw in source.records() if not isinstance(raw.content, RefusedEvent))
    source.close()
    return number


def admitted(path: Path) -> int:
    """Read a file as valid events: plain text, redacted, as they are embedded and stored."""
    source = open_source(str(path), OpenOptions())
    number = sum(1 for raw in source.records() if not isinstance(admit(raw, CLOCK), RefusedEvent))
    source.close()
    return number


def seconds(work: Callable[[Path], int], path: Path, wanted: int) -> float:
    """Measure the processor time of a reading, which the other work of the machine does not change."""
    begun = time.process_time()
    assert work(path) == wanted
    return time.process_time() - begun


def peak(path: Path | None) -> float:
    """Return the peak memory in MiB of a process that reads a file, or of one that reads none."""
    command = [sys.executable, "-m", "bench.ingest.reading", "--peak-of", str(path or "")]
    return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def speed(path: Path, rows: int, rounds: int) -> dict[str, Any]:
    """Measure reading and the baseline, on the file and on its compressed form."""
    packed = path.with_suffix(".csv.gz")
    packed.write_bytes(gzip.compress(path.read_bytes(), 1))
    work = {
        "csv_reader": (baseline, path), "reading": (read, path), "reading_compressed": (read, packed),
        "reading_as_events": (events, path), "reading_as_admitted_events": (admitted, path),
    }  # fmt: skip
    taken: dict[str, list[float]] = {name: [] for name in work}
    for _ in range(rounds):
        for name, (function, file) in work.items():
            taken[name].append(seconds(function, file, rows))
    medians = {name: statistics.median(times) for name, times in taken.items()}
    return {
        "rows": rows,
        "megabytes": path.stat().st_size / 1e6,
        **{f"{name}_rows_per_second": rows / median for name, median in medians.items()},
        "reading_to_csv_reader": medians["csv_reader"] / medians["reading"],
        "admitted_to_csv_reader": medians["csv_reader"] / medians["reading_as_admitted_events"],
    }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--megabytes", type=int, default=20)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument(
        "--sizes", type=int, nargs="+", default=[20, 80, 320], help="of the files whose reading is measured in memory"
    )
    parser.add_argument("--peak-of")
    asked = parser.parse_args()
    if asked.peak_of is not None:
        if asked.peak_of:
            read(Path(asked.peak_of))
        # `ru_maxrss` would be that of the parent, which forked this process.
        status = Path("/proc/self/status").read_text(encoding="utf-8")
        print(int(status.split("VmHWM:")[1].split()[0]) / 1024)
        return
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "export.csv"
        figures = speed(path, write_export(path, asked.megabytes), asked.rounds)
        figures["peak_mib_before_reading"] = peak(None)
        for size in asked.sizes:
            write_export(path, size)
            figures[f"peak_mib_at_{size}_megabytes"] = peak(path)
        write_long_field(path, LONG_FIELD)
        figures[f"peak_mib_with_a_field_of_{LONG_FIELD}_megabytes"] = peak(path)
    save("ingest_reading", figures)


if __name__ == "__main__":
    main()
