"""`groundswell export`: views as files that hold what the database holds, whole or not at all, and harmless."""

import csv
import errno
import json
import re
import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest
from pyarrow import parquet

from groundswell.export import run as export_run
from groundswell.export.files import ExportFormat
from groundswell.export.run import ExportRequest, run_export
from models.epochs import epoch_of
from store.database import open_database, upgrade
from store.schema import themes
from store.views.catalogue import VIEWS
from tests.groundswell.front import Run, front_door_in
from tests.pipelines.handling_desk import START, HandlingDesk

FIRST = epoch_of(START, 300.0)
HOSTILE = '=HYPERLINK("http://x","a"), \'b\'\n;☕'
SECRET = "my card was charged twice"


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Run:
    """Return a way to run the command line on a database with three tickets, of which two have texts that a tool may obey."""
    fill(f"sqlite:///{tmp_path / 'g.db'}")
    return front_door_in(tmp_path, monkeypatch, capfd, f"sqlite:///{tmp_path / 'g.db'}")


def fill(url: str) -> None:
    """Make a database with three tickets of a theme with a hostile name."""
    engine = open_database(url)
    upgrade(engine)
    desk = HandlingDesk(engine)
    with engine.begin() as connection:
        connection.execute(themes.insert().values(
            id=7, name=HOSTILE, keywords=[], state="live", status="new", size=3, born_epoch=0, named_size=3
        ))  # fmt: skip
    desk.create("T-1", FIRST, region="BR", title="@SUM(1)", body=SECRET, requester="r" * 64)
    desk.create("T-2", FIRST, 30, region=HOSTILE)
    desk.create("T-3", FIRST, 60, region="-1+1")
    desk.add("T-1", "comment.added", FIRST, 10, author_role="bot")
    desk.add("T-1", "ticket.solved", FIRST, 60)
    desk.close(epoch_of(START + timedelta(days=1), 300.0))
    engine.dispose()


def test_all_views_are_written_as_parquet(run: Run, tmp_path: Path):
    """A folder gets one file for each view, with types, and each value as it was."""
    done = json.loads(run("export", "out", "--json").out)
    assert [row["table"] for row in done] == [view.name for view in VIEWS]
    assert sorted(file.name for file in (tmp_path / "out").iterdir()) == sorted(
        f"{view.name}.parquet" for view in VIEWS
    )
    tickets = parquet.read_table(tmp_path / "out" / "v_ticket.parquet")
    assert tickets.column("region").to_pylist() == ["BR", HOSTILE, "-1+1"]
    assert tickets.column("created_at").to_pylist() == [START + timedelta(minutes=minute) for minute in (0, 30, 60)]
    assert tickets.column("first_reply_seconds").to_pylist() == [600.0, None, None]
    assert tickets.column("had_human").to_pylist() == [False, False, False]
    assert tickets.schema.field("resolved_at").metadata[b"meaning"] == b"solved last; NULL: it is open"
    (daily,) = parquet.read_table(tmp_path / "out" / "v_theme_daily.parquet").to_pylist()
    assert (daily["day"], daily["theme_name"], daily["created"], daily["resolved"]) == (START.date(), HOSTILE, 3, 1)


def test_all_views_are_in_one_duckdb_file(run: Run, tmp_path: Path):
    """A file that ends in .duckdb gets all views as tables, with the meaning of each column."""
    assert run("export", "g.duckdb").code == 0
    with duckdb.connect(str(tmp_path / "g.duckdb"), read_only=True) as connection:
        names = {name for (name,) in connection.execute("SELECT table_name FROM duckdb_tables()").fetchall()}
        assert names == {view.name for view in VIEWS}
        found = connection.execute(
            "SELECT region, created_at, first_reply_seconds FROM v_ticket ORDER BY ticket_id"
        ).fetchall()
        assert found[0] == ("BR", START, 600.0)
        assert found[1][0] == HOSTILE
        meanings = "SELECT comment FROM duckdb_columns() WHERE table_name = 'v_sla' AND column_name = 'policy'"
        assert "name of the policy" in connection.execute(meanings).fetchall()[0][0]


