"""Proofs: what was erased, when, by whom, from where, and what the erasure cannot reach; signed."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import orjson

from alerts.atomic import write_atomically
from groundswell.erasure.errors import ProofInvalid
from groundswell.erasure.signing import Signer
from models.times import rfc3339
from store.erasure.pages import PageCleanup
from store.erasure.register import ErasureRecord
from store.erasure.scope import ErasureScope, ErasureSubject

VERSION = 1

LARGEST = 64 * 1024 * 1024
"""Bytes of the largest file that is read as a proof."""

NOT_REACHED = (
    "the systems that the tickets came from, and files that were exported from them",
    "backups of before: after one is restored, run `groundswell erase --manifest FILE`",
)
"""What no erasure here can reach."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ErasureResult:
    """What one erasure removed.

    tickets: the ids that it reached. removed: rows by table, `digest_files` and `dead_letters`. copies: notifications with quotes that
    channels accepted. themes: those with a new name.
    dead_letters: None where Kafka is not used or was left out. until: event time up to which texts were erased.
    """

    record: ErasureRecord
    subject: ErasureSubject
    tickets: Sequence[str]
    known: bool
    until: datetime
    removed: Mapping[str, int]
    copies: Sequence[Mapping[str, Any]] = ()
    dead_letters: str | None = None
    may_hold: Sequence[str] = field(default_factory=tuple)
    themes: Sequence[Mapping[str, Any]] = ()


def make_proof(result: ErasureResult, cleanup: PageCleanup, at: datetime, signer: Signer) -> dict[str, Any]:
    """Write and sign the proof of an erasure that was finished at `at`."""
    record = result.record
    return signer.signed({
        "version": VERSION, "program": f"groundswell {version('groundswell')}", "id": record.erasure_id,
        "at": rfc3339(record.at), "finished_at": rfc3339(at), "actor": record.actor, "scope": record.scope.value,
        "subject": record.subject, "requesters": list(result.subject.requesters), "until": rfc3339(result.until),
        "tickets": {"number": len(result.tickets), "sha256": hash_of_ids(result.tickets), "known": result.known},
        "removed": dict(result.removed), "removed_total": sum(result.removed.values()),
        "copies": list(result.copies), "themes": list(result.themes), "dead_letters": result.dead_letters,
        "database": {"kind": cleanup.database, "written_anew": cleanup.vacuumed, "log_emptied": cleanup.log_emptied},
        "may_still_hold": [*cleanup.may_hold, *result.may_hold, *NOT_REACHED],
    })  # fmt: skip


def hash_of_ids(ids: Collection[str]) -> str:
    """Hash the ids of the tickets that an erasure reached: SHA-256 of them in order, one a line."""
    return hashlib.sha256("\n".join(sorted(ids)).encode("utf-8", "surrogatepass")).hexdigest()


def write_proofs(path: Path, proofs: Sequence[Mapping[str, Any]]) -> None:
    """Write one proof as an object, or several as an array, to a file that only its owner may read."""
    content = proofs[0] if len(proofs) == 1 else list(proofs)
    write_atomically(path, orjson.dumps(content, option=orjson.OPT_INDENT_2).decode() + "\n")


def read_proofs(path: Path, signer: Signer) -> list[ErasureProof]:
    """Read the proofs of a file and check their signatures. Raises `ProofInvalid`."""
    try:
        if path.stat().st_size > LARGEST:
            raise ProofInvalid(path, f"it has more than {LARGEST // 1024**2} MiB")
        content = orjson.loads(path.read_bytes())
    except OSError as error:
        raise ProofInvalid(path, f"it cannot be read ({error.strerror})") from error
    except orjson.JSONDecodeError as error:
        raise ProofInvalid(path, "it is no JSON") from error
    found = content if isinstance(content, list) else [content]
    if not found:
        raise ProofInvalid(path, "it is empty")
    return [_checked(path, one, signer) for one in found]


@dataclass(frozen=True, slots=True)
class ErasureProof:
    """What a proof says, as far as it is looked at again."""

    erasure_id: str
    until: datetime
    tickets: int
    tickets_hash: str
    subject: ErasureSubject


def _checked(path: Path, content: Any, signer: Signer) -> ErasureProof:
    if not isinstance(content, dict):
        raise ProofInvalid(path, "it is no JSON object")
    problem = signer.problem(content)
    if problem is not None:
        raise ProofInvalid(path, problem)
    if content.get("version") != VERSION:
        raise ProofInvalid(path, "it was written by another version")
    try:
        until = datetime.fromisoformat(content["until"])
        scope = ErasureScope(content["scope"])
        subject = ErasureSubject(scope, content["subject"], requesters=tuple(content["requesters"]))
        tickets = content["tickets"]
        proof = ErasureProof(content["id"], until, tickets["number"], tickets["sha256"], subject)
    except (KeyError, TypeError, ValueError) as error:
        raise ProofInvalid(path, "it lacks what a proof says") from error
    return proof
