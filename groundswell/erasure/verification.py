"""The check of a proof: its signature, and whether anything that should be gone is found in the database, in files or on Kafka."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sqlalchemy import Engine

from alerts.quoted_files import find_in_files
from alerts.settings import AlertSettings
from groundswell.erasure.dead_letters import DeadLetterTopic, LetterTargets
from groundswell.erasure.proof import ErasureProof, hash_of_ids
from models.formats import counted
from store.database import reading
from store.erasure.register import read_erased_tickets
from store.erasure.remains import find_remains
from store.erasure.scope import ErasureScope
from store.erasure.tickets import tickets_by_hash


@dataclass(frozen=True, slots=True)
class Verification:
    """What the check of one proof found: rows or files by where they are, and sentences about the proof itself."""

    erasure_id: str
    remains: dict[str, int]
    problems: tuple[str, ...] = ()

    @property
    def clean(self) -> bool:
        """Whether nothing was found."""
        return not self.remains and not self.problems

    def sentence(self) -> str:
        """Say what was found, in one sentence."""
        name = f"erasure {self.erasure_id[:12]}"
        if self.clean:
            return f"{name}: the signature is right, and nothing that was erased is found."
        found = [f"{counted(number, 'remain')} in {where}" for where, number in self.remains.items()]
        return f"{name}: {'; '.join([*self.problems, *found])}."


class Verifier:
    """Looks for what erasures should have removed."""

    def __init__(
        self,
        engine: Engine,
        alerts: AlertSettings,
        letters: DeadLetterTopic | None,
        ticket_hash: Callable[[str], str],
    ) -> None:
        self._engine = engine
        self._alerts = alerts
        self._letters = letters
        self._ticket_hash = ticket_hash

    def verify(self, proofs: Sequence[ErasureProof]) -> list[Verification]:
        """Check each proof whose signature is right."""
        return [self._verify(proof) for proof in proofs]

    def _verify(self, proof: ErasureProof) -> Verification:
        with reading(self._engine) as connection:
            ids = read_erased_tickets(connection, proof.erasure_id)
            problems = []
            if hash_of_ids(ids) != proof.tickets_hash:
                problems.append(
                    "the database does not know the tickets that the proof names, as after a restore; run "
                    "`groundswell erase --manifest FILE`"
                )
                if proof.subject.scope is ErasureScope.TICKET:
                    ids = tickets_by_hash(connection, proof.subject.subject, self._ticket_hash)
            found = Counter(find_remains(connection, proof.subject, ids, proof.until))
        if files := find_in_files(self._alerts, ids):
            found["files"] = len(files)
        if self._letters is not None and (letters := self._letters.find(LetterTargets.of(proof.subject, ids, ()))):
            found["dead_letters"] = len(letters)
        return Verification(proof.erasure_id, dict(found), tuple(problems))