def test_cells_of_csv_are_no_formulas(run: Run, tmp_path: Path):
    """A text that a spreadsheet would compute begins with an apostrophe; times are RFC 3339."""
    assert run("export", "tickets.csv", "--view", "v_ticket").code == 0
    with (tmp_path / "tickets.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [row["region"] for row in rows] == ["BR", f"'{HOSTILE}", "'-1+1"]
    assert {row["theme_name"] for row in rows} == {f"'{HOSTILE}"}
    assert (rows[0]["created_at"], rows[0]["had_human"], rows[0]["vendor"]) == ("2026-11-20T08:00:00Z", "false", "")
    assert (tmp_path / "tickets.csv").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("target", ["out", "g.duckdb"])
def test_texts_are_exported_only_where_they_are_asked_for(run: Run, tmp_path: Path, target: str):
    """Without --with-text no file has a text or a requester; with it a table of texts is added, and the audit log says so."""
    run("export", target)
    run("export", "csv", "--format", "csv")
    files = [file for file in tmp_path.rglob("*") if file.is_file() and file.suffix in {".parquet", ".duckdb", ".csv"}]
    assert not any(SECRET.encode() in file.read_bytes() or b"r" * 64 in file.read_bytes() for file in files)
    assert run("export", "texts", "--view", "v_theme", "--with-text", "--format", "csv").code == 0
    with (tmp_path / "texts" / "ticket_text.csv").open(newline="", encoding="utf-8") as file:
        first = next(csv.DictReader(file))
    assert (first["ticket_id"], first["title"], first["body"]) == ("T-1", "'@SUM(1)", SECRET)
    lines = json.loads(run("audit", "list", "--action", "exported views", "--json").out)
    assert [line["detail"]["with_text"] for line in lines] == [True, False, False]
    assert lines[0]["detail"]["views"] == ["v_theme"]


def test_a_period_chooses_rows(run: Run, tmp_path: Path):
    """Only rows dated in the period are written; themes have no date."""
    done = json.loads(run("export", "out", "--from", "2026-11-20T08:30Z", "--to", "2026-11-20T09:00Z", "--json").out)
    rows = {row["table"]: row["rows"] for row in done}
    assert (rows["v_ticket"], rows["v_theme"]) == (1, 1)


def test_files_that_exist_are_kept(run: Run, tmp_path: Path):
    """An existing file is replaced only with --force, and before that nothing is written or noted."""
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "v_sla.parquet").write_text("mine")
    refused = run("export", "out")
    assert refused.code == 1
    assert "v_sla.parquet exists already" in refused.err
    assert [file.name for file in (tmp_path / "out").iterdir()] == ["v_sla.parquet"]
    assert json.loads(run("audit", "list", "--json").out) == []
    assert run("export", "out", "--force").code == 0
    assert parquet.read_table(tmp_path / "out" / "v_sla.parquet").num_rows == 0


@pytest.mark.parametrize(("arguments", "sentence"), [
    (("out", "--view", "tickets"), "received the view 'tickets'; valid are v_ticket"),
    (("out", "--format", "xlsx"), "received --format xlsx; valid are parquet, csv, duckdb"),
    (("out.csv",), "valid is a folder, or one --view"),
    (("out.csv", "--view", "v_sla", "--with-text"), "valid is a folder, or one --view"),
    (("out.csv", "--view", "v_sla", "--format", "parquet"), "valid is a file that ends in .parquet"),
    (("g.db", "--view", "v_sla"), "valid is a folder, or a file that ends in .parquet"),
    ((".", "--format", "duckdb"), "valid is a file, such as tickets.duckdb"),
    (("out.xlsx",), "received the file out.xlsx; valid is a folder, or a file that ends in .parquet, .csv, .duckdb"),
    (("",), "received an empty name of a folder"),
    (("out", "--from", "yesterday"), "valid is a day such as"),
    (("out", "--from", "2026-11-21", "--to", "2026-11-21"), "valid is a start before the end"),
])  # fmt: skip
def test_what_does_not_suit_is_said(run: Run, tmp_path: Path, arguments: tuple[str, ...], sentence: str):
    """Wrong usage is one sentence with what is valid, exit code 2, and no file."""
    before = {file.name for file in tmp_path.iterdir()}
    done = run("export", *arguments)
    assert done.code == 2
    assert sentence in " ".join(done.err.split())
    assert {file.name for file in tmp_path.iterdir()} == before


