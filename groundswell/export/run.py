"""The export itself: views are read in one snapshot, and written batch by batch."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine

from groundswell.errors import UsageError
from groundswell.export.files import ExportFormat, files_of, refuse_existing, written_whole
from groundswell.export.writers import TableColumns, opened_file
from models.times import rfc3339
from store.audit import record
from store.views.catalogue import VIEWS
from store.views.read import TEXT_COLUMNS, RowBatch, snapshot, stream_texts, stream_view
from store.views.view import SqlView

TEXT_TABLE = "ticket_text"

BATCH = 10_000
"""RowBatch that are in memory at once, and in one row group."""

TEXT_BATCH = 1_000
"""Texts that are in memory at once: they are much longer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportRequest:
    """What is to be exported: views, those dated in [start, end) (None: no bound), where to, and whether with the texts of tickets."""

    target: Path
    kind: ExportFormat
    views: tuple[SqlView, ...]
    start: datetime | None = None
    end: datetime | None = None
    with_text: bool = False
    force: bool = False

    @property
    def tables(self) -> tuple[str, ...]:
        """The names of the tables that are written."""
        return (*(one.name for one in self.views), *((TEXT_TABLE,) if self.with_text else ()))


def views_of(names: Sequence[str]) -> tuple[SqlView, ...]:
    """Return the views with these names, all where there are none. Raises `UsageError` for another name."""
    known = {one.name: one for one in VIEWS}
    for name in names:
        if name not in known:
            raise UsageError(f"received the view {name!r}; valid are {', '.join(known)}")
    return tuple(known[name] for name in dict.fromkeys(names)) or VIEWS


def planned_files(request: ExportRequest) -> dict[str, Path]:
    """Return the file of each table. Raises `UsageError` where the target does not suit, `GroundswellError` where files exist."""
    files = files_of(request.target, request.kind, request.tables)
    if not request.force:
        refuse_existing(files)
    return files


def run_export(engine: Engine, request: ExportRequest, at: datetime, actor: str) -> list[dict[str, Any]]:
    """Write the files and return `table`, `rows` and `file` of each table. `at` is the wall clock, for the audit log.

    The line of the audit log is stored before anything is read. Raises what `planned_files` raises, and `GroundswellError` where files
    cannot be written; then no file is left.
    """
    files = planned_files(request)
    _note(engine, request, at, actor)
    done = []
    with (
        written_whole(files, replacing=request.force) as temporary,
        snapshot(engine) as connection,
        opened_file(request.kind, next(iter(temporary.values()))) as open_table,
    ):
        for name in request.tables:
            columns, parts = _table(connection, request, name)
            rows = 0
            with open_table(temporary[files[name]], name, columns) as write, closing(parts):
                for part in parts:
                    write(part)
                    rows += len(part)
            done.append({"table": name, "rows": rows, "file": str(files[name])})
    return done


def _table(connection: Connection, request: ExportRequest, name: str) -> tuple[TableColumns, Generator[RowBatch]]:
    if name == TEXT_TABLE:
        return TEXT_COLUMNS, stream_texts(connection, request.start, request.end, TEXT_BATCH)
    view = next(one for one in request.views if one.name == name)
    return view.columns, stream_view(connection, view, request.start, request.end, BATCH)


def _note(engine: Engine, request: ExportRequest, at: datetime, actor: str) -> None:
    bounds = {"from": request.start, "to": request.end}
    detail = {
        "views": [one.name for one in request.views],
        "format": request.kind.value,
        "with_text": request.with_text,
        **{name: rfc3339(time) for name, time in bounds.items() if time is not None},
    }
    with engine.begin() as connection:
        record(connection, at=at, actor=actor, action="exported views", subject="export", detail=detail)
