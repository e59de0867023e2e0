"""What a hostile client tries: proxy headers, paths, bodies, and cookies over TLS."""

import functools
import queue
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from pathlib import Path

import httpx
import pytest
import trustme
from fastapi import FastAPI
from fastapi.routing import RouteContext
from pydantic import BaseModel
from sqlalchemy import Engine

from console.access import PeopleSignIn
from console.access.needs import routes_of
from console.app import create_app
from console.form import MAX_BYTES
from console.parts import ConsoleParts
from console.serve import ConsoleServer, listen
from console.settings import ConsoleSettings
from models.access import EVERYTHING, Role
from pipelines.settings import MiningSettings
from store.accounts.invitations import invite
from store.accounts.people import add_person
from tests.console.conftest import Client, wall_clock
from tests.harness.children import PATIENCE_SECONDS

PASSWORD = {"password": "a long walk by the sea", "again": "a long walk by the sea"}


@contextmanager
def served(engine: Engine, settings: ConsoleSettings) -> Iterator[str]:
    """Serve a console where people sign in; yield its address."""
    parts = ConsoleParts(sign_in=PeopleSignIn(engine, wall_clock))
    app = create_app(engine, clock=wall_clock, settings=settings, mining=MiningSettings(), parts=parts)
    addresses: queue.Queue[str] = queue.Queue()
    with listen(settings) as opened:
        server = ConsoleServer(app, settings, started=addresses.put)
        thread = threading.Thread(target=functools.partial(server.run, sockets=[opened]), name="console")
        thread.start()
        try:
            yield addresses.get(timeout=PATIENCE_SECONDS)
        finally:
            server.should_exit = True
            thread.join(PATIENCE_SECONDS)


def invitation(engine: Engine) -> str:
    """Invite a person; return the path of the link."""
    with engine.begin() as connection:
        add_person(connection, "ann", Role.VIEWER, EVERYTHING, at=wall_clock())
        return f"/invitation/{invite(connection, 'ann', at=wall_clock())}"


def accept(address: str, path: str, trusted: ssl.SSLContext | None = None, **headers: str) -> str:
    """Choose a password by a link, and return the cookie that is set."""
    given = {"origin": address, **headers}
    answer = httpx.post(address + path, data=PASSWORD, headers=given, verify=trusted or True, timeout=PATIENCE_SECONDS)
    assert answer.status_code == HTTPStatus.SEE_OTHER
    return answer.headers["set-cookie"]


def test_by_tls_the_cookie_is_tied_to_tls_and_the_host(engine: Engine, tmp_path: Path) -> None:
    """The console serves TLS with the files of the settings; browsers send its cookie by TLS and to this host alone."""
    authority = trustme.CA()
    certificate = authority.issue_cert("127.0.0.1")
    chain, key = tmp_path / "chain.pem", tmp_path / "key.pem"
    chain.write_bytes(b"".join(one.bytes() for one in certificate.cert_chain_pems))
    certificate.private_key_pem.write_to_path(key)
    trusted = ssl.create_default_context()
    authority.configure_trust(trusted)
    settings = ConsoleSettings(port=0, sign_in="people", tls_certificate=chain, tls_key=key)
    with served(engine, settings) as address:
        assert address.startswith("https://127.0.0.1:")
        cookie = accept(address, invitation(engine), trusted)
    assert cookie.startswith("__Host-groundswell=")
    assert {"Secure", "HttpOnly"} <= {part.strip() for part in cookie.split(";")}


@pytest.mark.parametrize(("proxies", "secure"), [(("10.0.0.0/8",), False), (("127.0.0.1",), True)])
def test_only_a_trusted_proxy_says_how_the_browser_came(
    engine: Engine, proxies: tuple[str, ...], *, secure: bool
) -> None:
    """`X-Forwarded-Proto` of anybody else is not believed."""
    settings = ConsoleSettings(port=0, sign_in="people", trusted_proxies=proxies)
    with served(engine, settings) as address:
        cookie = accept(address, invitation(engine), **{"x-forwarded-proto": "https"})
    assert cookie.startswith("__Host-" if secure else "groundswell=")


def test_a_forwarded_host_is_not_believed(client: Client) -> None:
    """Links are made from the host that is addressed, which is one of the allowed."""
    made = client.post(
        "/api/people", json={"name": "ann", "role": "viewer"}, headers={"x-forwarded-host": "evil.example"}
    )
    assert made.json()["link"].startswith("http://localhost:8765/")


TRAVERSALS = [
    "/static/../settings.py",
    "/static/..%2fsettings.py",
    "/static/%2e%2e/%2e%2e/pyproject.toml",
    "/static/..%5csettings.py",
    "/static//etc/passwd",
    "/static/%00",
    "/static/console.js%00.txt",
]


@pytest.mark.parametrize("path", TRAVERSALS)
def test_no_file_outside_of_the_static_ones_is_served(client: Client, path: str) -> None:
    """Whatever the path climbs to, the answer is a refusal."""
    answer = client.get(path)
    assert HTTPStatus.BAD_REQUEST <= answer.status_code < HTTPStatus.INTERNAL_SERVER_ERROR
    assert "import" not in answer.text
    assert "root:" not in answer.text


def test_every_route_refuses_a_body_that_is_too_long(app: FastAPI, client: Client) -> None:
    """No route reads more than the longest form needs."""
    body = b"title=" + b"x" * MAX_BYTES
    for route in routes_of(app.routes):
        for method in set(route.methods or ()) - {"GET", "HEAD", "DELETE"}:
            path = str(route.path).replace("{", "").replace("}", "").replace(":path", "").replace("theme_id", "1")
            kind = "application/json" if path.startswith("/api/") else "application/x-www-form-urlencoded"
            answer = client.send(method, path, content=body, headers={"content-type": kind})
            # Where no form is read the body is not either, so it is not measured.
            reads = route.body_field is not None
            assert answer.status_code < HTTPStatus.INTERNAL_SERVER_ERROR, (method, path)
            assert not reads or answer.status_code in (
                HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
                HTTPStatus.UNPROCESSABLE_ENTITY,
            ), (method, path, answer.status_code)


INJECTIONS = ["' OR '1'='1", "1; DROP TABLE tickets", '"; --', "%' UNION SELECT password FROM people --", "\\", "\x00"]


def parameters_of(route: RouteContext) -> list[str]:
    """List the names in the address that a route reads, those of a model of parameters included."""
    found: list[str] = []
    for one in route.dependant.query_params:
        kind = one.field_info.annotation
        is_model = isinstance(kind, type) and issubclass(kind, BaseModel)
        found += [field.alias or name for name, field in kind.model_fields.items()] if is_model else [one.alias]
    return found


@pytest.mark.parametrize("text", INJECTIONS)
def test_text_in_filters_stays_text(app: FastAPI, client: Client, text: str) -> None:
    """SQL in any text parameter of any page or route finds nothing more, and fails nowhere."""
    looked = 0
    for route in routes_of(app.routes):
        if "GET" not in (route.methods or ()) or "{" in str(route.path) or route.path == "/events":
            continue
        names = parameters_of(route)
        # All at once, and each alone: a number that is no number would be refused before a text is looked at.
        for given in [names, *([name] for name in names)]:
            answer = client.get(str(route.path), params=dict.fromkeys(given, text))
            assert answer.status_code < HTTPStatus.INTERNAL_SERVER_ERROR, (route.path, given)
            looked += len(given) == 1
    assert looked > 60
    assert client.get("/api/themes").status_code == HTTPStatus.OK
