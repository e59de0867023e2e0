"""The receiver mounted in front of the console: what is sent below its path never reaches the console's pages."""

from __future__ import annotations

from starlette.types import ASGIApp, Receive, Scope, Send

PREFIX = "/receive"


class MountedReceiver:
    """ASGI middleware of the console's application.

    It is the outermost one. The console's guard is for browsers on this machine: it would refuse the public host name that webhooks
    are sent to, and a body longer than a form.
    """

    def __init__(self, app: ASGIApp, *, receiver: ASGIApp) -> None:
        self._console = app
        self._receiver = receiver

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on to whom it is for."""
        path = scope.get("path", "")
        if scope["type"] == "http" and path.startswith(PREFIX + "/"):
            root = scope.get("root_path", "") + PREFIX
            await self._receiver({**scope, "root_path": root}, receive, send)
            return
        await self._console(scope, receive, send)
