"""The page of the quality of AI: containment and its parts, ratings on the same mix, themes, and what labels say of its cases."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Mapping, Sequence
from dataclasses import replace

from sqlalchemy import Connection

from console.figures.accuracy_table import accuracy_table
from console.figures.page import FigureAsk, FigureContent, FigurePage
from console.figures.table import ColumnKind, FigureCell, FigureColumn, FigureRow, FigureTable
from console.figures.theme_rows import theme_cells
from models.access import Permission, Person
from models.comparison.report import CaseMixReport, GroupResult
from models.metrics.ai_quality import AI_DEFINITIONS, AiMetric, AiTheme, ThemeVerdict
from models.metrics.figures import Figure
from models.metrics.metric import BetterDirection
from pipelines.figures.ai import LISTED, AiReport, read_ai_report
from pipelines.figures.cases import cells_of_themes
from pipelines.labelling.judged import newest_judgement
from store.labels.reading import read_label_mark

MOST_CANDIDATES = 20
"""Themes that are listed as those of which AI could take more."""

OF_PERSONS = (
    "These are tickets that persons handled last. By definition AI contained none of them and handed over each that it began, so "
    "that these shares and the ratings of AI are left out."
)

_SAY_NOTHING = frozenset({
    AiMetric.SOLVED_ALONE, AiMetric.STAYED_SOLVED, AiMetric.CONTAINMENT, AiMetric.HANDED_OVER, AiMetric.CSAT_AI,
    "contained", "lost", "verdict", "handed_over", "reopened", "csat_ai", "csat_difference",
})  # fmt: skip
"""Columns of what AI did to the end, of tickets that persons handled last."""

VERDICTS = {
    ThemeVerdict.WORSE: "worse",
    ThemeVerdict.BETTER: "better",
    ThemeVerdict.NOT_SHOWN: "not shown",
    ThemeVerdict.TOO_SMALL: "too few",
}


def read_ai(connection: Connection, ask: FigureAsk) -> FigureContent:
    """Read how AI did: figures of all tickets with those of the period before, ratings on the same mix, and themes."""
    report = read_ai_report(connection, ask.query, ask.earlier)
    names = theme_cells(connection, ask.query.scope, (one.theme for one in report.themes))
    summary, themes = _summary(report), _themes(report.themes, names)
    if ask.query.is_of_persons:
        summary, themes = _of_persons(summary), replace(_of_persons(themes), notes=[OF_PERSONS])
    tables = [themes, *([] if ask.query.is_of_persons else [_candidates(report.themes, names)]), summary]
    if report.satisfaction is not None:
        tables.append(_ratings(report.satisfaction))
    if ask.person.may(Permission.ADJUDICATE) and (judged := newest_judgement(connection, ask.person)) is not None:
        tables.append(accuracy_table(connection, ask.query.scope, judged))
    cards = [(column, summary.rows[0][column.key]) for column in summary.columns[1:]]
    return FigureContent(
        tables=tables, values={"cards": cards}, from_cells=cells_of_themes(connection, ask.query) is not None
    )


def _of_persons(table: FigureTable) -> FigureTable:
    """Return a table without the columns that say nothing of tickets that persons handled last."""
    return replace(table, columns=[one for one in table.columns if one.key not in _SAY_NOTHING])


def _summary(report: AiReport) -> FigureTable:
    columns = [FigureColumn(key="group", title="Of"), *(_metric(metric) for metric in AiMetric)]
    row = {metric.value: FigureCell.of(report.figures[metric], report.earlier[metric]) for metric in AiMetric}
    return FigureTable(
        name="summary", title="Figures", columns=columns, rows=[{"group": FigureCell(value="all tickets"), **row}]
    )


def _metric(metric: AiMetric) -> FigureColumn:
    found = AI_DEFINITIONS[metric]
    return FigureColumn(
        key=metric.value, title=found.title, kind=ColumnKind(found.unit.value), better=found.better, hint=found.formula,
        has_interval=True, has_number=True, has_earlier=True,
    )  # fmt: skip


def _share(key: str, title: str, hint: str, better: BetterDirection = BetterDirection.NEITHER) -> FigureColumn:
    return FigureColumn(
        key=key, title=title, kind=ColumnKind.SHARE, better=better, hint=hint, has_interval=True, has_number=True
    )


_THEME = FigureColumn(key="theme", title="Theme")
_TICKETS = FigureColumn(key="tickets", title="Tickets", kind=ColumnKind.TICKETS, hint="created in the period")
_CONTAINED = _share(
    "contained", "Contained so far",
    "tickets that AI solved without a person and that were not reopened so far / tickets that AI handled first and that were solved or "
    "taken by a person", BetterDirection.HIGHER,
)  # fmt: skip
_DIFFERENCE = FigureColumn(
    key="csat_difference", title="AI less persons", kind=ColumnKind.POINTS, better=BetterDirection.HIGHER, has_interval=True,
    hint="satisfied share of AI less that of persons in the theme, with Newcombe's interval",
)  # fmt: skip
_THEME_COLUMNS = (
    _THEME,
    _TICKETS,
    _share("begun", "Begun by AI", "tickets that AI handled first / tickets created in the period"),
    _CONTAINED,
    FigureColumn(
        key="lost", title="Not contained", kind=ColumnKind.TICKETS, better=BetterDirection.LOWER,
        hint="tickets that AI handled first and that a person took, or that were reopened or solved in another way",
    ),
    FigureColumn(
        key="verdict", title="Against others",
        hint="contained so far, against all other themes (score test; of the themes that are said to differ at most 5 % do not)",
    ),
    _share("handed_over", "Handed over", "those that a person took or answered / tickets that AI handled first", BetterDirection.LOWER),
    _share("escalated", "Escalated", "escalated tickets / tickets that AI handled first", BetterDirection.LOWER),
    _share("reopened", "Reopened", "tickets reopened so far / tickets that AI solved without a person", BetterDirection.LOWER),
    _share("csat_ai", "Satisfied, AI", AI_DEFINITIONS[AiMetric.CSAT_AI].formula, BetterDirection.HIGHER),
    _DIFFERENCE,
)  # fmt: skip


def _themes(themes: Sequence[AiTheme], names: Mapping[str, FigureCell]) -> FigureTable:
    tried = [one for one in themes if one.begun]
    notes = [
        (
            "The themes of which AI lost most tickets come first. What is reopened later is not known yet: the newest days look better "
            "than they will be, which the figure of all tickets takes into account and those of themes do not."
        ),
        *([f"These are the {LISTED} themes with most tickets."] if len(themes) == LISTED else []),
    ]  # fmt: skip
    return FigureTable(
        name="themes",
        title="Themes",
        columns=_THEME_COLUMNS,
        rows=[_theme_row(one, names) for one in tried],
        notes=notes,
    )


def _theme_row(one: AiTheme, names: Mapping[str, FigureCell]) -> FigureRow:
    return {
        "theme": names[one.theme], "tickets": FigureCell(value=one.tickets), "begun": FigureCell.of(one.begun_share),
        "contained": FigureCell.of(one.contained), "lost": FigureCell(value=one.lost),
        "verdict": FigureCell(value=VERDICTS[one.verdict]), "handed_over": FigureCell.of(one.handed_over),
        "escalated": FigureCell.of(one.escalated), "reopened": FigureCell.of(one.reopened),
        "csat_ai": FigureCell.of(one.csat_ai), "csat_difference": _difference(one.csat_difference),
    }  # fmt: skip


def _difference(figure: Figure) -> FigureCell:
    return FigureCell(value=figure.value, low=figure.low, high=figure.high)


def _candidates(themes: Collection[AiTheme], names: Mapping[str, FigureCell]) -> FigureTable:
    found = sorted(
        (one for one in themes if one.could_take is not None and one.could_take >= 1),
        key=lambda one: -(one.could_take or 0.0),
    )
    rows: list[FigureRow] = [
        {
            "theme": names[one.theme], "tickets": FigureCell(value=one.tickets),
            "not_begun": FigureCell(value=one.tickets - one.begun), "contained": FigureCell.of(one.contained),
            "csat_difference": _difference(one.csat_difference), "could_take": FigureCell(value=int(one.could_take or 0)),
        }
        for one in found[:MOST_CANDIDATES]
    ]  # fmt: skip
    columns = (
        _THEME, _TICKETS,
        FigureColumn(key="not_begun", title="Not begun by AI", kind=ColumnKind.TICKETS, hint="tickets that a person handled first"),
        _CONTAINED, _DIFFERENCE,
        FigureColumn(
            key="could_take", title="Could be contained", kind=ColumnKind.TICKETS,
            hint="tickets that AI did not begin, times the lower limit of the share that it contained so far",
        ),
    )  # fmt: skip
    note = (
        "Themes in which AI has decided at least 30 tickets and its ratings are not shown to be lower than those of persons. The "
        "tickets that it did not begin may be harder than those that it did: try a part of them, and evaluate that as a change."
    )
    return FigureTable(name="could-take", title="Where AI could take more", columns=columns, rows=rows, notes=[note])


def _ratings(report: CaseMixReport) -> FigureTable:
    columns = (
        FigureColumn(key="handler", title="Handled by"),
        FigureColumn(key="ratings", title="Ratings", kind=ColumnKind.TICKETS),
        FigureColumn(
            key="unadjusted", title="Satisfied", kind=ColumnKind.SHARE, better=BetterDirection.HIGHER,
            hint="ratings of 4 and 5 / all ratings",
        ),
        FigureColumn(
            key="adjusted", title="On the same mix", kind=ColumnKind.SHARE, better=BetterDirection.HIGHER, has_interval=True,
            hint="what the share would be with the themes that both have, in the same proportions (direct standardisation)",
        ),
        FigureColumn(
            key="difference", title="Difference", kind=ColumnKind.POINTS, has_interval=True, hint="on the same mix, to persons",
        ),
        FigureColumn(key="result", title="Result"),
    )  # fmt: skip
    return FigureTable(
        name="ratings", title="Ratings of AI and of persons on the same mix of themes", columns=columns,
        rows=[_rating_row(one) for one in report.groups],
        notes=[*report.sentences, *(one.sentence for one in report.groups if one.against is not None)],
    )  # fmt: skip


def _rating_row(one: GroupResult) -> FigureRow:
    low, high = one.interval or (None, None)
    against = one.against
    shown = None if against is None else against.simultaneous
    return {
        "handler": FigureCell(value=one.group), "ratings": FigureCell(value=one.tickets),
        "unadjusted": FigureCell(value=one.unadjusted), "adjusted": FigureCell(value=one.adjusted, low=low, high=high),
        "difference": FigureCell(value=None) if against is None or shown is None
        else FigureCell(value=against.difference, low=shown[0], high=shown[1]),
        "result": FigureCell(value=one.verdict.value.replace("_", " ")),
    }  # fmt: skip


def _labels_of(connection: Connection, person: Person) -> Hashable:
    """Return what the labels are that a person may see the results of; None where these are none."""
    return read_label_mark(connection) if person.may(Permission.ADJUDICATE) else None


AI = FigurePage(
    path="/figures/ai", title="AI quality", template="figures_ai.html", read=read_ai, days=28, depends=_labels_of
)
