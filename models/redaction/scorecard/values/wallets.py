"""Addresses of wallets with their checksums: Base58Check, Bech32 (BIP 173, BIP 350), and those of Ethereum and others."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256
from random import Random

from models.redaction.kinds import SensitiveKind
from models.redaction.scorecard.pieces import SecretValue, whole

_BITCOIN = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_RIPPLE = "rpshnaf39wBUDNEGHJKLM4PQRST7VWXYZ2bcdeCg65jkm8oFqi1tuvAxyz"
_BECH32 = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
_GENERATORS = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)
_BECH32M = 0x2BC830A3


def wallet(rng: Random) -> SecretValue:
    """Draw an address of one of twelve kinds."""
    name, text = rng.choice(
        (
            ("Bitcoin P2PKH", base58check(rng, 0)),
            ("Bitcoin P2SH", base58check(rng, 5)),
            ("Bitcoin SegWit", segwit(rng, "bc", 0, 20)),
            ("Bitcoin P2WSH", segwit(rng, "bc", 0, 32)),
            ("Bitcoin Taproot", segwit(rng, "bc", 1, 32)),
            ("Ethereum", f"0x{rng.getrandbits(160):040x}"),
            (
                "Ethereum, capitals",
                "0x" + "".join(rng.choice((one, one.upper())) for one in f"{rng.getrandbits(160):040x}"),
            ),
            ("Litecoin", base58check(rng, 0x30)),
            ("Litecoin SegWit", segwit(rng, "ltc", 0, 20)),
            ("Dogecoin", base58check(rng, 0x1E)),
            ("TRON", base58check(rng, 0x41)),
            ("XRP", base58check(rng, 0, _RIPPLE)),
            ("Cardano", segwit(rng, "addr", None, 57)),
            ("Monero", "4" + rng.choice("123456789AB") + "".join(rng.choice(_BITCOIN) for _ in range(93))),
        )
    )
    return SecretValue(SensitiveKind.CRYPTO, whole(text), name)


def base58check(rng: Random, version: int, alphabet: str = _BITCOIN) -> str:
    """Draw an address of a version byte and 20 bytes, with its four bytes of checksum."""
    payload = bytes([version]) + rng.randbytes(20)
    payload += sha256(sha256(payload).digest()).digest()[:4]
    number, text = int.from_bytes(payload), ""
    while number:
        number, rest = divmod(number, 58)
        text = alphabet[rest] + text
    zeros = len(payload) - len(payload.lstrip(b"\0"))
    return alphabet[0] * zeros + text


def segwit(rng: Random, prefix: str, version: int | None, size: int) -> str:
    """Draw a Bech32 address of a prefix, a witness version (None for other chains) and so many bytes."""
    bits, number = size * 8, rng.getrandbits(size * 8)
    padding = -bits % 5
    number, groups = number << padding, (bits + padding) // 5
    values = [number >> 5 * at & 31 for at in reversed(range(groups))]
    values = values if version is None else [version, *values]
    constant = _BECH32M if version else 1
    expanded = [*(ord(sign) >> 5 for sign in prefix), 0, *(ord(sign) & 31 for sign in prefix)]
    check = _polymod([*expanded, *values, *[0] * 6]) ^ constant
    checksum = [check >> 5 * (5 - at) & 31 for at in range(6)]
    return f"{prefix}1{''.join(_BECH32[one] for one in [*values, *checksum])}"


def _polymod(values: Sequence[int]) -> int:
    check = 1
    for value in values:
        top = check >> 25
        check = (check & 0x1FFFFFF) << 5 ^ value
        for at, generator in enumerate(_GENERATORS):
            check ^= generator if top >> at & 1 else 0
    return check
