"""Recall and precision of redaction for each class, with Presidio's pattern recognizers on the same texts.

usage: python -m bench.redaction.score [--samples 400] [--seeds 200 201 202]

Seeds 0 to 49 are for development: what they draw is looked at, and the recognizers are corrected by it. Seeds from 100 on are for
reporting only.
"""

from __future__ import annotations

import argparse
import time
from typing import Any

from bench.result import save
from groundswell.redaction_score import run_score
from models.redaction.redactor import Redactor

DEVELOPMENT = "0 to 49"
REPORTING = (200, 201, 202)
SHOWN = (
    "secrets",
    "recall",
    "recall_low",
    "recall_high",
    "precision",
    "precision_low",
    "precision_high",
    "presidio_recall",
    "presidio_precision",
)


def main() -> None:
    """Measure each reporting seed, and pool the counts."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--samples", type=int, default=400)
    parser.add_argument("--seeds", type=int, nargs="+", default=list(REPORTING))
    asked = parser.parse_args()
    figures: dict[str, Any] = {
        "development_seeds": DEVELOPMENT, "reporting_seeds": ", ".join(map(str, asked.seeds)), "samples": asked.samples,
    }  # fmt: skip
    lowest: dict[str, float] = {"recall": 1.0, "precision": 1.0}
    for seed in asked.seeds:
        rows = run_score(Redactor(), seed, asked.samples, time.process_time).rows
        for row in rows[:-1]:
            lowest = {name: min(value, row[name]) for name, value in lowest.items()}
        figures[f"seed {seed}"] = {row["class"]: {name: _shown(row, name) for name in SHOWN} for row in rows}
        figures[f"seed {seed}: texts_a_second"] = rows[-1]["texts_a_second"]
        figures[f"seed {seed}: presidio_texts_a_second"] = rows[-1].get("presidio_texts_a_second", 0)
    figures |= {f"lowest_{name}": value for name, value in lowest.items()}
    save("redaction", figures, show=False)
    print(f"lowest recall {lowest['recall']:.4f}, lowest precision {lowest['precision']:.4f}")


def _shown(row: dict[str, Any], name: str) -> float | str:
    return row.get(name, "–") if name == "secrets" or name not in row else round(row[name], 4)


if __name__ == "__main__":
    main()
