"""Card numbers are found in every way people write them: one test, and one recall, for each writing."""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stdnum import luhn

from models.redaction import holds_card, is_card, redact
from tests.models.redaction_writings import GROUPINGS

PREFIXES = {
    "visa 13": ("4", 13),
    "visa 16": ("4", 16),
    "visa 19": ("4", 19),
    "mastercard": ("53", 16),
    "mastercard 2-series": ("2358", 16),
    "amex": ("37", 15),
    "diners": ("3056", 14),
    "discover": ("6011", 16),
    "jcb": ("3538", 16),
    "unionpay 16": ("62", 16),
    "unionpay 18": ("62", 18),
    "unionpay 19": ("62", 19),
    "maestro 12": ("5018", 12),
    "maestro 19": ("6759", 19),
    "mir": ("2200", 16),
    "rupay": ("81", 16),
    "troy": ("9792", 16),
}


EMV = [
    ("5A084111111111111111", "5A08[CARD]"),
    ("5a 08 41 11 11 11 11 11 11 11 ok", "5a 08 [CARD] ok"),
    ("5A:08:41:11:11:11:11:11:11:11", "5A:08:[CARD]"),
    (
        "TLV 9F02060000000100005A0841111111111111115F24032712315F280208405F3401005713",
        "TLV 9F02060000000100005A08[CARD]5F2403[EXPIRY]5F280208405F3401005713",
    ),
    ("5A0A6762000000000000009F5F2403271231", "5A0A[CARD]5F2403[EXPIRY]"),
    ("57114111111111111111D27122011234567890F", "5711[TRACK]F"),
    ("57134111111111111111D27122010000012300000F9F3602001A", "5713[TRACK]9F3602001A"),
    ("57 11 41 11 11 11 11 11 11 11 D2 71 22 01 00 00 01 23 0F", "57 11 [TRACK]"),
    ("tag 5A missing, 5A08 and 0x5F24", "tag 5A missing, 5A08 and 0x5F24"),
    ("hash 5a08ab34cd", "hash 5a08ab34cd"),
    ("5A084111111111111112", "5A084111111111111112"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), EMV)
def test_card_data_in_the_tags_of_chips_is_found(text, expected):
    """Tags 5A, 57 and 5F24 of EMV are read by their length, and the tags around them stay."""
    assert redact(text).text == expected
    assert redact(expected).text == expected


def card_number(rng: random.Random, prefix: str, length: int) -> str:
    """A made-up number of an issuer, with its check digit."""
    body = prefix + "".join(rng.choices("0123456789", k=length - len(prefix) - 1))
    return body + luhn.calc_check_digit(body)


def spaced(separator: str) -> Callable[[str, random.Random], str]:
    """Write a number in its usual groups."""

    def write(number: str, _: random.Random) -> str:
        parts, place = [], 0
        for size in GROUPINGS[len(number)]:
            parts.append(number[place : place + size])
            place += size
        return separator.join(parts)

    return write


def in_digits(zero: str) -> Callable[[str, random.Random], str]:
    """Write a number in the digits of another script."""
    return lambda number, _: "".join(chr(ord(zero) + int(digit)) for digit in number)


def between_all(filler: str) -> Callable[[str, random.Random], str]:
    """Put something between all the digits."""
    return lambda number, _: filler.join(number)


WRITINGS: dict[str, Callable[[str, random.Random], str]] = {
    "plain": lambda number, _: number,
    "spaces": spaced(" "),
    "double spaces": spaced("  "),
    "no-break spaces": spaced("\u00a0"),
    "thin spaces": spaced("\u2009"),
    "newlines": spaced("\n"),
    "tabs": spaced("\t"),
    "hyphens": spaced("-"),
    "en dashes": spaced("\u2013"),
    "spaced en dashes": spaced(" \u2013 "),
    "non-breaking hyphens": spaced("\u2011"),
    "marks of long vowels": spaced("\u30fc"),
    "half-width marks of long vowels": spaced("\uff70"),
    "numerals one as dashes": spaced("\u4e00"),
    "dots": spaced("."),
    "middle dots": spaced("\u00b7"),
    "slashes": spaced("/"),
    "underscores": spaced("_"),
    "commas": spaced(", "),
    "quotes": spaced('" "'),
    "curly quotes": spaced("\u201d \u201c"),
    "guillemets": spaced("\u00bb \u00ab"),
    "single quotes": spaced("' '"),
    "back ticks": spaced("` `"),
    "letters x": spaced("x"),
    "multiplication signs": spaced(" \u00d7 "),
    "round brackets": spaced(") ("),
    "square brackets": spaced("]["),
    "angle brackets": spaced("> <"),
    "undecoded soft line breaks": spaced("=\n"),
    "undecoded soft line breaks of Windows": spaced("=\r\n"),
    "every digit apart": between_all(" "),
    "zero-width spaces": between_all("\u200b"),
    "soft hyphens": between_all("\u00ad"),
    "NUL bytes": spaced("\x00"),
    "keycap emoji": lambda number, _: "".join(f"{digit}\ufe0f\u20e3" for digit in number),
    "full-width digits": in_digits("\uff10"),
    "Arabic-Indic digits": in_digits("\u0660"),
    "Persian digits": in_digits("\u06f0"),
    "Devanagari digits": in_digits("\u0966"),
    "mathematical digits": in_digits("\U0001d7ce"),
    "glued to letters": lambda number, _: f"card{number}declined",
    "expiry and code behind": lambda number, rng: (
        f"{number} {rng.randint(1, 12):02}/{rng.randint(26, 35)} {rng.randint(100, 999)}"
    ),
    "expiry glued on": lambda number, rng: (
        f"{number}{rng.randint(1, 12):02}{rng.randint(26, 35)}{rng.randint(100, 999)}"
    ),
    "amount before": lambda number, rng: f"{rng.randint(10, 99)} {spaced(' ')(number, rng)}",
    "random groups": lambda number, rng: "".join(digit + (rng.choice(["", "", " ", "-"])) for digit in number).rstrip(
        " -"
    ),
}

