"""Attacks on access that were tried by hand, each kept as a test."""

import asyncio
import json
import threading
from datetime import timedelta
from http import HTTPStatus
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, select

from console.access import PeopleSignIn
from console.access.sign_in import accept_invitation
from console.app import create_app
from console.errors import CertificateUnusable
from console.live import RECHECK_SECONDS, ListenerLimits, Pulse
from console.parts import ConsoleParts
from console.serve import listen
from console.settings import ConsoleSettings
from groundswell.console_sign_in import console_sign_in
from models.access import EVERYTHING, Permission, Role
from pipelines.settings import MiningSettings
from store import schema
from store.accounts.administration import set_access
from store.accounts.api_tokens import TokenDraft, make_token
from store.accounts.attempts import key_of
from store.accounts.invitations import InvitationInvalid, invite
from store.accounts.people import LastAdmin, PersonUnknown, add_person, change_person, read_person
from store.accounts.sessions import start_session
from store.database import open_database, reading
from tests.console.conftest import Client, wall_clock

SAME = {"sec-fetch-site": "same-origin"}
PASSWORD = "a long walk by the sea"


@pytest.fixture
def people(engine: Engine) -> Client:
    """Return a client of a console where people sign in, signed in as nobody; `ada` is an admin, `vera` a specialist."""
    with engine.begin() as connection:
        add_person(connection, "ada", Role.ADMIN, EVERYTHING, at=wall_clock())
        add_person(connection, "vera", Role.SPECIALIST, EVERYTHING, at=wall_clock())
    parts, settings = ConsoleParts(sign_in=PeopleSignIn(engine, wall_clock)), ConsoleSettings(sign_in="people")
    app = create_app(engine, clock=wall_clock, settings=settings, mining=MiningSettings(), parts=parts)
    return Client(app, token=None)


def session(engine: Engine, name: str) -> dict[str, str]:
    """Start a session, and return the headers of a browser that has it."""
    with engine.begin() as connection:
        return {**SAME, "cookie": f"groundswell={start_session(connection, name, at=wall_clock())}"}


def token_of(engine: Engine, name: str) -> dict[str, str]:
    """Make a token of a person, and return the headers of a program that has it."""
    draft = TokenDraft(
        label="dashboard", permissions=[Permission.LOOK], scope=EVERYTHING, until=wall_clock() + timedelta(days=1)
    )
    with engine.begin() as connection:
        found = read_person(connection, name).person
        return {"authorization": f"Bearer {make_token(connection, found, draft, at=wall_clock())}"}


def test_a_token_makes_no_token(people: Client, engine: Engine) -> None:
    """Else what it made would outlive it, and the access of who made it."""
    program = token_of(engine, "vera")
    assert people.get("/api/themes", headers=program).status_code == HTTPStatus.OK
    made = people.post("/api/tokens", json={"label": "for later"}, headers=program)
    assert made.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert "a person makes it, signed in" in made.json()["error"]
    form = people.post("/account/tokens", data={"label": "for later"}, headers=program)
    assert form.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    with engine.begin() as connection:
        set_access(connection, "vera", allowed=False, actor="ada", at=wall_clock())
    assert people.get("/api/themes", headers=program).status_code == HTTPStatus.UNAUTHORIZED


@pytest.mark.parametrize("name", ["a/b", "/", ".", "..", "vera (dashboard)"])
def test_a_name_that_no_address_can_have_is_refused(people: Client, engine: Engine, name: str) -> None:
    """Whoever has it could not be disabled by a page; and nobody is called as the token of somebody is."""
    answer = people.post("/api/people", json={"name": name, "role": "viewer"}, headers=session(engine, "ada"))
    assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    with reading(engine) as connection, pytest.raises(PersonUnknown):
        read_person(connection, name)


