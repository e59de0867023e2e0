"""JSON lines from files and standard input: every record once, whatever the file looks like and wherever a run stopped."""

import gzip
import io
import json
from pathlib import Path

import pytest

from stream.errors import SourceEmpty, SourceMissing, SourceNotText, SourceTruncated
from stream.raw import RefusalReason, RefusedEvent
from stream.sources import JsonLines
from stream.validation import MAX_BYTES


def lines(*numbers: int) -> list[bytes]:
    """One small object per line."""
    return [json.dumps({"n": number, "text": "añ" * (number % 7)}).encode() for number in numbers]


def read(path: Path | str, stdin=None) -> list[bytes | RefusedEvent]:
    """Read to the end; the contents."""
    with JsonLines(str(path), stdin=stdin) as source:
        return [raw.content for raw in source.records()]


@pytest.mark.parametrize("ending", [b"\n", b"\r\n", b"\n\n", b" \n\t\n"], ids=["lf", "crlf", "blank-lines", "spaces"])
@pytest.mark.parametrize("last", [b"", None], ids=["no-newline-at-the-end", "newline-at-the-end"])
@pytest.mark.parametrize("start", [b"", b"\xef\xbb\xbf"], ids=["plain", "byte-order-mark"])
def test_line_ends(tmp_path, ending, last, start):
    """Line ends of any system, blank lines, a byte-order mark, a last line without end: each object is one record."""
    wanted = lines(1, 2, 3)
    path = tmp_path / "a.jsonl"
    path.write_bytes(start + ending.join(wanted) + (ending if last is None else last))
    assert read(path) == wanted


def test_compressed_by_content(tmp_path):
    """Compressed data is recognised by its content, whatever its name."""
    path = tmp_path / "a.jsonl"
    path.write_bytes(gzip.compress(b"\n".join(lines(1, 2))))
    assert read(path) == lines(1, 2)


@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "compressed"])
def test_standard_input(pack):
    """Standard input is read like a file, and stays open."""
    stdin = io.BufferedReader(io.BytesIO(pack(b"\n".join(lines(1, 2)))))
    assert read("-", stdin=stdin) == lines(1, 2)
    assert not stdin.closed


def test_an_overlong_line_in_the_middle(tmp_path):
    """A line that is too long is refused with its size; the lines around it are read."""
    path = tmp_path / "a.jsonl"
    path.write_bytes(b"\n".join([*lines(1), b'{"body":"' + b"x" * 3 * MAX_BYTES + b'"}', *lines(2)]) + b"\n")
    first, refused, last = read(path)
    assert (first, last) == tuple(lines(1, 2))
    assert isinstance(refused, RefusedEvent)
    assert refused.reason is RefusalReason.TOO_LARGE


@pytest.mark.parametrize("extra", [-1, 0, 1, 2, 3])
def test_the_limit_is_exact(tmp_path, extra):
    """A line of exactly the greatest size goes through; each byte more is refused by the reader or by validation."""
    path = tmp_path / "a.jsonl"
    path.write_bytes(b"{" + b" " * (MAX_BYTES - 2 + extra) + b"}\n" + lines(1)[0])
    first, second = read(path)
    assert second == lines(1)[0]
    assert isinstance(first, RefusedEvent) or len(first) == MAX_BYTES + extra


def test_no_such_file(tmp_path):
    """A path that is not there, and one that is a folder, are named with what is valid."""
    for path, why in ((tmp_path / "absent", "No such file"), (tmp_path, "it is a folder")):
        with pytest.raises(SourceMissing, match=why) as caught:
            JsonLines(str(path))
        assert str(path) in str(caught.value)


def test_nothing_in_it(tmp_path):
    """An empty file, an empty compressed file and empty standard input hold nothing to ingest."""
    plain, packed = tmp_path / "a.jsonl", tmp_path / "a.jsonl.gz"
    plain.write_bytes(b"")
    packed.write_bytes(gzip.compress(b""))
    for path in (plain, packed):
        with pytest.raises(SourceEmpty):
            JsonLines(str(path))
    with pytest.raises(SourceEmpty):
        JsonLines("-", stdin=io.BytesIO(b""))


@pytest.mark.parametrize(
    "content", [b"\x89PNG\r\n\x1a\n\0\0", bytes(range(256)), b"caf\xe9 au lait", b"\x1f\x8b broken"]
)
def test_no_text(tmp_path, content):
    """A picture, bytes of any kind, Latin-1, and what only looks compressed are refused entirely."""
    path = tmp_path / "a.jsonl"
    path.write_bytes(content)
    with pytest.raises(SourceNotText):
        JsonLines(str(path))


@pytest.mark.parametrize("cut", range(4093, 4100))
def test_a_character_across_the_first_look_is_text(tmp_path, cut):
    """Text whose multi-byte characters cross the end of the part that is looked at is text."""
    path = tmp_path / "a.txt"
    path.write_bytes(b"x" * (cut % 4) + "支付".encode() * 1_000)
    with JsonLines(str(path)) as source:
        assert len(list(source.records())) == 1


def test_a_compressed_file_that_ends_in_the_middle(tmp_path):
    """What was read before the break is handed on, then an error says where it broke."""
    path = tmp_path / "a.jsonl.gz"
    wanted = lines(*range(3_000))
    packed = gzip.compress(b"\n".join(wanted))
    path.write_bytes(packed[: len(packed) // 2])
    got = []
    with JsonLines(str(path)) as source, pytest.raises(SourceTruncated, match="ends in the middle") as caught:
        got.extend(raw.content for raw in source.records())
    assert got == wanted[: len(got)]
    assert caught.value.lines == len(got) > 0


def test_positions_are_lines(tmp_path):
    """The position of a record is its line, so that a person finds it: blank lines count, a refused one too."""
    path = tmp_path / "a.jsonl"
    path.write_bytes(b"\n".join([*lines(1), b"", b"x" * 3 * MAX_BYTES, *lines(2)]))
    with JsonLines(str(path)) as source:
        assert [raw.position for raw in source.records()] == [1, 3, 4]


@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "compressed"])
def test_a_fingerprint_is_of_the_content(tmp_path, pack):
    """The same content has the same fingerprint under any name, another content another one; standard input has none."""
    found = []
    for name, numbers in (("a", (1, 2)), ("b", (1, 2)), ("c", (2, 1))):
        path = tmp_path / name
        path.write_bytes(pack(b"\n".join(lines(*numbers))))
        with JsonLines(str(path)) as source:
            found.append(source.fingerprint())
    assert found[0] == found[1] != found[2]
    assert JsonLines("-", stdin=io.BytesIO(b"{}")).fingerprint() is None


def test_how_much_was_read(tmp_path):
    """The share of a file that was read grows from 0 to 1; of standard input nobody can say."""
    path = tmp_path / "a.jsonl"
    path.write_bytes(b"\n".join(lines(*range(5_000))))
    with JsonLines(str(path)) as source:
        shares = [source.read_share() or 0 for _ in source.records()]
    assert shares == sorted(shares)
    assert shares[-1] == 1.0
    assert JsonLines("-", stdin=io.BytesIO(b"{}")).read_share() is None
