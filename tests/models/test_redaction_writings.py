"""Card numbers are found however they are written, decoded and laid out, and what surrounds them stays."""

from __future__ import annotations

import html
import json
import random
import re
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stdnum import luhn

from models.redaction import redact
from models.text import to_plain
from tests.models.redaction_writings import PRINTED_ONLY, SEPARATORS, WRITINGS, joined, percent

BRANDS = {
    "visa 13": ("4", 13), "visa 16": ("4", 16), "visa 19": ("4", 19), "mastercard": ("53", 16), "mastercard 2-series": ("2358", 16),
    "amex": ("37", 15), "diners": ("3056", 14), "discover": ("6011", 16), "jcb": ("3538", 16), "unionpay 16": ("62", 16),
    "unionpay 18": ("62", 18), "unionpay 19": ("62", 19), "maestro 12": ("5018", 12), "maestro 19": ("6759", 19), "mir": ("2200", 16),
    "rupay": ("81", 16), "troy": ("9792", 16),
}  # fmt: skip
PLACEHOLDER = re.compile(r"\[(?:CARD|TRACK)\]")


def card_number(rng: random.Random, prefix: str, length: int) -> str:
    """Make a number of an issuer with its check digit."""
    body = prefix + "".join(rng.choices("0123456789", k=length - len(prefix) - 1))
    return body + luhn.calc_check_digit(body)


def left_of(number: str, text: str) -> int:
    """Return how many digits of a number are left in a row in a text, whatever is between them."""
    digits = "".join(filter(str.isdigit, text))
    return max(
        (
            size
            for size in range(6, len(number) + 1)
            for at in range(len(number) - size + 1)
            if number[at : at + size] in digits
        ),
        default=0,
    )


@pytest.mark.parametrize("writing", [*WRITINGS, *PRINTED_ONLY])
def test_a_card_of_every_brand_is_found_in_this_writing(writing):
    """No writing keeps six digits of a number in a row, for any brand, and redacting again changes nothing."""
    rng = random.Random(f"writing: {writing}")
    write = WRITINGS.get(writing) or PRINTED_ONLY[writing]
    missed: Counter[str] = Counter()
    for brand, (prefix, length) in BRANDS.items():
        if writing in PRINTED_ONLY and length not in (15, 16):
            continue
        number = card_number(rng, prefix, length)
        redacted = redact(f"My card: {write(number)} was declined").text
        missed[brand] += not PLACEHOLDER.search(redacted) or left_of(number, redacted) > 5
        assert redact(redacted).text == redacted
        assert redacted.startswith("My card: ")
        assert redacted.endswith(" was declined")
    assert not +missed


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("I paid 4111&nbsp;1111&nbsp;1111&nbsp;1111 &amp; more", "I paid [CARD] &amp; more"),
        ("<p>Card <b>4111</b> 1111 <i>1111</i> 1111.</p><p>Thanks</p>", "<p>Card <b>[CARD].</p><p>Thanks</p>"),
        (
            "see https://x.example/?q=a%20b&pan=4111%201111%201111%201111&z=%C3%A9",
            "see https://x.example/?q=a%20b&pan=[CARD]&z=%C3%A9",
        ),
        ("Gr=C3=BC=C3=9Fe 4111=201111=201111=201111 =E2=82=AC", "Gr=C3=BC=C3=9Fe [CARD] =E2=82=AC"),
        ('{"a": "x\\ny", "n": "\\u0034111 1111 1111 1111", "b": 3}', '{"a": "x\\ny", "n": "[CARD]", "b": 3}'),
        ("> hi\n> 4111 1111\n> 1111 1111\n> bye", "> hi\n> [CARD]\n> bye"),
        ("3%4111111111111111 fee", "3%[CARD] fee"),
        (
            "caf\u00e9 \U0001f642 4111\u200b1111\u200b1111\u200b1111 \U0001f642 ok",
            "caf\u00e9 \U0001f642 [CARD] \U0001f642 ok",
        ),
        ("a 4111 1111 1111 1111, b 5555 5555 5555 4444 c", "a [CARD], b [CARD] c"),
        ("4111 1111 1111 1111 5555 5555 5555 4444", "[CARD] [CARD]"),
    ],
)
def test_what_surrounds_a_number_stays_as_it_was_written(text, expected):
    """Only the characters of the finding are replaced: escapes, tags and letters around it stay byte for byte."""
    assert redact(text).text == expected


