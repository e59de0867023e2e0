"""An admin's day: the first start, and a vendor's person, who sees only the tickets of the vendor, wherever that person looks."""

import re
from collections.abc import Iterator
from http import HTTPStatus
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import Engine, func, select

from console.parts import ConsoleParts
from console.settings import ConsoleSettings
from groundswell.console_sign_in import console_sign_in
from models.access import AccessScope, Permission, Person
from store import schema
from tests.console.conftest import Someone
from tests.console.crawl import Reached, addresses_of, crawl
from tests.console.days import (
    Clock,
    MinedDays,
    choose_password,
    copied,
    make_app,
    opened,
    served,
    sign_in_by_password,
)
from tests.harness.children import PATIENCE_SECONDS

pytestmark = [pytest.mark.browser, pytest.mark.long]

QUERIES = ("q=refund", "q=borea", "q=place", "sort=size", "page=2", "days=30", "view=issue")
TICKET = re.compile(r"\bT-\d{5}\b")


@pytest.fixture
def engine(mined_days: MinedDays, tmp_path: Path) -> Iterator[Engine]:
    """Return the mined story in a copy that only this test writes to."""
    with copied(mined_days.file, tmp_path) as found:
        yield found


def outside(mined: MinedDays, scope: AccessScope) -> tuple[set[str], re.Pattern[str]]:
    """Return the tickets that a scope does not hold, and what finds a word that only such tickets have."""
    held = {number for number, data in mined.tickets.items() if scope.admits(data)}
    words = {"borea", "acme", "nobodys", "usplace", "brplace", "idplace", "borealandplace"}
    inside = " ".join(f"{mined.tickets[one]['title']} {mined.tickets[one]['body']}" for one in held)
    return set(mined.tickets) - held, re.compile(
        "|".join(sorted(one for one in words if one not in inside)), re.IGNORECASE
    )


def leaks(mined: MinedDays, scope: AccessScope, reached: list[Reached]) -> list[tuple[str, int, list[str]]]:
    """List the addresses whose answers have a ticket or a word of tickets outside a scope."""
    foreign, words = outside(mined, scope)
    assert foreign
    found = []
    for one in reached:
        shown = sorted((foreign & set(TICKET.findall(one.text))) | set(words.findall(one.text)))
        if shown:
            found.append((one.address, one.answer.status_code, shown[:5]))
    return found


def everything(app: FastAPI, engine: Engine, address: str, cookies: dict[str, str] | None = None) -> list[Reached]:
    """Ask the console that is served at an address for all that somebody can reach."""
    with engine.connect() as connection:
        themes = [str(one) for one in connection.execute(select(schema.themes.c.id)).scalars()]
        launches = [str(one) for one in connection.execute(select(schema.launches.c.id).distinct()).scalars()]
    values = {"theme_id": themes, "launch_id": launches, "name": ["borea"], "action": ["test"]}
    with httpx.Client(base_url=address, cookies=cookies, timeout=PATIENCE_SECONDS) as client:
        return crawl(client.get, addresses_of(app, values, QUERIES))


def test_an_admin_invites_a_vendors_person_who_sees_only_their_tickets(
    browser: Browser, engine: Engine, mined_days: MinedDays
) -> None:
    """From the first start to all that the vendor's person can reach: no ticket or word of another vendor, and each look is noted."""
    clock = Clock()
    sign_in, opening = console_sign_in(engine, ConsoleSettings(port=0, sign_in="people"), clock)
    assert "By this link admin chooses a password, once" in opening.sentence("http://127.0.0.1")
    app = make_app(engine, clock, ConsoleParts(sign_in=sign_in), sign_in="people")
    with served(app) as address:
        with opened(browser, address) as admin:
            link = first_start(admin, opening.path)
        with opened(browser, address) as vera:
            choose_password(vera, link, "vera")
            expect(vera.locator("#glance")).to_contain_text("You see the tickets of vendor acme")
            look_around(vera)
            cookies = {one["name"]: one["value"] for one in vera.context.cookies()}
        reached = everything(app, engine, address, cookies)
    scope = AccessScope.of({"vendor": ["acme"]})
    assert leaks(mined_days, scope, reached) == []
    check_reached(reached, mined_days, scope)
    check_looks(engine, "vera", reached)
    check_sizes(engine, reached, "acme")


