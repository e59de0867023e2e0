"""Deliveries: what one accepted request brings, admitted and redacted."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs
from zoneinfo import ZoneInfo

from models.event import Event
from models.redaction import redact
from stream.connectors.contract import Connector, convert
from stream.decoding import decode_json
from stream.raw import Raw, RefusalReason, RefusedEvent
from stream.receive.access import GITHUB_EVENT
from stream.receive.admission import LiveAdmission
from stream.receive.cloudevents import BATCH, STRUCTURED, http_events
from stream.receive.github import github_events
from stream.receive.plans import calendar_events, plain_events
from stream.receive.refusals import DeliveryProblem, DeliveryRefused
from stream.receive.settings import WebhookSystem

JSON = "application/json"
FORM = "application/x-www-form-urlencoded"
CALENDAR = "text/calendar"

GITHUB_ID = GITHUB_EVENT.decode().replace("event", "delivery")
JIRA_ID = "x-atlassian-webhook-identifier"

MEDIA_TYPES: Mapping[WebhookSystem, tuple[str, ...]] = {
    WebhookSystem.ZENDESK: (JSON,),
    WebhookSystem.JIRA: (JSON,),
    WebhookSystem.EVENTS: (STRUCTURED, BATCH, JSON),
    WebhookSystem.LAUNCHES: (JSON, STRUCTURED, BATCH, CALENDAR),
    WebhookSystem.CHANGES: (JSON, STRUCTURED, BATCH, FORM),
}


@dataclass(frozen=True, slots=True)
class Delivery:
    """One delivery. `events` and `refused` are redacted; both are empty where the system reported what concerns no ticket."""

    system: WebhookSystem
    delivery_id: str
    received_at: datetime
    events: Sequence[Event] = ()
    refused: Sequence[RefusedEvent] = ()
    unreadable: bool = False
    """Whether the body as a whole is not what its content type says: its one refusal says why."""

    @property
    def stream(self) -> str:
        """Name under which its refusals are quarantined."""
        return f"/receive/{self.system.value}"

    def position(self, number: int) -> int:
        """Place of its refusal of that number: the same again for a delivery that is repeated, so that it is kept once."""
        digest = hashlib.sha256(f"{self.delivery_id}\n{number}".encode()).digest()
        return int.from_bytes(digest[:7], "big")


@dataclass(frozen=True, slots=True)
class Received:
    """A request whose sender is known: headers with names in lower case, body, and when it came."""

    system: WebhookSystem
    headers: Mapping[str, str]
    body: bytes
    at: datetime
    media_type: str = JSON

    @property
    def github(self) -> str | None:
        """Name of GitHub's event; None for deliveries of others."""
        return self.headers.get(GITHUB_EVENT.decode()) if self.system is WebhookSystem.CHANGES else None


