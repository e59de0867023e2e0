import json
import os
import subprocess
import sys
from datetime import datetime

import pytest

from alerts.settings import AlertSettings
from models.quotation import WITHHELD, without_quotes
from pipelines.flows.context import VARIABLE, FlowContext
from store.database import open_database, upgrade
from store.errors import SchemaOutdated
from tests.alerts import launch_day
from tests.alerts.launch_day import DAY, WINDOW


@pytest.fixture
def day(sqlite_url, tmp_path, monkeypatch):
    """A launch day, and the context that its flow runs read from the environment."""
    engine = open_database(sqlite_url)
    upgrade(engine)
    launch_day.seed(engine)
    engine.dispose()
    launch_day.read_owners(tmp_path)
    settings = AlertSettings(ownership=tmp_path / "ownership.toml", digest_folder=tmp_path / "out")
    context = FlowContext(database=sqlite_url, alerts=settings)
    monkeypatch.setenv(VARIABLE, context.model_dump_json())
    return context


def test_prefect_stays_out_until_a_flow_is_asked_for():
    """Publishing, and the package of the flows itself, work without importing Prefect."""
    code = (
        "import sys, alerts.publishing, alerts.outbox, pipelines.flows.run, pipelines.flows.serve; "
        "print('prefect' in sys.modules)"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout == "False\n"


def test_the_task_publishes_what_the_plain_function_does(day):
    """The task's own code opens the database, reads the owners and writes every audience's files."""
    from pipelines.flows.digest import publish_task

    published = publish_task.fn(DAY, window=WINDOW)
    assert [digest.audience for digest in published] == ["live-payments", "brazil", "advertisers", "everyone"]
    assert all(digest.path_md.is_file() and digest.path_html.is_file() for digest in published)


def test_without_a_window_the_task_publishes_the_local_day_before(day):
    """A run that was scheduled for 06:00 in Los Angeles publishes the day that ended there at midnight, however late it runs."""
    from pipelines.flows.digest import publish_task

    (published,) = publish_task.fn(datetime.fromisoformat("2026-11-21T14:00:00+00:00"), "live-payments")
    assert published.audience == "live-payments"
    assert published.path_md.parent.name == "2026-11-20T0800-2026-11-21T0800"


def test_the_review_task_has_nothing_to_say_without_a_review(day):
    """Launches that nobody has looked back at yet are not reported."""
    from pipelines.flows.review import review_task

    assert review_task.fn(DAY) == []


def test_the_task_refuses_a_database_that_is_not_ready(sqlite_url, monkeypatch):
    """A database without tables is refused with the sentence that says what to run."""
    from pipelines.flows.digest import publish_task

    monkeypatch.setenv(VARIABLE, FlowContext(database=sqlite_url).model_dump_json())
    with pytest.raises(SchemaOutdated, match="groundswell db upgrade"):
        publish_task.fn(DAY, window=WINDOW)


RUN_TWICE = """
import json, sys
from pathlib import Path

from pipelines.flows.context import FlowContext
from pipelines.flows.run import run_publish_digests
from tests.alerts.launch_day import WINDOW

context, home = FlowContext.current(), Path(sys.argv[1])
runs = [run_publish_digests(context, WINDOW, home=home) for _ in range(2)]

from prefect.artifacts import Artifact
from prefect.client.orchestration import get_client

with get_client(sync_client=True) as client:
    parameters = [run.parameters for run in client.read_flow_runs()]
print(json.dumps({
    "same": runs[0] == runs[1],
    "audiences": [digest.audience for digest in runs[0]],
    "artifact": Artifact.get("digest-brazil").data,
    "parameters": [str(one) for one in parameters],
}))
"""


@pytest.mark.long
def test_the_flow_runs_with_a_temporary_server(day, tmp_path, root):
    """A real run publishes, keeps digests as artifacts, records no database URL; a second changes nothing.

    It has a process of its own: Prefect reads its environment once, and leaves connections of its server to
    the collector.
    """
    folder, home = tmp_path / "out", tmp_path / "prefect"
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PREFECT_")}
    ran = subprocess.run(
        [sys.executable, "-c", RUN_TWICE, str(home)],
        capture_output=True, text=True, cwd=root, env=environment, timeout=400, check=False,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    found = json.loads(ran.stdout.splitlines()[-1])
    assert found["same"]
    assert found["audiences"] == ["live-payments", "brazil", "advertisers", "everyone"]
    digest = (folder / "2026-11-20" / "brazil.md").read_text(encoding="utf-8")
    # Prefect's own database is out of reach of an erasure.
    assert found["artifact"] == without_quotes(digest, None, WITHHELD)[0] != digest
    assert len(found["parameters"]) == 2
    assert all("groundswell.db" not in shown for shown in found["parameters"])
    assert (home / "prefect.db").is_file()