@pytest.mark.parametrize("name", ["%2e%2e", "a%2Fb", "a?b#c", "Zoë Ĝ 漢字", "a\\b", "a;b", "...", "vera@acme.example"])
def test_a_person_of_any_other_name_is_reached_by_the_page(people: Client, engine: Engine, name: str) -> None:
    """The address that the page's form has leads to that person."""
    admin = session(engine, "ada")
    page = people.post("/people", data={"name": name, "role": "viewer"}, headers=admin)
    actions = [part.split('"')[0] for part in page.text.split('action="')[1:] if part.split('"')[0].endswith("/access")]
    statuses = [people.post(one, data={"allowed": "false"}, headers=admin).status_code for one in actions]
    # The admin is the last one, and keeps the access.
    assert sorted(statuses) == [200, 200, 422]
    with reading(engine) as connection:
        assert read_person(connection, name).disabled_at is not None


@pytest.mark.parametrize("value", ["\ud800", "x\x00y", "v" * 257])
@pytest.mark.parametrize("path", ["/api/people", "/api/tokens"])
def test_a_scope_that_cannot_be_stored_is_refused(people: Client, engine: Engine, path: str, value: str) -> None:
    """Half a character and NUL are no text of PostgreSQL."""
    body: dict[str, Any] = {"scope": {"vendor": [value]}}
    body |= {"name": "eve", "role": "viewer"} if path.endswith("people") else {"label": "x"}
    headers = {**session(engine, "ada"), "content-type": "application/json"}
    answer = people.post(path, content=json.dumps(body), headers=headers)
    assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert "vendor" in answer.json()["error"]


def test_an_admin_may_step_down_but_not_the_last_one(people: Client, engine: Engine) -> None:
    """A change of the person's own role holds from the next request on."""
    admin = session(engine, "ada")
    answer = people.send("PUT", "/api/people/ada/role", json={"role": "viewer"}, headers=admin)
    assert answer.status_code == HTTPStatus.CONFLICT
    people.send("PUT", "/api/people/vera/role", json={"role": "admin"}, headers=admin)
    answer = people.send("PUT", "/api/people/ada/role", json={"role": "viewer"}, headers=admin)
    assert answer.status_code == HTTPStatus.OK
    assert people.get("/people", headers=admin).status_code == HTTPStatus.FORBIDDEN
    gone = people.send("PUT", "/api/people/vera/access", json={"allowed": False}, headers=session(engine, "vera"))
    assert gone.status_code == HTTPStatus.CONFLICT


