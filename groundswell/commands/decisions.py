"""Decisions about themes: the commands under `groundswell themes` that rename, merge, split, pin, move and undo."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias

import typer

from groundswell.commands.options import LARGEST, Database, Json, ThemeId
from groundswell.terminal import plain_option, say

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from groundswell.session import Session
    from pipelines.decisions.preview import DecisionPreview
    from store.decisions import DecisionKind

Why: TypeAlias = Annotated[
    str | None, typer.Option("--why", metavar="TEXT", help="Your reason, for the audit log and the theme's history.")
]
Yes: TypeAlias = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]
DryRun: TypeAlias = Annotated[bool, typer.Option("--dry-run", help="Show what it would touch, and decide nothing.")]
Cap: TypeAlias = Annotated[
    int | None,
    typer.Option(
        "--cap", min=1, max=LARGEST, metavar="N", help="Let it move up to N tickets. Default: mining.decision_cap."
    ),
]
Tickets = Annotated[list[str], typer.Argument(metavar="TICKET...", help="Ids of the tickets.")]


def rename(
    theme: ThemeId,
    name: Annotated[str, typer.Argument(metavar="NAME", help="What the theme is called from now on.")],
    why: Why = None,
    yes: Yes = False,
    dry_run: DryRun = False,
    json: Json = False,
    database: Database = None,
) -> None:
    """Give a theme a name that is never changed automatically."""
    from pipelines.decisions.preview import propose_rename

    _decide(
        database,
        lambda _, connection: propose_rename(connection, theme, name),
        why,
        yes=yes,
        dry_run=dry_run,
        json=json,
    )


def merge(
    from_: Annotated[list[int], typer.Argument(metavar="FROM...", min=1, max=LARGEST, help="Themes that end.")],
    into: Annotated[
        int,
        typer.Option("--into", metavar="ID", min=1, max=LARGEST, help="The theme that has their tickets from now on."),
    ],
    why: Why = None,
    yes: Yes = False,
    dry_run: DryRun = False,
    cap: Cap = None,
    json: Json = False,
    database: Database = None,
) -> None:
    """Merge themes: they are not split again, and later tickets of them go to the survivor."""
    from pipelines.decisions.preview import propose_merge

    _decide(
        database, lambda _, connection: propose_merge(connection, from_, into), why,
        yes=yes, dry_run=dry_run, cap=cap, json=json,
    )  # fmt: skip


def split(
    theme: ThemeId,
    tickets: Annotated[
        str | None,
        typer.Option(
            "--tickets", metavar="T-1,T-2,...", help="The tickets that leave; @FILE names a file, one a line."
        ),
    ] = None,
    like: Annotated[
        str | None, typer.Option("--like", metavar="TEXT", help="Tickets that are similar to this text leave.")
    ] = None,
    by_suggestion: Annotated[
        bool,
        typer.Option("--by-suggestion", help="Split it into its two most distinct groups; the smaller one leaves."),
    ] = False,
    name: Annotated[
        str | None, typer.Option("--name", help="What the new theme is called. Default: named by its tickets.")
    ] = None,
    retire: Annotated[
        bool, typer.Option("--retire", help="The rest becomes a theme of its own too; this one ends as `split`.")
    ] = False,
    why: Why = None,
    yes: Yes = False,
    dry_run: DryRun = False,
    cap: Cap = None,
    json: Json = False,
    database: Database = None,
) -> None:
    """Make tickets of a theme a theme of their own: the two are never merged again automatically.

    With --retire the rest becomes a new theme as well, and the old one ends in the state `split`.
    """
    from groundswell.errors import UsageError
    from pipelines.decisions.preview import propose_split, suggest_split

    if sum((tickets is not None, like is not None, by_suggestion)) != 1:
        raise UsageError("pass one of --tickets, --like and --by-suggestion, to say which tickets leave the theme")

    def propose(session: Session, connection: Connection) -> DecisionPreview:
        if tickets is not None:
            return propose_split(connection, theme, _ids(tickets), name, retire=retire)
        model, vector = _model(session, like)
        return suggest_split(connection, theme, model, like=vector, name=name, retire=retire)

    _decide(database, propose, why, yes=yes, dry_run=dry_run, cap=cap, json=json)


def pin(
    tickets: Tickets,
    to: Annotated[int, typer.Option("--to", metavar="ID", min=1, max=LARGEST, help="The theme that they represent.")],
    why: Why = None,
    yes: Yes = False,
    dry_run: DryRun = False,
    cap: Cap = None,
    json: Json = False,
    database: Database = None,
) -> None:
    """Pin tickets to a theme: later tickets that are nearest to them follow."""
    from pipelines.decisions.preview import propose_move

    _decide(
        database, lambda _, connection: propose_move(connection, tickets, to, pin=True), why,
        yes=yes, dry_run=dry_run, cap=cap, json=json,
    )  # fmt: skip


def move(
    tickets: Tickets,
    to: Annotated[str, typer.Option("--to", metavar="ID|none", help="The theme that they go to; none: unthemed.")],
    why: Why = None,
    yes: Yes = False,
    dry_run: DryRun = False,
    cap: Cap = None,
    json: Json = False,
    database: Database = None,
) -> None:
    """Move tickets to a theme, or to none, where they stay."""
    from groundswell.errors import UsageError
    from pipelines.decisions.preview import propose_move

    if to != "none" and not (to.isdecimal() and len(to) < 10 and int(to) > 0):
        raise UsageError(f"received --to {to!r}; valid are the number of a theme, and none for unthemed")
    theme = None if to == "none" else int(to)
    _decide(
        database, lambda _, connection: propose_move(connection, tickets, theme), why,
        yes=yes, dry_run=dry_run, cap=cap, json=json,
    )  # fmt: skip


def assign(
    theme: ThemeId,
    owner: Annotated[str, typer.Argument(metavar="OWNER", help="The person or audience that owns it from now on.")],
    why: Why = None,
    yes: Yes = False,
    dry_run: DryRun = False,
    json: Json = False,
    database: Database = None,
) -> None:
    """Assign a theme to a person or an audience, whatever the ownership file says."""
    from pipelines.decisions.assignment import propose_assignment

    _decide(
        database, lambda _, connection: propose_assignment(connection, theme, owner), why,
        yes=yes, dry_run=dry_run, json=json,
    )  # fmt: skip


def archive(
    theme: ThemeId,
    why: Why = None,
    yes: Yes = False,
    dry_run: DryRun = False,
    json: Json = False,
    database: Database = None,
) -> None:
    """Archive a theme until it escalates: it alerts only beyond twice the volume of now."""
    from store.decisions import DecisionKind

    _dispose(database, theme, DecisionKind.ARCHIVE, why, yes=yes, dry_run=dry_run, json=json)


def resolve(
    theme: ThemeId,
    why: Why = None,
    yes: Yes = False,
    dry_run: DryRun = False,
    json: Json = False,
    database: Database = None,
) -> None:
    """Resolve a theme: it is over, and an alert says so if its tickets come back beyond what was usual."""
    from store.decisions import DecisionKind

    _dispose(database, theme, DecisionKind.RESOLVE, why, yes=yes, dry_run=dry_run, json=json)


def undo(
    decision: Annotated[
        int,
        typer.Argument(metavar="DECISION", min=1, max=LARGEST, help="Number of the decision, see `themes decisions`."),
    ],
    why: Why = None,
    yes: Yes = False,
    dry_run: DryRun = False,
    cap: Cap = None,
    json: Json = False,
    database: Database = None,
) -> None:
    """Undo a decision. One that later decisions depend on is kept, and those are named."""
    from pipelines.decisions.preview import propose_undo

    _decide(
        database, lambda _, connection: propose_undo(connection, decision), why,
        yes=yes, dry_run=dry_run, cap=cap, json=json,
    )  # fmt: skip


def decisions(
    pending: Annotated[bool, typer.Option("--pending", help="Only those that no epoch has applied yet.")] = False,
    load: Annotated[
        Path | None,
        typer.Option(
            "--load",
            metavar="FILE",
            help="Load the decisions that `--json` printed of another run over the same events.",
        ),
    ] = None,
    json: Json = False,
    database: Database = None,
) -> None:
    """List what people decided: pending, applied, undone or refused."""
    from groundswell.session import open_session
    from groundswell.table import day_and_time, print_json, print_table
    from store.database import reading
    from store.listings import list_decisions

    session = open_session(database, create=load is not None)
    if load is not None:
        _load(session, load)
    with reading(session.engine) as connection:
        rows = [row for row in list_decisions(connection) if row["state"] == "pending" or not pending]
    if json:
        print_json(rows)
        return
    print_table("Decisions", rows, {
        "#": lambda row: str(row["id"]),
        "at": lambda row: day_and_time(row["at"]),
        "by": lambda row: row["actor"],
        "kind": lambda row: row["kind"].replace("_", " "),
        "theme": lambda row: str(row["theme_id"] or "none"),
        "state": lambda row: row["state"],
        "what": lambda row: _said(row["payload"]),
        "why": lambda row: (row["outcome"] or {}).get("refused") or row["why"] or "",
    }, "Nothing was decided yet.")  # fmt: skip


def register(app: typer.Typer) -> None:
    """Add the commands."""
    for command in (rename, merge, split, pin, move, assign, archive, resolve, undo, decisions):
        app.command(command.__name__)(command)


def _dispose(
    database: str | None, theme: int, kind: DecisionKind, why: str | None, *, yes: bool, dry_run: bool, json: bool
) -> None:
    from pipelines.decisions.dispositions import propose_disposition

    _decide(
        database, lambda _, connection: propose_disposition(connection, theme, kind), why,
        yes=yes, dry_run=dry_run, json=json,
    )  # fmt: skip


def _decide(
    database: str | None,
    propose: Callable[[Session, Connection], DecisionPreview],
    why: str | None,
    *,
    yes: bool,
    dry_run: bool,
    json: bool,
    cap: int | None = None,
) -> None:
    """Show what a decision would touch, ask, and make it."""
    from groundswell.deciding import take_effect
    from groundswell.errors import GroundswellError
    from groundswell.session import actor, now, open_session
    from groundswell.table import print_json
    from pipelines.decisions.preview import CapExceeded, decide
    from store.database import reading

    why = plain_option("--why", why)
    session = open_session(database)
    limit = cap or session.settings.mining.decision_cap
    with reading(session.engine) as connection:
        preview = propose(session, connection)
    if dry_run and json:
        print_json([{**preview.as_json(), "cap": limit}])
        return
    if not json:
        _show(preview)
    if dry_run:
        return
    if preview.tickets > limit:
        raise CapExceeded(preview.tickets, limit)
    if not yes and not json and not typer.confirm("Make this decision?", err=True):
        raise GroundswellError("nothing was decided")
    with session.engine.begin() as connection:
        made = decide(connection, preview, cap=limit, actor=actor(), at=now(), why=why)
    made, effect = take_effect(session, made)
    if json:
        print_json([{**preview.as_json(), "id": made.decision_id, "state": made.state, "effect": effect}])
        return
    say(f"Decision {made.decision_id} ({made.kind.replace('_', ' ')}). {effect}")


def _show(preview: DecisionPreview) -> None:
    say(f"{preview.kind.value.replace('_', ' ').capitalize()}: {preview.tickets:,} tickets would change their theme.")
    for number, name, size in preview.themes:
        say(f"  theme {number}: {name} ({size:,} tickets)")
    for ticket, title in preview.examples:
        say(f"  for example {ticket}: {title}")
    for note in preview.notes:
        say(f"  {note}")


def _ids(given: str) -> list[str]:
    from groundswell.errors import UsageError

    if not given.startswith("@"):
        return [part.strip() for part in given.split(",") if part.strip()]
    try:
        lines = Path(given[1:]).read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(
            f"received --tickets {given!r}, whose file cannot be read ({error}); name a text file with one id a line"
        ) from error
    return [line.strip() for line in lines if line.strip()]


def _model(session: Session, like: str | None) -> tuple[str, Any]:
    """The model that the database was mined with, and the vector of a text in it."""
    from groundswell.embedding import text_embedder
    from groundswell.errors import GroundswellError
    from models.redaction import redact_value
    from store.database import reading
    from store.epochs import read_miner

    with reading(session.engine) as connection:
        mined = read_miner(connection).state.get("model")
        if mined is None:
            raise GroundswellError("no ticket has been mined yet; `groundswell ingest FILE` first")
        return mined, None if like is None else text_embedder(session.settings, connection)(str(redact_value(like)))


def _load(session: Session, file: Path) -> None:
    import orjson

    from groundswell.errors import UsageError
    from store.decisions import carry_decisions

    try:
        rows = orjson.loads(file.read_bytes())
        with session.engine.begin() as connection:
            carry_decisions(connection, rows)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UsageError(
            f"received the file {file}, which cannot be read as decisions ({error}); valid is what `groundswell themes decisions "
            "--json` printed"
        ) from error


def _said(payload: dict[str, Any]) -> str:
    parts: list[str] = []
    for name, value in sorted(payload.items()):
        if name in ("tickets", "members"):
            parts.append(f"{len(value):,} tickets")
        elif value is not None:
            shown = ", ".join(str(one) for one in value) if isinstance(value, list) else str(value)
            parts.append(f"{name} {shown}")
    return "; ".join(parts)
