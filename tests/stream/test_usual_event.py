"""Admitting events as connectors write them: the short way gives what the long way gives, or nothing."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.event import TicketData, TicketEvent
from models.redaction import RedactionSettings, fold, is_ordinary, redact, redact_value
from models.text import plain_value, to_plain
from stream.admission_rules import AdmissionRules
from stream.decoding import cleaned_object, cleaned_text
from stream.identity import plain_identity, sensitive_parts
from stream.optional_fields import normalized, numbers_as_texts, parsed_ticket
from stream.raw import Raw
from stream.usual_event import usual_event
from stream.validation import admit

NOW = datetime(2026, 12, 24, tzinfo=UTC)
EVENT = {
    "specversion": "1.0", "id": "7:ticket.created", "source": "/csv", "type": "ticket.created",
    "time": "2026-11-20T08:00:00+00:00", "subject": "7", "data": {"body": "the refund is late"},
}  # fmt: skip

PIECES = (
    "4242 4242 4242 4242", "4242424242424242", "3782 822463 10005", "ana@example.com", "ana%40example.com",
    "DE89 3704 0044 0532 0130 00",
    "NO93 86 01 11 17 947", "de89370400440532013000", "cvv 123", "security code: 123", "\u017fecurity code 123", "c\u017fc 123",
    "secur\u0131ty code 123", "Código de Segurança 321", "código de seguridad: 4321", "PRÜFNUMMER 123", "CVC2 987", "[CARD] 12/27",
    "[EXPIRY] 123", "+49 151 23456789", "(415) 555-2671", "phone 5551234567", "%34%32", "4%32", "4242+4242+4242+4242", "&#52;&#50;",
    "４２４２ ４２４２ ４２４２ ４２４２", "4\u200b2\u200b42", "<b>4242</b>4242", "&amp;lt;b&amp;gt;", "=C3=BC",
    "\\u003cp\\u003e", "\0",
    "\ud83d", "\ud83d\ude00", "\x07", "\u00ad", "\u034f", "\ufeff", "\u200c \u200d", "\n> 4242\n> 42424242", "order 123456789",
    "2026-11-29 10:00:00", "1.234,56 €", "12", "123", "1234567", "AB12CDEFGHIJKLMNOP", "zurück", "łódź", "привет", "…", "’", "中文",
    "²", "½", "Email", "mobile_sdk", "WhatsApp", "", " ", "\n", "x" * 129, "word " * 9,
)  # fmt: skip
TEXTS = st.lists(st.sampled_from(PIECES) | st.text(max_size=4), max_size=6).map("".join) | st.lists(
    st.sampled_from(PIECES), max_size=5
).map(" ".join)
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.just(4242424242424242) | st.datetimes()
VALUES = st.recursive(
    TEXTS | TEXTS | SCALARS, lambda parts: st.lists(parts, max_size=3) | st.dictionaries(TEXTS, parts, max_size=3), max_leaves=5
)  # fmt: skip
DATA = st.dictionaries(st.sampled_from(sorted(TicketData.model_fields)) | TEXTS, TEXTS | VALUES, max_size=5)
IDENTITIES = st.sampled_from(("7", "PAY-1", "/csv", "3000-000000-0004", " 7 ", "7\0", "+1", "%34", "ü")) | TEXTS


KEPT = RedactionSettings.model_validate(
    {
        "off": ["EMAIL", "IBAN"],
        "regions": ["DE"],
        "numeric_ids": ["/csv"],
        "keep": {
            "rooms": {"prefix": "ROOM4", "length": 20},
            "orders": {"pattern": "99[0-9]{14}", "fields": ["body", "custom.shop"]},
        },
    }
)


@settings(max_examples=300, deadline=None)
@given(data=DATA, identity=IDENTITIES, seed=st.sampled_from((None, KEPT)))
def test_the_short_way_follows_the_settings(
    data: dict[str, Any], identity: str, seed: RedactionSettings | None
) -> None:
    """With any settings, an event that is decoded is admitted as its bytes are, on the short way or on the long one."""
    rules = AdmissionRules.of(b"k" * 32, seed)
    content = {**EVENT, "subject": identity, "data": {"body": "ROOM4242424242424242 9942424242424242", **data}}
    found = usual_event(content, rules)
    if found is not None:
        wanted = admit(Raw(1, {**content, "unusual": None}), NOW, rules)
        assert isinstance(wanted, TicketEvent)
        assert found.model_dump_json() == wanted.model_dump_json()


def long_way(content: dict[str, Any]) -> TicketEvent:
    """Clean, make plain, redact and validate an event, one after the other."""
    decoded = cleaned_object(content)
    for name in ("id", "source", "subject"):
        decoded[name] = plain_identity(decoded[name])
        assert not sensitive_parts(decoded[name])
    plain = plain_value(numbers_as_texts(decoded["data"]))
    requester = {"requester": plain.pop("requester")} if "requester" in plain else {}
    return parsed_ticket(decoded, normalized({**redact_value(plain), **requester}))


@settings(max_examples=400, deadline=None)
@given(data=DATA)
def test_the_short_way_gives_the_event_of_the_long_way(data: dict[str, Any]) -> None:
    """Every event that is admitted in one walk is the one that all steps give, byte for byte."""
    content = {**EVENT, "data": {"body": "hello", **data}}
    found = usual_event(content)
    if found is not None:
        wanted = long_way(content)
        assert found == wanted
        assert found.model_dump_json() == wanted.model_dump_json()


@settings(max_examples=200, deadline=None)
@given(name=st.sampled_from(("id", "source", "subject")), identity=IDENTITIES)
def test_the_short_way_takes_no_identity_that_has_to_be_changed(name: str, identity: str) -> None:
    """An identity that would be replaced, trimmed or refused is left to the long way."""
    found = usual_event({**EVENT, name: identity})
    if found is not None:
        assert plain_identity(identity) == identity
        assert not sensitive_parts(identity)
        assert getattr(found, name) == identity


@settings(max_examples=600, deadline=None)
@given(text=TEXTS)
def test_nothing_is_found_in_an_ordinary_text(text: str) -> None:
    """A text that is called ordinary is not changed by cleaning, decoding and redaction."""
    if is_ordinary(text):
        assert to_plain(cleaned_text(text)) == text
        assert redact_value({"body": text}) == {"body": text}


@pytest.mark.parametrize("piece", PIECES)
@pytest.mark.parametrize("around", ["{}", "a {} b", "Card {} 123", "zurück {} 7", "1 {}"])
def test_a_text_with_a_finding_is_not_ordinary(piece: str, around: str) -> None:
    """What redaction or decoding changes is never called ordinary, whatever surrounds it."""
    text = around.format(piece)
    if to_plain(cleaned_text(text)) != text or redact(to_plain(cleaned_text(text))).text != text:
        assert not is_ordinary(text)


def test_every_letter_that_counts_as_harmless_folds_to_itself() -> None:
    """No character of an ordinary text can be another way to write a digit, an at sign or a letter."""
    for code in range(0x110000):
        character = chr(code)
        if is_ordinary(character):
            assert to_plain(cleaned_text(character)) == character
            assert fold(character).text == character


@pytest.mark.parametrize(
    "text",
    ["zurück since the update 12345", "Order 12345, 30 pieces", "łódź, привет", 'He said "no";\n1 of 3'],
)
def test_texts_of_tickets_are_ordinary(text: str) -> None:
    """Words, dates and short numbers need no search."""
    assert is_ordinary(text)


@pytest.mark.parametrize(
    "change",
    [
        {"id": "4242 4242 4242 4242"}, {"subject": "3000-000000-0004"}, {"subject": 7}, {"type": "launch.planned"}, {"time": None},
        {"data": None}, {"data": {"body": "x", "into": "8"}}, {"data": {"body": "x", "requester": ["ana"]}}, {"more": 1},
        {"data": {"body": "x", "custom": {"a@example.com": "x"}}}, {"data": {"channel": "email"}},
    ],
)  # fmt: skip
def test_what_is_not_as_usual_takes_the_long_way(change: dict[str, Any]) -> None:
    """Whatever needs a decision of its own is left to validation."""
    assert usual_event({**EVENT, **change}) is None


def test_a_value_that_fits_no_field_moves_to_custom_on_the_short_way() -> None:
    """A file whose channel is unknown in every row is admitted in one walk, too."""
    found = usual_event({**EVENT, "data": {"body": "x", "channel": "mobile_sdk", "tags": ["a", "b"], "row": "1"}})
    assert found is not None
    assert (found.data.channel, found.data.custom) == (None, {"row": "1", "channel": "mobile_sdk"})


def test_events_in_bytes_and_decoded_events_are_admitted_alike() -> None:
    """The way that an event came does not change it."""
    import orjson

    content = {**EVENT, "data": {"body": "my card is 4242 4242 4242 4242", "requester": "ana@example.com"}}
    first, second = admit(Raw(1, content), NOW), admit(Raw(1, orjson.dumps(content)), NOW)
    assert first == second
    assert isinstance(first, TicketEvent)
    assert (first.data.body, first.data.requester) == ("my card is [CARD]", "ana@example.com")
