"""`groundswell redact`: a text of one's own, and the scorecard."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path

import pytest

from groundswell.redaction_trial import masked
from models.redaction.scorecard import removers
from tests.groundswell.front import Run, front_door

TEXT = "My card 4111&nbsp;1111 1111 1111 was declined, write to ana@example.com"


@pytest.fixture
def redact_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Run:
    """Return a way to run the command line in an empty folder, without Presidio."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(removers, "presidio_remover", lambda: None)
    monkeypatch.setattr("groundswell.redaction_score.presidio_remover", lambda: None)
    return front_door(monkeypatch, capfd)


def test_try_shows_what_would_be_stored_and_masks_what_was_found(redact_command: Run) -> None:
    """The text is read as ingest reads it; a picture of the terminal leaks nothing."""
    done = redact_command("redact", "try", TEXT)
    assert done.code == 0
    assert "My card [CARD] was declined, write to [EMAIL]" in done.out
    assert "4111" not in done.out
    assert "ana@" not in done.out
    assert "no-break spaces" in done.out
    assert "range of Visa, 16 digits, right check digit" in " ".join(done.out.split())


def test_try_shows_values_on_request(redact_command: Run) -> None:
    """`--show` prints the values."""
    assert "ana@example.com" in redact_command("redact", "try", "--show", TEXT).out


def test_try_reads_files_and_standard_input(
    redact_command: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A secret need not be typed as an argument, which stays in the history of the shell."""
    file = tmp_path / "mail.txt"
    file.write_text(TEXT)
    rows = json.loads(redact_command("redact", "try", "--file", str(file), "--json").out)
    assert [(row["class"], row["start"], row["end"]) for row in rows] == [("CARD", 8, 27), ("EMAIL", 51, 66)]
    assert all(row["reason"] for row in rows)
    monkeypatch.setattr(sys, "stdin", io.StringIO(TEXT))
    assert json.loads(redact_command("redact", "try", "-", "--json").out) == rows


def test_try_says_when_nothing_would_be_replaced(redact_command: Run) -> None:
    """An ordinary text is shown as it is."""
    done = redact_command("redact", "try", "Order 4711 is late")
    assert done.out.splitlines() == ["Order 4711 is late", "Nothing would be replaced."]


def test_try_applies_the_settings_of_the_folder(redact_command: Run, tmp_path: Path) -> None:
    """What is kept, and which classes are off, is seen before it is used."""
    (tmp_path / "groundswell.toml").write_text(
        '[redaction]\noff = ["EMAIL"]\n[redaction.keep.rooms]\nprefix = "ROOM"\nlength = 20\n'
    )
    text = "ROOM4111111111111111 of ana@example.com is closed"
    assert redact_command("redact", "try", text).out.splitlines()[0] == text
    assert redact_command("redact", "try", "card 4111 1111 1111 1111").out.splitlines()[0] == "card [CARD]"


def test_try_refuses_two_texts_and_missing_files(redact_command: Run) -> None:
    """Wrong usage has exit code 2, a file that is not there 1."""
    assert redact_command("redact", "try", "x", "--file", "y").code == 2
    done = redact_command("redact", "try", "--file", "missing.txt")
    assert done.code == 1
    assert "missing.txt" in done.err


def test_short_values_are_masked_whole() -> None:
    """Two characters of a PIN would be half of it."""
    assert masked("4711") == "(4 characters)"
    assert masked("4111 1111 1111 1111") == "4…1 (19 characters)"


def test_score_ends_with_1_below_its_bar_and_with_0_above(redact_command: Run) -> None:
    """The exit code is that of a check; the classes below the bar are named."""
    done = redact_command("redact", "score", "--samples", "4", "--recall", "0", "--precision", "0")
    assert done.code == 0
    assert "NATIONAL_ID" in done.out
    assert "Presidio is not installed" in done.out
    failed = redact_command("redact", "score", "--samples", "4", "--recall", "1", "--precision", "1", "--mistakes", "2")
    assert failed.code in {0, 1}
    assert (failed.code == 1) == ("Below recall 1" in failed.err)


def test_score_prints_the_same_figures_for_the_same_seed(redact_command: Run) -> None:
    """As JSON: a row for each class and one for all, equal but for the speed."""
    runs = [
        json.loads(
            redact_command(
                "redact", "score", "--samples", "3", "--seed", "9", "--recall", "0", "--precision", "0", "--json"
            ).out
        )
        for _ in range(2)
    ]
    assert runs[0][:-1] == runs[1][:-1]
    assert runs[0][-1]["class"] == "all"
    assert runs[0][-1]["texts_a_second"] > 0


def test_score_leaves_out_what_the_settings_turn_off() -> None:
    """A class that an operator does not look for has no row, and its texts are not scored."""
    import time

    from groundswell.redaction_score import run_score
    from models.redaction.kinds import SensitiveKind
    from models.redaction.redactor import Redactor
    from models.redaction.settings import RedactionSettings

    always = ["CARD", "TRACK", "CVV", "EXPIRY", "PIN"]
    settings = RedactionSettings(off=frozenset(kind for kind in SensitiveKind if kind.value not in {*always, "EMAIL"}))
    rows = run_score(Redactor(settings), 1, 2, time.process_time).rows
    assert [row["class"] for row in rows] == [*always, "EMAIL", "all"]


def test_try_reads_the_text_of_files_with_a_byte_order_mark(redact_command: Run, tmp_path: Path) -> None:
    """A file that a spreadsheet wrote in UTF-16 hides no card number."""
    file = tmp_path / "wide.txt"
    file.write_bytes("card 4111 1111 1111 1111".encode("utf-16"))
    assert "card [CARD]" in redact_command("redact", "try", "--file", str(file)).out
