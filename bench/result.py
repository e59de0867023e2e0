"""Where a benchmark's figures go."""

from __future__ import annotations

import json
import platform
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).parent / "results"


def save(name: str, figures: dict[str, Any], *, show: bool = True) -> None:
    """Print the figures (unless `show` is false) and write them to `bench/results/NAME.json`; they compare only within one run."""
    saved_figures = {**figures, "python": platform.python_version(), "cpu": _cpu()}
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / f"{name}.json").write_text(
        json.dumps(saved_figures, indent=1, default=lambda value: value.item()) + "\n", encoding="utf-8"
    )
    for key, value in figures.items() if show else ():
        print(f"{key:42} {value:,.3f}" if isinstance(value, float) else f"{key:42} {value}")


def saved(name: str) -> dict[str, Any]:
    """Figures of earlier runs, which those that are measured now replace; none where there are none."""
    path = RESULTS / f"{name}.json"
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}


def _cpu() -> str:
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    return next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), "unknown")
