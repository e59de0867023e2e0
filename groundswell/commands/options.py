"""Options that many commands share."""

from __future__ import annotations

from typing import Annotated, TypeAlias

import typer

Database: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--database",
        metavar="URL",
        help="SQLAlchemy URL of SQLite or PostgreSQL. Default: GROUNDSWELL_DATABASE__URL, or SQLite in the data folder.",
    ),
]
Json: TypeAlias = Annotated[bool, typer.Option("--json", help="Print one JSON array on stdout.")]
LARGEST = 2**31 - 1
"""Numbers of themes, spikes, alerts, decisions and rebuilds are below it."""

ThemeId: TypeAlias = Annotated[int, typer.Argument(metavar="ID", min=1, max=LARGEST, help="Number of the theme.")]
PlanTitle: TypeAlias = Annotated[str | None, typer.Option("--title", help="A title for people. Default: the id.")]
PlanScope: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(
        "--scope",
        metavar="DIMENSION=VALUE",
        help="The segment that it is about; may be repeated. Default: all tickets.",
    ),
]
PlanSource: TypeAlias = Annotated[
    str | None, typer.Option("--source", help="Where the plan comes from. Default: where it came from before.")
]
