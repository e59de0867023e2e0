"""The flow that rebuilds themes is a thin wrapper over the plain function."""

from pathlib import Path

import pytest
from pydantic import SecretStr

from pipelines.rebuild import NothingToRebuild, rebuild
from store.errors import SchemaOutdated
from tests.pipelines.chain import NOW
from tests.pipelines.office import RULES, Office, store_events


def test_the_task_says_what_the_plain_function_says(sqlite_url: str, tmp_path: Path):
    """The task opens the database, rebuilds and keeps the run; its report is the plain function's."""
    from pipelines.flows.rebuild import _markdown, rebuild_task

    store_events(sqlite_url, tmp_path)
    office = Office.copy(tmp_path / "groundswell.db", tmp_path / "mined.db").until(days=3.5)
    office.restart()
    url = SecretStr(f"sqlite:///{tmp_path / 'mined.db'}")
    found = rebuild_task.fn(url, RULES.mining, None, actor="prefect", at=NOW)
    plain = rebuild(office.engine, RULES.mining, actor="prefect", at=NOW).as_json()
    assert {**found, "id": 2} == plain
    assert "would change their theme" in _markdown(found)
    office.engine.dispose()


def test_the_task_refuses_what_is_not_ready(sqlite_url: str, tmp_path: Path):
    """No tables, or nothing mined: the sentence says what to run."""
    from pipelines.flows.rebuild import rebuild_task

    with pytest.raises(SchemaOutdated, match="groundswell db upgrade"):
        rebuild_task.fn(SecretStr(sqlite_url), RULES.mining, None, actor="prefect", at=NOW)
    store_events(f"sqlite:///{tmp_path / 'other.db'}", tmp_path)
    with pytest.raises(NothingToRebuild):
        rebuild_task.fn(SecretStr(f"sqlite:///{tmp_path / 'other.db'}"), RULES.mining, None, actor="prefect", at=NOW)
