"""What settled labels of drawn cases say: a rating of the themes, and the accuracy of AI and of persons."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from models.arrays import Floats
from models.labelling.accuracy import AI, HUMAN_BASELINE, HandlingAccuracy, JudgedCase, compare_accuracy
from models.labelling.coverage import AuditedCase, ThemeCoverage, estimate_coverage
from models.labelling.label_set import NO_THEME_FITS, LabelQuestion
from models.labelling.precision import AuditLabel, ThemePrecision, estimate_precision
from models.labelling.queue import HUMAN, QueueCase
from models.labelling.rating import ModelRating, rate_model

SEED = 19
"""Of estimates: the same labels give the same figures."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelReport:
    """What an audit's labels say of the themes: the rating, and precision and coverage with intervals."""

    rating: ModelRating
    precision: list[ThemePrecision]
    coverage: list[ThemeCoverage]

    def as_json(self) -> dict[str, Any]:
        """Write it as `--json` and the API do."""
        return asdict(self)


def rate_themes(
    confidences: Mapping[int | None, Floats],
    cases: Sequence[QueueCase],
    themes: Mapping[str, str],
    generator: np.random.Generator,
) -> LabelReport:
    """Rate the themes by the settled themes of cases; cases that are not settled are left out.

    A case counts for the theme that it has in `cases`. Coverage is estimated from those that were chosen by chance, if any.

    Parameters
    ----------
    confidences : the confidence of each ticket by theme, 0 to 1, None for the tickets without one
    themes : the settled value by ticket, the number of a theme or `none`
    """
    settled = [one for one in cases if one.ticket_id in themes]
    labels = [
        AuditLabel(theme_id=one.theme_id, confidence=one.confidence, correct=themes[one.ticket_id] == str(one.theme_id))
        for one in settled
        if one.theme_id is not None
    ]
    of_themes = {theme: values for theme, values in confidences.items() if theme is not None}
    precision = estimate_precision(labels, of_themes, generator)
    audited = [
        AuditedCase(
            assigned=one.theme_id, true=_theme(themes[one.ticket_id]), weight=one.weight, stratum=one.stratum or ""
        )
        for one in settled
        if one.weight is not None
    ]
    labelled: dict[int | None, int] = {}
    for one in settled:
        labelled[one.theme_id] = labelled.get(one.theme_id, 0) + 1
    tickets = {theme: len(values) for theme, values in confidences.items()}
    return LabelReport(
        rating=rate_model(precision, tickets, labelled), precision=precision, coverage=estimate_coverage(audited)
    )


def judge_handling(
    handlers: Mapping[str, str | None],
    cases: Sequence[QueueCase],
    values: Mapping[str, str],
    question: LabelQuestion,
) -> list[HandlingAccuracy]:
    """Compare AI with persons by the settled values of a question that has a correct one; `handlers` and `values` are by ticket.

    Raises `ValueError` for a question without a correct value.
    """
    if question.correct is None:
        raise ValueError(
            f"the question {question.name} has no correct value; name one that has, such as resolution_correct"
        )
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


def _theme(value: str) -> int | None:
    return None if value == NO_THEME_FITS else int(value)
