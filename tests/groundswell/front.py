"""The command line for tests: commands run in this process, with what they print and write."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from groundswell.cli import main

ENVIRONMENT = {
    "GROUNDSWELL_EMBEDDING__MODEL": "hashing",
    "GROUNDSWELL_MINING__EPOCH": "PT1H",
    "GROUNDSWELL_MINING__LATENESS": "PT2H10M",
    "GROUNDSWELL_MINING__THEMES": '{"learning": "P3D", "first_learning": 100}',
    "GROUNDSWELL_ALERTS__LEARNING_PERIOD": "P3D",
    "GROUNDSWELL_MINING__SPIKES": '{"learning_hours": 72}',
    "GROUNDSWELL_INGEST__BATCH": "32",
    "NO_COLOR": "1",
    "COLUMNS": "200",
}


class Done(NamedTuple):
    """What a command left."""

    code: int
    out: str
    err: str


Run = Callable[..., Done]


def front_door(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Run:
    """Return a way to run the command line; whatever is asked, it ends without a traceback."""

    def command(*words: str) -> Done:
        monkeypatch.setattr(sys, "argv", ["groundswell", *words])
        capfd.readouterr()
        code = 0
        try:
            main()
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else 0
        out, err = capfd.readouterr()
        assert "Traceback" not in err
        assert "a defect" not in err, err
        return Done(code, out, err)

    return command


def front_door_in(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], url: str | None = None
) -> Run:
    """Return a way to run the command line in a folder, which holds its data, with quick settings and where wanted a database."""
    monkeypatch.chdir(folder)
    named = {} if url is None else {"GROUNDSWELL_DATABASE__URL": url}
    for name, value in {**ENVIRONMENT, "GROUNDSWELL_DATA": str(folder / "data"), **named}.items():
        monkeypatch.setenv(name, value)
    return front_door(monkeypatch, capfd)
