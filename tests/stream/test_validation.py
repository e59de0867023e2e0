"""What is let in at the edge, what is refused, and what is said about it."""

import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import orjson
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from models.event import ChangeEvent, LaunchEvent, TicketEvent
from models.redaction import holds_card
from stream.raw import Raw, RefusalReason, RefusedEvent
from stream.validation import MAX_BYTES, admit

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
EVENT = {
    "specversion": "1.0", "id": "e-1", "source": "/desk", "type": "ticket.created", "time": "2026-11-20T08:00:00Z",
    "subject": "T-1", "data": {"title": "Charged twice", "body": "for coins"},
}  # fmt: skip
REFUSALS = json.loads((Path(__file__).parent / "refusals.json").read_text())
ELSEWHERE = {"ambiguous_time", "unclosed_quote", "too_large", "unmapped_row", "unstorable", "time_out_of_line"}
"""Refused by size, by the CSV reader, by the store, and by the order of the input: these have tests of their own."""
CARD = "4242 4242 4242 4242"


def line(**changes) -> bytes:
    """The good event with some fields changed."""
    return orjson.dumps({**EVENT, **changes})


def content(case: dict) -> bytes:
    """The line of a refusal's case."""
    if "line" in case:
        return case["line"].encode()
    if "deep" in case:
        return b'{"type":"ticket.created","data":' + b"[" * case["deep"] + b"]" * case["deep"] + b"}"
    changed = {**EVENT, **case.get("set", {})}
    return orjson.dumps({name: value for name, value in changed.items() if name not in case.get("drop", ())})


def test_a_refused_event_quotes_no_requester():
    """Who wrote is not readable from quarantine, also where it is a name, which no pattern finds."""
    refusal = admit(Raw(0, line(type="ticket.lost", data={"body": "x", "requester": "Ana Gomez"})), NOW)
    assert isinstance(refusal, RefusedEvent)
    assert "Gomez" not in refusal.excerpt
    assert "[REQUESTER]" in refusal.excerpt


@pytest.mark.parametrize("case", REFUSALS, ids=[case["name"] for case in REFUSALS])
def test_refused(case):
    """Each kind of bad record is refused for its reason, in one sentence that says what is wrong and quotes nothing secret."""
    refusal = admit(Raw(0, content(case)), NOW)
    assert isinstance(refusal, RefusedEvent)
    assert refusal.reason.value == case["reason"]
    assert case["says"] in refusal.detail
    assert "\n" not in refusal.detail
    assert len(refusal.detail) < 500
    assert not holds_card(refusal.detail)
    assert not holds_card(refusal.excerpt)
    assert "4242 4242" not in refusal.detail + refusal.excerpt
    assert "\0" not in refusal.detail + refusal.excerpt


def test_every_reason_has_a_case():
    """The cases cover every reason that this module gives and that is not given by size."""
    assert {case["reason"] for case in REFUSALS} == {reason.value for reason in RefusalReason} - ELSEWHERE


def test_too_large():
    """Ten megabytes are refused by their size, unread, and quoted with their first words."""
    refusal = admit(Raw(0, line(data={"title": "a", "body": "x" * 10_000_000})), NOW)
    assert isinstance(refusal, RefusedEvent)
    assert refusal.reason is RefusalReason.TOO_LARGE
    assert f"{MAX_BYTES:,}" in refusal.detail
    assert len(refusal.excerpt) <= 200


@pytest.mark.parametrize(
    ("kind", "data", "model"),
    [
        ("ticket.created", {"title": "a"}, TicketEvent),
        ("ticket.merged", {"into": "T-2"}, TicketEvent),
        ("comment.added", {"body": "a", "author_role": "bot"}, TicketEvent),
        ("change.recorded", {"kind": "release", "title": "5.2"}, ChangeEvent),
        (
            "launch.planned",
            {"kind": "sale", "title": "a", "start": EVENT["time"], "end": "2026-11-21T00:00:00Z"},
            LaunchEvent,
        ),
    ],
)
def test_admitted(kind, data, model):
    """Each type becomes its own event, with its time in UTC."""
    event = admit(Raw(0, line(type=kind, data=data, time="2026-11-20T10:00:00+02:00")), NOW)
    assert isinstance(event, model)
    assert event.time == datetime(2026, 11, 20, 8, tzinfo=UTC)
    assert event.time.utcoffset() == timedelta(0)


def test_up_to_an_hour_ahead():
    """A clock may run ahead by an hour, to the second."""
    assert isinstance(admit(Raw(0, line(time=(NOW + timedelta(hours=1)).isoformat())), NOW), TicketEvent)


def test_unknown_keys_go_to_custom():
    """What the vocabulary does not know is kept, in addition to what came as custom."""
    event = admit(Raw(0, line(data={"title": "a", "mood": "bad", "custom": {"shop": 7}})), NOW)
    assert isinstance(event, TicketEvent)
    assert event.data.custom == {"mood": "bad", "shop": 7}


def test_redacted_everywhere():
    """Title, body, tags, unknown keys and numbers: what is admitted holds no card, account, address or telephone number."""
    data = {
        "title": CARD, "body": f"pay {CARD}, DE89 3704 0044 0532 0130 00, ana@example.com", "tags": [CARD],
        "custom": {"deep": [{"card": 4242424242424242, CARD: 1}]}, "extra": f"call +49 30 901820, {CARD}",
    }  # fmt: skip
    event = admit(Raw(0, line(data=data)), NOW)
    assert isinstance(event, TicketEvent)
    said = event.data.model_dump_json()
    assert event.data.title == "[CARD]"
    assert re.findall(r"\d{5,}", said) == []
    assert "example.com" not in said
    assert "0532" not in said


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63)
    | st.floats(allow_nan=False)
    | st.text(max_size=30)
    | st.just(CARD),
    lambda children: (
        st.lists(children, max_size=3) | st.dictionaries(st.text(max_size=8) | st.just(CARD), children, max_size=3)
    ),
    max_leaves=8,
)
mutilated = st.builds(
    lambda changes, dropped: json.dumps({k: v for k, v in {**EVENT, **changes}.items() if k not in dropped}).encode(),
    st.dictionaries(st.sampled_from([*EVENT, "extra"]), json_values, max_size=4),
    st.sets(st.sampled_from(list(EVENT)), max_size=1),
)


@given(st.binary(max_size=300) | mutilated)
@example(line(data={"title": "a", "custom": [1], "b": 2}))
@example(line(time="9999-12-31T23:59:59-12:00"))
@example(b'{"a":"\\u0000","data":' + b"[" * 1_000 + b"]" * 1_000 + b"}")
def test_anything_is_admitted_or_refused(said):
    """Any bytes give an event or a refusal, never an exception; neither holds a card number that came in."""
    found = admit(Raw(0, said), NOW)
    if isinstance(found, RefusedEvent):
        assert not holds_card(found.detail)
        assert not holds_card(found.excerpt)
        assert "\0" not in found.excerpt
    else:
        assert "4242 4242" not in found.model_dump_json(exclude={"data": {"requester"}})