def first_start(admin: Page, link: str) -> str:
    """Choose the admin's password by the printed link, sign out and in again, and invite a person of a vendor; return their link."""
    choose_password(admin, link, "admin")
    admin.goto("/account")
    admin.get_by_role("button", name="Sign out").click()
    sign_in_by_password(admin, "admin")
    admin.goto("/people")
    admin.get_by_label("Name", exact=True).fill("vera")
    admin.locator("select#role").select_option("viewer")
    admin.locator("input#scope").fill("vendor=acme")
    admin.get_by_role("button", name="Invite this person").click()
    notice = admin.get_by_role("status").filter(has_text="Give this link to vera")
    expect(notice).to_contain_text("It works once")
    return notice.locator("code").inner_text()


def look_around(vera: Page) -> None:
    """Look at the board, a theme that several vendors share, its tickets, and a page that shows all tickets."""
    vera.get_by_role("link", name="Themes", exact=True).first.click()
    expect(vera.locator("table.themes tbody tr").first).to_be_visible()
    vera.locator("table.themes tbody th a").first.click()
    vera.get_by_role("link", name=re.compile("tickets", re.IGNORECASE)).first.click()
    expect(vera.locator("ol.tickets li").first).to_contain_text("acmetitle")


def check_reached(reached: list[Reached], mined: MinedDays, scope: AccessScope) -> None:
    """Check that the person saw their own tickets, and that nothing failed."""
    statuses = {one.answer.status_code for one in reached}
    assert not [(one.address, one.answer.status_code) for one in reached if one.answer.status_code >= 500]
    assert {HTTPStatus.OK, HTTPStatus.FORBIDDEN} <= statuses
    own = {number for number, data in mined.tickets.items() if scope.admits(data)}
    shown = set().union(*(TICKET.findall(one.answer.text) for one in reached))
    assert len(shown & own) > 100


def check_looks(engine: Engine, name: str, reached: list[Reached]) -> None:
    """Check that the audit log has each theme and each page of tickets whose text the person was shown, under their name."""
    with engine.connect() as connection:
        rows = connection.execute(
            select(schema.audit.c.subject).where(
                schema.audit.c.actor == name, schema.audit.c.action == "looked at text"
            )
        )
        noted = set(rows.scalars())
        assert connection.execute(select(func.count()).where(schema.audit.c.actor == name)).scalar_one() > 10
    for one in reached:
        if one.answer.status_code == HTTPStatus.OK and TICKET.search(one.answer.text):
            about = re.search(r"/(theme|known-issue)s/(\d+)", one.address)
            assert about, f"{one.address} shows tickets, and is no page of a theme: say here what its look is called"
            subject = re.compile(rf"{about[1].replace('-', ' ')} {about[2]}\b")
            assert any(subject.search(found) for found in noted), one.address


def check_sizes(engine: Engine, reached: list[Reached], vendor: str) -> None:
    """Check that themes are as large as their tickets of the vendor are many, and that those without one are not there."""
    query = (
        select(schema.assignments.c.theme_id, func.count())
        .join(schema.tickets, schema.tickets.c.id == schema.assignments.c.ticket_id)
        .where(schema.tickets.c.vendor == vendor, schema.tickets.c.counted, schema.assignments.c.theme_id.is_not(None))
        .group_by(schema.assignments.c.theme_id)
    )
    with engine.connect() as connection:
        own = {row[0]: row[1] for row in connection.execute(query)}
        others = set(connection.execute(select(schema.themes.c.id)).scalars()) - own.keys()
    answers = {one.address: one.answer for one in reached}
    assert {theme: answers[f"/api/themes/{theme}"].json()["size"] for theme in own} == own
    assert {row["id"] for row in answers["/api/themes"].json()} <= own.keys()
    assert others
    for theme in others:
        assert answers[f"/themes/{theme}"].status_code == HTTPStatus.NOT_FOUND
        assert answers[f"/api/themes/{theme}/tickets"].status_code == HTTPStatus.NOT_FOUND


def test_a_scope_of_a_region_holds_for_who_may_do_everything(engine: Engine, mined_days: MinedDays) -> None:
    """All permissions within one region show nothing from elsewhere either, although the region's tickets are counted."""
    scope = AccessScope.of({"region": ["US"]})
    person = Person(name="uma", permissions=frozenset(Permission), scope=scope)
    app = make_app(engine, Clock(), ConsoleParts(sign_in=Someone(person)))
    with served(app) as address:
        reached = everything(app, engine, address)
    assert leaks(mined_days, scope, reached) == []
    check_reached(reached, mined_days, scope)
    check_looks(engine, "uma", reached)
