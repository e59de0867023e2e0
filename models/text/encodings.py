"""Encodings of mail and of JSON that are left in texts: quoted-printable, escaped HTML in JSON, base64."""

from __future__ import annotations

import re
from email.errors import HeaderParseError
from email.header import decode_header, make_header

_SOFT_BREAK = re.compile(r"=[ \t]*\r?\n")
_BYTES = re.compile(r"(?:=[0-9A-Fa-f]{2})+")
_QUOTED_PRINTABLE = re.compile(
    r"=(?:c[2-9a-f]|d[0-9a-f])=[89ab][0-9a-f]|=e[0-9a-f]=[89ab][0-9a-f]=[89ab][0-9a-f]|=3d[\"']|=20\r?(?:\n|\Z)|"
    r"^[^\n]{55,76}=\r?\n(?=[^\s])",
    re.IGNORECASE | re.MULTILINE,
)
"""A letter beyond ASCII, an attribute's equals sign, a space before a line's end, or a long line that goes on after its end."""

_ENCODED_WORD = re.compile(r"=\?[\w-]{2,30}\?[QqBb]\?[^?\s]{1,400}\?=(?:\s+(?==\?))?")

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")

_SURROGATE = re.compile("[\ud800-\udfff]")

_JSON_ESCAPE = re.compile(r"\\u00(3c|3e|26|22|27|3d)", re.IGNORECASE)
_JSON_HTML = re.compile(r"<[A-Za-z][^<>]*=\\\"|<\\/[A-Za-z]")
_JSON_CHARACTER = re.compile(r"\\([\"/nrt])")

_DATA_URL = re.compile(r"data:[\w.+-]+/[\w.+-]+;base64,[A-Za-z0-9+/=]*")
_BASE64_LINES = re.compile(
    r"(?:^[ \t]*[A-Za-z0-9+/]{56,80}={0,2}[ \t]*\r?(?:\n|\Z)){2,}"
    r"(?:^[ \t]*[A-Za-z0-9+/]{1,80}={0,2}[ \t]*\r?$)?",
    re.MULTILINE,
)
_BASE64_RUN = re.compile(r"(?<![A-Za-z0-9+/])[A-Za-z0-9+/]{160,}={0,2}")


def decode_quoted_printable(text: str) -> str:
    """Decode quoted-printable (RFC 2045) and encoded words (RFC 2047) that reached a text; other texts are returned unchanged.

    >>> decode_quoted_printable("Gr=C3=BC=C3=9Fe")
    'Grüße'
    >>> decode_quoted_printable("see /?a=20&b=30")
    'see /?a=20&b=30'
    """
    if "=" not in text:
        return text
    if "=?" in text:
        text = _ENCODED_WORD.sub(_decoded_word, text)
    if not _QUOTED_PRINTABLE.search(text):
        return text
    return _BYTES.sub(_decoded, _SOFT_BREAK.sub("", text))


def _decoded_word(word: re.Match[str]) -> str:
    """Decode an encoded word of a mail's subject (RFC 2047)."""
    try:
        decoded = str(make_header(decode_header(word.group().strip())))
    except (HeaderParseError, LookupError, ValueError):
        return word.group()
    damaged = not decoded or _CONTROL.search(decoded) or _SURROGATE.search(decoded)
    return word.group() if damaged else decoded


def _decoded(run: re.Match[str]) -> str:
    content = bytes.fromhex(run.group().replace("=", ""))
    try:
        decoded = content.decode("utf-8")
    except UnicodeDecodeError:
        decoded = content.decode("cp1252", errors="replace")
    return run.group() if _CONTROL.search(decoded) else decoded


def decode_json_markup(text: str) -> str:
    r"""Decode HTML that is escaped as it is in a JSON string: `\u003cp\u003e` and `<p class=\"x\">`."""
    if "\\" not in text:
        return text
    text = _JSON_ESCAPE.sub(lambda found: chr(int(found[1], 16)), text)
    if _JSON_HTML.search(text):
        text = _JSON_CHARACTER.sub(lambda found: {"n": "\n", "r": "", "t": "\t"}.get(found[1], found[1]), text)
    return text


def without_base64(text: str) -> str:
    """Remove base64: data URLs, lines of encoded attachments, and runs of 160 characters with letters of both cases and digits."""
    if "base64," in text:
        text = _DATA_URL.sub(" ", text)
    if "\n" in text:
        text = _BASE64_LINES.sub(_unless_words, text)
    return _BASE64_RUN.sub(_unless_words, text)


def _unless_words(run: re.Match[str]) -> str:
    found = run.group()
    encoded = any(map(str.isdigit, found)) and any(map(str.isupper, found)) and any(map(str.islower, found))
    return " " if encoded else found
