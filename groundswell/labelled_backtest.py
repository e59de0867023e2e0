"""Backtests against labelled incidents: several sensitivities, and which of them serves best."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from groundswell.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from sqlalchemy import Connection

    from pipelines.past.labelled import LabelledIncident, LabelledScore

FEEDBACK = "feedback"
"""Source of labels that names the verdicts in the database; anything else is a file."""

CANDIDATES = (0.25, 0.5, 1.0, 2.0, 4.0)
"""Numbers of false alerts a week that are tried in addition to the one that is set: each doubles the one before."""


def read_labels(connection: Connection, source: str) -> list[LabelledIncident]:
    """Read labelled incidents: the verdicts in the database, or a file of JSON lines with `theme`, `start`, `end` and `worth`.

    Raises `UsageError` where there are none, or a line cannot be read.
    """
    from pathlib import Path

    from pipelines.past.labelled import labels_of
    from store.feedback import read_votes

    if source == FEEDBACK:
        labels = labels_of(connection, read_votes(connection))
        if not labels:
            raise UsageError(
                "no alert about an episode has feedback yet; give some with `groundswell feedback add`, or name a file"
            )
        return labels
    return _from_file(Path(source))


def _from_file(path: Path) -> list[LabelledIncident]:
    import orjson

    try:
        lines = path.read_bytes().splitlines()
    except OSError as error:
        raise UsageError(f"{path} cannot be read ({error.strerror}); name a file, or `feedback`") from error
    labels = []
    for number, line in enumerate(lines, start=1):
        if line.strip():
            try:
                labels.append(_label(orjson.loads(line), f"{path.name}, line {number}"))
            except (orjson.JSONDecodeError, KeyError, TypeError, ValueError) as error:
                raise UsageError(
                    f"{path}, line {number}: this is no labelled incident; valid is "
                    '{"theme": 4, "start": "2026-11-20T08:00Z", "end": "2026-11-20T12:00Z", "worth": true}'
                ) from error
    if not labels:
        raise UsageError(f"{path} has no labelled incident; give one JSON object a line")
    return labels


def _label(row: dict[str, Any], source: str) -> LabelledIncident:
    from groundswell.commands.why import time_of
    from pipelines.past.labelled import LabelledIncident

    theme, start, end = int(row["theme"]), time_of(row["start"]), time_of(row["end"])
    if start >= end or not isinstance(row.get("worth", True), bool):
        raise ValueError
    worth = row.get("worth", True)
    return LabelledIncident(spike_ids=frozenset(), worth=worth, source=source, theme_id=theme, start=start, end=end)


def score_candidates(
    current: float, asked: float | None, score: Callable[[float], LabelledScore]
) -> tuple[Sequence[LabelledScore], LabelledScore]:
    """Score the sensitivity that is set and others, and return all scores with the one that serves best.

    `asked` is the only other one where it is given, else `CANDIDATES` are tried.
    """
    from pipelines.past.labelled import best_of

    others = CANDIDATES if asked is None else (asked,)
    scores = [score(number) for number in sorted({current, *others})]
    return scores, best_of(scores, current)
