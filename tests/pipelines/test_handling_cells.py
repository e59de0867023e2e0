"""Cells of handling: whatever was refreshed before, and wherever it was killed, they are those of a recount."""

import itertools
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, delete, insert, select, update

from models.metrics.cell_figures import figures_of_cells, promises_of_cells
from models.metrics.figures import FigurePeriod, figures
from models.metrics.metric import DEFINITIONS, MetricUnit, ServiceMetric
from pipelines.handling import refresh as refreshing
from pipelines.handling.cells import recount
from pipelines.handling.refresh import is_stale, refresh
from store.database import open_database, reading, upgrade
from store.handling import read_period
from store.handling_cells import CellQuery, are_cells_counted, rank_values, read_cells
from store.schema import (
    assignments,
    cursors,
    events,
    handling_cells,
    handling_groups,
    sla_cycles,
    ticket_handling,
    ticket_resolutions,
    tickets,
)  # fmt: skip
from store.service_levels import count_promises
from tests.pipelines.handling_desk import NOW, START, HandlingDesk

Cells = dict[tuple[Any, ...], tuple[Any, ...]]


@pytest.fixture
def desk(database_url: str) -> Iterator[HandlingDesk]:
    """Return a desk on an empty database."""
    engine = open_database(database_url)
    upgrade(engine)
    yield HandlingDesk(engine)
    engine.dispose()


def _cells(engine: Engine) -> Cells:
    """Read all cells by group and day."""
    group = handling_groups.c
    names = (group.dimension, group.value, group.filter_dimension, group.filter_value)
    query = select(*names, handling_cells).join(handling_groups, group.id == handling_cells.c.group_id)
    with reading(engine) as connection:
        number = len(connection.execute(select(handling_cells.c.day)).all())
        found = {(*row[:4], row.day): tuple(row)[6:] for row in connection.execute(query)}
    assert len(found) == number
    return found


def _recounted(engine: Engine) -> Cells:
    with engine.begin() as connection:
        recount(connection, NOW)
    return _cells(engine)


def _clear(engine: Engine) -> None:
    with engine.begin() as connection:
        for table in (
            handling_cells, handling_groups, sla_cycles, ticket_resolutions, ticket_handling, assignments, events, tickets,
            cursors,
        ):  # fmt: skip
            connection.execute(delete(table))


KINDS = {
    "ticket.solved": {},
    "ticket.reopened": {},
    "ticket.escalated": {},
    "comment.added": {"author_role": "agent"},
    "ticket.reassigned": {"handled_by": "vendor", "vendor": "acme"},
    "ticket.rated": {"csat": 5},
    "ticket.merged": {},
    "move": {},
    "not a customer's": {},
}

steps = st.lists(
    st.tuples(
        st.integers(0, 5), st.sampled_from([*KINDS, "ticket.solved", "ticket.reopened", "close", "kill"]),
        st.integers(1, 4_000),
    ),
    min_size=4, max_size=24,
)  # fmt: skip


class Killed(Exception):
    """Stands for the end of a process between two batches."""


def _refresh(desk: HandlingDesk, monkeypatch: pytest.MonkeyPatch, after: int | None) -> None:
    """Refresh; with `after`, end it before this batch, as a kill does, whose transaction is rolled back."""
    number, fold = itertools.count(), refreshing.read_histories

    def folding(connection: Any, ids: Any) -> Any:
        if next(number) == after:
            raise Killed
        return fold(connection, ids)

    with monkeypatch.context() as patch:
        patch.setattr(refreshing, "read_histories", folding)
        try:
            refresh(desk.engine, NOW)
        except Killed:
            assert after is not None


def _play(desk: HandlingDesk, played: list[tuple[int, str, int]], patch: pytest.MonkeyPatch) -> None:
    epoch, minute, known = 1, 0, set()
    for who, kind, wait in played:
        minute += wait
        ticket = f"T-{who}"
        if kind in {"close", "kill"}:
            epoch += 1
            desk.close(epoch)
            _refresh(desk, patch, wait % 3 if kind == "kill" else None)
        elif ticket not in known:
            known.add(ticket)
            desk.create(
                ticket, epoch, minute, 7 + who % 2, vendor=("acme", None)[who % 2], team=("a", "b", None)[who % 3]
            )
        elif kind == "move":
            with desk.engine.begin() as connection:
                chosen = assignments.c.ticket_id == ticket
                connection.execute(update(assignments).where(chosen).values(theme_id=9, epoch=epoch))
        elif kind == "not a customer's":
            with desk.engine.begin() as connection:
                connection.execute(update(tickets).where(tickets.c.id == ticket).values(demand="spam"))
            desk.add(ticket, "ticket.updated", epoch, minute)
        else:
            desk.add(ticket, kind, epoch, minute, **KINDS[kind])
    desk.close(epoch + 1)
    _refresh(desk, patch, None)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(played=steps, batch=st.integers(1, 3))
def test_cells_changed_bit_by_bit_equal_a_recount(desk, monkeypatch, played, batch):
    """Cells changed by batches, over moves between themes, removals and kills between batches, equal a recount."""
    _clear(desk.engine)
    monkeypatch.setattr(refreshing, "BATCH", batch)
    _play(desk, played, monkeypatch)
    assert _cells(desk.engine) == _recounted(desk.engine)


def _busy(desk: HandlingDesk) -> None:
    for number in range(1, 31):
        desk.create(f"T-{number}", 1, 97 * number, 7 + number % 3, vendor=("acme", "beta", None)[number % 3])
        for kind, wait in zip(list(KINDS)[: number % 7], itertools.count(29, 301), strict=False):
            desk.add(f"T-{number}", kind, 1, 97 * number + wait * (1 + number % 5), **KINDS[kind])
    desk.close(2)
    refresh(desk.engine, NOW)


