"""What the console is handed to operate an installation does the same as the commands."""

from pathlib import Path

import pytest

from console.operations import OperationFailed, RetryOrder
from groundswell.console_operations import operations_parts
from groundswell.session import open_session
from store.database import reading
from store.quarantine import refused_records
from tests.groundswell.front import front_door

MAPPING = '[columns]\nsubject = "Ticket"\ntime = "Opened"\nbody = "Text"\n[time]\nformat = "{format}"\n'


@pytest.fixture
def session(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]):
    """Return a session on a database in whose quarantine is a row that was read with a wrong mapping."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GROUNDSWELL_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("GROUNDSWELL_EMBEDDING__MODEL", "hashing")
    rows = ["Ticket,Opened,Text", "T-1,2026-11-01 08:00,paid", "T-2,2026|11|01 08h01,paid", "T-3,2026-11-01 08:02,paid"]
    (tmp_path / "a.csv").write_text("\n".join(rows) + "\n")
    (tmp_path / "m.toml").write_text(MAPPING.format(format="%Y-%m-%d %H:%M"))
    front_door(monkeypatch, capfd)("ingest", "a.csv", "--mapping", "m.toml")
    opened = open_session()
    yield opened
    opened.engine.dispose()


def test_a_mended_mapping_reads_what_was_refused(session, tmp_path):
    """The mapping that is proposed is the one used; mended, it is kept in the data folder and the record leaves quarantine."""
    parts = operations_parts(session)
    with reading(session.engine) as connection:
        [refused] = refused_records(connection)
    mapping = parts.propose_mapping(refused.stream, refused.reading)
    assert '"%Y-%m-%d %H:%M"' in mapping
    mended = mapping.replace("%Y-%m-%d %H:%M", "%Y|%m|%d %Hh%M").replace("\n", "\r\n")
    wrong = parts.retry_quarantine(RetryOrder(stream=refused.stream, mapping=mapping))
    assert (wrong.settled, wrong.left) == (0, 1)
    done = parts.retry_quarantine(RetryOrder(stream=refused.stream, mapping=mended))
    assert (done.settled, done.left) == (1, 0), done.sentences
    assert "a.csv: 1 record read and taken out of quarantine." in done.sentences
    assert {file.stat().st_mode & 0o077 for file in (tmp_path / "data" / "mappings").iterdir()} == {0}


def test_what_fails_is_one_sentence(session, tmp_path):
    """A mapping that is none, and a file that is gone."""
    parts = operations_parts(session)
    with reading(session.engine) as connection:
        [refused] = refused_records(connection)
    none = parts.retry_quarantine(RetryOrder(record_id=refused.record_id, mapping="[columns\n"))
    assert (none.settled, none.left, len(none.sentences)) == (0, 1, 1)
    (tmp_path / "a.csv").unlink()
    (tmp_path / "m.toml").unlink()
    with pytest.raises(OperationFailed, match=r"a\.csv"):
        parts.propose_mapping(refused.stream, refused.reading)
    assert "the file is gone" in parts.retry_quarantine(RetryOrder()).sentences[0]


def test_channels_are_tested_and_the_installation_examined(session):
    """The file channel takes its test, and the checks are those of `doctor`."""
    parts = operations_parts(session)
    assert parts.test_channel("file").problem is None
    assert {"database", "quarantine", "channels"} <= {one.what for one in parts.checks()}
    assert parts.channels == {"file": "file"}
