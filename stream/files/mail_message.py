"""Decode one mail message into plain values, whatever its charsets, encodings and parts are."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from email import policy
from email.errors import HeaderParseError
from email.header import decode_header
from email.message import Message
from email.parser import BytesParser
from email.utils import getaddresses, parseaddr, parsedate_to_datetime
from typing import Any

from models.redaction import shortened

_ID = re.compile(r"<([^<>\s]{1,512})>")
_SURROGATES = re.compile("[\ud800-\udfff]")
MARKERS = (
    "Auto-Submitted", "Precedence", "List-Id", "List-Unsubscribe", "X-Auto-Response-Suppress",
)  # fmt: skip
"""Header fields by which machines say what they are; passed on under their name in lower case with underscores."""

AUTOMATIC = ("X-Autoreply", "X-Autorespond", "X-Auto-Reply", "X-Autoresponder")
MOST_PARTS = 200
"""Parts of a message that are looked at."""


def mail_payload(content: bytes) -> dict[str, Any]:
    """Return a message's fields.

    `message_id`, `parents` (ids of the messages that it answers, the oldest first), `from` and `to` (addresses in lower case),
    `subject`, `date` and `received` (datetimes or None), `body` (plain text, or HTML where there is none), `attachments`
    (names), `language`, `priority`, and `mail`: the fields by which machines say what they are.
    """
    message = BytesParser(policy=policy.compat32).parsebytes(content)
    body, attachments = _content(message)
    own = _ID.search(_field(message, "Message-ID"))
    return {
        "message_id": own[1] if own else _field(message, "Message-ID").strip(),
        "parents": _parents(message),
        "from": parseaddr(_field(message, "From") or _field(message, "Sender"))[1].strip().lower(),
        "to": [address.lower() for name in ("To", "Delivered-To", "Cc") for address in _addresses(message, name)],
        "subject": _field(message, "Subject"),
        "date": _date(_field(message, "Date")),
        "received": _date(_field(message, "Received").rsplit(";", 1)[-1]) if "Received" in message else None,
        "body": body, "attachments": attachments,
        "language": _field(message, "Content-Language").split(",")[0].strip(),
        "priority": _priority(message), "mail": _markers(message),
    }  # fmt: skip


def _parents(message: Message) -> list[str]:
    found = _ID.findall(_field(message, "References")) + _ID.findall(_field(message, "In-Reply-To"))[:1]
    return list(dict.fromkeys(found))


def _addresses(message: Message, name: str) -> list[str]:
    return [address.strip() for _, address in getaddresses([_field(message, name)]) if "@" in address][:20]


def _field(message: Message, name: str) -> str:
    """Return a header field decoded, on one line; an empty string where it is missing."""
    raw = message.get(name)
    if raw is None:
        return ""
    try:
        parts = decode_header(raw)
    except (HeaderParseError, ValueError, LookupError):
        parts = [(str(raw), None)]
    decoded = (part if isinstance(part, str) else _decoded(part, charset) for part, charset in parts)
    return re.sub(r"\s+", " ", _SURROGATES.sub("\ufffd", "".join(decoded))).strip()


def _date(text: str) -> datetime | None:
    try:
        found = parsedate_to_datetime(text.strip())
        return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (ArithmeticError, TypeError, ValueError, IndexError):
        return None


def _priority(message: Message) -> str:
    words = f"{_field(message, 'Importance')} {_field(message, 'X-MSMail-Priority')}".lower()
    return "high" if "high" in words or _field(message, "X-Priority")[:1] in ("1", "2") else ""


def _markers(message: Message) -> dict[str, Any]:
    found: dict[str, Any] = {
        name.lower().replace("-", "_"): shortened(_field(message, name), 200) for name in MARKERS if name in message
    }
    if "Return-Path" in message and _field(message, "Return-Path").strip() in ("<>", ""):
        found["return_path_empty"] = True
    if any(name in message for name in AUTOMATIC):
        found["x_autoreply"] = True
    if message.get_content_type() == "multipart/report":
        found["content_type_report"] = shortened(message.get_param("report-type") or "report", 80)
    return found


def _content(message: Message) -> tuple[str, list[str]]:
    """Return the text that a person would read, and the names of the attachments."""
    plain: list[str] = []
    html: list[str] = []
    names: list[str] = []
    for part in _parts(message):
        name, kind = part.get_filename(), part.get_content_type()
        if name is not None or part.get_content_disposition() == "attachment":
            names.append(shortened(name or kind, 120))
        elif kind in ("text/plain", "text/html") or kind.startswith("multipart/"):
            # A container that has no parts, because its boundary is missing, is text.
            text = _text(part)
            if text.strip():
                (html if kind == "text/html" else plain).append(text)
    return "\n".join(plain or html), names


def _parts(message: Message) -> Iterator[Message]:
    """Yield the parts that are no containers; of a report only its first text, which is written for people."""
    waiting, seen, is_report = [message], 0, message.get_content_type() == "multipart/report"
    while waiting and seen < MOST_PARTS:
        part = waiting.pop(0)
        seen += 1
        payload = part.get_payload()
        if isinstance(payload, list):
            children = [child for child in payload if isinstance(child, Message)]
            waiting = (children[:1] if is_report and part is message else children) + waiting
        else:
            yield part


def _text(part: Message) -> str:
    payload = part.get_payload(decode=True)
    if not isinstance(payload, bytes):
        return ""
    try:
        charset = part.get_content_charset()
    except (ValueError, LookupError):
        charset = None
    return _decoded(payload, charset).replace("\r\n", "\n")


def _decoded(content: bytes, charset: str | None) -> str:
    """Decode bytes in the charset that was given, or in UTF-8 or cp1252 where it is unknown or wrong."""
    for name in (charset, "utf-8", "cp1252"):
        try:
            if name is not None:
                return content.decode(name)
        except (UnicodeError, LookupError, ValueError):
            continue
    return content.decode("latin-1")