@pytest.mark.parametrize(
    "text",
    [
        "my card ending 1111 or 4242",
        "card 411111******1111 exp soon",
        "XXXX-XXXX-XXXX-1111 and **** **** **** 1111",
        "visa ending in 4111, the other ends in 1111, a third in 1111 and one in 1111",
        "ratio 0.4111111111111111 and 12.4111111111111111",
        "4,111.11 + 1,111.11 = 5,222.22",
        "1.234.567.890.123 IDR",
        "at 30.11.2026 10:00:00 and 2026-11-30 10:00:00",
        "-46.633308 -23.550520",
        "1920x1080, 2560x1440, 3840x2160",
        "In 2023 we paid 4500, in 2024 it was 5000, and 2025 brought 6011",
        "orders 4512, 4513, 4514, 4515",
        "PIN code 110001, Delhi",
        "rates: 5 4 4 3 5",
        "Q1 4111 Q2 1112 Q3 1113 Q4 1114",
        "one of two, three at four, five or six",
    ],
)
def test_partial_numbers_amounts_dates_and_tables_stay(text):
    """What is no whole card number is kept, since an analyst needs it."""
    assert redact(text).text == text


def test_a_table_of_numbers_stays():
    """Random tables of amounts and counts lose hardly any cell: at most one table in twenty has a finding."""
    rng = random.Random(20261129)
    found = 0
    for _ in range(200):
        size = rng.choice((2, 3, 4, 5))
        separator = rng.choice(("\t", " | ", ";", ","))
        rows = [[str(rng.randrange(10 ** (size - 1), 10**size)) for _ in range(5)] for _ in range(12)]
        found += "[CARD]" in redact("\n".join(separator.join(row) for row in rows)).text
    assert found <= 10


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("cvv: 123", "cvv: [CVV]"),
        ("the three digits on the back are 123", "the three digits on the back are [CVV]"),
        ("Security code 1234", "Security code [CVV]"),
        ('{"cardCvv":"123"}', '{"cardCvv":"[CVV]"}'),
        ("CVC2=987 and more", "CVC2=[CVV] and more"),
        ("123 is my cvv", "[CVV] is my cvv"),
        ("pay?pan=4111%201111%201111%201111&cvv=123 coins are missing", "pay?pan=[CARD]&cvv=[CVV] coins are missing"),
        ("pan\tcvv2\tAmount\n4111111111111111\t\u0668\u0663\u0660\tJPY 59711", "pan\tcvv2\tAmount\n[CARD]\t[CVV]\tJPY 59711"),
        ("0004111111111111111 was debited", "[CARD] was debited"),
        ("order 00000000004500012345", "order 00000000004500012345"),
        ("cvv 123 usd was rejected", "cvv [CVV] usd was rejected"),
        ("security code: 123 days ago", "security code: [CVV] days ago"),
        ("cvv is 123 times wrong", "cvv is [CVV] times wrong"),
        ("cvv is one two three", "cvv is [CVV]"),
        ("c\u00f3digo de seguran\u00e7a 321", "c\u00f3digo de seguran\u00e7a [CVV]"),
        ("el c\u00f3digo de seguridad es 321", "el c\u00f3digo de seguridad es [CVV]"),
        ("Pr\u00fcfnummer: 321", "Pr\u00fcfnummer: [CVV]"),
        ("le cryptogramme visuel est 321", "le cryptogramme visuel est [CVV]"),
        ("codice di sicurezza 321", "codice di sicurezza [CVV]"),
        ("kode keamanan 321", "kode keamanan [CVV]"),
        ("g\u00fcvenlik kodu 321", "g\u00fcvenlik kodu [CVV]"),
        ("\u5b89\u5168\u7801\uff1a321", "\u5b89\u5168\u7801\uff1a[CVV]"),
        ("\u043a\u043e\u0434 \u0431\u0435\u0437\u043e\u043f\u0430\u0441\u043d\u043e\u0441\u0442\u0438 321",
         "\u043a\u043e\u0434 \u0431\u0435\u0437\u043e\u043f\u0430\u0441\u043d\u043e\u0441\u0442\u0438 [CVV]"),
        ("4111 1111 1111 1111 exp 05/27 cvv 123", "[CARD] exp [EXPIRY] cvv [CVV]"),
        ("4111 1111 1111 1111 valid thru 2027-05", "[CARD] valid thru [EXPIRY]"),
        ("4111 1111 1111 1111 expires May 2027", "[CARD] expires [EXPIRY]"),
        ("4111111111111111 0527 123", "[CARD] [EXPIRY] [CVV]"),
        ("4111111111111111,05,27", "[CARD],05,27"),
        ("card 4111111111111111 vence 05/2027", "card [CARD] vence [EXPIRY]"),
        ("my visa card, g\u00fcltig bis 05/27", "my visa card, g\u00fcltig bis [EXPIRY]"),
        ("my pin is 4321", "my pin is [PIN]"),
        ("PIN: 4321", "PIN: [PIN]"),
        ("ATM pin number 432156", "ATM pin number [PIN]"),
        ("my upi pin is 123456", "my upi pin is [PIN]"),
        ("4321 is my pin", "[PIN] is my pin"),
        ("Geheimzahl 4321", "Geheimzahl [PIN]"),
        ("la clave de la tarjeta es 4321", "la clave de la tarjeta es [PIN]"),
        ("senha do cart\u00e3o 4321", "senha do cart\u00e3o [PIN]"),
        ("\u043f\u0438\u043d 4321", "\u043f\u0438\u043d [PIN]"),
        (";4111111111111111=27121010000012345678? declined", ";[CARD][TRACK] declined"),
        ("%B4111111111111111^DOE/JOHN^2712101000000? x", "[TRACK] x"),
        ("%3B4111111111111111%3D27121010000012345678%3F", "%3B[CARD][TRACK]"),
        ("%B4111111111111112^DOE/JOHN^2712101000000? x", "[TRACK] x"),
    ],
)  # fmt: skip
def test_expiry_codes_pins_and_tracks_are_found_in_context(text, expected):
    """Sensitive authentication data goes, with the words of many languages before it; the words stay."""
    assert redact(text).text == expected