def test_of_two_exports_at_once_one_is_refused(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Files that another export wrote meanwhile stay, and this one leaves none of its own."""
    stream = export_run.stream_view

    def overtaken(connection: Any, view: Any, *bounds: Any) -> Iterator[Any]:
        yield from stream(connection, view, *bounds)
        (tmp_path / "out" / "v_spike.parquet").write_text("theirs")

    monkeypatch.setattr(export_run, "stream_view", overtaken)
    done = run("export", "out")
    assert done.code == 1
    assert "v_spike.parquet exists already" in " ".join(done.err.split())
    assert contents(tmp_path / "out") == {"v_spike.parquet": b"theirs"}


def test_a_file_system_without_links(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Files get their names where no hard links can be made, too."""

    def refuse(path: Path, target: Path) -> None:
        raise OSError(errno.EPERM, "Operation not permitted", str(path), None, str(target))

    monkeypatch.setattr(Path, "hardlink_to", refuse)
    assert run("export", "out", "--view", "v_sla").code == 0
    assert parquet.read_table(tmp_path / "out" / "v_sla.parquet").num_rows == 0


def test_a_folder_that_cannot_be_written(run: Run, tmp_path: Path):
    """A failure to write is one sentence and exit code 1."""
    (tmp_path / "file").write_text("")
    done = run("export", "file/under/it")
    assert done.code == 1
    assert "cannot be written" in done.err


@pytest.mark.parametrize("kind", list(ExportFormat))
@pytest.mark.parametrize("failure", [KeyboardInterrupt, OSError(28, "No space left on device")])
def test_a_stopped_export_leaves_nothing(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: ExportFormat, failure: Any
):
    """Ctrl-C or a full disk after some files leaves no file, whole or half, and what was there before stays."""
    target = tmp_path / ("g.duckdb" if kind is ExportFormat.DUCKDB else "out")
    run("export", str(target), "--format", kind.value)
    before = contents(target)
    stream = export_run.stream_view

    def stopped(connection: Any, view: Any, *bounds: Any) -> Iterator[Any]:
        yield from stream(connection, view, *bounds)
        if view.name == "v_spike":
            raise failure

    monkeypatch.setattr(export_run, "stream_view", stopped)
    done = run("export", str(target), "--format", kind.value, "--force")
    assert done.code == (130 if failure is KeyboardInterrupt else 1)
    assert contents(target) == before
    assert list(tmp_path.rglob(".export-*")) == []


def contents(target: Path) -> dict[str, bytes]:
    """Return the files of a folder, or the file."""
    files = target.iterdir() if target.is_dir() else [target]
    return {file.name: file.read_bytes() for file in files}


def test_both_databases_export_the_same(database_url: str, tmp_path: Path):
    """A Parquet file has the same columns, types and rows whatever the database."""
    fill(database_url)
    engine = open_database(database_url)
    from pipelines.handling.refresh import refresh
    from pipelines.handling.service_level_file import read_service_levels

    now = datetime(2026, 12, 1, tzinfo=UTC)
    refresh(engine, now, read_service_levels(None))
    request = ExportRequest(target=tmp_path / "out", kind=ExportFormat.PARQUET, views=VIEWS, with_text=True)
    done = run_export(engine, request, now, "ana")
    engine.dispose()
    assert {row["table"]: row["rows"] for row in done} == {
        "v_ticket": 3, "v_theme_daily": 1, "v_sla": 0, "v_handling": 1, "v_resolution": 1, "v_spike": 0, "v_incident": 0, "v_theme": 1,
        "v_label": 0, "ticket_text": 3,
    }  # fmt: skip
    (solution,) = parquet.read_table(tmp_path / "out" / "v_resolution.parquet").to_pylist()
    assert (solution["resolved_at"], solution["number"]) == (START + timedelta(minutes=60), 1)
    (day,) = parquet.read_table(tmp_path / "out" / "v_handling.parquet").to_pylist()
    assert (day["day"], day["tickets"], day["one_touch"], day["first_reply_seconds"]) == (START.date(), 3, 1, 600.0)


EXAMPLES = re.findall(
    r"```sql\n(.*?)```",
    (Path(__file__).parents[2] / "docs/how-to/analyse-with-sql.md").read_text(encoding="utf-8"),
    re.DOTALL,
)


def test_the_examples_of_the_guide_run(database_url: str):
    """Each query of the guide runs on both databases."""
    fill(database_url)
    engine = open_database(database_url)
    assert len(EXAMPLES) >= 7
    with engine.connect() as connection:
        for query in EXAMPLES:
            connection.exec_driver_sql(query)
    engine.dispose()


def test_the_examples_of_the_guide_run_on_an_export(run: Run, tmp_path: Path):
    """Each query of the guide runs in DuckDB, too, and gives what the database gives."""
    run("export", "g.duckdb")
    with (
        duckdb.connect(str(tmp_path / "g.duckdb"), read_only=True) as there,
        sqlite3.connect(tmp_path / "g.db") as here,
    ):
        for query in EXAMPLES:
            found = there.execute(query).fetchall()
            assert len(found) == len(here.execute(query).fetchall())
    here.close()
