"""Expiry dates of cards, in the context of a card."""

from __future__ import annotations

import re
from collections.abc import Iterator

from models.redaction.marks import CARD_MARK
from models.redaction.recognizers.card_words import CARD_WORD
from models.redaction.recognizers.hint_words import HintWords
from models.redaction.recognizers.lowering import without_marks
from models.redaction.span import Span, without_overlaps

_CARD = rf"(?:{CARD_MARK}|\[CARD\])"
_SEPARATOR = r"[\s,;/|:.\-]{1,3}"
_YEAR = r"(?:20)?[2-4][0-9]"
_MONTH = r"(?:0?[1-9]|1[0-2])"
_MONTH_NAME = (
    r"(?:jan|feb|fev|fév|mar|mär|mrt|apr|abr|avr|may|mai|mei|maj|mag|jun|jui|giu|jul|lug|aug|ago|aoû|agu|agt|ağu|sep|set|"
    r"oct|okt|out|ott|nov|dec|dez|des|dic|déc|ene|gen|oca|şub|haz|tem|eyl|eki|kas|ara)[^\W\d_]{0,8}"
)
_END = r"(?![0-9]|[/.\-][0-9]|T[0-9]{2}:| ?(?:months?|monate?|mes(?:es|i)?|mois|aylık|bulan)(?![^\W\d_]))"
_DATE = (
    r"(?<![0-9/.\-])(?P<found>"
    rf"(?:[0-3]?[0-9] ?[/.\-] ?)?{_MONTH} ?[/\-.|] ?{_YEAR}|20[2-4][0-9] ?[/\-.] ?{_MONTH}(?:[/\-.][0-3]?[0-9])?|"
    rf"(?:0[1-9]|1[0-2])[ ]?{_YEAR}|{_MONTH} ?(?:月|/) ?{_YEAR} ?年?|20[2-4][0-9] ?年 ?{_MONTH} ?月|"
    rf"(?:[0-3]?[0-9]\.? (?:of |de )?)?{_MONTH_NAME}[.,]? ?(?:of |de |del )?['’]?{_YEAR}){_END}"
)
_PLAIN_DATE = rf"(?<![0-9/.\-])(?P<found>{_MONTH} ?[/\-.] ?{_YEAR}|20[2-4][0-9] ?[/\-] ?{_MONTH}){_END}"
_LATIN_WORD = (
    r"(?<![^\W_])(?:exp(?:[._]|ir\w*)?(?: ?_?date)?|(?:good|valid\w*)(?:[ _](?:thru|through|until|till|up ?to|to))?|"
    r"v[aá]lid[oa]s? (?:at[eé]|hasta)|validade|venc\w*|caduc\w*|"
    r"g[uü]ltig(?: bis|keit\w*)|ablauf\w*|l[aä]uft ab|verf[aä]llt|valable jusqu\W?\w*|p[eé]rim\w*|scad\w*|valida fino \w+|"
    r"berlaku (?:hingga|sampai)|masa berlaku|kada?luw?arsa|kedalu?w?arsa|son kullanma(?: tarihi)?|skt|geldig tot|vervaldatum|verloopt|"
    r"h[eế]t h[aạ]n|wa[zż]na do|data wa[zż]no[sś]ci|срок(?: действия)?|действ\w* до|год(?:ен|на) до|mm ?/ ?yy(?:yy)?)(?![^\W\d_])"
)
_OTHER_WORD = without_marks(
    r"有效期(?:限|至)?|到期日?|有効期限|유효 ?기간|صالحة حتى|تاريخ الانتهاء|تنتهي في|समाप्ति|वैधता|মেয়াদ(?: শেষ)?|หมดอายุ"
)
_WORD = rf"(?:{_LATIN_WORD}|{_OTHER_WORD})"
_IN_LINE = r"(?:[^0-9\n\[\].!?\ue000-\uf8ff]|\.(?!\s))"
_AFTER_WORD = re.compile(rf"{_WORD}(?:\.\s)?(?P<filler>{_IN_LINE}{{0,20}}?|[^\w\[\]]{{0,4}}){_DATE}", re.IGNORECASE)
_OTHER_DATE = re.compile(r"soon|\bapp\b|version|[,;]\s*(?:date|time)|\border", re.IGNORECASE)
"""Between a word and a date that is not the expiry of the card."""

_AFTER_CARD = (
    re.compile(rf"{_CARD}[^0-9\[\]\ue000-\uf8ff]{{1,25}}?{_PLAIN_DATE}"),
    re.compile(
        rf"{_CARD}{_SEPARATOR}(?P<found>(?:0[1-9]|1[0-2])[ ]?[2-4][0-9]|(?:0[1-9]|1[0-2])20[2-4][0-9])(?![0-9]|[.,][0-9])"
    ),
    re.compile(rf"{_CARD}{_SEPARATOR}(?P<found>{_MONTH_NAME}[.,]? ?['’]?{_YEAR}){_END}", re.IGNORECASE),
    # With a security code after it, anything may be between month and year.
    re.compile(rf"{_CARD}{_SEPARATOR}(?P<found>{_MONTH}{_SEPARATOR}{_YEAR})(?={_SEPARATOR}[0-9]{{3,4}}(?![0-9]))"),
)
_UNTIL_AFTER_CARD = re.compile(
    rf"{_CARD}{_SEPARATOR}(?:until|till|thru|through|bis|hasta|at[eé]|jusqu['’]au|fino a|do|до)\s"
    r"(?P<found>(?:0[1-9]|1[0-2])[ ]?[2-4][0-9])(?![0-9]|[.,:][0-9])",
    re.IGNORECASE,
)
_BEFORE_CARD = re.compile(rf"{_PLAIN_DATE}[\s,;/|:]{{1,3}}(?={_CARD})")
_NEAR = 80
"""Characters around an expiry date within which a card has to be named where its number is not in the text."""

HINTS = tuple(
    map(
        without_marks,
        (
            "exp", "valid", "válid", "good", "venc", "caduc", "ltig", "ablauf", "uft ab", "verf", "valable", "rim", "scad", "berlaku",
            "kadalu", "kaluw", "kedalu", "kullanma", "skt", "geldig", "vervald", "verloopt", "na do", "data wa", "срок", "действ",
            "годен", "годна", "mm/yy", "mm / yy",
            "hết hạn", "het han", "有效期", "到期", "有効期限", "유효", "صالحة", "الانتهاء", "تنتهي",
            "समाप्ति", "वैधता", "মেয়াদ", "หมดอายุ",
        ),
    )
)  # fmt: skip
"""Parts of every word before a date, in lower case."""


_HINTS = HintWords(HINTS)


def expiry_spans(text: str) -> list[Span]:
    """Find expiry dates in a view whose card numbers are covered.

    Without a number of a card there has to be a word for one nearby: other things expire, too.
    """
    has_card = CARD_MARK in text or "[CARD]" in text
    spans = list(_after_words(text, has_card=has_card))
    if has_card:
        for pattern in (*_AFTER_CARD, _UNTIL_AFTER_CARD, _BEFORE_CARD):
            spans += [match.span("found") for match in pattern.finditer(text)]
    return without_overlaps(spans)


def _after_words(text: str, *, has_card: bool) -> Iterator[Span]:
    lowered = text.lower()
    if not _HINTS.occur_in(lowered):
        return
    for match in _AFTER_WORD.finditer(text):
        if _OTHER_DATE.search(match["filler"]):
            continue
        start, end = match.span()
        if has_card or CARD_WORD.search(text, max(0, start - _NEAR), min(len(text), end + _NEAR)):
            yield match.span("found")
