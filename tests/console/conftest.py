"""A seeded database, the application on it, and that application served to a browser."""

import asyncio
import functools
import queue
import shutil
import threading
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import Engine

from console.access import LinkSignIn
from console.app import create_app
from console.parts import ConsoleParts
from console.serve import ConsoleServer, listen
from console.settings import ConsoleSettings
from models.access import Person
from pipelines.settings import MiningSettings
from store.database import open_database, upgrade
from tests.console.seed import END, seed
from tests.harness import needs as harness_needs
from tests.harness.children import PATIENCE_SECONDS

if TYPE_CHECKING:
    from tests.console.days import MinedDays

BROWSER_ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


TOKEN = "the token of the tests"


def console_parts(**given: Any) -> ConsoleParts:
    """Return the console's collaborators: a single user with a known token, and what is given."""
    return ConsoleParts(sign_in=LinkSignIn(TOKEN, name="console", port=0), **given)


def sign_in(context: Any, address: str) -> None:
    """Give a browser's context the cookie of the single user."""
    link = LinkSignIn(TOKEN, name="console", port=0)
    context.add_cookies([{"name": "groundswell-0", "value": link.secret, "url": address}])


class Someone:
    """A way to sign in that takes everybody for one person."""

    provider = None

    def __init__(self, person: Person) -> None:
        self._person = person

    def cookie(self, _request: object) -> str:
        """Name of a cookie."""
        return "someone"

    def person(self, _secret: str) -> Person:
        """Return the person."""
        return self._person


class Client:
    """A client of an application in this process, signed in by the token; each request has an event loop of its own."""

    def __init__(self, app: FastAPI, base_url: str = "http://localhost:8765", *, token: str | None = TOKEN) -> None:
        self._app = app
        self._base_url = base_url
        self._headers = {} if token is None else {"authorization": f"Bearer {token}"}

    def get(self, path: str, **options: object) -> httpx.Response:
        """Ask for a page."""
        return asyncio.run(self._send("GET", path, options))

    def head(self, path: str) -> httpx.Response:
        """Ask for the headers of a page."""
        return asyncio.run(self._send("HEAD", path, {}))

    def post(self, path: str, **options: object) -> httpx.Response:
        """Send a form."""
        return asyncio.run(self._send("POST", path, options))

    def put(self, path: str, **options: object) -> httpx.Response:
        """Put something in the place of what is there."""
        return asyncio.run(self._send("PUT", path, options))

    def send(self, method: str, path: str, **options: object) -> httpx.Response:
        """Send a request of any method."""
        return asyncio.run(self._send(method, path, options))

    def delete(self, path: str) -> httpx.Response:
        """Delete something."""
        return asyncio.run(self._send("DELETE", path, {}))

    async def _send(self, method: str, path: str, options: dict[str, object]) -> httpx.Response:
        transport = httpx.ASGITransport(self._app, raise_app_exceptions=False)
        async with httpx.AsyncClient(
            transport=transport, base_url=self._base_url, follow_redirects=True, headers=self._headers
        ) as client:
            return await client.request(method, path, **options)


@pytest.fixture(scope="session")
def mined_days(tmp_path_factory: pytest.TempPathFactory) -> "MinedDays":
    """Return the story of people's days, mined once for all tests that only copy it."""
    # The module imports this one.
    from tests.console.days import mine_days

    return mine_days(tmp_path_factory.mktemp("days"))


def wall_clock() -> datetime:
    """Return a fixed time for decisions."""
    return END + timedelta(minutes=5)


@pytest.fixture(scope="module")
def seeded_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return an SQLite file with the seeded launch day."""
    file = tmp_path_factory.mktemp("seed") / "groundswell.db"
    engine = open_database(f"sqlite:///{file}")
    upgrade(engine)
    seed(engine)
    engine.dispose()
    return file


@pytest.fixture
def engine(seeded_file: Path, tmp_path: Path) -> Iterator[Engine]:
    """Return the seeded launch day in a copy that only this test writes to."""
    copy = tmp_path / "groundswell.db"
    copy.write_bytes(seeded_file.read_bytes())
    opened = open_database(f"sqlite:///{copy}")
    yield opened
    opened.dispose()


@pytest.fixture
def app(engine: Engine) -> FastAPI:
    """Return the console of the seeded database, looking for news without pause."""
    settings = ConsoleSettings(port=0, refresh_seconds=0.05)
    return create_app(engine, clock=wall_clock, settings=settings, mining=MiningSettings(), parts=console_parts())


@pytest.fixture
def client_of(engine: Engine) -> Callable[[Person], Client]:
    """Return what makes a client that is signed in as a person."""

    def signed_in(person: Person) -> Client:
        given = ConsoleParts(sign_in=Someone(person))
        settings = ConsoleSettings(port=0, refresh_seconds=0.05)
        app = create_app(engine, clock=wall_clock, settings=settings, mining=MiningSettings(), parts=given)
        return Client(app, token=None)

    return signed_in


@pytest.fixture
def client(app: FastAPI) -> Client:
    """Return a client that addresses the console by a name that it answers to."""
    return Client(app)


class Running:
    """A console that serves from a thread of its own."""

    def __init__(self, app: FastAPI) -> None:
        self._addresses: queue.Queue[str] = queue.Queue()
        self._socket = listen(ConsoleSettings(port=0))
        self._server = ConsoleServer(app, ConsoleSettings(port=0), started=self._addresses.put)
        serve = functools.partial(self._server.run, sockets=[self._socket])
        self._thread = threading.Thread(target=serve, name="console")

    def start(self) -> str:
        """Serve, and return the address once requests are answered."""
        self._thread.start()
        return self._addresses.get(timeout=PATIENCE_SECONDS)

    def stop(self) -> None:
        """Stop as SIGTERM does, and see that it comes to an end."""
        self._server.should_exit = True
        if self._thread.ident is not None:
            self._thread.join(PATIENCE_SECONDS)
        self._socket.close()
        assert not self._thread.is_alive(), f"the console did not stop within {PATIENCE_SECONDS} s"


@pytest.fixture
def running(app: FastAPI) -> Iterator[Running]:
    """Return the console, about to be served on a free port of loopback."""
    console = Running(app)
    yield console
    console.stop()


@pytest.fixture
def address(running: Running) -> str:
    """Serve the console; return its address."""
    return running.start()


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Run Chromium for the tests of a file."""
    # Loaded here: most tests of the console need no browser.
    from playwright.sync_api import expect, sync_playwright

    path = shutil.which("chromium")
    if path is None:
        harness_needs.missing("Chromium", "install Debian's chromium")
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(
            executable_path=path, args=list(BROWSER_ARGUMENTS), timeout=1_000 * PATIENCE_SECONDS
        )
        expect.set_options(timeout=1_000 * PATIENCE_SECONDS)
        yield running
        running.close()
