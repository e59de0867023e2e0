"""Formats that operators declare are kept, and no declaration can let card numbers through."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from models.event import TicketData
from models.redaction import Place, RedactionSettings, Redactor, redact_fields
from models.redaction.keep import EVENT_FIELDS

ROOM = "ROOM4242424242424242"


def redactor(**formats: dict) -> Redactor:
    """Return a redactor that keeps these formats."""
    return Redactor(RedactionSettings.model_validate({"keep": formats}))


@pytest.mark.parametrize(
    "declared",
    [
        {"prefix": "ROOM", "length": 20},
        {"pattern": "ROOM[0-9]{16}"},
        {"pattern": "(?:ROOM|LIVE)[0-9]{16}"},
        {"pattern": r"ROOM(\d{4}){4}"},
    ],
)
def test_a_declared_id_is_kept_and_counted(declared):
    """An id of a declared form stays, what is next to it too, and the card after it does not."""
    given = redactor(rooms=declared)
    assert given.redact(f"join {ROOM} 123, paid 4111 1111 1111 1111").text == f"join {ROOM} 123, paid [CARD]"
    assert given.keep.counts == {"rooms": 1}
    assert given.redact("ROOM42424242424242429").text != "ROOM4242424242424242"
    again = given.redact(f"{ROOM} and 4111111111111111").text
    assert given.redact(again).text == again


@pytest.mark.parametrize(
    "word",
    [
        "card",
        "Card no.",
        "CVV",
        "visa",
        "tarjeta",
        "cartão",
        "carte",
        "Karte",
        "kartu",
        "карта",
        "卡号",
        "カード",
        "카드",
        "بطاقة",
        "कार्ड",
        "บัตร",
        "c\u200bard",
        "\uff43ard",
        "kart",
        "kaart",
        "amex",
    ],
)
def test_nothing_is_kept_next_to_a_word_of_cards(word):
    """Whatever is declared, a number that is called a card is replaced."""
    given = redactor(rooms={"prefix": "ROOM", "length": 20})
    assert "4242" not in given.redact(f"{word}: {ROOM}").text
    assert "4242" not in given.redact(f"{ROOM} ({word})").text
    assert not given.keep.counts


def test_a_format_applies_where_it_is_declared():
    """Fields and sources limit a format; values of `custom` are named `custom.NAME`."""
    given = redactor(orders={"pattern": "99[0-9]{14}", "fields": ["body", "custom.shop"], "sources": ["/shop"]})
    number = "9942424242424244"
    assert Redactor().redact(number).text == number or given.redact(number, Place("body", "/shop")).text == number
    room = redactor(rooms={"prefix": "ROOM", "length": 20, "fields": ["body", "custom.shop"], "sources": ["/shop"]})
    sent = {"title": ROOM, "body": ROOM, "custom": {"shop": ROOM, "note": ROOM}}
    found = redact_fields(sent, room, "/shop")
    assert (found["body"], found["custom"]["shop"]) == (ROOM, ROOM)
    assert "4242" not in f"{found['title']}{found['custom']['note']}"
    assert "4242" not in str(redact_fields(sent, room, "/other"))


@pytest.mark.parametrize(
    ("declared", "problem"),
    [
        ({"pattern": "4[0-9]{15}"}, "Visa"),
        ({"pattern": "[0-9]{16}"}, "card numbers"),
        ({"pattern": r"\d{13,19}"}, "card numbers"),
        ({"pattern": ".*"}, "words or short numbers"),
        ({"pattern": "5[1-5][0-9]{14}"}, "Mastercard"),
        ({"pattern": "3[0-9]{14}"}, "card numbers"),
        ({"pattern": "4242[0-9]{12}"}, "card numbers"),
        ({"pattern": "[0-9 -]{12,24}"}, "card numbers"),
        ({"pattern": "62[0-9]{17}"}, "UnionPay"),
        ({"pattern": "([0-9]+)+x"}, "repeats a repetition"),
        ({"pattern": "(a|a)*b12345678901234"}, "too long"),
        ({"pattern": "(a|aa)+$"}, "words or short"),
        ({"pattern": "(x+x+)+y"}, "repeats a repetition"),
        ({"pattern": "([A-Z"}, "no regular expression"),
        ({"prefix": "4", "length": 16}, "Visa"),
        ({"prefix": "ROOM"}, "whole `length`"),
        ({"prefix": "ROOM", "length": 3}, "whole `length`"),
        ({}, "exactly one"),
        ({"prefix": "A", "length": 9, "pattern": "x"}, "exactly one"),
        ({"pattern": "(?:.|x){16}"}, "card numbers"),
        ({"pattern": "37[0-9]{13}"}, "American Express"),
        ({"pattern": "(?s:.)+"}, "words or short"),
    ],
)
def test_a_format_that_matches_cards_or_takes_long_is_refused(declared, problem):
    """One sentence says what is wrong with a format that would let card numbers through, keep everything, or hang."""
    with pytest.raises(ValidationError) as raised:
        RedactionSettings.model_validate({"keep": {"orders": declared}})
    (error,) = raised.value.errors()
    assert problem in error["msg"]
    assert error["msg"].count("\n") == 0


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("boddy", "`boddy`"),
        ("shop", "`shop`"),
        ("Title", "`Title`"),
        ("custom.", "`custom.`"),
        ("4111111111111111", "a name"),
        ("", "a name"),
    ],
)
def test_a_format_for_an_unknown_field_is_refused(name, shown):
    """A mistyped field would keep nothing without a word; the sentence names the valid ones, and never quotes a number."""
    with pytest.raises(ValidationError) as raised:
        RedactionSettings.model_validate(
            {"keep": {"rooms": {"prefix": "ROOM", "length": 20, "fields": ["title", name]}}}
        )
    (error,) = raised.value.errors()
    assert f"received {shown} in `fields`" in error["msg"]
    assert "title, body, " in error["msg"]
    assert "`custom.NAME`" in error["msg"]


def test_fields_of_formats_are_those_of_events():
    """Every field of an event that can hold a text can be named, and `custom` means all of its values."""
    without_text = {"escalated", "csat", "into", "links", "public"}
    assert set(EVENT_FIELDS) == {*TicketData.model_fields, "id", "subject"} - without_text
    every = redactor(rooms={"prefix": "ROOM", "length": 20, "fields": ["custom"]})
    found = redact_fields({"body": ROOM, "custom": {"title": ROOM, "shop": ROOM}}, every, "/shop")
    assert (found["custom"], "4242" in found["body"]) == ({"title": ROOM, "shop": ROOM}, False)


@pytest.mark.parametrize("kind", ["CARD", "TRACK", "CVV", "PIN"])
def test_card_data_cannot_be_switched_off(kind):
    """Other kinds can be."""
    with pytest.raises(ValidationError, match="no setting switches off"):
        RedactionSettings.model_validate({"off": ["EMAIL", kind]})
    given = Redactor(RedactionSettings.model_validate({"off": ["EMAIL"]}))
    assert given.redact("ana@example.com 4111111111111111").text == "ana@example.com [CARD]"


@pytest.mark.parametrize(
    "wrong", [{"regions": ["XX"]}, {"off": ["NOTHING"]}, {"keep": {"A b": {"prefix": "R", "length": 9}}}, {"more": 1}]
)
def test_settings_of_redaction_are_checked(wrong):
    """What is not a region, a kind, a name or a setting is refused."""
    with pytest.raises(ValidationError):
        RedactionSettings.model_validate(wrong)
