"""Telephone numbers: written internationally, in a typical national format, or near a word that announces one."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import cache, partial

from models.redaction.linear_pattern import LinearPattern
from models.redaction.numbering import DEFAULT_REGIONS, NumberingPlans
from models.redaction.recognizers.card import card_spans
from models.redaction.recognizers.lowering import SignText, sign_text
from models.redaction.span import Span, longest
from models.redaction.vocabulary import (
    REACH,
    REACH_AFTER,
    Announcement,
    Labels,
    after,
    before,
    in_view,
    vocabulary,
    word_lists,
)

FEWEST_DIGITS, MOST_DIGITS = 7, 15
"""E.164 allows 15; shorter numbers are service numbers and identify no person."""

CANDIDATE = LinearPattern(r"[0-9](?:[ \t\n().\-/_]{0,24}[0-9]){6}")
"""Seven digits with nothing but separators between them: every number has them, and few texts."""

_SEPARATORS = r"[ \t\n().\-/_]{0,4}+"
_RUN = re.compile(rf"[0-9](?:{_SEPARATORS}[0-9])++")
_PREFIX = re.compile(r"(?:\+ {0,2})?\(?\+?\Z")
"""What is before a run of digits and part of the number: in one pattern with it, every character would have to be tried."""

_GROUP = re.compile(r"[0-9]+")

_INTERNATIONAL = re.compile(
    rf"(?<![\d+])\+[ \n]{{0,2}}\(?[0-9](?:{_SEPARATORS}[0-9]){{6,20}}"
    rf"|(?<![\w+,#.\-])\(?(?:00|011[ -])\)?[ -]?\(?[1-9](?:{_SEPARATORS}[0-9]){{7,20}}"
)
_FORMATTED = re.compile(
    r"(?<![\w.,+#/\-])(?<![0-9]:)(?:"
    # (415) 555-2671, 1-415-555-2671, 415.555.2671, 347 123 4567
    r"(?P<american>(?:1[-. ])?(?:\([2-9][0-9]{2}\)\s?[0-9]{3}[-. ]?|(?:[2-9][0-9]{2}|123)(?P<joint>[-. ])[0-9]{3}(?P=joint))[0-9]{4})"
    # (11) 91234-5678, (0532) 123 45 67, (55) 1234 5678
    r"|(?P<area>(?:[08] ?)?\([0-9]{2,5}\) ?[0-9]{2,5}(?:[-. ][0-9]{2,5}){0,3})"
    # 11 91234-5678, 138 0013 8000, 612 34 56 78, 532 123 45 67, 8 912 345-67-89, 55 1234-5678
    r"|(?P<grouped>[0-9]{2}[ -]9[0-9]{4}[- ][0-9]{4}|1[3-9][0-9][ -][0-9]{4}[ -][0-9]{4}|[67][0-9]{2}(?: [0-9]{2}){3}"
    r"|[59][0-9]{2} [0-9]{3}[ -][0-9]{2}[ -][0-9]{2}|8[ -][0-9]{3}[ -][0-9]{3}[ -][0-9]{2}[ -][0-9]{2}|[1-9][0-9] [0-9]{4}-[0-9]{4})"
    # 06 12 34 56 78, 0151-23456789, 030/1234567, 090-1234-5678, 07911 123456, 0812-3456-7890
    r"|(?P<trunk>0[1-9][0-9]{0,4}(?: ?[-/. ] ?[0-9]{2,8}){1,5})"
    # 07911123456, 081234567890
    r"|(?P<mobile>0[1-9][0-9]{8,11})"
    r")(?![\w\-/]|[.,:][0-9]|\+[0-9])"
)
_BOUNDARY = r"(?:^|[^a-z0-9_.,+#/\-])"
_BETWEEN = r"[ \t\n().\-/_]{0,4}"
_PLUS_SIGN = LinearPattern(rf"\+[ \n]{{0,2}}\(?[0-9](?:{_BETWEEN}[0-9]){{6}}")
_PREFIX_SIGN = LinearPattern(rf"{_BOUNDARY}\(?(?:00|011[ -])\)?[ -]?\(?[1-9](?:{_BETWEEN}[0-9]){{7}}")
_FORMATTED_SIGN = LinearPattern(
    r"[0-9]{3}\)\s?[0-9]{3}[-. ]?[0-9]{4}|[0-9]{3}[-. ][0-9]{3}[-. ][0-9]{4}|\([0-9]{2,5}\) ?[0-9]{2}",
    r"[0-9]{2}[ -]9[0-9]{4}[- ][0-9]{4}|1[3-9][0-9][ -][0-9]{4}[ -][0-9]{4}|[67][0-9]{2} [0-9]{2} [0-9]{2} [0-9]{2}",
    r"[59][0-9]{2} [0-9]{3}[ -][0-9]{2}[ -][0-9]{2}|8[ -][0-9]{3}[ -][0-9]{3}[ -][0-9]{2}[ -][0-9]{2}|[1-9][0-9] [0-9]{4}-[0-9]{4}",
    rf"{_BOUNDARY}0[1-9](?:[0-9]{{0,4}} ?[-/. ] ?[0-9]{{2}}|[0-9]{{8}})",
)
"""What numbers of each kind have at least: alternatives without look-around."""

_EXTENSION = re.compile(
    r"\s{0,2}(?:;ext=|\(?\b(?:ext(?:ension|n)?|x|int|ramal|anexo|durchwahl|dw|poste|доб|内線|分机|转)\b\.?|x|#)\s?[:.]?\s?"
    r"[0-9]{1,6}\)?(?![\w.,])",
    re.IGNORECASE,
)

_LINKS = (r"wa\.me/", "phone=", "tel:", "sms:", "callto:", "number=", r"t\.me/", r"signal\.me/#p/")
_LINK = re.compile(rf"(?:{'|'.join(_LINKS)})(?<![a-z_]number=)(?:%2b|\+)?$", re.IGNORECASE)
_IN_ROW = re.compile(r"[0-9\]\ue000-\uf8ff] ")
"""Before a number that is one of a row of numbers, some of which may have been replaced."""

_GLUED = re.compile(r"[-.][0-9]|/[1-9]")
"""After a number that is only the beginning of a longer one, such as an order number in groups; a slash may divide two numbers."""

_ID_PREFIX = re.compile(r"(?<!\w)[a-z]{1,3}[-_]\Z", re.IGNORECASE)
"""Before the digits of an id such as NO-123 and SO-123, whatever these letters mean as a word of some language."""

_LONGEST_PREFIX = 5
_NEAR = 16
"""Characters between two numbers that one word announces."""

_SHORTEST_REST = 2
_LONGEST_AMOUNT = 8
_FARTHEST_WORD = 5
_CERTAIN = frozenset({"phone", "joined"})
_ANNOUNCING = _CERTAIN | {"call"}
_ONLY_AFTER, _ONLY_BEFORE = frozenset({"after", "called"}), frozenset({"other", "number", "call", "request"})
_NAMED = re.compile(r"(?::|=|\b(?:is|es|ist|est|é|e|è|are|то|это))\s*\Z", re.IGNORECASE)

_DATE = re.compile(
    r"(?<![0-9])(?:(?:19|20)[0-9]{2}[-/.][0-9]{1,2}[-/.][0-9]|[0-9]{1,2}[-/.][0-9]{1,2}[-/.](?:19|20)[0-9]{2}(?![0-9]))"
)
_TIMESTAMP = re.compile(r"20[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])(?:[0-9]{6}|-[0-9]{1,8})?")
_AMOUNT = re.compile(
    r"[1-9][0-9]{0,2}(?:[.][0-9]{3}){2,}|[0-9]+\.[0-9]{1,2}|[1-9]?[0-9]\.[0-9]{5,}|(?:(?:0|1?[1-9]?[0-9]|1[0-9]{2}|2[0-4][0-9]|25[0-5])(?:\.|$)){4}"
)
_POSTAL = re.compile(r"[0-9]{5}-[0-9]{3}")
_POSTAL_WORD = re.compile(r"(?<!\w)cep\W{0,3}\Z", re.IGNORECASE)
"""A postal code of Brazil: the word for it is one for a mobile phone in Turkish."""

_THOUSANDS = re.compile(r"[0-9]{3}(?:[.][0-9]{3}){2,}")
_CURRENCY_BEFORE = re.compile(r"(?:[$€£¥₹₺₽₫₩฿]|\b(?:usd|eur|gbp|inr|brl|idr|rp|rs|r\$))\.?\s?\Z", re.IGNORECASE)
_UNIT_AFTER = re.compile(
    r"\s?(?:[$€£¥₹₺₽₫₩฿%]|(?:usd|eur|gbp|inr|brl|idr|jpy|vnd|rub)\b)",
    re.IGNORECASE,
)
_COUNTED_AFTER = re.compile(r"\s?(?:coins?|views|likes|followers|diamonds)\b", re.IGNORECASE)


def phone_spans(view: str, regions: tuple[str, ...] = DEFAULT_REGIONS) -> list[Span]:
    """Find telephone numbers in the view of a text.

    International numbers and typical national formats have to be numbers of a plan in `phonenumbers`; the national ones of one of
    `regions` (ISO 3166). After a word such as "phone", seven to fifteen digits are a number, unless a word such as "order", a currency
    or the form of a date or an amount says otherwise. An extension is part of the number.
    """
    found: list[Span] = []
    text = sign_text(view)
    if text is not None and not CANDIDATE.occurs_in(text.lower):
        return []
    plans = NumberingPlans(regions)
    if text is None or _PLUS_SIGN.occurs_in(text.lower) or _PREFIX_SIGN.occurs_in(text.lower):
        found += _scanned(_INTERNATIONAL, view, partial(_end_of_international, plans=plans))
    if text is None or _FORMATTED_SIGN.occurs_in(text.lower):
        found += _scanned(_FORMATTED, view, partial(_end_of_formatted, plans=plans))
    found += _announced(view, plans, _ANNOUNCING)
    return _separate(view, found)


def certain_phone_spans(view: str, regions: tuple[str, ...] = DEFAULT_REGIONS) -> list[Span]:
    """Find the telephone numbers that are none of a card although the digits may be: after a plus sign, in a link, announced.

    One number in ten passes the check of a card number. Where a card number overlaps one of these spans without being within it, the
    span is left to the recognizer of cards.
    """
    text = sign_text(view)
    if text is not None and not CANDIDATE.occurs_in(text.lower):
        return []
    plans = NumberingPlans(regions)
    international = _scanned(_INTERNATIONAL, view, partial(_end_of_international, plans=plans)) if "+" in view else ()
    found = [span for span in international if view[span[0]] == "+"]
    found += _announced(view, plans, labels=_CERTAIN)
    cards: dict[str, list[Span]] = {}
    return _separate(view, [span for span in found if not _is_in_card(view, *span, cards)])


def may_hold_phone(view: str, text: SignText) -> bool:
    """Return whether a view, of which `text` is what signs are looked for in, may hold a telephone number: a fast answer."""
    if not CANDIDATE.occurs_in(text.lower):
        return False
    if any(sign.occurs_in(text.lower) for sign in (_PLUS_SIGN, _PREFIX_SIGN, _FORMATTED_SIGN)):
        return True
    return any(_may_be_announced(view, *run, _ANNOUNCING) for run in _long_runs(view))


def _separate(view: str, spans: list[Span]) -> list[Span]:
    return [_with_extension(view, *span) for span in longest(spans)]


def _is_in_card(view: str, start: int, end: int, known: dict[str, list[Span]]) -> bool:
    """Return whether a number is part of a longer card number; `known` are the card numbers of parts that were looked at."""
    around = max(0, start - 24)
    part = view[around : end + 24]
    if part not in known:
        known[part] = card_spans(part)
    cards = ((around + left, around + right) for left, right in known[part])
    return any(left < end and start < right and (left < start or right > end) for left, right in cards)


def _scanned(pattern: re.Pattern[str], view: str, end_of: Callable[[re.Match[str], int], int | None]) -> Iterator[Span]:
    """Yield the numbers at the matches of a pattern, as far as `end_of` (match, end of the number before) says.

    The search goes on right after each number, not after its match, so that one pass finds all numbers of a row.
    """
    at, previous = 0, -1
    while (match := pattern.search(view, at)) is not None:
        end = end_of(match, previous)
        if end is not None:
            yield match.start(), end
            previous = end
        at = end or match.end()


def _end_of_international(match: re.Match[str], _: int, plans: NumberingPlans) -> int | None:
    view, (start, end) = match.string, match.span()
    prefix = 0 if view[start] == "+" else 3 if "011" in match[0][:4] else 2
    for stop, digits in _prefixes(view, start, end):
        number = digits[prefix:]
        if FEWEST_DIGITS <= len(number) <= MOST_DIGITS and _is_country_number(number, plans):
            return stop if prefix == 0 or _label(view, start) != "other" else None
    # A number of no plan, as in examples and mistakes: as long as its country's numbers, or announced.
    digits = "".join(_GROUP.findall(match[0]))[prefix:]
    if not FEWEST_DIGITS <= len(digits) <= MOST_DIGITS or not plans.is_possible_international(digits):
        return None
    return end if (prefix == 0 and len(digits) >= 10) or _label(view, start) == "phone" else None


def _is_country_number(digits: str, plans: NumberingPlans) -> bool:
    # +49 (0)151: the trunk prefix is written although it is not dialed; so is the 1 of mobile phones in Mexico.
    return plans.is_international(digits) or any(
        (digits[length : length + 1] == "0" or digits.startswith("521"))
        and plans.is_international(digits[:length] + digits[length + 1 :])
        for length in (1, 2, 3)
    )


def _end_of_formatted(match: re.Match[str], previous: int, plans: NumberingPlans) -> int | None:
    view, (start, end) = match.string, match.span()
    if " " in match[0] and previous != start - 1 and _IN_ROW.fullmatch(view, max(0, start - 2), start):
        return None
    # Only after a trunk prefix can more groups than those of the number have matched: "0151 23456789 12 times".
    ends = _prefixes(view, start, end)
    for stop, digits in ends if match["trunk"] else ends[:1]:
        if not FEWEST_DIGITS + 1 <= len(digits) <= 13 or _is_other_form(view, start, stop) or _GLUED.match(view, stop):
            continue
        american = bool(match["american"]) and plans.is_north_american(digits)
        if american or (plans.is_mobile(digits) if match["mobile"] else plans.is_national(digits)):
            return stop if _label(view, start) != "other" else None
    return None


def _announced(view: str, plans: NumberingPlans, labels: frozenset[str]) -> Iterator[Span]:
    """Yield the numbers that a word of one of the labels announces, and those that follow them after nothing but a comma or an "or"."""
    previous, known = -_NEAR, Labels(_label)
    for begin, end in _long_runs(view):
        start = begin
        joined = start - previous < _NEAR and _joining().fullmatch(view, previous, start) is not None
        while start < end:
            label = "joined" if joined else None
            if not joined and _may_be_announced(view, start, end, labels):
                label = known.at(view, start, end)
            stop = _end_of_announced(view, (start, end), plans, label) if label in labels else None
            if stop is None or label is None:
                break
            yield start, stop
            previous, joined = stop, True
            following = _GROUP.search(view, stop, end)
            start = following.start() if following else end


def _long_runs(view: str) -> Iterator[Span]:
    """Yield the runs of digits that are long enough, with the sign before them."""
    for run in _RUN.finditer(view):
        start, end = run.span()
        if end - start < FEWEST_DIGITS or sum(map(str.isdigit, run[0])) < FEWEST_DIGITS:
            continue
        prefix = _PREFIX.search(view, max(0, start - _LONGEST_PREFIX), start)
        yield prefix.start() if prefix else start, end


def _may_be_announced(view: str, start: int, end: int, labels: frozenset[str]) -> bool:
    """Return whether a word of one of the labels may be near a run of digits: a fast answer."""
    sign = _word_sign(labels)
    around = sign_text(view[max(0, start - REACH) : start]), sign_text(view[end : end + REACH_AFTER])
    return any(text is None or sign.occurs_in(text.flat) for text in around)


@cache
def _word_sign(labels: frozenset[str]) -> LinearPattern:
    """Return the pattern of words from which `_label` concludes one of the labels."""
    skipped = {"other", "joining"} if "call" in labels else {"other", "joining", "call", "number", "after"}
    return LinearPattern(*vocabulary("phone").signs(frozenset(skipped)), *_LINKS)


@cache
def _joining() -> re.Pattern[str]:
    """Return what can be between two numbers that one word announces."""
    words = "|".join(in_view(word) for word in word_lists("phone")["joining"])
    return re.compile(rf"[\s,;/&|(]*(?:{words})?[\s,;:/(]*", re.IGNORECASE)


def _end_of_announced(view: str, run: Span, plans: NumberingPlans, label: str) -> int | None:
    """Return where the number ends with which an announced run of digits begins; None if it begins with none."""
    start, end = run
    ends = [one for one in _prefixes(view, start, end) if FEWEST_DIGITS <= len(one[1]) <= MOST_DIGITS]
    for stop, digits in ends:
        known = plans.is_national(digits) or plans.is_north_american(digits)
        grouped = known and label == "phone" and len(digits) > _LONGEST_AMOUNT
        if (known or (label != "call" and plans.is_international(digits))) and (
            not _is_other_form(view, start, stop, grouped=grouped)
        ):
            return end if label == "phone" and ends[0][0] == end and _goes_on(view, stop, end) else stop
    whole = label == "phone" and ends and ends[0][0] == end
    return end if whole and not _is_other_form(view, start, end) else None


def _goes_on(view: str, stop: int, end: int) -> bool:
    """Return whether the rest of an announced run of digits belongs to the number: as long as a group of one, and no year."""
    rest = "".join(_GROUP.findall(view, stop, end))
    return len(rest) > _SHORTEST_REST and not rest.startswith("20")


def _prefixes(view: str, start: int, end: int) -> list[tuple[int, str]]:
    """Return the beginnings of a run up to the end of a group of digits, the longest of at most 18 digits first: (end, digits)."""
    digits, found = "", []
    for group in _GROUP.finditer(view, start, end):
        digits += group[0]
        if len(digits) > MOST_DIGITS + 3:
            break
        found.append((group.end(), digits))
    return found[::-1]


def _label(view: str, start: int, end: int | None = None) -> str | None:
    """Return what the words before a number say about it, or else those after it: phone, call, other, or None."""
    text = before(view, start)
    if _LINK.search(text[-24:]):
        return "phone"
    words = vocabulary("phone")
    word = words.last(text, skip=_ONLY_AFTER)
    if word is not None and word.label == "number":
        word = _owner(text, word)
    if word is not None and word.label == "other" and _NAMED.search(text):
        # "The phone number on my account is": the last noun is not what the sentence is about.
        about = words.last(text, skip=_ONLY_AFTER | {"other", "number", "call"})
        if about is not None and about.label == "phone" and about.gap > word.gap + 1:
            return "call"
    if end is not None and (word is None or word.label != "phone"):
        following = words.first(after(view, end), skip=_ONLY_BEFORE | {"after"})
        if following is not None and following.label == "called" and not following.gap:
            return "phone"
    if word is not None and word.gap <= (0 if text.endswith("#") else _FARTHEST_WORD):
        return "phone" if word.label == "request" else word.label
    if end is not None:
        word = words.first(after(view, end), skip=_ONLY_BEFORE)
        if word is not None and word.gap <= 1:
            return "phone" if word.label == "called" else "call"
    return None


def _owner(text: str, number: Announcement) -> Announcement | None:
    """Return what says whose number follows a word for "number"; None if the word is only the prefix of an id, such as SO-123."""
    owner = vocabulary("phone").last(text, skip=_ONLY_AFTER | {"number"})
    if owner is not None and owner.gap <= number.gap + 2:
        return owner
    return None if _ID_PREFIX.search(text) else Announcement("call", number.gap)


def _is_other_form(view: str, start: int, end: int, *, grouped: bool = False) -> bool:
    """Return whether digits are written as a date, a timestamp, an amount or an address of a network, or have a currency or unit.

    `grouped`: groups of three digits with dots are no amount, and nobody has so many coins.
    """
    written = view[start:end]
    return bool(
        _DATE.search(written)
        or _TIMESTAMP.fullmatch(written)
        or (_AMOUNT.fullmatch(written) and not (grouped and _THOUSANDS.fullmatch(written)))
        or re.match(r"[.,:][0-9]", view[end : end + 2])
        or _CURRENCY_BEFORE.search(view[max(0, start - 5) : start])
        or _UNIT_AFTER.match(view, end)
        or (not grouped and _COUNTED_AFTER.match(view, end))
        or (_POSTAL.fullmatch(written) and _POSTAL_WORD.search(view[max(0, start - 6) : start]))
    )


def _with_extension(view: str, start: int, end: int) -> Span:
    """Return the span with the extension after it and the bracket before it, if the other bracket is part of the number."""
    extension = _EXTENSION.match(view, end)
    bracket = view[start - 1 : start] == "(" and view.find(")", start, end) >= 0 > view.find("(", start, end)
    return start - bracket, extension.end() if extension else end
