"""News for open pages, as server-sent events.

One loop looks for news for all pages together, and only while a page is open. An event carries nothing but
the new mark: the page then loads what it shows, by the same route and guards as ever.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus

import anyio
from fastapi.responses import JSONResponse, StreamingResponse
from fastapi.sse import KEEPALIVE_COMMENT, format_sse_event
from starlette.types import Receive, Scope, Send

Sleep = Callable[[float], Awaitable[None]]
Allowed = Callable[[], Awaitable[bool]]

KEEPALIVE_SECONDS = 15.0
"""Proxies drop connections that stay silent for longer."""

RETRY_MILLISECONDS = 3000

RECHECK_SECONDS = 30.0
"""A person who is disabled or signed out gets no news for longer than this."""

SPREAD = 16
"""Streams that were opened together end at so many different times, so that they do not all come back at once."""


@dataclass(frozen=True, slots=True)
class ListenerLimits:
    """Pages kept live at once: in `total`, and of `each` person. A stream ends after `seconds` or more; its page opens another."""

    total: int
    each: int
    seconds: float


class TooManyListeners(Exception):
    """No further page is kept live; the text is one sentence."""

    def __init__(self, sentence: str, status: HTTPStatus) -> None:
        self.status = status
        super().__init__(sentence)


class Pulse:
    """Notifies its listeners when the mark has changed.

    `read` returns the mark and may raise: then nothing is new, and the next look tries again. `sleep` waits
    between two looks. `close` ends every stream, so that a server can stop while pages are open.
    """

    def __init__(
        self, read: Callable[[], Awaitable[str]], *, sleep: Sleep, refresh_seconds: float, limits: ListenerLimits
    ) -> None:
        self._read = read
        self._sleep = sleep
        self._refresh_seconds = refresh_seconds
        self.limits = limits
        self._listeners = Counter[str]()
        self._opened = 0
        self._turn = 0
        self._mark: str | None = None
        self._closed = False
        self._turned = asyncio.Condition()
        self._wanted = asyncio.Event()

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

    @contextmanager
    def listening(self, person: str) -> Iterator[None]:
        """Take one of the places of a person, and of all. Raises `TooManyListeners`."""
        if self._listeners[person] >= self.limits.each:
            raise TooManyListeners(
                f"You have {self.limits.each:,} pages open, as many as are kept live for one person; close some, or reload to see what "
                "is new.",
                HTTPStatus.TOO_MANY_REQUESTS,
            )
        if self._listeners.total() >= self.limits.total:
            raise TooManyListeners(
                "As many pages are open as the console keeps live; close some, or reload to see what is new.",
                HTTPStatus.SERVICE_UNAVAILABLE,
            )
        self._listeners[person] += 1
        self._wanted.set()
        try:
            yield
        finally:
            self._listeners[person] -= 1
            self._listeners += Counter()
            if not self._listeners and not self._closed:
                self._wanted.clear()

    async def stream(self, known: str, allowed: Allowed | None = None) -> AsyncGenerator[bytes]:
        """Yield an event for each mark that differs from the last sent; `known` is what the page shows.

        Every `RECHECK_SECONDS` `allowed` says whether the person still may look; the stream ends where not.
        """
        self._opened += 1
        left = self.limits.seconds * (1 + self._opened % SPREAD / (2 * SPREAD))
        seen = self._turn
        silent, unchecked = 0.0, 0.0
        yield format_sse_event(comment="listening", retry=RETRY_MILLISECONDS)
        while True:
            seen = await self._next_turn(seen)
            left -= self._refresh_seconds
            if self._closed:
                return
            if allowed is not None and (unchecked := unchecked + self._refresh_seconds) >= RECHECK_SECONDS:
                unchecked = 0.0
                if not await allowed():
                    yield format_sse_event(event="over", data_str=known, id=known)
                    return
            if self._mark is not None and self._mark != known:
                known = self._mark
                silent = 0.0
                yield format_sse_event(event="news", data_str=known, id=known)
            elif left <= 0:
                yield format_sse_event(event="over", data_str=known, id=known)
                return
            elif (silent := silent + self._refresh_seconds) >= KEEPALIVE_SECONDS:
                silent = 0.0
                yield KEEPALIVE_COMMENT

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


class LiveResponse(StreamingResponse):
    """The stream of one page. It takes its place when it begins and gives it back when it ends, also where nobody reads it any more."""

    def __init__(self, pulse: Pulse, person: str, known: str, allowed: Allowed | None = None) -> None:
        self._pulse, self._person = pulse, person
        self._events = pulse.stream(known, allowed)
        super().__init__(self._events, media_type="text/event-stream", headers={"X-Accel-Buffering": "no"})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the stream, or why there is none."""
        try:
            with self._pulse.listening(self._person), anyio.move_on_after(2 * self._pulse.limits.seconds):
                await super().__call__(scope, receive, send)
        except TooManyListeners as refusal:
            await JSONResponse({"error": str(refusal)}, refusal.status)(scope, receive, send)
        finally:
            await self._events.aclose()
