"""Card security codes (CVV2, CVC2, CID), never to be stored (PCI DSS 3.3.1)."""

from __future__ import annotations

import re

from models.redaction.marks import CARD_MARK, EXPIRY_MARK
from models.redaction.recognizers.lowering import without_marks
from models.redaction.span import Span, without_overlaps

_WORD = without_marks(
    r"(?:cvv2?|cvc2?|cvn2?|цвв|सीवीवी|(?<![^\W_])(?:cv2|csc|cid|cav2?)(?![^\W_])|"
    r"card[ _\-]?verification(?:[ _\-]?(?:value|code|number))?|"
    r"security[ _\-]?(?:code|number|digits)|verification (?:value|digits)|(?:three|four|3|4)[ -]digits?(?: code| number)?|"
    r"(?:c[oó]digo|clave|n[uú]mero|d[ií]gitos?) (?:de |verificador )(?:seguran[cç]a|seguridad|verifica[cç][aã]o|verificaci[oó]n)|"
    r"c[oó]digo verificador|(?:tres|três|3) (?:[uú]ltimos )?d[ií]gitos|"
    r"kartenpr[uü]f\w*|pr[uü]f(?:nummer|ziffer)|sicherheits(?:code|nummer)|"
    r"cryptogramme(?: visuel)?|code de s[eé]curit[eé]|codice di sicurezza|kode keamanan|g[uü]venlik kodu|"
    r"(?:beveiligings|veiligheids)code|kod (?:bezpiecze[nń]stwa|zabezpieczaj[aą]cy)|код безопасности|проверочный код|"
    r"(?:три|3) (?:последн\w+ )?цифры?|"
    r"সিভিভি|নিরাপত্তা কোড|安全[码碼]|安全コード|セキュリティ ?コード|보안 ?코드|رمز ال[\u0623\u0627]مان|सुरक्षा कोड)"
)
HINTS = (
    "cvv", "cvc", "cvn", "cv2", "csc", "cid", "cav", "verific", "verifik", "security", "digit", "dígit", "digo", "de seg",
    "kartenpr", "fnummer", "fziffer", "sicherheits", "cryptogramme", "code de s", "sicurezza", "keamanan", "venlik", "iligingscode",
    "igheidscode", "kod bezp", "kod zab", "цвв", "код", "सीवीवी", "安全", "セキュリティ", "보안", "رمز",
    "सुरक्षा", "सरकषा", "সিভিভি", "নিরাপত্তা", "নিরাপততা", "циф",
)  # fmt: skip
"""Parts of every word before a code, in lower case: looking for them is faster than the pattern."""

_CODE = (
    r"(?P<found>(?<![0-9])(?<!\\u)[0-9](?:[0-9]{2,3}|(?:[ .\-][0-9]){2,3}))"
    r"(?![0-9]|[.,:/\-][0-9]| [0-9]{3}(?![0-9])|\s?[%$€£¥₹年]|\\u)"
)
"""Not the first group of a one-time code, as in "482 913"."""

_SPOKEN = r"(?:zero|oh|one|two|three|four|five|six|seven|eight|nine)"
_SPOKEN_CODE = rf"(?P<found>{_SPOKEN}(?:[ ,\-]{{1,2}}{_SPOKEN}){{2,3}}(?![^\W_]))"
_FILLER = r"(?P<filler>[^0-9\n\[\]!?\ue000-\uf8ff]{0,30}?\n?[^0-9\n\[\]!?\ue000-\uf8ff]{0,3}?)"
_NO_CODE = re.compile(
    r"error|erro\b|fehler|fail|declin|invalid|order|pedido|ticket|case|amount|after|times|reference|\bref\b|invoice|\bid\b|[$€£¥₹]|"
    r"\bin\b|\bfor\b|\bseit\b|since|\bdate\b|\btime\b|datum|fecha|дата|version|\bapp\b|attempt|charged|paid|from|last|card number",
    re.IGNORECASE,
)
"""What announces another number than the code."""

_AFTER_WORD = (
    re.compile(rf"{_WORD}{_FILLER}{_CODE}", re.IGNORECASE),
    re.compile(rf"{_WORD}{_FILLER}{_SPOKEN_CODE}", re.IGNORECASE),
)
_BEFORE_WORD = re.compile(
    r"(?<![\w.,/])(?P<found>[0-9]{3,4})[ ]?(?:\(|as |is |= ?|es |é |ist |est |è |adalah )?"
    r"(?:(?:my|the|mi|el|meu|o|mein\w?|die|mon|le|il|mio) ){0,2}"
    r"(?:cvv|cvc|card verification|security code|c[oó]digo de seg|pr[uü]fnummer|sicherheitscode|cryptogramme"
    r"|code de s[eé]curit[eé])",
    re.IGNORECASE,
)
_ON_THE_BACK = re.compile(
    r"(?:on|at) the (?:back|reverse)(?: of (?:the|my) card)?[ :,]{0,3}(?:is|are|it says|says|reads)?"
    r"[ :]{0,2}(?P<found>[0-9]{3,4})(?![0-9])",
    re.IGNORECASE,
)
_AFTER_CARD = re.compile(
    # Without a word before it, a number after the card may be an amount: then a unit follows it.
    rf"(?:{CARD_MARK}|\[CARD\])[\s,;/|:.\-]{{1,3}}(?P<found>[0-9]{{3,4}}|[0-9](?:[ \-][0-9]){{2,3}})"
    r"(?![0-9]|[.,:/\-][0-9]|[ ]?[^\W\d_]|[ ]?[$€£¥₹%])"
)
_AFTER_EXPIRY = re.compile(
    # After a date the number is the code, unless a currency or a unit follows.
    rf"(?:{EXPIRY_MARK}|\[EXPIRY\])[\s,;/|:.\-]{{1,3}}(?P<found>[0-9]{{3,4}}|[0-9](?:[ \-][0-9]){{2,3}})"
    r"(?![0-9]|[.,:/\-][0-9]|[ ]?(?:[A-Z]{3}(?![^\W_])|eur|usd|coins?|points?|[$€£¥₹%年]))"
)
_ANY_CARD = (CARD_MARK, EXPIRY_MARK, "[CARD]", "[EXPIRY]")


def security_code_spans(text: str) -> list[Span]:
    """Find security codes: three or four digits near a word such as CVV, after a card or after its expiry."""
    lowered = text.lower()
    spans: list[Span] = []
    if any(hint in lowered for hint in HINTS):
        for pattern in _AFTER_WORD:
            spans += [match.span("found") for match in pattern.finditer(text) if not _NO_CODE.search(match["filler"])]
        spans += [match.span("found") for match in _BEFORE_WORD.finditer(text)]
    if "back" in lowered or "reverse" in lowered:
        spans += [match.span("found") for match in _ON_THE_BACK.finditer(text)]
    if any(sign in text for sign in _ANY_CARD):
        for pattern in (_AFTER_CARD, _AFTER_EXPIRY):
            spans += [match.span("found") for match in pattern.finditer(text)]
    return without_overlaps(spans)
