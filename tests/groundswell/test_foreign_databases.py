"""What is no database of Groundswell is described as what it is, by each command, and is left as it was."""

import json
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from store.database import open_database, upgrade
from tests.groundswell.front import Run, front_door

KINDS = {
    "other": "FILE is the database of another application (it has tables such as users)",
    "same names": "FILE is the database of another application (it has tables such as events, tickets)",
    "alembic": "FILE is the database of another application (it has tables such as users)",
    "text": "FILE is a text file, no SQLite database",
    "gzip": "FILE is a gzip file, no SQLite database",
    "binary": "FILE is a binary or encrypted file, no SQLite database",
    "folder": "FILE is a folder",
    "truncated": "the database FILE is damaged (it has 200,000 of ",
    "overwritten": "the database FILE is damaged (database disk image is malformed)",
    "empty": "the database sqlite:///FILE has no tables yet",
    "newer": "the database sqlite:///FILE is at schema 9999, which is of a newer version than this one, which knows schemas up to 0",
}


def made_by(file: Path, *statements: str) -> None:
    """Make an SQLite file, or change one."""
    connection = sqlite3.connect(file)
    for statement in statements:
        connection.execute(statement)
    connection.commit()
    connection.close()


def own_database(file: Path) -> bytes:
    """Make a database of ours; returns its bytes."""
    engine = open_database(f"sqlite:///{file}")
    upgrade(engine)
    engine.dispose()
    made_by(file, "PRAGMA journal_mode=DELETE")
    return file.read_bytes()


def overwritten(file: Path) -> None:
    """Make a database of ours whose first half is no longer readable."""
    content = own_database(file)
    half = len(content) // 2
    file.write_bytes(content[:8192] + b"\xff" * (half - 8192) + content[half:])


MAKERS: dict[str, Callable[[Path], object]] = {
    "other": lambda file: made_by(file, "CREATE TABLE users (id INTEGER)"),
    "same names": lambda file: made_by(file, "CREATE TABLE tickets (id INTEGER)", "CREATE TABLE events (id INTEGER)"),
    "alembic": lambda file: made_by(
        file, "CREATE TABLE users (id INTEGER)", "CREATE TABLE alembic_version (version_num TEXT)",
        "INSERT INTO alembic_version VALUES ('abc123')",
    ),
    "text": lambda file: file.write_text("Subject,Created\nhello,2026-11-20\n" * 9),
    "gzip": lambda file: file.write_bytes(b"\x1f\x8b\x08" + bytes(range(99))),
    "binary": lambda file: file.write_bytes(bytes(range(256)) * 9),
    "folder": lambda file: file.mkdir(),
    "truncated": lambda file: file.write_bytes(own_database(file)[:200_000]),
    "overwritten": overwritten,
    "empty": lambda file: file.touch(),
    "newer": lambda file: (own_database(file), made_by(file, "UPDATE alembic_version SET version_num = '9999'")),
}  # fmt: skip


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], tmp_path: Path) -> Run:
    """Return the command line, in a folder of its own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GROUNDSWELL_DATA", str(tmp_path / "data"))
    return front_door(monkeypatch, capfd)


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_is_described_by_each_command(run: Run, tmp_path: Path, kind: str):
    """`serve`, listings and `doctor` say what it is; none of them changes a byte of it."""
    file = tmp_path / "x.db"
    MAKERS[kind](file)
    before = file.read_bytes() if file.is_file() else b""
    sentence = KINDS[kind].replace("FILE", str(file))
    for words in (("serve", "--port", "0"), ("themes", "list"), ("incidents", "list", "--json")):
        done = run(*words, "--database", f"sqlite:///{file}")
        assert (done.code, done.out) == (1, "")
        assert done.err.startswith(f"groundswell: {sentence}")
        assert done.err.count("\n") == 1
    done = run("doctor", "--json", "--database", f"sqlite:///{file}")
    found = json.loads(done.out)[0]
    assert (done.code, found["what"], found["good"]) == (1, "database", False)
    assert found["found"].startswith(sentence)
    assert found["remedy"]
    assert (file.read_bytes() if file.is_file() else b"") == before or kind in ("empty", "newer")


@pytest.mark.parametrize("kind", ["other", "same names", "alembic", "text", "truncated"])
def test_no_tables_are_added_to_it(run: Run, tmp_path: Path, kind: str):
    """Bringing a database to this version's schema refuses what is not ours, and leaves it as it was."""
    file = tmp_path / "x.db"
    MAKERS[kind](file)
    before = file.read_bytes()
    done = run("db", "upgrade", "--database", f"sqlite:///{file}")
    assert done.code == 1
    assert done.err.startswith(f"groundswell: {KINDS[kind].replace('FILE', str(file))}")
    assert file.read_bytes() == before


def test_an_empty_file_becomes_a_database(run: Run, tmp_path: Path):
    """An empty file may be filled."""
    file = tmp_path / "x.db"
    file.touch()
    assert run("db", "upgrade", "--database", f"sqlite:///{file}").code == 0
    assert run("themes", "list", "--database", f"sqlite:///{file}").code == 0


def test_the_doctor_finds_damage_that_nothing_reads(run: Run, tmp_path: Path):
    """A page that is damaged in a table that no other check reads is found, although all commands answer."""
    file = tmp_path / "x.db"
    own_database(file)
    rows = ", ".join(f"('{number:064d}', 'n', '2026-11-20')" for number in range(2_000))
    made_by(file, "CREATE TABLE z (a TEXT, b TEXT, c TEXT)", f"INSERT INTO z VALUES {rows}")  # noqa: S608 (made up here)
    content = bytearray(file.read_bytes())
    content[-8192:-4096] = b"\xff" * 4096
    file.write_bytes(bytes(content))
    assert run("themes", "list", "--database", f"sqlite:///{file}").code == 0
    done = run("doctor", "--json", "--database", f"sqlite:///{file}")
    found = {one["what"]: one for one in json.loads(done.out)}
    assert done.code == 1
    assert not found["database file"]["good"]
    assert "page" in found["database file"]["found"] or "malformed" in found["database file"]["found"]
    assert found["database file"]["remedy"].startswith("stop what writes to it, and restore a backup")


def test_the_doctor_reads_a_sound_file(run: Run, tmp_path: Path):
    """A sound file is reported as such."""
    file = tmp_path / "x.db"
    own_database(file)
    found = {one["what"]: one for one in json.loads(run("doctor", "--json", "--database", f"sqlite:///{file}").out)}
    assert found["database file"] == {
        "what": "database file", "good": True, "found": "each page of it can be read", "remedy": "",
    }  # fmt: skip
