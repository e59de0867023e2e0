"""Identities of events and tickets: what their systems call them, without card numbers and personal data.

`docs/decisions/0013` says which numbers are taken for card numbers here, and why an identity is not redacted like a text.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from models.redaction import SensitiveKind, fold, is_card, sensitive_spans
from models.redaction.keep import KeepFormats, Place, near_card_word
from models.redaction.recognizers.card import card_spans
from models.requester import bare_requester
from stream.id_forms import IdForms, form_of

PREFIX = "id-"
"""Before a keyed hash that replaces a card number."""

CONTACT_PREFIX = "contact-"
"""Before a keyed hash that replaces an address, a telephone number or an account."""

LETTERS = 24
"""Length of the hash: 96 bits, written in 16 letters, since digits could again be taken for a number."""

SHORTEST = 13
"""Digits of the shortest card number that is looked for in an identity. Of shorter ones (Maestro, 12) hardly any is in use."""

LONGEST = 19

USUAL_LENGTH = 15
"""Digits of the shortest card number that is looked for behind zeros: many systems fill up their ids."""

FIELDS = {"id": "id", "subject": "subject", "into": "subject"}
"""Identities of an event, and what their forms are counted as: `into` names another ticket."""

_NUMBER = re.compile(rf"(?:^|[^a-p]){PREFIX}[a-p]{{{LETTERS}}}(?![a-p])")
_REPLACED = re.compile(rf"(?:{PREFIX}|{CONTACT_PREFIX})[a-p]{{{LETTERS}}}")
_ALPHABET = str.maketrans("0123456789abcdef", "abcdefghijklmnop")
_EDGE = " \t\r\n\0\ufeff\u200b\u00a0"

_SUSPECT = re.compile(
    r"[^!\"#$'*,\-./0-9:;?A-Z\[\]^_`a-z{|}~]"  # @, %, &, +, =, <, >, \, parentheses, spaces and what is not ASCII
    r"|[0-9](?:[\-./\\_,:;|*~']{0,3}[0-9]){12}"  # as many digits as a card number has
    r"|[A-Za-z]{2}[ -]?[0-9]{2}(?:[.-]{0,2}[A-Za-z0-9]){11}"  # the shape of an IBAN
    r"|[0-9]{3}([-.])[0-9]{3}\1[0-9]{4}"
    r"|(?i:tel|phone|mobile|sms|whats|callto|wa[./:_-])"
)
"""What an identity has in which something can be found."""

SUSPECT_PATTERNS = (
    r"[^!\"#$'*,\-./0-9:;?A-Z\[\]^_`a-z{|}~\n]",
    r"[0-9](?:[\-./\\_,:;|*~']{0,3}[0-9]){12}",
    "[A-Za-z]{2}[ -]?[0-9]{2}(?:[.-]{0,2}[A-Za-z0-9]){11}",
    r"[0-9]{3}-[0-9]{3}-[0-9]{4}|[0-9]{3}\.[0-9]{3}\.[0-9]{4}",
    "(?i:tel|phone|mobile|sms|whats|callto|wa[./:_-])",
)
"""The same for `LinearPattern`, for identities of visible ASCII on a line each."""

_NUMBERED = re.compile(
    r"(?!(?i:tel|phone|mobile|sms|whats|callto|wa))(?:[A-Za-z]*[#_.:/-])?([0-9]{13,19})(?:[:._/-][A-Za-z._]*)?"
)
"""A number as most systems write their ids, in which nothing but a card number can be found."""

_ENCODED = re.compile(r"[0-9]\s*(?:<[/!a-zA-Z][^<>]*>|=[0-9A-Fa-f]{2}|&#?\w+;|\\[ux])")
"""Digits and then markup, quoted-printable or an escape, which the recognizer of cards alone does not decode."""

_UUID = re.compile(r"(?i)(?<![0-9a-z])[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}(?![0-9a-z])")
_ADDRESS = re.compile(r"[^\s@<>,;:/?=&]+@(?:[\w-]+\.)+(?:xn--[a-z0-9-]{2,59}|[^\W\d_]{2,24})")
_BEFORE_ADDRESS = re.compile(r"(?i).*(?:[/=?&:]|%2f|%3d|%3a|%26)(?=[^/=?&:]*(?:@|%40))", re.DOTALL)
"""What an address in a URL or a path follows, although `/` and `=` are allowed in it."""

_SCHEME = re.compile(r"(?:mailto|tel|sms|whatsapp|sip|callto)(?::|%3a)(?://)?$", re.IGNORECASE)

_CONTACTS = frozenset({SensitiveKind.EMAIL, SensitiveKind.PHONE, SensitiveKind.IBAN, SensitiveKind.UPI})


@dataclass(frozen=True, slots=True)
class SensitivePart:
    """The characters [start, end) of an identity that must not be stored. `plain` is the same for all writings of it."""

    start: int
    end: int
    plain: str
    card: bool


class Identities:
    """Makes identities storable. The same text always gives the same identity, so that a ticket is one ticket on every way."""

    def __init__(
        self, key: bytes, patterns: Iterable[str] = (), numeric: Iterable[str] = (), keep: KeepFormats | None = None
    ) -> None:
        """Take the key, which requesters are hashed with, too, and what is declared: forms of ids, and sources of numeric ids.

        `forms` is what is known of sources that are not declared. `observe`, where it is set, receives every id and subject: source,
        field, text, and as it is stored.
        """
        self.key = key
        self.forms = IdForms()
        self.observe: Callable[[str, str, str, str], None] | None = None
        self._patterns = [re.compile(pattern) for pattern in patterns]
        self._numeric = frozenset(numeric)
        self._keep = keep or KeepFormats({})

    def stored(self, text: str, name: str, source: str) -> str:
        """Return an event's `id`, `subject` or `into` as it is stored; `source` is the event's, as it is stored."""
        found = text if _SUSPECT.search(text) is None else self._kept(text, FIELDS[name], source)
        if self.observe is not None:
            self.observe(source, FIELDS[name], text, found)
        return found

    def storable(self, text: str) -> str:
        """Replace card numbers, addresses, telephone numbers and IBANs by keyed hashes, whatever is known of their source."""
        if self._is_declared(text):
            return text
        return self._replaced(text, sensitive_parts(text))

    def hidden(self, text: str) -> str | None:
        """Return the hash that an identity which is stored as it is had before its form was known; None where it had none."""
        if _SUSPECT.search(text) is None:
            return None
        hashed = self._replaced(text, sensitive_parts(text))
        return None if hashed == text else hashed

    def digest(self, content: bytes) -> str:
        """Return the HMAC-SHA-256 of what was received, in hexadecimal."""
        return hmac.new(self.key, b"content:" + content, hashlib.sha256).hexdigest()

    def _kept(self, text: str, field: str, source: str) -> str:
        if self._is_declared(text):
            return text
        parts = sensitive_parts(text)
        if any(part.card for part in parts) and self._is_number(text, field, source):
            parts = [part for part in parts if not part.card]
        if parts and self._keep:
            parts = self._undeclared(text, parts, Place(field, source))
        return self._replaced(text, parts)

    def _undeclared(self, text: str, parts: Sequence[SensitivePart], place: Place) -> list[SensitivePart]:
        others = []
        kept = self._keep.kept(text, place)
        for part in parts:
            name = next((name for (start, end), name in kept if start <= part.start and part.end <= end), None)
            if name is None:
                others.append(part)
            else:
                self._keep.counts[name] += 1
        return others

    def _is_declared(self, text: str) -> bool:
        return any(pattern.fullmatch(text) for pattern in self._patterns)

    def _is_number(self, text: str, field: str, source: str) -> bool:
        form = form_of(text)
        known = self.forms.has((source, field), form) or (form is not None and source in self._numeric)
        return known and not near_card_word(text, 0, len(text))

    def _replaced(self, text: str, parts: Iterable[SensitivePart]) -> str:
        pieces, done = [], 0
        for part in parts:
            pieces += [text[done : part.start], PREFIX if part.card else CONTACT_PREFIX, self._hash(part.plain)]
            done = part.end
        return "".join([*pieces, text[done:]])

    def _hash(self, plain: str) -> str:
        digest = hmac.new(self.key, b"identity:" + plain.encode("utf-8", "replace"), hashlib.sha256).hexdigest()
        return digest[:LETTERS].translate(_ALPHABET)


def sensitive_parts(text: str) -> list[SensitivePart]:
    """Find what an identity must not contain, in order and without overlap."""
    if _SUSPECT.search(text) is None:
        return []
    if numbered := _NUMBERED.fullmatch(text):
        start, end = numbered.span(1)
        # In fields of a fixed width, numbers are filled up with zeros.
        card = is_card(numbered[1]) or (len(bare := numbered[1].lstrip("0")) >= USUAL_LENGTH and is_card(bare))
        return [SensitivePart(start, end, numbered[1], card=True)] if card else []
    whole = bare_requester(text)
    if whole is not None and (whole.startswith("+") or _ADDRESS.fullmatch(whole)):
        # An address with its display name or scheme is one person, however it is written.
        return [SensitivePart(0, len(text), whole, card=False)]
    spans = sensitive_spans(text)
    # The data of a track are no identity, whatever they are written like: what follows the number is as secret as the number.
    is_track = any(kind == SensitiveKind.TRACK for _, _, kind in spans)
    sentence = is_track or len(text.split()) > 1 or text != text.strip()
    kinds = _CONTACTS | {SensitiveKind.CARD} if _ENCODED.search(text) else _CONTACTS
    found = [_part(text, start, end, kind) for start, end, kind in spans if sentence or kind in kinds]
    if not sentence:
        covered = [(part.start, part.end) for part in found]
        found += [
            part for part in _cards(text) if all(part.end <= start or end <= part.start for start, end in covered)
        ]
    return sorted(found, key=lambda part: part.start)


def is_replaced(identity: str) -> bool:
    """Return whether a part of an identity was replaced by a hash."""
    return _REPLACED.search(identity) is not None


def has_replaced_number(identity: str) -> bool:
    """Return whether a number that looks like a card's was replaced by a hash."""
    return _NUMBER.search(identity) is not None


