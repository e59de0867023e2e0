"""The redaction of one text: each recognizer in turn searches its view, and what is found is replaced in the original."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache

from models.redaction.hints import has_hint
from models.redaction.keep import ANYWHERE, KeepFormats, Place
from models.redaction.kinds import SensitiveKind
from models.redaction.ordinary import is_ordinary
from models.redaction.recognizers import RECOGNIZERS
from models.redaction.recognizers.card import card_spans
from models.redaction.recognizers.phone import is_international
from models.redaction.settings import RedactionSettings
from models.redaction.span import cover
from models.redaction.view import fold

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


@dataclass(frozen=True, slots=True, order=True)
class SensitiveFinding:
    """What redaction replaces: the characters [start, end) of a text, what they are, and why they were taken for it."""

    start: int
    end: int
    kind: SensitiveKind
    reason: str = ""


class Redactor:
    """Replaces what is sensitive in texts by placeholders, as the settings say."""

    def __init__(self, settings: RedactionSettings | None = None) -> None:
        """Take what operators set; without it, every kind is looked for."""
        self.settings = settings or RedactionSettings()
        self.keep = KeepFormats(self.settings.keep)
        self._recognizers = tuple(one for one in RECOGNIZERS if one.kind not in self.settings.off)

    def redact(self, text: str, place: Place = ANYWHERE) -> Redacted:
        """Replace what is sensitive by `[KIND]`, but for ids that are declared to be kept at that place; these are counted.

        Idempotent: the search is repeated until nothing more is found, since a placeholder can reveal what is next to
        it. An ordinary text is returned unchanged.
        """
        if is_ordinary(text) or not may_hold(text):
            return Redacted(text, _UNCHANGED)
        found = self.findings(text, place)
        if self.keep:
            kept = self.keep.kept(text, place)
            self.keep.counts.update(name for (start, end), name in kept if strict_redactor().findings(text[start:end]))
        if not found:
            return Redacted(text, _UNCHANGED)
        counts: Counter[str] = Counter()
        while found:
            counts.update(one.kind.value for one in found)
            text = _replace(text, found)
            found = self.findings(text, place)
        return Redacted(text, counts)

    def findings(self, text: str, place: Place = ANYWHERE) -> list[SensitiveFinding]:
        """Find what `redact` replaces in its first pass, in order and without overlap."""
        text = self.keep.hidden(text, place)
        folded = fold(text)
        view = folded.text
        if not _TRIGGER.search(view) and not has_hint(view, with_digit=False):
            return []
        found = []
        for recognizer in self._recognizers:
            spans = recognizer.spans(view)
            if not spans:
                continue
            found += [
                SensitiveFinding(
                    *folded.original_span(*span), _kind(recognizer.kind, view, *span), recognizer.kind.value.lower()
                )
                for span in spans
            ]
            view = cover(view, spans, recognizer.mark)
        return sorted(found)


@cache
def strict_redactor() -> Redactor:
    """Return the redactor that looks for every kind and keeps nothing: for messages, excerpts and logs."""
    return Redactor()


def redact(text: str) -> Redacted:
    """Replace everything that is sensitive, whatever operators set."""
    return strict_redactor().redact(text)


def sensitive_spans(text: str) -> list[tuple[int, int, str]]:
    """Find what `redact` replaces in its first pass: (start, end, placeholder without brackets), in order and without overlap."""
    return [(one.start, one.end, one.kind.value) for one in strict_redactor().findings(text)]


def may_hold(text: str) -> bool:
    """Return whether a text can contain anything to redact: a fast answer, true of few strings of an event."""
    return _POSSIBLE.search(text) is not None or has_hint(text, with_digit=False)


def holds_card(text: str) -> bool:
    """Return whether an identifier (an event's id, source or subject) contains a card number."""
    return bool(card_spans(fold(text).text))


def _kind(kind: SensitiveKind, view: str, start: int, end: int) -> SensitiveKind:
    # The digits of +49 151 ... may be those of a card; after a plus, a number of a numbering plan is a telephone number.
    if kind is SensitiveKind.CARD and view[start - 1 : start] == "+" and is_international("+" + view[start:end]):
        return SensitiveKind.PHONE
    return kind


def _replace(text: str, found: Iterable[SensitiveFinding]) -> str:
    pieces, done = [], 0
    for one in found:
        pieces += [text[done : one.start], f"[{one.kind.value}]"]
        done = one.end
    return "".join([*pieces, text[done:]])
