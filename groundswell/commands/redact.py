"""`groundswell redact`: what redaction would do to a text, how well it does on made-up ones, and redaction of what is stored."""

from __future__ import annotations

import codecs
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from groundswell.commands.options import Database, Json
from groundswell.terminal import say

if TYPE_CHECKING:
    from groundswell.redaction_score import ScoreRun
    from models.redaction.redactor import Redactor

app = typer.Typer(help="Try redaction on a text, measure it, and redact what is stored.", no_args_is_help=True)


@app.command("try")
def try_(
    text: Annotated[
        str | None, typer.Argument(metavar="[TEXT]", help="The text. Without it, or as `-`, standard input is read.")
    ] = None,
    file: Annotated[Path | None, typer.Option("--file", metavar="FILE", help="Read the text from a file.")] = None,
    show: Annotated[bool, typer.Option("--show", help="Print what was found, which is masked otherwise.")] = False,
    json: Json = False,
) -> None:
    """Show what would be replaced in a text, and why.

    The text is read as ingest reads it: HTML and mail encodings become plain text first. The settings of `groundswell.toml` apply.
    Nothing is stored. What is typed as an argument stays in the history of the shell; standard input does not.
    """
    from groundswell.redaction_trial import attempt
    from groundswell.table import print_json, print_table

    result = attempt(_text(text, file), _redactor())
    rows = result.rows(show=show)
    if json:
        print_json(rows)
        return
    say(result.after)
    print_table("", rows, {
        "class": lambda row: row["class"],
        "#from": lambda row: str(row["start"]),
        "#to": lambda row: str(row["end"]),
        "value": lambda row: row["value"],
        "why": lambda row: row["reason"],
    }, "Nothing would be replaced.")  # fmt: skip


@app.command("score")
def score(
    samples: Annotated[
        int, typer.Option("--samples", min=1, max=20_000, help="Texts with a secret per class, and as many without.")
    ] = 400,
    seed: Annotated[
        int, typer.Option("--seed", min=0, help="Seed of the texts; the same seed gives the same texts.")
    ] = 1,
    recall: Annotated[float, typer.Option("--recall", min=0.0, max=1.0, help="Lowest recall of a class.")] = 0.995,
    precision: Annotated[
        float, typer.Option("--precision", min=0.0, max=1.0, help="Lowest precision of a class.")
    ] = 0.98,
    mistakes: Annotated[int, typer.Option("--mistakes", min=0, max=10_000, help="Mistakes to print, on stderr.")] = 0,
    json: Json = False,
) -> None:
    """Print recall and precision per class on made-up texts, with Presidio's recognizers in the same run.

    The exit code is 1 if a class is below `--recall` or `--precision`. The settings of `groundswell.toml` apply.
    """
    import time

    from groundswell.redaction_score import run_score

    done = run_score(_redactor(), seed, samples, time.process_time)
    _print_mistakes(done, mistakes)
    _print_score(done, seed, json=json)
    below = done.below(recall, precision)
    if below:
        say(f"Below recall {recall:g} or precision {precision:g}: {', '.join(below)}.", err=True)
        raise typer.Exit(1)


@app.command("stored")
def stored(
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would be redacted, and change nothing.")
    ] = False,
    json: Json = False,
    database: Database = None,
) -> None:
    """Redact by today's rules what older versions stored: all tables, digests and copies of notifications.

    Stop whatever mines the database meanwhile. A run that was stopped is run again.
    """
    from groundswell.session import now, open_session
    from groundswell.stored_redaction import redact_everything
    from groundswell.table import print_json, print_table
    from models.redaction import Redactor

    session = open_session(database)
    rows = list(
        redact_everything(
            session.engine, session.settings.alerts, Redactor(session.settings.redaction), clock=now, dry_run=dry_run
        )
    )
    if json:
        print_json(rows)
        return
    changed = [row for row in rows if row["changed"]]
    print_table("What would be redacted" if dry_run else "What was redacted", changed, {
        "table": lambda row: row["table"],
        "#rows": lambda row: f"{row['rows']:,}",
        "#changed": lambda row: f"{row['changed']:,}",
        "found": lambda row: ", ".join(f"{number:,} {kind}" for kind, number in row["found"].items()),
    }, "Nothing that is stored has to be redacted.")  # fmt: skip


def _text(text: str | None, file: Path | None) -> str:
    from groundswell.errors import GroundswellError, UsageError

    if text is not None and file is not None:
        raise UsageError("received a text and --file; name one of them")
    if text is not None and text != "-":
        return text
    if file is None:
        return sys.stdin.read()
    try:
        content = file.read_bytes()
        marked = content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
        return content.decode("utf-16" if marked else "utf-8-sig", errors="replace")
    except OSError as error:
        raise GroundswellError(
            f"received {file}, which cannot be read ({error.strerror}); name a file of text"
        ) from error


def _redactor() -> Redactor:
    from groundswell.settings import Settings
    from models.redaction.redactor import Redactor

    return Redactor(Settings().redaction)


def _print_mistakes(done: ScoreRun, number: int) -> None:
    for one in done.mistakes[:number]:
        before, value, after = (
            one.text[max(0, one.start - 40) : one.start],
            one.text[one.start : one.end],
            one.text[one.end :],
        )
        say(
            f"{one.what} {one.kind.value} ({one.writing}; {one.frame}): {before!a} {value} {after[:20]!a}",
            err=True,
        )


def _print_score(done: ScoreRun, seed: int, *, json: bool) -> None:
    from groundswell.table import print_json, print_table
    from models.redaction.scorecard.removers import INSTALL

    if json:
        print_json(done.rows)
        return
    print_table(f"Redaction, seed {seed}", done.rows, {
        "#class": lambda row: row["class"],
        "#secrets": lambda row: str(row["secrets"]),
        "#recall": lambda row: f"{row['recall']:.4f} ({row['recall_low']:.3f}–{row['recall_high']:.3f})",
        "#precision": lambda row: f"{row['precision']:.4f} ({row['precision_low']:.3f}–{row['precision_high']:.3f})",
        "#right class": lambda row: f"{row['named'] / max(1, row['removed']):.3f}",
        "#kept": lambda row: f"{row['kept'] / max(1, row['keeps']):.4f}",
        "#Presidio": _of_presidio,
    }, "Every class is turned off in the settings.")  # fmt: skip
    speed = f"{done.rows[-1]['texts_a_second']:,} texts a second"
    if not done.presidio:
        say(f"{speed}. Presidio is not installed; to compare, {INSTALL}")
        return
    theirs = done.rows[-1]["presidio_texts_a_second"]
    say(f"{speed}; Presidio's recognizers {theirs:,}. The last column: its recall and precision, for classes it has.")


def _of_presidio(row: Mapping[str, Any]) -> str:
    return f"{row['presidio_recall']:.3f} {row['presidio_precision']:.3f}" if "presidio_recall" in row else "–"
