"""Canaries: unique secrets to plant in what comes in, and the search for them in everything that is stored or shown.

A canary has a *core*: letters and digits that occur nowhere else. The search reads bytes, drops all that is neither a letter nor a
digit, and looks for the cores; so a secret is found in whatever spacing, and also behind the escapes of JSON, HTML and URLs, in UTF-16
(whose zero bytes are dropped), in full-width and other Unicode digits, and in base64, gzip and zlib.
"""

from __future__ import annotations

import base64
import html
import random
import re
import sqlite3
import unicodedata
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import numpy as np
from stdnum import verhoeff
from stdnum.br import cpf

from models.redaction.scorecard.values.wallets import base58check

Secret = tuple[str, ...]
"""What is planted, and its cores."""

WINDOW = 8
"""Characters at the start of a core by which it is looked up; no core is shorter."""

LONGEST = 39
"""Characters of the longest core."""

_ISSUERS = {
    "4": 16, "51": 16, "2221": 16, "34": 15, "37": 15, "6011": 16, "3528": 16, "36": 14, "62": 16, "6304": 16, "2200": 16,
    "6521": 16, "9792": 16, "4903": 19,
}  # fmt: skip
"""Starts and lengths of the brands' numbers: Visa, Mastercard (two ranges), American Express, Discover, JCB, Diners Club, UnionPay,
Maestro, Mir, RuPay, Troy, and a Visa number of 19 digits."""

_BASE64 = re.compile(rb"[A-Za-z0-9+/_-]{24,}={0,2}")
_STREAMS = re.compile(rb"\x1f\x8b\x08|x[\x01\x5e\x9c\xda]")
_ESCAPES = re.compile(r"\\u([0-9a-fA-F]{4})|\\[nrtbf]")
_DROPPED = bytes(set(range(256)) - set(b"0123456789abcdefghijklmnopqrstuvwxyz"))
_FOREIGN_DIGIT = re.compile(r"(?![0-9])\d")


@dataclass(frozen=True, slots=True)
class Canary:
    """A planted secret: `text` is what was planted, `core` what is looked for of it, `place` where it was planted."""

    kind: str
    text: str
    core: str
    place: str


class Canaries:
    """Makes canaries of all kinds in turn and remembers them."""

    def __init__(self, seed: int, kinds: Iterable[str] | None = None) -> None:
        self._rng = random.Random(seed)
        self._made: dict[str, Canary] = {}
        self._planted = 0
        self._cores = np.zeros(0, dtype=np.uint64)
        self._present = np.zeros(1 << 20, dtype=bool)
        self._kinds = [_KINDS[name] for name in (kinds or _KINDS)]

    def __len__(self) -> int:
        """Return how many were planted; some have two cores."""
        return self._planted

    def plant(self, place: str) -> str:
        """Return the text of a new canary, of the next kind; `place` says in a failure where it was planted."""
        return self._add(self._kinds[self._planted % len(self._kinds)], place)

    def card(self, place: str) -> str:
        """Return a card number of 16 digits in a row: the one secret that is recognised without any words."""
        return self._add(_bare_card, place)

    def found_in(self, content: bytes) -> set[Canary]:
        """Return the canaries that occur in the content, in any of the writings above."""
        if len(self._cores) < len(self._made):
            self._cores = np.array(sorted(_packed(core[:WINDOW]) for core in self._made), dtype=np.uint64)
            self._present[_hashed(self._cores)] = True
        found: set[Canary] = set()
        for text in _readings(content):
            for position in _candidates(text, self._cores, self._present):
                for size in (18, 19, 17, 16, 15, 14, *range(WINDOW, 14), *range(20, LONGEST + 1)):
                    if hit := self._made.get(text[position : position + size].decode()):
                        found.add(hit)
                        break
        return found

    def _add(self, make: Callable[[random.Random], Secret], place: str) -> str:
        while True:
            text, *given = make(self._rng)
            cores = [_letters(core).decode() for core in given]
            assert min(map(len, cores)) >= WINDOW, "a canary that is too short to be searched for"
            if not self._made.keys() & set(cores):
                self._made |= {core: Canary(make.__name__.strip("_"), text, core, place) for core in cores}
                self._planted += 1
                return text


def card_number(rng: random.Random, prefix: str, length: int) -> str:
    """Return a number with this start and length whose check digit is right."""
    digits = prefix + "".join(str(rng.randrange(10)) for _ in range(length - len(prefix) - 1))
    total = sum(sum(divmod(2 * int(digit), 10)) if at % 2 == 0 else int(digit) for at, digit in enumerate(digits[::-1]))
    return f"{digits}{-total % 10}"


def _word(rng: random.Random, length: int = 10) -> str:
    return "".join(rng.choice("bcdfghjklmnpqrstvwxz") for _ in range(length))


def _digits(rng: random.Random, length: int) -> str:
    return "".join(str(rng.randrange(10)) for _ in range(length))


def _bare_card(rng: random.Random) -> Secret:
    number = card_number(rng, "4", 16)
    return number, number


