"""Whether a ticket missed a service level, from what connectors keep of it."""

import pytest

from models.service_levels import is_breached


@pytest.mark.parametrize(
    ("custom", "breached"),
    [
        (None, None),
        ({}, None),
        ({"order": "17"}, None),
        (
            {"sla": [{"name": "First response", "completed": [{"breached": False}], "ongoing": {"breached": True}}]},
            True,
        ),
        ({"sla": [{"completed": [{"breached": True}, {"breached": False}]}]}, True),
        ({"sla": [{"completed": [{"breached": False}]}, {"ongoing": {"breached": False}}]}, False),
        ({"sla": [{"name": "First response"}]}, None),
        ({"sla": {"metric": "reply_time", "event": "breach"}}, True),
        ({"sla": {"metric": "reply_time", "event": "fulfill"}}, False),
        ({"sla_breached": True}, True),
        ({"sla_breached": False}, False),
        ({"sla_breached": "yes"}, None),
        ({"sla": "gold"}, None),
        ({"sla": [17, None, {"completed": "x", "ongoing": 3}]}, None),
    ],
)
def test_a_missed_service_level_is_read(custom, breached):
    """Jira's cycles, Zendesk's events and a plain field count; what states nothing is not known."""
    assert is_breached(custom) is breached
