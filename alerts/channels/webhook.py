"""A signed webhook: each message as JSON, with the key by which a receiver recognizes a repetition.

Signatures: Standard Webhooks (https://www.standardwebhooks.com: `webhook-id`, `webhook-timestamp`, `webhook-signature`), or as GitHub
signs (`X-Hub-Signature-256`). The key is also `Idempotency-Key`.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from urllib.parse import urlsplit

import orjson

from alerts.channels.base import ChannelAbilities, Message, Reference
from alerts.channels.http import HttpSender
from alerts.errors import ChannelInvalid
from models.clock import Clock

PREFIX = "whsec_"
"""What secrets of Standard Webhooks begin with; base64 follows."""


@dataclass(frozen=True, slots=True)
class WebhookSigner:
    """Signs bodies with each of the secrets, the newest first, so that a receiver can change over from one to the next."""

    secrets: tuple[bytes, ...]
    style: Literal["standard", "github"] = "standard"

    def headers(self, message_id: str, at: datetime, body: bytes) -> dict[str, str]:
        """Return the headers that prove who sent a body."""
        if self.style == "github":
            return {"x-hub-signature-256": f"sha256={hmac.new(self.secrets[0], body, hashlib.sha256).hexdigest()}"}
        stamp = str(int(at.timestamp()))
        signed = b".".join((message_id.encode(), stamp.encode(), body))
        made = (base64.b64encode(hmac.new(one, signed, hashlib.sha256).digest()).decode() for one in self.secrets)
        return {
            "webhook-id": message_id,
            "webhook-timestamp": stamp,
            "webhook-signature": " ".join(f"v1,{one}" for one in made),
        }


class WebhookChannel:
    """Posts `{type, key, kind, audience, title, text, url, news, revision, data}` to one address.

    An update of an incident is posted, too, with `news` null: what is behind the address keeps its own record.
    """

    abilities = ChannelAbilities(updates=True, recognizes=True)

    def __init__(self, name: str, url: str, signer: WebhookSigner, http: HttpSender, clock: Clock) -> None:
        """Raises `ChannelInvalid` where the address has no TLS and leads into the internet."""
        if not http.allow_private and urlsplit(url).scheme != "https":
            raise ChannelInvalid(
                name,
                "url: it has no TLS; begin it with https://, or set allow_private = true for a receiver of your own",
            )
        self.name = name
        self._url = url
        self._signer = signer
        self._http = http
        self._clock = clock

    def send(self, message: Message) -> Reference:
        """Post a message."""
        body = orjson.dumps(_body(message), option=orjson.OPT_SORT_KEYS)
        message_id = f"msg_{hashlib.sha256(message.key.encode()).hexdigest()[:40]}"
        headers = {
            "content-type": "application/json",
            "idempotency-key": message_id,
            **self._signer.headers(message_id, self._clock(), body),
        }
        answer = self._http.send("POST", self._url, body=body, headers=headers)
        return {"id": message_id, "status": answer.status}

    def update(self, reference: Reference, message: Message) -> None:
        """Post what is new about an incident; where it is news, `send` posts it."""
        del reference
        if message.is_update:
            self.send(message)


def secrets_of(name: str, text: str) -> tuple[bytes, ...]:
    """Read secrets, one a line: base64 after `whsec_`, else as they are. Raises `ChannelInvalid`."""
    return tuple(_secret(name, line.strip()) for line in text.splitlines() if line.strip())


def _secret(name: str, line: str) -> bytes:
    if not line.startswith(PREFIX):
        return line.encode()
    try:
        found = base64.b64decode(line.removeprefix(PREFIX), validate=True)
    except binascii.Error as error:
        raise ChannelInvalid(name, f"secret_key: what follows {PREFIX} is not base64; copy it again") from error
    if not found:
        raise ChannelInvalid(name, f"secret_key: nothing follows {PREFIX}; copy it again")
    return found


def _body(message: Message) -> Mapping[str, Any]:
    what = "updated" if message.is_update else (message.news or "sent")
    body: dict[str, Any] = {
        "type": f"groundswell.{message.kind}.{what}", "key": message.key, "kind": message.kind, "audience": message.audience,
        "title": message.title, "text": message.plain or message.text, "url": message.url, "news": message.news,
        "revision": message.revision or None, "data": dict(message.payload),
    }  # fmt: skip
    return body
