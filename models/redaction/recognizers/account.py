"""Numbers of bank accounts, banks and branches that are not IBANs: nearly all of them need a word near."""

from __future__ import annotations

import re
from collections.abc import Iterator

from stdnum import bic
from stdnum.ar import cbu
from stdnum.es import ccc

from models.redaction.recognizers.card import card_spans
from models.redaction.recognizers.issuers import is_card
from models.redaction.span import Span, without_overlaps
from models.redaction.vocabulary import Announcement, before, vocabulary

SWIFT_HINTS = ("swift", "bic")
"""What is in every text in which the code of a bank without a digit is found."""

FEWEST_DIGITS, MOST_DIGITS = 6, 26
_FARTHEST_WORD = 4
_NEAR = 24
"""Characters between a bank's number and the account's, which one word announces."""

_MAY_HOLD = re.compile(r"[0-9](?:[^0-9\n]{0,4}[0-9]){3}")
_RUN = re.compile(r"[0-9](?:[ \t]{0,2}[\-./]?[ \t\n]{0,2}[0-9])*(?:-[0-9Xx])?(?![0-9])")
_GROUP = re.compile(r"[0-9]+")
_DATE = re.compile(
    r"(?:19|20)[0-9]{2}[-/.][01]?[0-9][-/.][0-3]?[0-9]|[0-3]?[0-9][-/.][0-3]?[0-9][-/.](?:19|20)[0-9]{2}"
)
_AMOUNT = re.compile(r"[0-9]{1,3}(?:\.[0-9]{3})+|[0-9]+\.[0-9]{1,2}|[01]\.[0-9]+(?:-[01]\.[0-9]+)?")
_IN_CODE = re.compile(r"[0-9][A-Za-z]{1,7}\Z|(?<![A-Za-z])[A-Fa-f]{1,2}\Z")
_BRANCH = re.compile(r"(?<!\w)ag(?:[êe]ncia)?\b[.:]?\s(?:n[º°o.]*\s)?\Z", re.IGNORECASE)
_MASKED = re.compile(
    r"(?:\bend(?:s|ing|ed)?\b|\blast\b|[*xX\u2022]{2,})\W{0,3}(?:(?:in|with|four|4|digits)\W{0,3}){0,3}\Z",
    re.IGNORECASE,
)
_JOINING_WORDS = "and|e|y|und|et|account|acct|acc|a/c|conta|cuenta|konto|compte|no|nr|number|number is|c/c|cc|cta"
_JOINED = re.compile(
    rf"[\s,;/&|:.\-(]*(?:(?:{_JOINING_WORDS})\b[\s,;/:.#º°\-]*){{0,3}}",
    re.IGNORECASE,
)

_IFSC = re.compile(r"(?<![A-Za-z0-9])[A-Za-z]{4}[ -]?0[ -]?[A-Za-z0-9]{6}(?![A-Za-z0-9])")
_BANKS_OF_INDIA = re.compile(
    "HDFC|ICIC|SBIN|UTIB|KKBK|PUNB|BARB|CNRB|YESB|IDIB|UBIN|IOBA|BKID|CBIN|INDB|FDRL|IDFB|RATN|MAHB|UCBA|PSIB|KVBL|KARB|SIBL|TMBL|"
    "DCBL|BDBL|AUBL|ESFB|UJVN|JAKA|CIUB|DBSS|HSBC|SCBL|CITI|PYTM|AIRP|IPOS|FINO|NSPB|JSFB|ESMF|SURY|UTKS|CSBK|DLXB|IBKL|SYNB|ALLA|"
    "ANDB|CORP|VIJB|ORBC",
    re.IGNORECASE,
)
_SWIFT = re.compile(
    r"(?:swift|bic)(?:[\s/\-]*(?:swift|bic|code|no\.?|number))*[\s:=#.\-\"']*(?:is\s|ist\s|es\s)?[\"']?"
    r"(?P<found>[A-Za-z]{4}[ -]?[A-Za-z]{2}[ -]?[A-Za-z0-9]{2}(?:[ -]?[A-Za-z0-9]{3})?)(?![A-Za-z0-9])",
    re.IGNORECASE,
)
_BANK_WORD = re.compile(r"ifsc|bank|branch|neft|rtgs|imps|a/c|acc", re.IGNORECASE)


