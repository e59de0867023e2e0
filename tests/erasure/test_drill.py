"""The drill: 200 people are erased while their tickets are being ingested and the ingest is killed; nothing of theirs is left."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing, suppress
from datetime import timedelta
from pathlib import Path

import pytest

from tests.erasure.desk import START
from tests.harness.children import PATIENCE_SECONDS, Children
from tests.harness.pacing import PacedIngest

PEOPLE, ERASED, TICKETS = 300, 200, 900
KILLED_AFTER, ERASURES_FOR_A_STOP = 10, 3
PROBLEMS = ("refund of my parcel", "login code missing", "camera stays black", "invoice shows twice", "coupon refused")


def person(number: int) -> str:
    """The address of a person, as the tickets have it."""
    return f"Person.{number}@Example.com"


def write_history(path: Path) -> None:
    """Write tickets of many people, each with a word that only that person uses, and some comments."""
    with path.open("w") as file:
        for n in range(TICKETS):
            at, who = START + timedelta(minutes=n), n % PEOPLE
            word = f"hidden{who:03d}word"
            body = f"{PROBLEMS[n % 5]}, says {word} in message {n}, please help soon"
            event = {"specversion": "1.0", "source": "/desk", "subject": f"T-{n:05d}", "time": at.isoformat()}
            data = {
                "title": f"{PROBLEMS[n % 5]} {word}",
                "body": body,
                "requester": person(who),
                "tags": [word],
                "region": "DE",
            }
            file.write(json.dumps({**event, "id": f"e{n}", "type": "ticket.created", "data": data}) + "\n")
            if n % 3 == 0:
                said = {"body": f"still waiting, {word} again"}
                file.write(json.dumps({**event, "id": f"c{n}", "type": "comment.added", "data": said}) + "\n")
            if n % 100 == 7:
                bad = {"csat": 99, "body": f"{word} rates", "requester": person(who)}
                file.write(json.dumps({**event, "id": f"r{n}", "type": "ticket.rated", "data": bad}) + "\n")


class Installation:
    """A data folder and commands of it, each a process of its own."""

    def __init__(self, folder: Path, children: Children) -> None:
        folder.mkdir(exist_ok=True)
        self.data = folder / "data"
        self.log = folder / "log.txt"
        self._children = children
        self.environment = {
            **os.environ, "GROUNDSWELL_DATA": str(self.data), "GROUNDSWELL_EMBEDDING__MODEL": "hashing",
            "GROUNDSWELL_INGEST__BATCH": "40", "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1",
        }  # fmt: skip

    def start(self, *arguments: str) -> subprocess.Popen[bytes]:
        """Start a command."""
        with self.log.open("ab") as log:
            return self._children.start(
                [sys.executable, "-c", "from groundswell.cli import main; main()", *arguments],
                env=self.environment, stdout=log, stderr=log, stdin=subprocess.DEVNULL,
            )  # fmt: skip

    def start_ingest(self, path: Path) -> PacedIngest:
        """Start an ingest that stops before each batch."""
        with self.log.open("ab") as log:
            return PacedIngest(
                self._children, [str(path)], env=self.environment, stdout=log, stderr=log, stdin=subprocess.DEVNULL
            )

    def run(self, *arguments: str) -> int:
        """Run a command to its end."""
        return self.start(*arguments).wait(timeout=PATIENCE_SECONDS)

    def query(self, statement: str) -> list[tuple[object, ...]]:
        """Ask the database; nothing, where it is not there yet."""
        path = self.data / "groundswell.db"
        if not path.is_file():
            return []
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=30)) as connection:
            try:
                return connection.execute(statement).fetchall()
            except sqlite3.OperationalError:
                return []

    def rows(self, table: str) -> int:
        """Number of rows of a table."""
        found = self.query(f"SELECT count(*) FROM {table}")  # noqa: S608
        return int(str(found[0][0])) if found else 0

    def bytes_with(self, word: bytes) -> list[str]:
        """Names of the files of the data folder that contain a word."""
        return [path.name for path in self.data.rglob("*") if path.is_file() and word in path.read_bytes()]


COUNTED = "SELECT segment_id, bucket, n FROM counts WHERE theme_id = 0 AND n != 0 ORDER BY 1, 2"
KINDS = "SELECT demand, counted, status, count(*) FROM tickets GROUP BY 1, 2, 3 ORDER BY 1, 2, 3"


@pytest.mark.long
def test_two_hundred_people_are_erased_while_an_ingest_is_killed_twice(tmp_path: Path, children: Children):
    """Nothing of the erased is left in any file, the proofs hold, counts are those of an undisturbed run, also after a replay."""
    history = tmp_path / "history.jsonl"
    write_history(history)
    quiet, used = Installation(tmp_path / "quiet", children), Installation(tmp_path, children)
    undisturbed = quiet.start("ingest", str(history))
    proofs: list[object] = []
    for turn, tickets in enumerate((100, 250, 400)):
        ingest = used.start_ingest(history)
        ingest.arrive()
        while used.rows("tickets") < tickets:
            ingest.go()
            ingest.arrive()
        proofs += erase_during(used, ingest, tmp_path, turn, kill=turn < 2)
    assert undisturbed.wait(timeout=PATIENCE_SECONDS) == 0

    assert used.query(COUNTED) == quiet.query(COUNTED)
    assert used.query(KINDS) == quiet.query(KINDS)
    assert len(proofs) == ERASED
    proof, replayed = tmp_path / "proofs.json", tmp_path / "replayed.jsonl"
    proof.write_text(json.dumps(proofs))
    replayed.write_text(history.read_text())
    assert used.run("ingest", str(replayed)) == 0
    assert used.run("erase", "--verify", str(proof)) == 0
    assert [n for n in range(ERASED) if used.bytes_with(f"hidden{n:03d}word".encode())] == []
    assert used.bytes_with(b"hidden250word") != []


def erase_during(used: Installation, ingest: PacedIngest, folder: Path, turn: int, *, kill: bool) -> list[object]:
    """Erase a third of the people during an ingest, which is killed in the middle of it; returns the proofs.

    The ingest goes on by a batch for every few erasures that are done, and by no more: it is there until it is killed, or until
    the last of these people is erased.
    """
    people, proof = folder / f"people-{turn}.txt", folder / f"proof-{turn}.json"
    people.write_text("\n".join(person(n).lower() for n in range(turn, ERASED, 3)))
    before = done = used.rows("erasures")
    erasing = used.start("erase", "--from", str(people), "--yes", "--proof", str(proof))
    while erasing.poll() is None and not (kill and done > before + KILLED_AFTER):
        with suppress(subprocess.TimeoutExpired):
            erasing.wait(0.02)
        if used.rows("erasures") >= done + ERASURES_FOR_A_STOP:
            done = used.rows("erasures")
            ingest.go()
    if kill:
        ingest.process.kill()
        assert ingest.process.wait(timeout=PATIENCE_SECONDS) == -signal.SIGKILL
    assert erasing.wait(timeout=PATIENCE_SECONDS) == 0
    if not kill:
        ingest.release()
        assert ingest.process.wait(timeout=PATIENCE_SECONDS) == 0
    return list(json.loads(proof.read_text()))
