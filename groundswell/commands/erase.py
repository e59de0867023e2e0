"""`groundswell erase`: tickets and requesters erased everywhere, with a signed proof."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from groundswell.commands.options import Database, Json
from groundswell.terminal import say

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from groundswell.erasure.environment import ErasureEnvironment
    from groundswell.erasure.eraser import RemovedTexts
    from store.erasure.scope import ErasureSubject


def erase(
    ticket: Annotated[
        list[str] | None, typer.Option("--ticket", metavar="ID", help="A ticket to erase; repeatable.")
    ] = None,
    requester: Annotated[
        list[str] | None,
        typer.Option("--requester", metavar="WHO", help="A requester all of whose tickets to erase; repeatable."),
    ] = None,
    from_file: Annotated[
        Path | None, typer.Option("--from", metavar="FILE", help="Requesters to erase, one a line.")
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would be removed, and remove nothing.")] = False,
    proof: Annotated[
        Path | None, typer.Option("--proof", metavar="FILE", help="Where to write the proof. Default: the data folder.")
    ] = None,
    verify: Annotated[
        Path | None,
        typer.Option("--verify", metavar="PROOF", help="Check a proof, and look for what should be gone."),
    ] = None,
    manifest: Annotated[
        Path | None,
        typer.Option("--manifest", metavar="FILE", help="Apply the erasures that the database does not know."),
    ] = None,
    clean: Annotated[
        bool, typer.Option("--clean", help="Only clean the database's own files, which may hold what was erased.")
    ] = False,
    vacuum: Annotated[
        bool | None,
        typer.Option(
            "--vacuum/--no-vacuum",
            help="Whether the database is written anew. Default: up to 512 MiB.",
            show_default=False,
        ),
    ] = None,
    kafka: Annotated[bool, typer.Option("--kafka/--no-kafka", help="Whether dead letters are erased, too.")] = True,
    public_key: Annotated[
        bool, typer.Option("--public-key", help="Print the key that proofs are checked with.")
    ] = False,
    json: Json = False,
    database: Database = None,
) -> None:
    """Erase the text of tickets, or of all tickets of requesters, everywhere; counts and themes stay.

    Text of them that arrives later is not stored. A signed proof says what was removed from where.
    """
    from groundswell.erasure.environment import ErasureEnvironment
    from groundswell.errors import UsageError
    from groundswell.session import open_session

    asked = [bool(ticket or requester or from_file), verify is not None, manifest is not None, clean, public_key]
    _check(asked, proof=proof is not None, verify=verify is not None)
    if dry_run and not asked[0]:
        raise UsageError("received --dry-run without --ticket, --requester or --from; nothing else can be tried")
    environment = ErasureEnvironment(open_session(database), kafka)
    if public_key:
        say(environment.signer.public_key)
    elif verify is not None:
        _verify(environment, verify, json=json)
    elif clean:
        _clean(environment, json=json)
    elif manifest is not None:
        _apply(environment, manifest, proof, vacuum=vacuum, json=json)
    else:
        subjects = environment.read_subjects(ticket or [], requester or [], from_file)
        _erase(environment, subjects, proof, ask=not yes, dry_run=dry_run, vacuum=vacuum, json=json)


def _check(asked: Sequence[bool], *, proof: bool, verify: bool) -> None:
    from groundswell.errors import UsageError

    if sum(asked) != 1:
        raise UsageError(
            "received nothing to do, or more than one thing; valid are --ticket, --requester and --from together, or one of "
            "--verify, --manifest, --clean and --public-key"
        )
    if proof and verify:
        raise UsageError("received --proof with --verify; name the proof to check after --verify")


def _erase(
    environment: ErasureEnvironment,
    subjects: Sequence[ErasureSubject],
    path: Path | None,
    *,
    ask: bool,
    dry_run: bool,
    vacuum: bool | None,
    json: bool,
) -> None:
    from groundswell.errors import UsageError

    if not subjects:
        raise UsageError("received no requester; valid is a file with one a line")
    eraser = environment.eraser()
    if dry_run or ask:
        if ask and not dry_run and not sys.stdin.isatty():
            raise UsageError("received an erasure without --yes, and there is no terminal to ask on; add --yes")
        found = eraser.preview(subjects)
        _show_preview(found, json=json and dry_run)
        if dry_run or not typer.confirm("Erase this? It cannot be undone."):
            return
    proofs = eraser.erase(subjects, vacuum=vacuum)
    _report(environment, proofs, path, json=json)


def _apply(environment: ErasureEnvironment, file: Path, path: Path | None, *, vacuum: bool | None, json: bool) -> None:
    from groundswell.erasure.errors import ErasureError
    from groundswell.erasure.manifest import Manifest

    if not file.is_file():
        raise ErasureError(f"there is no manifest {file}; the setting erasure.manifest says where erasures are noted")
    proofs = environment.eraser().apply_manifest(Manifest(file, environment.signer).entries(), vacuum=vacuum)
    if not proofs:
        say("The database knows all erasures of the manifest.", err=True)
    _report(environment, proofs, path, json=json)


def _report(
    environment: ErasureEnvironment, proofs: Sequence[Mapping[str, Any]], path: Path | None, *, json: bool
) -> None:
    """Write the proofs, and say what was erased."""
    from groundswell.erasure.proof import write_proofs
    from groundswell.table import print_json

    folder = environment.session.settings.erasure.proofs
    if path is not None and proofs:
        write_proofs(path, proofs)
    for one in proofs:
        if path is None:
            write_proofs(folder / f"{one['id']}.json", [one])
        say(_sentence(one), err=True)
    for limit in dict.fromkeys(text for one in proofs for text in one["may_still_hold"]):
        say(f"Not reached: {limit}.", err=True)
    if proofs:
        say(f"Proof: {path or folder}", err=True)
    if json:
        print_json(list(proofs))


def _sentence(proof: Mapping[str, Any]) -> str:
    from models.formats import counted

    what = f"{proof['scope']} {proof['subject'][:12]}"
    if not proof["tickets"]["known"]:
        return f"{what}: nothing of it is stored; its text is not stored when it comes."
    rows = ", ".join(f"{number} in {name}" for name, number in proof["removed"].items()) or "nothing was left"
    return f"{what}: {counted(proof['tickets']['number'], 'ticket')} erased ({rows})."


def _show_preview(found: Sequence[RemovedTexts], *, json: bool) -> None:
    from groundswell.table import print_json, print_table

    rows = [
        {
            "scope": one.record.scope.value, "subject": one.record.subject, "known": one.known, "tickets": list(one.tickets),
            "removed": one.removed,
        }
        for one in found
    ]  # fmt: skip
    if json:
        print_json(rows)
        return
    print_table("Would be erased", rows, {
        "what": lambda row: f"{row['scope']} {row['subject'][:12]}",
        "#tickets": lambda row: str(len(row["tickets"]) if row["known"] else 0),
        "rows": lambda row: ", ".join(f"{number} in {name}" for name, number in row["removed"].items()) or "nothing is stored",
    }, "Nothing.")  # fmt: skip


def _clean(environment: ErasureEnvironment, *, json: bool) -> None:
    from dataclasses import asdict

    from groundswell.table import print_json
    from store.erasure.pages import clean_pages

    done = clean_pages(environment.session.engine, vacuum=True)
    for limit in done.may_hold:
        say(f"May still hold erased text: {limit}.", err=True)
    if json:
        print_json([asdict(done)])
    elif not done.may_hold:
        say("The database's files were written anew.", err=True)


def _verify(environment: ErasureEnvironment, path: Path, *, json: bool) -> None:
    from groundswell.erasure.proof import read_proofs
    from groundswell.table import print_json

    found = environment.verifier().verify(read_proofs(path, environment.signer))
    for one in found:
        say(one.sentence(), err=True)
    if json:
        print_json([
            {"id": one.erasure_id, "clean": one.clean, "remains": one.remains, "problems": list(one.problems)} for one in found
        ])  # fmt: skip
    if not all(one.clean for one in found):
        raise typer.Exit(1)
