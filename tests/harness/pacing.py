"""An ingest that stops before each batch until its test lets it go on, so that on no machine it ends before the test ends it.

Run as `python -m tests.harness.pacing SOCKET ARGUMENT...`: the command line, which sends a byte to the socket where it stops, and
goes on when one comes. Once the other end is closed it stops no more.
"""

import socket
import sys
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from tests.harness.children import PATIENCE_SECONDS, Children


class PacedIngest:
    """A paced ingest, as its test sees it.

    Parameters
    ----------
    children : Children
        Ends it with the test.
    arguments : sequence of str
        Those of `groundswell ingest`.
    options
        Those of `subprocess.Popen`.

    """

    def __init__(self, children: Children, arguments: Sequence[str], **options: Any) -> None:
        self._turns, theirs = socket.socketpair()
        children.opened.enter_context(self._turns)
        self._turns.settimeout(PATIENCE_SECONDS)
        number = theirs.fileno()
        command = [sys.executable, "-m", "tests.harness.pacing", str(number), "ingest", *arguments]
        with theirs:
            self.process = children.start(command, pass_fds=[number], **options)
        self._stopped = False

    def arrive(self) -> None:
        """Return when it stops before its next batch. Raises `AssertionError` where it ends instead."""
        if not self._stopped:
            assert self._turns.recv(1), f"the ingest ended with {self.process.wait()} before it was to"
            self._stopped = True

    def go(self) -> None:
        """Let it store the batch before which it stops, and go on to the next one."""
        self.arrive()
        self._turns.send(b".")
        self._stopped = False

    def release(self) -> None:
        """Let it run to its end without a stop."""
        self._turns.close()


class _Turns:
    """The other end: waits for the test before each batch."""

    def __init__(self, number: int) -> None:
        self._socket = socket.socket(fileno=number)
        self._paced = True

    def __call__(self, _time: datetime) -> None:
        try:
            if self._paced:
                self._socket.send(b".")
                self._paced = self._socket.recv(1) != b""
        except ConnectionError:
            self._paced = False


def _main() -> None:
    from groundswell.cli import main
    from groundswell.embedded import EmbeddedRun

    turns, ingest = _Turns(int(sys.argv.pop(1))), EmbeddedRun.ingest

    def paced(run: EmbeddedRun, *sources: Any, **options: Any) -> Any:
        return ingest(run, *sources, **{**options, "hold": turns})

    EmbeddedRun.ingest = paced  # type: ignore[method-assign]
    main()


if __name__ == "__main__":
    _main()