def test_an_invitation_is_used_by_one_of_many(people: Client, engine: Engine) -> None:
    """Several browsers open the link at the same time: one chooses the password."""
    with engine.begin() as connection:
        token = invite(connection, "vera", at=wall_clock())
    together, outcomes = threading.Barrier(4), []

    def accept(number: int) -> None:
        together.wait(20)
        try:
            accept_invitation(engine, token, f"{PASSWORD} {number}", f"{PASSWORD} {number}", at=wall_clock())
            outcomes.append("chosen")
        except InvitationInvalid:
            outcomes.append("refused")

    threads = [threading.Thread(target=accept, args=(number,)) for number in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join(60)
    assert sorted(outcomes) == ["chosen", "refused", "refused", "refused"]


def test_a_second_start_leaves_the_link_of_the_first(engine: Engine) -> None:
    """It may find its port taken and print none; once one of the links is used, the others are over."""
    settings = ConsoleSettings(sign_in="people")
    links = [console_sign_in(engine, settings, wall_clock)[1].path.removeprefix("/invitation/") for _ in range(2)]
    accept_invitation(engine, links[0], PASSWORD, PASSWORD, at=wall_clock())
    with pytest.raises(InvitationInvalid):
        accept_invitation(engine, links[1], PASSWORD, PASSWORD, at=wall_clock())
    assert console_sign_in(engine, settings, wall_clock)[1].path == ""


def test_a_new_link_ends_sessions_elsewhere(people: Client, engine: Engine) -> None:
    """A password that is chosen again ends the sessions of all browsers, and the cookie of one that signs out is taken back."""
    first = session(engine, "vera")
    assert people.get("/account", headers=first).url.path == "/account"
    with engine.begin() as connection:
        token = invite(connection, "vera", at=wall_clock())
    people.post(f"/invitation/{token}", data={"password": PASSWORD, "again": PASSWORD}, headers=SAME)
    assert people.get("/account", headers=first).url.path == "/sign-in"
    second = session(engine, "vera")
    parts = ConsoleParts(sign_in=PeopleSignIn(engine, wall_clock))
    app = create_app(
        engine, clock=wall_clock, settings=ConsoleSettings(sign_in="people"), mining=MiningSettings(), parts=parts
    )
    by_tls = Client(app, "https://localhost:8765", token=None)
    second["cookie"] = second["cookie"].replace("groundswell=", "__Host-groundswell=")
    ended = by_tls.post("/sign-out", headers=second).history[0].headers["set-cookie"]
    # A browser takes a cookie with this prefix, and its end, only with Secure.
    assert ended.startswith("__Host-groundswell=")
    assert "secure" in ended.lower()


def test_the_stream_of_somebody_without_access_ends() -> None:
    """News of nobody's concern: the page then asks again, and is led to the sign-in."""
    answers = iter([True, False])

    async def allowed() -> bool:
        return next(answers)

    async def scenario() -> list[bytes]:
        async def read() -> str:
            return "a"

        async def sleep(_seconds: float) -> None:
            await asyncio.sleep(0)

        limits = ListenerLimits(total=1, each=1, seconds=10_000)
        pulse = Pulse(read, sleep=sleep, refresh_seconds=RECHECK_SECONDS / 2, limits=limits)
        loop = asyncio.create_task(pulse.run())
        with pulse.listening("vera"):
            sent = [message async for message in pulse.stream("a", allowed)]
        await pulse.close()
        await loop
        return sent

    sent = asyncio.run(scenario())
    assert b"event: over" in sent[-1]
    assert next(answers, None) is None


def test_addresses_of_one_network_are_one() -> None:
    """A machine with IPv6 has 64 bits of addresses to try from."""
    assert key_of("address", "2001:db8::1") == key_of("address", "2001:db8::ffff:1")
    assert key_of("address", "2001:db8::1") != key_of("address", "2001:db8:0:1::1")
    assert key_of("address", "::ffff:10.0.0.1") == key_of("address", "10.0.0.1")
    assert key_of("address", "10.0.0.1") != key_of("address", "10.0.0.2")
    assert key_of("address", "unix") != key_of("address", "")


@pytest.mark.parametrize("content", [None, "no certificate"])
def test_a_certificate_that_cannot_be_used_is_said(tmp_path: Path, content: str | None) -> None:
    """In a sentence that names the file and the setting, before anything listens."""
    file = tmp_path / "console.pem"
    if content is not None:
        file.write_text(content, "utf-8")
    settings = ConsoleSettings(port=0, sign_in="people", tls_certificate=file, tls_key=file)
    with pytest.raises(CertificateUnusable, match="must name PEM files"):
        listen(settings)


@pytest.mark.postgres
def test_two_admins_do_not_demote_each_other(postgres_url: str) -> None:
    """The second waits for the first, and then is the last one."""
    postgres_engine = open_database(postgres_url)
    with postgres_engine.begin() as connection:
        for name in ("ada", "bob"):
            add_person(connection, name, Role.ADMIN, EVERYTHING, at=wall_clock())
    first = postgres_engine.connect()
    begun = first.begin()
    change_person(first, "ada", {"role": Role.VIEWER})
    outcomes: list[str] = []

    def demote() -> None:
        try:
            with postgres_engine.begin() as connection:
                change_person(connection, "bob", {"role": Role.VIEWER})
            outcomes.append("demoted")
        except LastAdmin:
            outcomes.append("last")

    second = threading.Thread(target=demote)
    second.start()
    second.join(1)
    begun.commit()
    second.join(30)
    first.close()
    assert outcomes == ["last"]
    with postgres_engine.connect() as connection:
        assert connection.execute(
            select(schema.people.c.name).where(schema.people.c.role == "admin")
        ).scalars().all() == ["bob"]
    postgres_engine.dispose()
