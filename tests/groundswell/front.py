"""The command line for tests: commands run in this process, with what they print and write."""

import sys
from collections.abc import Callable
from typing import NamedTuple

import pytest

from groundswell.cli import main


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
