"""PINs of cards and accounts, never to be stored (PCI DSS 3.3.1)."""

from __future__ import annotations

import re

from models.redaction.recognizers.card_words import CARD_WORD
from models.redaction.recognizers.lowering import without_marks
from models.redaction.span import Span, without_overlaps

_WORD = without_marks(
    r"(?<![^\W_])(?:(?:m|t|u)?pin|p\.i\.n\.?|nip|geheimzahl|geheimnummer|code secret|code confidentiel|codice segreto|"
    r"senha (?:do|de|da) (?:meu )?(?:cart[aã]o|conta|banco)|clave (?:del|de la|de mi|de) (?:cajero|tarjeta|banco)|"
    r"пин|暗証番号|(?:支付|取款)?密[码碼]|"
    r"비밀번호|الرقم السري|पिन|পিন)"
)
HINTS = (
    "pin", "p.i.n", "nip", "geheim", "code secret", "code confid", "segreto", "senha", "clave", "пин", "暗証番号", "密码", "비밀번호",
    "السري", "पिन", "পিন",
)  # fmt: skip
_NAMES = (
    r"(?:[ \-_]?(?:code|c[oó]digo|kod|kodu|код|码|碼|番号|コード|"
    r"number|no\.?|nr\.?|num(?:ber|mer|éro|ero)?|कोड))?"
    r"(?: (?:saya|anda|kamu|atm|bank|kartu|card|للبطاقة|الخاص بي))?"
    r"(?: (?!\w+ (?:order|ticket|case|invoice|pedido|bestell)|\w+ \w+ order)"
    r"(?:of|for|to|on|do|da|de|del|der|für|du|della|van)(?: (?:my|the|meu|minha|mi|la|el|meine\w?|ma|mon|mia))?"
    r" [^\W\d_]{2,12}(?: (?:card|account|app))?)?"
)
_IS = (
    r"[\s:=#\"'»>(.;|\-]{0,5}(?:(?:is|was|as|es|era|é|ist|lautet|war|est|était|è|adalah|jest|это|=|to|هو|هي)[\s:=\"'(]{1,3}|"
    r"[是はが為为]\s?)?"
)
_POSTAL = re.compile(r"code|कोड|कोड", re.IGNORECASE)
_AFTER_WORD = re.compile(
    rf"(?P<word>{_WORD}(?P<names>{_NAMES})){_IS}"
    r"(?P<found>(?<!\\u)[0-9]{4,8}|[0-9](?:[ \-][0-9]){3,5})(?![0-9]|[.,:/\-][0-9]|\s?[%$€£¥₹])",
    re.IGNORECASE,
)
_BEFORE_WORD = re.compile(
    r"(?<![\w.,/\-])(?P<found>[0-9]{4,6})[ ]?(?:\(|as |is |= ?|es |é |ist |est |è )?"
    r"(?:(?:my|the|mi|el|meu|o|mein\w?|die|mon|le|il|mio) ){0,2}"
    r"(?:(?:atm|card|bank|debit) )?(?<![^\W_])pin(?![^\W_]|\W{1,4}[0-9\[\ue000-\uf8ff])",
    re.IGNORECASE,
)
_POSTAL_DIGITS = 6
"""Digits of a postal code of India, which is called a PIN code."""

_ACCOUNT_WORD = re.compile(r"atm|bank|account|\bupi\b|debit|credit|secret|wallet|konto|conta\b|cuenta", re.IGNORECASE)
_ADDRESS_WORD = re.compile(
    r"address|city|state|district|street|road|nagar|colony|deliver|shipp|courier|postal|\bzip\b|area|location|mumbai|delhi|bangalore|"
    r"bengaluru|chennai|kolkata|hyderabad|pune|india",
    re.IGNORECASE,
)
_NEAR = 60


def pin_spans(text: str) -> list[Span]:
    """Find PINs of four to eight digits after a word for one; the PIN code of an address in India stays."""
    lowered = text.lower()
    if not any(hint in lowered for hint in HINTS):
        return []
    spans = [match.span("found") for match in _AFTER_WORD.finditer(text) if not _is_postal_code(text, match)]
    spans += [match.span("found") for match in _BEFORE_WORD.finditer(text) if not _is_address(text, match)]
    return without_overlaps(spans)


def _is_postal_code(text: str, match: re.Match[str]) -> bool:
    digits = match["found"]
    if sum(map(str.isdigit, digits)) != _POSTAL_DIGITS or digits[0] not in "12345678":
        return False
    if not (_POSTAL.search(match["word"]) or _is_address(text, match)):
        return False
    near = max(0, match.start() - _NEAR)
    about = (text[near : match.start()], match["names"])
    return not any(CARD_WORD.search(part) or _ACCOUNT_WORD.search(part) for part in about)


def _is_address(text: str, match: re.Match[str]) -> bool:
    found = match.group("found")
    return (
        len(found) == _POSTAL_DIGITS
        and _ADDRESS_WORD.search(text, max(0, match.start() - _NEAR), match.end() + _NEAR) is not None
    )
