"""CloudEvents on Kafka, there and back."""

from datetime import UTC, datetime

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream.kafka.headers import HeaderMark, content_of, event_message, mark_message
from stream.raw import Raw, RefusalReason, RefusedEvent
from stream.validation import MAX_BYTES, admit

NOW = datetime(2026, 12, 1, tzinfo=UTC)
EVENT = {
    "specversion": "1.0", "id": "e-1", "source": "/zendesk/acme", "type": "ticket.created",
    "time": "2026-11-20T08:00:00Z", "subject": "T-1", "data": {"title": "Charged twice", "region": "US"},
}  # fmt: skip


def there_and_back(event):
    """Send an event in binary mode and read it again."""
    message = event_message(event, event.data.model_dump(mode="json", exclude_unset=True))
    return admit(Raw(0, content_of(message.headers, message.value)), NOW), message


@given(
    title=st.text(min_size=1, max_size=80), region=st.none() | st.sampled_from(["US", "BR"]),
    custom=st.dictionaries(st.sampled_from(["a", "b"]), st.integers(-9, 9) | st.booleans(), max_size=2),
)  # fmt: skip
def test_binary_mode_keeps_the_event(title, region, custom):
    """An event that was admitted once comes through Kafka as it was."""
    data = {"title": title, "custom": custom} | ({} if region is None else {"region": region})
    event = admit(Raw(0, {**EVENT, "data": data}), NOW)
    if isinstance(event, RefusedEvent):
        assert "\0" in title
        return
    again, message = there_and_back(event)
    assert again == event
    assert message.key == b"T-1"


def test_structured_mode_is_read_as_well():
    """A producer that sends structured events needs no headers of ours."""
    content = content_of([("content-type", b"application/cloudevents+json")], orjson.dumps(EVENT))
    assert admit(Raw(0, content), NOW) == admit(Raw(0, EVENT), NOW)


@pytest.mark.parametrize("mark", list(HeaderMark))
def test_marks_come_back(mark):
    """A mark is distinct from every event."""
    message = mark_message(mark)
    assert content_of(message.headers, message.value) is mark


HEADERS = [("ce_id", b"1"), ("ce_type", b"ticket.created")]


@pytest.mark.parametrize(
    ("headers", "value", "reason"),
    [
        (HEADERS, b'{"a": ', RefusalReason.NOT_JSON),
        ([("ce_id", b"\xff")], b"{}", RefusalReason.NOT_JSON),
        (HEADERS, None, RefusalReason.INVALID),
        ([], None, RefusalReason.INVALID),
        (HEADERS, b" " * (MAX_BYTES + 1), RefusalReason.TOO_LARGE),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_reason(headers, value, reason):
    """Nothing raises: each kind of rubbish gets a reason of its own."""
    refused = content_of(headers, value)
    assert isinstance(refused, RefusedEvent)
    assert refused.reason is reason


def test_a_refusal_quotes_nothing_sensitive():
    """The excerpt of broken data is redacted."""
    refused = content_of(HEADERS, b'{"title": "card 4111 1111 1111 1111 of ann@example.org"')
    assert isinstance(refused, RefusedEvent)
    assert "4111" not in refused.excerpt
    assert "ann@" not in refused.excerpt
