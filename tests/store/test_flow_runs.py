"""Runs of flows are noted with their end, and only the newest of each flow are kept."""

from datetime import UTC, datetime, timedelta

from store.database import open_database, reading, upgrade
from store.flow_runs import KEPT, FlowRun, RunOutcome, begin_run, end_run, latest_runs, runs_of

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def test_the_newest_run_of_each_flow_is_shown_with_its_end(database_url):
    """A run that failed says why; one that has not ended has neither end nor outcome."""
    engine = open_database(database_url)
    upgrade(engine)
    with engine.begin() as connection:
        end_run(connection, begin_run(connection, "send_outbox", NOON), NOON + MINUTE)
        failed = begin_run(connection, "send_outbox", NOON + 2 * MINUTE)
        end_run(connection, failed, NOON + 3 * MINUTE, "the database does not answer")
        lasting = begin_run(connection, "apply_retention", NOON)
    with reading(engine) as connection:
        newest = latest_runs(connection)
        earlier = runs_of(connection, "send_outbox")
    assert newest == [
        FlowRun(lasting, "apply_retention", NOON, None, None, None),
        FlowRun(
            failed,
            "send_outbox",
            NOON + 2 * MINUTE,
            NOON + 3 * MINUTE,
            RunOutcome.FAILED,
            "the database does not answer",
        ),
    ]
    assert [one.outcome for one in earlier] == [RunOutcome.FAILED, RunOutcome.COMPLETED]
    assert newest[1].as_json()["outcome"] == "failed"
    engine.dispose()


def test_only_so_many_runs_of_a_flow_are_kept(database_url):
    """A flow that runs every minute does not fill the table, and leaves the runs of others."""
    engine = open_database(database_url)
    upgrade(engine)
    with engine.begin() as connection:
        begin_run(connection, "apply_retention", NOON)
        made = [begin_run(connection, "send_outbox", NOON + n * MINUTE) for n in range(KEPT + 5)]
        kept = [one.run_id for one in runs_of(connection, "send_outbox")]
        assert kept == made[: -KEPT - 1 : -1]
        assert [one.flow for one in latest_runs(connection)] == ["apply_retention", "send_outbox"]
    engine.dispose()
