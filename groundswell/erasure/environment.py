"""What an erasure needs of settings, keys and the database."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from groundswell.erasure.dead_letters import DeadLetterTopic
from groundswell.erasure.eraser import Eraser, ErasureParts
from groundswell.erasure.errors import ErasureError
from groundswell.erasure.manifest import Manifest
from groundswell.erasure.signing import Signer
from groundswell.erasure.subjects import Subjects
from groundswell.erasure.verification import Verifier
from groundswell.requester_keys import key_problem, local_requester_key
from groundswell.session import Session, actor, now
from groundswell.settings import Settings
from store.erasure.scope import ErasureSubject
from store.requester_keys import RequesterKeyKind
from stream.admission_rules import national_region
from stream.errors import SourceError
from stream.requester import load_or_make_key


@dataclass(frozen=True)
class ErasureEnvironment:
    """An open session, and whether dead letters on Kafka are included."""

    session: Session
    kafka: bool

    @cached_property
    def signer(self) -> Signer:
        """The key of proofs."""
        return Signer(self.session.settings.erasure.key)

    @cached_property
    def subjects(self) -> Subjects:
        """What makes subjects of what a person typed."""
        settings = self.session.settings
        return Subjects(requester_keys(self.session), settings.ingest.id_patterns, national_region(settings.redaction))

    @property
    def manifest(self) -> Manifest:
        """The manifest that the settings name."""
        return Manifest(self.session.settings.erasure.manifest, self.signer)

    @property
    def letters(self) -> DeadLetterTopic | None:
        """The topic of dead letters; None with SQLite, which is used without Kafka."""
        used = self.kafka and self.session.engine.dialect.name == "postgresql"
        return DeadLetterTopic(self.session.settings.stream) if used else None

    def eraser(self) -> Eraser:
        """Return what erases."""
        return Eraser(
            ErasureParts(
                self.session.engine, self.session.settings.alerts, self.signer, self.manifest, self.letters,
                self.subjects.ticket_hash, actor(), now, self.session.settings.embedding.macros,
            )
        )  # fmt: skip

    def verifier(self) -> Verifier:
        """Return what looks for remains."""
        return Verifier(
            self.session.engine, self.session.settings.alerts, self.letters, self.subjects.ticket_hash
        )  # fmt: skip

    def read_subjects(
        self, tickets: Sequence[str], requesters: Sequence[str], file: Path | None
    ) -> list[ErasureSubject]:
        """Return what is to be erased, each once; the file has one requester a line. Raises `UsageError`, `ErasureError`."""
        people = [*requesters, *(_lines(file) if file else ())]
        found = [*map(self.subjects.ticket, tickets), *map(self.subjects.requester, people)]
        return list({(one.scope, one.subject): one for one in found}.values())


def requester_keys(session: Session) -> list[bytes]:
    """Return the keys that requesters may have been hashed with, the one of this kind of installation first.

    Raises `RequesterKeyLost` or `RequesterKeyChanged` where a key that the database knows is not among them.
    """
    settings: Settings = session.settings
    for kind in RequesterKeyKind:
        if problem := key_problem(settings, session.engine, kind):
            raise problem
    try:
        shared = [settings.stream.key()]
    except SourceError:
        shared = []
    path = settings.requester_key_path()
    if session.engine.dialect.name == "postgresql" and shared:
        return [*shared, *([load_or_make_key(path)] if path.is_file() else [])]
    return [local_requester_key(settings, session.engine, now), *shared]


def _lines(file: Path) -> list[str]:
    try:
        lines = file.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ErasureError(
            f"{file} cannot be read as text; valid is a file of UTF-8 with one requester a line"
        ) from error
    return [line.strip() for line in lines if line.strip()]
