"""The precision of themes by labels, as pages show it: estimated once for a person, until labels or tickets change."""

from __future__ import annotations

from sqlalchemy import Connection

from models.access import Permission, Person
from models.labelling.precision import ThemePrecision
from models.labelling.report import LabelReport
from pipelines.labelling.results import theme_report
from store.board import Now
from store.board.figure_cache import FigureCache
from store.labels.mark import labels_mark


def themes_measured(connection: Connection, now: Now, person: Person) -> LabelReport | None:
    """Return what the labels of all queues say of the themes; None without labels, and for a person who may not adjudicate."""
    mark = labels_mark(connection)
    if mark is None or not person.may(Permission.ADJUDICATE):
        return None
    # Which labels count depends on what the person may see.
    key = ("precision of themes", person.name, person.scope, mark)
    found: LabelReport | None = FigureCache(connection, now, "themes").get(
        key, lambda: theme_report(connection, person)
    )
    return found


def theme_measured(connection: Connection, now: Now | None, theme_id: int, person: Person) -> ThemePrecision | None:
    """Return the precision of one theme; None without a label of its tickets."""
    report = None if now is None else themes_measured(connection, now, person)
    if report is None:
        return None
    return next((one for one in report.precision if one.theme_id == theme_id and one.labelled), None)
