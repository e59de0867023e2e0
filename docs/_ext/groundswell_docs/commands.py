"""The reference of the command line, generated from the typer application."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator, Sequence
from datetime import datetime
from enum import Enum
from pathlib import Path
from typing import Any, get_args

_WORDS = {int: "NUMBER", float: "NUMBER", Path: "PATH", datetime: "TIME"}


def command_reference() -> str:
    """Describe each command as Markdown: usage, help, arguments and options."""
    import typer

    from groundswell.cli import app

    return "\n\n".join(_sections(typer.main.get_command(app), ["groundswell"]))


def command_paths() -> set[tuple[str, ...]]:
    """List each command and group of commands as words after `groundswell`."""
    import typer

    from groundswell.cli import app

    return {tuple(path[1:]) for path, _ in _walk(typer.main.get_command(app), ["groundswell"]) if len(path) > 1}


def command_options() -> dict[tuple[str, ...], set[str]]:
    """List the options of each command, by the words after `groundswell`."""
    import typer

    from groundswell.cli import app

    return {
        tuple(path[1:]): {option for one in command.params for option in (*one.opts, *one.secondary_opts)}
        for path, command in _walk(typer.main.get_command(app), ["groundswell"])
    }


def _walk(command: Any, path: Sequence[str]) -> Iterator[tuple[list[str], Any]]:
    yield list(path), command
    for name, inner in sorted(getattr(command, "commands", {}).items()):
        yield from _walk(inner, [*path, name])


def _sections(root: Any, path: Sequence[str]) -> Iterator[str]:
    for names, command in _walk(root, path):
        if len(names) == 1:
            continue
        yield f"{'#' * len(names)} `{' '.join(names)}`"
        if command.help:
            yield _markdown(inspect.cleandoc(command.help))
        if hasattr(command, "commands"):
            continue
        yield f"```text\n{' '.join([*names, *_usage(command)])}\n```"
        rows = [row for parameter in command.params if (row := _row(parameter))]
        if rows:
            yield "| argument or option | what it does | default |\n| --- | --- | --- |\n" + "\n".join(rows)


def _usage(command: Any) -> list[str]:
    required = [
        f"{one.opts[-1]} {_metavar(one)}" for one in command.params if one.param_type_name == "option" and one.required
    ]
    return [*required, "[OPTIONS]", *(_metavar(one) for one in command.params if one.param_type_name == "argument")]


def _row(parameter: Any) -> str | None:
    if getattr(parameter, "hidden", False) or "--help" in parameter.opts:
        return None
    if parameter.param_type_name == "argument":
        name = f"`{_metavar(parameter)}`"
    else:
        value = "" if parameter.is_flag else f" {_metavar(parameter)}"
        name = ", ".join(
            f"`{option}{value.replace('|', chr(92) + '|')}`" for option in [*parameter.opts, *parameter.secondary_opts]
        )
    given = parameter.default.value if isinstance(parameter.default, Enum) else parameter.default
    default = "" if given in (None, False, (), []) or callable(given) else f"`{given}`"
    if parameter.required:
        default = "required"
    return f"| {name} | {_cell(parameter.help or '')} | {default} |"


def _metavar(parameter: Any) -> str:
    given = parameter.metavar or _value(parameter)
    many = parameter.nargs == -1 or parameter.multiple
    return f"{given}..." if many and not given.endswith("...") else given


def _value(parameter: Any) -> str:
    """Name what a parameter takes, by its annotation: the values of an enum, else a word for the type."""
    annotation = parameter.type_descriptor.annotation
    kind = next(iter(get_args(annotation)), annotation)
    if isinstance(kind, type) and issubclass(kind, Enum):
        return "|".join(str(one.value) for one in kind)
    if parameter.param_type_name == "argument":
        return str(parameter.name).upper()
    return _WORDS.get(kind, "TEXT")


def _markdown(text: str) -> str:
    """Take typer's rich markup out of a help text; what is bold stays bold."""
    return re.sub(r"\[bold\](.*?)\[/bold\]", r"**\1**", text).replace("\b\n", "")


def _cell(text: str) -> str:
    return _markdown(" ".join(text.split())).replace("|", "\\|")