def _card(rng: random.Random) -> Secret:
    number = card_number(rng, *rng.choice(list(_ISSUERS.items())))
    separator = rng.choice(["", " ", "-"])
    groups = [number[at : at + 4] for at in range(0, len(number), 4)]
    return f"card {separator.join(groups)}", number


def _track(rng: random.Random) -> Secret:
    number, rest = card_number(rng, "4", 16), f"3012101{_digits(rng, 12)}"
    return f";{number}={rest}?", number, rest


def _security_code(rng: random.Random) -> Secret:
    # A code of three digits is nowhere unique: the word after it makes it so.
    number, code, word = card_number(rng, "4", 16), f"{rng.randrange(100, 1000)}", _word(rng)
    return f"card {number} cvv {code} {word}", number, code + word


def _iban(rng: random.Random) -> Secret:
    account = _digits(rng, 18)
    number = f"DE{98 - int(f'{account}131400') % 97:02}{account}"
    return f"IBAN {number}", number


def _email(rng: random.Random) -> Secret:
    name = _word(rng, 14)
    return f"{name}@example.org", name


def _phone(rng: random.Random) -> Secret:
    number = f"4915{rng.randrange(10)}{rng.randrange(10_000_000, 99_999_999)}"
    return f"phone +{number}", number


def _token(rng: random.Random) -> Secret:
    letters = "".join(rng.choice("ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789") for _ in range(36))
    return f"token ghp_{letters}", letters


def _password(rng: random.Random) -> Secret:
    word = f"{_word(rng, 6)}{rng.randrange(1000, 9999)}{_word(rng, 3)}"
    return f"password: {word}", word


def _one_time_code(rng: random.Random) -> Secret:
    code, word = _digits(rng, 6), _word(rng)
    return f"verification code {code} {word}", code + word


def _national_id(rng: random.Random) -> Secret:
    # Numbers of the USA, of Brazil and of India; the last two have check digits.
    area, group, serial, word = rng.randrange(100, 600), rng.randrange(10, 100), rng.randrange(1000, 10_000), _word(rng)
    brazil, india = _digits(rng, 9), f"{rng.randrange(2, 10)}{_digits(rng, 10)}"
    person = next(f"{brazil}{last:02}" for last in range(100) if cpf.is_valid(f"{brazil}{last:02}"))
    resident = f"{india}{verhoeff.calc_check_digit(india)}"
    return rng.choice(
        [
            (f"SSN {area}-{group}-{serial} {word}", f"{area}{group}{serial}{word}"),
            (f"CPF {person[:3]}.{person[3:6]}.{person[6:9]}-{person[9:]}", person),
            (f"Aadhaar {resident[:4]} {resident[4:8]} {resident[8:]}", resident),
        ]
    )


def _upi(rng: random.Random) -> Secret:
    name = _word(rng, 12)
    return f"UPI {name}@okhdfcbank", name


def _ip(rng: random.Random) -> Secret:
    four, word = ".".join(str(rng.randrange(20, 120)) for _ in range(4)), _word(rng)
    six = f"2a02:8108:{':'.join(f'{rng.randrange(4096, 65536):x}' for _ in range(6))}"
    return rng.choice([(f"IP address {four} {word}", four + word), (f"IP address {six}", six)])


def _crypto(rng: random.Random) -> Secret:
    bitcoin, ethereum = base58check(rng, 0), f"{rng.getrandbits(160):040x}"
    return rng.choice([(f"my wallet {bitcoin}", bitcoin), (f"my wallet 0x{ethereum}", ethereum[:LONGEST])])


def _device(rng: random.Random) -> Secret:
    imei, mac = card_number(rng, "35", 15), ":".join(f"{rng.randrange(256):02x}" for _ in range(6))
    return rng.choice([(f"IMEI {imei}", imei), (f"MAC address {mac}", mac)])


def _pin(rng: random.Random) -> Secret:
    number, pin, word = card_number(rng, "4", 16), _digits(rng, 4), _word(rng)
    return f"card {number} PIN {pin} {word}", number, pin + word


def _expiry(rng: random.Random) -> Secret:
    number, date, word = card_number(rng, "4", 16), f"{rng.randrange(1, 13):02}/{rng.randrange(27, 35)}", _word(rng)
    return f"card {number} expiry {date} {word}", number, date + word


def _account(rng: random.Random) -> Secret:
    number = f"{rng.randrange(1, 10)}{_digits(rng, 11)}"
    return f"bank account number {number}", number


_KINDS: Mapping[str, Callable[[random.Random], Secret]] = {
    "card": _card, "track": _track, "security_code": _security_code, "iban": _iban, "email": _email, "phone": _phone,
    "token": _token, "password": _password, "one_time_code": _one_time_code,
    "national_id": _national_id, "upi": _upi, "ip": _ip, "crypto": _crypto, "device": _device, "pin": _pin, "expiry": _expiry,
    "account": _account,
}  # fmt: skip


