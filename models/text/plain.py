"""The plain text of a ticket, whatever form its system stored it in."""

from __future__ import annotations

import re
from collections.abc import Mapping
from html import unescape
from typing import Any

from models.text.encodings import decode_json_markup, decode_quoted_printable
from models.text.html import html_text
from models.text.markup import REFERENCE, is_markup, single_references

ROUNDS = 3
"""Texts are decoded until nothing changes, at most this often; real ones are escaped twice at most."""

DEEPEST = 64
"""Levels of nested values that are decoded; redaction cuts at the same depth."""

_INVISIBLE = re.compile("[\u00ad\u034f\u180e\u200b\u2060-\u2064\ufeff]")
_JOINERS = re.compile("(?:[\u200c\u200d][ \u00a0]*){2,}")
"""Joiners in a row join nothing: senders fill the preview line of a mail with them."""

_LINK = re.compile(r"<(?:https?:|mailto:|tel:)[^\s<>|]*\|([^<>|\n]*)>")
"""A link with a label, as Slack writes it."""

_STILL = {"<": "‹", "&": "＆", "=": "＝", "\\": "＼"}  # noqa: RUF001 (the look-alikes are intended)
_STILL_TABLE = str.maketrans(_STILL)


def to_plain(text: str) -> str:
    r"""Return the plain text of HTML, character references, quoted-printable and HTML escaped in JSON.

    Other texts are returned as they are, apart from characters that have no width. Linear in the length of the text, and idempotent:
    what is escaped more than three times becomes characters that look the same and have no meaning in HTML.

    >>> to_plain("<p>I can&#39;t <b>log in</b></p><p>Help</p>")
    "I can't log in\n\nHelp"
    >>> to_plain("if a < b & c > d, write to <ana@example.com>")
    'if a < b & c > d, write to <ana@example.com>'
    """
    if text.isascii() and "<" not in text and "&" not in text and "=" not in text and "\\" not in text:
        return text
    for _ in range(ROUNDS):
        decoded = _decode_once(text)
        if decoded == text:
            return text
        text = decoded
    if _decode_once(text) == text:
        return text
    return _without_invisible(text.translate(_STILL_TABLE))


def plain_value(value: Any, levels: int = DEEPEST) -> Any:
    """Return a JSON value whose strings are plain text, at most 64 levels deep; the names of objects stay as they are."""
    if isinstance(value, str):
        return to_plain(value)
    if not levels:
        return value
    if isinstance(value, Mapping):
        return {name: plain_value(one, levels - 1) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [plain_value(one, levels - 1) for one in value]
    return value


def _decode_once(text: str) -> str:
    text = decode_quoted_printable(decode_json_markup(_without_invisible(text)))
    if "<" in text:
        text = _LINK.sub(r"\1", text)
        if is_markup(text):
            return _without_invisible(html_text(text))
    if "&" in text:
        text = REFERENCE.sub(lambda found: unescape(found.group()), single_references(text))
    return _without_invisible(text)


def _without_invisible(text: str) -> str:
    if text.isascii():
        return text
    text = _INVISIBLE.sub("", text)
    return _JOINERS.sub(" ", text) if "\u200c" in text or "\u200d" in text else text
