import json
import os
import subprocess
import sys

import pytest
from pydantic import SecretStr

from alerts.settings import AlertSettings
from store.database import open_database, upgrade
from store.errors import SchemaOutdated
from tests.alerts import launch_day
from tests.alerts.launch_day import WINDOW


@pytest.fixture
def day(sqlite_url, tmp_path):
    """A launch day and the settings to publish it with."""
    engine = open_database(sqlite_url)
    upgrade(engine)
    launch_day.seed(engine)
    engine.dispose()
    launch_day.read_owners(tmp_path)
    return SecretStr(sqlite_url), AlertSettings(ownership=tmp_path / "ownership.toml")


def test_prefect_stays_out_until_a_flow_is_asked_for():
    """Publishing, and the package of the flows itself, work without importing Prefect."""
    code = "import sys, alerts.publishing, alerts.outbox, pipelines.flows.run; print('prefect' in sys.modules)"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout == "False\n"


def test_the_task_publishes_what_the_plain_function_does(day, tmp_path):
    """The task's own code opens the database, reads the owners and writes every audience's files."""
    from pipelines.flows.digest import publish_task

    database, settings = day
    published = publish_task.fn(database, WINDOW.start, WINDOW.end, tmp_path / "out", settings)
    assert [digest.audience for digest in published] == ["live-payments", "brazil", "advertisers", "everyone"]
    assert all(digest.path_md.is_file() and digest.path_html.is_file() for digest in published)


def test_the_task_refuses_a_database_that_is_not_ready(sqlite_url, tmp_path):
    """A database without tables is refused with the sentence that says what to run."""
    from pipelines.flows.digest import publish_task

    with pytest.raises(SchemaOutdated, match="groundswell db upgrade"):
        publish_task.fn(SecretStr(sqlite_url), WINDOW.start, WINDOW.end, tmp_path, AlertSettings())


RUN_TWICE = """
import json, sys
from datetime import timedelta
from pathlib import Path

from alerts.settings import AlertSettings
from pipelines.flows.run import run_publish_digests
from tests.alerts.launch_day import WINDOW

database, ownership, folder, home = sys.argv[1:]
settings = AlertSettings(ownership=Path(ownership))
runs = [run_publish_digests(database, WINDOW, Path(folder), settings, home=Path(home)) for _ in range(2)]

from prefect.artifacts import Artifact
from prefect.client.orchestration import get_client

with get_client(sync_client=True) as client:
    parameters = [run.parameters for run in client.read_flow_runs()]
print(json.dumps({
    "same": runs[0] == runs[1],
    "audiences": [digest.audience for digest in runs[0]],
    "artifact": Artifact.get("digest-brazil").data,
    "databases": [str(one["database"]) for one in parameters],
}))
"""


@pytest.mark.serial
def test_the_flow_runs_with_a_temporary_server(day, tmp_path, root):
    """A real run publishes, keeps digests as artifacts, records no database URL; a second changes nothing.

    It has a process of its own: Prefect reads its environment once, and leaves connections of its server to
    the collector.
    """
    database, settings = day
    folder, home = tmp_path / "out", tmp_path / "prefect"
    arguments = [database.get_secret_value(), str(settings.ownership), str(folder), str(home)]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PREFECT_")}
    ran = subprocess.run(
        [sys.executable, "-c", RUN_TWICE, *arguments],
        capture_output=True, text=True, cwd=root, env=environment, timeout=400, check=False,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    printed = json.loads(ran.stdout.splitlines()[-1])
    assert printed["same"]
    assert printed["audiences"] == ["live-payments", "brazil", "advertisers", "everyone"]
    assert printed["artifact"] == (folder / "2026-11-20" / "brazil.md").read_text(encoding="utf-8")
    assert len(printed["databases"]) == 2
    assert all("groundswell.db" not in shown for shown in printed["databases"])
    assert (home / "prefect.db").is_file()
