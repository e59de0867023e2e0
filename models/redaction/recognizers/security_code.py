"""Card security codes (CVV2, CVC2, CID), never to be stored (PCI DSS 3.3.1)."""

from __future__ import annotations

import re
from functools import cache

from models.redaction.linear_pattern import LinearPattern
from models.redaction.marks import CARD_MARK, EXPIRY_MARK
from models.redaction.recognizers.hint_words import HintWords
from models.redaction.recognizers.lowering import without_marks
from models.redaction.span import Span, without_overlaps

_WORD = without_marks(
    r"(?:cvv2?|cvc2?|cvn2?|(?<![^\W_])c[. ]v[. ][vc](?![^\W_])\.?|(?<![^\W_])sec\.? ?code|(?<![^\W_])sec\.? (?:no\.?|number)|"
    r"цвв|सीवीवी|সিভিভি|(?<![^\W_])(?:cv2|csc|cid|cav2?)(?![^\W_])|card verification(?: value| code| number)?|"
    r"(?<!social )security[ _-]?(?:code|number|no\.?|digits)|verification[ _-]?(?:value|digits)|"
    r"(?:three|four|3|4)[ -]digits?(?= (?:code|number|on|at|from|behind|are|is))(?: code| number)?"
    r"(?: (?:on|at|from|behind) (?:the |my )?(?:back|reverse|front|card)(?: of (?:the|my) card)?)?|"
    r"(?:c[oó]digo|clave|n[uú]mero|d[ií]gitos?) (?:de |verificador )?(?:seguran[cç]a|seguridad|verifica[cç][aã]o|verificaci[oó]n)|"
    r"c[oó]digo verificador|(?:tres|três|3) (?:[uú]ltimos )?d[ií]gitos|"
    r"kartenpr[uü]f\w*|pr[uü]f(?:nummer|ziffer)|sicherheits(?:code|nummer)|"
    r"cryptogramme(?: visuel)?|code de s[eé]curit[eé]|codice di sicurezza|kode keamanan|g[uü]venlik kodu|"
    r"(?:beveiligings|veiligheids)code|kod (?:bezpiecze[nń]stwa|zabezpieczaj[aą]cy)|"
    r"код безопасности|проверочный код|(?:три|3) цифры (?:на обороте|сзади)|"
    r"安全[码碼]|安全コード|セキュリティ ?コード|보안 ?코드|رمز ال[\u0623\u0627]مان|رمز التحقق|सुरक्षा कोड|নিরাপত্তা কোড|รหัสความปลอดภัย)"
)
HINTS = tuple(
    map(
        without_marks,
        (
            "c.v.", "c v v", "c v c", "sec code", "sec. code", "sec no", "sec number",
            "cvv", "cvc", "cvn", "cv2", "csc", "cid", "cav", "verific", "verifik", "security", "digit", "dígit", "digo", "de seg",
            "the back", "the reverse", "kartenpr", "fnummer", "fziffer", "sicherheits", "cryptogramme", "code de s", "sicurezza",
            "keamanan", "venlik", "iligingscode", "igheidscode", "kod bezp", "kod zab", "цвв", "код", "цифры", "सीवीवी", "সিভিভি",
            "安全", "セキュリティ", "보안", "رمز", "सुरक्षा", "নিরাপত্তা", "ปลอดภัย",
        ),
    )
)  # fmt: skip
"""Parts of every word before a code, in lower case: looking for them is faster than the pattern."""

