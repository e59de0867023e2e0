"""Find the encoding of a file: the whole file decides, and no byte stops the reading."""

from __future__ import annotations

import codecs
import io
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from stream.errors import EncodingUnfit, EncodingUnknown
from stream.files.compression import BROKEN
from stream.files.legacy import legacy_encoding
from stream.files.opening import Content

BLOCK = 1_048_576
SAMPLE = 131_072
"""Bytes of lines that are not UTF-8 that are kept to find out what they are."""

MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
"""Byte-order marks; that of UTF-32 begins with that of UTF-16."""

WIDE_NULS = 0.05
"""Least share of NULs in UTF-16: separators, digits and line ends have one each, in every language."""

MOST_ODD_NULS = 0.3
"""Share of NULs in the other place: few characters end with a NUL byte, as the ideographic space and some emoji do."""

ESCAPED = re.compile("[\udc80-\udcff]")
"""Bytes that could not be decoded, in a text decoded with `surrogateescape`."""

_ASCII = bytes(range(128))

MOSTLY_UTF8 = 1 / 3
"""Valid UTF-8 by accident is rarer than this in every other encoding: with more, a file is UTF-8 with foreign lines."""


@dataclass(frozen=True, slots=True)
class Encoding:
    """How bytes become text.

    `name` is Python's name of the encoding. Lines that are not valid in it are read in `fallback` where there is one (a file
    joined of two exports); without one, each undecodable byte becomes U+FFFD. Where `is_open`, the fallback is found out once such a
    line comes.
    """

    name: str
    fallback: str = ""
    is_open: bool = False

    def __str__(self) -> str:
        """Name both, for a person: "utf-8, some lines cp1252"."""
        return f"{self.name}, some lines {self.fallback}" if self.fallback else self.name


@dataclass(slots=True)
class Evidence:
    """Bytes beyond ASCII of lines that are UTF-8 (`valid`) and of those that are not (`invalid`), and a sample of the latter."""

    valid: int = 0
    invalid: int = 0
    is_stateful: bool = False
    sample: bytearray = field(default_factory=bytearray)

    def add(self, block: bytes) -> None:
        """Count the bytes of whole lines."""
        if block.isascii():
            self.is_stateful = self.is_stateful or b"\x1b$" in block
            return
        try:
            block.decode()
        except UnicodeDecodeError:
            for line in block.splitlines(keepends=True):
                self._add_line(line)
        else:
            self.valid += high_bytes(block)

    def _add_line(self, line: bytes) -> None:
        high = high_bytes(line)
        invalid = len(ESCAPED.findall(line.decode(errors="surrogateescape")))
        if is_utf8(high, invalid):
            self.valid += high - invalid
        else:
            self.invalid += high
            if len(self.sample) < SAMPLE:
                self.sample += line

    def encoding(self) -> Encoding:
        """Decide."""
        if not self.invalid:
            return Encoding("iso2022_jp" if self.is_stateful else "utf-8")
        legacy = legacy_encoding(bytes(self.sample))
        if self.valid > MOSTLY_UTF8 * self.invalid:
            return Encoding("utf-8", legacy)
        return Encoding("utf-8", legacy) if self.valid and is_single_byte(legacy) else Encoding(legacy)


def high_bytes(block: bytes) -> int:
    """Return the number of bytes beyond ASCII."""
    return len(block.translate(None, _ASCII))


def is_utf8(high: int, invalid: int) -> bool:
    """Return whether a line with bytes beyond ASCII is in UTF-8, though some of them are invalid (a text that was cut, say)."""
    return high >= 3 * invalid


def detect(content: Content, asked: str | None = None) -> Encoding:
    """Return the encoding of a file, for which it is read once; `asked` wins over all that is found.

    Of standard input only the head is known: lines that turn out not to be UTF-8 later are read in a fallback. Raises
    `EncodingUnknown` where `asked` is no encoding, and `EncodingUnfit` where the file is not in it.
    """
    if asked is not None:
        return Encoding(_asked(asked, content.head))
    if (wide := marked(content.head) or _wide(content.head)) is not None:
        return Encoding(wide)
    evidence = Evidence()
    for block in _blocks(content):
        evidence.add(block)
    found = evidence.encoding()
    return Encoding("utf-8", is_open=True) if content.is_stdin and found == Encoding("utf-8") else found


