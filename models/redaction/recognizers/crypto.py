"""Addresses and keys of crypto currencies: who knows an address sees all that its owner paid, who knows a phrase can pay."""

from __future__ import annotations

import binascii
import hashlib
import re
from base64 import b32decode, urlsafe_b64decode

from stdnum.bitcoin import b58decode, bech32_checksum

from models.redaction.recognizers.hint_words import HintWords
from models.redaction.recognizers.lowering import lowered
from models.redaction.recognizers.secret_shape import has_long_run
from models.redaction.span import Span, without_overlaps

_BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_RIPPLE = str.maketrans("rpshnaf39wBUDNEGHJKLM4PQRST7VWXYZ2bcdeCg65jkm8oFqi1tuvAxyz", _BASE58)
_BECH32 = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
_BECH32M = 0x2BC830A3
"""The constants of bech32m (BIP 350); that of bech32 (BIP 173) is 1."""

_SHORTEST = 25
_WORD = re.compile(r"(?<![0-9A-Za-z])[0-9A-Za-z_\-]{25,130}(?![0-9A-Za-z])")
_ETHEREUM = re.compile(r"(?<![0-9A-Za-z])0[xX][0-9a-fA-F]{40}(?![0-9A-Za-z])")
_CASH = re.compile(
    r"(?<![0-9A-Za-z])(?:bitcoincash|bchtest|ecash|nano|xrb|kaspa)[:_][0-9a-z]{38,70}(?![0-9A-Za-z])", re.IGNORECASE
)
_BECH32_SHAPE = re.compile(r"(?P<prefix>[a-z]{2,10}(?:_test)?)1(?P<data>[02-9ac-hj-np-z]{11,118})")
_SOLANA_WORD = re.compile(
    r"solana|(?<![a-z])sol(?![a-z])|wallet|phantom|usdc|usdt|(?<![a-z])spl(?![a-z])|address|crypto|billetera"
    r"|cartera|carteira|dompet|кошел|钱包|錢包|ウォレット|지갑|محفظة|cüzdan"
)
_SOLANA_WITHIN = 80
_MONERO = re.compile(r"[48][0-9AB][1-9A-HJ-NP-Za-km-z]{93}|4[0-9AB][1-9A-HJ-NP-Za-km-z]{104}")

_PHRASE_WORD = re.compile(
    r"(?:seed|recovery|mnemonic|backup|secret|wallet|passphrase)s?[ -]?(?:recovery |backup |seed )?(?:phrases?"
    r"|words?|seeds?|key|mnemonics?)?"
    r"|(?:12|15|18|21|24|twelve|fifteen|eighteen|twenty[- ]four)[ -](?:secret |recovery |seed )?words?"
    r"|frase (?:semilla|de recuperaci[oó]n|secreta|semente|de recupera[cç][aã]o|di recupero)"
    r"|phrase (?:de récupération|secrète|mnémonique)"
    r"|wiederherstellungs(?:phrase|wörter)|merksatz|frasa pemulihan|kurtarma (?:ifadesi|kelimeleri)|сид[- ]?фраз\w*"
    r"|助记词|助記詞|リカバリーフレーズ|시드 ?문구|عبارة الاسترداد"
)
_PHRASE_GAP = re.compile(r"(?:[\s:=\-\"'“”‘’(\[]|is|are|was|for my wallet|of my wallet|my|the|es|ist|est|é){0,12}+")
_PHRASE_ITEM = r"(?:[0-9]{1,2}[.):]?[ ]?)?[a-z]{3,8}(?![a-z])"
_PHRASES = tuple(
    re.compile(rf"{_PHRASE_ITEM}(?:[ ,;\n]{{1,3}}{_PHRASE_ITEM}){{{words - 1}}}") for words in (24, 21, 18, 15, 12)
)
_PROSE = re.compile(
    r"(?<![a-z])(?:the|and|not|you|your|with|from|have|has|was|for|but|are|does|please|lost|forgot|they|that|when"
    r"|what|because|which|been|were)(?![a-z])"
)
"""English words that are not in the list of BIP 39, and of which twelve words of prose contain one."""

HINTS = (
    "seed",
    "phrase",
    "mnemonic",
    "words",
    "frase",
    "frasa",
    "phrase",
    "merksatz",
    "kurtarma",
    "сид",
    "助记",
    "助記",
    "リカバリー",
    "시드",
    "عبارة",
)

