"""PagerDuty, by its Events API v2: https://developer.pagerduty.com/docs/events-api-v2-overview.

Apprise sends to PagerDuty without `dedup_key`, so that each message would open an incident of its own there.
"""

from __future__ import annotations

from typing import Any

from alerts.channels.base import ChannelAbilities, Message, Reference
from alerts.channels.http import HttpSender

REGIONS = {"us": "https://events.pagerduty.com", "eu": "https://events.eu.pagerduty.com"}

LONGEST_SUMMARY = 1_024
LONGEST_KEY = 255


class PagerDutyChannel:
    """Opens an incident at the first message about one of ours, adds those that follow to it, and resolves it when ours is over."""

    abilities = ChannelAbilities(updates=True, recognizes=True)

    def __init__(self, name: str, routing_key: str, source: str, http: HttpSender, url: str) -> None:
        self.name = name
        self._routing_key = routing_key
        self._source = source
        self._http = http
        self._url = url

    def send(self, message: Message) -> Reference:
        """Trigger or resolve; events with the same key are one incident there."""
        key = f"{self._source}:{message.subject or message.key}"[:LONGEST_KEY]
        event: dict[str, Any] = {"routing_key": self._routing_key, "dedup_key": key, "event_action": _action(message)}
        if event["event_action"] == "trigger":
            event["payload"] = {
                "summary": (message.title or message.key)[:LONGEST_SUMMARY],
                "severity": "info" if message.kind == "test" else "error",
                "source": self._source,
                "component": message.audience,
                "custom_details": {"text": message.plain or message.text, "key": message.key},
            }
            event["links"] = [{"href": message.url, "text": "Groundswell"}] if message.url else []
        answer = self._http.send_json("POST", f"{self._url}/v2/enqueue", event)
        return {"dedup_key": key, "status": answer.status}

    def update(self, reference: Reference, message: Message) -> None:
        """Resolve where an incident ended without news of it; figures alone page nobody."""
        del reference
        if message.is_update and _action(message) == "resolve":
            self.send(message)


def _action(message: Message) -> str:
    over = message.news == "ended" or message.payload.get("state") in ("ended", "merged")
    return "resolve" if over else "trigger"
