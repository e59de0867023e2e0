"""News for open pages."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from console.live import KEEPALIVE_SECONDS, Pulse


class Marks:
    """A source of marks that a test turns; it counts how often it was asked."""

    def __init__(self, *marks: str | Exception) -> None:
        self.left = list(marks)
        self.asked = 0

    async def __call__(self) -> str:
        """Give the next mark, the last one for ever; raise it where it is an error."""
        self.asked += 1
        mark = self.left.pop(0) if len(self.left) > 1 else self.left[0]
        if isinstance(mark, Exception):
            raise mark
        return mark


async def _no_wait(_seconds: float) -> None:
    await asyncio.sleep(0)


def _pulse(marks: Marks, *, refresh_seconds: float = 1.0, listeners: int = 3) -> Pulse:
    return Pulse(marks, sleep=_no_wait, refresh_seconds=refresh_seconds, listeners=listeners)


async def _news(stream: AsyncIterator[bytes]) -> str:
    async for message in stream:
        if message.startswith(b"event: news"):
            return message.decode()
    return "ended"


def _run(pulse: Pulse, story) -> None:
    async def notified() -> None:
        loop = asyncio.create_task(pulse.run())
        try:
            await asyncio.wait_for(story(), 20)
        finally:
            await pulse.close()
            await asyncio.wait_for(loop, 20)

    asyncio.run(notified())


def test_a_page_hears_of_each_new_mark_once() -> None:
    """A mark that the page shows already is no news; each other one is sent, in order."""
    pulse = _pulse(Marks("a", "a", "b", "b", "c"))

    async def story() -> None:
        stream = pulse.stream("a")
        assert await _news(stream) == "event: news\ndata: b\nid: b\n\n"
        assert await _news(stream) == "event: news\ndata: c\nid: c\n\n"
        await stream.aclose()

    _run(pulse, story)


def test_a_page_that_is_behind_hears_at_once() -> None:
    """What changed between writing the page and listening is not missed."""

    async def story() -> None:
        stream = pulse.stream("old")
        assert "data: new\n" in await _news(stream)
        await stream.aclose()

    pulse = _pulse(Marks("new"))
    _run(pulse, story)


def test_a_database_that_fails_for_a_while_ends_no_stream() -> None:
    """After failed looks the next good one is news as ever."""

    async def story() -> None:
        stream = pulse.stream("a")
        assert "data: b\n" in await _news(stream)
        await stream.aclose()

    pulse = _pulse(Marks("a", RuntimeError("gone"), RuntimeError("gone"), "b"))
    _run(pulse, story)


def test_a_silent_stream_is_kept_alive() -> None:
    """Without news a comment is sent before a proxy would drop the connection."""

    async def story() -> None:
        stream = pulse.stream("a")
        assert b"listening" in await anext(stream)
        assert await anext(stream) == b": ping\n\n"
        assert marks.asked >= KEEPALIVE_SECONDS / 5
        await stream.aclose()

    marks = Marks("a")
    pulse = _pulse(marks, refresh_seconds=5.0)
    _run(pulse, story)


def test_closing_ends_every_stream() -> None:
    """A server can stop while pages listen."""

    async def story() -> None:
        streams = [pulse.stream("a") for _ in range(3)]
        for stream in streams:
            await anext(stream)
        waiting = [asyncio.create_task(_news(stream)) for stream in streams]
        await asyncio.sleep(0)
        await pulse.close()
        assert await asyncio.gather(*waiting) == ["ended"] * 3

    pulse = _pulse(Marks("a"))
    _run(pulse, story)


def test_listeners_are_bounded_and_leave_when_they_go() -> None:
    """As many pages as set are kept live; one that closes frees its place, and after the last one nothing is read any more."""

    async def story() -> None:
        streams = [pulse.stream("a") for _ in range(3)]
        for stream in streams:
            await anext(stream)
        assert pulse.full
        await streams[0].aclose()
        assert not pulse.full
        for stream in streams[1:]:
            await stream.aclose()
        for _ in range(5):
            await asyncio.sleep(0)
        asked = marks.asked
        for _ in range(20):
            await asyncio.sleep(0)
        assert marks.asked == asked

    marks = Marks("a")
    pulse = _pulse(marks)
    _run(pulse, story)


def test_too_many_pages_are_told_so(app, client) -> None:
    """Beyond the bound the stream is refused with a sentence, and the pages still load."""
    app.state.pulse._listeners = 64
    answer = client.get("/events")
    assert answer.status_code == 503
    assert "close some" in answer.json()["error"]
    assert client.get("/").status_code == 200


@pytest.mark.parametrize("listeners", [1, 5])
def test_one_loop_looks_for_all_pages(listeners: int) -> None:
    """The database is asked once a turn, for many pages as for one."""
    gate = asyncio.Semaphore(0)

    async def turn(_seconds: float) -> None:
        await gate.acquire()

    async def story() -> None:
        streams = [pulse.stream("a") for _ in range(listeners)]
        for stream in streams:
            await anext(stream)
        gate.release()
        heard = await asyncio.gather(*(_news(stream) for stream in streams))
        assert all("data: b\n" in message for message in heard)
        assert marks.asked == 2
        for stream in streams:
            await stream.aclose()
        gate.release()

    marks = Marks("a", "b")
    pulse = Pulse(marks, sleep=turn, refresh_seconds=1.0, listeners=5)
    _run(pulse, story)
