"""The sequence diagram of one epoch. Its steps name the modules that do them; a test checks that these exist."""

from __future__ import annotations

from dataclasses import dataclass

from groundswell_docs.svg import ACCENT, FAINT, INK, LINE, MONO, arrow_head, box, drawing, element, path, text

PARTIES = ("worker", "miner", "epoch", "models", "store", "outbox")
LABELS = {
    "worker": "worker", "miner": "miner", "epoch": "epoch steps", "models": "models", "store": "database", "outbox": "delivery",
}  # fmt: skip
BATCH, EPOCH = "one transaction per batch", "one transaction per epoch"
DELIVERY = "delivery: nothing is locked while a message is sent"


@dataclass(frozen=True, slots=True)
class Step:
    """A message from one party to another; `module` is the file that sends it, `group` the transaction it belongs to."""

    source: str
    target: str
    words: str
    module: str
    group: str = ""


STEPS = (
    Step("worker", "store", "redacted events, tickets, vectors, offsets", "stream/processing.py", BATCH),
    Step("miner", "store", "watermark: which epochs may close", "stream/arrival.py"),
    Step("miner", "store", "begin; check the fencing token of the lease", "pipelines/miner.py", EPOCH),
    Step("miner", "epoch", "mine the epoch", "pipelines/epoch/run.py", EPOCH),
    Step("epoch", "store", "apply pending decisions", "pipelines/decisions/apply.py", EPOCH),
    Step("epoch", "store", "take events in canonical order", "pipelines/epoch/run.py", EPOCH),
    Step("epoch", "models", "assign new tickets by vote", "models/themes/assign/vote.py", EPOCH),
    Step("epoch", "models", "discover themes", "models/themes/discover/emergence.py", EPOCH),
    Step("epoch", "store", "themes, lineage, counts", "pipelines/themes/changes.py", EPOCH),
    Step("epoch", "store", "transfer episodes with their tickets", "pipelines/epoch/episode_transfer.py", EPOCH),
    Step("epoch", "models", "detect spikes against expected counts", "models/spikes/detector.py", EPOCH),
    Step("epoch", "models", "explain spikes: segments and changes", "models/causes/explain.py", EPOCH),
    Step("epoch", "store", "spikes, causes", "pipelines/epoch/spikes.py", EPOCH),
    Step("epoch", "store", "alerts that no gate withholds, with outbox rows", "pipelines/epoch/alerts.py", EPOCH),
    Step("epoch", "store", "reviews, missing planned volume", "pipelines/epoch/launches.py", EPOCH),
    Step("epoch", "store", "journal; expected counts of the next hour", "pipelines/epoch/journal.py", EPOCH),
    Step("miner", "store", "next epoch; commit", "pipelines/miner.py", EPOCH),
    Step("outbox", "store", "claim a batch of rows", "alerts/outbox.py", DELIVERY),
    Step("outbox", "outbox", "send by the audience's channels", "alerts/channels/base.py", DELIVERY),
    Step("outbox", "store", "mark the rows as sent", "alerts/outbox.py", DELIVERY),
)  # fmt: skip

TOP, ROW = 60.0, 40.0
COLUMNS = dict(zip(PARTIES, (60.0, 190.0, 330.0, 575.0, 700.0, 860.0), strict=True))
"""Where the lifelines are; the widest gaps are where the longest texts are."""


def sequence_diagram() -> str:
    """Draw the steps of one epoch as SVG, from top to bottom."""
    height = TOP + ROW * len(STEPS) + 20
    columns = COLUMNS
    heads = [
        box(x - 52, 8, 104, 28) + text(x, 27, LABELS[name], size=13, fill=ACCENT, anchor="middle")
        for name, x in columns.items()
    ]
    lifelines = [path(f"M{x:g} 36V{height - 10:g}", stroke=LINE) for x in columns.values()]
    steps = [_step(step, TOP + ROW * index + 24, columns) for index, step in enumerate(STEPS)]
    return drawing(
        max(columns.values()) + 70, height, "What happens in one epoch, step by step",
        arrow_head("gs-step", fill=INK), *_groups(columns), *lifelines, *heads, *steps,
    )  # fmt: skip


def _groups(columns: dict[str, float]) -> list[str]:
    width = max(columns.values()) + 65
    frames = []
    for group in dict.fromkeys(step.group for step in STEPS if step.group):
        rows = [index for index, step in enumerate(STEPS) if step.group == group]
        y, height = TOP + ROW * rows[0] + 1, ROW * len(rows) - 2
        frames.append(
            element("rect", x=2, y=f"{y:g}", width=f"{width:g}", height=f"{height:g}", rx=4, fill="none", stroke=LINE)
        )
        frames.append(text(8, y + 12, group, size=10, fill=FAINT))
    return frames


def _step(step: Step, y: float, columns: dict[str, float]) -> str:
    start, end = columns[step.source], columns[step.target]
    if start == end:
        line = path(f"M{start:g} {y - 6:g}h22v8h-20", stroke=INK, marker="gs-step")
        return line + _words(step, start - 8, y - 4, "end")
    away = 3 if end > start else -3
    line = path(f"M{start + away:g} {y:g}H{end - away:g}", stroke=INK, marker="gs-step")
    return line + _words(step, (start + end) / 2, y - 5, "middle")


def _words(step: Step, x: float, y: float, anchor: str) -> str:
    halo = "paint-order:stroke;stroke:var(--color-background-primary);stroke-width:4px;"
    words = text(x, y, step.words, size=11.5, anchor=anchor, style=halo + "font-family:var(--font-stack)")
    return words + text(x, y + 16, step.module, size=9.5, fill=FAINT, anchor=anchor, style=halo + MONO)
