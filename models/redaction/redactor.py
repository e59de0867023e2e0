"""The redaction of one text: each recognizer in turn searches its view, and what is found is replaced in the original."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache, partial, update_wrapper

from models.redaction.blobs import blobs
from models.redaction.hints import NONE, needs_no_digit
from models.redaction.keep import ANYWHERE, KeepFormats, Place
from models.redaction.kinds import SensitiveKind
from models.redaction.marks import CARD_MARK, OTHER_MARK
from models.redaction.numbering import DEFAULT_REGIONS
from models.redaction.ordinary import possible_kinds
from models.redaction.recognizers import RECOGNIZERS, Recognizer
from models.redaction.recognizers.card import card_spans
from models.redaction.recognizers.lowering import sign_text
from models.redaction.settings import RedactionSettings
from models.redaction.signs import NEAR_CARD, signed_kinds
from models.redaction.span import cover, cover_each
from models.redaction.view import View, views

_TRIGGER = re.compile(r"[0-9@]")
_POSSIBLE = re.compile(
    "[0-9@\x80-\xbf\u0250-\u036f\u0600-\u200f\u202a-\u209f\u20c0-\u303f\u3100-\u4dff\ua000-\uabff\ud7b0-\U0010ffff]"
)
"""What may fold to a digit or to @: not the letters of Latin, Greek, Cyrillic, Hebrew, Japanese, Chinese and Korean, nor dashes."""

_WITH_NAMES = frozenset({"", "title", "body"})
"""Fields in which people write; a region or a channel has the name of nobody."""

DOUBTFUL = "DOUBTFUL"
"""Key under which replacements are counted that could also be something else."""

_MARKS = dict.fromkeys(SensitiveKind, OTHER_MARK) | {one.kind: one.mark for one in RECOGNIZERS}
_DEEPEST = 2
"""Encodings of whole texts within each other that are read."""

_SOUGHT_IN_BLOBS = frozenset((SensitiveKind.CARD, SensitiveKind.TRACK))
_SOUGHT_IN_RAW = frozenset((SensitiveKind.CARD, SensitiveKind.TRACK, SensitiveKind.IBAN))
"""What is looked for where escapes are not read: what has check digits. Words in such a text are cut by escapes, and mislead."""

_NOT_IN_OPAQUE = frozenset((SensitiveKind.ACCOUNT, SensitiveKind.NATIONAL_ID, SensitiveKind.PHONE, SensitiveKind.IBAN))
_OPAQUE = re.compile(
    r"(?<![0-9A-Za-z])(?:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{32}|[0-9a-f]{40}|[0-9a-f]{64})(?![0-9A-Za-z])",
    re.IGNORECASE,
)
"""UUIDs (RFC 9562) and hashes: what they contain by chance is no number of a person."""

_GIVING_MEANING = frozenset((SensitiveKind.CARD, SensitiveKind.TRACK, SensitiveKind.EXPIRY))

_UNCHANGED: Mapping[str, int] = {}


MOST_PASSES = 16
"""How often a text is searched: a recognizer that took a placeholder for something would never end. Two or three passes are usual."""


@dataclass(frozen=True, slots=True)
class Redacted:
    """A text that may be stored; `counts` has the number of each placeholder (without brackets)."""

    text: str
    counts: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, order=True)
class SensitiveFinding:
    """What redaction replaces: the characters [start, end) of a text, what they are, and why they were taken for it.

    `doubtful` is whether they could also be something else.
    """

    start: int
    end: int
    kind: SensitiveKind
    reason: str = ""
    doubtful: bool = False


class Redactor:
    """Replaces what is sensitive in texts by placeholders, as the settings say."""

    def __init__(self, settings: RedactionSettings | None = None) -> None:
        """Take what operators set; without it, every kind is looked for."""
        self.settings = settings or RedactionSettings()
        self.keep = KeepFormats(self.settings.keep)
        self.doubtful = 0
        """How many replacements so far could also be something else."""

        used = (one for one in RECOGNIZERS if one.kind not in self.settings.off)
        self._recognizers = tuple(_with_regions(one, self.settings.regions or DEFAULT_REGIONS) for one in used)
        self._names = _name_recognizers(self.settings)

    def looks_for_names(self, place: Place = ANYWHERE) -> bool:
        """Return whether texts at a place are searched for names and addresses, which a text of ordinary words can hold."""
        return bool(self._names) and place.field in _WITH_NAMES

    def may_hold(self, text: str, place: Place = ANYWHERE) -> bool:
        """Return whether a text can contain anything that this redactor replaces: a fast answer, true of few strings of an event."""
        return may_hold(text) or self.looks_for_names(place)

    def redact(self, text: str, place: Place = ANYWHERE) -> Redacted:
        """Replace what is sensitive by `[KIND]`, but for ids that are declared to be kept at that place; these are counted.

        Idempotent: the search is repeated until nothing more is found, since a placeholder can reveal what is next to
        it. An ordinary text is returned unchanged.
        """
        possible = self._possible(text, place)
        if possible == NONE:
            return Redacted(text, _UNCHANGED)
        found = self._found(text, place, possible)
        if self.keep:
            kept = self.keep.kept(text, place)
            self.keep.counts.update(name for (start, end), name in kept if strict_redactor().findings(text[start:end]))
        if not found:
            return Redacted(text, _UNCHANGED)
        counts: Counter[str] = Counter()
        passes = 0
        while found and passes < MOST_PASSES:
            passes += 1
            counts.update(one.kind.value for one in found)
            counts.update(DOUBTFUL for one in found if one.doubtful)
            text = replaced(text, found)
            found = self.quick_findings(text, place)
        self.doubtful += counts[DOUBTFUL]
        return Redacted(text, counts)

    def quick_findings(self, text: str, place: Place = ANYWHERE) -> list[SensitiveFinding]:
        """Find what is replaced in one pass of `redact`, with as few recognizers as the text's signs and words allow."""
        return self._found(text, place, self._possible(text, place))

    def _possible(self, text: str, place: Place) -> frozenset[SensitiveKind] | None:
        """Return the kinds that a text's signs and words suggest; None where every kind may be found."""
        if self.looks_for_names(place):
            return None
        kinds = possible_kinds(text)
        return NONE if kinds is None and not may_hold(text) else kinds

    def _found(self, text: str, place: Place, possible: frozenset[SensitiveKind] | None) -> list[SensitiveFinding]:
        """Find what is in a text, with as few recognizers as is sure to be enough."""
        if possible == NONE:
            return []
        # A format to keep hides what is next to it from some recognizers.
        if possible is None or self.keep:
            return self.findings(text, place)
        return sorted(self._searched(View(text), text, possible))

    def findings(self, text: str, place: Place = ANYWHERE) -> list[SensitiveFinding]:
        """Find what `redact` replaces in its first pass, in order and without overlap."""
        hidden = self.keep.hidden(text, place)
        found = self._findings(hidden, _DEEPEST)
        if not self.looks_for_names(place):
            return found
        # Names come last, in the readable view alone: a pipeline takes longer than all recognizers together.
        view = views(hidden)[0]
        covered = cover_each(view.text, [(*view.span_in_view(one.start, one.end), _MARKS[one.kind]) for one in found])
        return sorted([*found, *_searched(view, covered, self._names)])

    def _findings(self, text: str, levels: int) -> list[SensitiveFinding]:
        found: list[SensitiveFinding] = []
        for view in views(text):
            found += self._found_in(view, found, levels)
        return sorted(found)

    def _found_in(self, view: View, before: list[SensitiveFinding], levels: int) -> list[SensitiveFinding]:
        """Find what is in one view and was not found in the views before."""
        text = view.text
        if not _TRIGGER.search(text) and not needs_no_digit(text):
            return []
        if before:
            covered = [(*view.span_in_view(one.start, one.end), _MARKS[one.kind]) for one in sorted(before)]
            text = cover_each(text, covered)
        found = self._encoded(view, text, levels) if levels else []
        if found:
            text = cover_each(text, [(*view.span_in_view(one.start, one.end), CARD_MARK) for one in found])
        signs = sign_text(text)
        kinds = None if signs is None else signed_kinds(text, signs)
        if view.raw:
            kinds = _SOUGHT_IN_RAW if kinds is None else kinds & _SOUGHT_IN_RAW
        return found + self._searched(view, text, kinds)

    def _searched(self, view: View, text: str, kinds: frozenset[SensitiveKind] | None) -> list[SensitiveFinding]:
        """Search a view, of which `text` is what is not covered, for some kinds; for all if they are None."""
        found = _searched(view, text, self._of(kinds))
        if kinds is None or view.raw or kinds >= NEAR_CARD or not any(one.kind in _GIVING_MEANING for one in found):
            return found
        # Next to a card, numbers have a meaning that no sign or word of theirs suggests.
        return _searched(view, text, self._of(kinds | NEAR_CARD))

    def _of(self, kinds: frozenset[SensitiveKind] | None) -> list[Recognizer]:
        return [one for one in self._recognizers if kinds is None or one.kind in kinds]

    def _encoded(self, view: View, text: str, levels: int) -> list[SensitiveFinding]:
        """Find blobs that are an encoded text with a card number."""
        found: list[SensitiveFinding] = []
        for blob in blobs(text):
            start, end = view.original_span(blob.start, blob.end)
            if found and start < found[-1].end:
                continue
            if any(one.kind in _SOUGHT_IN_BLOBS for one in self._findings(blob.decoded, levels - 1)):
                found.append(SensitiveFinding(start, end, SensitiveKind.CARD, "encoded text with a card number"))
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
    return _POSSIBLE.search(text) is not None or needs_no_digit(text)


