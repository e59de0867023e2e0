"""Split a mailbox into its messages: MBOX in its variants, or one message as EML."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

LARGEST = 8_388_608
"""Bytes of a message that are kept: its text comes before its attachments, which are not read."""

# The line has an address and a time as `asctime` writes it, in one of several orders.
_FROM = re.compile(
    rb"From \S+\s(?=.*\b(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)\b)(?=.*\d:\d\d)(?=.*\b(?:19|20)\d\d\b)"
)
_QUOTED_FROM = re.compile(rb"^>(>*From )", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class MailRecord:
    """One message: its `number` in the file from 1, the `line` on which it begins, and its bytes without mbox's own line."""

    number: int
    line: int
    content: bytes


def mailbox_records(file: BinaryIO) -> Iterator[MailRecord]:
    """Yield the messages of a mailbox; a file that does not begin with mbox's `From ` line is one message.

    A `From ` line begins a message only after an empty line and with a date, so that the text "From what I see" does not. Lines that
    mbox has quoted as `>From ` lose one sign, as in the variant mboxrd. A message is cut after `LARGEST` bytes.
    """
    lines: list[bytes] = []
    number, first, size, is_mbox, after_blank = 1, 1, 0, False, True
    for at, line in enumerate(_lines(file), 1):
        if after_blank and _FROM.match(line) and (is_mbox or not any(part.strip() for part in lines)):
            if is_mbox and lines:
                yield MailRecord(number, first, _unquoted(lines))
                number += 1
            lines, first, size, is_mbox = [], at, 0, True
        elif size < LARGEST:
            lines.append(line)
            size += len(line)
        after_blank = not line.strip()
    if any(part.strip() for part in lines):
        content = _unquoted(lines) if is_mbox else b"".join(lines).lstrip(b"\r\n\xef\xbb\xbf")
        yield MailRecord(number, first, content)


def _lines(file: BinaryIO) -> Iterator[bytes]:
    # A line of an attachment may be as long as the attachment: it comes in parts.
    while line := file.readline(LARGEST):
        yield line


def _unquoted(lines: list[bytes]) -> bytes:
    return _QUOTED_FROM.sub(rb"\1", b"".join(lines))
