"""The tutorial is run as it is written: each command works and prints what the page shows."""

from __future__ import annotations

import os
import re
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

PAGE = Path(__file__).resolve().parents[2] / "docs" / "tutorial" / "first-alert.md"
BLOCK = re.compile(r"(?<=<!-- tutorial: run -->\n```console\n)(.*?)(?=^```$)", re.MULTILINE | re.DOTALL)
ANY = "[...]"
"""A line of the page that stands for any number of lines."""


def split(block: str) -> tuple[list[str], list[str]]:
    """Return the commands of a block, which come first, and the output of the last one."""
    lines = block.splitlines()
    return [line[2:] for line in lines if line.startswith("$ ")], [line for line in lines if not line.startswith("$ ")]


def pattern_of(lines: list[str]) -> re.Pattern[str]:
    """Match output against the lines of the page; spaces at the ends of lines do not count."""
    parts = [r"(?:.*\n)*?" if line == ANY else re.escape(line.rstrip()) + r" *\n" for line in lines]
    return re.compile("".join(parts))


@pytest.mark.model
@pytest.mark.long
def test_the_tutorial_works_and_its_output_is_real(tmp_path: Path) -> None:
    """Every command of the tutorial succeeds, in the order of the page, and prints what the page shows.

    `GROUNDSWELL_REGENERATE_GOLDEN=1` writes the output into the page instead. Vectors in another format may give other figures, so
    that output is compared only where vectors are in the page's own format, bfloat16.
    """
    text = PAGE.read_text(encoding="utf-8")
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("GROUNDSWELL_")},
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "GROUNDSWELL_DATABASE__URL": "sqlite:///demo/demo.db",
        "GROUNDSWELL_DATA": str(tmp_path / "data"),
    }
    printed = [_run(split(block)[0], tmp_path, environment) for block in BLOCK.findall(text)]
    if os.environ.get("GROUNDSWELL_REGENERATE_GOLDEN") == "1":
        outputs = iter(printed)
        PAGE.write_text(BLOCK.sub(lambda found: _filled(found[1], next(outputs)), text), encoding="utf-8")
        return
    if _format(tmp_path) != "bf16":
        return
    for block, output in zip(BLOCK.findall(text), printed, strict=True):
        assert pattern_of(split(block)[1]).fullmatch(output), f"{split(block)[0][-1]} printed:\n{output}"


def _run(commands: list[str], folder: Path, environment: dict[str, str]) -> str:
    output = ""
    for command in commands:
        done = subprocess.run(
            ["bash", "-c", command],
            cwd=folder, env=environment, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, f"{command}: {done.stderr}"
        output = done.stdout
    return output


def _filled(block: str, output: str) -> str:
    commands, lines = split(block)
    if ANY in lines:
        return block
    shown = "\n".join(line.rstrip() for line in output.rstrip().splitlines())
    return "".join(f"$ {command}\n" for command in commands) + f"{shown}\n"


def _format(folder: Path) -> str:
    with sqlite3.connect(folder / "demo" / "demo.db") as database:
        return str(database.execute("select model from vectors limit 1").fetchone()[0]).rsplit("/", 1)[-1]
