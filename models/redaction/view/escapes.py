r"""Escapes: characters that are written with several others, as URLs, HTML, JSON and mail write them.

Percent-encoding (RFC 3986), character references (HTML 5), escapes of JSON and JavaScript, quoted-printable (RFC 2045).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from html import unescape
from html.entities import html5

from models.redaction.view.view import View

ROUNDS = 6
"""Kinds of escapes that may be nested in each other. Repetitions of one kind, such as `%252520`, are read in one round."""

_HEX = "[0-9A-Fa-f]"
_BYTE_CODE = rf"(?![bB][0-9][0-9 ]{{11,22}}(?:\^|%(?:25)*5[eE]|&|\\)){_HEX}{{2}}"
"""Two hexadecimal digits, unless they are the first of a track: `%B4111...^`."""

_PERCENT = re.compile(rf"(?:%(?:25)*+{_BYTE_CODE}|%(?:25)++(?!{_BYTE_CODE}))+")
_PERCENT_ONCE = re.compile(rf"(?:%{_BYTE_CODE})+")
_ONE_PERCENT = re.compile(rf"%(?:25)*({_BYTE_CODE})")
_REFERENCE = re.compile(
    rf"&(?:amp;?)*+(?:\#(?:0*+([0-9]{{1,7}})|[xX]0*+({_HEX}{{1,6}}));?|([A-Za-z][A-Za-z0-9]{{1,31}});?)|&amp;"
)
_BACKSLASH = re.compile(
    rf"(?<!\\)\\++(?:u([dD][89abAB]{_HEX}{{2}})\\++u([dD][c-fC-F]{_HEX}{{2}})|u({_HEX}{{4}})|u\{{0*+({_HEX}{{1,6}})\}}|"
    rf"x({_HEX}{{2}})|([nrtbfv/\"']))"
)
_WHITE = {"n": "\n", "r": "\n", "t": "\t", "b": " ", "f": " ", "v": " "}
_QUERY = re.compile(r"[?&][\w.%\[\]\-]{1,40}=([^\s&#\"'<>+]*\+[^\s&#\"'<>]*)")
"""A parameter of a URL with a plus, which is a space (WHATWG URL, application/x-www-form-urlencoded)."""

_PLUS = re.compile(r"(?<=[0-9/])\+(?=[0-9/])")
_BYTES = re.compile(
    rf"=(?!(?<![0-9]=)[0-9]{{7}}|(?!20|09)[0-9]{{7}}|(?<=[A-Za-z_]=){_HEX}{{2}}[0-9A-Za-z.:/\-]){_HEX}{{2}}(?:={_HEX}{{2}})*+|"
    r"=[ \t]*+\r?\n"
)
"""Not a parameter of a URL or a field of a log, which is a longer number, or a name before a number or a network address."""

_SURE = re.compile(
    r"=[ \t]*+\r?\n|=[C-Fc-f][0-9A-Fa-f]=[89ABab][0-9A-Fa-f]|"
    r"=3D(?![0-9A-F]{0,2}:(?![0-9A-F]{2}:)|[1-9A-HJ-NP-Za-km-z]{30,32}(?![0-9A-Za-z=]))|"
    r"[0-9]=(?:20|2[Dd]|2[Ee]|09|[Aa]0)[0-9]{2,6}=(?:20|2[Dd]|2[Ee]|09|[Aa]0)"
)
_EVERY_BYTE = re.compile(rf"(?:={_HEX}{{2}})+|=[ \t]*+\r?\n")
_MAIL_BYTE = re.compile(
    r"=[C-F][0-9A-F]=[89AB][0-9A-F]|=3D(?![0-9A-F]{0,2}:(?![0-9A-F]{2}:)|[1-9A-HJ-NP-Za-km-z]{30,32}(?![0-9A-Za-z=]))"
)
_BYTE = re.compile(rf"=({_HEX}{{2}})")
_LAST = 0x10FFFF

_Characters = Iterator[tuple[str, int, int]]


def has_escapes(text: str) -> bool:
    """Return whether a text may have escapes: a fast answer."""
    return "%" in text or "&" in text or "\\" in text or "+" in text


def is_mail(text: str) -> bool:
    """Return whether a text is certain to have quoted-printable: a soft line break, a character of two bytes, or an escaped `=`."""
    return _SURE.search(text) is not None


def has_mail_bytes(text: str) -> bool:
    """Return whether a text has bytes that only quoted-printable writes so; then every `=` in it is escaped."""
    return _MAIL_BYTE.search(text) is not None


def has_quoted_printable(text: str) -> bool:
    """Return whether a text has what quoted-printable looks like, and query strings of URLs, too."""
    return "=" in text and (_BYTES.search(text) is not None or _MAIL_BYTE.search(text) is not None)


def unescaped(view: View) -> View:
    """Return the view with percent-encoding, character references and backslash escapes read, also nested in each other."""
    if "+" in view.text and "=" in view.text:
        view = view.rewritten(_QUERY, _spaces_in_query)
    for _ in range(ROUNDS):
        before = view.text
        if "\\" in view.text:
            view = view.rewritten(_BACKSLASH, _backslash)
        if "&" in view.text:
            view = view.rewritten(_REFERENCE, _reference)
        if "%" in view.text:
            view = view.rewritten(_PERCENT, _percent)
        if view.text == before:
            break
    return replace(view, text=_PLUS.sub(" ", view.text)) if "+" in view.text else view


def percent_decoded_once(view: View) -> View:
    """Return the view with percent-encoding read once: what looks encoded twice may be a percent sign and a number, as in a track."""
    return view.rewritten(_PERCENT_ONCE, _percent_once)


def without_quoted_printable(view: View, *, every: bool = False) -> View:
    """Return the view with bytes such as `=C2=A0` read and soft line breaks taken out; those that begin a number only if `every`."""
    return view.rewritten(_EVERY_BYTE if every else _BYTES, _quoted_printable)


def _percent_once(match: re.Match[str]) -> _Characters:
    start = match.start()
    codes = match.group().split("%")[1:]
    return _from_bytes([(int(code, 16), start + 3 * at, start + 3 * at + 3) for at, code in enumerate(codes)])


def _percent(match: re.Match[str]) -> _Characters:
    spans = [(int(one[1], 16), one.start(), one.end()) for one in _ONE_PERCENT.finditer(match.string, *match.span())]
    return _from_bytes(spans)


def _quoted_printable(match: re.Match[str]) -> _Characters:
    spans = [(int(one[1], 16), one.start(), one.end()) for one in _BYTE.finditer(match.string, *match.span())]
    return _from_bytes(spans)


def _from_bytes(spans: list[tuple[int, int, int]]) -> _Characters:
    """Yield the characters of UTF-8 bytes; a byte that is no UTF-8 is read as Latin-1, in which 160 is a no-break space."""
    at = 0
    for character in bytes(byte for byte, _, _ in spans).decode("utf-8", "surrogateescape"):
        if "\udc80" <= character <= "\udcff":
            read, size = chr(ord(character) - 0xDC00), 1
        else:
            read, size = character, len(character.encode())
        yield read, spans[at][1], spans[at + size - 1][2]
        at += size


def _reference(match: re.Match[str]) -> _Characters:
    start, end = match.span()
    if match[0] == "&amp;":
        yield "&", start, end
        return
    if match[3]:
        yield from _named(match)
        return
    code = int(match[1]) if match[1] else int(match[2], 16)
    if 0 < code <= _LAST:
        for character in unescape(f"&#{code};"):
            yield character, start, end
    else:
        yield from _as_written(match)


def _named(match: re.Match[str]) -> _Characters:
    """Yield the character of a name; names of HTML 4 need no semicolon, and text may follow them directly."""
    start, end = match.span()
    name = match[3]
    with_semicolon = html5.get(name + ";") if match.string[end - 1] == ";" else None
    if with_semicolon is not None:
        yield with_semicolon[0], start, end
        return
    for size in range(min(len(name), 6), 1, -1):
        if (character := html5.get(name[:size])) is not None:
            yield character[0], start, match.start(3) + size
            for at in range(match.start(3) + size, end):
                yield match.string[at], at, at + 1
            return
    if match[0].startswith("&amp;"):
        yield "&", start, match.start(3)
        start = match.start(3)
    for at in range(start, end):
        yield match.string[at], at, at + 1


def _backslash(match: re.Match[str]) -> _Characters:
    start, end = match.span()
    if match[1]:
        high, low = int(match[1], 16), int(match[2], 16)
        yield chr(0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00)), start, end
    elif code := match[3] or match[4] or match[5]:
        if int(code, 16) <= _LAST:
            yield chr(int(code, 16)), start, end
        else:
            yield from _as_written(match)
    elif match[6]:
        yield _WHITE.get(match[6], match[6]), start, end
    else:
        yield from _as_written(match)


def _spaces_in_query(match: re.Match[str]) -> _Characters:
    # A plus before @ is the tag of an address, which browsers would have encoded.
    for character, start, end in _as_written(match):
        yield (" " if character == "+" and "@" not in match[1] else character), start, end


def _as_written(match: re.Match[str]) -> _Characters:
    for at in range(*match.span()):
        yield match.string[at], at, at + 1
