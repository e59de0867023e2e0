"""E-mail addresses: as they are written by RFC 5321, and in the disguises in which people write them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from models.redaction.recognizers.disguised_email import SERVICE, disguised_spans
from models.redaction.recognizers.hint_words import HintWords
from models.redaction.span import Span, without_overlaps

HINTS = (
    "&commat",
    "[at", "(at", "{at", "<at", "(a)", "[a]", "{a}", "(ät", "[ät", "*at*", "_at_", "-at-", "#at#", " ät ", "at the rate", "at sign",
    "'at'", '"at"', "`at`", "|at|", "/at/", ":at:", "+at+", "=at=", "~at~", "$at$", "^at^", "!at!", "..at..", "--at--", "=40",
    "(a t", "[a t", "{a t", "「at", "『at", "【at", "〔at", "〈at", "《at", "«at", "“at", "‘at", "( at", "[ at", "{ at", "< at",
    "arroba", "arobas", "chiocciola", "klammeraffe", "małpa", "malpa", "apenstaart", "kukac", "zavin", "snabel", "собак", "собач",
    "(эт", "艾特", "アット", "あっと", "골뱅이", "एट", "ऐट", "अट", "এট", "অযাট", "آت", "(ات", "ایٹ", "a còng", "a cong",
    " dot ", " punkt ", " d0t ", "(dot", "[dot", " nokta ", " titik ", " kropka ", " ponto ", " punto ",
    "at gmail", "at yahoo", "at hotmail", "at outlook", "at icloud", "mail",
    "correo", "courriel", "почт", "ईमेल", "ईमल", "মেইল", "ইমেইল", "البريد", "ايميل", "邮箱", "邮件", "信箱", "メール", "메일",
    ".co", ".net", ".org", ".io", ".info", ".example",
    ".de", ".fr", ".br", ".in", ".ru", ".es", ".it", ".uk", ".eu", ".me", ".jp", ".cn", ".id", ".mx",
)  # fmt: skip
"""What every address without @ contains one of."""

_HINTS = HintWords(HINTS)

_LOCAL = r"\w.!#$%&'*+/=?^`{|}~\-"
_BEFORE_AT = re.compile(rf"(?<=[{_LOCAL}\"”])[ \t]{{0,2}}@(?=[ \t]{{0,2}}[\w\[])")
_REVERSED_LOCAL = re.compile(rf"[{_LOCAL}]{{1,64}}")
_REVERSED_QUOTED = re.compile(r"[\"”][^\"”\n@]{1,64}[\"“”]|[\"”][^\"”\n ]{1,64}[\"“”]")
_KEY = re.compile(r"\w{1,20}=(?=[^=]+$)")
_TOP = r"(?:xn--[a-z0-9-]{2,59}|[^\W\d_]{2,24})"
_DOMAIN = re.compile(
    rf"(?:\w(?:[\w-]{{0,61}}\w)?\.){{1,8}}{_TOP}"
    r"|\[(?:IPv6:)?[0-9a-f:.]{3,45}\]|(?:[0-9]{1,3}\.){3}[0-9]{1,3}",
    re.IGNORECASE,
)

_FILE = re.compile(
    r"[0-9]+x\.(?:png|jpe?g|gif|svg|webp|avif|ico)|.*\.(?:png|jpe?g|gif|svg|webp|js|css|min|json)", re.IGNORECASE
)
"""Names of pictures for dense screens (`main@2x.png`) and of other files."""

_VERSION = re.compile(r"v?[0-9]+(?:\.[0-9]+){1,4}\.[a-z]+[0-9]*", re.IGNORECASE)
"""A version of a package (`torch@2.0.1.dev`), which has the form of a domain."""


def email_spans(view: str) -> list[Span]:
    """Find e-mail addresses in the view of a text.

    Letters of every script count, quoted names, tags after a plus, and domains that are an address of a network. In disguise, at sign
    and dots are words, in brackets or not, in the usual languages. "at" between two words without brackets counts only where no
    ordinary word is before it, or the address is announced, or its domain is that of a provider of mailboxes.
    """
    spans: list[Span] = []
    if "@" in view:
        spans += _plain(view)
    if "@" in view or _HINTS.occur_in(view.lower()):
        spans += disguised_spans(view)
    return without_overlaps(_longest(spans))


def _plain(view: str) -> Iterator[Span]:
    """Yield addresses with a sign and dots."""
    for match in _BEFORE_AT.finditer(view):
        at = match.end()
        if view[at - 2] in " \t":
            continue
        domain = _DOMAIN.match(view, at)
        if domain is None or _FILE.fullmatch(domain[0]) or _VERSION.fullmatch(domain[0]):
            continue
        start = _start_of_local(view, at - 1)
        if start is not None and not SERVICE.fullmatch(view, start, at - 1):
            yield start, domain.end()


def _start_of_local(view: str, at: int) -> int | None:
    """Return where the name that ends before the at sign begins; None if there is no name."""
    before = view[max(0, at - 66) : at][::-1]
    quoted = _REVERSED_QUOTED.match(before)
    if quoted:
        return at - quoted.end()
    name = _REVERSED_LOCAL.match(before)
    if name is None:
        return None
    written = name[0][::-1]
    # What cannot begin a mailbox is punctuation of the text, a path or the key of a parameter.
    start = max(written.rfind("/"), 0)
    if "=" in written or "?" in written:
        start = max(written.rfind("&"), start)
    while start < len(written) and not (written[start].isalnum() or written[start] in "_+"):
        start += 1
    key = _KEY.match(written, start)
    start = key.end() if key else start
    return at - len(written) + start if start < len(written) else None


def _longest(spans: Iterable[Span]) -> list[Span]:
    """Return spans so that of those that end at the same place, or begin there, only the longest is left."""
    starts: dict[int, int] = {}
    for start, end in spans:
        starts[start] = max(end, starts.get(start, 0))
    ends: dict[int, int] = {}
    for start, end in starts.items():
        ends[end] = min(start, ends.get(end, start))
    return [(start, end) for end, start in ends.items()]
