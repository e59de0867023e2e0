"""The list of spikes: open and recent ones, with what withheld their alerts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, String, func, select
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from models.alert import Gate
from models.segment import EVERYTHING, Segment
from models.spikes.explain.plain_verdict import EpisodeCounts, PlainVerdict, because, verdict_of_episode
from models.spikes.series import DIMENSIONS
from models.times import rfc3339
from store.board.paging import ROWS, ListPage, count_of, offset_of
from store.board.theme_names import SurvivingNames, theme_names
from store.schema import alerts, spikes
from store.survivors import family
from store.types import LARGEST_ID

GATES = tuple(one.value for one in Gate if one is not Gate.CALM_AGAIN)
"""Gates that a spike may keep."""

WITHHELD, ALERTED = "withheld", "alerted"
"""Values of the filter of gates that mean any gate, and none."""

SORTS = {
    "newest": (spikes.c.start.desc(), spikes.c.id.desc()),
    "severity": (spikes.c.severity.desc(), spikes.c.id.desc()),
    "tickets": (spikes.c.observed.desc(), spikes.c.id.desc()),
}
"""Orders of the list, by the name that its address has."""


class value_of(FunctionElement[str]):  # noqa: N801 (it reads as a function in queries)
    """The text under a key of a JSON object: (column, key); NULL where it has none. The key is one of `DIMENSIONS`."""

    type = String()
    inherit_cache = True


@compiles(value_of)
def _in_sqlite(element: value_of, compiler: SQLCompiler, **options: Any) -> str:
    column, key = element.clauses
    return f"json_extract({compiler.process(column, **options)}, '$.' || {compiler.process(key, **options)})"


@compiles(value_of, "postgresql")
def _in_postgresql(element: value_of, compiler: SQLCompiler, **options: Any) -> str:
    column, key = element.clauses
    return f"({compiler.process(column, **options)} ->> CAST({compiler.process(key, **options)} AS TEXT))"


@dataclass(frozen=True, slots=True, kw_only=True)
class SpikeQuery:
    """Which spikes are listed.

    Parameters
    ----------
    state: `open`, `ended`, or empty for both. theme: with those that were merged into it; None: any.
    segment: those in it, or in a part of it. severity: the least one.
    gate: one gate, `withheld` for any, `alerted` for none; empty: either.
    """

    state: str = ""
    theme: int | None = None
    segment: Segment = EVERYTHING
    severity: float = 0.0
    gate: str = ""
    sort: str = "newest"
    page: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedSpike:
    """A spike with the name of its theme, the alert that was opened of it, and whether it was reported."""

    spike_id: int
    theme_id: int
    theme_name: str
    kind: str
    segment: Segment
    start: datetime
    end: datetime | None
    observed: int
    expected: float
    ratio: float
    p_value: float
    severity: float
    launch_id: str | None
    gate: str | None
    because: str
    incident_id: int | None
    alert_id: int | None
    answer: PlainVerdict

    @property
    def counts(self) -> EpisodeCounts:
        """What a verdict says of it."""
        return EpisodeCounts(
            observed=self.observed, expected=self.expected, p_value=self.p_value, kind=self.kind, segment=self.segment
        )

    def as_json(self) -> dict[str, Any]:
        """Write it as the JSON API does, with keys of `spikes list --json`."""
        names = (
            "theme_id", "theme_name", "kind", "observed", "expected", "ratio", "p_value", "severity", "launch_id", "gate", "because",
            "incident_id", "alert_id",
        )  # fmt: skip
        return {
            "id": self.spike_id, **{name: getattr(self, name) for name in names}, "segment": self.segment.as_dict(),
            "start": rfc3339(self.start), "end": rfc3339(self.end), "answer": self.answer.as_json(),
        }  # fmt: skip


def spike_list(connection: Connection, query: SpikeQuery) -> ListPage[ListedSpike]:
    """List the spikes that a query chooses, a page of 100."""
    chosen = _with_alert(select(spikes).where(*_conditions(connection, query)))
    order = SORTS.get(query.sort, SORTS["newest"])
    rows = connection.execute(chosen.order_by(*order).limit(ROWS).offset(offset_of(query.page))).all()
    names = theme_names(connection, [row.theme_id for row in rows])
    matching = count_of(connection, select(spikes.c.id).where(*_conditions(connection, query)))
    return ListPage(tuple(_listed(row, names) for row in rows), matching, query.page)


def listed_spike(connection: Connection, spike_id: int) -> ListedSpike | None:
    """Read one spike as the list shows it; None where there is none of the number."""
    if abs(spike_id) > LARGEST_ID:
        return None
    row = connection.execute(_with_alert(select(spikes).where(spikes.c.id == spike_id))).one_or_none()
    return None if row is None else _listed(row, theme_names(connection, [row.theme_id]))


def _with_alert(query: Select[Any]) -> Select[Any]:
    first = select(func.min(alerts.c.id)).where(alerts.c.spike_id == spikes.c.id).scalar_subquery()
    return query.add_columns(first.label("alert_id"))


def _conditions(connection: Connection, query: SpikeQuery) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if query.state:
        found.append(spikes.c.end.is_(None) if query.state == "open" else spikes.c.end.is_not(None))
    if query.theme is not None:
        members = family(connection, query.theme) if 0 < query.theme <= LARGEST_ID else [query.theme]
        found.append(spikes.c.theme_id.in_([one for one in members if abs(one) <= LARGEST_ID]))
    for name, value in query.segment.pairs:
        # A dimension that nothing is counted by has no spike.
        known = value_of(spikes.c.segment, name) == value if name in DIMENSIONS else spikes.c.id.is_(None)
        found.append(known)
    if query.severity > 0:
        found.append(spikes.c.severity >= query.severity)
    if query.gate:
        any_gate = {WITHHELD: spikes.c.gate.is_not(None), ALERTED: spikes.c.gate.is_(None)}
        found.append(any_gate.get(query.gate, spikes.c.gate == query.gate))
    return found


def _listed(row: Row[Any], names: SurvivingNames) -> ListedSpike:
    segment = Segment.of(row.segment)
    figures = EpisodeCounts(
        observed=row.observed, expected=row.expected, p_value=row.p_value, kind=row.kind, segment=segment
    )
    return ListedSpike(
        spike_id=row.id, theme_id=names.theme(row.theme_id), theme_name=names.name(row.theme_id), kind=row.kind, segment=segment,
        start=row.start, end=row.end, observed=row.observed, expected=row.expected, ratio=row.ratio, p_value=row.p_value,
        severity=row.severity, launch_id=row.launch_id, gate=row.gate, because="" if row.gate is None else because(row.gate),
        incident_id=row.incident_id, alert_id=row.alert_id, answer=verdict_of_episode(figures, row.gate, row.alert_id),
    )  # fmt: skip