def account_spans(view: str) -> list[Span]:
    """Find bank accounts and banks in the view of a text: after their words, or by check digits that are as good as words.

    Six to 26 digits count after a word such as "account number", "Kontonummer" or "routing", and next to a number so found. Numbers of
    user accounts without such a word, the last digits of an account, dates, amounts and card numbers stay. Indian bank codes (IFSC)
    need a known bank or a word.
    """
    return without_overlaps([*_numbers(view), *_indian_codes(view)]) if _MAY_HOLD.search(view) else []


def swift_code_spans(view: str) -> list[Span]:
    """Find codes of banks by SWIFT (BIC, ISO 9362) in the view of a text: with a digit or in upper case, directly after their name."""
    spans = []
    for match in _SWIFT.finditer(view):
        code = match["found"]
        if bic.is_valid(code.replace(" ", "").replace("-", "")) and (code.isupper() or any(map(str.isdigit, code))):
            spans.append(match.span("found"))
    return spans


def _numbers(view: str) -> Iterator[Span]:
    words = vocabulary("account")
    previous = -_NEAR
    for run in _RUN.finditer(view):
        start, end = run.span()
        if end - start < 4:
            continue
        joined = start - previous < _NEAR and _JOINED.fullmatch(view, previous, start) is not None
        digits = "".join(_GROUP.findall(run[0]))
        if _IN_CODE.search(view, max(0, start - 8), start) or (view[end : end + 1].isalpha() and view[end].isascii()):
            continue
        branch = _BRANCH.search(view, max(0, start - _NEAR), start) is not None
        if len(digits) < FEWEST_DIGITS and not joined and not branch:
            continue
        found = None
        if joined or branch or _is_announced(words.last(before(view, start), frozenset()), view, start):
            found = _end_of_number(view, start, end, joined=joined)
        elif len(digits) in {20, 22} and _has_own_check(digits) and not card_spans(run[0]):
            found = end
        if found is not None:
            yield start, found
            previous = found


def _is_announced(word: Announcement | None, view: str, start: int) -> bool:
    return (
        word is not None
        and word.label in {"account", "bank"}
        and word.gap <= _FARTHEST_WORD
        and _MASKED.search(view[max(0, start - _NEAR) : start]) is None
    )


def _end_of_number(view: str, start: int, end: int, *, joined: bool) -> int | None:
    """Return the end of the longest beginning of a run of digits that can be an account; None if it is something else."""
    written = view[start:end]
    if _DATE.match(written) or _AMOUNT.fullmatch(written) or view[start - 1 : start] in {"$", "€", "£", "₹"}:
        return None
    digits, last = "", None
    for group in _GROUP.finditer(view, start, end):
        digits += group[0]
        if len(digits) > MOST_DIGITS:
            break
        last = group.end()
    if last is None:
        return None
    digits = "".join(_GROUP.findall(view[start:last]))
    if len(digits) in {15, 16, 19} and is_card(digits):
        return None
    if joined and len(digits) < 4:
        return None
    return end if last == end or view[last:end] in {"-X", "-x"} else last


def _has_own_check(digits: str) -> bool:
    """Return whether digits are an Argentine CBU or a Spanish CCC, whose two check digits one number in a hundred has by chance."""
    return cbu.is_valid(digits) if len(digits) == 22 else ccc.is_valid(digits)


def _indian_codes(view: str) -> Iterator[Span]:
    for match in _IFSC.finditer(view):
        if _BANKS_OF_INDIA.match(match[0]) or _BANK_WORD.search(view, max(0, match.start() - _NEAR), match.start()):
            yield match.span()
