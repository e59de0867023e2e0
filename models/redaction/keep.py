"""Formats of ids that operators declare, so that redaction keeps them: order, user and room numbers that look like cards."""

from __future__ import annotations

import re
import time
import unicodedata
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from random import Random
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator
from stdnum import luhn

from models.redaction.span import Span

WITHIN = 40
"""Characters before and after an id in which no word of cards may be."""

_CARD_WORDS = re.compile(
    r"(?i)card|visa|master|amex|american.?express|maestro|diners|discover|\bjcb\b|union.?pay|rupay|\bmir\b|\btroy\b|"
    r"(?<![a-z])pan(?![a-z])|cvv|cvc|\bcv2\b|\bcsc\b|security.?code|expir|valid thru|debit|credit|"
    r"tarjeta|cart[aã]o|carte|carta di|\bkarte|kreditkarte|kartu|\bkart[a\u0131y\u0119u\u0105i]?\b|kaart|\bkort|kortti|"
    r"карт|κάρτα|בטאקה|כרטיס|بطاقة|بطاقه|कार्ड|কার্ড|கார்டு|బ్యాంకు కార్డ|卡|カード|카드|บัตร|thẻ"
)
"""Words that announce a card in the languages of most tickets, and brands."""

_PLACEHOLDER = re.compile(r"\[?[A-Z_]{2,12}\]|\[[A-Z_]{2,12}\]?")
_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u2060-\u2064\ufeff]")
_PREFIX = re.compile(r"[A-Za-z0-9_.#/-]{1,64}")
_NESTED = re.compile(r"\([^()]*(?:[+*]|\{\d+,\d*\})[^()]*\)(?:[+*]|\{\d+,)")
"""A repetition of a group that has a repetition: what makes the time of a search grow exponentially."""

_PROBE_SECONDS = 0.05
_LONGEST_PATTERN = 256


EVENT_FIELDS = (
    "id", "subject", "title", "body", "language", "channel", "handled_by", "vendor", "team", "business_line", "user_type", "product",
    "payment_method", "region", "platform", "app_version", "priority", "requester", "tags", "custom", "author_role", "waits_for",
    "direction", "demand", "mail",
)  # fmt: skip
"""Fields of an event that are texts or have texts in them."""

_CUSTOM = re.compile(r"custom\.\S.{0,127}", re.DOTALL)
_PLAIN_NAME = re.compile(r"[A-Za-z_][A-Za-z_.-]{0,39}")
"""A name that may be in a message: it has no digit, so that no number is in it."""


class KeepFormat(BaseModel):
    """A format of ids that is kept: a regular expression, or what an id begins with and how long it is.

    fields: the event's fields that it is kept in, such as `title`, `custom` with all of its values, or `custom.room` for one; empty for
    all. sources: the same of the
    event's sources.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    pattern: str = Field(default="", max_length=_LONGEST_PATTERN)
    prefix: str = ""
    length: int = Field(default=0, ge=0, le=64)
    fields: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()

    @field_validator("fields")
    @classmethod
    def _are_fields(cls, fields: tuple[str, ...]) -> tuple[str, ...]:
        for name in fields:
            if name not in EVENT_FIELDS and not _CUSTOM.fullmatch(name):
                shown = f"`{name}`" if _PLAIN_NAME.fullmatch(name) else "a name"
                raise ValueError(
                    f"received {shown} in `fields`, which is no field of an event; valid are {', '.join(EVENT_FIELDS)}, and "
                    "`custom.NAME` for one value of `custom`"
                )
        return fields

    @model_validator(mode="after")
    def _is_safe(self) -> Self:
        """Refuse what matches cards, everything, or takes exponential time, in one sentence."""
        if bool(self.pattern) == bool(self.prefix):
            raise ValueError(
                "received a format with neither or both of `pattern` and `prefix`; give exactly one of them"
            )
        if self.prefix and (self.length <= len(self.prefix) or not _PREFIX.fullmatch(self.prefix)):
            raise ValueError(
                "received a `prefix` without the whole `length` of the id; give the prefix and the length with it"
            )
        problem = problem_of(self.expression())
        if problem is not None:
            raise ValueError(problem)
        return self

    def expression(self) -> str:
        """Return the regular expression of the format."""
        return self.pattern or f"{re.escape(self.prefix)}[0-9]{{{self.length - len(self.prefix)}}}"


def problem_of(pattern: str) -> str | None:
    """Say in one sentence why a pattern must not keep ids; None where it may."""
    try:
        compiled = re.compile(pattern)
    except re.error as error:
        return f"received a pattern that is no regular expression ({error}); correct it"
    if _NESTED.search(pattern):
        return "received a pattern that repeats a repetition, so that its time can grow exponentially; write it without"
    if any(compiled.fullmatch(text) for text in ("", "a", "hello world", "1", "0123456789")):
        return "received a pattern that matches words or short numbers; declare the whole form of an id, with its prefix and length"
    if _is_slow(compiled):
        return "received a pattern that takes too long on a text without a match; write it without repetitions of variable length"
    if brand := _brand_matched(compiled):
        return f"received a pattern that matches card numbers of {brand}; add what your ids begin with and no card does"
    return None


@dataclass(frozen=True, slots=True)
class Place:
    """Where a text is: a field of an event (`title`, `custom.order_id`), and the event's source."""

    field: str = ""
    source: str = ""


