"""Payment addresses of India's Unified Payments Interface (UPI): name@handle."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from models.redaction.span import Span, without_overlaps
from models.redaction.vocabulary import in_view, word_lists

HINTS = ("upi", "vpa", "at the rate")
"""What is in every text with an address whose @ is written otherwise."""

_REACH = 40
_ADDRESS = re.compile(r"(?<=[\w.\-])@(?P<handle>[a-z][a-z0-9]{1,31})(?![\w@-]|\.\w)", re.IGNORECASE)
_SPELLED = re.compile(
    r"(?<![\w.\-])(?P<name>[\w.\-]{2,64})(?: {1,2}@ ?| ?@ {1,2}| at the rate(?: of)? | ?[\[(](?:at|@|a)[\])] ?| at )"
    r"(?P<handle>[a-z][a-z0-9]{1,31})(?![\w@-]|\.\w)",
    re.IGNORECASE,
)
_ADDRESS_FOLLOWS = re.compile(r"(?:upi|vpa)\W{0,2}(?:id|i\.d\.|address|handle|:|is\b)", re.IGNORECASE)
"""Without @, "failed at paytm" would look like an address in every text about UPI."""

_NAME = re.compile(r"[\w.\-]{1,64}")


@dataclass(frozen=True, slots=True)
class _Words:
    handles: frozenset[str]
    apps: frozenset[str]
    announcing: re.Pattern[str]


def upi_spans(view: str) -> list[Span]:
    """Find payment addresses with a known handle, or with any handle after a word such as "UPI"; e-mail addresses are none."""
    spans = []
    for match in _ADDRESS.finditer(view) if "@" in view else ():
        name = _NAME.match(view[max(0, match.start() - 64) : match.start()][::-1])
        if name is None:
            continue
        start = match.start() - name.end()
        if match["handle"].lower() in _words().handles or _is_announced(view, start):
            spans.append((start, match.end()))
    lowered = view.lower()
    if "@" in view or any(hint in lowered for hint in HINTS):
        for match in _SPELLED.finditer(view):
            known = match["handle"].lower() in _words().handles
            sure = "rate" in match[0].lower() or ("@" in match[0] and _is_mailbox(match, view))
            if (known and sure) or (
                (known or "@" in match[0])
                and _ADDRESS_FOLLOWS.search(view, max(0, match.start() - _REACH), match.start())
            ):
                spans.append(match.span())
    return without_overlaps(spans)


def _is_mailbox(match: re.Match[str], view: str) -> bool:
    """Return whether a name with spaces around its @ is one, and no word before the mention of an app."""
    return (
        any(map(str.isdigit, match["name"]))
        or match["handle"].lower() not in _words().apps
        or _is_announced(view, match.start())
    )


def _is_announced(view: str, start: int) -> bool:
    return _words().announcing.search(view, max(0, start - _REACH), start) is not None


@cache
def _words() -> _Words:
    words = word_lists("upi")
    forms = "|".join(re.escape(in_view(word)) for word in words["announcing"])
    return _Words(
        handles=frozenset(words["handle"]),
        apps=frozenset(words["app"]),
        announcing=re.compile(rf"(?<![^\W\d_])(?:{forms})(?![^\W\d_])", re.IGNORECASE),
    )
