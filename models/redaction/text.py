"""The redaction of one text: each finder in turn searches its folded form, and the finds are replaced in the original."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from models.redaction.authentication import CARD_MARK, EXPIRY_MARK, expiry_spans, security_code_spans, track_spans
from models.redaction.card import card_spans
from models.redaction.email import email_spans
from models.redaction.folding import fold
from models.redaction.iban import iban_spans
from models.redaction.ordinary import is_ordinary
from models.redaction.phone import is_international, phone_spans
from models.redaction.span import Span

_OTHER_MARK = "\ue002"
_TRIGGER = re.compile(r"[0-9@]")
_POSSIBLE = re.compile(
    "[0-9@\x80-\xbf\u0250-\u036f\u0600-\u200f\u202a-\u209f\u20c0-\u303f\u3100-\u4dff\ua000-\uabff\ud7b0-\U0010ffff]"
)
"""What may fold to a digit or to @: not the letters of Latin, Greek, Cyrillic, Hebrew, Japanese, Chinese and Korean, nor dashes."""

_UNCHANGED: Mapping[str, int] = {}


@dataclass(frozen=True, slots=True)
class Redacted:
    """A text that may be stored; `counts` has the number of each placeholder (without brackets)."""

    text: str
    counts: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Finder:
    label: str
    mark: str
    spans: Callable[[str], list[Span]]


# The order decides which placeholder replaces a text that could be two things. Addresses and accounts come before cards
# because they may contain a card's digits; expiry and security code come after, because they need a card before them;
# telephone numbers come last.
_FINDERS = (
    _Finder("EMAIL", _OTHER_MARK, email_spans),
    _Finder("IBAN", _OTHER_MARK, iban_spans),
    _Finder("CARD", CARD_MARK, card_spans),
    _Finder("TRACK", CARD_MARK, track_spans),
    _Finder("EXPIRY", EXPIRY_MARK, expiry_spans),
    _Finder("CVV", _OTHER_MARK, security_code_spans),
    _Finder("PHONE", _OTHER_MARK, phone_spans),
)


def redact(text: str) -> Redacted:
    """Replace cards, their expiry and security codes, IBANs, e-mail addresses and telephone numbers.

    Idempotent: the search is repeated until nothing more is found, since a placeholder can reveal what is next to
    it. A text without a digit and without @ is returned unchanged.
    """
    if is_ordinary(text) or not may_hold(text):
        return Redacted(text, _UNCHANGED)
    found = sensitive_spans(text)
    if not found:
        return Redacted(text, _UNCHANGED)
    counts: Counter[str] = Counter()
    while found:
        counts.update(label for _, _, label in found)
        text = _replace(text, found)
        found = sensitive_spans(text)
    return Redacted(text, counts)


def may_hold(text: str) -> bool:
    """Return whether a text can contain anything to redact: a fast answer, true of few strings of an event."""
    return _POSSIBLE.search(text) is not None


def holds_card(text: str) -> bool:
    """Return whether an identifier (an event's id, source or subject) contains a card number."""
    return bool(card_spans(fold(text).text))


def sensitive_spans(text: str) -> list[tuple[int, int, str]]:
    """Find what `redact` replaces in its first pass: (start, end, placeholder without brackets), in order and without overlap."""
    folded = fold(text)
    view = folded.text
    if not _TRIGGER.search(view):
        return []
    found = []
    for finder in _FINDERS:
        spans = finder.spans(view)
        if not spans:
            continue
        found += [(*folded.original_span(*span), _label(finder.label, view, *span)) for span in spans]
        view = _cover(view, spans, finder.mark)
    return sorted(found)


def _cover(view: str, spans: list[Span], mark: str) -> str:
    """Hide what was found from the next finders, without changing any position."""
    pieces, done = [], 0
    for start, end in spans:
        pieces += [view[done:start], mark * (end - start)]
        done = end
    return "".join([*pieces, view[done:]])


def _label(label: str, view: str, start: int, end: int) -> str:
    # The digits of +49 151 ... may be those of a card; after a plus, a number of a numbering plan is a telephone number.
    if label == "CARD" and view[start - 1 : start] == "+" and is_international("+" + view[start:end]):
        return "PHONE"
    return label


def _replace(text: str, found: list[tuple[int, int, str]]) -> str:
    pieces, done = [], 0
    for start, end, label in found:
        pieces += [text[done:start], f"[{label}]"]
        done = end
    return "".join([*pieces, text[done:]])
