"""Signs: what a text has at least where something of a kind is found in it, so that most recognizers need not search most texts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from itertools import chain

from models.redaction.hints import NONE, hint_patterns, hinted_kinds, hinted_near
from models.redaction.kinds import SensitiveKind
from models.redaction.linear_pattern import LinearPattern
from models.redaction.marks import CARD_MARK, EXPIRY_MARK
from models.redaction.recognizers.card import has_run
from models.redaction.recognizers.digit_words import has_number_words, number_row_pattern
from models.redaction.recognizers.doubtful_card import has_doubtful_shape
from models.redaction.recognizers.iban import IBAN_PATTERN, may_hold_iban
from models.redaction.recognizers.lowering import SignText
from models.redaction.recognizers.national_id import national_id_patterns
from models.redaction.recognizers.phone import CANDIDATE, may_hold_phone
from models.redaction.vocabulary import vocabulary

NEAR_CARD = frozenset((SensitiveKind.TRACK, SensitiveKind.EXPIRY, SensitiveKind.CVV))
"""Kinds that are found next to a card without a sign or word of their own."""

_NO_DIGITS = bytes(code for code in range(256) if chr(code) not in "0123456789")
_OTHER = frozenset({"other"})
"""The label of words that announce nothing."""

_LONG = r"[0-9a-z_\-.~+/=$:@%]"
_MIXED = "|".join(f"[a-z]{{{letters}}}[0-9][0-9a-z]{{{7 - letters}}}" for letters in range(8))
_LIKE_KEY = LinearPattern(rf"[_@=]|[a-z]{{25}}|{_MIXED}")
"""What is in every key and in few other long words: 25 letters in a row, or eight letters and digits."""

_PAIR = r"[0-9a-f]{2}[:\-]"
_QUAD = "[0-9a-f]{4}"
_DOT = r"(?:\.|\[\.\]|\(\.\)|\[dot\])"
_IP = (
    rf"[0-9]{{1,3}}(?:{_DOT}[0-9]{{1,3}}){{3}}",
    r"(?:[23][0-9a-f]{3}|f[cd][0-9a-f]{2}|fe[89ab][0-9a-f]|ff[0-9a-f]{2}):[0-9a-f]{0,4}:|::ffff:|64:ff9b:",
)
_DEVICE = (rf"{_PAIR}{_PAIR}{_PAIR}", rf"{_QUAD}\.{_QUAD}\.{_QUAD}", "[0-9]{2}-[0-9]{6}-[0-9]{6}-[0-9]")
_DEVICE_ID = LinearPattern(
    r"[0-9](?:[:\-.]?[0-9a-z]){5}|[0-9a-z][:\-.][0-9a-z]{2}[:\-.][0-9a-z][0-9]|[0-9a-z]{6}[0-9]|[0-9](?:[ \-/.]{0,2}[0-9]){13}"
)
"""What every id of a device has; words that announce one are in many other texts."""

_SPOKEN = "(?:zero|oh|one|two|three|four|five|six|seven|eight|nine)"
_HINTED = {
    SensitiveKind.DEVICE: _DEVICE_ID,
    SensitiveKind.CVV: LinearPattern(
        r"(?:^|[^0-9])[0-9](?:[0-9]{2,3}|(?:[ .\-][0-9]){2,3})(?:[^0-9]|$)", rf"{_SPOKEN}[ ,\-]{{1,2}}{_SPOKEN}[ ,\-]"
    ),
    SensitiveKind.PIN: LinearPattern(r"[0-9]{4}|[0-9](?:[ .\-][0-9]){3}"),
    SensitiveKind.CODE: LinearPattern(
        r"[0-9][0-9a-z]{2}|[a-z][0-9][0-9a-z]|[a-z]{2}[0-9]|[0-9](?:[ .\-][0-9]){3}|[0-9]{2}[ \-][0-9]{2}"
    ),
}
"""What is announced by hints that are in many texts: the shape of a code."""

_ACCOUNT = (
    r"(?:^|[^a-z])ag(?:[eê]ncia)?(?:[^a-z]|$)",  # a branch in Brazil
    "[a-z]{4}[ -]?0[ -]?[a-z0-9]{6}",  # a bank in India
)
_LONG_ACCOUNT = r"(?:[0-9][ \t\n\-./]{0,5}){19}[0-9]"
"""Accounts of Spain and Argentina."""

_CARD_RUN = r"[0-9](?:[^0-9a-wyz\u00c0-\u024f\u0400-\u052f]*[0-9]){11}"
_LIKE_DIGIT, _GAP = "[0-9oli|qdbszgta&]", r"[\s\-./_]{0,3}"
_LIKE_CARD = (
    rf"(?:^|[^a-z0-9])[0-9]{_LIKE_DIGIT}{{3}}{_GAP}(?:{_LIKE_DIGIT}{{4}}{_GAP}{_LIKE_DIGIT}{{4}}{_GAP}{_LIKE_DIGIT}{{4}}|{_LIKE_DIGIT}{{6}}{_GAP}{_LIKE_DIGIT}{{5}})",
)
_DIVIDED_CARD = (
    "[0-9]{4}[^0-9]{1,48}[0-9]{4,6}[^0-9]{1,48}[0-9]{4}",
    "1[^0-9a-z]{1,12}[0-9]{4,6}[^0-9]{1,40}2[^0-9a-z]{1,12}[0-9]",
)
_KNOWN_CARD = rf"\[(?:card|expiry|track)\]|[{CARD_MARK}{EXPIRY_MARK}]"


_Confirmation = Callable[[str, SignText, int], bool]
"""Of a text, the text as signs are looked for in it, and its number of digits."""


@dataclass(frozen=True, slots=True)
class _Sign:
    """Something of one of the kinds is in a text only where one of the patterns occurs in it, or a hint of that kind.

    digits: how many digits such a text has at least. patterns: for a text in lower case, if `flat` without the accents of letters.
    confirmed: whether a text in which the pattern occurs has the sign indeed.
    """

    kinds: frozenset[SensitiveKind]
    patterns: tuple[str, ...]
    occurs_in: Callable[[str], bool]
    digits: int = 0
    flat: bool = False
    confirmed: _Confirmation | None = None


def _sign(
    kinds: Iterable[SensitiveKind],
    patterns: Iterable[str],
    *,
    digits: int = 0,
    flat: bool = False,
    confirmed: _Confirmation | None = None,
) -> _Sign:
    pattern = LinearPattern(*patterns)
    return _Sign(frozenset(kinds), pattern.alternatives, pattern.occurs_in, digits, flat, confirmed)


def _is_like_key(_text: str, signs: SignText, _digits: int) -> bool:
    return _LIKE_KEY.occurs_in(signs.lower)


@dataclass(frozen=True, slots=True)
class _Group:
    """Signs that are looked for in one pass first, in texts with so many digits.

    Together they are one pattern whose automaton stays small: patterns that count characters multiply the states of others.
    """

    signs: tuple[_Sign, ...]
    occurs_in: Callable[[str], bool]
    digits: int
    flat: bool

    def kinds(self, text: str, signs: SignText, digits: int) -> Iterator[frozenset[SensitiveKind]]:
        """Yield the kinds whose signs are in a text with so many digits."""
        searched = signs.flat if self.flat else signs.lower
        for one in self.signs:
            is_in = digits >= one.digits and one.occurs_in(searched)
            if is_in and (one.confirmed is None or one.confirmed(text, signs, digits)):
                yield one.kinds


def _group(*signs: _Sign) -> _Group:
    pattern = LinearPattern(*chain.from_iterable(one.patterns for one in signs))
    return _Group(signs, pattern.occurs_in, min(one.digits for one in signs), signs[0].flat)


def _groups(*, with_digit: bool) -> tuple[_Group, ...]:
    of, kind = _sign, SensitiveKind
    signs = (
        of([kind.EMAIL, kind.UPI], ["@"]),
        of([kind.PASSWORD], ["://"]),
        of([kind.TOKEN], ["="]),
        of([kind.TOKEN], [rf"{_LONG}{{16}}"], confirmed=_is_like_key),
        of([kind.CRYPTO], [rf"{_LONG}{{25}}"], confirmed=_is_like_key),
        of([kind.TRACK], [r"\^|=|[0-9]{15}[ \"']?d"]),
        of(NEAR_CARD, [_KNOWN_CARD]),
    )
    spelled = of(
        [kind.CARD, kind.CVV], [number_row_pattern()], flat=True, confirmed=lambda text, *_: has_number_words(text)
    )
    if not with_digit:
        return _group(*signs), _group(spelled)
    id_forms, id_words = national_id_patterns()
    short = (
        of([kind.IP], _IP),
        of([kind.DEVICE], _DEVICE),
        of([kind.NATIONAL_ID], id_forms, digits=4),
        of([kind.ACCOUNT], _ACCOUNT, digits=4),
        of([kind.CARD], _LIKE_CARD, confirmed=lambda text, _, digits: has_doubtful_shape(text, 0, digits)),
    )
    long = (
        of(
            [kind.PHONE], CANDIDATE.alternatives, digits=7, confirmed=lambda text, signs, _: may_hold_phone(text, signs)
        ),
        of([kind.CARD], [_CARD_RUN], digits=12, confirmed=lambda text, *_: has_run(text, 0)),
        of(
            [kind.CARD], _DIVIDED_CARD, digits=12, confirmed=lambda text, _, digits: has_doubtful_shape(text, 0, digits)
        ),
        of([kind.ACCOUNT], [_LONG_ACCOUNT], digits=20),
    )
    words = (
        of([kind.NATIONAL_ID], id_words, digits=4, flat=True),
        of([kind.ACCOUNT], vocabulary("account").signs(_OTHER), digits=4, flat=True),
    )
    iban = of([kind.IBAN], [IBAN_PATTERN], digits=2, confirmed=lambda _, signs, __: may_hold_iban(signs))
    return _group(*signs, *short), _group(*words, spelled), _group(*long), _group(iban)


@dataclass(frozen=True, slots=True)
class _Searches:
    """What is looked for in a text with digits, or in one without."""

    hints: Callable[[str], bool]
    groups: tuple[_Group, ...]


@cache
def _searches(with_digit: bool) -> _Searches:  # noqa: FBT001 (a keyword would double the time of a call)
    hints = LinearPattern(*hint_patterns(with_digit=with_digit)).occurs_in
    return _Searches(hints, _groups(with_digit=with_digit))


def signed_kinds(text: str, signs: SignText) -> frozenset[SensitiveKind]:
    """Return the kinds of which a text as recognizers read it has signs; `signs` is the text as signs are looked for in it.

    No recognizer of another kind finds anything in the text. Raises `UnicodeEncodeError` for half a surrogate pair.
    """
    lower, flat = signs
    digits = lower.encode().translate(None, _NO_DIGITS)
    number, kinds = len(digits), NONE
    searches = _searches(number > 0)
    if searches.hints(lower):
        kinds = _hinted(text, lower, digits)
    for group in searches.groups:
        if number >= group.digits and group.occurs_in(flat if group.flat else lower):
            kinds = kinds.union(*group.kinds(text, signs, number))
    return kinds


def _hinted(text: str, lower: str, digits: bytes) -> frozenset[SensitiveKind]:
    kinds = hinted_kinds(text, with_digit=False)
    if digits:
        kinds |= hinted_near(text, digits)
        kinds -= {one for one, shape in _HINTED.items() if one in kinds and not shape.occurs_in(lower)}
    return kinds
