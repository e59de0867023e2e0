"""Channels of Zendesk: those with a name that is known are ours, others stay as they are written, so that redaction can read them."""

import pytest

from models.redaction import redact
from stream.connectors.zendesk import Zendesk


@pytest.mark.parametrize(
    ("via", "expected"),
    [
        ("Mobile SDK", "in_app"), ("Web form", "web_form"), ("Answer bot", "answer_bot"), ({"channel": "email"}, "email"),
        ("Parcel desk", "parcel desk"), ("Mobile SDK verification code 889524", "Mobile SDK verification code [CODE]"),
        ("Desk IP address 21.80.90.119", "Desk IP address [IP]"),
        ({"channel": "my wallet 17NXu9e8VcWc6JErXBZqUsjgxrXpim8wg1"}, "my wallet [CRYPTO]"),
    ],
)  # fmt: skip
def test_channels_of_the_incremental_export_are_read_by_their_names(via: object, expected: str):
    """A known name is a channel of ours; of an unknown one nothing is changed that redaction needs."""
    page = {
        "ticket_events": [
            {
                "id": 1, "ticket_id": 2, "timestamp": 1794132727, "updater_id": 3, "via": via, "event_type": "Audit",
                "child_events": [{"id": 4, "event_type": "Create", "subject": "Cannot log in", "status": "new"}],
            }
        ]
    }  # fmt: skip
    (event,) = Zendesk().events(page)
    assert redact(event["data"]["channel"]).text == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("MAC address ad:45:41:1c:86:73:comment.added:1794132727", "MAC address [DEVICE]:comment.added:1794132727"),
        ("IP 2a02:8108:1a2b:3c4d:5e6f:7a8b:9c0d:1e2f:created", "IP [IP]:created"),
        ("longer ad:45:41:1c:86:73:ad:01", "longer ad:45:41:1c:86:73:ad:01"),
    ],
)
def test_addresses_end_before_the_type_of_an_event(text: str, expected: str):
    """Our connectors write a colon and the type behind the ticket's id; what is in the id is found all the same."""
    assert redact(text).text == expected
