"""Files of events and standard input: every record once, whatever the file looks like."""

import gzip
import io
import json
from contextlib import closing

import pytest

from stream.errors import SourceEmpty, SourceError, SourceMissing, SourceTruncated
from stream.opening import OpenOptions, open_source
from stream.raw import RefusalReason, RefusedEvent
from stream.validation import MAX_BYTES
from tests.harness.sources import events_source, open_events


def lines(*numbers: int) -> list[bytes]:
    """Return one event a line."""
    return [
        json.dumps(
            {
                "specversion": "1.0", "id": f"e-{number}", "source": "/x", "type": "ticket.created", "subject": f"T-{number}",
                "time": "2026-11-20T08:00:00Z", "data": {"body": "añ" * (number % 7 + 1)},
            }
        ).encode()
        for number in numbers
    ]  # fmt: skip


def subject(content) -> str:
    """Return the ticket of a record."""
    return content["subject"] if isinstance(content, dict) else json.loads(content)["subject"]


def read(path) -> list[str]:
    """Read a file to its end; the tickets."""
    with open_events(path) as source:
        return [subject(raw.content) for raw in source.records()]


def piped(content: bytes):
    """Return a source that reads standard input."""
    return open_source("-", OpenOptions(stdin=io.BufferedReader(io.BytesIO(content))))


@pytest.mark.parametrize("ending", [b"\n", b"\r\n", b"\n\n", b" \n\t\n"], ids=["lf", "crlf", "blank-lines", "spaces"])
@pytest.mark.parametrize("last", [b"", None], ids=["no-newline-at-the-end", "newline-at-the-end"])
@pytest.mark.parametrize("start", [b"", b"\xef\xbb\xbf"], ids=["plain", "byte-order-mark"])
def test_line_ends(tmp_path, ending, last, start):
    """Line ends of any system, blank lines, a byte-order mark, a last line without end: each object is one record."""
    path = tmp_path / "a.jsonl"
    path.write_bytes(start + ending.join(lines(1, 2, 3)) + (ending if last is None else last))
    assert read(path) == ["T-1", "T-2", "T-3"]


def test_compressed_by_content(tmp_path):
    """Compressed data is recognised by its content, whatever its name."""
    path = tmp_path / "a.jsonl"
    path.write_bytes(gzip.compress(b"\n".join(lines(1, 2))))
    assert read(path) == ["T-1", "T-2"]


@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "compressed"])
def test_standard_input(pack):
    """Standard input is read like a file, and stays open."""
    stdin = io.BufferedReader(io.BytesIO(pack(b"\n".join(lines(1, 2)))))
    with closing(open_source("-", OpenOptions(stdin=stdin))) as source:
        assert [subject(raw.content) for raw in source.records()] == ["T-1", "T-2"]
    assert not stdin.closed


def test_an_overlong_line_in_the_middle(tmp_path):
    """A line that is too long is refused with its size; the lines around it are read, each with its place."""
    path = tmp_path / "a.jsonl"
    long = b'{"specversion":"1.0","body":"' + b"x" * 3 * MAX_BYTES + b'"}'
    path.write_bytes(b"\n".join([*lines(1), long, *lines(2)]) + b"\n")
    with open_events(path) as source:
        first, refused, last = source.records()
    assert [subject(one.content) for one in (first, last)] == ["T-1", "T-2"]
    assert isinstance(refused.content, RefusedEvent)
    assert refused.content.reason is RefusalReason.TOO_LARGE
    assert [one.position for one in (first, refused, last)] == [1, 2, 3]


def test_no_such_file(tmp_path):
    """A path that is not there, and one that is a folder, are named with what is valid."""
    for path, why in ((tmp_path / "absent", "No such file"), (tmp_path, "it is a folder")):
        with pytest.raises(SourceMissing, match=why) as caught:
            open_source(str(path), OpenOptions())
        assert str(path) in str(caught.value)


def test_nothing_in_it(tmp_path):
    """An empty file, an empty compressed file and empty standard input hold nothing to ingest."""
    plain, packed = tmp_path / "a.jsonl", tmp_path / "a.jsonl.gz"
    plain.write_bytes(b"")
    packed.write_bytes(gzip.compress(b""))
    for path in (plain, packed):
        with pytest.raises(SourceEmpty):
            open_source(str(path), OpenOptions())
    with pytest.raises(SourceEmpty):
        piped(b"")


@pytest.mark.parametrize(
    "content", [b"\x89PNG\r\n\x1a\n\0\0", bytes(range(256)), b"\x1f\x8b broken"], ids=["picture", "bytes", "not-gzip"]
)
def test_no_text(tmp_path, content):
    """A picture, bytes of any kind, and what only looks compressed are refused entirely."""
    path = tmp_path / "a.jsonl"
    path.write_bytes(content)
    with pytest.raises(SourceError):
        open_source(str(path), OpenOptions())


def test_a_compressed_file_that_ends_in_the_middle(tmp_path):
    """What was read before the break is handed on, then an error says where it broke."""
    path = tmp_path / "a.jsonl.gz"
    packed = gzip.compress(b"\n".join(lines(*range(20_000))))
    path.write_bytes(packed[: len(packed) // 2])
    got = []
    with open_events(path) as source, pytest.raises(SourceTruncated, match="ends in the middle") as caught:
        got.extend(subject(raw.content) for raw in source.records())
    assert got == [f"T-{number}" for number in range(len(got))]
    assert caught.value.lines == len(got) > 0


@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "compressed"])
def test_a_fingerprint_is_of_the_content(tmp_path, pack):
    """The same content has the same fingerprint under any name, another content another one; standard input has none."""
    found = []
    for name, numbers in (("a", (1, 2)), ("b", (1, 2)), ("c", (2, 1))):
        path = tmp_path / name
        path.write_bytes(pack(b"\n".join(lines(*numbers))))
        with closing(events_source(path)) as source:
            found.append(source.fingerprint())
    assert found[0] == found[1] != found[2]
    assert piped(lines(1)[0]).fingerprint() is None


def test_how_much_was_read(tmp_path):
    """The share of a file that was read grows from 0 to 1; of standard input nobody can say."""
    path = tmp_path / "a.jsonl"
    path.write_bytes(b"\n".join(lines(*range(5_000))))
    with open_events(path) as source:
        shares = [source.read_share() or 0 for _ in source.records()]
    assert shares == sorted(shares)
    assert shares[-1] == 1.0
    assert piped(lines(1)[0]).read_share() is None