def plain_identity(value: Any) -> Any:
    """Return the text of an identity as sent: numbers as digits, without spaces around it and without control characters.

    Values of other kinds are returned as they are; validation refuses them.
    """
    if isinstance(value, float) and value.is_integer():
        value = int(value)  # Spreadsheets and data frames write ticket 5158 as 5158.0.
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if not isinstance(value, str):
        return value
    text = value.strip(_EDGE)
    return text if text.isprintable() else "".join(map(_visible, text)).strip()


def _visible(character: str) -> str:
    if character.isspace():
        return " "
    return "\ufffd" if unicodedata.category(character) in {"Cc", "Cf", "Cs"} else character


def _part(text: str, start: int, end: int, kind: str) -> SensitivePart:
    """Make a part of what redaction found: in a sentence, or of a contact."""
    contact = kind in (SensitiveKind.EMAIL, SensitiveKind.PHONE)
    if contact and (scheme := _SCHEME.search(text, max(0, start - 16), start)):
        return SensitivePart(scheme.start(), end, _contact(text[start:end]), card=False)
    if kind == SensitiveKind.EMAIL and (before := _BEFORE_ADDRESS.match(text, start, end)):
        return _part(text, before.end(), end, kind)
    if contact:
        return SensitivePart(start, end, _contact(text[start:end]), card=False)
    return SensitivePart(start, end, _letters_and_digits(fold(text[start:end]).text), card=kind == SensitiveKind.CARD)


def _contact(part: str) -> str:
    view = fold(part).text
    return bare_requester(view) or view.casefold()


def _letters_and_digits(view: str) -> str:
    # Only letters and digits count: the same number is one identity, however it is spaced.
    return "".join(filter(str.isalnum, view)).lower()


def _cards(text: str) -> Iterator[SensitivePart]:
    """Find card numbers of 13 to 19 digits in a text without spaces; longer numbers and UUIDs are ids."""
    folded = fold(text)
    view = _UUID.sub(lambda found: "x" * len(found.group()), folded.text)
    for start, end in card_spans(view):
        plain = _letters_and_digits(view[start:end])
        if len(plain) < SHORTEST or (len(plain.lstrip("0")) > LONGEST and view[start:end].isdigit()):
            continue
        yield SensitivePart(*folded.original_span(start, end), plain, card=True)
