"""What is quoted of received values is redacted before it is cut."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGES = ("models", "store", "stream", "alerts", "pipelines", "console", "groundswell")
ROOT = Path(__file__).parents[2]


def cut_quotations(source: str) -> Iterator[int]:
    """Yield the lines of f-strings that quote (`!r`, `repr`) a value after cutting it."""
    for node in ast.walk(ast.parse(source)):
        quoted: ast.expr | None = None
        if isinstance(node, ast.FormattedValue) and node.conversion == ord("r"):
            quoted = node.value
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "repr" and node.args:
            quoted = node.args[0]
        if isinstance(quoted, ast.Subscript) and isinstance(quoted.slice, ast.Slice):
            yield node.lineno


@pytest.mark.parametrize("package", PACKAGES)
def test_no_message_cuts_a_value_before_it_is_redacted(package: str) -> None:
    """Half a card number is not recognised as one: messages quote received values with `models.redaction.quoted`."""
    found = [
        f"{path.relative_to(ROOT)}:{line}"
        for path in sorted((ROOT / package).rglob("*.py"))
        for line in cut_quotations(path.read_text(encoding="utf-8"))
    ]
    assert not found


def test_a_quotation_of_a_cut_value_is_noticed() -> None:
    """The search for such messages finds one."""
    assert list(cut_quotations("f'received {text[:40]!r}'")) == [1]
    assert list(cut_quotations("repr(str(value)[:40])")) == [1]
    assert not list(cut_quotations("f'received {quoted(text, 40)}'"))
