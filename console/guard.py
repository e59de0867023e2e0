"""The guard in front of every route: which hosts and origins are answered, how much may be sent, and what a page may load.

A server on loopback is reachable by every page that the user's browser opens. Two rules keep those out: a
host name that is not allowed is refused (DNS rebinding), and a request that changes something is refused when a
browser says that it comes from elsewhere (cross-site request forgery).
"""

from __future__ import annotations

from collections.abc import Collection
from http import HTTPStatus
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from models.redaction import quoted

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})

ENDLESS = frozenset({"/events"})
"""Paths whose answer has no end, so that nothing can be said of it without giving it."""

SECURITY_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # Not `no-referrer`: with it browsers send `Origin: null` with our own forms.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


class Guard:
    """ASGI middleware: 400 to a foreign host, 403 to a cross-origin change, else the headers above.

    Hosts are checked by Starlette's `TrustedHostMiddleware`. It has no check of origins; the rule here is that of Go's
    `net/http.CrossOriginProtection`: `Sec-Fetch-Site` decides where the browser sends it, else `Origin` must name the host addressed; a
    request with neither comes from no browser and passes, unless it has a cookie: then it comes from a browser that says nothing.
    """

    def __init__(self, app: ASGIApp, *, allowed_hosts: Collection[str]) -> None:
        self._app = app
        self._names = sorted(name.lower() for name in allowed_hosts)
        # In the Host header the address of IPv6 is in brackets.
        patterns = [f"[{name}]" if ":" in name else name for name in self._names]
        self._trusted = TrustedHostMiddleware(_trust, allowed_hosts=patterns, www_redirect=False)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request that is refused, else pass it on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        refusal = await self._refusal(scope)

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in SECURITY_HEADERS.items():
                    headers.setdefault(name, value)
                headers.setdefault("Cache-Control", "no-store")
            await send(message)

        if scope["method"] == "HEAD" and scope["path"] not in ENDLESS:
            # FastAPI answers HEAD only where a route names it; RFC 9110 wants it wherever GET is answered.
            await (refusal or self._app)({**scope, "method": "GET"}, receive, _without_body(send_guarded))
            return
        await (refusal or self._app)(scope, receive, send_guarded)

    async def _refusal(self, scope: Scope) -> PlainTextResponse | None:
        headers = Headers(scope=scope)
        host = headers.get("host", "")
        if not await self._is_trusted(scope):
            return PlainTextResponse(
                f"Received the host {quoted(host, 100)}; valid are {', '.join(self._names)}: "
                "open the console by one of them, or add the name to allowed_hosts.\n",
                status_code=400,
            )
        if scope["method"] not in SAFE_METHODS and not _same_origin(headers, host):
            return PlainTextResponse(
                "Received a change that another site asked for; only the console's own pages may: "
                "open the console and use its form.\n",
                status_code=403,
            )
        return None

    async def _is_trusted(self, scope: Scope) -> bool:
        # Starlette's own refusal does not say what to do, so only its decision is used.
        asked = dict(scope)
        await self._trusted(asked, _nothing, _ignore)
        return _TRUSTED in asked


class BodyLimit:
    """ASGI middleware: 413 where a request's body has more than `limit` bytes, before it is read to its end.

    Starlette limits the parts of a multipart form and not the length of a URL-encoded one.
    """

    def __init__(self, app: ASGIApp, *, limit: int) -> None:
        self._app = app
        self._limit = limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, and count what is received."""
        received = 0

        async def receive_counted() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > self._limit:
                sentence = f"Received a form of more than {self._limit:,} bytes; send a shorter one."
                raise HTTPException(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, sentence)
            return message

        await self._app(scope, receive_counted if scope["type"] == "http" else receive, send)


_TRUSTED = "groundswell.trusted_host"


def _without_body(send: Send) -> Send:
    async def send_headers(message: Message) -> None:
        await send({**message, "body": b""} if message["type"] == "http.response.body" else message)

    return send_headers


async def _trust(scope: Scope, _receive: Receive, _send: Send) -> None:
    scope[_TRUSTED] = True


async def _nothing() -> Message:
    return {"type": "http.disconnect"}


async def _ignore(_message: Message) -> None:
    pass


def _same_origin(headers: Headers, host: str) -> bool:
    fetched_from = headers.get("sec-fetch-site")
    if fetched_from is not None:
        return fetched_from in ("same-origin", "none")
    origin = headers.get("origin")
    if origin is None:
        return "cookie" not in headers
    try:
        return urlsplit(origin).netloc.lower() == host.lower()
    except ValueError:
        return False
