"""What can go wrong with an entire source; a single bad record is quarantined instead.

SourceError
├── SourceMissing
├── SourceEmpty
├── SourceNotText
├── SourceTooLarge
├── SourceTruncated
├── EncodingUnknown
├── EncodingUnfit
├── SpoolFailed
├── MappingInvalid
├── MappingNeeded
├── MappingUnused
├── KeyFileInvalid
└── PlanUnreadable
"""

from __future__ import annotations


class SourceError(Exception):
    """Base of them all; its text is one sentence for a person."""


class SourceMissing(SourceError):
    """There is no such file, or it cannot be read."""

    def __init__(self, path: str, why: str) -> None:
        self.path = path
        super().__init__(
            f"received the path {path}, which cannot be read ({why}); valid are a file of events, or - for standard input"
        )


class SourceEmpty(SourceError):
    """The file holds nothing."""

    def __init__(self, path: str) -> None:
        self.path = path
        super().__init__(f"{path} is empty: there is nothing to ingest")


class SourceNotText(SourceError):
    """The file is not what its name or format says."""

    def __init__(self, path: str, why: str) -> None:
        self.path = path
        super().__init__(
            f"{path} {why}; valid are JSON, CSV and other delimited text, spreadsheets (.xlsx, .xls, .ods), Parquet and mail "
            "(.mbox, .eml), each also compressed (gzip, bzip2, xz, zip)"
        )


class SourceTooLarge(SourceError):
    """The file has to be read as a whole, and there is too much of it."""

    def __init__(self, path: str, most: int) -> None:
        self.path = path
        super().__init__(
            f"{path} has to be read into memory and has more than {most // 2**20:,} MiB; "
            "unpack it to a file and ingest that, or export it as CSV"
        )


class EncodingUnknown(SourceError):
    """The encoding that the user named is none."""

    def __init__(self, encoding: str) -> None:
        from models.redaction import quoted

        self.encoding = encoding
        super().__init__(
            f"received the encoding {quoted(encoding, 40)}; valid are the names of Python's text encodings, "
            "for example utf-8, utf-16, cp1252 or shift_jis"
        )


class EncodingUnfit(SourceError):
    """The file is not in the encoding that the user named."""

    def __init__(self, encoding: str) -> None:
        from models.redaction import quoted

        self.encoding = encoding
        super().__init__(
            f"received the encoding {quoted(encoding, 40)}, which the input is not in; "
            "leave out --encoding, and it is found by the content, or name the right one"
        )


class SourceTruncated(SourceError):
    """A compressed file ends in the middle."""

    def __init__(self, path: str, lines: int) -> None:
        self.path, self.lines = path, lines
        super().__init__(
            f"{path} ends in the middle of its compressed data after {lines:,} lines, which were ingested; "
            "repair it and run the same command to go on"
        )


class SpoolFailed(SourceError):
    """The temporary file in which the input is sorted cannot be written or read."""

    def __init__(self, why: str) -> None:
        super().__init__(
            f"the input cannot be sorted by time in a temporary file ({why}); free disk space, or set TMPDIR to a folder that has "
            "at least twice the size of the uncompressed input"
        )


class MappingInvalid(SourceError):
    """The mapping file does not fit the CSV file, or is no mapping file."""

    def __init__(self, path: str, why: str) -> None:
        self.path = path
        super().__init__(f"the mapping {path} {why}; see docs/how-to/ingest.md for an example")


class MappingNeeded(SourceError):
    """It is not sure which column of a table is which field."""

    def __init__(self, path: str, question: str) -> None:
        self.path = path
        super().__init__(
            f"{path}: {question}; write a mapping with `groundswell ingest --guess {path} > mapping.toml`, "
            "complete it, and give it with --mapping mapping.toml"
        )


class MappingUnused(SourceError):
    """A mapping was asked for, or given, of a file that has no columns."""

    def __init__(self, path: str, kind: str) -> None:
        self.path = path
        super().__init__(
            f"{path} is read as {kind}, which has no columns; "
            "--mapping and --guess are for tables: CSV, spreadsheets, Parquet and JSON"
        )


class PlanUnreadable(SourceError):
    """A file of launches, or one of its rows, does not fit."""

    def __init__(self, file: str, why: str, do: str) -> None:
        self.file = file
        super().__init__(f"{file} cannot be read as launches: {why.removeprefix(file + ', ')}; {do}")


class KeyFileInvalid(SourceError):
    """The file of a key is not a whole one."""

    def __init__(self, path: str, size: int) -> None:
        super().__init__(f"the key file {path} has {size} bytes; valid are 32 random ones: restore it from its backup")
