"""Webhooks as their senders sign them."""

import asyncio
import base64
import hashlib
import hmac
import json
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import httpx


def hmac_sha256(secret: str, message: bytes) -> bytes:
    """Return the digest that all of them sign with."""
    return hmac.new(secret.encode(), message, hashlib.sha256).digest()


def zendesk_signature(body: bytes, stamp: bytes, secret: str) -> bytes:
    """Sign as Zendesk does."""
    return base64.b64encode(hmac_sha256(secret, stamp + body))


def hub_signature(body: bytes, secret: str) -> bytes:
    """Sign as Jira and GitHub do."""
    return b"sha256=" + hmac_sha256(secret, body).hex().encode()


def zendesk_headers(body: bytes, secret: str, at: datetime) -> dict[str, str]:
    """Return the headers of a delivery of Zendesk."""
    stamp = at.strftime("%Y-%m-%dT%H:%M:%SZ")
    return {
        "content-type": "application/json",
        "x-zendesk-webhook-id": "01GB2RXMRT8JBBCBQDKSBWJV2M",
        "x-zendesk-webhook-signature": zendesk_signature(body, stamp.encode(), secret).decode(),
        "x-zendesk-webhook-signature-timestamp": stamp,
    }


def shared_headers(body: bytes, secret: str, at: datetime) -> dict[str, str]:
    """Return the headers of a delivery that is signed in our own form."""
    stamp = at.strftime("%Y-%m-%dT%H:%M:%SZ")
    return {
        "content-type": "application/cloudevents+json",
        "x-groundswell-signature": hub_signature(stamp.encode() + b"." + body, secret).decode(),
        "x-groundswell-timestamp": stamp,
    }


def ticket_event(number: int, at: datetime, body: str = "card declined", **data: Any) -> dict[str, Any]:
    """Return the creation of a ticket as a CloudEvent."""
    return {
        "specversion": "1.0",
        "id": f"T-{number}:ticket.created",
        "source": "/desk",
        "type": "ticket.created",
        "time": at.isoformat(),
        "subject": f"T-{number}",
        "data": {"title": f"Problem {number}", "body": body, **data},
    }


def encoded(value: Any) -> bytes:
    """Return a value as JSON."""
    return json.dumps(value).encode()


class AppClient:
    """Sends requests to an ASGI application of this process, each in an event loop of its own."""

    def __init__(self, app: Any, host: str = "198.51.100.9") -> None:
        self._transport = httpx.ASGITransport(app, client=(host, 40_000))

    def get(self, path: str) -> httpx.Response:
        """Send a GET."""
        return self._send("GET", path)

    def post(
        self, path: str, content: bytes | Iterable[bytes] = b"", headers: Mapping[str, str] | None = None
    ) -> httpx.Response:
        """Send a POST; parts of a body are sent without Content-Length."""
        return self._send("POST", path, content=content, headers=headers)

    def _send(self, method: str, path: str, **given: Any) -> httpx.Response:
        content = given.get("content")
        if content is not None and not isinstance(content, bytes):
            given["content"] = _parts(list(content))

        async def send() -> httpx.Response:
            async with httpx.AsyncClient(transport=self._transport, base_url="http://receiver") as client:
                return await client.request(method, path, **given)

        return asyncio.run(send())


async def _parts(parts: Sequence[bytes]) -> AsyncIterator[bytes]:
    for part in parts:
        yield part