_HINTS = HintWords(HINTS)


def crypto_spans(view: str) -> list[Span]:
    """Find addresses of Bitcoin and its kin, Ethereum, Tron, Ripple, Stellar, Monero, TON, Cardano and Solana, keys and seed phrases.

    The check digits decide where a format has them. Ethereum's are optional, so its shape does; Solana has none, so a word such
    as "wallet" must be near.
    """
    if not has_long_run(view, _SHORTEST):
        return _phrases(view)
    spans = [match.span() for pattern in (_ETHEREUM, _CASH) for match in pattern.finditer(view)]
    words = _WORD.finditer(view)
    spans += [word.span() for word in words if _is_address(word[0]) or (_is_solana(word[0]) and _is_named(view, word))]
    spans += _phrases(view)
    return without_overlaps(spans)


def _is_address(text: str) -> bool:
    return (
        _is_base58_checked(text)
        or _is_bech32(text)
        or _is_stellar(text)
        or _is_ton(text)
        or bool(_MONERO.fullmatch(text))
    )


def _is_base58_checked(text: str) -> bool:
    """Return whether base58 ends with the checksum of Base58Check; Ripple has an alphabet of its own."""
    for letters in (text, text.translate(_RIPPLE) if text[0] in "rX" else ""):
        if letters and not letters.strip(_BASE58):
            data = b58decode(letters)
            if len(data) > 20 and _double_hash(data[:-4]) == data[-4:]:
                return True
    return False


def _double_hash(data: bytes) -> bytes:
    return hashlib.sha256(hashlib.sha256(data).digest()).digest()[:4]


def _is_bech32(text: str) -> bool:
    """Return whether a text is bech32 or bech32m (BIP 173, 350); all of it in one case."""
    match = _BECH32_SHAPE.fullmatch(text.lower())
    if match is None or text not in (text.lower(), text.upper()):
        return False
    prefix = match["prefix"]
    expanded = [ord(letter) >> 5 for letter in prefix] + [0] + [ord(letter) & 31 for letter in prefix]
    return bech32_checksum(expanded + [_BECH32.index(letter) for letter in match["data"]]) in (1, _BECH32M)


def _is_stellar(text: str) -> bool:
    """Return whether a text is a public or secret key of Stellar (SEP-23): base32 with CRC-16/XMODEM."""
    if len(text) != 56 or text[0] not in "GSM" or not text.isalnum() or not text.isupper():
        return False
    try:
        data = b32decode(text)
    except binascii.Error:
        return False
    return binascii.crc_hqx(data[:-2], 0).to_bytes(2, "little") == data[-2:]


def _is_ton(text: str) -> bool:
    """Return whether a text is a user-friendly address of TON: 36 bytes in base64url with CRC-16/XMODEM."""
    if len(text) != 48 or text[:2] not in ("EQ", "UQ", "kQ", "0Q", "Ef", "Uf"):
        return False
    data = urlsafe_b64decode(text)
    return binascii.crc_hqx(data[:-2], 0).to_bytes(2, "big") == data[-2:]


def _is_solana(text: str) -> bool:
    """Return whether a text is 32 bytes in base58 (an account) or 64 (its secret key), with letters of both cases and digits."""
    if not (31 < len(text) < 45 or 85 < len(text) < 89) or text.strip(_BASE58):
        return False
    is_mixed = not text.islower() and not text.isupper()
    return is_mixed and len(b58decode(text)) in (32, 64)


def _is_named(view: str, match: re.Match[str]) -> bool:
    around = lowered(view[max(0, match.start() - _SOLANA_WITHIN) : match.end() + _SOLANA_WITHIN])
    return _SOLANA_WORD.search(around) is not None


def _phrases(view: str) -> list[Span]:
    """Find seed phrases: 12 to 24 words of three to eight letters after a word that announces them (BIP 39)."""
    lower = lowered(view)
    if not _HINTS.occur_in(lower):
        return []
    spans = []
    for word in _PHRASE_WORD.finditer(lower):
        gap = _PHRASE_GAP.match(lower, word.end())
        start = gap.end() if gap else word.end()
        phrases = (phrase for words in _PHRASES if (phrase := words.match(lower, start)))
        spans += [phrase.span() for phrase in phrases if not _PROSE.search(phrase[0])][:1]
    return spans
