"""Expiry dates of cards, in the context of a card."""

from __future__ import annotations

import re
from collections.abc import Iterator

from models.redaction.marks import CARD_MARK
from models.redaction.recognizers.card_words import CARD_WORD
from models.redaction.recognizers.lowering import without_marks
from models.redaction.span import Span, without_overlaps

_CARD = rf"(?:{CARD_MARK}|\[CARD\])"
_YEAR = r"(?:20)?[2-4][0-9]"
_MONTH = r"(?:0?[1-9]|1[0-2])"
_MONTH_NAME = (
    r"(?:jan|feb|fev|fév|mar|mär|mär|mrt|apr|abr|avr|may|mai|mei|maj|mag|jun|jui|giu|jul|lug|aug|ago|aoû|agu|agt|ağu|sep|set|"
    r"oct|okt|out|ott|nov|dec|dez|des|dic|déc|ene|gen|oca|şub|haz|tem|eyl|eki|kas|ara)[^\W\d_]{0,8}"
)
_DATE = (
    r"(?<![0-9/.\-])(?P<found>"
    rf"(?:[0-3]?[0-9] ?[/.\-] ?)?{_MONTH}[ +]?[/\-.|][ +]?{_YEAR}|20[2-4][0-9] ?[/\-.] ?{_MONTH}(?:[/\-.][0-3]?[0-9])?|"
    rf"(?:0[1-9]|1[0-2])[ ]?{_YEAR}|(?:[0-3]?[0-9]\.? (?:of |de )?)?{_MONTH_NAME}[.,]? ?(?:of |de |del )?['’]?{_YEAR})"
    r"(?![0-9]|[/.\-][0-9])"
)
_PLAIN_DATE = rf"(?<![0-9/.\-])(?P<found>{_MONTH} ?[/\-.] ?{_YEAR}|20[2-4][0-9] ?[/\-] ?{_MONTH})(?![0-9]|[/.\-][0-9])"
_WORD = without_marks(
    r"(?<![^\W_])(?<!\[)(?:exp(?:\.|ir\w*)?(?: date)?|(?:good|valid\w*)(?: thru| through| until| till| up ?to| to)?|"
    r"v[aá]lid[oa]s? (?:at[eé]|hasta)|"
    r"validade|venc\w*|caduc\w*|g[uü]ltig(?:keit\w*| bis)|ablauf\w*|l[aä]uft ab|verf[aä]llt|valable jusqu\W?\w*|p[eé]rim\w*|scad\w*|"
    r"valida fino \w+|"
    r"berlaku (?:hingga|sampai)|masa berlaku|k[ae]da?luw?arsa|son kullanma(?: tarihi)?|skt|geldig tot|vervaldatum|verloopt|"
    r"wa[zż]na do|data wa[zż]no[sś]ci|срок(?: действия)?|действ\w* до|год\w{1,3} до|mm ?/ ?yy(?:yy)?|"
    r"有效期限?[至到]?|有効期限|到期(?:日|时间)?|"
    r"유효 ?기간|"
    r"صالحة حتى|[تي]نتهي في|تاريخ الانتهاء|समाप्ति(?: तिथि)?|वैधता|মে(?:য়|য)াদ(?: শেষ)?)(?![^\W\d_])"
)
_EXPIRY_WORD = re.compile(_WORD, re.IGNORECASE)
_AFTER_WORD = re.compile(
    rf"{_WORD}(?P<filler>[^0-9\n\[\]\ue000-\uf8ff]{{0,20}}?|[^\w\[\]]{{0,4}}){_DATE}", re.IGNORECASE
)
_OTHER_DATE = re.compile(r"soon|\bapp\b|version|[.,;]\s*(?:date|time)|\border|\\\\u", re.IGNORECASE)
"""Between a word and a date that is not the expiry of the card."""

_AFTER_CARD = (
    re.compile(rf"{_CARD}[^0-9\[\]\ue000-\uf8ff]{{1,25}}?{_PLAIN_DATE}"),
    re.compile(
        rf"{_CARD}[\s,;/|:.\-]{{1,3}}(?P<found>(?:0[1-9]|1[0-2])[ ]?[2-4][0-9]|(?:0[1-9]|1[0-2])20[2-4][0-9])(?![0-9]|[.,][0-9])"
    ),
    re.compile(
        rf"{_CARD}[\s,;/|:.\-]{{1,3}}(?P<found>{_MONTH_NAME}[.,]? ?['’]?{_YEAR})(?![0-9]|[/.\-][0-9])", re.IGNORECASE
    ),
)
_GLUED = re.compile(
    # Card, month, year and security code with the same kind of separator between them, as people copy them.
    rf"{_CARD}[\s,;/|:.\-]{{1,2}}(?P<found>{_MONTH}[\s,;/|:.\-]{{1,2}}{_YEAR})(?=[\s,;/|:.\-]{{1,2}}[0-9]{{3,4}}(?![0-9]))"
)
_BEFORE_CARD = re.compile(rf"{_PLAIN_DATE}[\s,;/|:]{{1,3}}(?={_CARD})")
_NEAR = 80
"""Characters around an expiry date within which a card has to be named where its number is not in the text."""

HINTS = (
    "exp", "valid", "válid", "good", "venc", "caduc", "ltig bis", "ablauf", "uft ab", "verf", "valable", "rim", "scad", "berlaku",
    "kadalu", "kedalu", "kaluw", "ltigkeit", "到期", "वैधता", "वधता", "াদ",
    "kullanma", "skt", "geldig", "vervald", "verloopt", "na do", "data wa", "срок", "действ", "год", "mm/yy",
    "mm / yy",
    "有效期", "有効期限", "유효", "صالحة", "نتهي", "الانتهاء", "समाप्ति", "समापति",
)  # fmt: skip


def expiry_spans(text: str) -> list[Span]:
    """Find expiry dates in a view whose card numbers are covered.

    Without a number of a card there has to be a word for one nearby: other things expire, too.
    """
    has_card = CARD_MARK in text or "[CARD]" in text
    spans = list(_after_words(text, has_card=has_card))
    if has_card:
        for pattern in (_GLUED, *_AFTER_CARD, _BEFORE_CARD):
            spans += [match.span("found") for match in pattern.finditer(text)]
    return without_overlaps(spans)


def _after_words(text: str, *, has_card: bool) -> Iterator[Span]:
    lowered = text.lower()
    if not any(hint in lowered for hint in HINTS):
        return
    for match in _AFTER_WORD.finditer(text):
        if _OTHER_DATE.search(match["filler"]):
            continue
        start, end = match.span()
        if has_card or CARD_WORD.search(text, max(0, start - _NEAR), min(len(text), end + _NEAR)):
            yield match.span("found")
