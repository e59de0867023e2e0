"""A small HTTP client: a general one takes more of the machine than the receiver that it is to measure."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class Sender:
    """Sends requests over connections that are kept open. Raises `OSError` or `EOFError` where a connection breaks."""

    def __init__(self, host: str, port: int, timeout: float = 10.0) -> None:
        self._host = host
        self._port = port
        self._timeout = timeout
        self._idle: list[Streams] = []

    async def post(self, path: str, body: bytes, headers: Mapping[str, str]) -> tuple[int, dict[str, str]]:
        """Send a body; returns the status and the headers of the answer, with names in lower case."""
        async with asyncio.timeout(self._timeout):
            reader, writer = self._idle.pop() if self._idle else await asyncio.open_connection(self._host, self._port)
            try:
                lines = [f"POST {path} HTTP/1.1", f"host: {self._host}", f"content-length: {len(body)}"]
                lines += [f"{name}: {value}" for name, value in headers.items()]
                writer.write("\r\n".join([*lines, "", ""]).encode() + body)
                answer = await _answer(reader)
            except BaseException:
                writer.close()
                raise
            self._idle.append((reader, writer))
            return answer

    def forget(self) -> None:
        """Close the idle connections, as when the receiver was restarted."""
        for _, writer in self._idle:
            writer.close()
        self._idle.clear()


async def _answer(reader: asyncio.StreamReader) -> tuple[int, dict[str, str]]:
    head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:] if line)}
    await reader.readexactly(int(headers.get("content-length", "0")))
    return int(head[0].split(" ", 2)[1]), headers
