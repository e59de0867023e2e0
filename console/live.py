"""News for open pages, as server-sent events.

One loop looks for news for all pages together, and only while a page is open. An event carries nothing but
the new mark: the page then loads what it shows, by the same route and guards as ever.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

from fastapi.sse import KEEPALIVE_COMMENT, format_sse_event

Sleep = Callable[[float], Awaitable[None]]

KEEPALIVE_SECONDS = 15.0
"""Proxies drop connections that stay silent for longer."""

RETRY_MILLISECONDS = 3000


class Pulse:
    """Notifies its listeners when the mark has changed.

    `read` returns the mark and may raise: then nothing is new, and the next look tries again. `sleep` waits
    between two looks. `close` ends every stream, so that a server can stop while pages are open.
    """

    def __init__(
        self, read: Callable[[], Awaitable[str]], *, sleep: Sleep, refresh_seconds: float, listeners: int
    ) -> None:
        self._read = read
        self._sleep = sleep
        self._refresh_seconds = refresh_seconds
        self._limit = listeners
        self._listeners = 0
        self._turn = 0
        self._mark: str | None = None
        self._closed = False
        self._turned = asyncio.Condition()
        self._wanted = asyncio.Event()

    @property
    def full(self) -> bool:
        """Whether as many pages listen as may."""
        return self._listeners >= self._limit

    async def run(self) -> None:
        """Look for news until `close`; waits without looking while nobody listens."""
        while not self._closed:
            await self._wanted.wait()
            if self._closed:
                return
            try:
                self._mark = await self._read()
            except Exception:  # noqa: BLE001 - whatever the database says, open pages must survive it
                self._mark = None
            async with self._turned:
                self._turn += 1
                self._turned.notify_all()
            await self._sleep(self._refresh_seconds)

    async def stream(self, known: str) -> AsyncIterator[bytes]:
        """Yield an event for each mark that differs from the last sent; `known` is what the page shows."""
        self._listeners += 1
        self._wanted.set()
        try:
            seen = self._turn
            silent = 0.0
            yield format_sse_event(comment="listening", retry=RETRY_MILLISECONDS)
            while True:
                seen = await self._next_turn(seen)
                if self._closed:
                    return
                if self._mark is not None and self._mark != known:
                    known = self._mark
                    silent = 0.0
                    yield format_sse_event(event="news", data_str=known, id=known)
                elif (silent := silent + self._refresh_seconds) >= KEEPALIVE_SECONDS:
                    silent = 0.0
                    yield KEEPALIVE_COMMENT
        finally:
            self._listeners -= 1
            if not self._listeners and not self._closed:
                self._wanted.clear()

    async def close(self) -> None:
        """End the loop and every stream."""
        self._closed = True
        self._wanted.set()
        async with self._turned:
            self._turned.notify_all()

    async def _next_turn(self, seen: int) -> int:
        async with self._turned:
            await self._turned.wait_for(lambda: self._closed or self._turn != seen)
            return self._turn
