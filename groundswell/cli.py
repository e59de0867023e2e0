"""The command line. Only the command that was given is loaded, and it loads what it needs when it runs."""

from __future__ import annotations

import sys
from collections.abc import Collection
from functools import cache
from importlib import import_module
from typing import Annotated, Any

import typer

from groundswell.command_group import RedactingGroup

COMMANDS = (
    ("demo", "demo", "demo"),
    ("ingest", "ingest", "ingest"),
    ("serve", "serve", "serve"),
    ("themes", "themes", "app"),
    ("known-issues", "known_issues", "app"),
    ("sops", "sops", "app"),
    ("spikes", "spikes", "app"),
    ("launches", "launches", "app"),
    ("changes", "changes", "app"),
    ("alerts", "alerts", "app"),
    ("silences", "silences", "app"),
    ("people", "people", "app"),
    ("tokens", "tokens", "app"),
    ("audiences", "audiences", "app"),
    ("feedback", "feedback", "app"),
    ("incidents", "incidents", "app"),
    ("channels", "channels", "app"),
    ("kpis", "kpis", "app"),
    ("export", "export", "export"),
    ("labels", "labels", "app"),
    ("demand", "demand", "app"),
    ("digest", "digest", "app"),
    ("db", "database", "app"),
    ("quarantine", "quarantine", "app"),
    ("redact", "redact", "app"),
    ("audit", "audit", "app"),
    ("erase", "erase", "erase"),
    ("retention", "retention", "app"),
    ("replay", "replay", "replay"),
    ("pull", "pull", "pull"),
    ("receive", "receive", "receive"),
    ("topics", "topics", "app"),
    ("worker", "worker", "worker"),
    ("miner", "miner", "miner"),
    ("flows", "flows", "flows"),
    ("backtest", "backtest", "backtest"),
    ("backfill", "backfill", "backfill"),
    ("doctor", "doctor", "doctor"),
)
"""In the order of the help: the name, the module in `groundswell.commands`, and what it gives, a function or a group."""


def make_app(names: Collection[str] = ()) -> typer.Typer:
    """Compose the command line: of the commands with these names alone where any are given, since all of them take longer to load."""
    app = typer.Typer(
        name="groundswell",
        cls=RedactingGroup,
        help="Mines customer-support escalations for patterns while they are still happening.",
        no_args_is_help=True,
        rich_markup_mode="rich",
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback()(_options)
    for name, module, attribute in COMMANDS:
        if not names or name in names:
            found = getattr(import_module(f"groundswell.commands.{module}"), attribute)
            if isinstance(found, typer.Typer):
                app.add_typer(found, name=name)
            else:
                app.command(name)(found)
    return app


_whole_app = cache(make_app)


def __getattr__(name: str) -> Any:
    """Return the whole command line as `app`, composed when it is first used (PEP 562)."""
    if name == "app":
        return _whole_app()
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def _version(asked: bool) -> None:
    if asked:
        from importlib.metadata import version

        typer.echo(f"groundswell {version('groundswell')}")
        raise typer.Exit


def _options(
    _: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Say the version and exit.")
    ] = False,
) -> None:
    """Mines customer-support escalations for patterns while they are still happening."""


def main() -> None:
    """Run the command line. A failure is one sentence on stderr: exit code 1, or 2 for wrong usage."""
    from groundswell.failure import exit_code

    given = sys.argv[1:2]
    try:
        make_app(given if given and given[0] in {name for name, *_ in COMMANDS} else ())()
    except KeyboardInterrupt:
        sys.stderr.write("Stopped.\n")
        sys.exit(130)
    except Exception as error:  # noqa: BLE001 (the boundary: known failures become a sentence, unknown ones stay loud)
        sys.exit(exit_code(error))
