"""Open a path as a source: the container by its content, what it holds by recognition, and the connector that reads it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import BinaryIO
from zoneinfo import ZoneInfo

from stream.errors import MappingUnused, SourceError
from stream.files.container import Container, container_of
from stream.files.json_table import JsonTable
from stream.files.opening import Content
from stream.files.table import TableReader
from stream.files.tables import open_table
from stream.recognition.json_kinds import SURE
from stream.record_source import JsonSource, MailSource
from stream.source import Source
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
        if container is Container.JSON:
            return _open_json(content, options)
        if container not in TABLES:
            return _open_mail(content, container, options)
        return TableSource(content, _table(content, container, options), _mapping(options))
    except SourceError:
        content.close()
        raise


def guess_mapping(path: str, options: OpenOptions) -> str:
    """Return the mapping of a table as a commented TOML file. Raises a `SourceError`, also for what is no table."""
    content = Content(path, stdin=options.stdin if path == "-" else None)
    try:
        container = _container(content, options)
        if container not in TABLES and container is not Container.JSON:
            raise MappingUnused(path, container)
        return recognize(content, _table(content, container, options), _mapping(options)).as_toml()
    finally:
        content.close()


def _open_json(content: Content, options: OpenOptions) -> Source:
    """Open JSON: by the connector of the system that wrote it, or as a table where it is nobody's or has a mapping."""
    source = JsonSource(content, encoding=options.encoding, complete_lines_only=options.complete_lines_only)
    if options.mapping is None and (source.kind.confidence >= SURE or options.format is InputFormat.JSONL):
        return source
    table = _table(content, Container.JSON, options)
    # What holds no objects at all is refused value by value, with what is wrong with each.
    return TableSource(content, table, _mapping(options)) if table.columns else source


def _open_mail(content: Content, container: Container, options: OpenOptions) -> Source:
    if options.mapping is not None:
        raise MappingUnused(content.path, container)
    return MailSource(content)


def _table(content: Content, container: Container, options: OpenOptions) -> TableReader:
    if container is Container.JSON:
        return JsonTable(content, encoding=options.encoding, complete_lines_only=options.complete_lines_only)
    return open_table(content, container, encoding=options.encoding, complete_lines_only=options.complete_lines_only)


def _container(content: Content, options: OpenOptions) -> Container:
    return CONTAINERS[options.format] if options.format else container_of(content, options.encoding)


def _mapping(options: OpenOptions) -> ColumnMapping:
    mapping = ColumnMapping.read(options.mapping) if options.mapping else ColumnMapping()
    return mapping.in_zone(options.zone) if options.zone else mapping
