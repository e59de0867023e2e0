"""Running the console as a server of its own."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable

import uvicorn
from fastapi import FastAPI

from console.errors import AddressUnavailableError, CertificateUnusable, ListeningUnsafe
from console.settings import ConsoleSettings

OTHER_FILES = 256
"""Open files of a console apart from its live pages."""

SHUTDOWN_SECONDS = 5
"""How long requests that are under way may take once a stop is asked for."""


class ConsoleServer(uvicorn.Server):
    """A uvicorn server that reports when it answers, and that ends the live streams first when it stops.

    Otherwise uvicorn would wait for the pages that listen. `started` is called once, with the address.
    """

    def __init__(
        self, app: FastAPI, settings: ConsoleSettings, *, started: Callable[[str], None] | None = None
    ) -> None:
        self._pulse = app.state.pulse
        self._scheme = "http" if settings.tls_certificate is None else "https"
        self._report = started
        super().__init__(
            uvicorn.Config(
                app,
                # Whoever starts the server sets up logging: uvicorn's own would print the text of errors, which may quote a ticket.
                log_config=None,
                access_log=False,
                server_header=False,
                # The address that a request comes from is the one of its connection, unless that is a proxy which is trusted.
                proxy_headers=bool(settings.trusted_proxies),
                forwarded_allow_ips=list(settings.trusted_proxies),
                ssl_certfile=settings.tls_certificate,
                ssl_keyfile=settings.tls_key,
                timeout_graceful_shutdown=SHUTDOWN_SECONDS,
            )
        )

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, and report the address."""
        await super().startup(sockets)
        if self.started and sockets and self._report is not None:
            self._report(_address(sockets[0], self._scheme))

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop: streams first, then what uvicorn stops."""
        await self._pulse.close()
        await super().shutdown(sockets)


def listen(settings: ConsoleSettings) -> socket.socket:
    """Open the socket that the console serves on.

    Raises `AddressUnavailableError`; `ListeningUnsafe` elsewhere than on loopback without people who sign in and TLS;
    `CertificateUnusable`.
    """
    if not settings.is_local and not (settings.sign_in == "people" and settings.has_tls):
        raise ListeningUnsafe(settings.host, people=settings.sign_in == "people")
    _check_certificate(settings)
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    try:
        opened = socket.create_server((settings.host, settings.port), family=family)
    except OSError as error:
        raise AddressUnavailableError(settings.host, settings.port, error) from error
    # asyncio sets it only where a socket names its protocol; without it each answer waits 40 ms for the client's acknowledgement.
    opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return opened


def serve(app: FastAPI, settings: ConsoleSettings, *, started: Callable[[str], None] | None = None) -> None:
    """Serve until SIGINT or SIGTERM; `started` is called with the address once it answers.

    Raises `AddressUnavailableError`, `ListeningUnsafe`, `CertificateUnusable`.
    """
    _allow_open_files(settings.listeners + OTHER_FILES)
    with listen(settings) as opened:
        ConsoleServer(app, settings, started=started).run(sockets=[opened])


def _check_certificate(settings: ConsoleSettings) -> None:
    certificate, key = settings.tls_certificate, settings.tls_key
    if certificate is None or key is None:
        return
    try:
        # Without a password OpenSSL would ask for one at the terminal.
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(certificate, key, password="")
    except OSError as error:
        raise CertificateUnusable(certificate, key, error) from error


def _allow_open_files(number: int) -> None:
    """Raise this process's limit of open files to a number, as far as the system lets it: each live page is one, and 1,024 is usual."""
    try:
        import resource
    except ImportError:  # pragma: no cover - there is no such limit on Windows
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = number if hard == resource.RLIM_INFINITY else min(number, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def _address(opened: socket.socket, scheme: str) -> str:
    host, port = opened.getsockname()[:2]
    return f"{scheme}://[{host}]:{port}" if ":" in host else f"{scheme}://{host}:{port}"
