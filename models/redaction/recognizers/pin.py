"""PINs of cards and accounts, never to be stored (PCI DSS 3.3.1)."""

from __future__ import annotations

import re

from models.redaction.marks import CARD_MARK
from models.redaction.recognizers.card_words import CARD_WORD
from models.redaction.recognizers.hint_words import HintWords
from models.redaction.recognizers.lowering import without_marks
from models.redaction.span import Span, without_overlaps

_WORD = without_marks(
    r"(?:(?<![^\W_])(?:[mtu]?pin|p\.i\.n\.?|nip|geheimzahl|geheimnummer|code secret|code confidentiel|codice segreto|"
    r"senha (?:do|de|da) (?:meu )?(?:cart[aã]o|conta|banco)|"
    r"senha de (?:4|quatro|6|seis) d[ií]gitos|kart [sş]ifre(?:si|m)|"
    r"clave (?:del|de la|de mi|de) (?:cajero|tarjeta|banco)|пин)|"
    r"पिन|পিন|暗証番号|(?:支付|取款|银行卡)?密码|비밀번호|الرقم السري|รหัสพิน|รหัส ?atm)"
)
HINTS = tuple(
    map(
        without_marks,
        (
            "pin", "p.i.n", "nip", "geheim", "code secret", "code confid", "segreto", "senha", "clave", "пин",
            "暗証番号", "密码", "비밀번호",
            "السري", "पिन", "পিন", "รหัสพิน", "รหัส", "ifre",
        ),
    )
)  # fmt: skip
"""Parts of every word before a PIN, in lower case."""

_NAMES = without_marks(
    r"(?:[ \-_]?(?:code|c[oó]digo|kod|kodu|код|码|number|no\.?|nr\.?|num(?:ber|mer|éro|ero)?|कोड|কোড))?"
    r"(?: (?:saya|anda|kamu|saya|atm|kartu|bank|card|account|upi|meu|minha|للبطاقة|للحساب)){0,2}"
    r"(?: (?:meiner|deiner|ihrer|mijn) [^\W\d_]{2,12})?"
    r"(?: (?:of|for|to|on|do|da|de|del|der|für|du|della|van)(?: (?:my|the|meu|minha|mi|la|el|meine\w?|ma|mon|mia))?"
    r" (?!order|ticket|case|invoice|pedido|bestell)[^\W\d_]{2,12}(?: (?:card|account|app))?)?"
)
_IS = (
    r"[\s:=#\"'»>→(.|;\-]{0,6}(?:(?:is|was|as|es|era|é|ist|lautet|war|est|était|è|adalah|jest|это|هو|=|to)"
    r"[\s:=\"'(]{1,3}|[是はを]\W?)?"
)
_POSTAL = re.compile(without_marks(r"[ \-]?(?:code|कोड|কোড)\b"), re.IGNORECASE)
_AFTER_WORD = re.compile(
    rf"(?P<word>{_WORD}(?P<names>{_NAMES})){_IS}(?P<found>[0-9]{{4,8}}|[0-9](?:[ .\-][0-9]){{3,5}})"
    r"(?![0-9]|[.,:/\-][0-9]|\s?[%$€£¥₹年])",
    re.IGNORECASE,
)
_BEFORE_WORD = re.compile(
    r"(?<![\w./\-])(?<![0-9],)(?P<found>[0-9]{4,6})[ ]?(?:\(|as |is |= ?|es |é |ist |est |è )?"
    r"(?:(?:my|the|mi|el|meu|o|mein\w?|die|mon|le|il|mio) ){0,2}(?:(?:atm|card|bank|debit) )?(?<![^\W_])pin"
    r"(?![^\W_]|\W{1,4}(?:[0-9]{4,8}(?![0-9:/.])|[\[\ue000-\uf8ff]))",
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


_HINTS = HintWords(HINTS)


def pin_spans(text: str) -> list[Span]:
    """Find PINs of four to eight digits after a word for one; the PIN code of an address in India stays."""
    lowered = text.lower()
    if not _HINTS.occur_in(lowered):
        return []
    spans = [match.span("found") for match in _AFTER_WORD.finditer(text) if not _is_postal_code(text, match)]
    spans += [match.span("found") for match in _BEFORE_WORD.finditer(text) if not _is_address(text, match)]
    return without_overlaps(spans)


def _is_postal_code(text: str, match: re.Match[str]) -> bool:
    digits = match["found"]
    if len(digits) != _POSTAL_DIGITS or digits[0] not in "12345678":
        return False
    if not (_POSTAL.match(match["names"]) or match["word"].lower() == "pincode" or _is_address(text, match)):
        return False
    near = max(0, match.start() - _NEAR)
    about = (text[near : match.start()], match["names"])
    if any(mark in about[0] for mark in (CARD_MARK, "[CARD]")):
        return False
    return not any(CARD_WORD.search(part) or _ACCOUNT_WORD.search(part) for part in about)


def _is_address(text: str, match: re.Match[str]) -> bool:
    found = match.group("found")
    return (
        len(found) == _POSTAL_DIGITS
        and _ADDRESS_WORD.search(text, max(0, match.start() - _NEAR), match.end() + _NEAR) is not None
    )
