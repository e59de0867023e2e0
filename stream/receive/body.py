"""Bodies of requests: read up to a limit of bytes and of time, whatever the sender announces."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from starlette.requests import Request

from stream.receive.refusals import DeliveryProblem, DeliveryRefused

DISCARDED = 8
"""Times the limit that is read and discarded of a body that is too large: a sender that is cut off while it writes never reads why."""


async def read_body(request: Request, limit: int, longest: timedelta) -> bytes:
    """Read a body. Raises `DeliveryRefused` where it is too large, too slow, empty or compressed.

    A compressed body is refused: a few kilobytes of it can unpack to gigabytes, and no system that we know compresses webhooks.
    """
    encoding = request.headers.get("content-encoding", "identity").strip().lower()
    if encoding not in ("", "identity"):
        raise DeliveryRefused(DeliveryProblem.ENCODED, "received a body with a content encoding; send it uncompressed")
    announced = request.headers.get("content-length", "")
    if announced.isdigit() and int(announced) > limit * DISCARDED:
        raise _too_large(limit)
    try:
        async with asyncio.timeout(longest.total_seconds()):
            body = await _read(request, limit)
    except TimeoutError as error:
        raise DeliveryRefused(
            DeliveryProblem.SLOW, f"received no complete body within {longest.total_seconds():g} seconds; send it again"
        ) from error
    if not body.strip():
        raise DeliveryRefused(DeliveryProblem.EMPTY, "received an empty body; valid is one delivery")
    return body


async def _read(request: Request, limit: int) -> bytes:
    kept = bytearray()
    received = 0
    async for chunk in request.stream():
        received += len(chunk)
        if received > limit * DISCARDED:
            break
        if received <= limit:
            kept += chunk
        else:
            kept.clear()
    if received > limit:
        raise _too_large(limit)
    return bytes(kept)


def _too_large(limit: int) -> DeliveryRefused:
    return DeliveryRefused(
        DeliveryProblem.TOO_LARGE, f"received a body of more than {limit:,} bytes; send attachments by reference"
    )