def planted(value: Any, plant: Callable[[str], str], place: str = "") -> Any:
    """Return a JSON value with a canary after each of its texts that people write, and one in a field of an unknown name.

    Times, numbers and short words are left: they decide how the value is read. `plant` is called with the place.
    """
    if isinstance(value, Mapping):
        items = {name: planted(item, plant, f"{place}.{name}") for name, item in value.items()}
        return {**items, f"extra {plant(f'{place}: a key')}": plant(f"{place}: an unknown field")}
    if isinstance(value, list):
        return [planted(item, plant, f"{place}[]") for item in value]
    return f"{value} {plant(place)} " if isinstance(value, str) and " " in value.strip() else value


def replaced(value: Any, make: Callable[[str], Any], place: str = "") -> Iterator[Any]:
    """Yield copies of a JSON value, each with one of its scalars replaced by what `make` returns."""
    if isinstance(value, Mapping):
        for name, item in value.items():
            yield from ({**value, name: changed} for changed in replaced(item, make, f"{place}.{name}"))
    elif isinstance(value, list):
        for at, item in enumerate(value):
            yield from ([*value[:at], one, *value[at + 1 :]] for one in replaced(item, make, f"{place}[{at}]"))
    else:
        yield make(place)


def files_below(*folders: Path) -> Iterator[tuple[str, bytes]]:
    """Yield the names and contents of all files; of SQLite also each cell, since a long text is spread over pages."""
    for path in sorted(path for folder in folders for path in folder.rglob("*") if path.is_file()):
        content = path.read_bytes()
        yield f"the name of {path.name}", path.name.encode()
        yield str(path), content
        if content.startswith(b"SQLite format 3\0"):
            yield from cells(path)


def cells(path: Path) -> Iterator[tuple[str, bytes]]:
    """Yield the columns of each table of an SQLite file as bytes."""
    with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as connection:
        names = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        for name in names:
            cursor = connection.execute(f'SELECT * FROM "{name}"')  # noqa: S608 (a name from the catalogue)
            columns = [one[0] for one in cursor.description]
            for column, values in zip(columns, zip(*cursor.fetchall(), strict=True), strict=False):
                yield f"{name}.{column}", b"\n".join(_bytes(value) for value in values if value is not None)
    connection.close()


def _bytes(value: object) -> bytes:
    return value if isinstance(value, bytes) else str(value).encode("utf-8", "surrogatepass")


def _readings(content: bytes) -> Iterator[bytes]:
    """Yield the content as letters and digits, in each of its writings."""
    text = content.decode("utf-8", "replace")
    seen = {reading for one in _writings(text) if len(reading := _letters(one)) >= WINDOW}
    if b"\0" in content:
        seen.add(_letters(content.translate(None, b"\0").decode("latin-1")))
    for inner in _inner(content):
        seen.update(_letters(one) for one in _writings(inner.decode("utf-8", "replace")))
    yield from seen


def _writings(text: str) -> Iterator[str]:
    plain = unicodedata.normalize("NFKC", text) if not text.isascii() else text
    yield plain
    escaped = _ESCAPES.sub(lambda match: chr(int(match[1], 16)) if match[1] else " ", plain) if "\\" in plain else plain
    yield escaped
    if "&" in escaped:
        yield html.unescape(escaped)
    if "%" in escaped:
        yield unquote(escaped)


def _letters(text: str) -> bytes:
    if not text.isascii():
        text = _FOREIGN_DIGIT.sub(lambda match: str(unicodedata.digit(match[0])), text)
    return text.casefold().encode("utf-8", "ignore").translate(None, _DROPPED)


def _inner(content: bytes) -> Iterator[bytes]:
    for match in _BASE64.finditer(content):
        written = match[0].translate(bytes.maketrans(b"-_", b"+/")).rstrip(b"=")
        yield base64.b64decode(written + b"A" * (-len(written) % 4))
    for match in _STREAMS.finditer(content):
        try:
            yield zlib.decompressobj(wbits=47).decompress(content[match.start() :], 1 << 22)
        except zlib.error:
            continue


def _packed(letters: str) -> int:
    return int.from_bytes(letters.encode(), "little")


def _hashed(words: np.ndarray) -> np.ndarray:
    """Return a hash of 20 bits for each number (Knuth, multiplicative hashing)."""
    return (words * np.uint64(0x9E3779B97F4A7C15)) >> np.uint64(44)


def _candidates(text: bytes, cores: np.ndarray, present: np.ndarray) -> list[int]:
    """Return the positions at which a core begins: 8 bytes are one number, which is looked up where its hash is that of a core."""
    hits: list[int] = []
    for offset in range(WINDOW):
        words = np.frombuffer(text[offset : offset + (len(text) - offset) // WINDOW * WINDOW], dtype="<u8")
        likely = np.flatnonzero(present[_hashed(words)])
        if len(likely):
            found = words[likely]
            at = np.minimum(np.searchsorted(cores, found), len(cores) - 1)
            hits += (likely[cores[at] == found] * WINDOW + offset).tolist()
    return hits