ANYWHERE = Place()


class KeepFormats:
    """The declared formats, compiled. `counts` has how many ids of each were kept that would be replaced otherwise."""

    def __init__(self, formats: Mapping[str, KeepFormat]) -> None:
        self.counts: Counter[str] = Counter()
        self._formats = [
            (name, re.compile(rf"(?<![0-9A-Za-z])(?:{one.expression()})(?![0-9A-Za-z])"), one)
            for name, one in sorted(formats.items())
        ]

    def __bool__(self) -> bool:
        """Whether any format is declared."""
        return bool(self._formats)

    def kept(self, text: str, place: Place) -> list[tuple[Span, str]]:
        """Find the ids in a text that are kept there, with the names of their formats. None of them is next to a word of cards."""
        found: list[tuple[Span, str]] = []
        for name, pattern, one in self._formats:
            if _applies(one.fields, {place.field, place.field.split(".", 1)[0]}) and _applies(
                one.sources, {place.source}
            ):
                found += [
                    (match.span(), name) for match in pattern.finditer(text) if not near_card_word(text, *match.span())
                ]
        return found

    def hidden(self, text: str, place: Place) -> str:
        """Return the text with letters in place of the ids that are kept: nothing is found in them, and no position changes."""
        for (start, end), _ in self.kept(text, place) if self._formats else ():
            text = text[:start] + "x" * (end - start) + text[end:]
        return text


def near_card_word(text: str, start: int, end: int) -> bool:
    """Return whether a word that announces a card is within `WITHIN` characters of [start, end), or in it."""
    window = unicodedata.normalize("NFKC", _INVISIBLE.sub("", text[max(0, start - WITHIN) : end + WITHIN]))
    # Redaction's own placeholders are no words of people: what is kept next to a card must stay so in the next pass.
    window = _PLACEHOLDER.sub("", window)
    return _CARD_WORDS.search(window) is not None


def _applies(wanted: Collection[str], names: Collection[str]) -> bool:
    return not wanted or any(name in names for name in wanted)


def _is_slow(pattern: re.Pattern[str]) -> bool:
    """Return whether the time of a search grows fast on texts that match but for their end.

    The texts grow, so that the first one that is too slow ends the test. The processor's time counts, not what others take of it.
    """
    characters = {*"0a-", *(one for one in pattern.pattern if one.isalnum())}
    for length in (12, 16, 20, 24, 200):
        for character in sorted(characters):
            began = time.thread_time()
            pattern.search(character * length + "!")
            if time.thread_time() - began > _PROBE_SECONDS:
                return True
    return False


_TEST_CARDS = (
    "4111111111111111", "4242424242424242", "4012888888881881", "4222222222222", "4000056655665556", "5555555555554444",
    "5105105105105100", "5200828282828210", "2223003122003222", "2223000048400011", "378282246310005", "371449635398431",
    "341111111111111", "30569309025904", "38520000023237", "36227206271667", "6011111111111117", "6011000990139424",
    "3530111333300000", "3566002020360505", "6205500000000000004", "6200000000000005", "6304000000000000", "2200000000000004",
)  # fmt: skip
"""Numbers that payment systems publish for tests."""

_BRANDS: Mapping[str, tuple[tuple[str, ...], tuple[int, ...]]] = {
    "Visa": (("4",), (13, 16, 19)),
    "Mastercard": (("51", "52", "53", "54", "55", "2221", "2500", "2720"), (16,)),
    "American Express": (("34", "37"), (15,)),
    "Diners Club": (("300", "305", "36", "38"), (14, 16)),
    "Discover": (("6011", "644", "65"), (16,)),
    "JCB": (("3528", "3589"), (16,)),
    "UnionPay": (("62", "81"), (16, 19)),
    "Maestro": (("50", "56", "58", "6304", "6759"), (13, 16, 19)),
    "Mir": (("2200", "2204"), (16,)),
    "RuPay": (("508", "60", "82"), (16,)),
}
_DRAWN = 100


def _brand_matched(pattern: re.Pattern[str]) -> str | None:
    """Return the brand whose card numbers a pattern matches without a prefix of its own; None where there is none.

    A pattern that names the six leading digits of an issuer or more matches hardly any of the numbers that are drawn.
    """
    for brand, numbers in _drawn().items():
        if any(pattern.fullmatch(one) for written in numbers for one in written):
            return brand
    return None


def _drawn() -> dict[str, list[tuple[str, ...]]]:
    brands = {
        brand: list(_cards(Random(brand), prefixes, lengths))  # noqa: S311 (the same numbers each time)
        for brand, (prefixes, lengths) in _BRANDS.items()
    }
    return {**brands, "test systems": [(one,) for one in _TEST_CARDS]}


def _cards(rng: Random, prefixes: tuple[str, ...], lengths: tuple[int, ...]) -> Iterator[tuple[str, ...]]:
    """Draw card numbers of a brand, each as digits and in groups."""
    for _ in range(_DRAWN):
        length, digits = rng.choice(lengths), rng.choice(prefixes)
        digits += "".join(rng.choice("0123456789") for _ in range(length - 1 - len(digits)))
        number = digits + luhn.calc_check_digit(digits)
        groups = [number[at : at + 4] for at in range(0, length, 4)]
        yield number, " ".join(groups), "-".join(groups)
