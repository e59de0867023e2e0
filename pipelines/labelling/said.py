"""Labels and decisions as figures and learning use them: with the themes that hold the tickets now."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from sqlalchemy import Connection

from models.access import Permission, Person
from models.labelling.case_label import AdjudicatedLabel, CaseLabel, settled_values
from pipelines.labelling.permission import require
from store.labels.adjudications import read_adjudications
from store.labels.cases import LabelCase
from store.labels.queues import read_queues
from store.labels.reading import read_labels
from store.survivors import survivors


@dataclass(frozen=True, slots=True)
class SaidLabels:
    """Labels and decisions, as far as a person may see them."""

    labels: list[CaseLabel]
    decided: list[AdjudicatedLabel]

    def settled(self, question: str) -> dict[str, str]:
        """Return the value of each ticket: the adjudicated one, else the one that all its labellers gave."""
        return settled_values(self.labels, self.decided, question)


def settled_themes(connection: Connection, person: Person) -> dict[str, int | None]:
    """Return the settled theme of each labelled ticket, as numbers that hold tickets now; None for one that fits no theme.

    They are what a label map learns from: `models.themes.rebuild.label_map`. Needs `adjudicate`.
    """
    require(person, Permission.ADJUDICATE)
    names = {question.name for one in read_queues(connection) for question in one.asked if question.asks_for_theme}
    said = read_said(connection, person, survivors(connection), None, names)
    values = {ticket: value for name in sorted(names) for ticket, value in said.settled(name).items()}
    return {ticket: int(value) if value.isdigit() else None for ticket, value in values.items()}


def read_said(
    connection: Connection, person: Person, merged: Mapping[int, int], queue_id: int | None, themes: set[str]
) -> SaidLabels:
    """Read labels and decisions; values of the questions in `themes` become those of the themes that hold the tickets now."""

    def value(question: str, said: str) -> str:
        return str(merged.get(int(said), said)) if question in themes and said.isdigit() else said

    labels = read_labels(connection, person, queue_id=queue_id, closed_only=True)
    decided = [one.label for one in read_adjudications(connection, person, queue_id=queue_id)]
    return SaidLabels(
        [replace(one, value=value(one.question, one.value)) for one in labels],
        [replace(one, value=value(one.question, one.value)) for one in decided],
    )


def case_now(case: LabelCase, merged: Mapping[int, int]) -> LabelCase:
    """Return a case whose theme is the one that holds its tickets now."""
    return case if case.theme_id is None else replace(case, theme_id=merged.get(case.theme_id, case.theme_id))
