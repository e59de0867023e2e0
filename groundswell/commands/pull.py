"""`groundswell pull`: the live APIs of Zendesk and Jira."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated

import typer

from groundswell.commands.options import Database


class PullSystem(StrEnum):
    """Systems that can be pulled from."""

    zendesk = "zendesk"
    jira = "jira"


def pull(
    system: Annotated[
        PullSystem, typer.Argument(help="The system, configured in the settings pull.zendesk or pull.jira.")
    ],
    since: Annotated[
        datetime | None,
        typer.Option(
            "--since",
            formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"],
            help="Begin again at this time (UTC). Default: where the last pull ended, at first pull.since before now.",
        ),
    ] = None,
    follow: Annotated[
        bool, typer.Option("--follow/--once", help="Pull again and again, or end when nothing newer is there.")
    ] = False,
    every: Annotated[
        float | None,
        typer.Option("--every", min=10, metavar="SECONDS", help="Time between two pulls. Default: pull.every."),
    ] = None,
    database: Database = None,
) -> None:
    """Pull tickets by the system's API and mine them; a pull that was stopped or killed goes on where it stopped."""
    from groundswell.terminal_pull import pull_system

    code = pull_system(system.value, since=since, every=every, follow=follow, database=database)
    if code:
        raise typer.Exit(code)