def test_figures_of_cells_equal_those_of_tickets(desk):
    """Figures of cells equal those of tickets for each dimension and filter: counts and shares exactly, percentiles within 2 %."""
    _busy(desk)
    midnight = START.replace(hour=0)
    period = FigurePeriod(midnight, midnight + timedelta(days=2), NOW)
    first = (midnight - START.replace(year=1970, month=1, day=1, hour=0)).days
    for by, filtered in ((None, None), ("theme_id", None), ("theme_id", ("vendor", "acme")), ("vendor", ("theme_id", "7")),
                         (None, ("vendor", "beta")), ("vendor", ("vendor", "acme")), ("region", None)):  # fmt: skip
        filters: dict[str, str | int] = {} if filtered is None else {filtered[0]: filtered[1]}
        if "theme_id" in filters:
            filters["theme_id"] = int(filters["theme_id"])
        with reading(desk.engine) as connection:
            rows, values = read_period(connection, period.start, period.end, filters, by)
            cells = read_cells(connection, CellQuery(first, first + 2, by, filtered))
        texts = ["" if value is None else str(value) for value in values] if by else None
        names = set(texts) if texts is not None else {*cells}
        assert names
        for name in names:
            chosen = rows.where(_mask(texts, name)) if texts is not None else rows
            _compare(figures_of_cells(cells[name], period), figures(chosen, period))


def _mask(texts: list[str], name: str) -> Any:
    return np.array([text == name for text in texts])


def _compare(ours: Any, exact: Any) -> None:
    assert exact.keys() - ours.keys() == {ServiceMetric.BACKLOG_AGE}
    for metric, figure in ours.items():
        assert (figure.number, figure.waiting) == (exact[metric].number, exact[metric].waiting), metric
        value, tolerance = exact[metric].value, 0.02 if DEFINITIONS[metric].unit is MetricUnit.SECONDS else 1e-12
        assert figure.value == (None if value is None else pytest.approx(value, rel=tolerance)), metric


def test_values_are_ranked_by_created_tickets_of_the_days(desk):
    """Values are ranked by the tickets created in the days."""
    for number, theme in enumerate((7, 8, 8, 9, 9, 9)):
        desk.create(f"T-{number}", 1, number, theme)
    desk.create("T-late", 1, 60 * 24 * 3, 7)
    desk.close(2)
    refresh(desk.engine, NOW)
    first = START.toordinal() - 719_163
    with reading(desk.engine) as connection:
        assert rank_values(connection, CellQuery(first, first + 1, "theme_id"), 2) == ["9", "8"]


def test_a_query_says_whether_its_pair_of_dimensions_has_cells():
    """A pair of dimensions without cells is said to have none, so that its figures are counted from the rows."""
    assert CellQuery(0, 1, "theme_id", ("vendor", "acme")).is_kept
    assert CellQuery(0, 1, "vendor", ("theme_id", "7")).is_kept
    assert not CellQuery(0, 1, "theme_id", ("language", "de")).is_kept


def test_a_database_with_rows_and_without_cells_gets_them_by_a_refresh(desk):
    """A database that was refreshed before there were cells gets them with the next refresh."""
    desk.create("T-1", 1)
    desk.close(2)
    refresh(desk.engine, NOW)
    cells = _cells(desk.engine)
    with desk.engine.begin() as connection:
        for table in (handling_cells, handling_groups):
            connection.execute(delete(table))
        connection.execute(delete(cursors).where(cursors.c.site == "cells"))
    with reading(desk.engine) as connection:
        assert is_stale(connection)
    refresh(desk.engine, NOW)
    with reading(desk.engine) as connection:
        assert are_cells_counted(connection)
        assert not is_stale(connection)
    assert _cells(desk.engine) == cells


def test_many_changed_tickets_are_recounted_at_the_end(desk, monkeypatch):
    """Where many tickets changed, cells are counted anew at the end, with the same result."""
    _busy(desk)
    changed = _cells(desk.engine)
    monkeypatch.setattr(refreshing, "RECOUNTED", 1)
    refresh(desk.engine, NOW, anew=True)
    assert _cells(desk.engine) == changed


def test_promises_of_cells_are_those_that_were_decided(desk):
    """Kept and missed promises of cells are those that a count of the promises has, but open ones that are due."""
    _busy(desk)
    day = START.replace(hour=0) + timedelta(days=1)
    made = [
        {
            "ticket_id": f"T-{number}", "policy": f"p-{number % 2}", "target": ("first_reply", "resolution", "stated")[number % 3],
            "number": 1, "started_at": START, "stopped_at": (None, day + timedelta(hours=number))[number % 5 > 0],
            "due_at": None, "breached_at": (None, day + timedelta(hours=number - 1))[number % 4 == 0], "elapsed": 1.0,
        }
        for number in range(1, 31)
    ]  # fmt: skip
    with desk.engine.begin() as connection:
        connection.execute(insert(sla_cycles), made)
        recount(connection, NOW)
    period = FigurePeriod(day, day + timedelta(days=1), NOW)
    with reading(desk.engine) as connection:
        exact = count_promises(connection, period.start, period.end, NOW, {}, "vendor")
        first = day.toordinal() - 719_163
        cells = read_cells(connection, CellQuery(first, first + 1, "vendor"))
    counted = {
        (name, target): both for name, one in cells.items() for target, both in promises_of_cells(one, period).items()
    }
    summed = dict.fromkeys(counted, (0, 0))
    for row in exact:
        kept, missed = summed[row["group"] or "", row["target"]]
        summed[row["group"] or "", row["target"]] = (kept + row["kept"], missed + row["missed"])
    assert counted == summed
    assert sum(sum(both) for both in counted.values()) > 10
