"""Which files an export writes, and how they appear: all at once and whole, or not at all."""

from __future__ import annotations

import errno
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path

from groundswell.errors import GroundswellError, UsageError
from models.redaction.excerpts import shortened


class ExportFormat(StrEnum):
    """What is written."""

    PARQUET = "parquet"
    CSV = "csv"
    DUCKDB = "duckdb"


OTHER_ENDINGS = frozenset(
    (
        "xlsx",
        "xls",
        "ods",
        "tsv",
        "txt",
        "json",
        "jsonl",
        "zip",
        "gz",
        "zst",
        "db",
        "sqlite",
        "arrow",
        "feather",
        "pdf",
        "html",
    )
)
"""Endings of files that an export does not write; a folder of such a name was not meant."""


NO_LINKS = frozenset((errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK))
"""What file systems without hard links answer."""


def format_of(target: Path, given: ExportFormat | None) -> ExportFormat:
    """Return the format that is given, else that of the file's ending; a folder gets Parquet. Raises `UsageError` where they differ."""
    ending = target.suffix.removeprefix(".").lower()
    if ending in OTHER_ENDINGS and not target.is_dir():
        raise UsageError(
            f"received the file {_shown(target)}; valid is a folder, or a file that ends in "
            f"{', '.join(f'.{one.value}' for one in ExportFormat)}"
        )
    named = ExportFormat(ending) if ending in set(ExportFormat) and not target.is_dir() else None
    if given is not None and named is not None and given is not named:
        raise UsageError(
            f"received --format {given.value} and the file {_shown(target)}; valid is a file that ends in .{given.value}, or a folder"
        )
    return given or named or ExportFormat.PARQUET


def files_of(target: Path, kind: ExportFormat, tables: Sequence[str]) -> dict[str, Path]:
    """Return the file of each table: one file for all in DuckDB, else one for each in the folder, or the file itself if it is named.

    Raises `UsageError` where one file would have to hold several tables, or a folder is no folder.
    """
    if kind is ExportFormat.DUCKDB:
        if target.is_dir():
            raise UsageError(
                f"received the folder {_shown(target)} for DuckDB; valid is a file, such as tickets.duckdb"
            )
        return dict.fromkeys(tables, target)
    if target.suffix.lower() == f".{kind.value}" and not target.is_dir():
        if len(tables) != 1:
            raise UsageError(
                f"received the file {_shown(target)} for {len(tables)} tables; valid is a folder, or one --view without --with-text"
            )
        return {tables[0]: target}
    if target.exists() and not target.is_dir():
        raise UsageError(
            f"received {_shown(target)}, which is a file; valid is a folder, or a file that ends in .{kind.value}"
        )
    return {name: target / f"{name}.{kind.value}" for name in tables}


def refuse_existing(files: Mapping[str, Path]) -> None:
    """Raise `GroundswellError` where a file is there already."""
    for path in files.values():
        if path.exists():
            raise _taken(path)


def _taken(path: Path) -> GroundswellError:
    return GroundswellError(f"the file {_shown(path)} exists already; name another one, or replace it with --force")


@contextmanager
def written_whole(files: Mapping[str, Path], *, replacing: bool) -> Iterator[dict[Path, Path]]:
    """Give a temporary name for each file; at the end of the block all are renamed, and if it fails all are removed.

    Temporary files are in hidden folders next to their files, and only their owner may read them. What a killed export left is removed
    with its folder by hand: it begins with `.export-`. Raises `GroundswellError` where a file cannot be written, and without
    `replacing` where another export has written one meanwhile.
    """
    paths = list(dict.fromkeys(files.values()))
    temporary: dict[Path, Path] = {}
    try:
        for path in paths:
            for folder in reversed([one for one in (path.parent, *path.parent.parents) if not one.exists()]):
                folder.mkdir(mode=0o700, exist_ok=True)
            temporary[path] = Path(tempfile.mkdtemp(prefix=".export-", dir=path.parent)) / path.name
        yield temporary
        for written in temporary.values():
            written.chmod(0o600)
            _to_disk(written)
        _place(temporary, replacing=replacing)
    except OSError as error:
        raise GroundswellError(
            f"the export to {_shown(paths[0].parent)} cannot be written ({error.strerror or error}); check the folder and its space"
        ) from error
    finally:
        for written in temporary.values():
            shutil.rmtree(written.parent, ignore_errors=True)


def _place(temporary: Mapping[Path, Path], *, replacing: bool) -> None:
    """Give the files their names: all of them, or none where one is taken."""
    placed: list[Path] = []
    try:
        for path, written in temporary.items():
            if replacing:
                written.replace(path)
            else:
                _place_new(written, path)
                placed.append(path)
    except OSError as error:
        for path in placed:
            path.unlink()
        if isinstance(error, FileExistsError):
            raise _taken(next(path for path in temporary if path not in placed)) from error
        raise


def _place_new(written: Path, path: Path) -> None:
    """Give a file its name. Raises `FileExistsError` where it is taken; a renaming would replace that file."""
    try:
        path.hardlink_to(written)
    except OSError as error:
        if error.errno not in NO_LINKS:
            raise
        path.touch(0o600, exist_ok=False)
        written.replace(path)


def _to_disk(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())


def _shown(path: Path) -> str:
    return shortened(path, 400)
