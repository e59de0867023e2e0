"""Labels as the command reads and rates them: files of labels and of drawn cases, with the tickets of the database."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from groundswell.errors import UsageError
from models.access import Permission, Person
from models.labelling.accuracy import HandlingAccuracy
from models.labelling.case_label import AdjudicatedLabel, CaseLabel, disputed_tickets, settled_values
from models.labelling.exchange import LabelFormat, read_labels
from models.labelling.label_set import LabelQuestion, LabelSet, read_label_sets
from models.labelling.queue import (
    QueueCandidate,
    QueueCase,
    QueueKind,
    choose_ai_handled,
    choose_audit,
    choose_disputed,
    choose_theme,
    choose_uncertain,
)
from models.labelling.rating import next_cases
from models.labelling.report import SEED, LabelReport, judge_handling, rate_themes


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawnQueue:
    """A queue that is asked for: `theme` is needed for the kind `theme`, and labels for the kind `disputed`."""

    kind: QueueKind
    size: int
    seed: int
    theme: int | None = None
    baseline: bool = False


def labelling_person() -> Person:
    """Return who gives a command: who has the database may adjudicate, and labels in the console under another name."""
    from groundswell.session import actor

    return Person(name=actor(), permissions=frozenset({Permission.LOOK, Permission.ADJUDICATE}))


@contextmanager
def refusals() -> Iterator[None]:
    """Report what the labelling service refuses of the options as a misuse."""
    from pipelines.figures.errors import FigureQueryInvalid
    from store.errors import ThemeUnknown
    from store.labels.errors import LabelInvalid, LabelSetUnknown

    try:
        yield
    except (LabelInvalid, LabelSetUnknown, ThemeUnknown, FigureQueryInvalid) as error:
        raise UsageError(str(error)) from error


def open_sets(path: Path | None) -> dict[str, LabelSet]:
    """Read the label sets that come with the program, and those of a file, which replace sets of the same name."""
    try:
        given = () if path is None else read_label_sets(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise UsageError(f"{path} is no file of label sets: {error}") from error
    return {one.name: one for one in (*read_label_sets(), *given)}


def question_of(sets: Mapping[str, LabelSet], name: str) -> LabelQuestion:
    """Return the question of that name in the sets."""
    for one in sets.values():
        for question in one.questions:
            if question.name == name:
                return question
    known = sorted({question.name for one in sets.values() for question in one.questions})
    raise UsageError(f"received the question {name!r}; valid are {', '.join(known)}")


def format_of(path: Path) -> LabelFormat:
    """Return the form of a file of labels by its ending: .jsonl, .csv, or .json as Label Studio writes it."""
    forms = {".jsonl": LabelFormat.JSONL, ".csv": LabelFormat.CSV, ".json": LabelFormat.LABEL_STUDIO}
    if path.suffix.lower() not in forms:
        raise UsageError(f"received the file {path.name}; valid endings are {', '.join(forms)}")
    return forms[path.suffix.lower()]


def open_file(path: Path, form: LabelFormat) -> list[CaseLabel]:
    """Read a file of labels, whatever their values are."""
    try:
        return read_labels(path.read_text("utf-8"), form)
    except (OSError, ValueError) as error:
        raise UsageError(f"{path}: {error}") from error


def write_file(path: Path, text: str) -> None:
    """Write a file of labels."""
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise UsageError(
            f"received the file {path}, which cannot be written ({error.strerror}); name a file in a folder that exists"
        ) from error


def open_labels(path: Path | None, sets: Mapping[str, LabelSet]) -> list[CaseLabel]:
    """Read a file of labels, and refuse one with a value that its question does not have."""
    if path is None:
        return []
    try:
        labels = read_labels(path.read_text("utf-8"), format_of(path))
        for one in labels:
            question_of(sets, one.question).check(one.value)
    except (OSError, ValueError) as error:
        raise UsageError(f"{path}: {error}") from error
    return labels


def open_adjudicated(path: Path | None, sets: Mapping[str, LabelSet]) -> list[AdjudicatedLabel]:
    """Read a file of labels as adjudicated values: its labellers are the adjudicators."""
    return [
        AdjudicatedLabel(
            ticket_id=one.ticket_id, question=one.question, value=one.value, adjudicator=one.labeller, at=one.at
        )
        for one in open_labels(path, sets)
    ]


def open_cases(path: Path) -> list[QueueCase]:
    """Read the drawn cases that `labels draw --json` printed."""
    import orjson

    try:
        return [QueueCase(**one) for one in orjson.loads(path.read_bytes())]
    except (OSError, ValueError, TypeError) as error:
        raise UsageError(f"{path} holds no drawn cases ({error}); valid is what `labels draw --json` prints") from error


def draw(
    candidates: Sequence[QueueCandidate],
    asked: DrawnQueue,
    labels: Sequence[CaseLabel],
    adjudicated: Sequence[AdjudicatedLabel],
) -> list[QueueCase]:
    """Draw the cases of a queue."""
    chance = np.random.default_rng(asked.seed)
    if asked.kind is QueueKind.UNCERTAIN:
        return choose_uncertain(candidates, asked.size, chance)
    if asked.kind is QueueKind.AUDIT:
        return choose_audit(candidates, asked.size, chance)
    if asked.kind is QueueKind.DISPUTED:
        return choose_disputed(candidates, disputed_tickets(labels, adjudicated), asked.size, chance)
    if asked.kind is QueueKind.AI_HANDLED:
        return choose_ai_handled(candidates, asked.size, chance, baseline=asked.baseline)
    if asked.theme is None:
        raise UsageError("a queue of the kind theme needs its theme; pass --theme NUMBER")
    return choose_theme(candidates, asked.theme, asked.size, chance)


@dataclass(frozen=True, slots=True, kw_only=True)
class RatedFile:
    """What an audit's labels say of the themes, and the cases to label next."""

    report: LabelReport
    next_cases: list[QueueCandidate]

    def as_json(self) -> dict[str, Any]:
        """Write it as `--json` prints it."""
        return {**self.report.as_json(), "next_cases": [asdict(one) for one in self.next_cases]}


def rate(
    candidates: Sequence[QueueCandidate], cases: Sequence[QueueCase], themes: Mapping[str, str], size: int
) -> RatedFile:
    """Rate the themes by the settled themes of the cases of an audit; cases that are not settled are left out.

    A case counts for the theme that it had when it was drawn.
    """
    chance = np.random.default_rng(SEED)
    drawn = [one for one in cases if one.weight is not None]
    by_theme: dict[int | None, list[float]] = {}
    for one in candidates:
        by_theme.setdefault(one.theme_id, []).append(one.confidence)
    report = rate_themes({theme: np.array(values) for theme, values in by_theme.items()}, drawn, themes, chance)
    open_ = [one for one in candidates if one.ticket_id not in themes]
    return RatedFile(report=report, next_cases=next_cases(report.precision, open_, size, chance))


def accuracy(
    candidates: Sequence[QueueCandidate], cases: Sequence[QueueCase], values: Mapping[str, str], question: LabelQuestion
) -> list[HandlingAccuracy]:
    """Compare AI with persons by the settled values of a question that has a correct one."""
    handlers = {one.ticket_id: one.handled_by for one in candidates}
    try:
        return judge_handling(handlers, cases, values, question)
    except ValueError as error:
        raise UsageError(str(error)) from error


def settled(labels: Sequence[CaseLabel], adjudicated: Sequence[AdjudicatedLabel], question: str) -> dict[str, str]:
    """Return the settled value of each ticket: the adjudicated one, else the one that all labellers gave."""
    return settled_values(labels, adjudicated, question)
