"""`groundswell sops`: procedures that agents follow, with decision trees, versions and review dates."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias

import typer

from groundswell.commands.options import LARGEST, Database, Json
from groundswell.terminal import say

if TYPE_CHECKING:
    from datetime import date

    from groundswell.session import Session
    from models.sops.document import ProcedureDocument
    from store.sops import SopLinkKind, StoredSop, WrittenSop

app = typer.Typer(
    no_args_is_help=True,
    help="Procedures (SOPs): what agents do in a case, with decision trees, versions and review dates.",
)

Slug: TypeAlias = Annotated[str, typer.Argument(metavar="SLUG", help="Name of the procedure, such as refund-missing.")]
File: TypeAlias = Annotated[
    Path, typer.Argument(metavar="FILE", help="Markdown with front matter: title, owner, review, themes, tree.")
]
Note: TypeAlias = Annotated[str, typer.Option("--note", metavar="TEXT", help="Why, for the history.")]
Themes: TypeAlias = Annotated[
    list[int] | None,
    typer.Option("--theme", metavar="ID", min=1, max=LARGEST, help="A theme that it is for; may be repeated."),
]
Issues: TypeAlias = Annotated[
    list[int] | None,
    typer.Option(
        "--known-issue", metavar="ID", min=1, max=LARGEST, help="A known issue that it is for; may be repeated."
    ),
]


@app.command("list")
def list_(
    theme: Annotated[
        int | None, typer.Option("--theme", metavar="ID", min=1, max=LARGEST, help="Only those for a theme.")
    ] = None,
    json: Json = False,
    database: Database = None,
) -> None:
    """List the procedures, those that are overdue for review first."""
    from groundswell.session import now, open_session
    from store.database import reading
    from store.sop_links import sops_of_themes
    from store.sops import read_sops

    with reading(open_session(database).engine) as connection:
        found = read_sops(connection) if theme is None else sops_of_themes(connection, [theme]).get(theme, [])
    _print_list(found, now().date(), "No procedures; `groundswell sops add FILE` adds one.", json=json)


@app.command("overdue")
def overdue(
    at: Annotated[str | None, typer.Option("--at", metavar="DAY", help="On this day. Default: today, in UTC.")] = None,
    json: Json = False,
    database: Database = None,
) -> None:
    """List the procedures whose review is due, with their owners."""
    from groundswell.session import now, open_session
    from models.sops.procedure import review_day
    from store.database import reading
    from store.sops import read_sops

    with _usage():
        day = (review_day(at) if at else None) or now().date()
    with reading(open_session(database).engine) as connection:
        found = [one for one in read_sops(connection) if one.newest.procedure.overdue(day)]
    _print_list(found, day, "No procedure is overdue for review.", json=json)


@app.command("show")
def show(
    slug: Slug,
    version: Annotated[
        int | None, typer.Option("--version", metavar="N", min=1, max=LARGEST, help="Default: the newest.")
    ] = None,
    json: Json = False,
    database: Database = None,
) -> None:
    """Show a procedure with its decision tree as numbered steps."""
    from groundswell.session import now, open_session
    from groundswell.table import print_json
    from models.sops.steps import shown_steps
    from store.database import reading
    from store.sops import read_sop, read_sop_version

    with reading(open_session(database).engine) as connection:
        stored = read_sop(connection, slug)
        shown = stored.newest if version is None else read_sop_version(connection, slug, version)
    said = shown.procedure
    if json:
        whole = {"body": said.body, "tree": said.tree, "steps": shown_steps(said)}
        print_json([{**stored.as_json(now().date()), **shown.as_json(), **whole}])
        return
    review = "no review" if said.review_on is None else f"review on {said.review_on.isoformat()}"
    say(f"{said.title}\nVersion {shown.number} of {slug}, owner {said.owner}, {review}.")
    for name, numbers in (("themes", stored.themes), ("known issues", stored.known_issues)):
        if numbers:
            say(f"For {name} {', '.join(map(str, numbers))}.")
    say(f"\n{said.body}")
    if said.tree:
        say(f"\nSteps\n{shown_steps(said)}")


@app.command("history")
def history(slug: Slug, json: Json = False, database: Database = None) -> None:
    """List the versions of a procedure, the newest first."""
    from groundswell.session import open_session
    from groundswell.table import day_and_time, print_json, print_table
    from store.database import reading
    from store.sops import read_sop_versions

    with reading(open_session(database).engine) as connection:
        rows = [one.as_json() for one in read_sop_versions(connection, slug)]
    if json:
        print_json(rows)
        return
    print_table(f"Versions of {slug}", rows, {
        "#version": lambda row: str(row["version"]),
        "at": lambda row: day_and_time(row["at"]),
        "author": lambda row: row["author"],
        "owner": lambda row: row["owner"],
        "review": lambda row: row["review_on"] or "",
        "note": lambda row: row["note"],
    }, "No versions.")  # fmt: skip


@app.command("diff")
def diff(
    slug: Slug,
    old: Annotated[
        int | None, typer.Argument(metavar="OLD", min=1, max=LARGEST, help="Default: the last but one.")
    ] = None,
    new: Annotated[int | None, typer.Argument(metavar="NEW", min=1, max=LARGEST, help="Default: the newest.")] = None,
    json: Json = False,
    database: Database = None,
) -> None:
    """Show what two versions of a procedure say differently, as a unified diff."""
    from groundswell.session import open_session
    from groundswell.table import print_json
    from models.sops.difference import difference
    from store.database import reading
    from store.sops import read_sop, read_sop_version

    with reading(open_session(database).engine) as connection:
        newest = read_sop(connection, slug).newest.number
        numbers = (old or max(1, (new or newest) - 1), new or newest)
        before, after = (read_sop_version(connection, slug, one) for one in numbers)
    lines = difference(before.procedure, after.procedure, f"version {numbers[0]}", f"version {numbers[1]}")
    if json:
        print_json([{"id": slug, "old": numbers[0], "new": numbers[1], "lines": lines}])
        return
    say("\n".join(lines) if lines else f"Versions {numbers[0]} and {numbers[1]} of {slug} say the same.")


@app.command("check")
def check(file: File, json: Json = False) -> None:
    """Check a file without storing it, and show its decision tree as steps."""
    from groundswell.table import print_json
    from models.sops.steps import shown_steps

    found = _read(file)
    if json:
        print_json([{"id": found.slug, "title": found.procedure.title, "steps": shown_steps(found.procedure)}])
        return
    say(f"{found.slug}: “{found.procedure.title}” is valid.")
    if found.procedure.tree:
        say(shown_steps(found.procedure))


@app.command("add")
def add(
    file: File, note: Note = "", themes: Themes = None, known_issues: Issues = None, json: Json = False, database: Database = None
) -> None:  # fmt: skip
    """Add a procedure from a file, for the themes and known issues that the file or the options name."""
    from groundswell.session import open_session

    found = _read(file)
    _write(open_session(database, create=True), [_with(found, themes, known_issues)], note, 0, json=json)


@app.command("revise")
def revise(
    slug: Slug,
    file: File,
    note: Note = "",
    based_on: Annotated[
        int | None,
        typer.Option(
            "--based-on",
            metavar="N",
            min=1,
            max=LARGEST,
            help="Refuse where N is not the newest version. Default: take any.",
        ),
    ] = None,
    json: Json = False,
    database: Database = None,
) -> None:
    """Write a new version of a procedure from a file; a file that says the same changes nothing."""
    from dataclasses import replace

    from groundswell.session import open_session
    from store.database import reading
    from store.sops import read_sop

    session, found = open_session(database), _read(file)
    with reading(session.engine) as connection:
        read_sop(connection, slug)
    _write(session, [replace(found, slug=slug)], note, based_on, json=json)


@app.command("import")
def import_(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A folder of files *.md with front matter.")],
    note: Note = "imported",
    json: Json = False,
    database: Database = None,
) -> None:
    """Add or revise the procedures of a folder, all of them or none. Given twice, it changes nothing the second time."""
    from groundswell.errors import UsageError
    from groundswell.session import open_session

    if not folder.is_dir():
        raise UsageError(f"received {str(folder)!r}, which is no folder; name one with files *.md")
    files = sorted(folder.glob("*.md"))
    if not files:
        raise UsageError(
            f"received the folder {str(folder)!r}, in which there are no files *.md; name one with procedures"
        )
    documents = [_read(file) for file in files]
    slugs = [one.slug for one in documents]
    twice = next((one for one in slugs if slugs.count(one) > 1), None)
    if twice is not None:
        raise UsageError(f"received two files for the procedure {twice}; give one another slug")
    _write(open_session(database, create=True), documents, note, None, json=json)


@app.command("link")
def link(
    slug: Slug, themes: Themes = None, known_issues: Issues = None, json: Json = False, database: Database = None
) -> None:
    """Say which themes and known issues a procedure is for, in addition to those that it is for already."""
    from store.sop_links import link_sop

    _relink(slug, themes, known_issues, link_sop, "linked", json=json, database=database)


@app.command("unlink")
def unlink(
    slug: Slug, themes: Themes = None, known_issues: Issues = None, json: Json = False, database: Database = None
) -> None:
    """Say that a procedure is no longer for some themes or known issues."""
    from store.sop_links import unlink_sop

    _relink(slug, themes, known_issues, unlink_sop, "unlinked", json=json, database=database)


def _relink(
    slug: str, themes: list[int] | None, known_issues: list[int] | None, change: Any, done: str, *, json: bool, database: str | None
) -> None:  # fmt: skip
    from groundswell.errors import UsageError
    from groundswell.procedures import record_sop_changes
    from groundswell.session import actor, now, open_session
    from groundswell.table import print_json
    from store.sops import read_sop

    targets = list(_targets(themes or (), known_issues or ()))
    if not targets:
        raise UsageError("received neither --theme nor --known-issue; name at least one")
    session = open_session(database)
    with session.engine.begin() as connection:
        changed = [change(connection, slug, kind, one, actor=actor(), at=now()) for kind, one in targets]
        stored = read_sop(connection, slug)
    record_sop_changes(session, [slug])
    if json:
        print_json([stored.as_json(now().date())])
        return
    say(f"{slug}: {sum(changed)} of {len(targets)} {done}; it is for {_scope(stored)}.")


def _write(
    session: Session, documents: Sequence[ProcedureDocument], note: str, based_on: int | None, *, json: bool
) -> None:
    from groundswell.procedures import record_sop_changes
    from groundswell.session import actor, now
    from groundswell.table import print_json
    from store.sop_links import link_sop
    from store.sops import SopDraft, write_sop

    who, time = actor(), now()
    written: list[WrittenSop] = []
    with _usage(), session.engine.begin() as connection:
        for one in documents:
            draft = SopDraft(slug=one.slug, procedure=one.procedure, note=note, author=who, at=time, based_on=based_on)
            written.append(write_sop(connection, draft))
            for kind, target in _targets(one.themes, one.known_issues):
                link_sop(connection, one.slug, kind, target, actor=who, at=time)
    record_sop_changes(session, [one.slug for one in written])
    if json:
        print_json([{"id": one.slug, "version": one.version, "state": one.state} for one in written])
        return
    for done in written:
        say(f"{done.slug}: version {done.version}, {done.state}.")


def _with(found: ProcedureDocument, themes: list[int] | None, known_issues: list[int] | None) -> ProcedureDocument:
    from dataclasses import replace

    return replace(
        found, themes=(*found.themes, *(themes or ())), known_issues=(*found.known_issues, *(known_issues or ()))
    )


def _targets(themes: Sequence[int], known_issues: Sequence[int]) -> Iterator[tuple[SopLinkKind, int]]:
    from store.sops import SopLinkKind

    yield from ((SopLinkKind.THEME, one) for one in themes)
    yield from ((SopLinkKind.KNOWN_ISSUE, one) for one in known_issues)


def _read(file: Path) -> ProcedureDocument:
    """Read a file; its name without the ending is the slug where it says none."""
    from groundswell.errors import UsageError
    from models.sops.document import read_document
    from models.sops.invalid import ProcedureInvalid

    try:
        return read_document(file.read_text(encoding="utf-8"), file.stem)
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"received {file.name!r}, which cannot be read; name a text file in UTF-8") from error
    except ProcedureInvalid as error:
        raise UsageError(f"{file.name}: {error}") from error


@contextmanager
def _usage() -> Iterator[None]:
    """Report what no procedure can be as wrong usage."""
    from groundswell.errors import UsageError
    from models.sops.invalid import ProcedureInvalid

    try:
        yield
    except ProcedureInvalid as error:
        raise UsageError(str(error)) from error


def _print_list(found: Sequence[StoredSop], day: date, empty: str, *, json: bool) -> None:
    from groundswell.table import print_json, print_table
    from store.sops import most_overdue_first

    rows = [one.as_json(day) for one in most_overdue_first(found, day)]
    if json:
        print_json(rows)
        return
    print_table("Procedures", rows, {
        "slug": lambda row: row["id"],
        "title": lambda row: row["title"],
        "#version": lambda row: str(row["version"]),
        "owner": lambda row: row["owner"],
        "review": lambda row: (row["review_on"] or "") + (" (overdue)" if row["overdue"] else ""),
        "themes": lambda row: ", ".join(map(str, row["themes"])),
        "known issues": lambda row: ", ".join(map(str, row["known_issues"])),
    }, empty)  # fmt: skip


def _scope(stored: StoredSop) -> str:
    parts = [f"theme {one}" for one in stored.themes] + [f"known issue {one}" for one in stored.known_issues]
    return ", ".join(parts) or "no theme and no known issue"
