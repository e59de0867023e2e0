"""The table of groups compared on the same case mix, next to their unadjusted figures."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import Connection

from console.figures.page import FigureAsk
from console.figures.table import ColumnKind, FigureCell, FigureColumn, FigureRow, FigureTable
from models.comparison.outcomes import Outcome
from models.comparison.report import CaseMixReport, GroupResult, Verdict
from models.metrics.metric import BetterDirection
from pipelines.figures.errors import FigureQueryInvalid
from pipelines.handling.comparison import ComparedTickets, compare_groups

OUTCOMES: Mapping[Outcome, str] = {
    Outcome.KEPT: "All promises of a ticket kept",
    Outcome.SATISFIED: "Satisfied",
    Outcome.REOPENED: "Reopened",
    Outcome.ESCALATED: "Escalated",
    Outcome.FIRST_REPLY: "First reply",
    Outcome.RESOLUTION: "First resolution",
}
"""What is compared, with its title."""

_HIGHER_IS_BETTER = (Outcome.KEPT, Outcome.SATISFIED)
_HOUR = 3600.0


def outcome_of(text: str) -> Outcome | None:
    """Return the outcome that an address names; None for none. Raises `FigureQueryInvalid`."""
    if not text:
        return None
    if text not in set(Outcome):
        raise FigureQueryInvalid(f"received the outcome {text!r}; valid are {', '.join(Outcome)}")
    return Outcome(text)


def case_mix_table(connection: Connection, ask: FigureAsk, outcome: Outcome) -> FigureTable:
    """Compare the groups by an outcome on the same mix of themes, user types and priorities.

    Each group is compared with all others, as `groundswell kpis compare` does. It is computed from the tickets of the period: about
    30 milliseconds for a thousand of them.
    """
    query = ask.query
    report = compare_groups(
        connection, ComparedTickets(query.period, query.filters, query.scope), outcome, query.by or "vendor"
    )
    rows = [] if report is None else [_row(outcome, one) for one in _ordered(report)]
    notes = () if report is None else report.sentences
    return FigureTable(
        name="case-mix", title=f"{OUTCOMES[outcome]}, on the same case mix", columns=_columns(ask, outcome), rows=rows, notes=notes
    )  # fmt: skip


def _ordered(report: CaseMixReport) -> list[GroupResult]:
    return sorted(report.groups, key=lambda one: (-one.tickets, one.group))


def _columns(ask: FigureAsk, outcome: Outcome) -> list[FigureColumn]:
    kind = ColumnKind.SECONDS if outcome.is_time else ColumnKind.SHARE
    gap = ColumnKind.SECONDS if outcome.is_time else ColumnKind.POINTS
    better = BetterDirection.HIGHER if outcome in _HIGHER_IS_BETTER else BetterDirection.LOWER
    return [
        FigureColumn(key="group", title=(ask.query.dimension or "group").replace("_", " ").capitalize()),
        FigureColumn(key="tickets", title="Tickets", kind=ColumnKind.TICKETS, hint="tickets of the group with this outcome"),
        FigureColumn(
            key="sample", title="Effective sample", kind=ColumnKind.TICKETS,
            hint="tickets of a simple random sample that would be as precise as the adjusted figure (Kish 1965)",
        ),
        FigureColumn(key="unadjusted", title="Unadjusted", kind=kind, better=better, hint="of all tickets of the group"),
        FigureColumn(
            key="adjusted", title="Same case mix", kind=kind, better=better, has_interval=True,
            hint="what the group would have with the mix of themes, user types and priorities of all compared groups",
        ),
        FigureColumn(
            key="difference", title="Against the others", kind=gap, has_interval=True,
            hint="difference of the adjusted figure to that of all other groups; the intervals of all rows hold together",
        ),
        FigureColumn(key="result", title="Result"),
    ]  # fmt: skip


def _row(outcome: Outcome, found: GroupResult) -> FigureRow:
    scale = _HOUR if outcome.is_time else 1.0

    def scaled(value: float | None) -> float | None:
        return None if value is None else value * scale

    low, high = found.interval or (None, None)
    against = found.against
    least, most = (None, None) if against is None else against.simultaneous
    return {
        "group": FigureCell(value=found.group),
        "tickets": FigureCell(value=found.tickets),
        "sample": FigureCell(value=None if found.sample is None else found.sample.effective),
        "unadjusted": FigureCell(value=scaled(found.unadjusted)),
        "adjusted": FigureCell(value=scaled(found.adjusted), low=scaled(low), high=scaled(high)),
        "difference": FigureCell(
            value=None if against is None else scaled(against.difference), low=scaled(least), high=scaled(most)
        ),
        "result": FigureCell(value=_result(outcome, found), hint=found.sentence),
    }


def _result(outcome: Outcome, found: GroupResult) -> str:
    if found.verdict in (Verdict.HIGHER, Verdict.LOWER):
        is_better = (found.verdict is Verdict.HIGHER) == (outcome in _HIGHER_IS_BETTER)
        return "better than the others" if is_better else "worse than the others"
    return _RESULTS[found.verdict]


_RESULTS = {
    Verdict.NOT_SHOWN: "no difference shown",
    Verdict.TOO_SMALL: "too few tickets to judge",
    Verdict.REFERENCE: "reference",
    Verdict.NOT_COMPARED: "not compared",
}
