"""People and tokens: invited, given roles, disabled; tokens never may more than who made them."""

from collections.abc import Callable
from datetime import timedelta
from http import HTTPStatus

import pytest
from fastapi import FastAPI
from sqlalchemy import Engine, select

from models.access import AccessScope, Permission, Person, Role, permissions_of
from store import schema
from store.accounts.administration import PersonInvalid, parse_role, parse_scope
from store.accounts.api_tokens import find_token
from store.accounts.people import read_person
from tests.console.conftest import Client, wall_clock
from tests.console.seed import HOSTILE

ORIGIN = {"origin": "http://localhost:8765"}


def test_an_admin_invites_a_person_of_a_vendor(client: Client, engine: Engine) -> None:
    """The page shows the one-time link once, and says where a value of the scope is in no ticket."""
    form = {"name": "vera", "role": "specialist", "scope": "vendor=acme, region=BR, region=US"}
    page = client.post("/people", data=form, headers=ORIGIN)
    assert "/invitation/" in page.text
    assert "No ticket has vendor acme yet" in page.text
    assert "/invitation/" not in client.get("/people").text
    with engine.connect() as connection:
        found = read_person(connection, "vera")
        noted = [(row.actor, row.action, row.subject) for row in connection.execute(select(schema.audit))]
    assert found.scope == AccessScope.of({"vendor": ["acme"], "region": ["BR", "US"]})
    assert ("console", "invited", "vera") in noted
    again = client.post("/people", data=form, headers=ORIGIN)
    assert again.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert "exists already" in again.text


@pytest.mark.parametrize(
    ("form", "sentence"),
    [
        ({"name": "", "role": "viewer"}, "valid is plain text of 1 to 128 characters"),
        ({"name": "a\x00b", "role": "viewer"}, "valid is plain text of 1 to 128 characters"),
        ({"name": "4111 1111 1111 1111", "role": "viewer"}, "without numbers of cards"),
        ({"name": "ann", "role": "viewer", "scope": "vendor=4111 1111 1111 1111"}, "valid is a value of the tickets"),
        ({"name": "ann", "role": "owner"}, "valid are viewer, labeller, specialist, ops, admin"),
        ({"name": "ann", "role": "viewer", "scope": "product=coins"}, "valid are pairs such as vendor=acme"),
        ({"name": "ann", "role": "viewer", "scope": "vendor"}, "valid are pairs such as vendor=acme"),
    ],
)
def test_an_invitation_that_cannot_be_made_says_why(client: Client, form: dict[str, str], sentence: str) -> None:
    """Nothing is stored, and the page says what is valid."""
    refused = client.post("/people", data=form, headers=ORIGIN)
    assert refused.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert sentence in refused.text


def test_a_hostile_name_is_inert(client: Client) -> None:
    """Markup in a name is text."""
    page = client.post("/people", data={"name": HOSTILE.replace("/", ""), "role": "viewer"}, headers=ORIGIN)
    assert page.status_code == HTTPStatus.OK
    assert "<script>" not in page.text
    assert "<img" not in page.text


def test_roles_and_access_are_given_and_taken(client: Client, engine: Engine) -> None:
    """From the API as from the page; the last admin stays; who is not there is 404."""
    made = client.post("/api/people", json={"name": "ann", "role": "admin"})
    assert made.status_code == HTTPStatus.CREATED
    assert made.json()["link"].startswith("http://localhost:8765/invitation/")
    taken = client.put("/api/people/ann/access", json={"allowed": False})
    assert taken.status_code == HTTPStatus.CONFLICT
    assert "the last admin" in taken.json()["error"]
    client.post("/api/people", json={"name": "bo", "role": "admin"})
    changed = client.put("/api/people/ann/role", json={"role": "viewer", "scope": {"vendor": ["acme"]}})
    assert changed.json()["scope"] == {"vendor": ["acme"]}
    client.post("/people/ann/access", data={"allowed": "false"}, headers=ORIGIN)
    assert client.get("/api/people").json()[0]["disabled_at"] is not None
    assert client.put("/api/people/zoe/access", json={"allowed": True}).status_code == HTTPStatus.NOT_FOUND
    assert client.post("/people/zoe/link", headers=ORIGIN).status_code == HTTPStatus.NOT_FOUND


def test_a_token_reads_and_does_no_more_than_it_may(client: Client, app: FastAPI) -> None:
    """It is shown once; it looks and cannot decide; once revoked it opens nothing."""
    token = client.post("/api/tokens", json={"label": "dashboard"}).json()["token"]
    program = Client(app, token=token)
    assert program.get("/api/themes").status_code == HTTPStatus.OK
    refused = program.post("/api/silences", json={"reason": "x", "themes": [1], "for": "1h"})
    assert refused.status_code == HTTPStatus.FORBIDDEN
    assert "console (dashboard) may not do this" in refused.json()["error"]
    listed = client.get("/api/tokens")
    assert token not in listed.text
    number = listed.json()[0]["id"]
    assert client.delete(f"/api/tokens/{number}").status_code == HTTPStatus.NO_CONTENT
    assert program.get("/api/themes").status_code == HTTPStatus.UNAUTHORIZED