def head_text(head: bytes, asked: str | None = None) -> str | None:
    """Decode the first bytes of a file as well as they alone allow; None where they are no text (NULs in no pattern of UTF-16)."""
    name = _asked(asked, head) if asked is not None else marked(head) or _wide(head)
    if name is None and head.count(0) > 0.1 * len(head):
        return None
    if name is None:
        evidence = Evidence()
        evidence.add(head[: head.rfind(b"\n") + 1] or head)
        name = evidence.encoding().name
    return codecs.getincrementaldecoder(name)("replace").decode(head).removeprefix("\ufeff")


def marked(head: bytes) -> str | None:
    """Return the encoding that a byte-order mark names."""
    return next((name for mark, name in MARKS if head.startswith(mark) and name != "utf-8"), None)


def is_single_byte(name: str) -> bool:
    """Return whether an encoding has one byte per character, so that bytes in it are valid UTF-8 by accident hardly ever."""
    return len(bytes(range(0xC0, 0x100)).decode(name, errors="replace")) == 64


def _wide(head: bytes) -> str | None:
    part = head[: len(head) // 2 * 2]
    even, odd = part[::2].count(0), part[1::2].count(0)
    if even + odd < max(2, WIDE_NULS * len(part)) or min(even, odd) > MOST_ODD_NULS * (even + odd):
        return None
    name = "utf-16-le" if odd > even else "utf-16-be"
    try:
        text = codecs.getincrementaldecoder(name)().decode(part)
    except UnicodeDecodeError:
        return None
    return name if "\n" in text or "\r" in text else None


def _asked(name: str, head: bytes) -> str:
    """Return the encoding that the user named, with the byte order of the file. Raises `EncodingUnknown` or `EncodingUnfit`."""
    found = _known(name)
    if found.startswith(("utf-16", "utf-32")) and head:
        # Line ends and separators have a NUL in every language.
        if 0 not in head:
            raise EncodingUnfit(name)
        if found in ("utf-16", "utf-32"):
            return marked(head) or _wide(head) or f"{found}-le"
    return found


def _known(name: str) -> str:
    try:
        found = codecs.lookup(name).name
        with io.TextIOWrapper(io.BytesIO("0\n0\n".encode(found)), encoding=found, errors="replace") as text:
            text.read()
    except (LookupError, ValueError, TypeError) as error:
        raise EncodingUnknown(name) from error
    return found


def _blocks(content: Content) -> Iterator[bytes]:
    """Cut a file into blocks that end with a line; standard input's head is all that can be looked at twice."""
    parts: Iterable[bytes] = [content.head] if content.is_stdin else _parts(content)
    rest = b""
    for part in parts:
        block = rest + part
        end = max(block.rfind(b"\n"), block.rfind(b"\r")) + 1
        # A line longer than a block is cut where no character of UTF-8 is cut.
        end = end or (_before_character(block) if len(block) > BLOCK else 0)
        rest = block[end:]
        if end:
            yield block[:end]
    if rest:
        yield rest[: _before_character(rest)] if content.is_stdin else rest


def _parts(content: Content) -> Iterator[bytes]:
    with content.stream() as file:
        try:
            while part := file.read(BLOCK):
                yield part
        except BROKEN:
            # Reading the rows says where the data ends.
            return


def _before_character(block: bytes) -> int:
    """Return the length without a character of UTF-8 whose end is missing."""
    for back in range(1, min(4, len(block)) + 1):
        byte = block[-back]
        if byte >= 0xC0:
            needed = 2 if byte < 0xE0 else 3 if byte < 0xF0 else 4
            return len(block) - back if needed > back else len(block)
        if byte < 0x80:
            break
    return len(block)
