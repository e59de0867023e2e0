"""Decoding: JSON as systems write it, without what databases refuse."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.event import TicketEvent
from stream.decoding import cleaned_text, decode
from stream.raw import Raw, RefusalReason, RefusedEvent
from stream.validation import admit

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
CASES = Path(__file__).parent / "cases"


@pytest.mark.parametrize(
    ("line", "found"),
    [
        (rb'{"a": "gift \ud83d"}', "gift \ufffd"),
        (rb'{"a": "\ude00 gift"}', "\ufffd gift"),
        (rb'{"a": "\ud83d\ude00 \ud83d"}', "\U0001f600 \ufffd"),
        (rb'{"a": "\ude00\ud83d"}', "\ufffd\ufffd"),
        (b'{"a": "\xed\xa0\xbd\xed\xb8\x80"}', "\U0001f600"),
        (b'{"a": "caf\xe9"}', "caf\ufffd"),
        (rb'{"a": "a\u0000b"}', "a b"),
        (b'{"a": "a\0b"}', "a b"),
        (b'{"a": "two\nlines\tand a tab"}', "two\nlines\tand a tab"),
        (b'\xef\xbb\xbf{"a": NaN}', None),
        (b'{"a": Infinity}', "inf"),
        (b'{"a": 1e400}', "inf"),
        (b'{"a": 1, "a": 2}', 2),
        (b'{"a": "x", "b": NaN, "c": 123456789012345678901234567890}', "x"),
    ],
)
def test_what_strict_readers_refuse_is_read(line, found):
    """Broken characters, control characters, NaN and repeated keys cost no ticket, and what is read can be written as JSON."""
    decoded = decode(line)
    assert isinstance(decoded, dict)
    assert decoded["a"] == found
    orjson.dumps(decoded)


@pytest.mark.parametrize("number", ["123456789012345678901", "9007199254740993", "-5", "18446744073709551615"])
def test_a_long_number_as_an_identity_keeps_its_digits(number):
    """Two tickets whose numbers differ in the last of 21 digits are two tickets."""
    line = (
        f'{{"specversion": "1.0", "id": {number}, "source": "/x", "type": "ticket.created", "time": "2026-11-20T08:00:00Z", '
        f'"subject": {number}, "data": {{"body": "a"}}}}'
    )
    event = admit(Raw(0, line.encode()), NOW)
    assert isinstance(event, TicketEvent)
    assert (event.id, event.subject) == (number, number)


def test_case_half_an_emoji():
    """Half a surrogate pair becomes U+FFFD, and the ticket is kept."""
    event = admit(Raw(0, (CASES / "27-half-emoji.jsonl").read_bytes().strip()), NOW)
    assert isinstance(event, TicketEvent)
    assert event.data.body == "My gift never came \ufffd"


@pytest.mark.parametrize("levels", [100, 500, 100_000])
def test_deep_nesting_ends_no_run(levels):
    """A deep value is kept where a reader can read it and refused where none can; it never raises."""
    line = b'{"a": ' + b"[" * levels + b"]" * levels + b"}"
    decoded = decode(line)
    assert isinstance(decoded, dict) or decoded.reason is RefusalReason.INVALID


def test_half_a_pair_in_a_decoded_object():
    """Objects that another reader decoded are cleaned like lines; so are their keys."""
    assert decode({"a\0": ["\ud83d\ude00", {"b": "\ud83d"}]}) == {"a ": ["\U0001f600", {"b": "\ufffd"}]}


def test_values_that_json_does_not_know():
    """What readers of other formats hand on becomes text, so that every value can be stored."""
    values = [
        datetime(2026, 11, 20, tzinfo=UTC),
        Decimal("1.50"),
        b"caf\xe9",
        2**64,
        -(2**63),
        10**5_000,
        float("-inf"),
    ]
    texts = ["2026-11-20T00:00:00+00:00", "1.50", "caf\ufffd", str(2**64), -(2**63), "a number of 16,610 bits", "-inf"]
    assert decode({"a": values}) == {"a": texts}


@given(
    st.binary(max_size=200)
    | st.text(st.characters(categories=None), max_size=60).map(lambda t: t.encode("utf-8", "surrogatepass"))
)
def test_any_bytes_are_an_object_or_a_refusal(content):
    """Any bytes, also within a JSON text, give an object or a refusal."""
    for line in (content, b'{"a": "' + content + b'"}'):
        found = decode(line)
        assert isinstance(found, dict | RefusedEvent)


@given(st.text(st.characters(categories=None)))
def test_cleaned_text_is_storable(text):
    """A cleaned text can be encoded, holds no NUL, and is cleaned once and for all."""
    cleaned = cleaned_text(text)
    assert b"\0" not in cleaned.encode()
    assert cleaned_text(cleaned) == cleaned
