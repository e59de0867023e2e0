"""Who gets in: the printed link, people with passwords, sessions, and what a route needs."""

from collections.abc import Callable
from datetime import datetime, timedelta
from http import HTTPStatus

import httpx
import pytest
from fastapi import APIRouter, FastAPI
from sqlalchemy import Engine, select

from console.access import PeopleSignIn, needs, public
from console.access.needs import check_declared, routes_of
from console.app import create_app
from console.errors import ListeningUnsafe
from console.pages.sign_in import local_path
from console.parts import ConsoleParts
from console.serve import listen
from console.settings import ConsoleSettings
from models.access import EVERYTHING, AccessScope, Permission, Person, Role, permissions_of
from pipelines.settings import MiningSettings
from store import schema
from store.accounts.attempts import MOST_FOR_NAME, WINDOW
from store.accounts.invitations import LENGTH as INVITED
from store.accounts.invitations import invite
from store.accounts.people import LastAdmin, add_person, change_person
from store.accounts.sessions import IDLE, LENGTH, start_session
from tests.console.conftest import TOKEN, Client, wall_clock

PASSWORD = "a long walk by the sea"
ORIGIN = {"origin": "http://localhost:8765"}
ANYWHERE = "0.0.0.0"  # noqa: S104 - what is refused


class Clock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.time = wall_clock()

    def __call__(self) -> datetime:
        """Return the time."""
        return self.time


@pytest.fixture
def clock() -> Clock:
    """Return a clock at the time of the seed."""
    return Clock()


@pytest.fixture
def people(engine: Engine, clock: Clock) -> Client:
    """Return a client of a console where people sign in, signed in as nobody."""
    parts = ConsoleParts(sign_in=PeopleSignIn(engine, clock))
    app = create_app(
        engine, clock=clock, settings=ConsoleSettings(sign_in="people"), mining=MiningSettings(), parts=parts
    )
    return Client(app, token=None)


def invited(engine: Engine, name: str, role: Role = Role.VIEWER, scope: AccessScope = EVERYTHING) -> str:
    """Add a person and return the token of an invitation."""
    with engine.begin() as connection:
        add_person(connection, name, role, scope, at=wall_clock())
        return invite(connection, name, at=wall_clock())


def with_password(engine: Engine, client: Client, name: str) -> None:
    """Add a person who has chosen a password."""
    token = invited(engine, name)
    client.post(f"/invitation/{token}", data={"password": PASSWORD, "again": PASSWORD}, headers=ORIGIN)


def sent_cookie(answer: httpx.Response) -> str:
    """Return the cookie that an answer sets, as the header that a browser sends back."""
    first = next(one for one in (*answer.history, answer) if "set-cookie" in one.headers)
    return first.headers["set-cookie"].split(";")[0]


def test_without_the_link_nothing_is_shown(app: FastAPI) -> None:
    """A page leads to the page that says what to open; the API answers 401; neither shows anything."""
    nobody = Client(app, token=None)
    page = nobody.get("/themes/1")
    assert "Open the printed link" in page.text
    assert "coins" not in page.text
    assert page.request.url.params["next"] == "/themes/1"
    refused = nobody.get("/api/themes")
    assert refused.status_code == HTTPStatus.UNAUTHORIZED
    assert refused.headers["www-authenticate"] == "Bearer"
    assert Client(app, token="something else").get("/api/themes").status_code == HTTPStatus.UNAUTHORIZED


def test_the_link_opens_the_console_once_and_for_all(app: FastAPI) -> None:
    """The link sets a cookie without the token, readable by no script, and leads to what was asked for."""
    nobody = Client(app, token=None)
    opened = nobody.get("/sign-in", params={"token": TOKEN, "next": "/launches"})
    assert opened.history[0].headers["location"] == "/launches"
    given = opened.history[0].headers["set-cookie"]
    assert TOKEN not in given
    assert "HttpOnly" in given
    assert "samesite=lax" in given.lower()
    assert nobody.get("/api/themes", headers={"cookie": given.split(";")[0]}).status_code == HTTPStatus.OK
    assert nobody.get("/sign-in", params={"token": "wrong"}).status_code == HTTPStatus.FORBIDDEN


@pytest.mark.parametrize(
    "elsewhere", ["//evil.example", "/\\evil.example", "https://evil.example", "themes", "/a\nb", ""]
)
def test_a_link_to_sign_in_does_not_lead_away(elsewhere: str) -> None:
    """An address elsewhere becomes the first page."""
    assert local_path(elsewhere) == "/"
    assert local_path("/themes/1?days=3") == "/themes/1?days=3"


