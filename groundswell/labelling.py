"""Labels as the command reads and rates them: files of labels and of drawn cases, with the tickets of the database."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from groundswell.errors import UsageError
from models.access import Permission, Person
from models.labelling.accuracy import AI, HUMAN_BASELINE, HandlingAccuracy, JudgedCase, compare_accuracy
from models.labelling.case_label import AdjudicatedLabel, CaseLabel, disputed_tickets, settled_values
from models.labelling.coverage import AuditedCase, ThemeCoverage, estimate_coverage
from models.labelling.exchange import LabelFormat, read_labels
from models.labelling.label_set import NO_THEME_FITS, LabelQuestion, LabelSet, read_label_sets
from models.labelling.precision import AuditLabel, ThemePrecision, estimate_precision
from models.labelling.queue import (
    HUMAN,
    QueueCandidate,
    QueueCase,
    QueueKind,
    choose_ai_handled,
    choose_audit,
    choose_disputed,
    choose_theme,
    choose_uncertain,
)
from models.labelling.rating import ModelRating, next_cases, rate_model

SEED = 19
"""Of estimates: the same labels give the same figures."""


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
class LabelReport:
    """What an audit's labels say of the themes, and the cases to label next."""

    rating: ModelRating
    precision: list[ThemePrecision]
    coverage: list[ThemeCoverage]
    next_cases: list[QueueCandidate]

    def as_json(self) -> dict[str, Any]:
        """Write it as `--json` prints it."""
        return asdict(self)


def rate(
    candidates: Sequence[QueueCandidate], cases: Sequence[QueueCase], themes: Mapping[str, str], size: int
) -> LabelReport:
    """Rate the themes by the settled themes of the cases of an audit; cases that are not settled are left out.

    A case counts for the theme that it had when it was drawn.
    """
    chance = np.random.default_rng(SEED)
    settled = [one for one in cases if one.ticket_id in themes and one.weight is not None]
    labels = [
        AuditLabel(theme_id=one.theme_id, confidence=one.confidence, correct=themes[one.ticket_id] == str(one.theme_id))
        for one in settled
        if one.theme_id is not None
    ]
    by_theme: dict[int, list[float]] = {}
    for one in candidates:
        if one.theme_id is not None:
            by_theme.setdefault(one.theme_id, []).append(one.confidence)
    precision = estimate_precision(labels, {theme: np.array(values) for theme, values in by_theme.items()}, chance)
    audited = [
        AuditedCase(
            assigned=one.theme_id,
            true=_theme(themes[one.ticket_id]),
            weight=one.weight or 1.0,
            stratum=one.stratum or "",
        )
        for one in settled
    ]
    tickets, labelled = Counter(one.theme_id for one in candidates), Counter(one.theme_id for one in settled)
    open_ = [one for one in candidates if one.ticket_id not in themes]
    return LabelReport(
        rating=rate_model(precision, tickets, labelled),
        precision=precision,
        coverage=estimate_coverage(audited),
        next_cases=next_cases(precision, open_, size, chance),
    )


def accuracy(
    candidates: Sequence[QueueCandidate], cases: Sequence[QueueCase], values: Mapping[str, str], question: LabelQuestion
) -> list[HandlingAccuracy]:
    """Compare AI with persons by the settled values of a question that has a correct one."""
    if question.correct is None:
        raise UsageError(
            f"the question {question.name} has no correct value; name one that has, such as resolution_correct"
        )
    handlers = {one.ticket_id: one.handled_by for one in candidates}
    judged = []
    for one in cases:
        by = handlers.get(one.ticket_id)
        if one.theme_id is not None and one.ticket_id in values and (by == AI or by in HUMAN):
            judged.append(
                JudgedCase(
                    theme_id=one.theme_id,
                    handler=AI if by == AI else HUMAN_BASELINE,
                    correct=values[one.ticket_id] == question.correct,
                    weight=one.weight or 1.0,
                    stratum=one.stratum or "",
                )
            )
    return compare_accuracy(judged)


def settled(labels: Sequence[CaseLabel], adjudicated: Sequence[AdjudicatedLabel], question: str) -> dict[str, str]:
    """Return the settled value of each ticket: the adjudicated one, else the one that all labellers gave."""
    return settled_values(labels, adjudicated, question)


def _theme(value: str) -> int | None:
    return None if value == NO_THEME_FITS else int(value)
