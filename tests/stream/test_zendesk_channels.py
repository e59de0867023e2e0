"""Channels of Zendesk's incremental export: those with a name that is known are ours, others stay readable for redaction."""

import pytest

from models.redaction import redact
from stream.connectors.zendesk import Zendesk


@pytest.mark.parametrize(
    ("via", "expected"),
    [
        ("Mobile SDK", "in_app"), ("Web form", "web_form"), ("Answer bot", "answer_bot"), ({"channel": "email"}, "email"),
        ("Parcel desk", "parcel desk"), ("Mobile SDK verification code 889524", "mobile sdk verification code [CODE]"),
        ("Desk IP address 21.80.90.119", "desk ip address [IP]"),
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
