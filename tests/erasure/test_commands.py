"""`groundswell erase` as a person types it."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from groundswell.cli import app
from groundswell.erasure.signing import Signer
from groundswell.erasure.subjects import Subjects
from groundswell.errors import UsageError
from groundswell.requester_keys import key_fingerprint
from models.requester import requester_hash
from store.database import open_database, reading
from store.requester_keys import RequesterKeyKind, forget_keys, known_keys, note_key
from stream.errors import KeyFileInvalid
from tests.erasure.desk import NOW
from tests.erasure.test_drill import person, write_history

RUNNER = CliRunner()


def run(*arguments: str):
    """Run a command."""
    return RUNNER.invoke(app, [str(one) for one in arguments])


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a data folder with some tickets."""
    made = tmp_path_factory.mktemp("erase")
    write_history(made / "all.jsonl")
    lines = (made / "all.jsonl").read_text().splitlines()[:80]
    (made / "some.jsonl").write_text("\n".join(lines) + "\n")
    with pytest.MonkeyPatch.context() as patch:
        settled(patch, made)
        assert run("ingest", made / "some.jsonl").exit_code == 0
    return made


def settled(patch: pytest.MonkeyPatch, folder: Path) -> None:
    """Set the data folder, and a model that loads nothing."""
    patch.setenv("GROUNDSWELL_DATA", str(folder / "data"))
    patch.setenv("GROUNDSWELL_EMBEDDING__MODEL", "hashing")