_NO_UNIT = (
    r"(?![0-9]|[.,:/\-][0-9]| [0-9]{3}(?![0-9])|[ ]?[%$€£¥₹年月]|\\u| ?(?:usd|eur|gbp|inr|brl|idr|"
    r"dollars?|euros?|rupees?|reais|pesos|coins?|points?|times|days|hours?|min|minutes?|ms|msec|s|sec|seconds?|mal|veces|vezes|fois|volte|sekunden|segundos|secondes?|secondi)\b)"
)
_CODE = rf"(?P<found>(?<![0-9])(?<!\\u)[0-9](?:[0-9]{{2,3}}|(?:[ .\-][0-9]){{2,3}})){_NO_UNIT}"
_BARE_CODE = r"(?P<found>[0-9]{3,4})(?![0-9]|[.:\-][0-9]|\\u)"
"""A code right after its word: what follows it is no unit, as in "cvv=123 coins"."""
_LABEL = (
    rf"(?:(?:cvv2?|cvc2?|cvn2?|cav2|csc|cid)(?:[ _-]?(?:code|number|no|value))?[ \"']{{0,3}}(?:[:=#]|is\b)?|{_WORD}[ \"']{{0,2}}[:=])"
    r"[ \"']{0,3}"
)
_SPOKEN = r"(?:zero|oh|one|two|three|four|five|six|seven|eight|nine)"
_SPOKEN_CODE = rf"(?P<found>{_SPOKEN}(?:[ ,\-]{{1,2}}{_SPOKEN}){{2,3}}(?![^\W_]))"
_IN_LINE = r"(?:[^0-9\n\[\]!?.\ue000-\uf8ff]|\.(?!\s)|(?<=no)\.|(?<=nr)\.)"
_FILLER = rf"(?P<filler>{_IN_LINE}{{0,30}}?\n?{_IN_LINE}{{0,3}}?)"
_NO_CODE = re.compile(
    r"error|erro\b|fehler|fail|declin|invalid|order|pedido|ticket|case|amount|after|times|reference|\bref\b|invoice|\bid\b|[$€£¥₹]|"
    r"\bin\b|\bfor\b|\bseit\b|since|attempt|charged|paid|from|last|card number|date|datum|fecha|дата|\btime\b|version|"
    r"\bapp\b|missing|login|log in|sms|e-?mail",
    re.IGNORECASE,
)
"""What announces another number than the code."""

_AFTER_WORD = (
    re.compile(rf"{_WORD}{_FILLER}{_CODE}", re.IGNORECASE),
    re.compile(rf"{_WORD}{_FILLER}{_SPOKEN_CODE}", re.IGNORECASE),
    re.compile(rf"(?<![^\W_])(?P<filler>){_LABEL}{_BARE_CODE}", re.IGNORECASE),
)
_BEFORE_WORD = re.compile(
    r"(?<![\w.,/])(?P<found>[0-9]{3,4})[ ]?(?:\(|as |is |= ?|es |é |ist |est |è |adalah )?"
    r"(?:(?:my|the|mi|el|meu|o|mein\w?|die|mon|le|il|mio) ){0,2}"
    r"(?:cvv|cvc|card verification|security code|c[oó]digo de seg|pr[uü]fnummer|sicherheitscode|cryptogramme|code de s[eé]curit[eé])",
    re.IGNORECASE,
)
_ON_THE_BACK = re.compile(
    r"(?:on|at) the (?:back|reverse)(?: of (?:the|my) card)?[ :,]{0,3}(?:there )?"
    r"(?:is|are|it says|says|reads)?[ :]{0,2}(?P<found>[0-9]{3,4})(?![0-9])",
    re.IGNORECASE,
)
_BACK = without_marks(
    r"(?:(?:die |los |les |os |i |as )?(?:[34]|drei|tres|trois|três|tre|vier) "
    r"(?:ziffern|d[ií]gitos|n[uú]meros|chiffres|numeri|cifre|angka)\s)?"
    r"(?:(?:auf der )?r[uü]ckseite|hinten(?: drauf)?|(?:al |en el |del )?(?:reverso|dorso)|detr[aá]s|atr[aá]s"
    r"|(?:no |do |au )?verso|au dos"
    r"|(?:sul |nel )?retro|(?:di )?belakang(?: kartu)?|(?:kode )?belakang|arka(?: ?y[uü]z\w*)?|(?:код )?(?:на )?обороте|сзади"
    r"|背面(?:的|の)?(?:三位数|[三3]位数字|[3三]桁|数字)?|裏面?の?(?:[3三]桁|数字)?|뒷면(?: ?[3세] ?자리| ?숫자)?"
    r"|(?:crd|card) sec\b|पीछे|ظهر البطاقة)"
)
_CHAT = r"[^0-9\n\[\]]{0,24}\n\[[0-9:]{5,8}\] [^\n\[\]0-9]{1,20}: "
_FOUND_CARD = rf"(?:[{CARD_MARK}{EXPIRY_MARK}](?![{CARD_MARK}{EXPIRY_MARK}]{{2}})|\[CARD\]|\[EXPIRY\])"
"""Of what covers a number, the end: nothing is found from its other characters that is not found from there."""

