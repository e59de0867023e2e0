"""Every route by every role: the table is made from the application, so that a new route cannot be forgotten."""

import re
from collections.abc import Callable, Iterator
from http import HTTPStatus

import pytest
from fastapi import FastAPI
from fastapi.routing import RouteContext

from console.access import Needs
from console.access.needs import declared, routes_of
from models.access import AccessScope, Permission, Person, Role, permissions_of
from tests.console.conftest import Client

LIMITED = AccessScope.of({"vendor": ["a vendor without a ticket"]})
PUBLIC = {
    "/healthz",
    "/sign-in",
    "/invitation/{token}",
    "/feedback/{token}",
}
"""Routes that need nobody, each with a reason of its own: signed or one-time links, signing in, and whether the server answers."""

ENDLESS = {"/events"}
VALUES = {"token": "none", "name": "nobody", "launch_id": "live-coins%2Fwinter"}
"""What stands for a parameter of a path; everything else is 1."""


def answered(app: FastAPI) -> Iterator[tuple[str, str, RouteContext]]:
    """Yield method, path and route of everything that the console answers."""
    for route in routes_of(app.routes):
        for method in sorted(route.methods or ()):
            yield method, str(route.path), route


def address_of(path: str) -> str:
    """Return an address of a route."""
    return re.sub(r"\{(\w+)(?::\w+)?\}", lambda found: VALUES.get(found[1], "1"), path)


def send(client: Client, method: str, path: str) -> int:
    """Send an empty request from our own page, and return the status without following."""
    given = {"headers": {"origin": "http://localhost:8765", "sec-fetch-site": "same-origin"}, "follow_redirects": False}
    return client.send(method, address_of(path), **given).status_code


@pytest.mark.parametrize("role", list(Role))
def test_each_route_is_answered_to_the_roles_that_have_its_permission(
    app: FastAPI, client_of: Callable[[Person], Client], role: Role
) -> None:
    """A role without the permission gets 403 and nothing else; one that has it gets past that."""
    client = client_of(Person(name=role.value, role=role, permissions=permissions_of(role)))
    wrong = []
    assert len(list(answered(app))) > 60
    for method, path, route in answered(app):
        declaration = declared(route)[0]
        if not isinstance(declaration, Needs) or path in ENDLESS:
            continue
        refused = send(client, method, path) == HTTPStatus.FORBIDDEN
        if refused == (declaration.permission in permissions_of(role)):
            wrong.append((method, path, declaration.permission.value))
    assert wrong == []


def test_nobody_gets_past_a_route_that_needs_somebody(app: FastAPI) -> None:
    """Without a sign-in pages lead to it, and everything else is 401."""
    nobody = Client(app, token=None)
    for method, path, route in answered(app):
        status = send(nobody, method, path)
        if isinstance(declared(route)[0], Needs):
            assert status in (HTTPStatus.SEE_OTHER, HTTPStatus.UNAUTHORIZED), (method, path, status)
        else:
            assert path in PUBLIC, f"{path} needs nobody; say here why"


def test_a_limited_scope_is_closed_by_default(app: FastAPI, client_of: Callable[[Person], Client]) -> None:
    """Each route that does not narrow refuses a person who may see a part of the tickets."""
    limited = client_of(Person(name="vera", permissions=frozenset(Permission), scope=LIMITED))
    for method, path, route in answered(app):
        declaration = declared(route)[0]
        if isinstance(declaration, Needs) and not declaration.narrows:
            assert send(limited, method, path) == HTTPStatus.FORBIDDEN, (method, path)


def test_the_navigation_has_only_what_is_answered(client_of: Callable[[Person], Client]) -> None:
    """Whoever may see a part of the tickets finds no entry that refuses them; whoever may see all finds every entry."""
    everybody = {"permissions": frozenset(Permission)}
    limited, whole = (
        client_of(Person(name="vera", **everybody, scope=LIMITED)), client_of(Person(name="max", **everybody)),
    )  # fmt: skip
    entries = re.findall(r'<a href="([^"]+)"', limited.get("/themes").text.partition("</nav>")[0].partition("<nav")[2])
    assert entries == ["/", "/themes", "/known-issues", "/procedures", "/figures", "/labels"]
    assert {path: limited.get(path).status_code for path in entries} == dict.fromkeys(entries, HTTPStatus.OK)
    shown = whole.get("/themes").text
    for path in ("/incidents", "/launches", "/digests", "/operations", "/people"):
        assert f'href="{path}"' in shown


def test_routes_that_change_something_need_more_than_looking(app: FastAPI) -> None:
    """Only what a person does to their own account, and reading by POST, is open to who may look."""
    own = {"/sign-out", "/account/zone", "/account/tokens", "/account/tokens/{token_id}/revoke", "/api/tokens"}
    own |= {"/api/tokens/{token_id}", "/themes/views", "/themes/views/{view_id}/delete"}
    own |= {"/api/board/views", "/api/board/views/{view_id}"}
    for method, path, route in answered(app):
        declaration = declared(route)[0]
        if method not in ("GET", "HEAD") and isinstance(declaration, Needs) and path not in own:
            assert declaration.permission is not Permission.LOOK, (method, path)
