"""Optional fields: whatever they receive, the ticket is kept, and what did not fit is found again."""

from __future__ import annotations

from collections import Counter
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from models.event import TicketData, TicketEvent
from models.redaction import holds_card
from stream.opening import OpenOptions, open_source
from stream.optional_fields import DISTINCT, FieldIssue, FieldNote, count_notes, field_notes
from stream.raw import Raw, RefusedEvent
from stream.validation import admit

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
CASES = Path(__file__).parent / "cases"
CARD = "4242 4242 4242 4242"
OPTIONAL = sorted(TicketData.model_fields.keys() - {"body"})


def event_of(data: dict[str, Any], kind: str = "ticket.created") -> TicketEvent:
    """Admit a ticket event with this data."""
    content = {
        "specversion": "1.0", "id": "e-1", "source": "/desk", "type": kind, "time": "2026-11-20T08:00:00Z", "subject": "T-1",
        "data": data,
    }  # fmt: skip
    found = admit(Raw(0, content), NOW)
    assert isinstance(found, TicketEvent), found
    return found


def notes_of(event: TicketEvent) -> list[tuple[str, str, FieldIssue]]:
    """Return an event's notes as tuples."""
    return [(note.field, note.value, note.issue) for note in field_notes(event)]


@pytest.mark.parametrize(
    ("field", "value", "kept", "issue"),
    [
        ("channel", "mobile_sdk", "mobile_sdk", FieldIssue.UNKNOWN_VALUE),
        ("channel", 7, 7, FieldIssue.UNKNOWN_VALUE),
        ("channel", {"id": 1}, {"id": 1}, FieldIssue.WRONG_TYPE),
        ("handled_by", "l2", "l2", FieldIssue.UNKNOWN_VALUE),
        ("author_role", "system", "system", FieldIssue.UNKNOWN_VALUE),
        ("csat", 0, 0, FieldIssue.UNKNOWN_VALUE),
        ("csat", "Good", "Good", FieldIssue.UNKNOWN_VALUE),
        ("csat", True, True, FieldIssue.UNKNOWN_VALUE),
        ("csat", 4.5, 4.5, FieldIssue.UNKNOWN_VALUE),
        ("escalated", "n/a", "n/a", FieldIssue.UNKNOWN_VALUE),
        ("priority", ["high"], ["high"], FieldIssue.WRONG_TYPE),
        ("priority", True, True, FieldIssue.UNKNOWN_VALUE),
        ("region", "x" * 129, "x" * 129, FieldIssue.TOO_LONG),
        ("app_version", "y" * 5_000, "y" * 5_000, FieldIssue.TOO_LONG),
        ("tags", "vip, refund", "vip, refund", FieldIssue.WRONG_TYPE),
        ("tags", {"a": 1}, {"a": 1}, FieldIssue.WRONG_TYPE),
        ("title", ["a"], ["a"], FieldIssue.WRONG_TYPE),
        ("into", {"id": "T-2"}, {"id": "T-2"}, FieldIssue.WRONG_TYPE),
        ("into", "T" * 300, "T" * 300, FieldIssue.TOO_LONG),
    ],
)
def test_a_value_that_does_not_fit_moves_to_custom(field, value, kept, issue):
    """The field stays unset, the value is in `custom` under the field's name, and the event says so."""
    event = event_of({"body": "paid twice", field: value})
    assert event.data.custom == {field: kept}
    assert field not in event.data.model_fields_set
    assert [(name, problem) for name, _, problem in notes_of(event)] == [(field, issue)]


@pytest.mark.parametrize("field", OPTIONAL)
def test_null_is_no_value(field):
    """Null in any field is as if the field were not there."""
    event = event_of({"body": "paid twice", field: None})
    assert getattr(event.data, field) in (None, "", (), {})
    assert event.data.custom == {}
    assert notes_of(event) == []


@pytest.mark.parametrize(
    ("field", "value", "meant"),
    [
        ("channel", "Web Form", "web_form"),
        ("channel", "Email", "email"),
        ("channel", "E-Mail", "email"),
        ("channel", "Chat", "im_chat"),
        ("channel", "native_messaging", "im_chat"),
        ("channel", "voice", "phone"),
        ("channel", "WEB", "web_form"),
        ("channel", "Social media", "social"),
        ("channel", " in-app ", "in_app"),
        ("author_role", "end-user", "requester"),
        ("author_role", "Admin", "agent"),
        ("handled_by", "Bot", "ai"),
        ("csat", "4", 4),
        ("csat", "3.0", 3),
        ("escalated", "Yes", True),
        ("escalated", "0", False),
        ("priority", 2, "2"),
        ("product", "", None),
        ("channel", "  ", None),
        ("escalated", "", None),
        ("csat", "", None),
        ("tags", [], ()),
        ("tags", [7, "vip"], ("7", "vip")),
    ],
)
def test_known_spellings_are_silent(field, value, meant):
    """Other spellings of a known value become that value, and nothing is reported."""
    event = event_of({"body": "paid twice", field: value})
    assert getattr(event.data, field) == meant
    assert event.data.custom == {}
    assert notes_of(event) == []


@pytest.mark.parametrize(("name", "meant"), [("WhatsApp", "im_chat"), ("sms", "im_chat"), ("Facebook", "social")])
def test_the_name_of_a_service_is_kept(name, meant):
    """A service becomes its kind of channel; its name stays in `custom`, since the channel alone would lose it."""
    event = event_of({"body": "paid twice", "channel": name})
    assert (event.data.channel, event.data.custom) == (meant, {"channel": name})
    assert notes_of(event) == []


