"""Unpack compressed data by what it holds, never by its name: gzip, bzip2, xz and zip files of one member."""

from __future__ import annotations

import io
import lzma
import zipfile
import zlib
from typing import BinaryIO, cast

from stream.errors import SourceNotText, SourceTooLarge

BROKEN = (EOFError, zlib.error, lzma.LZMAError, zipfile.BadZipFile, OSError)
"""What reading compressed data raises where it is cut or damaged (`gzip.BadGzipFile` is an `OSError`, bz2 raises that itself)."""

GZIP, BZIP2, XZ, ZIP = b"\x1f\x8b", b"BZh", b"\xfd7zXZ\x00", b"PK\x03\x04"
UNSUPPORTED = {
    b"\x28\xb5\x2f\xfd": "zstd",
    b"7z\xbc\xaf\x27\x1c": "7-Zip",
    b"Rar!": "RAR",
    b"\x04\x22\x4d\x18": "LZ4",
}

MAX_IN_MEMORY = 268_435_456
"""Bytes of an archive or a spreadsheet that came by standard input or inside another archive: it must fit in memory."""

MAX_LAYERS = 4
"""Archives inside archives that are unpacked; more is no export."""


def unpacked(file: io.BufferedReader, path: str) -> tuple[io.BufferedReader, str]:
    """Return the innermost data of `file`, and the name of a zip file's member, else "".

    A workbook (.xlsx, .ods, .xlsb) is a zip file and is returned as it is, at its beginning. Raises `SourceNotText` for what
    cannot be unpacked, `SourceTooLarge`, and the exceptions in `BROKEN` where data is damaged.
    """
    name = ""
    for _ in range(MAX_LAYERS):
        head = file.peek(8)[:8]
        if head.startswith(ZIP):
            file = seekable(file, path)
            member = _zip_member(file, path)
            if member is None:
                return file, name
            name, file = member
        elif (inner := _decompressor(head, file)) is not None:
            file = io.BufferedReader(inner)
        else:
            break
    for magic, kind in UNSUPPORTED.items():
        if file.peek(8).startswith(magic):
            raise SourceNotText(path, f"is compressed with {kind}, which is not read here; unpack it first")
    return file, name


def seekable(file: io.BufferedReader, path: str) -> io.BufferedReader:
    """Return `file` itself where it can seek at low cost, or its content in memory. Raises `SourceTooLarge`."""
    if isinstance(file.raw, io.FileIO) and file.seekable():
        return file
    content = file.read(MAX_IN_MEMORY + 1)
    if len(content) > MAX_IN_MEMORY:
        raise SourceTooLarge(path, MAX_IN_MEMORY)
    return io.BufferedReader(cast(io.RawIOBase, io.BytesIO(content)))


def _decompressor(head: bytes, file: io.BufferedReader) -> io.RawIOBase | None:
    import bz2
    import gzip

    if head.startswith(GZIP):
        return cast(io.RawIOBase, gzip.GzipFile(fileobj=file))
    if head.startswith(BZIP2) and head[3:4].isdigit():
        return cast(io.RawIOBase, bz2.BZ2File(file))
    return cast(io.RawIOBase, lzma.LZMAFile(file)) if head.startswith(XZ) else None


def _zip_member(file: io.BufferedReader, path: str) -> tuple[str, io.BufferedReader] | None:
    """Open the only member of a zip file; None for a workbook, which is then at its beginning."""
    try:
        archive = zipfile.ZipFile(cast(BinaryIO, file))
    except (zipfile.BadZipFile, NotImplementedError) as error:
        # A damaged directory can name a version of the format that does not exist.
        raise SourceNotText(path, "is a zip file that is damaged or cut; export or copy it again") from error
    names = [each.filename for each in archive.infolist() if not each.is_dir() and not _is_clutter(each.filename)]
    if any(name.startswith(("xl/", "xl\\")) or name == "content.xml" for name in names):
        file.seek(0)
        return None
    if len(names) != 1:
        raise SourceNotText(
            path, f"is a zip file of {len(names):,} files; valid is one; unpack it and ingest the files"
        )
    try:
        return names[0], io.BufferedReader(cast(io.RawIOBase, archive.open(names[0])))
    except (RuntimeError, NotImplementedError) as error:
        raise SourceNotText(
            path, "is a zip file that is encrypted or packed in an unknown way; unpack it first"
        ) from error


def _is_clutter(name: str) -> bool:
    last = name.rsplit("/", 1)[-1]
    return name.startswith("__MACOSX/") or last in (".DS_Store", "Thumbs.db", "desktop.ini")
