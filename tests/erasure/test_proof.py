"""Proofs, the manifest, and erasures that are killed."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from groundswell.doctor import Doctor
from groundswell.erasure import eraser as steps
from groundswell.erasure.errors import ManifestInvalid, ProofInvalid
from groundswell.erasure.manifest import Manifest
from groundswell.erasure.proof import read_proofs, write_proofs
from groundswell.erasure.signing import Signer
from groundswell.settings import Settings
from store.database import open_database
from store.schema import erasures, tickets
from tests.erasure.desk import ANA, NOW, Desk, line, plant, story


class Killed(BaseException):
    """Represents the end of the process."""


def killed(*_: Any, **__: Any) -> Any:
    """End the process."""
    raise Killed


STEPS = {
    "before the manifest": (Manifest, "append"),
    "in the transaction": (steps, "remove_quotations"),
    "before the audit line": (steps.audit, "record"),
    "before the files": (steps, "remove_from_files"),
    "before the notes of quotations": (steps, "forget_quotations"),
    "before the cleaning": (steps, "clean_pages"),
    "before the proof": (steps, "make_proof"),
    "before the end": (steps, "finish_erasure"),
}


@pytest.mark.parametrize("step", STEPS)
def test_an_erasure_that_was_killed_is_finished_by_the_next(
    sqlite_desk: Desk, step: str, monkeypatch: pytest.MonkeyPatch
):
    """Wherever an erasure is killed, giving it again removes what is left and gives one proof that holds."""
    desk = sqlite_desk
    desk.send(*story())
    plant(desk)
    with monkeypatch.context() as broken:
        broken.setattr(*STEPS[step], killed)
        with pytest.raises(Killed):
            desk.erase(desk.subjects.requester(ANA))
    (proof,) = desk.erase(desk.subjects.requester(ANA))
    assert "zenobia" not in desk.everything() + desk.files()
    assert desk.verify([proof])[0].clean
    assert [row["proof"] is not None for row in desk.rows(erasures)] == [True]
    assert [one.erasure_id for one in desk.manifest.entries()] == [proof["id"]]


def test_a_proof_names_nobody(sqlite_desk: Desk):
    """A proof has no address, no word of a ticket and no id of one."""
    sqlite_desk.send(*story())
    (proof,) = sqlite_desk.erase(sqlite_desk.subjects.requester(ANA))
    text = json.dumps(proof).lower()
    assert [word for word in ("ana", "gomez", "zenobia", "t-1") if f'"{word}' in text or f"{word}@" in text] == []
    assert {
        "actor",
        "at",
        "finished_at",
        "removed",
        "scope",
        "subject",
        "tickets",
        "program",
        "signature",
    } <= proof.keys()


SPOILT: dict[str, Callable[[dict[str, Any]], Any]] = {
    "another count": lambda proof: proof | {"removed_total": 5},
    "another subject": lambda proof: proof | {"subject": "0" * 32},
    "more than was signed": lambda proof: proof | {"comment": "fine"},
    "no signature": lambda proof: {name: value for name, value in proof.items() if name != "signature"},
    "a signature of another length": lambda proof: proof | {"signature": "AAAA"},
    "a signature that is no base64": lambda proof: proof | {"signature": "é"},
    "a key that is none": lambda proof: proof | {"public_key": "AAAA"},
    "a number as its signature": lambda proof: proof | {"signature": 7},
    "a list of numbers": lambda _: [1, 2],
    "nothing": lambda _: [],
    "a text": lambda _: "proof",
    "null": lambda _: None,
}


@pytest.mark.parametrize("name", SPOILT)
def test_a_changed_proof_is_refused(sqlite_desk: Desk, name: str):
    """What is no proof, or not what was signed, is refused in one sentence that names the file."""
    (proof,) = sqlite_desk.erase(sqlite_desk.subjects.ticket("T-1"))
    path = sqlite_desk.folder / "spoilt.json"
    path.write_text(json.dumps(SPOILT[name](proof)))
    with pytest.raises(ProofInvalid, match=r"spoilt\.json: .*; valid is a proof") as refused:
        read_proofs(path, sqlite_desk.signer)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    "content", [b"", b"\x00\xff", b"{", b"[" * 100_000, None], ids=["empty", "bytes", "torn", "deep", "none"]
)
def test_an_odd_file_is_no_proof(tmp_path: Path, content: bytes | None):
    """A file that is no JSON, or none at all, is refused in one sentence."""
    path = tmp_path / "odd.json"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ProofInvalid):
        read_proofs(path, Signer(tmp_path / "key"))


def test_a_proof_of_another_installation_is_refused(sqlite_desk: Desk, tmp_path: Path):
    """A right signature by another key is named as such."""
    (proof,) = sqlite_desk.erase(sqlite_desk.subjects.ticket("T-1"))
    write_proofs(tmp_path / "p.json", [proof])
    with pytest.raises(ProofInvalid, match="this installation's is"):
        read_proofs(tmp_path / "p.json", Signer(tmp_path / "other.key"))


def test_the_key_and_the_proof_are_their_owners(sqlite_desk: Desk, tmp_path: Path):
    """Key, manifest and proof can be read by their owner only."""
    (proof,) = sqlite_desk.erase(sqlite_desk.subjects.ticket("T-1"))
    write_proofs(tmp_path / "p.json", [proof])
    paths = (tmp_path / "p.json", tmp_path / "erasure.key", sqlite_desk.manifest.path)
    assert [path.stat().st_mode & 0o777 for path in paths] == [0o600] * 3


def test_a_restored_backup_is_erased_again(sqlite_desk: Desk, tmp_path: Path):
    """After a restore the check and the doctor say what is missing, and the manifest brings the erasures back."""
    desk = sqlite_desk
    desk.send(*story())
    desk.engine.dispose()
    shutil.copy(tmp_path / "groundswell.db", tmp_path / "backup.db")
    proofs = desk.erase(desk.subjects.requester(ANA), desk.subjects.ticket("T-3"), desk.subjects.ticket("T-77"))
    desk.engine.dispose()
    for path in tmp_path.glob("groundswell.db*"):
        path.unlink()
    shutil.copy(tmp_path / "backup.db", tmp_path / "groundswell.db")
    desk.engine = open_database(desk.url)
    settings = Settings(data=tmp_path, erasure={"manifest": desk.manifest.path})
    doctor = Doctor(settings, desk.engine, "model", desk.clock)
    assert [one.found for one in doctor.examine() if one.what == "erasures"] == [
        "3 erasures in the manifest, 3 of them not finished in this database"
    ]
    assert [one.clean for one in desk.verify(proofs)] == [False, False, False]
    again = desk.eraser().apply_manifest(desk.manifest.entries())
    assert [one["id"] for one in again] == [one["id"] for one in proofs]
    assert [one.good for one in doctor.examine() if one.what == "erasures"] == [True]
    desk.send(line("n1", "ticket.created", "T-77", title="zenobia unknown"))
    assert "zenobia" not in desk.everything()
    assert [row["title"] for row in desk.rows(tickets)] == ["", "", "", ""]
    assert [one.clean for one in desk.verify(proofs[:2])] == [True, True]
    assert desk.eraser().apply_manifest(desk.manifest.entries()) == []


def test_a_manifest_leaves_what_is_newer(sqlite_desk: Desk):
    """What somebody wrote after their erasure stays when the manifest is applied."""
    desk = sqlite_desk
    proofs = desk.erase(desk.subjects.requester(ANA))
    with desk.engine.begin() as connection:
        for table in (erasures, tickets.metadata.tables["requester_tombstones"]):
            connection.execute(table.delete())
    desk.send(line("n1", "ticket.created", minute=11_070, title="written later", requester=ANA), *story()[1:2])
    desk.eraser().apply_manifest(desk.manifest.entries())
    assert [row["title"] for row in desk.rows(tickets)] == ["written later"]
    assert desk.verify(proofs)[0].clean


def test_a_manifest_that_was_changed_is_not_applied(sqlite_desk: Desk):
    """A line that was changed, added or taken from elsewhere stops all of it; one that breaks off is left out."""
    desk = sqlite_desk
    desk.erase(desk.subjects.ticket("T-1"))
    path = desk.manifest.path
    good = path.read_text()
    path.write_text(good + good[: len(good) // 2])
    assert len(desk.manifest.entries()) == 1
    desk.erase(desk.subjects.ticket("T-2"))
    assert len(desk.manifest.entries()) == 2
    for bad in (good.replace('"ticket"', '"requester"'), "[]\n", "nonsense\n"):
        path.write_text(good + bad)
        with pytest.raises(ManifestInvalid, match="line 2: "):
            desk.manifest.entries()
    assert Manifest(path.with_name("none"), desk.signer).entries() == []
    assert NOW.tzinfo is not None