PROSE = ("my card {} was declined", "Charged twice. Card: {}", "{}", "Please check {}, thank you", "nr.{};ok")


@pytest.mark.parametrize("writing", WRITINGS)
def test_every_issuer_is_found_in_every_writing(writing):
    """Recall is 1 for each class of writing, over 17 issuer ranges with 30 numbers each."""
    rng = random.Random(f"writing {writing}")
    missed: Counter[str] = Counter()
    for issuer, (prefix, length) in PREFIXES.items():
        for _ in range(30):
            text = rng.choice(PROSE).format(WRITINGS[writing](card_number(rng, prefix, length), rng))
            missed[issuer] += "[CARD]" not in redact(text).text
    recall = 1 - missed.total() / (30 * len(PREFIXES))
    assert recall == 1, +missed


@settings(max_examples=300, deadline=None)
@given(
    issuer=st.sampled_from(sorted(PREFIXES)),
    writing=st.sampled_from(sorted(set(WRITINGS) - {"expiry glued on"})),
    seed=st.integers(0, 2**32),
    before=st.text(alphabet="abc 0123456789-./,@+", max_size=12),
    after=st.text(alphabet="abc 0123456789-./,@+", max_size=12),
)
def test_no_card_number_survives_what_stands_around_it(
    issuer: str, writing: str, seed: int, before: str, after: str
) -> None:
    """Whatever digits stand beside a number, no groups that make a card number are left."""
    rng = random.Random(seed)
    number = card_number(rng, *PREFIXES[issuer])
    left = redact(f"{before} {WRITINGS[writing](number, rng)} {after}").text
    digits = re.sub(r"[^0-9]", "", left)
    assert number not in digits
    assert not holds_card(left)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("4242424242424242 12/29 123", "[CARD] [EXPIRY] [CVV]"),
        ("5555-5555-5555-4444, exp 01/2027, cvv: 9991", "[CARD], exp [EXPIRY], cvv: [CVV]"),
        ("4242 4242 4242 4242|12/29|123", "[CARD]|[EXPIRY]|[CVV]"),
        ("my CVC is 123 and it says invalid", "my CVC is [CVV] and it says invalid"),
        ("cart\u00e3o 4242424242424242 validade 05/30", "cart\u00e3o [CARD] validade [EXPIRY]"),
        ("card 4242424242424242 took 200 USD", "card [CARD] took 200 USD"),
        ("paid 4242424242424242 200 dollars", "paid [CARD] 200 dollars"),
        ("the coupon expires 12/29", "the coupon expires 12/29"),
        ("card 4242424242424242123 declined", "card [CARD] declined"),
    ],
)
def test_expiry_and_code_go_with_the_card(text: str, expected: str) -> None:
    """Expiry near a card and security codes are replaced; amounts, coupons and dates without a card stay."""
    assert redact(text).text == expected


def test_check_digit_length_and_range_all_count() -> None:
    """A wrong check digit, a length the issuer does not use and a range nobody issues are no card numbers."""
    assert is_card("4242424242424242")
    assert not is_card("4242424242424241")
    assert not is_card("42424242424242")
    assert not is_card("9999999999999995")


@pytest.mark.parametrize(("length", "bound"), [(8, 0.0), (11, 0.0), (13, 0.04), (16, 0.06), (18, 0.05), (19, 0.05)])
def test_random_ids_are_rarely_taken_for_cards(length, bound):
    """False positives on 20,000 random ids stay near the chance rate of range and check digit."""
    rng = random.Random(length)
    found = sum(holds_card("".join(rng.choices("0123456789", k=length))) for _ in range(20_000))
    assert found / 20_000 <= bound


@pytest.mark.parametrize(
    "identifier",
    ["e-000001", "T-1001", "/zendesk/acme", "550e8400-e29b-41d4-a716-446655440000", "2026-11-20T08:00:00Z"],
)
def test_ordinary_identifiers_hold_no_card(identifier: str) -> None:
    """Ids, sources and times of the usual forms pass."""
    assert not holds_card(identifier)


def test_a_card_number_in_an_identifier_is_noticed() -> None:
    """An id that carries a card number is reported, glued to letters or not."""
    assert holds_card("e-4242424242424242")
    assert holds_card("order4242 4242 4242 4242x")


@pytest.mark.parametrize(
    "text",
    [
        "a screen of 1920x1080 and one of 3840x2160",
        'the orders "4711" and "4712" of 2026',
        "call it (2026) [1] [2] {3}",
        "0x4111 and 0x1111",
        "12 x 4000, 6 x 350",
        '{"id": 4711, "count": 12, "time": "2026-11-20T08:00:00Z"}',
    ],
)
def test_signs_between_other_numbers_make_no_card(text: str) -> None:
    """Sizes, quoted numbers and brackets of the usual kinds pass unchanged."""
    assert redact(text).text == text
