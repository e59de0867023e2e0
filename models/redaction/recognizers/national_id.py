"""National ids: identity, tax and social security numbers of persons, passports and licences."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import chain

from models.redaction.linear_pattern import LinearPattern, literal
from models.redaction.national_id_checks import passes
from models.redaction.recognizers.hint_words import near_digits
from models.redaction.recognizers.issuers import is_card
from models.redaction.recognizers.lowering import sign_text
from models.redaction.span import Span, longest
from models.redaction.vocabulary import Labels, before, forms, vocabulary

_FARTHEST_WORD = 4
_FEWEST_DIGITS, _MOST_CHARACTERS = 5, 20
_FEWEST_OF_CHECKED = 8
_DIGITS = re.compile(r"[0-9](?:[^0-9\n]{0,4}[0-9]){3}")
"""As many as in the shortest number with letters, the Indian PAN."""

_RUN = re.compile(r"[0-9](?:[ .\-/]{0,2}+[0-9])++")
_GROUP = re.compile(r"[0-9]+")
_PARTS = re.compile(r"[0-9]+|[^0-9]")
_ANNOUNCED = re.compile(
    r"(?<![A-Za-z0-9])(?:[A-Za-z]{1,6}[ \-]?)?[0-9](?:[ .\-/]{0,2}[0-9]|[A-Za-z](?=[0-9]))*"
    r"(?:[ \-/]?[A-Za-z](?![a-z]{2})[A-Za-z0-9]{0,2})?"
)
_TRAILING_WORD = re.compile(r" [A-Za-z]{1,3}\Z")
_LEADING_WORD = re.compile(r"(?:[a-z]+|[A-Z][a-z]+|[A-Za-z]{4,}) ")
_LETTERS = re.compile(r"[A-Za-z]+[ \-]?")
_DATE = re.compile(
    r"(?:19|20)[0-9]{2}[-/.][01]?[0-9][-/.][0-3]?[0-9]|[0-3]?[0-9][-/.][0-3]?[0-9][-/.](?:19|20)?[0-9]{2}"
)

_DECIMALS = re.compile(r"(?:[0-9]{1,6} )?[0-9]{1,6}\.[0-9]+(?: ?- ?[0-9]{1,6}\.[0-9]+| [0-9]{1,6})?")
"""A decimal number, also two of them, or one next to a whole number, as tables have them; ids have more dots or none."""

_SHARE = re.compile(r"(?:[0-9]{1,6} )?[01]\.[0-9]+(?: ?- ?[01]\.[0-9]+)?")
"""Decimal fractions, which have the check digit of an id by chance."""

_OMOCODE = "[0-9LMNPQRSTUV]"
"""Digits of the Italian code, which become letters where two persons would have the same one."""

_NINO = (
    r"[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z](?:[0-9]{6}|[ -][0-9]{2}[ -][0-9]{2}[ -][0-9]{2}[ -]?|[ -][0-9]{6}[ -])[A-D]"
)
_LETTERED = (
    (
        "it.codicefiscale",
        rf"(?i:[A-Z]{{3}} ?[A-Z]{{3}} ?{_OMOCODE}{{2}}[A-EHLMPRST]{_OMOCODE}{{2}} ?[A-Z]{_OMOCODE}{{3}} ?[A-Z])",
    ),
    ("mx.curp", r"(?i:[A-Z]{4}[0-9]{6}[HMX][A-Z]{5}[0-9A-Z][0-9])"),
    ("rfc", r"(?i:[A-ZÑ&]{4}-?[0-9]{6}-?[0-9A-Z]{3})"),
    ("es.nie", r"(?i:[XYZ]-?[0-9]{7}-?[A-Z])|[XYZ] [0-9]{7} [A-Z]"),
    ("es.dni", r"(?i:[0-9]{8}-?[A-Z])|[0-9]{8} [A-Z]|[0-9]{1,2}\.[0-9]{3}\.[0-9]{3}[- ]?[A-Z]"),
    ("in_.pan", r"(?i:[A-Z]{3}[ABCFGHJLPT][A-Z] ?[0-9]{4} ?[A-Z])"),
    ("always", rf"(?!(?i:BG|GB|NK|KN|TN|NT|ZZ))(?i:{_NINO})"),
    ("nric", r"(?i:[STFGM][0-9]{7}[A-Z])"),
    ("taiwan", r"(?i:[A-Z][1289][0-9]{8})"),
    ("hong_kong", r"(?i:[A-Z]{1,2}[0-9]{6}\([0-9A]\))"),
    ("fi.hetu", r"(?i:[0-9]{6}[-+ABCDEFUVWXY][0-9]{3}[0-9A-Y])"),
    ("pt.cc", r"(?i:[0-9]{8} ?[0-9] ?[A-Z]{2}[0-9])"),
    ("ie.pps", r"(?i:[0-9]{7}[A-W][A-IW]?)"),
    ("cl.rut", r"(?i:[0-9]{1,2}\.?[0-9]{3}\.?[0-9]{3}-K)"),
    ("china", r"(?i:[1-8][0-9]{16}X|[1-8][0-9]{5} [0-9]{8} [0-9]{3}X)"),
    ("br.cnpj", r"(?i:[0-9A-Z]{2}\.[0-9A-Z]{3}\.[0-9A-Z]{3}/[0-9A-Z]{4}-[0-9]{2})"),
    ("always", r"(?i:[VE]-[0-9]{1,2}\.?[0-9]{3}\.?[0-9]{3})"),
)
"""Numbers with letters: the check, and the form."""

_LETTERED_REACH = 24
"""More characters than are between a digit of a number with letters and its ends."""

_ANNOUNCED_REACH = 16
"""More characters than are between a digit of an announced number and its ends."""

_OTHER = frozenset({"other"})
"""Labels of the vocabulary that announce no id."""


@dataclass(frozen=True, slots=True)
class _Shapes:
    """Checks by the shape of digits, such as 3-2-4; and how shapes begin, so that most digits are passed over at their second group."""

    checks: dict[str, Sequence[str]]
    beginnings: frozenset[str]
    announced: Sequence[str]


def national_id_spans(view: str) -> list[Span]:
    """Find national ids in the view of a text.

    Numbers with letters and a check, and numbers that are written with the punctuation of their country, need no word near them. Others
    have to be announced; after a word that can mean something else they have to pass the check of its country.
    """
    if not _DIGITS.search(view):
        return []
    text, signs = sign_text(view), _signs()
    found: list[Span] = []
    if text is None or signs.lettered.occurs_in(text.lower):
        found += _lettered(view)
    if text is None or signs.written.occurs_in(text.lower):
        found += _written(view)
    if text is None or signs.announcing.occurs_in(text.flat):
        found += _announced(view)
    return longest(found)


def _lettered(view: str) -> Iterator[Span]:
    pattern, checks = _lettered_pattern()
    regions = near_digits(view, _LETTERED_REACH)
    for match in chain.from_iterable(pattern.finditer(view, *region) for region in regions):
        check = checks[match.lastgroup or ""]
        label = _label(view, match.start())
        # Four digits between letters in lower case, or six after two without spaces, are ids only where a word says so.
        plain = (check == "in_.pan" and not match[0].isupper()) or (check == "always" and match[0].isalnum())
        said = not plain or label in {"sure", check}
        if said and label != "other" and passes(check, match[0]):
            yield match.span()


@cache
def _lettered_pattern() -> tuple[re.Pattern[str], dict[str, str]]:
    named = {f"form{number}": one for number, one in enumerate(_LETTERED)}
    either = "|".join(f"(?P<{name}>{form})" for name, (_, form) in named.items())
    return re.compile(rf"(?<![A-Za-z0-9])(?<![A-Za-z0-9]-)(?:{either})(?![A-Za-z0-9]|-[A-Za-z0-9])"), {
        name: check for name, (check, _) in named.items()
    }


def _written(view: str) -> Iterator[Span]:
    shapes, known = _shapes(), dict[str, bool]()  # long texts repeat themselves
    for run in _RUN.finditer(view):
        if run.end() - run.start() < 9:
            continue
        groups = [group.span() for group in _GROUP.finditer(view, *run.span())]
        done = run.start()
        for first, (start, _) in enumerate(groups):
            if start < done:
                continue
            end = _end_of_shape(view, groups, first, shapes, known)
            if end is not None:
                yield start, end
                done = end


def _end_of_shape(view: str, groups: list[Span], first: int, shapes: _Shapes, known: dict[str, bool]) -> int | None:
    """Return the end of the number that begins with a group of digits and has a known shape; None if there is none.

    `known` are the numbers of the text whose checks were made.
    """
    start = groups[first][0]
    shape, found = "", None
    for at in range(first, len(groups)):
        left, right = groups[at]
        shape += (view[groups[at - 1][1] : left] if at > first else "") + str(right - left)
        if shape not in shapes.beginnings:
            break
        if shape in shapes.checks and _is_apart(view, start, right, shape):
            number = view[start:right]
            if number not in known:
                known[number] = _passes_any(shapes.checks[shape], number)
            found = right if known[number] else found
    if found is None or _label(view, start) == "other":
        return None
    return found


def _is_apart(view: str, start: int, end: int, shape: str) -> bool:
    """Return whether no letter is next to a number, and no digit behind a separator that the number itself contains."""
    inside = "".join(filter(lambda one: not one.isdigit(), shape)) or "-./"
    before_it, after_it = view[max(0, start - 2) : start], view[end : end + 2]
    return not (
        before_it[-1:].isalnum()
        or after_it[:1].isalnum()
        or (before_it[-1:] in inside and before_it[:1].isalnum() and len(before_it) == 2)
        or (after_it[:1] != "" and after_it[:1] in inside and after_it[1:].isalnum())
        or before_it[-1:] == "_"
    )


def _passes_any(checks: Sequence[str], number: str) -> bool:
    digits = "".join(filter(str.isdigit, number))
    # A card's digits are left to the recognizer of cards; a Chinese number contains a birth date and cannot be one by chance.
    if is_card(digits) and "china" not in checks:
        return False
    return any(passes(check, number) for check in checks)


def _announced(view: str) -> Iterator[Span]:
    known, regions = Labels(_label), near_digits(view, _ANNOUNCED_REACH)
    lengths: dict[tuple[str, str | None], int | None] = {}
    for match in chain.from_iterable(_ANNOUNCED.finditer(view, *region) for region in regions):
        if sum(map(str.isdigit, match[0])) < _FEWEST_DIGITS:
            continue
        start, end = match.span()
        leading = _LEADING_WORD.match(match[0])
        if leading:
            start += leading.end()
        trailing = _TRAILING_WORD.search(match[0])
        if trailing and (match[0][-1].islower() or len(trailing[0]) > 2):
            end -= len(trailing[0])
        label = known.at(view, start)
        glued = _LETTERS.match(view, start, end)
        if glued and label in {None, "other"}:
            # "Customer: OIB 70563419010": the letters before the digits may be the word that announces them.
            inner = known.at(view, glued.end())
            start, label = (glued.end(), inner) if inner is not None else (start, label)
        if label in {None, "other"}:
            continue
        number = view[start:end], label
        if number not in lengths:
            lengths[number] = _end_of_announced(number[0], 0, end - start, label)
        found = lengths[number]
        if found is not None:
            yield start, start + found


def _end_of_announced(view: str, start: int, end: int, label: str | None) -> int | None:
    """Return the end of an announced number: all of its groups, or those that pass a check where more digits follow."""
    if _DATE.fullmatch(view, start, end) or _SHARE.fullmatch(view, start, end):
        return None
    checks = _shapes().announced if label == "sure" else [label or ""]
    # "CPF 52998224725 12 days": what follows a space is part of the number only if the number does not pass without it.
    first = view.find(" ", start, end)
    for stop in (end, first) if first - start >= _FEWEST_OF_CHECKED else (end,):
        number = view[start:stop]
        if _FEWEST_OF_CHECKED <= len(number) <= _MOST_CHARACTERS + 6 and any(passes(check, number) for check in checks):
            return stop
    if label != "sure" or _DECIMALS.fullmatch(view, start, end):
        return None
    characters = sum(map(str.isalnum, view[start:end]))
    digits = "".join(filter(str.isdigit, view[start:end]))
    return end if characters <= _MOST_CHARACTERS and not (len(digits) >= 15 and is_card(digits)) else None


def _label(view: str, start: int) -> str | None:
    word = vocabulary("national_id").last(before(view, start))
    return word.label if word is not None and word.gap <= _FARTHEST_WORD else None


@dataclass(frozen=True, slots=True)
class _Signs:
    """What a text has in which an id is found: the form of one with letters, of one without, or a word."""

    lettered: LinearPattern
    written: LinearPattern
    announcing: LinearPattern


@cache
def _signs() -> _Signs:
    forms_in_lower = (re.sub(r"\(\?!\(\?i:[A-Z|]+\)\)", "", form).lower() for _, form in _LETTERED)
    written = ("".join(_shape_pattern(part) for part in _PARTS.findall(shape)) for shape in _shapes().checks)
    return _Signs(
        LinearPattern(*(f"(?:^|[^a-z0-9])(?:{form})(?:[^a-z0-9]|$)" for form in forms_in_lower)),
        LinearPattern(*written),
        LinearPattern(*vocabulary("national_id").signs(_OTHER)),
    )


def national_id_patterns() -> tuple[list[str], list[str]]:
    """Return the patterns of all ids, and of the words that announce them: for texts in lower case, the latter without accents."""
    signs = _signs()
    return [*signs.written.alternatives, *signs.lettered.alternatives], [*signs.announcing.alternatives]


def _shape_pattern(part: str) -> str:
    """Return the pattern of a part of a shape: of so many digits, or of a separator."""
    return f"[0-9]{{{part}}}" if part.isdigit() else literal(part)


@cache
def _shapes() -> _Shapes:
    read = forms("national_id_forms")
    checks = read["written"]
    beginnings = {shape[: cut.end()] for shape in checks for cut in _GROUP.finditer(shape)}
    return _Shapes(checks, frozenset(beginnings), read["announced"]["checks"])
