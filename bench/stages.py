"""Processor seconds of the stages of mining, measured where the stages are called."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any
from unittest.mock import patch

MINING = "mining"
"""The sum of all stages and of what is between them: choosing the next epoch, the transaction, the miner's row."""

STAGES = {
    MINING: ("pipelines.miner.Miner._mine", "pipelines.miner.Miner._next"),
    "tickets": ("pipelines.epoch.run.take_tickets",),
    "discovery": ("models.themes.index.ThemeIndex.discover",),
    "counts": ("pipelines.epoch.run.write_count_changes",),
    "names": ("pipelines.epoch.run.name_due_themes",),
    "detection": ("pipelines.epoch.spikes.find",),
    "detection: following episodes": ("models.spikes.detector.follow",),
    "explanations": ("pipelines.epoch.spikes.explain_spike",),
    "alerts": ("pipelines.epoch.run.decide_alerts",),
    "incidents": ("pipelines.epoch.run.settle_incidents",),
    "expected counts": ("pipelines.epoch.run.expect_hour",),
    "map of themes": ("pipelines.themes.layout.LayoutKeeper.follow",),
}
"""Functions that make up a stage; a stage with a colon is part of the one before it."""


@contextmanager
def stage_seconds() -> Iterator[defaultdict[str, float]]:
    """Sum the processor seconds of each stage while the block runs; those of the thread that calls it."""
    seconds: defaultdict[str, float] = defaultdict(float)
    with ExitStack() as patches:
        for stage, functions in STAGES.items():
            for function in functions:
                patches.enter_context(_measured(function, stage, seconds))
        yield seconds


def _measured(function: str, stage: str, seconds: defaultdict[str, float]) -> Any:
    from pkgutil import resolve_name

    owner, _, name = function.rpartition(".")
    original: Callable[..., Any] = getattr(resolve_name(owner), name)

    def measured(*args: Any, **kwargs: Any) -> Any:
        begun = time.thread_time()
        try:
            return original(*args, **kwargs)
        finally:
            seconds[stage] += time.thread_time() - begun

    return patch(function, measured)
