"""Say what a file is by what it holds; the ending of its name decides only where the content leaves it open."""

from __future__ import annotations

import re
from enum import StrEnum

from stream.errors import SourceNotText
from stream.files.compression import ZIP
from stream.files.encoding import head_text
from stream.files.opening import Content


class Container(StrEnum):
    """What the bytes of a file are."""

    DELIMITED = "delimited"
    SPREADSHEET = "spreadsheet"
    PARQUET = "parquet"
    JSON = "json"
    MBOX = "mbox"
    EML = "eml"


OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
"""Magic number of the compound files that Excel wrote until 2003."""

BINARY = {
    b"%PDF-": "a PDF document",
    b"\x89PNG": "an image",
    b"\xff\xd8\xff": "an image",
    b"GIF8": "an image",
    b"SQLite format 3\0": "a SQLite database",
    b"{\\rtf": "a rich-text document",
    b"Obj\x01": "an Avro file",
    b"ORC": "an ORC file",
    b"ARROW1": "an Arrow file",
}
CONTROLS = re.compile(rb"[\x01-\x08\x0e-\x1a\x1c-\x1f\x7f]")
MOST_CONTROLS = 0.02
"""Share of control characters (without NUL) from which bytes are no text: random bytes have a tenth."""

_OBJECT = re.compile(r'\{\s*(["}]|$)')
_ARRAY = re.compile(r"\[\s*([\[{\]]|$)")
_MBOX = re.compile(r"From \S.*\r?\n([!-9;-~]+:|>?From )")
_HEADER = re.compile(r"[!-9;-~]+:(\s|$)")
_MAIL_HEADERS = frozenset(
    (
        "bcc",
        "cc",
        "content-type",
        "date",
        "delivered-to",
        "dkim-signature",
        "from",
        "in-reply-to",
        "message-id",
        "mime-version",
        "received",
        "reply-to",
        "return-path",
        "sender",
        "subject",
        "to",
        "x-mailer",
    )
)


def container_of(content: Content, encoding: str | None = None) -> Container:
    """Return what the content is. Raises `SourceNotText` for what is neither text nor a known container."""
    head = content.head
    if head.startswith((ZIP, OLE)):
        return Container.SPREADSHEET
    if head.startswith(b"PAR1"):
        return Container.PARQUET
    for magic, kind in BINARY.items():
        if head.startswith(magic):
            raise SourceNotText(content.path, f"is {kind}")
    text = head_text(head, encoding)
    if text is None or len(CONTROLS.findall(head)) > MOST_CONTROLS * len(head) + 1:
        raise SourceNotText(content.path, "is not text")
    return _text_container(content, text.lstrip("\ufeff").lstrip("\r\n\t \0"))


def _text_container(content: Content, text: str) -> Container:
    if _is_json(text):
        return Container.JSON
    if _MBOX.match(text):
        return Container.MBOX
    if _is_mail(text):
        return Container.EML
    if re.match(r"<(!doctype html|html|table|\?xml|workbook)\b", text[:200], re.IGNORECASE):
        raise SourceNotText(
            content.path, "is a page in HTML or XML (some systems name such a file .xls); export it as CSV or .xlsx"
        )
    # Lines that are not JSON in a file named so are refused one by one, with what was wrong, by the reader of JSON.
    if content.ending in (".json", ".jsonl", ".ndjson") and not _has_columns(text):
        return Container.JSON
    return Container.DELIMITED


def _is_json(text: str) -> bool:
    if _OBJECT.match(text[:4096]) or _ARRAY.match(text[:4096]):
        return True
    lines = [line for line in text.splitlines()[:50] if line.strip()]
    return len(lines) > 1 and sum(_OBJECT.match(line.strip()) is not None for line in lines) > len(lines) / 2


def _is_mail(text: str) -> bool:
    names = set()
    for number, line in enumerate(text.splitlines()[:200]):
        if not line.strip() or (number and line[:1] in " \t"):
            if not line.strip():
                break
            continue
        if not _HEADER.match(line):
            return False
        names.add(line.split(":", 1)[0].lower())
    return len(names & _MAIL_HEADERS) >= 2


def _has_columns(text: str) -> bool:
    lines = [line for line in text.splitlines()[:20] if line.strip()]
    return (
        any(len({line.count(mark) for line in lines}) == 1 and mark in lines[0] for mark in ",;\t|") if lines else False
    )