@pytest.fixture(autouse=True)
def _settings(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    settled(monkeypatch, folder)


def test_a_dry_run_and_the_erasure_print_json(folder: Path):
    """What would be removed, what was removed, and what is left, as one JSON array each."""
    shown = json.loads(run("erase", "--requester", person(3), "--dry-run", "--json").stdout)
    assert (shown[0]["tickets"], shown[0]["removed"]["tickets"]) == (["T-00003"], 1)
    erased = json.loads(run("erase", "--requester", person(3).upper(), "--ticket", "T-00004", "--yes", "--json").stdout)
    assert [one["scope"] for one in erased] == ["ticket", "requester"]
    proof = folder / "data" / "erasures" / f"{erased[1]['id']}.json"
    checked = run("erase", "--verify", proof, "--json")
    assert (checked.exit_code, json.loads(checked.stdout)[0]["clean"]) == (0, True)


def test_the_unknown_is_named(folder: Path):
    """Somebody of whom nothing is stored is not an error, and the message says what it means."""
    done = run("erase", "--requester", "nobody@example.com", "--yes", "--proof", folder / "p.json")
    assert (done.exit_code, "nothing of it is stored; its text is not stored when it comes" in done.stderr) == (0, True)
    assert run("erase", "--verify", folder / "p.json").exit_code == 0


def test_the_public_key_and_the_cleaning(folder: Path):
    """The key that proofs are checked with is printed, and the files of the database can be cleaned alone."""
    key = run("erase", "--public-key").stdout.strip()
    done = run("erase", "--ticket", "T-00005", "--yes", "--proof", folder / "k.json")
    assert (done.exit_code, json.loads((folder / "k.json").read_text())["public_key"]) == (0, key)
    assert run("erase", "--clean").exit_code == 0
    (cleaned,) = json.loads(run("erase", "--clean", "--json").stdout)
    assert (cleaned["vacuumed"], cleaned["log_emptied"], cleaned["may_hold"]) == (True, True, [])
    applied = run("erase", "--manifest", folder / "data" / "erasures.jsonl")
    assert (applied.exit_code, "knows all erasures" in applied.stderr) == (0, True)


@pytest.mark.parametrize(
    "arguments",
    [
        [], ["--ticket", "T-1", "--clean"], ["--verify", "p.json", "--ticket", "T-1"], ["--verify", "p.json", "--proof", "q.json"],
        ["--ticket", ""], ["--ticket", "x" * 300], ["--requester", " "], ["--requester", "x" * 2000], ["--ticket", "T-1"],
        ["--clean", "--dry-run"], ["--manifest", "m.jsonl", "--dry-run"], ["--verify", "p.json", "--dry-run"],
        ["--public-key", "--dry-run"],
    ],
)  # fmt: skip
def test_wrong_usage_is_refused(arguments: list[str]):
    """What cannot be meant is refused before anything is erased."""
    assert isinstance(run("erase", *arguments).exception, UsageError)


def test_a_lost_or_cut_key_is_refused_and_erases_nothing(folder: Path):
    """Without the key that requesters are hashed with nobody would be found: this is no erasure with a proof, and no ingest."""
    key, manifest = folder / "data" / "requester.key", folder / "data" / "erasures.jsonl"
    whole, noted = key.read_bytes(), manifest.read_bytes() if manifest.exists() else None
    try:
        key.unlink()
        for arguments in (["erase", "--requester", person(9), "--yes"], ["ingest", folder / "some.jsonl"]):
            failed = run(*arguments)
            assert (type(failed.exception).__name__, key.exists()) == ("RequesterKeyLost", False)
        key.write_bytes(whole[:5])
        cut = run("erase", "--requester", person(9), "--yes")
        assert isinstance(cut.exception, KeyFileInvalid)
    finally:
        key.write_bytes(whole)
    assert (manifest.read_bytes() if manifest.exists() else None) == noted
    assert json.loads(run("erase", "--requester", person(9), "--dry-run", "--json").stdout)[0]["known"]


def test_another_key_is_refused_and_erases_nothing(folder: Path):
    """A whole key that is not the one of this database finds nobody: no erasure, no ingest, no proof, and the doctor says it."""
    key, manifest = folder / "data" / "requester.key", folder / "data" / "erasures.jsonl"
    whole, noted = key.read_bytes(), manifest.read_bytes() if manifest.exists() else None
    try:
        key.write_bytes(b"another key of 32 bytes, a whole")
        for arguments in (
            ["erase", "--requester", person(9), "--yes"], ["erase", "--requester", person(9), "--dry-run"],
            ["ingest", folder / "some.jsonl"],
        ):  # fmt: skip
            failed = run(*arguments)
            assert (type(failed.exception).__name__, "restore the file" in str(failed.exception)) == (
                "RequesterKeyChanged",
                True,
            )
        found = {one["what"]: one for one in json.loads(run("doctor", "--json").stdout)}["requester keys"]
        assert (found["good"], "is not the one" in found["found"]) == (False, True)
        key.unlink()
        found = {one["what"]: one for one in json.loads(run("doctor", "--json").stdout)}["requester keys"]
        assert (found["good"], "there is no key at" in found["found"], key.exists()) == (False, True, False)
    finally:
        key.write_bytes(whole)
    assert (manifest.read_bytes() if manifest.exists() else None) == noted
    assert {one["what"]: one for one in json.loads(run("doctor", "--json").stdout)}["requester keys"]["good"]


def test_the_shared_key_of_a_database_has_to_be_given(folder: Path, monkeypatch: pytest.MonkeyPatch):
    """A database whose requesters came over Kafka, too, erases nobody without the key that its processes share, or with another."""
    shared, name = b"shared by all processes", "GROUNDSWELL_STREAM__REQUESTER_KEY"
    engine = open_database(f"sqlite:///{folder / 'data' / 'groundswell.db'}")
    asked = ("erase", "--requester", person(9), "--dry-run", "--json")
    try:
        with engine.begin() as connection:
            note_key(connection, RequesterKeyKind.SETTING, key_fingerprint(shared), NOW)
        assert str(run(*asked).exception).startswith("there is no key in stream.requester_key, and")
        monkeypatch.setenv(name, "another")
        assert str(run(*asked).exception).startswith("the key in stream.requester_key is not the one")
        monkeypatch.setenv(name, shared.decode())
        assert json.loads(run(*asked).stdout)[0]["known"]
    finally:
        with engine.begin() as connection:
            forget_keys(connection, RequesterKeyKind.SETTING)
        engine.dispose()


def test_a_database_of_an_older_version_notes_its_key(folder: Path):
    """Without a fingerprint, the key that is there is taken for the right one, and noted; a missing one is still missed."""
    key = folder / "data" / "requester.key"
    whole, engine = key.read_bytes(), open_database(f"sqlite:///{folder / 'data' / 'groundswell.db'}")
    with engine.begin() as connection:
        forget_keys(connection, RequesterKeyKind.FILE)
    try:
        key.unlink()
        assert type(run("erase", "--requester", person(9), "--dry-run").exception).__name__ == "RequesterKeyLost"
    finally:
        key.write_bytes(whole)
    assert run("erase", "--requester", person(9), "--dry-run").exit_code == 0
    with reading(engine) as connection:
        assert known_keys(connection)[RequesterKeyKind.FILE] == {key_fingerprint(whole)}
    engine.dispose()


def test_a_cut_key_of_proofs_is_said(tmp_path: Path):
    """A signing key of another length than 32 bytes is refused in one sentence."""
    path = tmp_path / "erasure.key"
    path.write_bytes(b"x" * 20)
    with pytest.raises(KeyFileInvalid, match="has 20 bytes"):
        Signer(path)


def test_a_national_number_is_found_under_the_country_of_the_settings():
    """Where one country is named, a requester's national number is erased as it was stored, and as it was stored before."""
    key = b"k" * 32
    found = Subjects([key], [], "DE").requester("0170 1234567").requesters
    assert {requester_hash("+49 170 1234567", key), requester_hash("0170 1234567", key)} <= set(found)


def test_a_file_of_requesters_is_read_whatever_its_lines(folder: Path):
    """Blank lines, spaces, a byte-order mark and repeats do not matter; no line, or no text, is refused."""
    path = folder / "people.txt"
    path.write_bytes(f"\ufeff{person(7)}\r\n\r\n  {person(8)} \n{person(7).lower()}\n".encode())
    assert len(json.loads(run("erase", "--from", path, "--dry-run", "--json").stdout)) == 2
    path.write_bytes(b"\n")
    assert isinstance(run("erase", "--from", path, "--yes").exception, UsageError)
    path.write_bytes(b"\xff\xfe\x00")
    assert "cannot be read as text" in str(run("erase", "--from", path, "--yes").exception)
