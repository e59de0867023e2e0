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
ThemeId: TypeAlias = Annotated[int, typer.Argument(metavar="ID", min=1, help="Number of the theme.")]