@pytest.mark.parametrize(
    "text",
    [
        "cvv check failed with error 402",
        "the security code was declined 3 times",
        "I entered the security code 100 times",
        "placid 123 coins",
        "valid from 2026-11-20T14:05Z with my card",
        "the coupon expires 12/29",
        "the offer is valid until 05/27",
        "Pincode 400001, Mumbai",
        "deliver to pin code 560034",
        "pin 5 of the connector",
        "shipping 4567",
        "opinion 2026",
    ],
)
def test_words_of_codes_alone_replace_nothing(text):
    """A coupon, a postal code and an error number are none of a card's data."""
    assert redact(text).text == text


def test_doubtful_replacements_are_counted():
    """What could also be something else is replaced and counted as doubtful."""
    assert redact("4111 then 1111 then 1111 then 1111").counts == {"CARD": 1, "DOUBTFUL": 1}
    assert "DOUBTFUL" not in redact("4111 1111 1111 1111").counts


def references(text: str) -> str:
    """Write every character as a numeric reference."""
    return "".join(f"&#{ord(character)};" for character in text)


def json_string(text: str) -> str:
    """Write a text as JSON writes it beyond ASCII."""
    return json.dumps(text)[1:-1]


def in_tags(text: str) -> str:
    """Put every third character into a tag of its own."""
    return "".join(f"<b>{one}</b>" if at % 3 == 1 else one for at, one in enumerate(text))


ENCODINGS = {
    "percent": percent,
    "references": references,
    "references of references": lambda text: html.escape(references(text)),
    "json": json_string,
    "tags": in_tags,
    "escaped": lambda text: html.escape(html.escape(text)),
    "quoted lines": lambda text: text.replace("\n", "\n> "),
}
PLAIN_SEPARATORS = sorted(
    set(SEPARATORS.values()) - {"x", "%", "% ", "\x1b", "\x00", "<", " < ", "> <", "\\", "&", " & "}
)


@settings(max_examples=250, deadline=None)
@given(
    brand=st.sampled_from(sorted(BRANDS)),
    separator=st.sampled_from(PLAIN_SEPARATORS),
    encodings=st.lists(st.sampled_from(sorted(ENCODINGS)), max_size=2, unique=True),
    seed=st.integers(0, 2**32),
)
def test_no_composition_of_writings_keeps_a_card(brand: str, separator: str, encodings: list[str], seed: int) -> None:
    """Whatever encodings are put around whatever separators, no twelve digits are left, and the words around are whole."""
    number = card_number(random.Random(seed), *BRANDS[brand])
    written = joined(separator)(number)
    for encoding in encodings:
        written = ENCODINGS[encoding](written)
    text = f"Please refund card {written} today, thanks"
    redacted = redact(text).text
    assert redacted.startswith("Please refund card "), redacted
    assert redacted.endswith(" today, thanks"), redacted
    assert "[CARD]" in redacted
    assert left_of(number, redacted) < 6
    assert redact(redacted).text == redacted
    assert left_of(number, redact(to_plain(text)).text) < 6
