"""Starting the process that drains the inbox, starting it again where it ends, and ending it."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TextIO

import structlog
from sqlalchemy import Engine

from groundswell.receiving import Given, Wake

COMMAND = (sys.executable, "-c", "import sys; from groundswell.drain_main import main; main(float(sys.argv[1]))")
AGAIN = 2.0
"""Seconds before a process that ended by itself is started again."""


@contextmanager
def drain_process(parts: Given, engine: Engine, out: TextIO) -> Iterator[Wake]:
    """Drain and mine in a process of its own, whose log goes to `out`; yields what wakes it.

    At the end it finishes the batch or epoch that is under way; the rest stays in the inbox.
    """
    runner = _Runner(parts, engine.url.render_as_string(hide_password=False), out)
    runner.start()
    try:
        yield runner.wake
    finally:
        runner.stop(parts.settings.stream.drain.total_seconds())


class _Runner:
    def __init__(self, parts: Given, url: str, out: TextIO) -> None:
        self._stalls = parts.stalls
        self._command = (*COMMAND, str(parts.settings.receive.drain_delay.total_seconds()))
        # In the environment, because others can read a command line; it holds the password of PostgreSQL.
        self._environment = {
            **os.environ,
            "GROUNDSWELL_DATABASE__URL": url,
            "GROUNDSWELL_DATA": str(parts.settings.data),
        }
        self._out = out
        self._lock = threading.Lock()
        self._stopped = threading.Event()
        self._process: subprocess.Popen[bytes] | None = None
        self._watch = threading.Thread(target=self._run, name="drain process", daemon=True)

    def start(self) -> None:
        """Start the process, and what starts it again."""
        self._begin()
        self._watch.start()

    def wake(self) -> None:
        """Say that a delivery came. A pipe that is full says so already, and a process that has ended will look by itself."""
        process = self._process
        if process is not None and process.stdin is not None:
            with suppress(OSError, ValueError):
                os.write(process.stdin.fileno(), b"\n")

    def stop(self, patience: float) -> None:
        """End the process, at the latest after `patience` seconds."""
        with self._lock:
            self._stopped.set()
            process = self._process
        if process is None:
            return
        _close(process)
        try:
            process.wait(patience)
        except subprocess.TimeoutExpired:
            process.kill()
        self._watch.join(patience)

    def _begin(self) -> None:
        with self._lock:
            if self._stopped.is_set():
                return
            process = subprocess.Popen(  # noqa: S603
                self._command, env=self._environment, stdin=subprocess.PIPE, stdout=self._out
            )
            if process.stdin is not None:
                # A full pipe wakes the process as well as one more byte would.
                os.set_blocking(process.stdin.fileno(), False)
            self._process = process

    def _run(self) -> None:
        while self._process is not None and not self._stopped.is_set():
            code = self._process.wait()
            if self._stopped.is_set():
                return
            _close(self._process)
            self._stalls.set("drain", f"its process ended with {code}")
            structlog.get_logger().error("drain_ended", code=code)
            self._stopped.wait(AGAIN)
            self._begin()
            self._stalls.clear("drain")


def _close(process: subprocess.Popen[bytes]) -> None:
    if process.stdin is not None:
        with suppress(OSError):
            process.stdin.close()
