"""Processes that a test starts: none of them outlives the test, whether it passes or fails."""

import os
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from typing import Any, Self

PATIENCE_SECONDS = 300
"""After so long something is taken to hang. No promise of a test is about how long anything takes."""


@contextmanager
def ending(process: "subprocess.Popen[Any]") -> Iterator["subprocess.Popen[Any]"]:
    """Use a process for the length of the `with` block; what still runs then is killed, and its pipes are closed."""
    try:
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout, process.stderr):
            # What was written to a process that is gone cannot be flushed.
            with suppress(BrokenPipeError):
                if pipe is not None:
                    pipe.close()


class Children:
    """Starts processes, and ends those that still run at the end of the `with` block."""

    def __init__(self) -> None:
        self.opened = ExitStack()
        """What is closed with them."""

    def start(self, command: Sequence[str | os.PathLike[str]], **options: Any) -> "subprocess.Popen[Any]":
        """Start a process; `options` are those of `subprocess.Popen`."""
        return self.opened.enter_context(ending(subprocess.Popen(command, **options)))

    def __enter__(self) -> Self:
        """Use it as a context manager."""
        return self

    def __exit__(self, *_: object) -> None:
        """End what still runs, the youngest first."""
        self.opened.close()
