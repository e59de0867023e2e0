"""Runs of flows are noted in the database, also those that fail, and noting never ends a run."""

import pytest

from pipelines.flows.context import VARIABLE, FlowContext
from pipelines.flows.failure import FlowRunFailed, described_failure
from pipelines.flows.record import recorded_run
from store.database import open_database, reading, upgrade
from store.errors import SchemaOutdated
from store.flow_runs import RunOutcome, runs_of
from tests.pipelines.chain import NOW


@pytest.fixture
def url(sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """Return a database that flow runs work with."""
    engine = open_database(sqlite_url)
    upgrade(engine)
    engine.dispose()
    monkeypatch.setenv(VARIABLE, FlowContext(database=sqlite_url).model_dump_json())
    return sqlite_url


def noted(url: str):
    """Return the runs that were noted."""
    engine = open_database(url)
    try:
        with reading(engine) as connection:
            return [(one.outcome, one.problem, one.ended_at is not None) for one in runs_of(connection, "some_flow")]
    finally:
        engine.dispose()


def test_a_run_is_noted_with_how_it_ended(url):
    """While it runs it has no outcome; then it is completed, or failed with its redacted sentence."""
    with recorded_run("some_flow"):
        assert noted(url) == [(None, None, False)]
    assert noted(url) == [(RunOutcome.COMPLETED, None, True)]

    @recorded_run("some_flow")
    @described_failure()
    def failing():
        raise ValueError("mail ann@example.com")

    with pytest.raises(FlowRunFailed):
        failing()
    outcome, problem, _ = noted(url)[0]
    assert outcome is RunOutcome.FAILED
    assert "ValueError" in problem
    assert "ann@" not in problem


def test_the_text_of_an_unknown_error_is_not_noted(url):
    """It may quote a ticket: only its kind is kept."""
    with pytest.raises(RuntimeError), recorded_run("some_flow"):
        raise RuntimeError("my card 4111 1111 1111 1111 was charged")
    assert noted(url) == [(RunOutcome.FAILED, "RuntimeError", True)]


def test_a_database_without_the_table_does_not_end_the_run(sqlite_url, monkeypatch):
    """The run goes on and says by itself what is wrong."""
    from pipelines.flows.retention import retention_task

    monkeypatch.setenv(VARIABLE, FlowContext(database=sqlite_url).model_dump_json())
    with pytest.raises(SchemaOutdated), recorded_run("some_flow"):
        retention_task.fn(NOW)
