"""The command line. Only the parser is loaded at start; each command loads what it needs when it runs."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from groundswell.command_group import RedactingGroup
from groundswell.commands import (
    alerts,
    audiences,
    audit,
    backfill,
    backtest,
    channels,
    database,
    demand,
    demo,
    digest,
    doctor,
    erase,
    feedback,
    flows,
    incidents,
    ingest,
    known_issues,
    launches,
    miner,
    people,
    pull,
    quarantine,
    receive,
    redact,
    replay,
    retention,
    serve,
    silences,
    spikes,
    themes,
    tokens,
    topics,
    worker,
)

app = typer.Typer(
    name="groundswell",
    cls=RedactingGroup,
    help="Mines customer-support escalations for patterns while they are still happening.",
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

app.command("demo")(demo.demo)
app.command("ingest")(ingest.ingest)
app.command("serve")(serve.serve)
app.add_typer(themes.app, name="themes")
app.add_typer(known_issues.app, name="known-issues")
app.add_typer(spikes.app, name="spikes")
app.add_typer(launches.app, name="launches")
app.add_typer(launches.changes, name="changes")
app.add_typer(alerts.app, name="alerts")
app.add_typer(silences.app, name="silences")
app.add_typer(people.app, name="people")
app.add_typer(tokens.app, name="tokens")
app.add_typer(audiences.app, name="audiences")
app.add_typer(feedback.app, name="feedback")
app.add_typer(incidents.app, name="incidents")
app.add_typer(channels.app, name="channels")
app.add_typer(demand.app, name="demand")
app.add_typer(digest.app, name="digest")
app.add_typer(database.app, name="db")
app.add_typer(quarantine.app, name="quarantine")
app.add_typer(redact.app, name="redact")
app.add_typer(audit.app, name="audit")
app.command("erase")(erase.erase)
app.add_typer(retention.app, name="retention")
app.command("replay")(replay.replay)
app.command("pull")(pull.pull)
app.command("receive")(receive.receive)
app.add_typer(topics.app, name="topics")
app.command("worker")(worker.worker)
app.command("miner")(miner.miner)
app.command("flows")(flows.flows)
app.command("backtest")(backtest.backtest)
app.command("backfill")(backfill.backfill)
app.command("doctor")(doctor.doctor)


def _version(asked: bool) -> None:
    if asked:
        from importlib.metadata import version

        typer.echo(f"groundswell {version('groundswell')}")
        raise typer.Exit


@app.callback()
def _options(
    _: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Say the version and exit.")
    ] = False,
) -> None:
    """Mines customer-support escalations for patterns while they are still happening."""


def main() -> None:
    """Run the command line. A failure is one sentence on stderr: exit code 1, or 2 for wrong usage."""
    from groundswell.failure import exit_code

    try:
        app()
    except KeyboardInterrupt:
        sys.stderr.write("Stopped.\n")
        sys.exit(130)
    except Exception as error:  # noqa: BLE001 (the boundary: known failures become a sentence, unknown ones stay loud)
        sys.exit(exit_code(error))