def test_a_program_makes_no_tokens(client: Client, app: FastAPI) -> None:
    """A token that another one made would outlive both it and the access of the person who made the first."""
    token = client.post("/api/tokens", json={"label": "dashboard", "permissions": ["look", "administer"]}).json()[
        "token"
    ]
    program = Client(app, token=token)
    refused = program.post("/api/tokens", json={"label": "another"})
    assert refused.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert "a person makes it, signed in" in refused.json()["error"]
    assert program.post("/account/tokens", data={"label": "another"}).status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert len(client.get("/api/tokens").json()) == 1


@pytest.mark.parametrize("token", ["gws_forged", "gws_", "", "Bearer", "' OR 1=1 --", "x" * 5_000])
def test_a_forged_token_opens_nothing(app: FastAPI, token: str) -> None:
    """What was never given is nobody."""
    assert Client(app, token=token).get("/api/themes").status_code == HTTPStatus.UNAUTHORIZED


def test_an_expired_token_opens_nothing(client: Client, engine: Engine) -> None:
    """After its last day a token is nobody."""
    token = client.post("/api/tokens", json={"label": "short", "days": 1}).json()["token"]
    with engine.connect() as connection:
        assert find_token(connection, token, wall_clock() + timedelta(hours=23)) is not None
        assert find_token(connection, token, wall_clock() + timedelta(days=1)) is None


def test_a_token_never_exceeds_who_made_it(
    client: Client, engine: Engine, client_of: Callable[[Person], Client], app: FastAPI
) -> None:
    """Not when it is made, and not after its maker's role and scope were narrowed."""
    client.post("/api/people", json={"name": "ann", "role": "specialist"})
    ann = Person(name="ann", role=Role.SPECIALIST, permissions=permissions_of(Role.SPECIALIST))
    beyond = client_of(ann).post("/api/tokens", json={"label": "x", "permissions": ["administer"]})
    assert beyond.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    token = client_of(ann).post("/api/tokens", json={"label": "x", "permissions": ["look", "decide"]}).json()["token"]
    client.put("/api/people/ann/role", json={"role": "viewer", "scope": {"vendor": ["acme"]}})
    with engine.connect() as connection:
        found = find_token(connection, token, wall_clock())
    assert found is not None
    assert found[1].permissions == frozenset({Permission.LOOK})
    assert found[1].scope == AccessScope.of({"vendor": ["acme"]})
    scope = AccessScope.of({"vendor": ["acme"]})
    vendor = Person(name="ann", role=Role.VIEWER, permissions=permissions_of(Role.VIEWER), scope=scope)
    wider = client_of(vendor).post("/api/tokens", json={"label": "x", "scope": {"region": ["BR"]}})
    assert wider.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert client_of(vendor).post("/api/tokens", json={"label": "x"}).status_code == HTTPStatus.CREATED


def test_a_chosen_time_zone_is_in_the_audit_log(client: Client, client_of: Callable[[Person], Client]) -> None:
    """As each action is."""
    client.post("/api/people", json={"name": "ann", "role": "viewer"})
    ann = client_of(Person(name="ann", role=Role.VIEWER, permissions=permissions_of(Role.VIEWER)))
    ann.post("/account/zone", data={"zone": "Europe/Berlin"}, headers=ORIGIN)
    (line,) = client.get("/api/audit?action=chose a time zone").json()["lines"]
    assert line["detail"] == {"time_zone": "Europe/Berlin"}


def test_roles_and_scopes_are_read_or_refused() -> None:
    """What is written on the command line and in forms."""
    assert parse_role("ops") is Role.OPS
    assert parse_scope(" ") == AccessScope()
    assert parse_scope("vendor=acme,vendor=borea").as_dict() == {"vendor": ["acme", "borea"]}
    for text in ("vendor=", "=acme", "city=Bonn"):
        with pytest.raises(PersonInvalid):
            parse_scope(text)


def test_a_card_number_in_a_label_or_a_scope_is_not_stored(client: Client) -> None:
    """It is refused, and the refusal does not repeat it; a mail address may be a name."""
    card = "4111 1111 1111 1111"
    bodies = ({"label": f"for {card}"}, {"label": "x", "scope": {"vendor": [card]}})
    answers = [client.post("/api/tokens", json=body) for body in bodies]
    client.post("/api/people", json={"name": "ann@example.com", "role": "viewer"})
    answers.append(client.put("/api/people/ann@example.com/role", json={"role": "viewer", "scope": {"vendor": [card]}}))
    assert [one.status_code for one in answers] == [HTTPStatus.UNPROCESSABLE_ENTITY] * 3
    assert card not in "".join(one.text for one in answers)
    assert client.get("/api/people").json()[0]["name"] == "ann@example.com"