_BACK_HINTS = HintWords(
    map(
        without_marks,
        (
            "back", "rear", "reverse", "rückseite", "ruckseite", "hinten", "dorso", "detras", "detrás", "atras", "atrás",
            "verso", "au dos", "retro", "belakang", "arka", "оборот", "сзади", "背面", "裏", "뒷면", "crd sec",
            "card sec", "पीछे", "ظهر",
        ),
    )
)  # fmt: skip
_ON_BACK = (
    re.compile(
        rf"{_FOUND_CARD}(?:[^0-9?!\[\]]{{0,40}}?|{_CHAT})(?<![^\W_]){_BACK}"
        rf"(?: (?:steht|ist|pone|dice|est|é|è|adalah|is))?\s?[:：=#(>\-]{{0,2}}\s?{_CODE}",
        re.IGNORECASE,
    ),
    re.compile(
        rf"{_FOUND_CARD}[^\w\[\]]{{1,6}}(?:and |with |[34] digits? )?(?:on |at |from )?(?:the |its )?(?:back|rear|reverse)(?: side)?"
        rf"(?: of (?:the |my )?card)?(?: (?:it says|says|is|are|number|no\.?|code|digits))?\s?[:=#(>\-]{{0,2}}\s?{_CODE}",
        re.IGNORECASE,
    ),
    re.compile(
        rf"{_FOUND_CARD}[^0-9\[\]]{{1,12}}?(?<!\w)(?P<found>[0-9]{{3,4}}) (?:is )?on (?:the |its )?(?:back|reverse)(?![^\W_])",
        re.IGNORECASE,
    ),
)
"""A number that is on the back of a card whose number was found just before."""

_SEPARATOR = r"[\s,;/|:.\-]{1,3}"
_UNNAMED_CODE = _CODE.replace("[ .\\-]", "[ \\-]")
"""A code without a word of its own: with dots between its digits it is a version."""

_AFTER_EXPIRY = re.compile(rf"(?:{EXPIRY_MARK}|\[EXPIRY\]){_SEPARATOR}{_UNNAMED_CODE}", re.IGNORECASE)
_AFTER_CARD = re.compile(
    # Without a word before it, a number after the card may be an amount: then a unit follows it.
    rf"(?:{CARD_MARK}|\[CARD\])(?:{_SEPARATOR}|[ ,]{{0,2}}[(\[](?=[0-9]{{3,4}}[)\]])){_UNNAMED_CODE}(?! ?[^\W\d_])",
    re.IGNORECASE,
)


_HINTS = HintWords(hint for hint in HINTS if hint not in {"the back", "the reverse"})
_DIGITS_SIGN = LinearPattern(r"(?:^|[^0-9])[0-9](?:[0-9]{2,3}|(?:[ .\-][0-9]){2,3})(?:[^0-9]|$)")
_SIGNS = (
    _DIGITS_SIGN,
    LinearPattern(rf"{_SPOKEN}[ ,\-]{{1,2}}{_SPOKEN}[ ,\-]{{1,2}}{_SPOKEN}"),
    _DIGITS_SIGN,
)
"""What is in a text in which the patterns of `_AFTER_WORD` find something: to look for it is faster than to look for words."""


@cache
def _in_lower() -> tuple[re.Pattern[str], ...]:
    """Return the same patterns for texts in lower case, which takes half of the time."""
    return tuple(re.compile(one.pattern) for one in (*_AFTER_WORD, _BEFORE_WORD))


def security_code_spans(text: str) -> list[Span]:
    """Find security codes: three or four digits near a word such as CVV, after a card or after its expiry."""
    lowered = text.lower()
    spans: list[Span] = []
    if _HINTS.occur_in(lowered):
        is_ascii = text.isascii()
        # What is no ASCII may be another writing of a letter.
        searched, (*after_word, before_word) = (
            (lowered, _in_lower()) if is_ascii else (text, (*_AFTER_WORD, _BEFORE_WORD))
        )
        for pattern, sign in zip(after_word, _SIGNS, strict=True):
            matches = pattern.finditer(searched) if not is_ascii or sign.occurs_in(lowered) else ()
            spans += [match.span("found") for match in matches if not _NO_CODE.search(match["filler"])]
        spans += [match.span("found") for match in before_word.finditer(searched)]
    if "the back" in lowered or "the reverse" in lowered:
        spans += [match.span("found") for match in _ON_THE_BACK.finditer(text)]
    has_card = any(mark in text for mark in (CARD_MARK, EXPIRY_MARK, "[CARD]", "[EXPIRY]"))
    if has_card and _BACK_HINTS.occur_in(lowered):
        for pattern in _ON_BACK:
            spans += [match.span("found") for match in pattern.finditer(text)]
    if EXPIRY_MARK in text or "[EXPIRY]" in text:
        spans += [match.span("found") for match in _AFTER_EXPIRY.finditer(text)]
    if CARD_MARK in text or "[CARD]" in text:
        spans += [match.span("found") for match in _AFTER_CARD.finditer(text)]
    return without_overlaps(spans)