def holds_card(text: str) -> bool:
    """Return whether an identifier (an event's id, source or subject) contains a card number."""
    return any(card_spans(view.text) for view in views(text))


def _searched(view: View, text: str, recognizers: Iterable[Recognizer]) -> list[SensitiveFinding]:
    """Search a view, of which `text` is what is not covered, with each recognizer in turn."""
    found: list[SensitiveFinding] = []
    opaque = [match.span() for match in _OPAQUE.finditer(text) if not match[0].isdigit()]
    for recognizer in recognizers:
        hidden = opaque and recognizer.kind in _NOT_IN_OPAQUE
        spans = recognizer.spans(cover(text, opaque, OTHER_MARK) if hidden else text)
        if not spans:
            continue
        reason = recognizer.spans.__name__.removesuffix("_spans").replace("_", " ")
        found += (
            SensitiveFinding(*view.original_span(*span), recognizer.kind, reason, recognizer.doubtful) for span in spans
        )
        text = cover(text, spans, recognizer.mark)
    return found


def _name_recognizers(settings: RedactionSettings) -> tuple[Recognizer, ...]:
    if settings.names_model is None:
        return ()
    # Presidio takes seconds to import, and most installations do not have it.
    from models.redaction.names import name_recognizers

    return tuple(one for one in name_recognizers(settings.names_model) if one.kind not in settings.off)


def _with_regions(recognizer: Recognizer, regions: tuple[str, ...]) -> Recognizer:
    if recognizer.kind is not SensitiveKind.PHONE:
        return recognizer
    return replace(recognizer, spans=update_wrapper(partial(recognizer.spans, regions=regions), recognizer.spans))


def replaced(text: str, found: Iterable[SensitiveFinding]) -> str:
    """Put `[KIND]` in the place of what was found in a text, which is in order and without overlap."""
    pieces, done = [], 0
    for one in found:
        pieces += [text[done : one.start], f"[{one.kind.value}]"]
        done = one.end
    return "".join([*pieces, text[done:]])
