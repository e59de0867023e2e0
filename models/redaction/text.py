"""The redaction of one text: every finder in turn over its folded form, the original kept all around."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from models.redaction.authentication import CARD_MARK, EXPIRY_MARK, expiry_spans, security_code_spans
from models.redaction.card import card_spans
from models.redaction.email import email_spans
from models.redaction.folding import fold
from models.redaction.iban import iban_spans
from models.redaction.phone import is_international, phone_spans

Span = tuple[int, int]

_OTHER_MARK = "\ue002"
_TRIGGER = re.compile(r"[0-9@]")


@dataclass(frozen=True, slots=True)
class Redacted:
    """A text that may be kept; `counts` says how often each placeholder (without brackets) was put in."""

    text: str
    counts: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Finder:
    label: str
    mark: str
    spans: Callable[[str], list[Span]]


# The order decides what a text that could be two things becomes. Addresses and accounts come before cards
# because they may hold a card's digits; expiry and security code after, because a card must be near;
# telephones take the rest.
_FINDERS = (
    _Finder("EMAIL", _OTHER_MARK, email_spans),
    _Finder("IBAN", _OTHER_MARK, iban_spans),
    _Finder("CARD", CARD_MARK, card_spans),
    _Finder("EXPIRY", EXPIRY_MARK, expiry_spans),
    _Finder("CVV", _OTHER_MARK, security_code_spans),
    _Finder("PHONE", _OTHER_MARK, phone_spans),
)


def redact(text: str) -> Redacted:
    """Replace cards, their expiry and security codes, IBANs, e-mail addresses and telephone numbers.

    Idempotent: the text is gone over until nothing more is found, since what a placeholder replaces can
    uncover a neighbour. A text without a digit and without @ comes back as it is.
    """
    counts: Counter[str] = Counter()
    while found := _find(text):
        counts.update(label for _, _, label in found)
        text = _replace(text, found)
    return Redacted(text, counts)


def holds_card(text: str) -> bool:
    """Tell whether an identifier (an event's id, source or subject) holds a card number."""
    return bool(card_spans(fold(text).text))


def _find(text: str) -> list[tuple[int, int, str]]:
    """Places in the original with what stands there, in order and without overlap."""
    folded = fold(text)
    view = folded.text
    if not _TRIGGER.search(view):
        return []
    found = []
    for finder in _FINDERS:
        spans = finder.spans(view)
        found += [(*folded.original_span(*span), _label(finder.label, view, *span)) for span in spans]
        view = _cover(view, spans, finder.mark)
    return sorted(found)


def _cover(view: str, spans: list[Span], mark: str) -> str:
    """Hide what was found from the finders to come, every place staying where it is."""
    parts, place = [], 0
    for start, end in spans:
        parts += [view[place:start], mark * (end - start)]
        place = end
    return "".join([*parts, view[place:]]) if spans else view


def _label(label: str, view: str, start: int, end: int) -> str:
    # +49 151 ... may pass as a card by its digits; after a plus, what a numbering plan knows is none.
    if label == "CARD" and view[start - 1 : start] == "+" and is_international("+" + view[start:end]):
        return "PHONE"
    return label


def _replace(text: str, found: list[tuple[int, int, str]]) -> str:
    parts, place = [], 0
    for start, end, label in found:
        parts += [text[place:start], f"[{label}]"]
        place = end
    return "".join([*parts, text[place:]])
