"""Commands of the application that a flow runs: what needs Kafka, which the pipelines do not know."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence

from models.redaction import redact
from pipelines.flows.context import FlowContext

_RUN = "from groundswell.cli import main; main()"


class CommandFailed(Exception):
    """A command ended with another exit code than 0; its sentence is redacted."""

    def __init__(self, words: Sequence[str], code: int, said: str) -> None:
        super().__init__(f"groundswell {' '.join(words)} ended with exit code {code}: {redact(said).text}")


def run_command(context: FlowContext, words: Sequence[str]) -> str:
    """Run a command of the application on the context's database, in a process of its own; returns what it printed, redacted.

    Settings are those of the process that serves the flows: its working folder and environment are passed on. Raises `CommandFailed`.
    """
    environment = {**os.environ, "GROUNDSWELL_DATABASE__URL": context.database}  # noqa: TID251 - the process takes it nowhere else
    folder = context.working_folder
    done = subprocess.run(  # noqa: S603 - our own program, with words of our own
        [sys.executable, "-c", _RUN, *words], env=environment, cwd=folder, stdin=subprocess.DEVNULL,
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    said = "\n".join(one.strip() for one in (done.stdout, done.stderr) if one.strip())
    if done.returncode:
        raise CommandFailed(words, done.returncode, said)
    return redact(said).text
