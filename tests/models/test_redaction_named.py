"""Sensitive values that only their place makes sensitive: by the name of their field, or as parts of one number in several values."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.event import TicketData
from models.redaction import Redactor, redact_fields, redact_value
from models.redaction.divided import may_be_divided, redacted_across, redacted_items
from models.redaction.excerpts import BRIEF, READ, beginning, excerpt, shortened
from models.redaction.named import announced, pair_of

CARD = "4111 1111 1111 1111"


def custom(**fields: object) -> object:
    """Return custom fields as they are stored."""
    return redact_fields({"custom": fields}, Redactor(), "/desk")["custom"]


@pytest.mark.parametrize("name", ["cvv", "CVV", "CVC2", "card_cvv", "cardCvv", "Security code", "security-code"])
@pytest.mark.parametrize("value", ["737", 737, " 737 "])
def test_a_security_code_in_a_field_of_its_own(name, value):
    """PCI DSS 3.3.1: it is never stored, also where nothing but the name of its field says what it is."""
    assert str(custom(**{name: value})[name]).strip() == "[CVV]"


@pytest.mark.parametrize("fields", [{"expiry": "12/29", "pin": "1234"}, {"pin": "1234", "expiry": "12/29"}])
def test_what_a_card_next_to_it_makes_sensitive(fields):
    """An expiry date and a PIN are such in the fields next to a card number, in any order."""
    assert custom(number=CARD, **fields) == {"number": "[CARD]", "expiry": "[EXPIRY]", "pin": "[PIN]"}
    assert custom(**fields, number=CARD) == {"number": "[CARD]", "expiry": "[EXPIRY]", "pin": "[PIN]"}
    nested = redact_value({"card": {"number": CARD, **fields}})
    assert nested == {"card": {"number": "[CARD]", "expiry": "[EXPIRY]", "pin": "[PIN]"}}


@pytest.mark.parametrize(
    "fields",
    [
        {"expiry": "12/29", "valid until": "2026-12-01"}, {"order": "4821", "error code": "5001", "country_code": "DE"},
        {"zip": "10115", "floor": "737", "room": 737, "model": "737"}, {"version": "10.11.12", "count": 12345678},
        {"name": "CVV", "other": "737"}, {"cvv": True, "pin": None}, {"cvv_result": "matched", "security code present": "yes"},
    ],
)  # fmt: skip
def test_fields_without_secrets_stay(fields):
    """Ordinary names announce nothing, and a name without a value that fits announces nothing either."""
    assert custom(**fields) == fields


@pytest.mark.parametrize(
    "pair",
    [{"name": "CVV", "value": "737"}, {"label": "cvv", "answer": 737}, {"value": "737", "field": "cvc", "id": 7}],
)
def test_pairs_of_name_and_value(pair):
    """Forms and custom fields of many systems are lists of such objects."""
    (found,) = custom(fields=[pair])["fields"]
    assert sorted(map(str, found.values())) == sorted(
        ["[CVV]" if str(one) == "737" else str(one) for one in pair.values()]
    )


def test_a_value_that_is_named_elsewhere_is_none():
    """An object without a name, or with many other fields, is no pair."""
    assert pair_of({"value": "737"}) is None
    assert pair_of({"name": "CVV"}) is None
    assert pair_of({"name": "x", "value": 1, **{str(number): 0 for number in range(20)}}) is None


@pytest.mark.parametrize("name", sorted(TicketData.model_fields))
def test_no_field_of_ours_announces_anything(name):
    """Their values are redacted as texts are."""
    assert announced(name) == ""
    assert announced(name, near_card=True) == ""


def test_a_number_over_title_and_body():
    """What begins at the end of the title and ends at the beginning of the text is one number."""
    sent = {"title": "my card is 4111 1111", "body": "1111 1111 thanks"}
    assert redact_fields(sent, Redactor(), "/desk") == {"title": "my card is [CARD]", "body": " thanks"}
    kept = {"title": "order 4111 1111", "body": "1111 pieces"}
    assert redact_fields(kept, Redactor(), "/desk") == kept


def test_a_number_over_the_items_of_a_list():
    """Tags are made by splitting at spaces; the placeholder takes the place of all parts."""
    assert redact_value(["vip", *CARD.split(), "eu"]) == ["vip", "[CARD]", "eu"]
    assert redact_value(["2026", "1234", "5678", "9012"]) == ["2026", "1234", "5678", "9012"]
    assert redact_value([CARD, "x", 7]) == ["[CARD]", "x", 7]
    assert redact_value(["verification", "code", "674767"]) == ["verification", "code", "[CODE]"]
    assert redact_value(["coins", "refund", "ios-17", "38.1.0"]) == ["coins", "refund", "ios-17", "38.1.0"]


@given(st.text(max_size=40), st.text(max_size=40))
def test_redaction_across_a_border_leaves_other_texts(first, second):
    """Nothing is changed unless something goes over the border, and nothing is left to find afterwards."""
    left, right, found = redacted_across(first, second, Redactor())
    assert found or (left, right) == (first, second)
    if found:
        assert may_be_divided(first, second) or not redacted_across(left, right, Redactor())[2]


@given(st.lists(st.text("0123456789 -ab", max_size=8), min_size=2, max_size=12))
def test_redacted_items_are_redacted_once(items):
    """A list that was redacted is not changed again."""
    once, _ = redacted_items(items, Redactor())
    assert redacted_items(once, Redactor())[0] == once


@given(st.dictionaries(st.sampled_from(["cvv", "pin", "card", "note", "expiry"]), st.text("0123456789 /", max_size=20)))
def test_fields_are_redacted_once(fields):
    """What was redacted by its name is not changed again."""
    once = custom(**fields)
    assert custom(**once) == once


BLOB = base64.b64encode(f"card {CARD} ".encode() * 2_200).decode()
"""A base64 text that redaction replaces by a placeholder."""


@pytest.mark.parametrize("size", range(BRIEF - 26, BRIEF + 14))
def test_no_half_of_a_number_is_quoted(size):
    """Where what is before a number shrinks to a placeholder, the place at which the input was cut comes into sight."""
    for text in (f"{BLOB[:size].rstrip('=')} {CARD} and more", f"{'1' * size}{CARD} and more"):
        assert "4111" not in excerpt(text)
        assert "4111" not in excerpt(f"{' '.join(['4111-1111-1111-1111'] * 400)} {text}")


@pytest.mark.parametrize("size", range(READ - 25, READ + 5, 3))
def test_no_half_of_a_number_is_quoted_from_a_long_text(size):
    """The same for a value that a message quotes, of which more is read."""
    assert "4111" not in shortened(f"{BLOB[:size].rstrip('=')} {CARD} and more", 4_000)


@given(st.text(max_size=80), st.integers(0, 60))
def test_the_beginning_of_a_text_is_one(text, size):
    """It is what the text begins with, the text itself where it is short, and ends before a word or number that the cut may halve."""
    start = beginning(text, size)
    assert text.startswith(start)
    assert (start == text) if len(text) <= size else len(start) <= size
