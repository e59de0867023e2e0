"""Texts without secrets that resemble a class, read from `lookalikes.toml`: the measure of needless loss."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Mapping
from hashlib import sha1, sha256
from importlib.resources import files
from random import Random
from string import ascii_letters, ascii_uppercase, digits
from uuid import UUID

from stdnum import ean, isbn

from models.redaction.kinds import SensitiveKind
from models.redaction.scorecard import encoding
from models.redaction.scorecard.neighbours import amount, clock_time, date, neighbour, order_id, version
from models.redaction.scorecard.phrases import AnnouncingPhrases
from models.redaction.scorecard.pieces import PlantedText, TextPiece, assemble, plain

_SLOT = re.compile(r"\{(\w+)\}")
_WORDS = ("acme_help", "coin.shop", "support", "payfast", "ana_writes")
_ENCODERS = (*[encoding.as_it_is] * 5, encoding.html_escaped, encoding.quoted_printable, encoding.json_escaped)

SlotDraw = Callable[[Random], str]


def _digits(number: int) -> SlotDraw:
    return lambda rng: str(rng.randrange(1, 10)) + "".join(rng.choice(digits) for _ in range(number - 1))


def _letters(alphabet: str, number: int) -> SlotDraw:
    return lambda rng: "".join(rng.choice(alphabet) for _ in range(number))


def _long_id(rng: Random) -> str:
    return _digits(rng.choice((10, 11, 12, 13, 14, 15, 16, 17, 18, 19)))(rng)


def _ups(rng: Random) -> str:
    return f"1Z{_letters(ascii_uppercase + digits, 6)(rng)}{_digits(10)(rng)}"


def _book(rng: Random) -> str:
    return str(isbn.format(_with_check("978" + _digits(9)(rng))))


def _with_check(body: str) -> str:
    return f"{body}{ean.calc_check_digit(body)}"


def _reference(rng: Random) -> str:
    return f"{rng.choice(('FR', 'DE', 'ID', 'AB'))}-{rng.randrange(2020, 2027)}-{_digits(8)(rng)}"


def _coupon(rng: Random) -> str:
    return f"{rng.choice(('SAVE', 'COIN', 'XMAS', 'WELCOME', 'GIFT'))}{rng.randrange(5, 100)}"


DRAWS: Mapping[str, SlotDraw] = {
    "amount": amount,
    "date": date,
    "time": clock_time,
    "order": order_id,
    "version": version,
    "long_id": _long_id,
    "ups": _ups,
    "isbn": _book,
    "ref_iban": _reference,
    "coupon": _coupon,
    "four": lambda rng: f"{rng.randrange(10_000):04}",
    "year": lambda rng: str(rng.randrange(2015, 2027)),
    "yy": lambda rng: str(rng.randrange(20, 30)),
    "month_year": lambda rng: f"{rng.randrange(1, 13):02}/{rng.randrange(2023, 2029)}",
    "http": lambda rng: str(rng.choice((400, 402, 404, 409, 422, 500, 502, 503))),
    "decimal": lambda rng: f"{rng.randrange(10)}.{_digits(rng.randrange(12, 18))(rng)}",
    "decimal2": lambda rng: f"{rng.randrange(1000)}.{rng.randrange(100):02}",
    "latitude": lambda rng: f"{rng.randrange(-90, 90)}.{rng.randrange(10**6, 10**7)}",
    "epoch": lambda rng: str(rng.randrange(1_700_000_000, 1_790_000_000)),
    "epoch_ms": lambda rng: str(rng.randrange(1_700_000_000_000, 1_790_000_000_000)),
    "uuid": lambda rng: str(UUID(int=rng.getrandbits(128), version=4)),
    "sha1": lambda rng: sha1(rng.randbytes(8), usedforsecurity=False).hexdigest(),
    "hex64": lambda rng: sha256(rng.randbytes(8)).hexdigest(),
    "hex32": lambda rng: f"{rng.getrandbits(128):032x}",
    "hex16": lambda rng: f"{rng.getrandbits(64):016x}",
    "hex8": lambda rng: f"{rng.getrandbits(32):08X}",
    "hex4": lambda rng: f"{rng.getrandbits(16):04X}",
    "hex6": lambda rng: f"#{rng.getrandbits(24):06x}",
    "thousands": lambda rng: f"{rng.randrange(10_000, 10**9):,}".replace(",", rng.choice(",. '")),
    "snowflake": lambda rng: str(rng.randrange(10**17, 10**18)),
    "ean13": lambda rng: _with_check(_digits(12)(rng)),
    "date_id": lambda rng: f"2026{rng.randrange(1, 13):02}{rng.randrange(1, 29):02}-{rng.randrange(1000):03}",
    "version4": lambda rng: f"{version(rng)}.{rng.randrange(100)}",
    "chrome": lambda rng: f"{rng.randrange(100, 150)}.0.{rng.randrange(1000, 9999)}.{rng.randrange(200)}",
    "handle": lambda rng: rng.choice(_WORDS),
    "base62": _letters(ascii_letters + digits, 24),
    "base62_14": _letters(ascii_letters + digits, 14),
    "letters2": _letters(ascii_uppercase, 2),
    **{f"digits{size}": _digits(size) for size in range(5, 21)},
    **{f"int{size}": _digits(size) for size in range(1, 6)},
}


class LookalikeDrawer:
    """Draws texts that resemble a class."""

    def __init__(self, phrases: AnnouncingPhrases) -> None:
        """Read the file; `phrases` gives the sentences around."""
        text = files("models.redaction.scorecard").joinpath("lookalikes.toml").read_text(encoding="utf-8")
        self._sentences: Mapping[str, list[str]] = tomllib.loads(text)
        self._phrases = phrases

    def draw(self, rng: Random, kind: SensitiveKind) -> PlantedText:
        """SlotDraw a text about `kind` in which everything that is drawn must stay."""
        language = rng.choice(self._phrases.languages)
        pieces = plain(self._phrases.phrase(rng, "open", language) + " ") if rng.random() < 0.5 else []
        pieces += _filled(rng, rng.choice(self._sentences[kind.value]))
        if rng.random() < 0.4:
            pieces += [*plain(rng.choice((", ", ". ", "\n"))), *neighbour(rng)]
        if rng.random() < 0.5:
            pieces += plain("\n" + self._phrases.phrase(rng, "close", language))
        encoder = rng.choice(_ENCODERS)
        return assemble(kind, f"look-alike, {encoder.__name__.replace('_', ' ')}", encoder(pieces, rng))


def _filled(rng: Random, sentence: str) -> list[TextPiece]:
    parts = _SLOT.split(sentence)
    return [
        TextPiece(DRAWS[part](rng), keep=True) if number % 2 else TextPiece(part)
        for number, part in enumerate(parts)
        if number % 2 or part
    ]