class DeliveryReader:
    """Makes deliveries of requests. Pure computation: it may run in any thread."""

    def __init__(self, connectors: Mapping[WebhookSystem, Connector], zone: ZoneInfo, admission: LiveAdmission) -> None:
        """Take the connectors of the systems whose payloads are their own, and the zone of calendars without one."""
        self._connectors = connectors
        self._zone = zone
        self._admission = admission

    def read(self, received: Received) -> Delivery:
        """Decode, convert, redact and validate; what cannot be an event is among the refused ones."""
        if received.media_type == CALENDAR:
            return self._of_calendar(received)
        payload = _payload(received)
        if isinstance(payload, RefusedEvent):
            return self._unread(received, payload)
        found = self._events(received, payload)
        if isinstance(found, RefusedEvent) and found.reason is RefusalReason.NOT_JSON:
            return self._unread(received, found)
        return self._delivery(received, _named(received, payload) or self._digest_id(received, received.headers), found)

    def _of_calendar(self, received: Received) -> Delivery:
        try:
            found = calendar_events(received.body, self._zone, received.at)
        except Exception as error:  # noqa: BLE001 (as for any other payload)
            found = _unreadable(error)
        if isinstance(found, RefusedEvent):
            return self._unread(received, found)
        return self._delivery(received, self._digest_id(received), found)

    def _events(self, received: Received, payload: Any) -> Sequence[Any] | RefusedEvent:
        try:
            if received.system is WebhookSystem.EVENTS:
                return http_events(received.media_type, received.headers, payload)
            if received.system is WebhookSystem.LAUNCHES:
                return plain_events("launch.planned", payload, received.at)
            if received.system is WebhookSystem.CHANGES and received.github is None:
                return plain_events("change.recorded", payload, received.at)
            return self._of_system(received, payload)
        except Exception as error:  # noqa: BLE001 (a payload that breaks its reader is refused like any other)
            return _unreadable(error)

    def _delivery(self, received: Received, delivery_id: str, found: Sequence[Any] | RefusedEvent) -> Delivery:
        contents = [found] if isinstance(found, RefusedEvent) else found
        admitted = [self._admitted(content, received.at) for content in contents]
        return Delivery(
            received.system,
            delivery_id,
            received.at,
            events=[one for one in admitted if not isinstance(one, RefusedEvent)],
            refused=[one for one in admitted if isinstance(one, RefusedEvent)],
        )

    def _unread(self, received: Received, refusal: RefusedEvent) -> Delivery:
        return Delivery(received.system, self._digest_id(received), received.at, refused=[refusal], unreadable=True)

    def _digest_id(self, received: Received, headers: Mapping[str, str] | None = None) -> str:
        # In binary mode of CloudEvents the identity of an event is in its headers.
        attributes = sorted((name, value) for name, value in (headers or {}).items() if name.startswith("ce-"))
        return "hmac:" + self._admission.digest(repr(attributes).encode() + received.body)

    def _admitted(self, content: Any, now: datetime) -> Event | RefusedEvent:
        if isinstance(content, RefusedEvent):
            return content
        if not isinstance(content, dict):
            found = type(content).__name__
            return RefusedEvent(RefusalReason.NOT_JSON, f"received JSON of type {found}; valid is one object an event")
        return self._admission.admit(Raw(0, content), now)

    def _of_system(self, received: Received, payload: Any) -> Sequence[Any] | RefusedEvent:
        if not isinstance(payload, dict):
            found = type(payload).__name__
            return RefusedEvent(RefusalReason.NOT_JSON, f"received JSON of type {found}; valid is one object")
        if received.github is not None:
            return github_events(received.github, payload)
        return list(convert(self._connectors[received.system], payload))


def check_media_type(system: WebhookSystem, content_type: str) -> str:
    """Return the media type of a delivery. Raises `DeliveryRefused` where the system does not send it."""
    media_type, *parameters = (part.strip() for part in content_type.lower().split(";"))
    valid = MEDIA_TYPES[system]
    charsets = [part.removeprefix("charset=").strip('"') for part in parameters if part.startswith("charset=")]
    if media_type not in valid or any(name not in ("utf-8", "utf8", "us-ascii") for name in charsets):
        raise DeliveryRefused(
            DeliveryProblem.MEDIA_TYPE,
            f"received another content type; valid for /{system.value} are {', '.join(valid)} in UTF-8",
        )
    return media_type


def _payload(received: Received) -> Any:
    if received.media_type == FORM:
        # GitHub's other form of a delivery, which it proposes first.
        fields = parse_qs(received.body.decode("utf-8", errors="replace"))
        return decode_json(fields.get("payload", [""])[0].encode())
    return decode_json(received.body)


def _unreadable(error: Exception) -> RefusedEvent:
    detail = f"the delivery cannot be read ({type(error).__name__}); look at what its sender wrote"
    return RefusedEvent(RefusalReason.INVALID, detail)


def _named(received: Received, payload: Any) -> str | None:
    """Return what a sender that repeats a delivery repeats with it; None where it names nothing: then the content identifies it."""
    if received.system is WebhookSystem.ZENDESK:
        named = payload.get("id") if isinstance(payload, dict) else None
    elif received.system is WebhookSystem.JIRA:
        named = received.headers.get(JIRA_ID)
    else:
        named = None if received.github is None else received.headers.get(GITHUB_ID)
    text = named if isinstance(named, str) else ""
    plain = text.isascii() and text.isprintable() and 0 < len(text) <= 200
    return text if plain and redact(text).text == text else None
