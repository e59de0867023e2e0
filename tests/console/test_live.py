"""News for open pages."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from anyio import to_thread
from fastapi import FastAPI
from sqlalchemy import Engine, QueuePool

from console.live import KEEPALIVE_SECONDS, ListenerLimits, LiveResponse, Pulse


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


LIMITS = ListenerLimits(total=20, each=16, seconds=900)


def _pulse(marks: Marks, *, refresh_seconds: float = 1.0, limits: ListenerLimits = LIMITS) -> Pulse:
    return Pulse(marks, sleep=_no_wait, refresh_seconds=refresh_seconds, limits=limits)


async def _news(stream: AsyncIterator[bytes]) -> str:
    async for message in stream:
        if message.startswith(b"event: news"):
            return message.decode()
    return "ended"


def _run(pulse: Pulse, story) -> None:
    """Run a story whose streams all have one place."""

    async def placed() -> None:
        with pulse.listening("reader"):
            await story()

    _run_pages(pulse, placed)


def _run_pages(pulse: Pulse, story) -> None:
    """Run a story whose pages take their own places."""

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


class Page:
    """A page that listens through the response that a browser gets; `go` ends it as a browser does."""

    def __init__(self, pulse: Pulse, person: str) -> None:
        self.messages: asyncio.Queue[dict] = asyncio.Queue()
        self._gone = asyncio.Event()
        response = LiveResponse(pulse, person, "a")
        self.task = asyncio.create_task(response({"type": "http"}, self._receive, self.messages.put))

    async def _receive(self) -> dict:
        await self._gone.wait()
        return {"type": "http.disconnect"}

    async def status(self) -> int:
        """Wait for the answer's status."""
        return (await self.messages.get())["status"]

    async def text(self) -> str:
        """Wait for the next part of the answer."""
        return (await self.messages.get())["body"].decode()

    async def go(self) -> None:
        """Leave."""
        self._gone.set()
        await self.task


def test_one_person_does_not_use_up_the_live_updates_of_others() -> None:
    """Of 64 streams of one person 16 are kept, the others are refused with a sentence; another person's page is live all the same."""

    async def story() -> None:
        pages = [Page(pulse, "one") for _ in range(64)]
        statuses = [await page.status() for page in pages]
        assert statuses == [200] * 16 + [429] * 48
        assert "16 pages open, as many as are kept live for one person" in await pages[-1].text()
        other = Page(pulse, "other")
        assert await other.status() == 200
        await pages[0].go()
        again = Page(pulse, "one")
        assert await again.status() == 200
        for page in [*pages[1:16], other, again]:
            await page.go()

    pulse = _pulse(Marks("a"))
    _run_pages(pulse, story)


def test_all_together_are_bounded() -> None:
    """Beyond the total a page is refused with a sentence, whoever opens it; one that leaves frees its place."""

    async def story() -> None:
        pages = [Page(pulse, f"person {number}") for number in range(20)]
        assert [await page.status() for page in pages] == [200] * 20
        refused = Page(pulse, "late")
        assert await refused.status() == 503
        assert "close some, or reload" in await refused.text()
        await pages[0].go()
        assert await Page(pulse, "late").status() == 200

    pulse = _pulse(Marks("a"))
    _run_pages(pulse, story)


def test_after_the_last_page_nothing_is_read_any_more() -> None:
    """The database is left alone while nobody listens."""

    async def story() -> None:
        page = Page(pulse, "one")
        assert await page.status() == 200
        await page.go()
        for _ in range(5):
            await asyncio.sleep(0)
        asked = marks.asked
        for _ in range(20):
            await asyncio.sleep(0)
        assert marks.asked == asked

    marks = Marks("a")
    pulse = _pulse(marks)
    _run_pages(pulse, story)


def test_a_stream_ends_after_a_time_and_says_so() -> None:
    """A stream without news ends with a last event, upon which its page opens another; its place is free then."""

    async def story() -> None:
        page = Page(pulse, "one")
        assert await page.status() == 200
        said = [await page.text()]
        while said[-1]:
            said.append(await page.text())
        await page.task
        assert said[0].startswith("retry:") or "listening" in said[0]
        assert "event: over\n" in said[-2]
        assert said[-1] == ""
        with pulse.listening("one"):
            pass

    pulse = _pulse(Marks("a"), limits=ListenerLimits(total=1, each=1, seconds=60))
    _run_pages(pulse, story)


def test_streams_that_began_together_do_not_end_together() -> None:
    """Two hundred monitors would open their streams again in the same second."""
    ends = []

    async def story() -> None:
        async def follow(number: int) -> None:
            ends.extend([(number, marks.asked) async for message in pulse.stream("a") if b"event: over" in message])

        with pulse.listening("wall"):
            await asyncio.gather(*(follow(number) for number in range(32)))

    marks = Marks("a")
    pulse = _pulse(marks, limits=ListenerLimits(total=40, each=40, seconds=100))
    _run_pages(pulse, story)
    assert len({asked for _, asked in ends}) == 16
    assert max(asked for _, asked in ends) <= 160


def test_two_hundred_monitors_hear_the_same_news() -> None:
    """Two hundred pages of twenty people are kept live by one look at the database a turn."""
    gate = asyncio.Semaphore(0)

    async def turn(_seconds: float) -> None:
        await gate.acquire()

    async def story() -> None:
        pages = [Page(pulse, f"person {number % 20}") for number in range(200)]
        assert [await page.status() for page in pages] == [200] * 200
        for page in pages:
            assert "listening" in await page.text()
        gate.release()
        news = [await page.text() for page in pages]
        assert all("data: b\n" in one for one in news)
        assert marks.asked == 2
        for page in pages:
            await page.go()
        gate.release()

    marks = Marks("a", "b")
    pulse = Pulse(marks, sleep=turn, refresh_seconds=1.0, limits=ListenerLimits(total=2_000, each=16, seconds=900))
    _run_pages(pulse, story)


def test_too_many_pages_are_told_so(app, client) -> None:
    """Beyond the bound the stream is refused with a sentence, and the pages still load."""
    app.state.pulse._listeners["crowd"] = 2_000
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
    pulse = Pulse(marks, sleep=turn, refresh_seconds=1.0, limits=LIMITS)
    _run(pulse, story)


def test_requests_at_once_never_run_out_of_connections(app: FastAPI, engine: Engine) -> None:
    """Each request that is answered at the same time may hold two connections."""
    pool = engine.pool
    assert isinstance(pool, QueuePool)

    async def threads() -> float:
        async with app.router.lifespan_context(app):
            return to_thread.current_default_thread_limiter().total_tokens

    assert 2 * asyncio.run(threads()) < pool.size() + 10
