"""Signatures of webhooks, each as its system defines it.

Zendesk signs TIMESTAMP + BODY and sends Base64 (https://developer.zendesk.com/documentation/webhooks/verifying/). Jira and GitHub sign
the body and send `sha256=` and hexadecimal in headers of their own
(https://developer.atlassian.com/cloud/jira/platform/webhooks/, https://docs.github.com/en/webhooks). Our own form signs
TIMESTAMP + "." + BODY. All use HMAC-SHA-256 (RFC 2104) with the secret's text as key, and are compared in constant time.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from stream.receive.refusals import DeliveryProblem, DeliveryRefused

ZENDESK_SIGNATURE = b"x-zendesk-webhook-signature"
ZENDESK_TIME = b"x-zendesk-webhook-signature-timestamp"
JIRA_SIGNATURE = b"x-hub-signature"
GITHUB_SIGNATURE = b"x-hub-signature-256"
SHARED_SIGNATURE = b"x-groundswell-signature"
SHARED_TIME = b"x-groundswell-timestamp"
AUTHORIZATION = b"authorization"

_TIME = re.compile(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:?\d\d)")
"""ISO 8601 with a zone; a Unix time or a compact form is not what the systems send."""


@dataclass(frozen=True, slots=True)
class SignedRequest:
    """What a signature is checked against: the headers as they came (names in lower case), the body, and the clock."""

    headers: Sequence[tuple[bytes, bytes]]
    body: bytes
    now: datetime
    window: timedelta

    def has(self, name: bytes) -> bool:
        """Return whether the header was sent."""
        return any(key == name for key, _ in self.headers)

    def header(self, name: bytes) -> bytes:
        """Return the only value of a header. Raises `DeliveryRefused` where it is missing or repeated."""
        values = [value for key, value in self.headers if key == name]
        shown = name.decode().title()
        if not values:
            raise DeliveryRefused(
                DeliveryProblem.UNSIGNED,
                f"received no header {shown}; sign the delivery, or allow unsigned ones from this network in receive.unsigned",
            )
        if len(values) > 1:
            raise DeliveryRefused(
                DeliveryProblem.AMBIGUOUS, f"received the header {shown} {len(values)} times; valid is once"
            )
        return values[0]


def check_zendesk(request: SignedRequest, secret: bytes) -> None:
    """Check Zendesk's signature and time stamp. Raises `DeliveryRefused`."""
    given = request.header(ZENDESK_SIGNATURE)
    stamp = request.header(ZENDESK_TIME)
    _check_time(stamp, request)
    _compare(given, base64.b64encode(_digest(secret, stamp + request.body)), "base64(HMAC-SHA-256(time stamp + body))")


def check_jira(request: SignedRequest, secret: bytes) -> None:
    """Check the signature of a Jira webhook; Jira sends no time stamp. Raises `DeliveryRefused`."""
    _check_hub(request, JIRA_SIGNATURE, secret)


def check_github(request: SignedRequest, secret: bytes) -> None:
    """Check the signature of a GitHub webhook; GitHub sends no time stamp. Raises `DeliveryRefused`."""
    _check_hub(request, GITHUB_SIGNATURE, secret)


def check_shared(request: SignedRequest, secret: bytes) -> None:
    """Check our own signature and time stamp. Raises `DeliveryRefused`."""
    given = request.header(SHARED_SIGNATURE)
    stamp = request.header(SHARED_TIME)
    _check_time(stamp, request)
    expected = _hex(_digest(secret, stamp + b"." + request.body))
    _compare(given, expected, 'sha256=hex(HMAC-SHA-256(time stamp + "." + body))')


def check_bearer(request: SignedRequest, token: bytes) -> None:
    """Check a bearer token (RFC 6750). Raises `DeliveryRefused`."""
    scheme, _, given = request.header(AUTHORIZATION).partition(b" ")
    if scheme.lower() != b"bearer" or not hmac.compare_digest(given.strip(), token):
        raise DeliveryRefused(
            DeliveryProblem.FORGED,
            "received an Authorization header that is not the bearer token of receive.bearer_token",
        )


def _check_hub(request: SignedRequest, name: bytes, secret: bytes) -> None:
    _compare(request.header(name), _hex(_digest(secret, request.body)), "sha256=hex(HMAC-SHA-256(body))")


def _digest(secret: bytes, message: bytes) -> bytes:
    return hmac.new(secret, message, hashlib.sha256).digest()


def _hex(digest: bytes) -> bytes:
    return b"sha256=" + digest.hex().encode()


def _compare(given: bytes, expected: bytes, form: str) -> None:
    # In bytes: a header may hold any byte, and `compare_digest` takes texts of ASCII only.
    if not hmac.compare_digest(given, expected):
        raise DeliveryRefused(
            DeliveryProblem.FORGED,
            f"received a signature that is not the one of this body; valid is {form} with the secret of the settings",
        )


def _check_time(stamp: bytes, request: SignedRequest) -> None:
    if not _TIME.fullmatch(stamp):
        raise DeliveryRefused(
            DeliveryProblem.STALE,
            "received a time stamp that is not ISO 8601 with a zone; valid is 2026-11-29T08:00:00Z",
        )
    try:
        sent = datetime.fromisoformat(stamp.decode("ascii"))
    except ValueError as error:
        raise DeliveryRefused(
            DeliveryProblem.STALE, "received a time stamp that is on no calendar; valid is 2026-11-29T08:00:00Z"
        ) from error
    if abs(request.now - sent) > request.window:
        minutes = request.window.total_seconds() / 60
        raise DeliveryRefused(
            DeliveryProblem.STALE,
            f"received a time stamp more than {minutes:g} minutes from our clock; send it at once, and check both clocks",
        )
