"""The flow that rebuilds themes is a thin wrapper over the plain function."""

from datetime import timedelta
from pathlib import Path

import pytest

from pipelines.flows.context import VARIABLE, FlowContext
from pipelines.rebuild import NothingToRebuild, rebuild
from store.errors import SchemaOutdated
from tests.pipelines.chain import NOW
from tests.pipelines.office import RULES, Office, store_events


def use(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    """Let flow runs work with a database."""
    monkeypatch.setenv(VARIABLE, FlowContext(database=url, mining=RULES.mining).model_dump_json())


def test_the_task_says_what_the_plain_function_says(sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """The task opens the database, rebuilds and keeps the run; its report is the plain function's. By schedule it proposes once."""
    from pipelines.flows.rebuild import _markdown, rebuild_task

    store_events(sqlite_url, tmp_path)
    office = Office.copy(tmp_path / "groundswell.db", tmp_path / "mined.db").until(days=3.5)
    office.restart()
    use(monkeypatch, f"sqlite:///{tmp_path / 'mined.db'}")
    report = rebuild_task.fn(actor="prefect", at=NOW)
    plain = rebuild(office.engine, RULES.mining, actor="prefect", at=NOW).as_json()
    assert {**report, "id": 2} == plain
    assert "would change their theme" in _markdown(report)
    assert "No labels were used" in _markdown(report)
    assert rebuild_task.fn(actor="prefect", at=NOW, since=NOW - timedelta(days=7)) is None
    office.engine.dispose()


def test_the_task_refuses_what_is_not_ready(sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """No tables, or nothing mined: the sentence says what to run."""
    from pipelines.flows.rebuild import rebuild_task

    use(monkeypatch, sqlite_url)
    with pytest.raises(SchemaOutdated, match="groundswell db upgrade"):
        rebuild_task.fn(actor="prefect", at=NOW)
    use(monkeypatch, f"sqlite:///{tmp_path / 'other.db'}")
    store_events(f"sqlite:///{tmp_path / 'other.db'}", tmp_path)
    with pytest.raises(NothingToRebuild):
        rebuild_task.fn(actor="prefect", at=NOW)
