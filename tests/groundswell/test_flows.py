"""`groundswell flows`: what runs by schedule, on a real Prefect server and without one."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import func, select

from groundswell.prefect_server import answers
from store.database import open_database, upgrade
from store.digests import list_digests
from store.schema import outbox
from tests.alerts import launch_day
from tests.groundswell.front import Run, front_door
from tests.harness.children import PATIENCE_SECONDS, ending
from tests.harness.prefect import running_prefect, wait_for

COMMAND = [sys.executable, "-c", "from groundswell.cli import main; main()", "flows"]


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Iterator[Run]:
    """Return a way to run the command line; the handlers of signals are as before afterwards."""
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    yield front_door(monkeypatch, capfd)
    for number, handler in before.items():
        signal.signal(number, handler)


def test_without_a_server_it_says_how_to_start_one(command: Run, monkeypatch: pytest.MonkeyPatch, sqlite_url: str):
    """No Prefect server is named, or it does not answer: one sentence, exit code 1, and what to do."""
    engine = open_database(sqlite_url)
    upgrade(engine)
    engine.dispose()
    monkeypatch.delenv("PREFECT_API_URL", raising=False)
    done = command("flows", "--database", sqlite_url)
    assert done.code == 1
    assert "PREFECT_API_URL is not set" in done.err
    assert "`prefect server start`" in done.err
    monkeypatch.setenv("PREFECT_API_URL", "http://127.0.0.1:9/api")
    done = command("flows", "--database", sqlite_url)
    assert (done.code, done.out) == (1, "")
    assert "http://127.0.0.1:9/api does not answer" in done.err
    assert done.err.count("\n") == 1


def test_a_database_that_is_not_ready_is_refused(command: Run, monkeypatch: pytest.MonkeyPatch, sqlite_url: str):
    """A database without the schema at head is refused before Prefect is asked."""
    open_database(sqlite_url).connect().close()
    monkeypatch.setenv("PREFECT_API_URL", "http://127.0.0.1:9/api")
    done = command("flows", "--database", sqlite_url)
    assert done.code == 1
    assert "groundswell db upgrade" in done.err


def test_a_url_that_is_no_web_address_is_not_opened():
    """Only http and https are asked."""
    assert answers("file:///etc/hostname") == "it is not an http or https URL"


@pytest.mark.long
def test_flows_are_served_by_a_real_server(sqlite_url: str, tmp_path: Path, root: Path):
    """Deployments appear with their schedules; a triggered digest is published once, a repeated run publishes nothing new.

    A proposal on a database without themes proposes nothing, and SIGTERM ends the process with exit code 0, its schedules
    still active.
    """
    engine = open_database(sqlite_url)
    upgrade(engine)
    launch_day.seed(engine)
    launch_day.read_owners(tmp_path)
    home = tmp_path / "prefect"
    home.mkdir()
    window = {"audience": "live-payments", "start": "2026-11-20T08:00:00Z", "end": "2026-11-21T08:00:00Z"}
    with running_prefect(home) as server:
        environment = {
            **server.environment,
            "GROUNDSWELL_DATABASE__URL": sqlite_url,
            "GROUNDSWELL_DATA": str(tmp_path / "data"),
            "GROUNDSWELL_ALERTS__OWNERSHIP": str(tmp_path / "ownership.toml"),
            "GROUNDSWELL_FLOWS__DIGEST_HOUR": "6",
            "PYTHONPATH": str(root),
        }
        with (
            (tmp_path / "flows.log").open("wb") as log,
            ending(subprocess.Popen(COMMAND, env=environment, cwd=tmp_path, stdout=log, stderr=log)) as process,
        ):
            found = wait_for(lambda: ready if len(ready := server.deployments()) == 6 else None)
            digests = found["publish_digests"]["schedules"]
            assert {one["parameters"].get("kind", "daily") for one in digests} == {
                "daily",
                "weekly",
                "launch_day",
                "review",
            }
            schedules = {
                one["parameters"]["audience"]: one["schedule"] for one in digests if "kind" not in one["parameters"]
            }
            assert {one["cron"] for one in schedules.values()} == {"0 6 * * *"}
            assert schedules["live-payments"]["timezone"] == "America/Los_Angeles"
            assert schedules["everyone"]["timezone"] == "UTC"
            assert found["review_launches"]["schedules"][0]["schedule"]["interval"] == 3600
            assert found["rebuild_themes"]["schedules"][0]["schedule"]["cron"] == "0 3 * * sun"
            for _ in range(2):
                run = server.run("publish_digests", **window)
                assert run["state_type"] == "COMPLETED", (tmp_path / "flows.log").read_text()
                assert run["parameters"] == window
                with engine.connect() as connection:
                    (digest,) = list_digests(connection)
                    assert (digest["audience"], digest["start"]) == ("live-payments", window["start"])
                    assert connection.scalar(select(func.count()).select_from(outbox)) == 1
            assert len(list((tmp_path / "data" / "digests").rglob("live-payments.md"))) == 1
            assert server.run("rebuild_themes")["state_type"] == "COMPLETED"
            assert server.run("send_outbox")["state_type"] == "COMPLETED", (tmp_path / "flows.log").read_text()
            process.send_signal(signal.SIGTERM)
            assert process.wait(PATIENCE_SECONDS) == 0
        assert not any(one["paused"] for one in server.deployments().values())
    said = (tmp_path / "flows.log").read_text()
    assert "Traceback" not in said
    assert "Serving publish_digests/groundswell" in said
    engine.dispose()
