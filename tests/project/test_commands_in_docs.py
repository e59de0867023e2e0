"""Commands that README and docs name exist."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer

from groundswell.cli import app

CODE = re.compile(r"```.*?```|`[^`]+`", re.DOTALL)
CALL = re.compile(r"\bgroundswell((?: +[a-z][a-z-]*(?:\\?\|[a-z-]+)*)+)")
WORD = re.compile(r"[a-z][a-z-]*(?:\\?\|[a-z-]+)*")


def calls(text: str) -> Iterator[list[str]]:
    """The words after `groundswell` in code, up to the first that is no name; `a|b` is one word."""
    for code in CODE.findall(text):
        # An export that belongs to the package, such as `groundswell.toml` or `groundswell[openvino]`, is no call.
        for found in CALL.finditer(code):
            yield WORD.findall(found[1])


def unknown(words: list[str]) -> str | None:
    """The first of the words that names no command where a command has to be named."""
    command = typer.main.get_command(app)
    for word in words:
        children = getattr(command, "commands", None)
        if children is None:
            return None
        names = re.split(r"\\?\|", word)
        if any(name not in children for name in names):
            return word
        command = children[names[0]]
    return None


def pages() -> list[Path]:
    """README and every page of the documentation."""
    root = Path(__file__).resolve().parents[2]
    return [root / "README.md", *sorted((root / "docs").rglob("*.md"))]


@pytest.mark.parametrize("page", pages(), ids=lambda page: page.name)
def test_each_command_that_is_named_exists(page: Path):
    """Each `groundswell ...` in the page's code is a command of the command line."""
    wrong = [" ".join(words) for words in calls(page.read_text(encoding="utf-8")) if unknown(words) is not None]
    assert wrong == []


def test_a_command_that_does_not_exist_is_found():
    """The check sees missing commands and subcommands, and the second of two alternatives."""
    text = "`groundswell flows`, `groundswell flights` and\n```sh\n$ groundswell themes list|lost --json\n```"
    assert [unknown(words) for words in calls(text)] == [None, "flights", "list|lost"]
