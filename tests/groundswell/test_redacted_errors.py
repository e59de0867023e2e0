"""What is typed, read or raised is quoted redacted: on a terminal, in a log, in what Prefect keeps, and under names of files."""

from __future__ import annotations

import io
import json
import sys
import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from alerts.errors import OwnershipInvalid
from groundswell.failure import exit_code
from groundswell.logging import configure_logging, failure, log_crashes
from groundswell.terminal import redacted
from pipelines.flows.failure import FlowRunFailed, described_failure
from store.database import open_database, upgrade
from store.decisions import append_decision, carry_decisions
from store.errors import DatabaseUrlInvalid
from store.schema import audit, decisions
from stream.source import file_stream
from tests.console.seed import seed
from tests.groundswell.front import Run, front_door

CARD = "4111 1111 1111 1111"
AT = datetime(2026, 11, 29, 8, tzinfo=UTC)


@pytest.fixture
def command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Run:
    """Return a way to run the command line without any data."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GROUNDSWELL_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("NO_COLOR", "1")
    return front_door(monkeypatch, capfd)


@pytest.mark.parametrize(
    "words",
    [
        [f"--{CARD}"], [CARD], ["ingest", CARD], ["ingest", "a.csv", "--format", CARD], ["themes", "show", CARD],
        ["themes", CARD], ["launches", "add", "x", "--kind", CARD], ["launches", "add", "x", "--tolerance", CARD],
        ["alerts", "list", "--database", CARD], ["doctor", CARD], ["demo", "--seed", CARD],
    ],
)  # fmt: skip
def test_wrong_usage_is_quoted_redacted(command, words):
    """A card number that was pasted into the command line is not printed by the error that it causes."""
    done = command(*words)
    assert done.code in (1, 2)
    assert "groundswell" in done.err
    assert "1111" not in done.out + done.err


def test_a_traceback_on_request_is_redacted(monkeypatch, capfd):
    """GROUNDSWELL_DEBUG shows where an error arose, and neither its values nor those of the errors that caused it."""
    monkeypatch.setenv("GROUNDSWELL_DEBUG", "1")
    error = RuntimeError(f"again {CARD}")
    error.__cause__ = ValueError(f"received {CARD}")
    assert exit_code(error) == 1
    shown = capfd.readouterr().err
    assert "the direct cause" in shown
    assert "1111" not in shown


@pytest.mark.parametrize(
    "sentence",
    [
        "70,211 events stored (16,384 tickets); 1,234,567 epochs mined.",
        "the database postgresql+psycopg://db.internal:5432/groundswell does not answer",
        "received the path /var/data/2026-11-20/export.csv, which cannot be read",
        "received the time '[CARD]'; valid is a form such as 2026-11-20T14:05Z",
        "valid are sqlite:///FILE and postgresql+psycopg://USER:<password>@HOST/NAME; pass one with --database",
    ],
)
def test_a_report_without_secrets_is_printed_as_it_is(sentence):
    """Numbers of a summary, addresses of databases and paths are not taken for anything else."""
    assert redacted(sentence) == sentence


def test_errors_of_the_database_hide_its_values(database_url):
    """An error that reaches a log or a crash report has no values of the statement in it."""
    engine = open_database(database_url)
    with pytest.raises(DBAPIError) as raised, engine.connect() as connection:
        connection.execute(text("SELECT no_such_column, :card"), {"card": CARD})
    engine.dispose()
    assert "1111" not in str(raised.value)


def test_a_cause_is_logged_redacted():
    """The first line of what a database says may quote the value that it refuses."""
    error = DBAPIError("INSERT", {}, Exception(f'invalid input syntax for type integer: "{CARD}"'))
    assert failure(error)["cause"] == 'invalid input syntax for type integer: "[CARD]"'


def test_a_crash_is_logged_without_its_text(monkeypatch):
    """What ends a thread or the process is one log line with its kind and place, not a traceback with its values."""
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    monkeypatch.setattr(threading, "excepthook", threading.excepthook)
    log = io.StringIO()
    configure_logging(log)
    log_crashes()

    def fail() -> None:
        raise ValueError(CARD)

    thread = threading.Thread(target=fail)
    thread.start()
    thread.join()
    try:
        fail()
    except ValueError as error:
        sys.excepthook(ValueError, error, error.__traceback__)
    lines = [json.loads(line) for line in log.getvalue().splitlines()]
    assert [(line["event"], line["error"]) for line in lines] == [("crashed", "ValueError")] * 2
    assert "1111" not in log.getvalue()


def test_prefect_keeps_no_text_of_an_error():
    """Of a run that failed it stores a sentence of ours, redacted, or the kind and place of any other error."""
    with (
        pytest.raises(FlowRunFailed, match=r"^ValueError at test_redacted_errors\.py:\d+$") as raised,
        described_failure(),
    ):
        raise ValueError(CARD)
    assert raised.value.__suppress_context__
    with pytest.raises(OwnershipInvalid), described_failure():
        raise OwnershipInvalid(Path("ownership.toml"), "audience 2", "has no name")
    with pytest.raises(FlowRunFailed, match=r"\[CARD\]"), described_failure():
        raise DatabaseUrlInvalid(CARD)


@pytest.mark.parametrize(
    ("name", "stored"),
    [
        ("export.csv", "export.csv"), ("tickets-2026-11-20.csv", "tickets-2026-11-20.csv"), (f"card {CARD}.csv", "card [CARD].csv"),
        ("ana.roth@example.com.mbox", "[EMAIL]"),
    ],
)  # fmt: skip
def test_the_name_of_a_file_is_stored_redacted(tmp_path, name, stored):
    """Exports are named after customers, too; folders are as they are."""
    assert file_stream(str(tmp_path / name)).startswith(f"{tmp_path.resolve()}/{stored}")


@pytest.fixture
def seeded(tmp_path):
    """Return a database with themes."""
    engine = open_database(f"sqlite:///{tmp_path / 'a.db'}")
    upgrade(engine)
    seed(engine)
    yield engine
    engine.dispose()


def test_decisions_are_redacted_however_they_come(seeded):
    """All that people type about a decision, and the decisions of another run that are loaded, are stored redacted."""
    with seeded.begin() as connection:
        typed = {"version": CARD, "name": CARD, "title": CARD, "jira": CARD, "workaround": CARD, "tickets": ["T-1"]}
        append_decision(connection, 1, "rename", typed, actor="ana", at=AT, why=CARD)
        stored = str([connection.execute(select(table)).all() for table in (decisions, audit)])
    assert "1111" not in stored
    assert "T-1" in stored


def test_loaded_decisions_are_redacted(tmp_path):
    """A file of decisions may come from a version that stored more than this one."""
    engine = open_database(f"sqlite:///{tmp_path / 'b.db'}")
    upgrade(engine)
    row = {"id": 1, "at": "2026-11-29T08:00:00Z", "actor": "ana", "kind": "rename", "theme_id": 1, "applied_epoch": 4}
    with engine.begin() as connection:
        carry_decisions(connection, [{**row, "payload": {"name": f"Card {CARD}"}, "why": CARD}])
        stored = connection.execute(select(decisions.c.payload, decisions.c.why)).one()
    engine.dispose()
    assert tuple(stored) == ({"name": "Card [CARD]"}, "[CARD]")
