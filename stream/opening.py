"""Open a path as a source: the container by its content, what it holds by recognition, and the connector that reads it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import BinaryIO
from zoneinfo import ZoneInfo

from stream.errors import MappingUnused, SourceError, SourceNotText
from stream.files.container import Container, container_of
from stream.files.opening import Content
from stream.files.tables import open_table
from stream.source import Source
from stream.sources import JsonLines
from stream.table_source import TableSource, recognize
from stream.tables.mapping import ColumnMapping


class InputFormat(StrEnum):
    """Formats that a user can ask for, where the content is not to decide."""

    JSONL = "jsonl"
    JSON = "json"
    CSV = "csv"
    TSV = "tsv"
    XLSX = "xlsx"
    PARQUET = "parquet"
    MBOX = "mbox"
    EML = "eml"


CONTAINERS = {
    InputFormat.JSONL: Container.JSON, InputFormat.JSON: Container.JSON, InputFormat.CSV: Container.DELIMITED,
    InputFormat.TSV: Container.DELIMITED, InputFormat.XLSX: Container.SPREADSHEET, InputFormat.PARQUET: Container.PARQUET,
    InputFormat.MBOX: Container.MBOX, InputFormat.EML: Container.EML,
}  # fmt: skip
TABLES = frozenset((Container.DELIMITED, Container.SPREADSHEET, Container.PARQUET))


@dataclass(frozen=True, slots=True)
class OpenOptions:
    """How an input is opened.

    `format` and `encoding` are those that the user names; None: found by the content. `mapping` is the mapping file of a table,
    `zone` that of times which carry none (the mapping's own wins). `stdin` is what `-` stands for. `complete_lines_only` leaves
    a last line without its end for a later run.
    """

    format: InputFormat | None = None
    mapping: Path | None = None
    encoding: str | None = None
    zone: ZoneInfo | None = None
    stdin: BinaryIO | None = None
    complete_lines_only: bool = False


def open_source(path: str, options: OpenOptions) -> Source:
    """Open a file or, for `-`, standard input. Raises a `SourceError` with one sentence where it cannot be read or understood."""
    content = Content(path, stdin=options.stdin if path == "-" else None)
    try:
        container = _container(content, options)
        if container in TABLES:
            reader = open_table(
                content, container, encoding=options.encoding, complete_lines_only=options.complete_lines_only
            )
            return TableSource(content, reader, _mapping(options))
        if options.mapping is not None:
            raise MappingUnused(path, container)
        return _open_records(content, container)
    except SourceError:
        content.close()
        raise


def guess_mapping(path: str, options: OpenOptions) -> str:
    """Return the mapping of a table as a commented TOML file. Raises a `SourceError`, also for what is no table."""
    content = Content(path, stdin=options.stdin if path == "-" else None)
    try:
        container = _container(content, options)
        if container not in TABLES:
            raise MappingUnused(path, container)
        reader = open_table(content, container, encoding=options.encoding)
        return recognize(content, reader, _mapping(options)).as_toml()
    finally:
        content.close()


def _open_records(content: Content, container: Container) -> Source:
    """Open what holds events or payloads of a system: JSON and mail."""
    if container is not Container.JSON:
        raise SourceNotText(content.path, f"is {container}, which cannot be read yet")
    content.close()
    return JsonLines(content.path, stdin=content.stream() if content.is_stdin else None)


def _container(content: Content, options: OpenOptions) -> Container:
    return CONTAINERS[options.format] if options.format else container_of(content, options.encoding)


def _mapping(options: OpenOptions) -> ColumnMapping:
    mapping = ColumnMapping.read(options.mapping) if options.mapping else ColumnMapping()
    return mapping.in_zone(options.zone) if options.zone else mapping
