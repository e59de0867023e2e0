"""`groundswell demo`: a launch day, end to end."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from groundswell.commands.options import Database


def demo(
    seed: Annotated[
        int, typer.Option("--seed", help="Start of all random choices; the same seed gives the same story.")
    ] = 7,
    folder: Annotated[
        Path | None, typer.Option("--folder", help="Where its files go. Default: `demo` in the data folder.")
    ] = None,
    database: Database = None,
) -> None:
    """Mine a made-up launch day end to end: a usual week, then the day on which things happen.

    Then fill the figures for leaders with how the tickets of four weeks were handled.
    It works on a database of its own, created each time, unless --database names one.
    """
    from groundswell.demo.run import run_demo

    code = run_demo(seed=seed, folder=folder, database=database)
    if code:
        raise typer.Exit(code)
