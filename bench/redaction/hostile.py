"""How long redaction takes on texts made to be slow, at two sizes, and how it grows with them.

usage: python -m bench.redaction.hostile [--sizes 250000 1000000]

Growth is the exponent of the time between the smallest and the largest size: 1 is linear, 2 quadratic.
"""

from __future__ import annotations

import argparse
import time
from math import log
from typing import Any

from bench.redaction.units import UNITS
from bench.result import save
from models.redaction import redact


def seconds(text: str) -> float:
    """Return the processor time of redacting a text: the better of two runs."""
    spent = []
    for _ in range(2):
        begun = time.process_time()
        redact(text)
        spent.append(time.process_time() - begun)
    return min(spent)


def main() -> None:
    """Measure each unit at each size."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=int, nargs="+", default=[250_000, 1_000_000])
    asked = parser.parse_args()
    figures: dict[str, Any] = {}
    slowest, steepest, above = 0.0, 0.0, 0
    redact("a card 4111 1111 1111 1111")  # patterns are compiled when they are first needed
    for name, unit in UNITS.items():
        spent = [seconds(unit * (size // len(unit))) for size in asked.sizes]
        growth = log(max(spent[-1], 1e-4) / max(spent[0], 1e-4)) / log(asked.sizes[-1] / asked.sizes[0])
        figures[name] = {f"seconds_at_{size}": round(one, 4) for size, one in zip(asked.sizes, spent, strict=True)} | {
            "growth": round(growth, 2)
        }
        slowest, steepest = max(slowest, spent[-1]), max(steepest, growth if spent[-1] > 0.05 else 0.0)
        above += spent[-1] > 1.0
        print(f"{name:40} {spent[-1]:8.3f} s  growth {growth:.2f}")
    summary = {
        "texts": len(UNITS),
        "characters": asked.sizes[-1],
        "above_one_second": above,
        "slowest_seconds": slowest,
        "steepest_growth": steepest,
    }
    save("redaction_hostile", {**summary, **figures}, show=False)


if __name__ == "__main__":
    main()