def test_a_cookie_from_a_browser_that_names_no_origin_changes_nothing(app: FastAPI) -> None:
    """A request with a cookie comes from a browser, which names the page that asked; without that it is refused."""
    nobody = Client(app, token=None)
    given = sent_cookie(nobody.get("/sign-in", params={"token": TOKEN}))
    form = {"title": "Known"}
    assert (
        nobody.post("/themes/1/known-issue", data=form, headers={"cookie": given}).status_code == HTTPStatus.FORBIDDEN
    )
    assert (
        nobody.post("/themes/1/known-issue", data=form, headers={"cookie": given} | ORIGIN).status_code == HTTPStatus.OK
    )


def test_an_invitation_works_once(engine: Engine, people: Client, clock: Clock) -> None:
    """It shows a form, takes a good password, signs in, and is then over; so it is after three days."""
    token = invited(engine, "ann")
    assert "Welcome, ann" in people.get(f"/invitation/{token}").text
    short = people.post(f"/invitation/{token}", data={"password": "short", "again": "short"}, headers=ORIGIN)
    assert short.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert "valid are 12 to 256" in short.text
    two = people.post(f"/invitation/{token}", data={"password": PASSWORD, "again": PASSWORD[::-1]}, headers=ORIGIN)
    assert "two different passwords" in two.text
    chosen = people.post(f"/invitation/{token}", data={"password": PASSWORD, "again": PASSWORD}, headers=ORIGIN)
    assert people.get("/api/themes", headers={"cookie": sent_cookie(chosen)}).status_code == HTTPStatus.OK
    assert people.get(f"/invitation/{token}").status_code == HTTPStatus.GONE
    late = invited(engine, "bo")
    clock.time += INVITED
    assert people.get(f"/invitation/{late}").status_code == HTTPStatus.GONE


def test_a_password_signs_in_until_the_session_is_over(engine: Engine, people: Client, clock: Clock) -> None:
    """A session ends after two idle hours, after twelve in all, by signing out, and when the person is disabled."""
    with_password(engine, people, "ann")

    def signed_in() -> dict[str, str]:
        form = {"name": "ann", "password": PASSWORD}
        return {"cookie": sent_cookie(people.post("/sign-in", data=form, headers=ORIGIN))}

    def status(cookie: dict[str, str]) -> int:
        return people.get("/api/themes", headers=cookie).status_code

    idle = signed_in()
    assert status(idle) == HTTPStatus.OK
    clock.time += IDLE
    assert status(idle) == HTTPStatus.UNAUTHORIZED
    used = signed_in()
    for _ in range(int(LENGTH / timedelta(hours=1)) - 1):
        clock.time += timedelta(hours=1)
        assert status(used) == HTTPStatus.OK
    clock.time += timedelta(hours=1)
    assert status(used) == HTTPStatus.UNAUTHORIZED
    out = signed_in()
    people.post("/sign-out", headers=out | ORIGIN)
    assert status(out) == HTTPStatus.UNAUTHORIZED
    kept = signed_in()
    with engine.begin() as connection:
        change_person(connection, "ann", {"disabled_at": clock.time})
    assert status(kept) == HTTPStatus.UNAUTHORIZED


def test_passwords_cannot_be_tried_in_numbers(engine: Engine, people: Client, clock: Clock) -> None:
    """After ten failures of a name even the right password is refused for a quarter of an hour; unknown names are treated alike."""
    with_password(engine, people, "ann")
    answers = [
        people.post("/sign-in", data={"name": name, "password": "wrong"}, headers=ORIGIN)
        for name in ("ann", "nobody")
        for _ in range(MOST_FOR_NAME)
    ]
    assert {one.status_code for one in answers} == {HTTPStatus.FORBIDDEN}
    assert len({one.text.replace("nobody", "ann") for one in answers}) == 1
    right = {"name": "ann", "password": PASSWORD}
    refused = people.post("/sign-in", data=right, headers=ORIGIN)
    assert refused.status_code == HTTPStatus.TOO_MANY_REQUESTS
    assert refused.headers["retry-after"] == "900"
    clock.time += WINDOW
    assert people.post("/sign-in", data=right, headers=ORIGIN).status_code == HTTPStatus.OK


