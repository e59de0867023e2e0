"""What the reader of a table skips or changes is said after the run: nothing is lost silently."""

from __future__ import annotations

from pathlib import Path

import pytest

from groundswell.ingest_summary import TABLE_NOTES, table_sentence
from stream.files.table import TableNote
from tests.groundswell.front import Run, front_door

EXPORT = """Tickets of November
Ticket ID,Created at,Subject,Description,Channel
1,2026-11-01T08:00:00Z,card,the card was declined,email

2,2026-11-01T08:01:00Z,coins,the gift coins did not arrive
Ticket ID,Created at,Subject,Description,Channel
3,2026-11-01T08:02:00Z,refund,where is my \0refund,email
4,2026-11-01T08:03:00Z,login,I cannot log in,email
Total,4,,,
"""


@pytest.fixture
def run_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Run:
    """Return a way to run the command line in a folder and with a data folder of its own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GROUNDSWELL_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("GROUNDSWELL_EMBEDDING__MODEL", "hashing")
    monkeypatch.setenv("NO_COLOR", "1")
    return front_door(monkeypatch, capfd)


def test_ingest_says_what_it_skipped_and_changed_in_a_table(run_command: Run, tmp_path: Path) -> None:
    """One sentence per file names every kind with its number, once the file was read; an unchanged file is not read again."""
    path = tmp_path / "november.csv"
    path.write_text(EXPORT)
    done = run_command("ingest", str(path))
    assert done.code == 0
    assert (
        "Of november.csv: 1 row above the header left out, 1 repeated header left out, 1 blank row left out, "
        "1 row of totals or notes at the end left out, 1 short row filled up with empty cells, 1 NUL character replaced by a space.\n"
    ) in done.err
    assert "Of november.csv" not in run_command("ingest", str(path)).err


def test_a_regular_table_has_no_sentence(run_command: Run, tmp_path: Path) -> None:
    """Where nothing was skipped or changed, nothing is said."""
    path = tmp_path / "regular.csv"
    path.write_text("Ticket ID,Created at,Description\n1,2026-11-01T08:00:00Z,the card was declined\n")
    said = run_command("ingest", str(path)).err
    assert "1 event stored" in said
    assert "Of regular.csv" not in said


def test_every_note_of_a_table_has_words() -> None:
    """No kind of note is left without its words; numbers are written with their nouns."""
    assert TABLE_NOTES.keys() == set(TableNote)
    sentence = table_sentence("/exports/a.csv", {TableNote.UNDECODABLE: 1_200, TableNote.REPAIRED_QUOTES: 2})
    assert sentence == (
        "Of a.csv: 2 rows with wrong quotes repaired, 1,200 characters that could not be decoded replaced by \ufffd "
        "(`--encoding` names another encoding)."
    )
