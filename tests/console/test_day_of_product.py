"""A product lead's day: the link of a message leads to a plain verdict, and the vote is kept under the person's name."""

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import Engine, select

from alerts.messages.compose import Composer
from alerts.settings import AlertSettings
from console.access import PeopleSignIn
from console.parts import ConsoleParts
from models.access import EVERYTHING, Person, Role, permissions_of
from store import schema
from store.accounts.invitations import invite
from store.accounts.people import add_person
from store.outbox import Claim
from tests.console.conftest import console_parts, sign_in
from tests.console.days import (
    Clock,
    MinedDays,
    choose_password,
    copied,
    make_app,
    opened,
    served,
    sign_in_by_password,
    theme_of,
)

pytestmark = [pytest.mark.browser, pytest.mark.long]

PIA = Person(name="pia", role=Role.VIEWER, permissions=permissions_of(Role.VIEWER))


@pytest.fixture
def engine(mined_days: MinedDays, tmp_path: Path) -> Iterator[Engine]:
    """Return the mined story in a copy that only this test writes to."""
    with copied(mined_days.file, tmp_path) as found:
        yield found


def test_a_product_lead_opens_a_message_sees_why_and_says_that_it_was_useful(browser: Browser, engine: Engine) -> None:
    """A link of a message leads, by a sign-in, to a page that begins with a plain verdict; the vote is the person's."""
    clock = Clock()
    with engine.begin() as connection:
        add_person(connection, "pia", Role.VIEWER, EVERYTHING, at=clock())
        invitation = invite(connection, "pia", at=clock())
    app = make_app(engine, clock, ConsoleParts(sign_in=PeopleSignIn(engine, clock)), sign_in="people")
    with served(app) as address:
        with opened(browser, address) as page:
            choose_password(page, f"/invitation/{invitation}", "pia")
        with opened(browser, address) as page:
            page.goto(message_link(engine, address))
            sign_in_by_password(page, "pia")
            why(page, theme_of(engine, "payout")[1])
            incident = page.url.rsplit("/", 1)[1]
            vote(page)
            page.get_by_role("link", name=re.compile(r"^Alert \d+|^alert \d+")).first.click()
            why(page, theme_of(engine, "payout")[1])
            alert = page.url.rsplit("/", 1)[1]
            vote(page)
    with engine.connect() as connection:
        votes = [(row.subject, row.verdict) for row in connection.execute(select(schema.feedback))]
        noted = {(row.actor, row.action, row.subject) for row in connection.execute(select(schema.audit))}
    assert votes == [(f"incident:{incident}", "useful"), (f"alert:{alert}", "useful")]
    for subject in (f"incident:{incident}", f"alert:{alert}"):
        assert ("pia", "feedback", subject) in noted
    assert ("pia", "looked at text", f"incident {incident}") in noted


def message_link(engine: Engine, address: str) -> str:
    """Return the link of the newest message to people, as a channel receives it."""
    with engine.connect() as connection:
        row = connection.execute(select(schema.outbox).order_by(schema.outbox.c.id.desc())).first()
    assert row is not None
    claimed = Claim(row.id, row.key, row.kind, row.audience, row.payload, 1, Clock()() + timedelta(minutes=1))
    message = Composer(engine, AlertSettings(console_url=address))(claimed)
    assert message.url is not None
    assert message.url in message.html
    return message.url


def why(page: Page, name: str) -> None:
    """See the theme, then a sentence that says whether and why, on the first screen; figures are folded, and viewers only look."""
    heading = page.get_by_role("heading", level=1)
    expect(heading).to_contain_text(name)
    verdict = page.locator(".verdict-line").first
    expect(verdict).to_be_in_viewport()
    expect(verdict).to_have_text(re.compile(r"^Yes, it signalled: \d+ tickets where [\d.]+ (was|were) expected"))
    assert verdict.evaluate("(said, title) => title.nextElementSibling === said", heading.element_handle())
    expect(page.locator("details.fold[open]")).to_have_count(0)
    expect(page.get_by_role("button", name=re.compile("^(Acknowledge|Resolve)"))).to_have_count(0)


def vote(page: Page) -> None:
    """Say that it was useful; the page shows whose vote it is."""
    page.get_by_role("button", name="Useful", exact=True).click()
    expect(page.get_by_role("button", name="Useful", exact=True)).to_have_attribute("aria-pressed", "true")
    expect(page.locator("#feedback")).to_contain_text("said you")


@pytest.mark.parametrize(("width", "height"), [(1280, 800), (390, 844)])
def test_the_first_page_names_the_biggest_problem_of_the_week_first(
    browser: Browser, engine: Engine, width: int, height: int
) -> None:
    """The theme of the burst is on the first screen, on a laptop and on a phone, and one step leads to why."""
    number, name = theme_of(engine, "payout")
    with served(make_app(engine, Clock(), console_parts())) as address, opened(browser, address, sign_in) as page:
        page.set_viewport_size({"width": width, "height": height})
        page.goto("/")
        expect(page.get_by_role("heading", level=1)).to_be_in_viewport()
        expect(page.locator("#incidents").get_by_role("link", name=name)).to_be_in_viewport()
        leading = page.locator("#week ol").first.get_by_role("listitem").first
        expect(leading).to_contain_text(name)
        expect(leading).to_contain_text("signals")
        if width > height:
            expect(leading).to_be_in_viewport()
        leading.get_by_role("link").first.click()
        page.wait_for_url(f"**/themes/{number}")
        said = page.locator("#verdict .lead")
        expect(said).to_be_in_viewport()
        expect(said).to_contain_text(re.compile(r"^Yes, it (signals|signalled)"))
