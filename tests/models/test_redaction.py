"""Redaction replaces what is personal by typed placeholders and leaves everything else as it was."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.redaction import excerpt, holds_card, printable, redact, redact_value

PIECES = st.sampled_from(
    [
        "4242 4242 4242 4242",
        "4242",
        "12/29",
        "123",
        "cvv",
        "exp",
        "[CARD]",
        "[EXPIRY]",
        "+1 415 555 2671",
        "+",
        "call me",
        "415-555-2671",
        "DE89 3704 0044 0532 0130 00",
        "DE89",
        "ana@example.com",
        "@example.com",
        "ana",
        "00",
        "\u200b",
        "\uff14",
        "\u0664",
        " ",
        "-",
        ".",
        "/",
        "\n",
        "\ue000",
        "card",
        "2026-11-20",
        "$40.00",
        "phone",
    ]
)


@settings(max_examples=500, deadline=None)
@given(st.lists(PIECES, max_size=14).map("".join) | st.text(max_size=80))
def test_redacting_twice_changes_nothing(text: str) -> None:
    """Placeholders survive and uncover nothing: redact(redact(x)) is redact(x)."""
    once = redact(text).text
    again = redact(once)
    assert again.text == once
    assert not again.counts
    assert not holds_card(once)


@settings(deadline=None)
@given(
    st.text().filter(lambda text: not any(character.isdigit() or character in "@\uff20\ufe6b" for character in text))
)
def test_text_without_digits_or_at_sign_is_unchanged(text: str) -> None:
    """Words alone are never touched, in any script."""
    assert redact(text).text == text


@pytest.mark.parametrize(
    "text",
    [
        "Order T-000123 of 2026-11-20 for $1,299.00 is still pending",
        "Refund of 45.90 EUR for order 4029-384756, invoice 2026/11/0042",
        "at 14:05:33 on 20.11.2026 I bought 1,000 coins, 3 times",
        "app 38.1.0 build 38100234 on Android 14",
        "call me about order 4155552671",
        "error 5001 after 12 seconds, 1234567890",
        "in 2024 the fee was 12 %, now 15",
    ],
)
def test_orders_amounts_dates_and_versions_stay(text: str) -> None:
    """What an analyst needs to read is not taken for a person's data."""
    assert redact(text).text == text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("DE89 3704 0044 0532 0130 00 please", "[IBAN] please"),
        ("iban gb29nwbk60161331926819.", "iban [IBAN]."),
        ("ES9121000418450200051332", "[IBAN]"),
        ("to FR14 2004 1010 0505 0001 3M02 606, thanks", "to [IBAN], thanks"),
        ("DE89 3704 0044 0532 0130 01", "DE89 3704 0044 0532 0130 01"),
    ],
)
def test_ibans_are_found_in_any_case_and_spacing(text: str, expected: str) -> None:
    """Country, length and check digits (ISO 13616) decide, not upper case or spaces."""
    assert redact(text).text == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("write to ana.maria+pay@mail.example.co.uk.", "write to [EMAIL]."),
        ("ANA\uff20example.com", "[EMAIL]"),
        ("j\u00f6rg@b\u00fccher.de, j@x.io", "[EMAIL], [EMAIL]"),
        ("follow @streamer on LIVE", "follow @streamer on LIVE"),
    ],
)
def test_email_addresses_are_found(text: str, expected: str) -> None:
    """Addresses go, handles of creators stay."""
    assert redact(text).text == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("+1 415 555 2671", "[PHONE]"),
        ("ring +49 151 23456789 or 0049 151 23456789", "ring [PHONE] or [PHONE]"),
        ("whatsapp +6281234567890", "whatsapp [PHONE]"),
        ("+1 415 555 2671 12 times", "[PHONE] 12 times"),
        ("(415) 555-2671", "[PHONE]"),
        ("415-555-2671", "[PHONE]"),
        ("meu telefone \u00e9 11 91234-5678", "meu telefone \u00e9 [PHONE]"),
        ("my phone is 98765 43210 thanks", "my phone is [PHONE] thanks"),
        ("handy 0151 23456789", "handy [PHONE]"),
        ("+999 12345", "+999 12345"),
    ],
)
def test_telephone_numbers_are_found(text: str, expected: str) -> None:
    """International numbers, telling shapes and announced numbers go when a numbering plan knows them."""
    assert redact(text).text == expected


def test_counts_say_what_was_replaced() -> None:
    """Each placeholder put in is counted under its name."""
    redacted = redact("4242424242424242 12/29 123, ana@example.com, bob@example.com")
    assert redacted.counts == {"CARD": 1, "EXPIRY": 1, "CVV": 1, "EMAIL": 2}


def test_every_string_of_a_value_is_redacted() -> None:
    """Strings in lists, objects and keys, and card numbers sent as numbers, are replaced in a new value."""
    data: dict[str, Any] = {
        "title": "Card 4242424242424242",
        "custom": {
            "pan": 4242424242424242,
            "4242 4242 4242 4242": ["ana@example.com", None, True, 12.5],
            "price": 1299,
        },
        "tags": ["refund", "+1 415 555 2671"],
    }
    counts: Counter[str] = Counter()
    assert redact_value(data, counts) == {
        "title": "Card [CARD]",
        "custom": {"pan": "[CARD]", "[CARD]": ["[EMAIL]", None, True, 12.5], "price": 1299},
        "tags": ["refund", "[PHONE]"],
    }
    assert counts == {"CARD": 3, "EMAIL": 1, "PHONE": 1}
    assert data["title"] == "Card 4242424242424242"


def test_a_value_nested_without_end_is_cut() -> None:
    """What lies deeper than 64 levels is neither read nor kept, and nothing crashes."""
    value: Any = "4242424242424242"
    for _ in range(5_000):
        value = [value]
    counts: Counter[str] = Counter()
    assert str(redact_value(value, counts)) == "[" * 64 + "'[NESTED]'" + "]" * 64
    assert counts == {"NESTED": 1}


def test_an_excerpt_never_shows_half_a_card() -> None:
    """The whole input is redacted before the cut, so a number across the limit is not quoted in part."""
    for padding in range(180, 205):
        quoted = excerpt("x" * padding + " 4242 4242 4242 4242", limit=200)
        assert "42" not in quoted
        assert len(quoted) <= 200


def test_an_excerpt_is_printable_whatever_comes_in() -> None:
    """Broken UTF-8, NUL, control characters and lone surrogates become replacement characters."""
    assert excerpt(b'{"a":\xff\x00"b"}') == '{"a":\ufffd\ufffd"b"}'
    assert printable("a\x00b\ud800c\nd") == "a\ufffdb\ufffdc\nd"
    assert excerpt("y" * 500, limit=10) == "y" * 9 + "\u2026"


@settings(deadline=None, max_examples=50)
@given(st.binary(max_size=400), st.integers(1, 300))
def test_an_excerpt_keeps_its_limit(raw: bytes, limit: int) -> None:
    """Any bytes give a text of at most `limit` characters that can be written as UTF-8."""
    quoted = excerpt(raw, limit)
    assert len(quoted) <= limit
    quoted.encode()


@pytest.mark.parametrize(
    "text", ["4" * 60_000, "1 " * 20_000, "a" * 60_000 + "@", "de89" * 10_000, "+1 " * 20_000, "6 " * 20_000]
)
def test_hostile_texts_end(text: str) -> None:
    """Long runs of digits, letters and prefixes are walked in linear time and stay free of cards."""
    assert not holds_card(redact(text).text)