def test_no_secret_is_stored(engine: Engine, people: Client) -> None:
    """Neither passwords nor tokens are in the database, only what cannot be turned back into them."""
    token = invited(engine, "ann")
    people.post(f"/invitation/{token}", data={"password": PASSWORD, "again": PASSWORD}, headers=ORIGIN)
    with engine.begin() as connection:
        session = start_session(connection, "ann", at=wall_clock())
        tables = (schema.people, schema.invitations, schema.sessions, schema.audit, schema.sign_in_attempts)
        stored = " ".join(str(row) for table in tables for row in connection.execute(select(table)))
    assert "argon2id" in stored
    for secret in (token, session, PASSWORD):
        assert secret not in stored


def test_the_last_admin_stays(engine: Engine) -> None:
    """Nobody takes the last admin's role or access away."""
    invited(engine, "ann", Role.ADMIN)
    with pytest.raises(LastAdmin), engine.begin() as connection:
        change_person(connection, "ann", {"role": Role.VIEWER})
    with pytest.raises(LastAdmin), engine.begin() as connection:
        change_person(connection, "ann", {"disabled_at": wall_clock()})


def test_a_limited_scope_is_refused_where_all_tickets_are_shown(client_of: Callable[[Person], Client]) -> None:
    """A route that does not say how it narrows is closed, with a sentence that names the scope."""
    vendor = Person(name="vera", permissions=permissions_of(Role.ADMIN), scope=AccessScope.of({"vendor": ["acme"]}))
    refused = client_of(vendor).get("/launches")
    assert refused.status_code == HTTPStatus.FORBIDDEN
    assert "vera may see those of vendor acme" in refused.text
    assert client_of(vendor).get("/healthz").status_code == HTTPStatus.OK


def test_a_permission_that_is_missing_is_named(client_of: Callable[[Person], Client]) -> None:
    """The refusal of who may only look says what a decision needs."""
    viewer = client_of(Person(name="vic", permissions=permissions_of(Role.VIEWER)))
    refused = viewer.post("/themes/1/known-issue", data={"title": "x"}, headers=ORIGIN)
    assert refused.status_code == HTTPStatus.FORBIDDEN
    assert "it needs the permission decide" in refused.text


def test_a_route_that_declares_nothing_is_found() -> None:
    """An application with such a route does not start."""
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
    app.get("/a", dependencies=[public()])(lambda: None)
    app.get("/b", dependencies=[needs(Permission.LOOK)])(lambda: None)
    check_declared(app.routes)
    app.get("/c")(lambda: None)
    with pytest.raises(RuntimeError, match="the route /c declares 0 permissions"):
        check_declared(app.routes)


def test_a_route_of_an_included_router_that_declares_nothing_is_found() -> None:
    """Routers are included in routers that are included in the application; a route is found at any depth."""
    inner, outer, app = APIRouter(prefix="/in"), APIRouter(prefix="/out"), FastAPI(openapi_url=None)
    inner.get("/good", dependencies=[public()])(lambda: None)
    inner.get("/bad")(lambda: None)
    outer.include_router(inner)
    app.include_router(outer)
    with pytest.raises(RuntimeError, match="the route /out/in/bad declares 0 permissions"):
        check_declared(app.routes)


def test_the_routes_of_the_console_are_all_listed(app: FastAPI) -> None:
    """The list from which permissions are checked has the pages, the interface and the streams."""
    paths = {route.path for route in routes_of(app.routes)}
    assert {"/", "/themes/{theme_id}", "/api/now", "/events", "/sign-in", "/healthz"} <= paths


@pytest.mark.parametrize(
    ("settings", "lacking"),
    [
        (ConsoleSettings(host=ANYWHERE, port=0), "without people who sign in"),
        (ConsoleSettings(host="::", port=0), "without people who sign in"),
        (ConsoleSettings(host=ANYWHERE, port=0, sign_in="people"), "without TLS"),
        (ConsoleSettings(host="192.0.2.1", port=0, trusted_proxies=("10.0.0.0/8",)), "without people who sign in"),
    ],
)
def test_the_console_does_not_listen_elsewhere_without_people_and_tls(settings: ConsoleSettings, lacking: str) -> None:
    """The sentence says what is lacking and what to set."""
    with pytest.raises(ListeningUnsafe, match=lacking):
        listen(settings)


def test_the_console_listens_elsewhere_behind_a_named_proxy() -> None:
    """People who sign in, and a proxy that ends TLS, are enough."""
    with listen(ConsoleSettings(host=ANYWHERE, port=0, sign_in="people", trusted_proxies=("10.0.0.0/8",))) as opened:
        assert opened.getsockname()[1]
