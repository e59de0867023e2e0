"""`groundswell db` encrypts what is stored, and doctor says how much is."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Text, cast, insert, select
from typer.testing import CliRunner

from groundswell.cli import app
from groundswell.doctor import Doctor
from groundswell.settings import Settings
from store.database import open_database, reading, upgrade
from store.encryption import is_sealed
from store.schema import digests

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder with a database in it that has a page in plain text, as the environment of commands names them."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GROUNDSWELL_DATA", str(tmp_path))
    engine = open_database(f"sqlite:///{tmp_path / 'groundswell.db'}")
    upgrade(engine)
    with engine.begin() as connection:
        connection.execute(
            insert(digests), [{"audience": "all", "start": NOW, "end": NOW, "markdown": "late", "html": "late"}]
        )
    engine.dispose()
    return tmp_path


def raw(folder: Path) -> str:
    """Return the page as the database has it."""
    engine = open_database(f"sqlite:///{folder / 'groundswell.db'}")
    with reading(engine) as connection:
        found: str = connection.execute(select(cast(digests.c.html, Text))).scalar_one()
    engine.dispose()
    return found


def encryption_check(folder: Path, key: Path) -> tuple[bool, str]:
    """Return what doctor finds about encryption."""
    engine = open_database(f"sqlite:///{folder / 'groundswell.db'}", key)
    found = [
        one
        for one in Doctor(Settings(), engine, "hashing", lambda: NOW, thorough=True).examine()
        if one.what == "encryption"
    ]
    engine.dispose()
    return found[0].good, found[0].found


def test_commands_encrypt_and_decrypt_a_database(folder, monkeypatch):
    """A key is made, what is stored is encrypted, other commands need the key, and decryption undoes it."""
    run, key = CliRunner().invoke, folder / "column.keys"
    assert run(app, ["db", "new-key", str(key)]).exit_code == 0
    without = run(app, ["db", "encrypt"])
    assert "database.encryption_key_file" in str(without.exception)
    monkeypatch.setenv("GROUNDSWELL_DATABASE__ENCRYPTION_KEY_FILE", str(key))
    assert encryption_check(folder, key) == (False, encryption_check(folder, key)[1])
    assert "2 values in plain text" in encryption_check(folder, key)[1]
    done = run(app, ["db", "encrypt"])
    assert (done.exit_code, "1 rows encrypted" in done.output) == (0, True)
    assert is_sealed(raw(folder))
    assert encryption_check(folder, key)[0]
    assert run(app, ["themes", "list"]).exit_code == 0
    monkeypatch.delenv("GROUNDSWELL_DATABASE__ENCRYPTION_KEY_FILE")
    assert "which was not given" in str(run(app, ["themes", "list"]).exception)
    monkeypatch.setenv("GROUNDSWELL_DATABASE__ENCRYPTION_KEY_FILE", str(key))
    assert run(app, ["db", "decrypt"]).exit_code == 0
    assert raw(folder) == "late"
