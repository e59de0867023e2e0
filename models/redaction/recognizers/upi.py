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
    if any(hint in lowered for hint in HINTS) or " @" in view or "@ " in view:
        for match in _SPELLED.finditer(view):
            known = match["handle"].lower() in _words().handles
            named = known and "@" in match[0] and (_is_name(match["name"]) or _is_announced(view, match.start()))
            if (
                named
                or (known and "rate" in match[0].lower())
                or (
                    (known or "@" in match[0])
                    and _ADDRESS_FOLLOWS.search(view, max(0, match.start() - _REACH), match.start())
                )
            ):
                spans.append(match.span())
    return without_overlaps(spans)


def _is_name(text: str) -> bool:
    """Return whether a text before a spaced at sign is the name of an account, and no word of a sentence or quantity."""
    return re.search(r"[A-Za-z][._\-]?[0-9]|[A-Za-z][._\-][A-Za-z]|[0-9]{10}", text) is not None


def _is_announced(view: str, start: int) -> bool:
    return _words().announcing.search(view, max(0, start - _REACH), start) is not None


@cache
def _words() -> _Words:
    words = word_lists("upi")
    forms = "|".join(re.escape(in_view(word)) for word in words["announcing"])
    return _Words(
        handles=frozenset(words["handle"]),
        announcing=re.compile(rf"(?<![^\W\d_])(?:{forms})(?![^\W\d_])", re.IGNORECASE),
    )
