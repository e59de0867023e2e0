"""Files of any container: what they are is seen by what they hold, and they are opened by it."""

import bz2
import gzip
import io
import lzma
import zipfile
from random import Random

import pytest

from stream.errors import SourceEmpty, SourceError, SourceMissing, SourceNotText, SourceTooLarge, SourceTruncated
from stream.files import compression
from stream.files.container import Container, container_of
from stream.files.opening import HEAD_BYTES, Content

CSV = b"id,opened,text\n1,2026-11-01,hello\n"
JSON_LINE = b'{"id": "1", "text": "hello"}\n'
MBOX = b"From ana@example.com Sun Nov  1 08:00:00 2026\nFrom: ana@example.com\nSubject: Refund\n\nHello\n"
EML = b"Received: from mail\n by other\nFrom: Ana <ana@example.com>\nSubject: Refund\n\nHello\n"


def container(raw: bytes, name: str, tmp_path, **options) -> Container:
    """Return what a file of these bytes is."""
    path = tmp_path / name
    path.write_bytes(raw)
    with Content(str(path)) as content:
        return container_of(content, **options)


def zipped(**members: bytes) -> bytes:
    """Zip files by name."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, raw in members.items():
            archive.writestr(name, raw)
    return file.getvalue()


@pytest.mark.parametrize("name", ["export", "export.CSV", "export.json", "export.xlsx", "export.mbox", "export.txt"])
@pytest.mark.parametrize(
    ("raw", "wanted"),
    [
        (CSV, Container.DELIMITED),
        ("\ufeff".encode() + CSV.replace(b",", b"\t"), Container.DELIMITED),
        (CSV.decode().encode("utf-16"), Container.DELIMITED),
        (CSV.decode().encode("utf-16-be"), Container.DELIMITED),
        (b"[id],[opened],[text]\n1,2026-11-01,hello\n", Container.DELIMITED),
        (JSON_LINE * 3, Container.JSON),
        (b'\xef\xbb\xbf\n {\n  "tickets": []}', Container.JSON),
        (b"[\n" + JSON_LINE + b"]", Container.JSON),
        (b"[]", Container.JSON),
        (b"oops\n" + JSON_LINE * 3, Container.JSON),
        (JSON_LINE.decode().encode("utf-16"), Container.JSON),
        (MBOX, Container.MBOX),
        (b"\n" + MBOX, Container.MBOX),
        (EML, Container.EML),
        (b"PAR1" + bytes(40), Container.PARQUET),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), Container.SPREADSHEET),
        (zipped(**{"xl/workbook.xml": b"x", "other": b"y"}), Container.SPREADSHEET),
        (zipped(**{"content.xml": b"x", "mimetype": b"y"}), Container.SPREADSHEET),
    ],
)  # fmt: skip
def test_the_content_decides(raw, wanted, name, tmp_path):
    """The same bytes are the same container under any name."""
    assert container(raw, name, tmp_path) is wanted


def test_the_ending_breaks_a_tie(tmp_path):
    """Lines that could be anything are what the name says."""
    assert container(b"hello\nworld\n", "a.jsonl", tmp_path) is Container.JSON
    assert container(b"hello\nworld\n", "a.JSON.GZ", tmp_path) is Container.JSON
    assert container(b"hello\nworld\n", "a.csv", tmp_path) is Container.DELIMITED


@pytest.mark.parametrize(
    ("raw", "says"),
    [
        (b"%PDF-1.7\n", "PDF"),
        (b"\x89PNG\r\n\x1a\n" + bytes(50), "image"),
        (b"SQLite format 3\0" + bytes(50), "SQLite"),
        (bytes(range(256)) * 4, "not text"),
        (bytes(100), "not text"),
        (b"<html><table><tr><td>1</td></tr></table></html>", "HTML"),
        (b"<?xml version='1.0'?><Workbook/>", "XML"),
        (b"\x28\xb5\x2f\xfd" + bytes(20), "zstd"),
        (b"7z\xbc\xaf\x27\x1c" + bytes(20), "7-Zip"),
        (b"PK\x03\x04" + bytes(100), "damaged or cut"),
        (b"\x1f\x8b" + b"no gzip", "cannot be unpacked"),
        (zipped(a=CSV, b=CSV), "2 files"),
    ],
)
def test_what_is_no_text_is_refused(raw, says, tmp_path):
    """One sentence says what the file is, and what can be read."""
    with pytest.raises(SourceNotText, match=says) as caught:
        container(raw, "export.csv", tmp_path)
    assert "valid are JSON, CSV" in str(caught.value)


PACKED = {
    "plain": bytes,
    "gzip": gzip.compress,
    "gzip of two parts": lambda raw: gzip.compress(raw[:9]) + gzip.compress(raw[9:]),
    "bzip2": bz2.compress,
    "xz": lzma.compress,
    "zip": lambda raw: zipped(**{"export.csv": raw, "__MACOSX/export.csv": b"x", "folder/.DS_Store": b"x"}),
    "zip in gzip": lambda raw: gzip.compress(zipped(export=raw)),
    "gzip in zip": lambda raw: zipped(**{"export.csv.gz": gzip.compress(raw)}),
}


@pytest.mark.parametrize("pack", PACKED.values(), ids=list(PACKED))
@pytest.mark.parametrize("is_stdin", [False, True], ids=["file", "stdin"])
def test_compressed_data_is_unpacked(pack, is_stdin, tmp_path):
    """Each kind of compression is recognised by its content; a file can be read again and again, standard input stays open."""
    raw = CSV + b"2,2026-11-01,more\n" * 40_000
    path = tmp_path / "export.bin"
    path.write_bytes(pack(raw))
    with path.open("rb") as stdin, Content(str(path), stdin=stdin if is_stdin else None) as content:
        assert raw.startswith(content.head)
        assert 0 < len(content.head) <= HEAD_BYTES
        for _ in range(1 if is_stdin else 2):
            with content.stream() as file:
                assert file.read() == raw
        assert not stdin.closed


def test_two_streams_of_one_file(tmp_path):
    """Streams of a file do not move each other."""
    path = tmp_path / "export.csv"
    path.write_bytes(CSV)
    with Content(str(path)) as content, content.stream() as first, content.stream() as second:
        assert first.readline() == second.readline() == b"id,opened,text\n"
        assert content.seekable().read() == CSV


def test_a_name_inside_an_archive(tmp_path):
    """The ending is that of the file in the archive, in lower case."""
    path = tmp_path / "backup.zip"
    path.write_bytes(zipped(**{"Tickets.JSONL": JSON_LINE}))
    with Content(str(path)) as content:
        assert (content.name, content.ending) == ("Tickets.JSONL", ".jsonl")


def test_slow_standard_input_is_not_waited_for():
    """Twenty lines are enough to see what comes: a pipe may stay open for hours."""

    class Pipe(io.RawIOBase):
        lines = [JSON_LINE] * 20

        def readable(self):
            return True

        def readinto(self, buffer):
            assert self.lines, "more was asked for than is needed"
            line = self.lines.pop()
            buffer[: len(line)] = line
            return len(line)

    content = Content("-", stdin=io.BufferedReader(Pipe()))
    assert content.head == JSON_LINE * 20
    assert content.read_share() is None


def test_an_archive_that_does_not_fit_in_memory(tmp_path, monkeypatch):
    """A zip file inside another archive must fit in memory; a larger one is refused, with what to do."""
    monkeypatch.setattr(compression, "MAX_IN_MEMORY", 1000)
    path = tmp_path / "export.zip.gz"
    path.write_bytes(gzip.compress(zipped(export=Random(5).randbytes(2000))))
    with pytest.raises(SourceTooLarge, match="unpack it to a file"):
        Content(str(path))


def test_what_cannot_be_opened(tmp_path):
    """A folder, a missing and an empty file, an empty and a cut archive: each has an error of its own."""
    (tmp_path / "empty").write_bytes(b"")
    (tmp_path / "nothing.gz").write_bytes(gzip.compress(b""))
    (tmp_path / "cut.gz").write_bytes(gzip.compress(CSV)[:14])
    (tmp_path / "cut.xz").write_bytes(lzma.compress(CSV)[:30])
    for name, error in {
        ".": SourceMissing, "absent": SourceMissing, "nul\0": SourceMissing, "empty": SourceEmpty, "nothing.gz": SourceEmpty,
    }.items():  # fmt: skip
        with pytest.raises(error):
            Content(str(tmp_path / name))
    for name in ("cut.gz", "cut.xz"):
        with pytest.raises((SourceTruncated, SourceNotText)):
            Content(str(tmp_path / name))


@pytest.mark.parametrize("cut", range(0, 140, 7))
def test_an_archive_that_is_cut_anywhere(cut, tmp_path):
    """Wherever a zip file is cut, it is refused as a whole."""
    raw = zipped(export=CSV * 20)
    path = tmp_path / "export.zip"
    path.write_bytes(raw[: max(1, len(raw) - 1 - cut)])
    with pytest.raises(SourceError):
        Content(str(path))