def test_tags_that_are_texts_stay_tags():
    """Of a list of tags only the elements that are no tags are moved."""
    event = event_of({"body": "a", "tags": ["vip", None, {"id": 7}, "refund"]})
    assert event.data.tags == ("vip", "refund")
    assert event.data.custom == {"tags": [{"id": 7}]}
    assert notes_of(event) == [("tags", "", FieldIssue.WRONG_TYPE)]


def test_custom_that_is_no_object_is_kept():
    """A text where the object of custom values belongs is kept in it, in addition to unknown keys."""
    event = event_of({"body": "a", "custom": "plan: gold", "mood": "bad"})
    assert event.data.custom == {"data.custom": "plan: gold", "mood": "bad"}
    assert notes_of(event) == [("custom", "", FieldIssue.WRONG_TYPE)]


def test_a_custom_value_of_the_same_name_stays():
    """Where the sender has a custom value of the field's name, both are kept, and only the field's is reported."""
    event = event_of({"body": "a", "channel": "pigeon", "custom": {"channel": "email"}})
    assert event.data.custom == {"channel": "email", "data.channel": "pigeon"}
    assert notes_of(event) == [("channel", "pigeon", FieldIssue.UNKNOWN_VALUE)]


def test_a_requester_never_moves():
    """A requester of any length is hashed later; one that is no text is left out, and nothing of it is kept."""
    assert event_of({"body": "a", "requester": "r" * 5_000}).data.requester == "r" * 5_000
    event = event_of({"body": "a", "requester": {"name": "Ana Lima", "email": "ana@example.com"}})
    assert event.data.requester is None
    assert event.data.custom == {"requester": "[dict]"}


@pytest.mark.parametrize(
    ("kind", "data", "says"),
    [
        ("ticket.created", {"title": None, "region": "US"}, "both missing"),
        ("ticket.rated", {"csat": "Good"}, "csat"),
        ("ticket.rated", {"csat": None}, "csat"),
        ("ticket.merged", {"into": ["T-2"]}, "into"),
        ("comment.added", {"body": None}, "data.body"),
        ("comment.added", {"body": {"type": "doc"}}, "body"),
    ],
)
def test_what_the_type_needs_still_refuses(kind, data, says):
    """An event without what its type consists of is refused: there is nothing to keep."""
    content = {
        "specversion": "1.0", "id": "e-1", "source": "/desk", "type": kind, "time": "2026-11-20T08:00:00Z", "subject": "T-1",
        "data": data,
    }  # fmt: skip
    refusal = admit(Raw(0, content), NOW)
    assert isinstance(refusal, RefusedEvent)
    assert says in refusal.detail


def test_data_may_be_null_where_nothing_is_needed():
    """A ticket is solved whether `data` is an empty object, null or missing."""
    assert event_of(None, "ticket.solved").type == "ticket.solved"  # type: ignore[arg-type]


def test_case_channels():
    """Thirteen rows with odd channels, flags and ratings are thirteen tickets; what did not fit is reported with its value."""
    options = OpenOptions(mapping=CASES / "06-channel-enum.toml")
    with closing(open_source(str(CASES / "06-channel-enum.csv"), options)) as source:
        events = [admit(raw, NOW) for raw in source.records()]
    assert all(isinstance(event, TicketEvent) for event in events)
    created = [event for event in events if event.type == "ticket.created"]
    assert len(created) == 13
    assert [event.data.channel for event in created[:9]] == [
        "email", "im_chat", "social", "phone", "im_chat", None, None, "web_form", "web_form",
    ]  # fmt: skip
    assert {note[:2] for event in events for note in notes_of(event)} == {
        ("channel", "Mobile SDK"), ("channel", "Any channel"), ("escalated", "x"), ("csat", "0"), ("csat", "10"),
    }  # fmt: skip


def test_case_nulls():
    """Nulls, a rating of 0 and an unknown channel in optional fields: all six tickets are kept."""
    lines = (CASES / "28-null-fields.jsonl").read_bytes().splitlines()
    events = [admit(Raw(number, line), NOW) for number, line in enumerate(lines)]
    assert [type(event) for event in events] == [TicketEvent] * 6


def test_few_different_values_are_kept():
    """However many different values come, the counter stays small and its total right."""
    counter: Counter[FieldNote] = Counter()
    count_notes(counter, (FieldNote("region", f"r{n}", FieldIssue.UNKNOWN_VALUE) for n in range(3 * DISTINCT)))
    assert len(counter) <= DISTINCT + 1
    assert counter.total() == 3 * DISTINCT


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(st.characters(codec=None, categories=None), max_size=30)
    | st.text(min_size=120, max_size=300)
    | st.sampled_from([CARD, "ana@example.com", "WhatsApp", "\ud83d", "a\0b"]),
    lambda children: (
        st.lists(children, max_size=3) | st.dictionaries(st.text(max_size=8) | st.just(CARD), children, max_size=3)
    ),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from(OPTIONAL), json_values, max_size=6))
@example({"tags": [None], "custom": [None], "channel": None})
@example({"title": "\ud83d", "priority": float("nan"), "csat": float("inf")})
@example({"channel": [], "custom": {"channel": 1, "data.channel": 2}})
def test_any_value_of_any_optional_field_keeps_the_ticket(data):
    """Whatever optional fields receive, the ticket is admitted with its text, storable, redacted, and admitted again unchanged."""
    event = event_of({"body": "paid twice", **data})
    assert event.data.body == "paid twice"
    sent = event.model_dump(mode="json", exclude_unset=True)
    said = orjson.dumps({**sent, "data": {**sent["data"], "requester": None}}).decode()
    assert CARD not in said
    assert "ana@example.com" not in said
    assert not any(holds_card(note.value) for note in field_notes(event))
    again = admit(Raw(0, sent), NOW)
    assert isinstance(again, TicketEvent)
    assert again.data == event.data
    assert notes_of(again) == notes_of(event)
