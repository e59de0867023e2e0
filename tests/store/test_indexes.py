"""Queries that run in every epoch, or for every spike, find their rows by an index."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from sqlalchemy import Connection, Executable, func, insert, select, text

from store.database import open_database, upgrade
from store.schema import alerts, events, lineage, spikes
from store.spikes import write_spikes
from tests.pipelines.making import make_spike

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)

QUERIES: dict[str, Executable] = {
    "ix_events_waiting": select(func.min(events.c.epoch)).where(events.c.mined_epoch.is_(None)),
    "ix_events_mined_epoch": select(events.c.id).where(events.c.mined_epoch >= 1_990),
    "ix_events_subject": select(events.c.id).where(events.c.subject == "T-7"),
    "ix_alerts_spike_id": select(alerts.c.id).where(alerts.c.spike_id == 7),
    "ix_lineage_epoch": select(lineage.c.id).where(lineage.c.epoch == 7),
    "ix_spikes_open": select(spikes.c.theme_id).where(spikes.c.end.is_(None), spikes.c.theme_id == 1),
}
"""The index that each query must use."""


@pytest.fixture(scope="module", params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def connection(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Connection]:
    """Return a database with enough rows for a planner to prefer an index, and figures of them."""
    if request.param == "sqlite":
        yield from _filled(f"sqlite:///{tmp_path_factory.mktemp('indexes') / 'rows.db'}")
        return
    with request.getfixturevalue("postgres_server").database() as url:
        yield from _filled(url)


def _filled(url: str) -> Iterator[Connection]:
    engine = open_database(url)
    upgrade(engine)
    with engine.begin() as connection:
        connection.execute(insert(events), [
            {
                "source": "desk", "id": f"e-{n}", "type": "ticket.created", "subject": f"T-{n}", "epoch": n,
                "time": datetime(2026, 11, 20, tzinfo=UTC), "mined_epoch": n if n < 1_995 else None, "late": False,
                "data": None,
            }
            for n in range(2_000)
        ])  # fmt: skip
        write_spikes(connection, [make_spike(n, 1, NOON, NOON if n < 1_995 else None) for n in range(2_000)])
        connection.execute(insert(alerts), [
            {
                "id": n, "kind": "spike", "theme_id": 1, "spike_id": n, "state": "open", "audience": "all",
                "opened_at": NOON, "reason": "",
            }
            for n in range(2_000)
        ])  # fmt: skip
    with engine.begin() as connection:
        connection.execute(text("ANALYZE"))
        if connection.dialect.name == "postgresql":
            connection.execute(text("SET LOCAL enable_seqscan = off"))
        yield connection
    engine.dispose()


@pytest.mark.parametrize("index", QUERIES)
def test_a_hot_query_uses_its_index(connection: Connection, index: str):
    """The plan of the query names the index."""
    query = QUERIES[index].compile(connection, compile_kwargs={"literal_binds": True})
    explain = "EXPLAIN" if connection.dialect.name == "postgresql" else "EXPLAIN QUERY PLAN"
    plan = "\n".join(str(tuple(row)) for row in connection.exec_driver_sql(f"{explain} {query}"))
    assert index in plan
