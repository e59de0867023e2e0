"""Receivers of notifications: an HTTP server that answers as it is asked to, and a mail server."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.harness.children import PATIENCE_SECONDS
from tests.harness.ports import free_ports

SHORT = timedelta(seconds=0.3)
"""How long to wait for an answer that never comes."""
LONG = timedelta(minutes=1)
"""How long to wait for an answer that comes, also from a busy machine; the longest that a channel can be set to."""


@dataclass(frozen=True)
class HttpReply:
    """How one request is answered.

    before: seconds until the answer begins. drop: "unread" closes the connection before the answer, "body" within its body. drip:
    seconds between two bytes of the body.
    """

    status: int = 200
    body: bytes = b"ok"
    headers: dict[str, str] = field(default_factory=dict)
    before: float = 0.0
    drop: str = ""
    drip: float = 0.0

    @property
    def awaited(self) -> timedelta:
        """How long its sender waits for it."""
        return SHORT if self.before else LONG

    @classmethod
    def of_json(cls, value: Any, status: int = 200, **headers: str) -> HttpReply:
        """Answer with JSON."""
        return cls(status, json.dumps(value).encode(), {"content-type": "application/json", **headers})


HANGS = HttpReply(before=PATIENCE_SECONDS)
"""No answer as long as anybody waits."""


@dataclass
class HttpReceiver:
    """A server on this machine. `replies` are given in order, the last one again and again; a function may decide by request."""

    replies: list[HttpReply] = field(default_factory=lambda: [HttpReply()])
    decide: Any = None
    requests: list[dict[str, Any]] = field(default_factory=list)
    url: str = ""

    def bodies(self) -> list[Any]:
        """Return the JSON that came, in order."""
        return [json.loads(one["body"]) for one in self.requests]

    def reply(self, request: dict[str, Any]) -> HttpReply:
        """Choose the next reply."""
        self.requests.append(request)
        if self.decide is not None:
            return self.decide(request)
        return self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]


@contextmanager
def http_receiver(*replies: HttpReply, decide: Any = None) -> Iterator[HttpReceiver]:
    """Run a server until the block ends; hanging answers end with it."""
    receiver = HttpReceiver(list(replies) or [HttpReply()], decide)
    ended = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            headers = {name.lower(): value for name, value in self.headers.items()}
            reply = receiver.reply({"method": self.command, "path": self.path, "headers": headers, "body": body})
            ended.wait(reply.before)
            if reply.drop == "unread":
                self.close_connection = True
                return
            self.send_response(reply.status)
            for name, value in reply.headers.items():
                self.send_header(name, value)
            self.send_header("content-length", str(len(reply.body) + (100 if reply.drop == "body" else 0)))
            self.end_headers()
            for byte in reply.body if reply.drip else ():
                self.wfile.write(bytes([byte]))
                self.wfile.flush()
                if ended.wait(reply.drip):
                    return
            if not reply.drip:
                self.wfile.write(reply.body)
            self.close_connection = bool(reply.drop)

        do_GET = do_POST = do_PUT = _answer  # noqa: N815 - names of the standard library

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

        def handle(self) -> None:
            """Answer; a client that went away is none of our business."""
            with suppress(OSError):
                super().handle()

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    receiver.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield receiver
    finally:
        ended.set()
        server.shutdown()
        server.server_close()


@dataclass
class MailReceiver:
    """A mail server on this machine. `answers` are given to the commands of their name in order, then 250."""

    answers: dict[str, list[str]] = field(default_factory=dict)
    mails: list[Any] = field(default_factory=list)
    port: int = 0

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:  # noqa: N802
        """Accept a receiver, or answer as asked."""
        del server, session, options
        answer = self._next("RCPT")
        if answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        """Take a mail, or answer as asked; `drop` takes it and ends the connection."""
        answer = self._next("DATA")
        if answer.startswith(("250", "drop")):
            self.mails.append(envelope)
        if answer == "drop":
            server.transport.abort()
        return answer

    def _next(self, command: str) -> str:
        answers = self.answers.get(command, [])
        return answers.pop(0) if answers else "250 OK"


@contextmanager
def mail_receiver(**options: Any) -> Iterator[MailReceiver]:
    """Run a mail server until the block ends; options are those of `aiosmtpd.controller.Controller`."""
    from aiosmtpd.controller import Controller

    receiver = MailReceiver(options.pop("answers", {}))
    controller = Controller(receiver, hostname="127.0.0.1", port=free_ports(1)[0], **options)
    controller.start()
    receiver.port = controller.port
    try:
        yield receiver
    finally:
        controller.stop()
