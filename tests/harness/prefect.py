"""A Prefect server of its own, as a process on a free loopback port with its own folder."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

from tests.harness.children import PATIENCE_SECONDS
from tests.harness.ports import free_ports

BUSY = 503
"""What the server answers while its SQLite file is locked; Prefect's own client tries again, too."""

OVER = {"COMPLETED", "FAILED", "CRASHED", "CANCELLED"}


class PrefectServer:
    """A running server, and what tests ask its API."""

    def __init__(self, url: str, environment: dict[str, str]) -> None:
        self.url = url
        self.environment = environment

    def ask(self, path: str, body: Any = None) -> Any:
        """GET a path, or POST a body to it, and return the JSON that comes back."""
        data = None if body is None else json.dumps(body).encode()
        headers = {"Content-Type": "application/json"}
        request = Request(self.url + path, data=data, headers=headers)  # noqa: S310 - the URL is our own server's

        def answer() -> list[Any] | None:
            try:
                with urlopen(request, timeout=PATIENCE_SECONDS) as reply:  # noqa: S310 - as above
                    return [json.load(reply)]
            except HTTPError as error:
                if error.code != BUSY:
                    raise
                return None

        return wait_for(answer)[0]

    def deployments(self) -> dict[str, Any]:
        """Deployments by name."""
        return {one["entrypoint"].rpartition(".")[2]: one for one in self.ask("/deployments/filter", {})}

    def run(self, deployment: str, **parameters: Any) -> dict[str, Any]:
        """Trigger a run, wait until it is over, and return it."""
        number = self.deployments()[deployment]["id"]
        made = self.ask(f"/deployments/{number}/create_flow_run", {"parameters": parameters})
        return wait_for(lambda: over if (over := self.ask(f"/flow_runs/{made['id']}"))["state_type"] in OVER else None)


def wait_for(look: Any, seconds: float = PATIENCE_SECONDS) -> Any:
    """Return the first answer of `look` that is not None; `AssertionError` where none comes in time."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if (found := look()) is not None:
            return found
        time.sleep(0.2)
    raise AssertionError(f"nothing came within {seconds:g} s")


@contextmanager
def running_prefect(home: Path) -> Iterator[PrefectServer]:
    """Run a server whose records are in `home`."""
    (port,) = free_ports(1)
    clean = {name: value for name, value in os.environ.items() if not name.startswith("PREFECT_")}
    environment = {**clean, "PREFECT_HOME": str(home), "PREFECT_SERVER_ANALYTICS_ENABLED": "false", "DO_NOT_TRACK": "1"}
    command = [
        sys.executable,
        "-m",
        "prefect",
        "server",
        "start",
        "--no-ui",
        "--host",
        "127.0.0.1",
        "--port",
        str(port),
    ]
    with (home / "server.log").open("wb") as log:
        # A session of its own: the command starts another process, and both are ended.
        process = subprocess.Popen(command, env=environment, stdout=log, stderr=log, start_new_session=True)
        url = f"http://127.0.0.1:{port}/api"
        server = PrefectServer(url, {**environment, "PREFECT_API_URL": url})

        def healthy() -> bool | None:
            assert process.poll() is None, (home / "server.log").read_text()
            try:
                return server.ask("/health")
            except (URLError, OSError):
                return None

        try:
            wait_for(healthy)
            yield server
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGTERM)
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
