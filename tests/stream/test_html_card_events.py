"""Cards, accounts, addresses and track data in HTML, URLs and quoted lines do not come past admission."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import orjson
import pytest

from models.event import TicketEvent
from stream.raw import Raw
from stream.validation import admit

NOW = datetime(2026, 12, 24, tzinfo=UTC)


def event(data: dict[str, Any]) -> dict[str, Any]:
    """Return an event of a ticket with these fields."""
    return {
        "specversion": "1.0", "id": "h1", "source": "/freshdesk/x", "type": "ticket.created", "time": "2026-11-01T08:00:00Z",
        "subject": "H-1", "data": {"title": "Paid twice", **data},
    }  # fmt: skip


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (
            {"body": "<p>Please refund my card 4111&nbsp;1111&nbsp;1111&nbsp;1111, I paid twice.</p>"},
            {"body": "Please refund my card [CARD], I paid twice."},
        ),
        (
            {
                "body": "<div>Card number: <span>5555</span>&#160;<span>5555</span>&#160;<span>5555</span>&#160;<span>4444</span></div>"
            },
            {"body": "Card number: [CARD]"},
        ),
        (
            {
                "body": "It was 4111 1111<br>1111 1111 and my mail is ana&#64;example.com, IBAN "
                "DE89&nbsp;3704&nbsp;0044&nbsp;0532&nbsp;0130&nbsp;00"
            },
            {"body": "It was [CARD] and my mail is [EMAIL], IBAN [IBAN]"},
        ),
        (
            {
                "body": "Terminal log: ;4111111111111111=27121010000012345678? declined",
                "custom": {"url": "https://pay.example/retry?pan=4111%201111%201111%201111&cvv=123"},
            },
            {
                "body": "Terminal log: ;[CARD][TRACK] declined",
                "custom": {"url": "https://pay.example/retry?pan=[CARD]&cvv=[CVV]"},
            },
        ),
        (
            {"body": "Agent asked again.\n> my card is 4111 1111\n> 1111 1111 valid 05/27 cvv 123"},
            {"body": "Agent asked again.\n> my card is [CARD] valid [EXPIRY] cvv [CVV]"},
        ),
    ],
)
@pytest.mark.parametrize("as_bytes", [False, True])
def test_what_an_html_mail_holds_of_a_card_is_not_admitted(data, expected, as_bytes):
    """Placeholders are in their places, and the rest of the text is whole, however the event came."""
    content = event(data)
    admitted = admit(Raw(1, orjson.dumps(content) if as_bytes else content), NOW)
    assert isinstance(admitted, TicketEvent)
    assert {name: getattr(admitted.data, name) for name in expected} == expected
