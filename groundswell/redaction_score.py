"""The scorecard of redaction as `groundswell redact score` prints it: a row for each class, with Presidio in the same run."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from models.proportion import wilson_interval
from models.redaction.redactor import Redactor
from models.redaction.scorecard.generator import SCORED, ScorecardGenerator
from models.redaction.scorecard.pieces import PlantedText
from models.redaction.scorecard.removers import PRESIDIO_CLASSES, presidio_remover, redactor_remover
from models.redaction.scorecard.score import ClassScore, Mistake, Remover, Scorecard, score

ProcessorClock = Callable[[], float]
"""Seconds of processor time."""

ALL = "all"


@dataclass(frozen=True, slots=True)
class ScoreRun:
    """The rows of the table, and our mistakes. The last row has the sums, and the speed in texts a second."""

    rows: list[dict[str, Any]]
    mistakes: list[Mistake]
    presidio: bool

    def below(self, recall: float, precision: float) -> list[str]:
        """Name the classes below a bar, and in which figure."""
        return [
            f"{row['class']} ({figure} {row[figure]:.4f})"
            for row in self.rows[:-1]
            for figure, bar in (("recall", recall), ("precision", precision))
            if row[figure] < bar
        ]


def run_score(redactor: Redactor, seed: int, samples: int, clock: ProcessorClock) -> ScoreRun:
    """Score a redactor and, where it is installed, Presidio on the same texts. Classes that the settings turn off are left out."""
    texts = [
        one
        for one in ScorecardGenerator().texts(seed, samples)
        if redactor.settings.off.isdisjoint({one.about, *(secret.kind for secret in one.secrets)})
    ]
    ours, speed = _timed(texts, redactor_remover(redactor), clock)
    remover = presidio_remover()
    theirs, their_speed = (None, None) if remover is None else _timed(texts, remover, clock)
    rows = [
        _row(kind.value, ours.of(kind), None if theirs is None or kind not in PRESIDIO_CLASSES else theirs.of(kind))
        for kind in SCORED
        if kind not in redactor.settings.off
    ]
    rows.append({**_sums(rows), "texts_a_second": round(speed)})
    if theirs is not None and their_speed is not None:
        rows[-1]["presidio_texts_a_second"] = round(their_speed)
    return ScoreRun(rows, ours.mistakes, theirs is not None)


def _timed(texts: Sequence[PlantedText], remover: Remover, clock: ProcessorClock) -> tuple[Scorecard, float]:
    begun = clock()
    found = [remover(one.text) for one in texts]
    spent = clock() - begun
    left = iter(found)
    return score(texts, lambda _: next(left)), len(texts) / max(spent, 1e-9)


def _row(name: str, ours: ClassScore, theirs: ClassScore | None) -> dict[str, Any]:
    low, high = wilson_interval(ours.removed, ours.secrets)
    precise_low, precise_high = wilson_interval(ours.right, ours.replaced)
    row: dict[str, Any] = {
        "class": name, "secrets": ours.secrets, "removed": ours.removed, "recall": ours.recall, "recall_low": low, "recall_high": high,
        "named": ours.named, "replaced": ours.replaced, "right": ours.right, "precision": ours.precision, "precision_low": precise_low,
        "precision_high": precise_high, "keeps": ours.keeps, "kept": ours.kept,
    }  # fmt: skip
    if theirs is not None:
        row |= {
            "presidio_recall": theirs.recall,
            "presidio_precision": theirs.precision,
            "presidio_replaced": theirs.replaced,
        }
    return row


def _sums(rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    counts = ("secrets", "removed", "named", "replaced", "right", "keeps", "kept")
    total = {name: sum(row[name] for row in rows) for name in counts}
    recall = wilson_interval(total["removed"], total["secrets"])
    precision = wilson_interval(total["right"], total["replaced"])
    return {
        "class": ALL,
        **total,
        "recall": total["removed"] / max(1, total["secrets"]), "recall_low": recall[0], "recall_high": recall[1],
        "precision": total["right"] / max(1, total["replaced"]), "precision_low": precision[0], "precision_high": precision[1],
    }  # fmt: skip
